local credentials = require "lanyard.credentials"
local modelled = require "modelled"
local system = require "lanyard.system"

local answer = modelled.answer

local function data_of(metadata, operations, shapes)
  metadata.endpointPrefix, metadata.protocol = "things", metadata.protocol or "rest-json"
  shapes.Text = { type = "string" }
  return { metadata = metadata, operations = operations, shapes = shapes }
end

describe("a request to API Gateway", function()
  it("asks for JSON", function()
    local gateway, requests = modelled.client(data_of({ serviceId = "API Gateway" }, {
      GetApis = { http = { method = "GET", requestUri = "/restapis" } } }, {}), { answer(200) })
    assert(gateway:GetApis())
    assert.equal("application/json", requests[1].headers.Accept)
  end)

  it("keeps the type that the caller asks for", function()
    local gateway, requests = modelled.client(data_of({ serviceId = "API Gateway" }, {
      GetExport = { http = { method = "GET", requestUri = "/export" }, input = { shape = "In" } } },
      { In = { type = "structure", members = { { name = "accepts", shape = "Text", location = "header", locationName = "accept" } } } }),
      { answer(200) })
    assert(gateway:GetExport { accepts = "application/yaml" })
    assert.equal("application/yaml", requests[1].headers.accept)
    assert.is_nil(requests[1].headers.Accept)
  end)
end)

describe("a request to S3 Control", function()
  it("has no host prefix, which the endpoint has", function()
    local control, requests = modelled.client(data_of({ serviceId = "S3 Control", signatureVersion = "s3v4" }, {
      Get = { http = { method = "GET", requestUri = "/x" }, endpoint = { hostPrefix = "{AccountId}." }, input = { shape = "In" } },
    }, { In = { type = "structure", members = {
      { name = "AccountId", shape = "Text", location = "header", locationName = "x-amz-account-id" } } }, Text = { type = "string" } }),
      { answer(200) })
    assert(control:Get { AccountId = "111122223333" })
    assert.equal("https://things.us-east-1.amazonaws.com/x", requests[1].url)
  end)
end)

describe("an id of Route 53", function()
  it("is sent without the path that replies have before it", function()
    local route53, requests = modelled.client(data_of({ serviceId = "Route 53", protocol = "rest-xml" }, {
      Get = { http = { method = "GET", requestUri = "/zone/{Id}" }, input = { shape = "In" } } },
      { In = { type = "structure", members = { { name = "Id", shape = "ResourceId", location = "uri", locationName = "Id" },
        { name = "Set", shape = "DelegationSetId", location = "querystring", locationName = "set" },
        { name = "Change", shape = "ChangeId", location = "querystring", locationName = "change" },
        { name = "Other", shape = "Text", location = "querystring", locationName = "other" } } },
      ResourceId = { type = "string" }, DelegationSetId = { type = "string" }, ChangeId = { type = "string" } }), { answer(200) })
    local input = { Id = "/hostedzone/Z1", Set = "/delegationset/N1", Change = "C1", Other = "/a/b" }
    assert(route53:Get(input))
    assert.matches("/zone/Z1%?set=N1&change=C1&other=%%2Fa%%2Fb$", requests[1].url)
    assert.equal("/hostedzone/Z1", input.Id)
  end)
end)

