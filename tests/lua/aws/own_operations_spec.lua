-- The operations that lanyard describes itself agree with the newest models of AWS on this machine, and need none of them.

local botocore = require "botocore"
local files = require "lanyard.model.botocore"
local helper = require "helper"
local lists = require "lanyard.lists"
local model = require "lanyard.model"
local own_operations = require "own_operations"
local pack = require "lanyard.model.pack"

local DESCRIBED = require "lanyard.aws.models"

-- The botocore whose facts are described. An older one lacks some operations.
local OLDEST = { 1, 43 }

-- Differences that are meant, with reasons.
local KNOWN = {
  signin = {
    -- AWS's sign-in service requires the proof of RFC 9449, which its model does not describe.
    ["CreateOAuth2Token: the request: the model lacks header dpop proof"] = true,
    -- The id of a key is not a secret: logs of lanyard and of AWS name keys by it.
    ["CreateOAuth2Token: tokenOutput.accessToken.accessKeyId is sensitive, and not in `secrets`"] = true,
  },
}

local function is_old(version)
  local major, minor = version:match "^(%d+)%.(%d+)"
  major, minor = math.tointeger(major), math.tointeger(minor)
  return major < OLDEST[1] or major == OLDEST[1] and minor < OLDEST[2]
end

describe("the operations that lanyard describes itself", function()
  local newest = botocore.newest()
  local models = newest and files.open(newest.path)

  for _, description in ipairs(DESCRIBED) do
    it(("agree with AWS's model of %s"):format(description.name), function()
      if not newest or is_old(newest.version) then
        return pending("this machine has no botocore 1.43 or later" .. (newest and ", only " .. newest.version or ""))
      end
      local known = KNOWN[description.name] or {}
      local service = model.new(assert(models.read(description.name)))
      assert.same(lists.sorted_names(known), own_operations.differences(description, service))
    end)
  end
end)

-- A model that agrees with this description.
local THING = {
  name = "things", protocol = "rest_json", secrets = "key", sensitive = "email", paging = { "token", "token" },
  shapes = "Part name:string! size:integer",
  operations = [[
    ListParts GET /parts/{thing}?token={token?} x-kind={kind} -> parts:Part[] token:string
    GetKey unsigned POST /key {body} -> key:string email:string
  ]],
}

local function thing_model()
  local text = { shape = "Text" }
  return {
    metadata = { protocol = "rest-json", endpointPrefix = "things" },
    operations = {
      ListParts = { http = { method = "GET", requestUri = "/parts/{thing}" }, input = { shape = "ListInput" }, output = { shape = "List" } },
      GetKey = { http = { method = "POST", requestUri = "/key" }, input = { shape = "KeyInput" }, output = { shape = "Key" }, authtype = "none" },
    },
    shapes = {
      ListInput = { type = "structure", required = { "thing", "kind" }, members = {
        thing = { shape = "Text", location = "uri", locationName = "thing" }, kind = { shape = "Text", location = "header", locationName = "x-kind" },
        token = { shape = "Text", location = "querystring", locationName = "token" } } },
      List = { type = "structure", members = { parts = { shape = "Parts" }, token = text } },
      Parts = { type = "list", member = { shape = "Part" } },
      Part = { type = "structure", members = { name = text, size = { shape = "Size" } } },
      KeyInput = { type = "structure", required = { "body" }, payload = "body", members = { body = { shape = "Part" } } },
      Key = { type = "structure", members = { key = { shape = "Secret" }, email = { shape = "Secret" } } },
      Text = { type = "string" }, Size = { type = "integer" }, Secret = { type = "string", sensitive = true },
    },
    paginators = { ListParts = { input_token = "token", output_token = "token", result_key = "parts" } },
  }
end

