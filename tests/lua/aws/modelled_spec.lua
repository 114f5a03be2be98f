local credentials = require "lanyard.credentials"
local deflate = require "lanyard.deflate"
local Double = require "double"
local json = require "lanyard.json"
local model = require "lanyard.model"
local modelled = require "modelled"
local modelled_service = require "lanyard.aws.modelled"
local system = require "lanyard.system"
local services = require "lanyard.aws.services"

local answer = modelled.answer

local SHAPES = {
  GetInput = { type = "structure", required = { "Id" }, members = {
    { name = "Id", shape = "Text" }, { name = "Token", shape = "Text", idempotencyToken = true },
    { name = "Key", shape = "Secret" }, { name = "Count", shape = "Number" }, { name = "Options", shape = "Options" },
  } },
  GetOutput = { type = "structure", members = {
    { name = "Id", shape = "Text" }, { name = "Size", shape = "Number" }, { name = "Key", shape = "Secret" },
    { name = "At", shape = "Time" },
  } },
  Options = { type = "structure", sensitive = true, members = { { name = "Pin", shape = "Text" } } },
  NoSuchThing = { type = "structure", exception = true, members = {
    { name = "message", shape = "Text" }, { name = "Id", shape = "Text" }, { name = "Key", shape = "Secret" },
  } },
  Busy = { type = "structure", exception = true, retryable = { throttling = true }, members = {} },
  Text = { type = "string" }, Secret = { type = "string", sensitive = true }, Number = { type = "long" },
  Time = { type = "timestamp" },
}

-- A model with one operation and a few variants of it.
local function data_of(metadata, operation)
  local get = { input = { shape = "GetInput" }, output = { shape = "GetOutput" },
    errors = { { shape = "NoSuchThing" }, { shape = "Busy" } } }
  for name, value in pairs(operation or {}) do get[name] = value end
  local all = { protocol = "json", jsonVersion = "1.0", targetPrefix = "Thing_2020", endpointPrefix = "things",
    signatureVersion = "v4", serviceId = "Thing Service", apiVersion = "2020-01-01" }
  for name, value in pairs(metadata or {}) do all[name] = value end
  return { metadata = all, operations = { GetThing = get, ListThings = { output = { shape = "GetOutput" } } }, shapes = SHAPES }
end