describe("the user data of an instance", function()
  local function client(id, operation, protocol)
    return modelled.client(data_of({ serviceId = id, protocol = protocol, apiVersion = "1" }, { [operation] = { input = { shape = "In" } } },
      { In = { type = "structure", members = { { name = "UserData", shape = "Text" } } } }), { answer(200, "<Response/>") })
  end

  it("is sent in base64", function()
    local ec2, requests = client("EC2", "RunInstances", "ec2")
    assert(ec2:RunInstances { UserData = "#!/bin/sh\n\u{e4}" })
    assert.matches("&UserData=IyEvYmluL3NoCsOk$", requests[1].body)
    local scaling
    scaling, requests = client("Auto Scaling", "CreateLaunchConfiguration", "query")
    assert(scaling:CreateLaunchConfiguration { UserData = "abc" })
    assert.matches("&UserData=YWJj$", requests[1].body)
    ec2, requests = client("EC2", "ModifyThing", "ec2")
    assert(ec2:ModifyThing { UserData = "abc" })
    assert.matches("&UserData=abc$", requests[1].body)
  end)

  it("cannot be a sealed secret, which is not encoded", function()
    local ec2, requests = client("EC2", "RunInstances", "ec2")
    local reply, err = ec2:RunInstances { UserData = credentials.secret "abc" }
    assert.is_nil(reply)
    assert.equal("UserData: a sealed secret cannot be encoded in base64", err.message)
    assert.equal(0, #requests)
  end)
end)

describe("a prediction of Machine Learning", function()
  local DATA = data_of({ serviceId = "Machine Learning", protocol = "json", targetPrefix = "ML", jsonVersion = "1.1" }, {
    Predict = { input = { shape = "In" } } }, { In = { type = "structure", members = { { name = "PredictEndpoint", shape = "Text" } } } })

  it("calls the endpoint of its model, but never another one than a custom endpoint", function()
    local learning, requests = modelled.client(DATA, { answer(200) })
    assert(learning:Predict { PredictEndpoint = "https://realtime.example" })
    assert(learning:Predict { PredictEndpoint = "https://realtime.example:8443/" })
    assert.same({ "https://realtime.example/", "https://realtime.example:8443/" }, { requests[1].url, requests[2].url })
    assert.matches("%f[%w]host;", requests[1].headers.Authorization)
    learning, requests = modelled.client(DATA, { answer(200) }, { endpoint_url = "http://127.0.0.1:1" })
    assert(learning:Predict { PredictEndpoint = "https://realtime.example" })
    assert.equal("http://127.0.0.1:1/", requests[1].url)
  end)

  it("has an error for what is not an endpoint", function()
    local learning, requests = modelled.client(DATA, { answer(200) })
    for _, endpoint in ipairs { "http://realtime.example", "realtime.example", "ftp://realtime.example", "https://a@b", "https://a/b?c", "https://a\nb" } do
      local reply, err = learning:Predict { PredictEndpoint = endpoint }
      assert.is_nil(reply)
      assert.matches("^PredictEndpoint: '.*' is not the https URL of an endpoint$", err.message)
    end
    assert.equal(0, #requests)
  end)
end)

describe("a search of CloudSearch", function()
  it("has its query in the body", function()
    local search, requests = modelled.client(data_of({ serviceId = "CloudSearch Domain" }, {
      Search = { http = { method = "GET", requestUri = "/search?format=sdk" }, input = { shape = "In" } },
      Suggest = { http = { method = "GET", requestUri = "/suggest?format=sdk" }, input = { shape = "In" } } },
      { In = { type = "structure", members = { { name = "query", shape = "Text", location = "querystring", locationName = "q" } } } }),
      { answer(200) })
    assert(search:Search { query = "a b" })
    assert(search:Suggest { query = "a b" })
    assert.same({ "POST", "https://things.us-east-1.amazonaws.com/search", "format=sdk&q=a%20b", "application/x-www-form-urlencoded" },
      { requests[1].method, requests[1].url, requests[1].body, requests[1].headers["Content-Type"] })
    assert.same({ "GET", "https://things.us-east-1.amazonaws.com/suggest?format=sdk&q=a%20b" }, { requests[2].method, requests[2].url })
  end)
end)

describe("a request of a Lambda function", function()
  it("has the trace of the function's call", function()
    local data = data_of({ protocol = "json", targetPrefix = "T" }, { Get = {} }, {})
    local function header(name, trace)
      local function set(one, other)
        system.setenv("AWS_LAMBDA_FUNCTION_NAME", one)
        system.setenv("_X_AMZN_TRACE_ID", other)
      end
      set(name, trace)
      local things, requests = modelled.client(data, { answer(200, "{}") })
      local reply, err = things:Get()
      set(nil, nil)
      assert(reply, err)
      return requests[1].headers["X-Amzn-Trace-Id"]
    end
    assert.equal("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1%0A",
      header("f", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1\n"))
    assert.is_nil(header("f", nil))
    assert.is_nil(header(nil, "Root=1"))
  end)
end)

describe("a request for endpoints", function()
  it("has the version of the API", function()
    local things, requests = modelled.client(data_of({ protocol = "json", targetPrefix = "T", apiVersion = "2018-11-01" }, {
      DescribeEndpoints = { endpointoperation = true }, Other = {} }, {}), { answer(200, "{}") })
    assert(things:DescribeEndpoints())
    assert(things:Other())
    assert.equal("2018-11-01", requests[1].headers["x-amz-api-version"])
    assert.is_nil(requests[2].headers["x-amz-api-version"])
  end)
end)

describe("a presigned request to Polly", function()
  it("has the members in its query string, and botocore's signature", function()
    local clock = setmetatable({ time = function() return 1795867200 end }, { __index = require "lanyard.clock" })
    local data = data_of({ serviceId = "Polly" }, { SynthesizeSpeech = { http = { method = "POST", requestUri = "/v1/speech" }, input = { shape = "In" } } },
      { In = { type = "structure", members = { { name = "LexiconNames", shape = "List" }, { name = "OutputFormat", shape = "Text" },
        { name = "Text", shape = "Text" }, { name = "VoiceId", shape = "Text" } } }, List = { type = "list", member = { shape = "Text" } } })
    data.metadata.endpointPrefix = "polly"
    local polly = modelled.client(data, { answer(200) }, { client = { clock = clock } })
    local url, headers, method = polly:presign("SynthesizeSpeech", { Text = "hi a", OutputFormat = "mp3", VoiceId = "Joanna",
      LexiconNames = { "a", "b" } })
    assert.matches("^https://polly%.us%-east%-1%.amazonaws%.com/v1/speech%?LexiconNames=a&LexiconNames=b&OutputFormat=mp3&Text=hi%%20a&VoiceId=Joanna&", url)
    assert.matches("X%-Amz%-Signature=d5e1ce403895f6ca2cf8a0334e09265b537206828e59c17985263adbdfba9ed9$", url)
    assert.equal("GET", method)
    assert.same({}, headers)
  end)
end)

describe("a reply", function()
  it("of IAM has policies as text without the escapes of URLs", function()
    local iam = modelled.client(data_of({ serviceId = "IAM", protocol = "query", apiVersion = "1" }, { Get = { output = { shape = "Out" } } }, {
      Out = { type = "structure", members = { { name = "Document", shape = "policyDocumentType" }, { name = "Text", shape = "Text" },
        { name = "List", shape = "List" } } },
      List = { type = "list", member = { shape = "Out" } }, policyDocumentType = { type = "string" } }), {
        answer(200, "<GetResponse><Document>%7B%22Version%22%3A%222012-10-17%22%7D</Document><Text>%7B</Text>"
          .. "<List><member><Document>{&quot;a&quot;:&quot;%2B&quot;}</Document></member></List></GetResponse>") })
    local reply = assert(iam:Get())
    assert.equal('{"Version":"2012-10-17"}', reply.Document)
    assert.equal("%7B", reply.Text)
    assert.equal('{"a":"%2B"}', reply.List[1].Document)
  end)

  it("of EC2 has the output of a console as text", function()
    local function output(text)
      local ec2 = modelled.client(data_of({ serviceId = "EC2", protocol = "ec2", apiVersion = "1" }, { GetConsoleOutput = { output = { shape = "Out" } } },
        { Out = { type = "structure", members = { { name = "Output", shape = "Text", locationName = "output" } } } }),
        { answer(200, ("<GetConsoleOutputResponse><output>%s</output></GetConsoleOutputResponse>"):format(text)) })
      return assert(ec2:GetConsoleOutput()).Output
    end
    assert.same({ "hello", "not base64!", "" }, { output "aGVsbG8=", output "not base64!", output "" })
  end)
end)
