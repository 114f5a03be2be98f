-- Models in Smithy's JSON form: traits become botocore's.

local folder = require "lanyard.model.folder"
local helper = require "helper"
local model = require "lanyard.model"

-- A service with a protocol, and more shapes, as JSON.
local function ast(protocol, shapes, traits)
  return ([[{ "smithy": "2.0", "shapes": {
    "com.x#Things_2020": { "type": "service", "version": "2020-01-01",
      "operations": [{ "target": "com.x#Put" }], "resources": [{ "target": "com.x#Thing" }],
      "traits": { "%s": {}, "aws.api#service": { "sdkId": "Secrets Manager", "arnNamespace": "things" }, "smithy.api#title": "Things",
        "aws.auth#sigv4": { "name": "thing" }, "smithy.api#xmlNamespace": { "uri": "http://x/" },
        "smithy.rules#endpointRuleSet": { "version": "1.0", "rules": [], "parameters": {} }%s } },
    "com.x#Thing": { "type": "resource", "read": { "target": "com.x#Get" }, "resources": [{ "target": "com.x#Thing" }] },
    "com.x#Put": { "type": "operation", "input": { "target": "com.x#PutInput" }, "output": { "target": "smithy.api#Unit" },
      "errors": [{ "target": "com.x#Gone" }],
      "traits": { "smithy.api#http": { "method": "PUT", "uri": "/{Id+}?x", "code": 201 }, "smithy.api#endpoint": { "hostPrefix": "a." },
        "smithy.api#auth": [], "smithy.api#idempotent": {}, "smithy.api#requestCompression": { "encodings": ["gzip"] },
        "aws.protocols#httpChecksum": { "requestAlgorithmMember": "Sum" }, "smithy.rules#staticContextParams": { "A": { "value": true } } } },
    "com.x#Get": { "type": "operation", "input": { "target": "com.x#GetInput" }, "output": { "target": "com.x#GetOutput" },
      "traits": { "smithy.api#http": { "method": "GET", "uri": "/x" }, "smithy.api#readonly": {}, "smithy.api#optionalAuth": {},
        "smithy.api#paginated": { "inputToken": "next", "outputToken": "next", "pageSize": "max", "items": "Things" },
        "smithy.waiters#waitable": { "ThingReady": { "minDelay": 30, "documentation": "x", "acceptors": [
          { "state": "success", "matcher": { "output": { "path": "State", "expected": "ok", "comparator": "stringEquals" } } },
          { "state": "success", "matcher": { "output": { "path": "Ok", "expected": "true", "comparator": "booleanEquals" } } },
          { "state": "retry", "matcher": { "errorType": "com.x#Gone" } }, { "state": "failure", "matcher": { "success": true } }] } } } },
    "com.x#GetInput": { "type": "structure", "members": { "next": { "target": "smithy.api#String", "traits": { "smithy.api#httpQuery": "next" } } } },
    "com.x#GetOutput": { "type": "structure", "traits": { "smithy.api#output": {} }, "members": {
      "Things": { "target": "com.x#List", "traits": { "smithy.api#xmlFlattened": {}, "smithy.api#xmlName": "T" } },
      "State": { "target": "com.x#State", "traits": { "smithy.api#httpQuery": "ignored" } },
      "Code": { "target": "smithy.api#Integer", "traits": { "smithy.api#httpResponseCode": {} } },
      "Any": { "target": "com.x#Any" }, "Events": { "target": "com.x#Events", "traits": { "smithy.api#httpPayload": {} } } } },
    "com.x#PutInput": { "type": "structure", "members": {
      "Id": { "target": "com.x#Name", "traits": { "smithy.api#httpLabel": {}, "smithy.api#required": {}, "smithy.rules#contextParam": { "name": "Bucket" } } },
      "At": { "target": "smithy.api#Timestamp", "traits": { "smithy.api#timestampFormat": "http-date", "smithy.api#httpHeader": "x-at" } },
      "Meta": { "target": "com.x#Map", "traits": { "smithy.api#httpPrefixHeaders": "x-m-" } },
      "All": { "target": "com.x#Map", "traits": { "smithy.api#httpQueryParams": {} } },
      "Doc": { "target": "com.x#Doc", "traits": { "smithy.api#httpHeader": "x-doc" } },
      "Token": { "target": "smithy.api#String", "traits": { "smithy.api#idempotencyToken": {}, "smithy.api#jsonName": "token", "smithy.api#xmlName": "tok" } },
      "Body": { "target": "com.x#Body", "traits": { "smithy.api#httpPayload": {} } } } },
    "com.x#Body": { "type": "structure", "members": { "Self": { "target": "com.x#Body" },
      "Kind": { "target": "com.x#State", "traits": { "smithy.api#xmlAttribute": {} } } } },
    "com.x#Name": { "type": "string", "traits": { "smithy.api#length": { "min": 1, "max": 9 }, "smithy.api#pattern": "^a$", "smithy.api#sensitive": {} } },
    "com.x#Doc": { "type": "string", "traits": { "smithy.api#mediaType": "application/json" } },
    "com.x#Map": { "type": "map", "key": { "target": "smithy.api#String" }, "value": { "target": "smithy.api#String" }, "traits": { "smithy.api#sparse": {} } },
    "com.x#List": { "type": "list", "member": { "target": "com.x#Body", "traits": { "smithy.api#xmlName": "item" } } },
    "com.x#State": { "type": "enum", "members": {
      "OK": { "target": "smithy.api#Unit", "traits": { "smithy.api#enumValue": "ok" } }, "BAD": { "target": "smithy.api#Unit" } } },
    "com.x#Any": { "type": "document" },
    "com.x#Events": { "type": "union", "traits": { "smithy.api#streaming": {} }, "members": {
      "One": { "target": "com.x#Body" }, "Fail": { "target": "com.x#Gone" } } },
    "com.x#Gone": { "type": "structure", "members": {}, "traits": { "smithy.api#error": "client", "smithy.api#httpError": 410,
      "aws.protocols#awsQueryError": { "code": "Thing.Gone", "httpResponseCode": 400 }, "smithy.api#retryable": { "throttling": true } } }
    %s } }]]):format(protocol, traits or "", shapes or "")