describe("an operation of a model", function()
  it("is sent, signed, and its reply has the types of the model", function()
    local thing, requests = modelled.client(data_of(), { answer(200, '{"Id":"a","Size":9007199254740993,"At":1.5}') })
    local reply = assert(thing:GetThing { Id = "a", Token = "t", Count = 3 })
    assert.equal(9007199254740993, reply.Size)
    assert.equal(1.5, reply.At)
    local request = requests[1]
    assert.equal("POST https://things.us-east-1.amazonaws.com/", request.method .. " " .. request.url)
    assert.equal("Thing_2020.GetThing", request.headers["X-Amz-Target"])
    assert.same({ Id = "a", Token = "t", Count = 3 }, json.decode(request.body))
    assert.matches("Credential=AKIDEXAMPLE/%d+/us%-east%-1/things/aws4_request", request.headers.Authorization)
    assert.matches("^lanyard/", request.headers["User-Agent"])
  end)

  it("checks its input before anything is sent", function()
    local thing, requests = modelled.client(data_of(), { answer(200, "{}") })
    assert.has_error(function() thing:GetThing { id = "a" } end, "thing:GetThing: id: an unknown member (did you mean Id?)")
    assert.has_error(function() thing:call("GetThing") end, "thing:GetThing: Id: required, but missing")
    assert.has_error(function() thing:GetThings {} end, "thing has no operation 'GetThings' (did you mean GetThing?)")
    assert.equal(0, #requests)
  end)

  it("has one idempotency token for all attempts, and leaves the caller's input alone", function()
    local input = { Id = "a" }
    local thing, requests = modelled.client(data_of(), { answer(500), answer(200, "{}") })
    assert(thing:GetThing(input))
    local first, second = json.decode(requests[1].body), json.decode(requests[2].body)
    assert.matches("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", first.Token)
    assert.equal(first.Token, second.Token)
    assert.same({ Id = "a" }, input)
    assert(thing:GetThing(input))
    assert.not_equal(first.Token, json.decode(requests[3].body).Token)
  end)

  it("has an error with the code, the message and its other members", function()
    local thing = modelled.client(data_of(), { answer(400,
      '{"__type":"com.example#NoSuchThing","message":"no hunter2","Id":"a","Key":"hunter2"}', { ["x-amzn-requestid"] = "r1" }) })
    local reply, err = thing:GetThing { Id = "a", Key = "hunter2" }
    assert.is_nil(reply)
    assert.equal("NoSuchThing", err.code)
    assert.equal("a", err.members.Id)
    assert.equal("***", err.members.Key)
    assert.equal("thing:GetThing: NoSuchThing: no *** (request id r1)", tostring(err))
    assert.equal("thing GetThing us-east-1 1", ("%s %s %s %d"):format(err.service, err.operation, err.region, err.attempts))
  end)

  it("is readable, however short a secret of the request is", function()
    for _, body in ipairs { "", "<h1>Not Found</h1>" } do
      local thing = modelled.client(data_of(), { answer(404, body) })
      local _, err = thing:GetThing { Id = "b", Key = "a" }
      assert.equal("HTTP status 404 without a message", err.message)
    end
    local thing = modelled.client(data_of(), { answer(400, '{"__type":"NoSuchThing","message":"a bad key"}') })
    assert.equal("a bad key", select(2, thing:GetThing { Id = "b", Key = "a" }).message)
  end)

  it("is retried if the model says that an error can pass", function()
    local thing, requests = modelled.client(data_of(), { answer(400, '{"__type":"Busy"}'), answer(200, '{"Id":"b"}') })
    assert.equal("b", assert(thing:GetThing { Id = "a" }).Id)
    assert.equal(2, #requests)
  end)

  it("has an error for a reply that does not fit", function()
    local thing = modelled.client(data_of(), { answer(200, '{"Size":"big"}') })
    local _, err = thing:GetThing { Id = "a" }
    assert.equal("InvalidResponse", err.code)
    assert.matches("Size: a string; an integer was expected", err.message)
    assert.equal(1, err.attempts)
  end)

  it("is requested again if a reply of Query or EC2 is empty", function()
    for protocol, body in pairs { query = "<GetResponse><Id>b</Id></GetResponse>", ec2 = "<GetResponse><Id>b</Id></GetResponse>" } do
      local data = { metadata = { protocol = protocol, endpointPrefix = "things", apiVersion = "1" },
        operations = { Get = { output = { shape = "Out" } }, Put = {} },
        shapes = { Out = { type = "structure", members = { { name = "Id", shape = "Text" } } }, Text = { type = "string" } } }
      local thing, requests = modelled.client(data, { answer(200), answer(200, " \n"), answer(200, body) })
      assert.equal("b", assert(thing:Get()).Id)
      assert.equal(3, #requests)
      local reply, err = modelled.client(data, { answer(200) }):Get()
      assert.same({ nil, "InvalidResponse", "the reply is empty" }, { reply, err.code, err.message })
      assert.same({}, (modelled.client(data, { answer(200) }):Put()))
    end
  end)

  it("has the code of the exception that ends a stream of events", function()
    local crc32 = require("lanyard.deflate").crc32
    local function message(headers, payload)
      local encoded = ""
      for name, value in pairs(headers) do encoded = encoded .. string.pack(">s1Bs2", name, 7, value) end
      local lengths = string.pack(">I4I4", 16 + #encoded + #payload, #encoded)
      local text = lengths .. string.pack(">I4", crc32(lengths)) .. encoded .. payload
      return text .. string.pack(">I4", crc32(text))
    end
    local data = { metadata = { protocol = "rest-json", endpointPrefix = "things" }, operations = { Get = { output = { shape = "Out" } } },
      shapes = { Out = { type = "structure", payload = "Events", members = { { name = "Events", shape = "Events" } } },
        Events = { type = "structure", eventstream = true, members = { { name = "Slow", shape = "Slow" } } },
        Slow = { type = "structure", exception = true, members = { { name = "message", shape = "Text" } } }, Text = { type = "string" } } }
    local function failure(body)
      local thing, requests = modelled.client(data, { answer(200, body) })
      local _, err = thing:Get()
      assert.equal(1, #requests)
      return err
    end
    local err = failure(message({ [":message-type"] = "exception", [":exception-type"] = "Slow" }, '{"message":"wait\\nnow"}'))
    assert.equal("Slow", err.code)
    assert.equal("Events: the service ended the stream of events with Slow: wait now", err.message)
    assert.is_nil(err.tip)
    assert.equal("Internal Error", failure(message({ [":message-type"] = "error", [":error-code"] = "Internal\nError" }, "")).code)
    err = failure(message({ [":message-type"] = "exception" }, ""))
    assert.same({ "InvalidResponse", "Events: the service ended the stream of events with an unknown error" }, { err.code, err.message })
  end)

  it("keeps short sensitive values out of the log, and does not search messages for them", function()
    local log = {}
    local thing = modelled.client(data_of(), { answer(200, '{"Id":"e","Key":"a"}'), answer(404, "") },
      { debug = function(line) log[#log + 1] = line end })
    assert.equal("a", assert(thing:GetThing { Id = "x", Key = "e", Options = { Pin = "t" } }).Key)
    local text = table.concat(log, "\n")
    assert.is_nil(text:find '"[et]"[^:]', text)
    assert.matches('"Id":"x"', text)
    assert.matches("User%-Agent: [%w/. ()]", text)
    local _, err = thing:GetThing { Id = "x", Key = "e", Options = { Pin = "t" } }
    assert.equal("HTTP status 404 without a message", err.message)
  end)

  it("keeps what the model marks as sensitive out of the log, and returns it", function()
    local log = {}
    local thing = modelled.client(data_of(), { answer(200, '{"Id":"a","Key":"other\\"secret"}') },
      { debug = function(line) log[#log + 1] = line end })
    local reply = assert(thing:GetThing { Id = "a", Key = "hunter2", Options = { Pin = "0815" } })
    assert.equal('other"secret', reply.Key)
    local text = table.concat(log, "\n")
    assert.matches('"Id":"a"', text)
    for _, secret in ipairs { "hunter2", "0815", "other", "secret%f[^%w]" } do
      assert.is_nil(text:gsub("secret:", ""):find(secret), text)
    end
  end)

  it("returns what the model marks as sensitive as secrets, if the caller asks for it", function()
    local thing = modelled.client(data_of(), { answer(200, '{"Id":"a","Key":"hunter2"}') }, { client = { sealed = true } })
    local reply = assert(thing:GetThing { Id = "a", Key = credentials.secret "other" })
    assert.equal("a", reply.Id)
    assert.is_true(credentials.secret "hunter2" == reply.Key)
  end)

  it("calls the custom endpoint as it is", function()
    local thing, requests = modelled.client(data_of(nil, { endpoint = { hostPrefix = "data-" } }), { answer(200, "{}") },
      { endpoint_url = "http://127.0.0.1:1/base/" })
    assert(thing:GetThing { Id = "a" })
    assert.equal("http://127.0.0.1:1/base", requests[1].url)
  end)

  it("has the host prefix of its model", function()
    local thing, requests = modelled.client(data_of(nil, { endpoint = { hostPrefix = "{Id}.data-" } }), { answer(200, "{}") })
    assert(thing:GetThing { Id = "abc" })
    assert.equal("https://abc.data-things.us-east-1.amazonaws.com/", requests[1].url)
    local _, err = thing:GetThing { Id = "a/b" }
    assert.equal("InvalidValue", err.code)
    assert.matches("^thing:GetThing: Id: ", tostring(err))
    assert.equal(1, #requests)
  end)
end)

describe("the endpoint of an operation of a model", function()
  local RULES = { version = "1.0", parameters = {
    Region = { type = "String", builtIn = "AWS::Region", required = true },
    UseFIPS = { type = "Boolean", builtIn = "AWS::UseFIPS", required = true, default = false },
    Endpoint = { type = "String", builtIn = "SDK::Endpoint" },
    Id = { type = "String" }, Kind = { type = "String" }, Pins = { type = "StringArray" },
  }, rules = {
    { type = "endpoint", conditions = { { fn = "isSet", argv = { { ref = "Endpoint" } } } },
      endpoint = { url = { ref = "Endpoint" }, properties = {}, headers = {} } },
    { type = "error", conditions = { { fn = "stringEquals", argv = { { ref = "Id" }, "bad" } } }, error = "Id cannot be bad" },
    { type = "endpoint", conditions = {}, endpoint = { url = "https://{Id}.{Kind}.{Region}.example.com/path",
      headers = { ["x-amz-thing"] = { "{Kind}" } },
      properties = { authSchemes = { { name = "sigv4", signingName = "other", signingRegion = "eu-west-9" } } } } },
  } }

  local function with_rules()
    local data = data_of(nil, { staticContextParams = { Kind = { value = "static" } },
      operationContextParams = { Pins = { path = "keys(Options)" } } })
    data.rules = RULES
    data.shapes = setmetatable({ GetInput = { type = "structure", members = {
      { name = "Id", shape = "Text", contextParam = { name = "Id" } }, { name = "Options", shape = "Options" },
    } } }, { __index = SHAPES })
    return data
  end

  it("comes from the rules, with parameters of settings, the operation and its input", function()
    local thing, requests = modelled.client(with_rules(), { answer(200, "{}") })
    assert(thing:GetThing { Id = "a", Options = { Pin = "1" } })
    assert.equal("https://a.static.us-east-1.example.com/path", requests[1].url)
    assert.equal("static", requests[1].headers["x-amz-thing"])
    assert.matches("/eu%-west%-9/other/aws4_request", requests[1].headers.Authorization)
  end)

  it("has an error that the rules give", function()
    local thing, requests = modelled.client(with_rules(), { answer(200, "{}") })
    local _, err = thing:GetThing { Id = "bad" }
    assert.equal("NoEndpoint", err.code)
    assert.equal("thing:GetThing: Id cannot be bad", tostring(err))
    assert.equal(0, #requests)
  end)

  it("is a custom one, signed for the Region of the session", function()
    local thing, requests = modelled.client(with_rules(), { answer(200, "{}") }, { endpoint_url = "http://localhost:9" })
    assert(thing:GetThing { Id = "a" })
    assert.equal("http://localhost:9/", requests[1].url)
    assert.matches("/us%-east%-1/things/aws4_request", requests[1].headers.Authorization)
  end)
end)

describe("a large request", function()
  local big = ("x"):rep(20000)

  local function sent(id, values, described)
    local thing, requests = modelled.client(data_of(nil, { requestcompression = described or { encodings = { "gzip" } } }),
      { answer(200, "{}") }, { profile_values = values })
    local reply, err = thing:GetThing { Id = id, Token = "t" }
    return reply and requests[1], err
  end

  it("is compressed where the model says that the service accepts it", function()
    local request = sent(big)
    assert.equal("gzip", request.headers["Content-Encoding"])
    assert.is_true(#request.body < 1000)
    assert.equal(big, json.decode(assert(deflate.gunzip(request.body, 100000))).Id)
    assert.matches("SignedHeaders=content%-encoding;", request.headers.Authorization)
    assert.is_nil(sent("small").headers["Content-Encoding"])
    assert.is_nil(sent(big, nil, { encodings = { "br" } }).headers["Content-Encoding"])
  end)

  it("is compressed as the settings say", function()
    assert.is_nil(sent(big, { disable_request_compression = "true" }).headers["Content-Encoding"])
    assert.is_nil(sent(big, { request_min_compression_size_bytes = "50000" }).headers["Content-Encoding"])
    assert.equal("gzip", sent("small", { request_min_compression_size_bytes = "0" }).headers["Content-Encoding"])
    local _, err = sent(big, { request_min_compression_size_bytes = "10485761" })
    assert.equal("InvalidConfig", err.code)
    assert.matches("a whole number from 0 to 10485760 is expected", err.message)
  end)
end)

describe("the authentication of an operation of a model", function()
  local function headers_of(metadata, operation, options)
    local thing, requests = modelled.client(data_of(metadata, operation), { answer(200, "{}") }, options)
    local reply, err = thing:GetThing { Id = "a" }
    return reply and requests[1].headers, err
  end

  it("is a signature by default", function()
    assert.matches("^AWS4%-HMAC%-SHA256 ", headers_of().Authorization)
    assert.matches("^AWS4%-HMAC%-SHA256 ", headers_of({ auth = { "aws.auth#sigv4" } }).Authorization)
  end)

  it("is absent where the model or the caller says so, without credentials", function()
    local function no_credentials() error "credentials were asked for" end
    for _, case in ipairs { { { }, { authtype = "none" } }, { {}, { auth = { "smithy.api#noAuth" } } },
      { {}, {}, { unsigned = true } } } do
      local headers = headers_of(case[1], case[2], { credentials = no_credentials, client = case[3] })
      assert.is_nil(headers.Authorization)
      assert.is_nil(headers["X-Amz-Date"])
    end
  end)

  it("leaves the body unsigned where the model says so", function()
    for _, operation in ipairs { { authtype = "v4-unsigned-body" }, { unsignedPayload = true } } do
      local headers = headers_of({}, operation)
      assert.equal("UNSIGNED-PAYLOAD", headers["X-Amz-Content-Sha256"])
      assert.matches("x%-amz%-content%-sha256", headers.Authorization)
    end
  end)

  it("is a signature for several Regions where the model or the endpoint says so", function()
    local headers = headers_of { auth = { "aws.auth#sigv4a" } }
    assert.equal("us-east-1", headers["X-Amz-Region-Set"])
    assert.matches("^AWS4%-ECDSA%-P256%-SHA256 Credential=AKIDEXAMPLE/%d+/things/aws4_request, ", headers.Authorization)
    assert.matches("x%-amz%-region%-set[^ ]*, Signature=30%x+$", headers.Authorization)
    local data = data_of()
    data.rules = { version = "1.0", parameters = {}, rules = { { type = "endpoint", conditions = {}, endpoint = {
      url = "https://things.example.com", properties = { authSchemes = {
        { name = "beta", signingName = "x" }, { name = "sigv4a", signingName = "other", signingRegionSet = { "*" } } } } } } } }
    local thing, requests = modelled.client(data, { answer(200, "{}") })
    assert(thing:GetThing { Id = "a" })
    assert.equal("*", requests[1].headers["X-Amz-Region-Set"])
    assert.matches("/other/aws4_request", requests[1].headers.Authorization)
    data.rules.rules[1].endpoint.properties.authSchemes = { { name = "beta" } }
    data.rules = { version = "1.0", parameters = {}, rules = data.rules.rules }
    local _, err = modelled.client(data, { answer(200, "{}") }):GetThing { Id = "a" }
    assert.matches("the authentication 'beta' of the endpoint is not supported", err.message)
  end)

  it("is the token of a variable, which no log has", function()
    local log = {}
    local function call(metadata, variable)
      return Double.environment({ HOME = "/nonexistent" }, function()
        system.setenv("AWS_BEARER_TOKEN_THINGS", variable)
        local headers, err = headers_of(metadata, {}, { profile_values = {}, from_environment = true,
          debug = function(line) log[#log + 1] = line end })
        system.setenv("AWS_BEARER_TOKEN_THINGS", nil)
        return headers, err
      end)
    end
    local headers = call({ signatureVersion = "bearer" }, "t0ken")
    assert.equal("userdata", type(headers.Authorization))
    assert.is_true(credentials.secret "Bearer t0ken" == headers.Authorization)
    assert.is_nil(table.concat(log):find "t0ken")
    local both = { auth = { "aws.auth#sigv4", "smithy.api#httpBearerAuth" } }
    assert.equal("userdata", type(call(both, "t0ken").Authorization))
    assert.equal("string", type(call(both).Authorization))
    local _, err = call { signatureVersion = "bearer" }
    assert.equal("NoCredentials", err.code)
    assert.matches("set AWS_BEARER_TOKEN_THINGS, or sign in", err.message)
  end)

  it("is an error that names an unsupported one", function()
    local _, err = headers_of { signatureVersion = "v2" }
    assert.equal("NotSupported", err.code)
    assert.equal("thing:GetThing: the authentication 'v2' is not supported", tostring(err))
    _, err = headers_of({ auth = { "smithy.api#httpDigestAuth" } })
    assert.matches("'smithy.api#httpDigestAuth' is not supported", tostring(err))
    _, err = headers_of { protocol = "soap" }
    assert.equal("thing:GetThing: the protocol 'soap' is not supported", tostring(err))
  end)
end)

describe("a described service", function()
  local loaded = 0
  local function load()
    loaded = loaded + 1
    return model.new(data_of())
  end

  it("has the operations that only its model has, which is read when it is needed", function()
    local described = services.add { name = "thing", protocol = "json", version = "1.1", target = "Own", operations = "GetThing" }
    modelled_service.extend(described, load)
    assert.is_nil(described.operations.GetThing.model)
    assert.equal(0, loaded)
    assert.equal("ListThings", described.operations.ListThings.model.name)
    assert.is_true(described.operations.ListThings.reads)
    assert.is_nil(described.operations.Nothing)
    assert.equal(1, loaded)
    assert.same({ "GetThing", "ListThings" }, modelled_service.operation_names(described))
  end)
end)

describe("the protocol of a modelled service", function()
  local function protocol(metadata)
    return modelled_service.protocol { metadata = metadata }
  end

  it("is the first one in botocore's order of several", function()
    local of_json = require "lanyard.protocol.json"
    assert.equal(of_json, protocol { protocol = "smithy-rpc-v2-cbor", protocols = { "smithy-rpc-v2-cbor", "json", "query" } })
    assert.equal(require "lanyard.protocol.rpc_v2_cbor", protocol { protocol = "query", protocols = { "query", "smithy-rpc-v2-cbor" } })
    assert.equal(of_json, protocol { protocol = "json" })
    assert.equal(of_json, protocol { protocol = "json", protocols = { "new" } })
    local none, message = protocol { protocol = "new", protocols = { "newer" } }
    assert.is_nil(none)
    assert.equal("the protocol 'new' is not supported", message)
  end)
end)
