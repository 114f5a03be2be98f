local modelled = require "modelled"

local answer = modelled.answer

local DATA = {
  metadata = { protocol = "json", jsonVersion = "1.0", targetPrefix = "T", endpointPrefix = "query.timestream", serviceId = "T",
    signingName = "timestream" },
  operations = {
    DescribeEndpoints = { endpointoperation = true, output = { shape = "Endpoints" } },
    Query = { endpointdiscovery = { required = true } },
    ListTables = { endpointdiscovery = {} },
  },
  shapes = {
    Endpoints = { type = "structure", members = { { name = "Endpoints", shape = "List" } } },
    List = { type = "list", member = { shape = "Endpoint" } },
    Endpoint = { type = "structure", members = { { name = "Address", shape = "Text" }, { name = "CachePeriodInMinutes", shape = "Number" } } },
    Text = { type = "string" }, Number = { type = "long" },
  },
}

local NOW = 1700000000

local function client(answers, options)
  local timestream, requests = modelled.client(DATA, answers, options)
  timestream.options.clock = setmetatable({ time = function() return NOW end, sleep = function() end },
    { __index = require "lanyard.clock" })
  return timestream, requests
end

local function endpoint(host)
  return answer(200, { Endpoints = { { Address = host, CachePeriodInMinutes = 5 } } })
end

describe("an endpoint that a service names", function()
  it("is asked for once, and again when it ends", function()
    local timestream, requests = client { endpoint "cell1.example.com", answer(200, "{}"), answer(200, "{}"),
      endpoint "cell2.example.com", answer(200, "{}") }
    assert(timestream:Query())
    assert.equal("https://query.timestream.us-east-1.amazonaws.com/", requests[1].url)
    assert.equal("https://cell1.example.com/", requests[2].url)
    assert.matches("/us%-east%-1/timestream/aws4_request", requests[2].headers.Authorization)
    assert(timestream:Query())
    assert.equal(3, #requests)
    NOW = NOW + 300
    assert(timestream:Query())
    assert.equal("https://cell2.example.com/", requests[5].url)
  end)

  it("is not asked for where the model does not require it, or for a custom endpoint", function()
    local timestream, requests = client { answer(200, "{}") }
    assert(timestream:ListTables())
    timestream = client({ answer(200, "{}") }, { endpoint_url = "http://127.0.0.1:1" })
    assert(timestream:Query())
    assert.equal(1, #requests)
  end)

  it("is an error if the service names none", function()
    for _, reply in ipairs { answer(200, "{}"), endpoint "", endpoint "evil.example.com/path", answer(400, '{"__type":"No"}') } do
      local timestream, requests = client { reply }
      local _, err = timestream:Query()
      assert.equal("DescribeEndpoints", err.operation)
      assert.equal(1, #requests)
    end
  end)
end)