describe("the comparison of a description with a model", function()
  local function differences(change)
    local data = thing_model()
    if change then change(data, data.operations.ListParts, data.shapes) end
    return own_operations.differences(THING, model.new(data))
  end

  it("finds none if they agree, but for a secret that no name hides in the log", function()
    assert.same({ "GetKey: key is sensitive, and printed in the log" }, differences())
  end)

  for expected, change in pairs {
    ["ListParts: the model has no such operation"] = function(data) data.operations.ListParts = nil end,
    ["ListParts: required: the model lacks kind"] = function(_, _, shapes) shapes.ListInput.required = { "thing" } end,
    ["ListParts: required: only the model has token"] = function(_, _, shapes) shapes.ListInput.required[3] = "token" end,
    ["ListParts: the model has no reply.parts[].size"] = function(_, _, shapes) shapes.Part.members.size = nil end,
    ["ListParts: reply.parts[].size is a integer, in the model a string"] = function(_, _, shapes) shapes.Size.type = "string" end,
    ["ListParts: reply.parts[].name is called Name on the wire"] = function(_, _, shapes)
      shapes.Part.members.name = { shape = "Text", locationName = "Name" }
    end,
    ["ListParts: the method is GET, in the model POST"] = function(_, list) list.http.method = "POST" end,
    ["ListParts: the path is /parts/{thing}, in the model /parts/{thing+}"] = function(_, list) list.http.requestUri = "/parts/{thing+}" end,
    ["ListParts: the request: only the model has header x-kinds kind"] = function(_, _, shapes) shapes.ListInput.members.kind.locationName = "x-kinds" end,
    ["ListParts: the request: the model lacks query token token"] = function(_, _, shapes) shapes.ListInput.members.token.location = nil end,
    ["GetKey: the request: the model lacks payload body"] = function(_, _, shapes) shapes.KeyInput.payload = nil end,
    ["GetKey: the body of the reply is nil, in the model key"] = function(_, _, shapes) shapes.Key.payload = "key" end,
    ["GetKey: unsigned is true, in the model false"] = function(data) data.operations.GetKey.authtype = nil end,
    ["ListParts: the output token is token, in the model next"] = function(data) data.paginators.ListParts.output_token = "next" end,
    ["things: rest-json is true, in the model nil"] = function(data) data.metadata.protocol = "json" end,
    ["things: the signing name is things, in the model thing-store"] = function(data) data.metadata.signingName = "thing-store" end,
    ["things: the target prefix is nil, in the model T"] = function(data) data.metadata.targetPrefix = "T" end,
    ["ListParts: parts.name is sensitive, and not in `secrets`"] = function(_, _, shapes) shapes.Text.sensitive = true end,
  } do
    it("finds: " .. expected, function() assert.truthy(lists.contains(differences(change), expected)) end)
  end
end)

local CALL_ALL = { "tests/support/call_own_operations.lua" }

-- The modules for stock Lua, in a folder without models, or with an index of one operation.
describe("the operations that lanyard describes itself, called", function()
  local function run(index, words)
    local folder <close> = helper.folder()
    assert(os.execute(("cp '%s/lanyard.so' '%s/'"):format(helper.build, folder)))
    if index then helper.write(folder .. "/models.index", index) end
    return helper.run({ "lua5.4", table.unpack(words) }, {
      LUA_PATH = "./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua", LUA_CPATH = folder .. "/?.so;" .. package.cpath, HOME = folder.path })
  end

  local count = 0
  for _, description in ipairs(DESCRIBED) do
    for _ in pairs(require("lanyard.aws.description").parse(description).operations) do count = count + 1 end
  end

  if helper.is_sanitized() then
    return it("need no models", function() pending "stock Lua cannot load a sanitized module" end)
  end

  it("need no models", function()
    local result = run(nil, CALL_ALL)
    assert.same({ status = 0, err = "", out = ("%d calls, models: NoModels\n"):format(count) },
      { status = result.status, err = result.err, out = result.out })
  end)

  it("are the only ones without models, which an error says", function()
    local result = run(nil, { "-e", [[
      local aws = require "lanyard.aws"
      local ecr = assert(aws.client("ecr", { region = "us-east-1" }))
      for _, call in ipairs {
        function() return aws.client("dynamodb", { region = "us-east-1" }) end,
        function() return ecr.DescribePullThroughCacheRules end,
        function() return ecr:wait("ImageScanComplete", {}) end,
      } do print(select(2, pcall(call))) end]] })
    local WITHOUT = "this lanyard was built without models of AWS services: build it with `make MODELS=DIR`, or set AWS_DATA_PATH"
    local texts = {}
    for line in result.out:gmatch "[^\n]+" do texts[#texts + 1] = line:gsub("^%(command line%):%d+: ", "") end
    assert.same({
      ("the service 'dynamodb' is not described: %s: see lanyard.aws.services.add"):format(WITHOUT),
      "ecr has no operation 'DescribePullThroughCacheRules': " .. WITHOUT, "ecr has no waiter 'ImageScanComplete': " .. WITHOUT,
    }, texts)
  end)

  it("are not replaced by older models", function()
    local old = { metadata = { apiVersion = "2014-01-01", endpointPrefix = "old", protocol = "query" }, operations = { DescribeOld = {} }, shapes = {} }
    local names = {}
    for _, description in ipairs(DESCRIBED) do names[#names + 1] = description.name end
    table.sort(names)
    local index = assert(pack.index { source = "an old botocore", names = names, read = function() return old end, partitions = function() end })
    local result = run(index, CALL_ALL)
    assert.same({ status = 0, err = "", out = ("%d calls, models: an old botocore\n"):format(count) },
      { status = result.status, err = result.err, out = result.out })
  end)
end)
