local aws = require "lanyard.aws"
local complete = require "lanyard.repl.complete"

describe("completion", function()
  local session = aws.session { region = "us-east-1", access_key_id = "AKIDEXAMPLE", secret_access_key = "x" }
  local globals = setmetatable({
    lanyard = require "lanyard", aws = aws, ecr = session and session:client "ecr",
    trap = setmetatable({ real = 1 }, { __index = function() error "called" end, __pairs = error }),
    object = setmetatable({ own = 1 }, { __index = { method = print, value = 2 } }),
    name = "text",
  }, { __index = _G })

  local function completed(text)
    local part, candidates = complete.at(text, globals)
    return part .. "|" .. table.concat(candidates, " ")
  end

  for text, expected in pairs {
    ["x = tonum"] = "tonum|tonumber",
    ["for i = 1, 2 do retu"] = "retu|return",
    ["string.fo"] = "fo|format",
    ["name:upp"] = "upp|upper",
    ["object:"] = "|method",
    ["object."] = "|method own value",
    ["object.m"] = "m|method",
    ["trap."] = "|real",
    ["trap.x.y"] = "y|",
    ["nothing.a"] = "a|",
    ["nothing.a.b:c"] = "c|",
    ["lanyard.text.shel"] = "shel|shellwords",
    ["lanyard.text.shellwords.jo"] = "jo|join",
    ["lanyard.a"] = "a|access assertions audit aws",
    ["lanyard.aws.clie"] = "clie|client",
    ["require 'lanyard.text.ti"] = "lanyard.text.ti|lanyard.text.timestamp",
    ['local t = require("lanyard.ta'] = "lanyard.ta|lanyard.task",
    ["aws.client('ec"] = "ec|ecr",
    ['aws.client "lights'] = "lights|lightsail",
    ['aws.client("ecr", { region = "eu-west-'] = "eu-west-|eu-west-1 eu-west-2 eu-west-3",
    ["ecr:DescribeRep"] = "DescribeRep|DescribeRepositories",
    ["x = ecr:lis"] = "lis|list",
    ['ecr:list("DescribeRep'] = "DescribeRep|DescribeRepositories",
    ["ecr:SetRepositoryPolicy { "] = "|policyText =  repositoryName = ",
    ["ecr:SetRepositoryPolicy { policyText = t, "] = "|repositoryName = ",
    ["ecr:SetRepositoryPolicy({repo"] = "repo|repositoryName = ",
    ["a = 1 +"] = "|",
    [""] = "|",
  } do
    it("of '" .. text .. "'", function()
      assert.equal(expected, completed(text))
    end)
  end

  it("considers the last line only", function()
    assert.equal("tonum|tonumber", completed "lanyard.\ntonum")
  end)
end)
