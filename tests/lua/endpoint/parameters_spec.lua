-- Where the parameters of endpoint rule sets come from:
-- https://smithy.io/2.0/additional-specs/rules-engine/parameters.html

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local model = require "lanyard.model"
local parameters = require "lanyard.endpoint.parameters"

local function service_of(rule_parameters, traits, fields)
  local data = {
    metadata = { serviceId = "Things" },
    rules = { parameters = rule_parameters, rules = {} },
    operations = { Use = { input = { shape = "Input" } } },
    shapes = {
      Input = { type = "structure", members = {
        { name = "Name", shape = "Text", contextParam = { name = "Id" } }, { name = "Items", shape = "Text" } } },
      Text = { type = "string" },
    },
  }
  for name, value in pairs(traits or {}) do data.operations.Use[name] = value end
  for name, value in pairs(fields or {}) do data[name] = value end
  return model.new(data)
end

local function of(service, input, settings)
  return parameters.of(service, service:operation "Use", input or {}, function(name) return (settings or {})[name] end)
end

local TEXT = { type = "string" }

describe("endpoint parameters", function()
  it("are settings by the names of built-ins", function()
    local service = service_of { Region = { type = "string", builtIn = "AWS::Region" }, UseFIPS = { type = "boolean", builtIn = "AWS::UseFIPS" },
      Endpoint = { type = "string", builtIn = "SDK::Endpoint" }, Other = { type = "string", builtIn = "AWS::Unknown" } }
    assert.same({ Region = "eu-west-1", UseFIPS = false }, of(service, {}, { ["AWS::Region"] = "eu-west-1", ["AWS::UseFIPS"] = false, Endpoint = "x" }))
  end)

  it("are asked for when they are needed, and can be errors", function()
    local function setting(name)
      return nil, errors.new { code = "InvalidConfig", message = name .. " is wrong" }
    end
    local service = service_of { Id = TEXT, AccountId = { type = "string", builtIn = "AWS::Auth::AccountId" } }
    local given, err = parameters.of(service, service:operation "Use", {}, setting)
    assert.is_nil(given)
    assert.equal("AWS::Auth::AccountId is wrong", err.message)
    service = service_of { Id = TEXT }
    assert.same({}, parameters.of(service, service:operation "Use", {}, setting))
  end)

  it("are members of the input", function()
    assert.same({ Id = "web" }, of(service_of { Id = TEXT }, { Name = "web" }))
    assert.same({}, of(service_of { Id = TEXT }, {}))
    assert.same({}, of(service_of { Id = TEXT }, { Name = io.stdout }))
  end)

  it("are not blank if the member is required", function()
    local shapes = { Text = { type = "string" }, Input = { type = "structure", required = { "Name" }, members = {
      { name = "Name", shape = "Text", contextParam = { name = "Id" } } } } }
    for _, blank in ipairs { "", " ", "\t" } do
      local given, err = of(service_of({ Id = TEXT }, nil, { shapes = shapes }), { Name = blank })
      assert.is_nil(given)
      assert.same({ "InvalidValue", "Name is empty" }, { err.code, err.message })
      assert.same({ Id = blank }, of(service_of { Id = TEXT }, { Name = blank }))
    end
  end)

  it("are constants of the operation", function()
    local service = service_of({ Id = TEXT, Control = { type = "boolean" } },
      { staticContextParams = { Id = { value = "fixed" }, Control = { value = false } } })
    assert.same({ Id = "fixed", Control = false }, of(service, { Name = "web" }, { ["AWS::Region"] = "x" }))
  end)

  it("are settings of clients, before built-ins", function()
    local service = service_of({ Accelerate = { type = "boolean", builtIn = "AWS::S3::Accelerate" }, Odd = { type = "boolean" } }, nil,
      { clientContextParams = { Accelerate = { type = "boolean" }, Odd = { type = "boolean" } } })
    assert.same({ Accelerate = false, Odd = true }, of(service, {}, { Accelerate = false, Odd = true, ["AWS::S3::Accelerate"] = true }))
    assert.same({ Accelerate = true }, of(service, {}, { ["AWS::S3::Accelerate"] = true }))
  end)

  -- The queries of DynamoDB's operations.
  for query, case in pairs {
    ["TableCreationParameters.TableName"] = { '{"TableCreationParameters":{"TableName":"a"}}', '"a"' },
    ["TransactItems[*].Get.TableName"] = { '{"TransactItems":[{"Get":{"TableName":"a"}},{"Get":{"TableName":"b"}},{}]}', '["a","b"]' },
    ["TransactItems[*].[ConditionCheck.TableName, Put.TableName, Delete.TableName, Update.TableName][]"] = {
      '{"TransactItems":[{"Put":{"TableName":"a"}},{"Update":{"TableName":"b"}}]}', '["a","b"]' },
    ["keys(RequestItems)"] = { '{"RequestItems":{"b":[],"a":[]}}', '["a","b"]' },
    ["Absent.TableName"] = { "{}", "null" },
    ["keys(Absent)"] = { "{}", "null" },
  } do
    it("are results of the query " .. query, function()
      local service = service_of({ List = { type = "stringArray" } }, { operationContextParams = { List = { path = query } } })
      local given = assert(of(service, json.decode(case[1])))
      assert.equal(case[2], json.encode(given.List == nil and json.null or given.List))
    end)
  end

  it("with a query that does not fit are errors that name it", function()
    local service = service_of({ List = TEXT }, { operationContextParams = { List = { path = ("[@,@]|"):rep(25) .. "[@,@]" } } })
    local given, err = of(service, { Name = "a" })
    assert.is_nil(given)
    assert.matches("^the endpoint parameter List cannot be read from the input: ", err.message)
    given, err = of(service_of({ List = TEXT }, { operationContextParams = { List = { path = "a[" } } }))
    assert.is_nil(given)
    assert.equal("InvalidModel", err.code)
    assert.matches("^the query of the endpoint parameter List of Use cannot be read: ", err.message)
  end)
end)

describe("endpoint parameters of S3", function()
  local RULES = { Bucket = TEXT, ForcePathStyle = { type = "boolean", builtIn = "AWS::S3::ForcePathStyle" },
    Accelerate = { type = "boolean", builtIn = "AWS::S3::Accelerate" } }
  local function s3(operation, bucket, settings)
    local service = service_of(RULES, nil, { metadata = { serviceId = "S3" },
      operations = { [operation] = { input = { shape = "Bucket" } } }, shapes = {
        Bucket = { type = "structure", members = { { name = "Bucket", shape = "Text", contextParam = { name = "Bucket" } } } },
        Text = { type = "string" } } })
    return parameters.of(service, service:operation(operation), { Bucket = bucket }, function(name) return settings[name] end).ForcePathStyle
  end
  it("ignore path-style addressing for ARNs", function()
    assert.is_true(s3("GetObject", "logs", { ["AWS::S3::ForcePathStyle"] = true }))
    assert.is_false(s3("GetObject", "arn:aws:s3:us-east-1:111122223333:accesspoint:a", { ["AWS::S3::ForcePathStyle"] = true }))
  end)
  it("ask for the Region of a bucket in the path", function()
    assert.is_true(s3("GetBucketLocation", "logs", { ["AWS::S3::ForcePathStyle"] = false }))
    assert.is_false(s3("GetBucketLocation", "logs", { ["AWS::S3::ForcePathStyle"] = false, ["AWS::S3::Accelerate"] = true }))
    assert.is_false(s3("GetBucketAcl", "logs", { ["AWS::S3::ForcePathStyle"] = false }))
  end)
end)
