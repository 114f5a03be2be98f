local errors = require "lanyard.errors"
local references = require "lanyard.access.deployment.references"

local SECRET = "planted-secret/of+the=parameter"

-- A region whose session's clients answer with functions by operation. Also returns the inputs of the calls.
local function region_of(answers)
  local calls = {}
  local client = setmetatable({}, { __index = function(_, operation)
    return function(_, input)
      calls[#calls + 1] = { operation, input }
      return answers[operation](input)
    end
  end })
  return { name = "us-east-1", parallel = 4, session = { client = function() return client end } }, calls
end

local function parsed(...)
  local list = {}
  for i, text in ipairs { ... } do list[i] = assert(references.parse(text)) end
  return list
end

-- Returns an answer of GetParameters that has the parameters of a table.
local function parameters(values)
  return function(input)
    local reply = { Parameters = {}, InvalidParameters = {} }
    for _, name in ipairs(input.Names) do
      local base, selector = name:match "^([^:]+)(:?%w*)$"
      base = name:match "^arn:" and name:match "parameter(/.*)$" or base
      if values[base] then
        table.insert(reply.Parameters, 1, { Name = base, Value = values[base], Version = 3, Selector = selector ~= "" and selector or nil,
          ARN = "arn:aws:ssm:us-east-1:111122223333:parameter" .. base })
      else
        table.insert(reply.InvalidParameters, name)
      end
    end
    return reply
  end
end

local function secret(text, members)
  return function()
    local reply = { Name = "db", VersionId = "v-1", SecretString = text }
    for name, value in pairs(members or {}) do reply[name] = value end
    return reply
  end
end

describe("a reference", function()
  it("is a text with the prefix of a service, which two colons escape", function()
    assert.same({ text = "ssm:/web/key:3", kind = "ssm", name = "/web/key:3" }, references.parse "ssm:/web/key:3")
    assert.same({ text = "secretsmanager:db#pass#word", kind = "secretsmanager", name = "db", key = "pass#word" },
      references.parse "secretsmanager:db#pass#word")
    local arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf"
    assert.equal(arn, references.parse("secretsmanager:" .. arn).name)
    for text, literal in pairs {
      ["ssm::/web/key"] = "ssm:/web/key", ["ssm:::x"] = "ssm::x", ["secretsmanager::db"] = "secretsmanager:db",
      ["SSM:/x"] = "SSM:/x", ["ssm"] = "ssm", [""] = "", [" ssm:/x"] = " ssm:/x", ["https://x"] = "https://x",
    } do
      assert.equal(literal, references.parse(text))
    end
    for _, text in ipairs { "ssm:", "ssm:a b", "ssm:/a#b", "secretsmanager:", "secretsmanager:#k", "secretsmanager:db#",
      "ssm:/" .. ("x"):rep(2048) } do
      assert.is_nil((references.parse(text)), text)
    end
  end)
end)

describe("fetching references", function()
  it("reads each parameter once, ten at a time, with its version", function()
    local values, texts = {}, {}
    for i = 1, 23 do values["/p" .. i], texts[i] = SECRET .. i, "ssm:/p" .. i end
    texts[24] = "ssm:/p1"
    local region, calls = region_of { GetParameters = parameters(values) }
    local list = parsed(table.unpack(texts))
    assert(references.fetch(region, list))
    for i, reference in ipairs(list) do
      assert.equal(SECRET .. (i == 24 and 1 or i), reference.value)
      assert.equal("3", reference.version)
    end
    local sizes = {}
    for i, call in ipairs(calls) do
      sizes[i] = #call[2].Names
      assert.is_true(call[2].WithDecryption)
    end
    assert.same({ 10, 10, 3 }, sizes)
  end)

  it("reads two versions of a parameter by two calls", function()
    local region, calls = region_of { GetParameters = function(input)
      local name, selector = input.Names[1]:match "^([^:]+)(.*)$"
      return { Parameters = { { Name = name, Value = "value" .. selector, Version = 3, Selector = selector ~= "" and selector or nil } } }
    end }
    local list = parsed("ssm:/a", "ssm:/a:1", "ssm:/a:live")
    assert(references.fetch(region, list))
    assert.same({ "value", "value:1", "value:live" }, { list[1].value, list[2].value, list[3].value })
    assert.equal(3, #calls)
  end)

  it("finds parameters by version, label and ARN", function()
    local region = region_of { GetParameters = parameters { ["/a"] = "A", ["/b"] = "B" } }
    local list = parsed("ssm:/a:7", "ssm:/b:live", "ssm:arn:aws:ssm:us-east-1:111122223333:parameter/a",
      "ssm:arn:aws:ssm:us-east-1:111122223333:parameter/b")
    assert(references.fetch(region, list))
    assert.same({ "A", "B", "A", "B" }, { list[1].value, list[2].value, list[3].value, list[4].value })
  end)

  it("reads each secret once, as a whole and by key", function()
    local text = '{"password":"' .. SECRET .. '","port":5432,"tls":true,"ratio":0.5}'
    local region, calls = region_of { GetSecretValue = secret(text) }
    local list = parsed("secretsmanager:db#password", "secretsmanager:db#port", "secretsmanager:db#tls",
      "secretsmanager:db#ratio", "secretsmanager:db")
    assert(references.fetch(region, list))
    assert.same({ SECRET, "5432", "true", "0.5", text },
      { list[1].value, list[2].value, list[3].value, list[4].value, list[5].value })
    assert.equal("v-1", list[1].version)
    assert.same({ { "GetSecretValue", { SecretId = "db" } } }, calls)
  end)

  it("fails with the reference, and without a part of the secret", function()
    local denied = function()
      return nil, errors.new { code = "AccessDeniedException", message = "not authorized", status = 400, service = "ssm" }
    end
    local absent = function()
      return nil, errors.new { code = "ResourceNotFoundException", message = "can't find", status = 400, service = "secretsmanager" }
    end
    for _, case in ipairs {
      { "secretsmanager:none#x", { GetSecretValue = absent }, "ResourceNotFoundException",
        "^secretsmanager:none: can't find", "lanyard aws secretsmanager list%-secrets" },
      { "ssm:/none", {}, "ParameterNotFound", "ssm:/none: Systems Manager has no such parameter in us%-east%-1" },
      { "ssm:/a", { GetParameters = denied }, "AccessDeniedException", "^ssm:/a: not authorized", "kms:Decrypt" },
      { "secretsmanager:db#x", { GetSecretValue = secret('{"y":"' .. SECRET .. '"}') }, "InvalidSecret", "has no such key" },
      { "secretsmanager:db#x", { GetSecretValue = secret(SECRET) }, "InvalidSecret", "is not a JSON object" },
      { "secretsmanager:db#x", { GetSecretValue = secret('["' .. SECRET .. '"]') }, "InvalidSecret", "is not a JSON object" },
      { "secretsmanager:db#x", { GetSecretValue = secret('{"x":{"y":"' .. SECRET .. '"}}') }, "InvalidSecret", "is not a text" },
      { "secretsmanager:db#x", { GetSecretValue = secret('{"x":null}') }, "InvalidSecret", "is not a text" },
      { "secretsmanager:db", { GetSecretValue = secret(nil, { SecretBinary = SECRET }) }, "InvalidSecret", "the secret is binary" },
    } do
      local answers = { GetParameters = parameters {} }
      for name, answer in pairs(case[2]) do answers[name] = answer end
      local ok, err = references.fetch(region_of(answers), parsed(case[1]))
      assert.is_nil(ok)
      assert.equal(case[3], err.code)
      assert.matches(case[4], err.message)
      assert.matches(case[5] or "", err.tip or "")
      assert.not_matches("planted", err.message .. (err.tip or ""))
    end
  end)

  it("calls nothing without references", function()
    local region, calls = region_of {}
    assert(references.fetch(region, {}))
    assert.same({}, calls)
  end)
end)