end

local function read(text)
  local root <close> = helper.folder()
  os.execute(("mkdir -p '%s/things/service/2020-01-01'"):format(root))
  helper.write(root .. "/things/service/2020-01-01/things.json", text)
  local models = assert(folder.open(tostring(root)))
  assert.equal("Smithy models up to 2020-01-01", models.source)
  assert.same({ "secretsmanager" }, models.names)
  return models.read "secretsmanager"
end

describe("a model of Smithy", function()
  it("has the metadata of botocore", function()
    local metadata = assert(read(ast "aws.protocols#awsJson1_1")).metadata
    assert.same({ "json", "1.1", "Things_2020", "things", "thing", "v4", "2020-01-01" }, { metadata.protocol, metadata.jsonVersion,
      metadata.targetPrefix, metadata.endpointPrefix, metadata.signingName, metadata.signatureVersion, metadata.apiVersion })
    assert.equal("aws.auth#sigv4", metadata.auth[1])
    assert.equal("http://x/", read(ast "aws.protocols#awsQuery").metadata.xmlNamespace)
    assert.truthy(read(ast("aws.protocols#awsJson1_0", "", ', "aws.protocols#awsQueryCompatible": {}')).metadata.awsQueryCompatible)
    assert.equal("ec2", read(ast "aws.protocols#ec2Query").metadata.protocol)
    local both = read(ast("smithy.protocols#rpcv2Cbor", "", ', "aws.protocols#awsJson1_0": {}')).metadata
    assert.same({ "json", "smithy-rpc-v2-cbor" }, { both.protocols[1], both.protocols[2] })
  end)

  it("has the operations of the service and its resources", function()
    local data = assert(read(ast "aws.protocols#restJson1"))
    local service = model.new(data)
    assert.same({ "Get", "Put" }, service:operation_names())
    local put, get = service:operation "Put", service:operation "Get"
    assert.same({ "PUT", "/{Id+}?x", 201 }, { put.method, put.uri, put.traits.http.responseCode })
    assert.equal("a.", put.traits.endpoint.hostPrefix)
    assert.is_true(put.unsigned and put.traits.idempotent and get.unsigned and get.reads)
    assert.equal("gzip", put.traits.requestcompression.encodings[1])
    assert.equal("Sum", put.traits.httpChecksum.requestAlgorithmMember)
    assert.is_true(put.traits.staticContextParams.A.value)
    assert.is_nil(put.output)
    assert.same({ input_token = "next", output_token = "next", limit_key = "max", result_key = "Things" }, data.paginators.Get)
    assert.equal("1.0", data.rules.version)
  end)

  it("has members where HTTP has them", function()
    local service = model.new(assert(read(ast "aws.protocols#restJson1")))
    local input, output = service:operation("Put").input, service:operation("Get").output
    local names = {}
    for i, member in ipairs(input.members) do
      names[i] = ("%s %s %s"):format(member.member, member.location or "body", member.locationName or "-")
    end
    assert.same({ "Id uri Id", "At header x-at", "Meta headers x-m-", "All querystring -", "Doc header x-doc", "Token body token", "Body body -" }, names)
    assert.equal("Body", input.payload)
    assert.equal("rfc822", input.by_name.At.timestampFormat)
    assert.is_true(input.by_name.Doc.jsonvalue and input.by_name.Token.idempotencyToken and input.is_required.Id and input.by_name.Meta.sparse)
    assert.same({ 1, 9, "^a$", true, "Bucket" }, { input.by_name.Id.min, input.by_name.Id.max, input.by_name.Id.pattern, input.by_name.Id.sensitive,
      input.by_name.Id.contextParam.name })
    assert.equal("statusCode", output.by_name.Code.location)
    assert.is_nil(output.by_name.State.location)
    assert.same({ "ok", "BAD" }, { table.unpack(output.by_name.State.enum) })
    assert.is_true(output.by_name.Any.document)
    local events = output.by_name.Events
    assert.is_true(events.eventstream and events.by_name.One.event and events.by_name.Fail.exception)
    assert.is_nil(events.by_name.Fail.event)
    assert.equal("Body", input.by_name.Body.by_name.Self.by_name.Self.name)
  end)

  it("has no places of HTTP if the protocol has none", function()
    local service = model.new(assert(read(ast "aws.protocols#awsJson1_0")))
    local put = service:operation "Put"
    assert.equal("POST/", put.method .. put.uri)
    assert.is_nil(put.input.payload)
    for _, member in ipairs(put.input.members) do assert.is_nil(member.location) end
  end)

  it("has the names of XML elements", function()
    local service = model.new(assert(read(ast "aws.protocols#restXml")))
    local body = service:operation("Put").input.by_name.Body
    assert.same({ "Body", "http://x/", true }, { body.locationName, body.xmlNamespace.uri, body.by_name.Kind.xmlAttribute })
    assert.equal("tok", service:operation("Put").input.by_name.Token.locationName)
    local things = service:operation("Get").output.by_name.Things
    assert.same({ "T", true }, { things.locationName, things.flattened })
    assert.is_nil(things.item.locationName) -- Smithy ignores the name of an item of a flattened list
    assert.equal("GetResult", model.new(assert(read(ast "aws.protocols#awsQuery"))):operation("Get").output.resultWrapper)
  end)

  it("has errors and waiters", function()
    local data = assert(read(ast "aws.protocols#awsQuery"))
    local gone = model.new(data):operation("Put").errors[1]
    assert.same({ code = "Thing.Gone", httpStatusCode = 400, senderFault = true }, gone.error)
    assert.is_true(gone.exception and gone.retryable.throttling)
    local waiter = data.waiters.ThingReady
    assert.same({ "Get", 30, 40 }, { waiter.operation, waiter.delay, waiter.maxAttempts })
    assert.same({ state = "success", matcher = "path", argument = "State", expected = "ok" }, waiter.acceptors[1])
    assert.is_true(waiter.acceptors[2].expected)
    assert.same({ state = "retry", matcher = "error", expected = "Gone" }, waiter.acceptors[3])
    assert.same({ state = "failure", matcher = "error", expected = false }, waiter.acceptors[4])
  end)

  it("has what only botocore's models say", function()
    local function service(id, operation)
      local text = ast("aws.protocols#awsQuery"):gsub("Secrets Manager", id):gsub("com.x#Get\"", "com.x#" .. operation .. "\"")
        :gsub('"smithy.api#optionalAuth": {},', "")
      local root <close> = helper.folder()
      helper.write(root .. "/a.json", text)
      local models = folder.open(tostring(root))
      return model.new(assert(models.read(models.names[1])))
    end
    assert.equal("s3", service("S3", "Get").metadata.signatureVersion)
    assert.equal("s3v4", service("S3 Control", "Get").metadata.signatureVersion)
    assert.is_false(service("Other", "AssumeRoleWithWebIdentity"):operation("AssumeRoleWithWebIdentity").unsigned)
    assert.is_true(service("STS", "AssumeRoleWithWebIdentity"):operation("AssumeRoleWithWebIdentity").unsigned)
  end)

  it("applies traits to shapes elsewhere in the file", function()
    local more = ', "com.x#Body$Kind": { "type": "apply", "traits": { "smithy.api#required": {} } }'
    local service = model.new(assert(read(ast("aws.protocols#restJson1", more))))
    assert.is_true(service:shape("Body").is_required.Kind)
  end)

  it("is an error that names the file if it is damaged", function()
    local function refuses(pattern, text)
      local data, err = read(text)
      assert.is_nil(data)
      assert.equal("InvalidModel", err.code)
      assert.matches("things%.json: .*" .. pattern, err.message)
    end
    local text = ast "aws.protocols#restJson1"
    refuses("has no protocol of AWS", ast "aws.protocols#other")
    refuses("the shape com.x#Any does not exist", (text:gsub('"com.x#Any": {', '"com.x#No": {')))
    refuses("the type 'strange', which is unknown", (text:gsub('"type": "document"', '"type": "strange"')))
    refuses("the operation com.x#Put does not exist", (text:gsub('"com.x#Put": {', '"com.x#No": {')))
    refuses("does not have the form that Smithy describes", (text:gsub('"smithy.api#length": {[^}]*}', '"smithy.api#length": 5')))
    refuses("a waiter has an unknown comparator", (text:gsub('"stringEquals"', '"nearly"')))
  end)
end)

describe("a folder of models", function()
  it("is an error without models, and with a file that is not JSON", function()
    local root <close> = helper.folder()
    local models, err = folder.open(tostring(root))
    assert.is_nil(models)
    assert.equal("NoModels", err.code)
    assert.equal(root .. " has no models of AWS services", err.message)
    helper.write(root .. "/other.json", "{}")
    assert.is_nil((folder.open(tostring(root))))
    helper.write(root .. "/things.json", ast "aws.protocols#restJson1")
    assert.same({ "secretsmanager" }, folder.open(tostring(root)).names)
    helper.write(root .. "/broken.json", "{")
    local bytes
    bytes, err = require("lanyard.model.pack").index(folder.open(tostring(root)))
    assert.is_nil(bytes)
    assert.matches("/broken%.json: line 1", err.message)
  end)
end)
