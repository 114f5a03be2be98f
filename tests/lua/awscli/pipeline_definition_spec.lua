local definition = require "lanyard.awscli.pipeline_definition"
local json = require "lanyard.json"

describe("a pipeline definition of lanyard aws", function()
  local function to_api(text)
    local lists, message = definition.to_api(json.decode(text))
    return lists and json.encode(lists) or message
  end

  it("becomes the lists of the API", function()
    assert.equal('{"parameterObjects":[{"attributes":[{"key":"type","stringValue":"String"}],"id":"p"}],'
      .. '"parameterValues":[{"id":"p","stringValue":"1"},{"id":"p","stringValue":"2"}],'
      .. '"pipelineObjects":[{"fields":[{"key":"many","stringValue":"a"},{"key":"many","stringValue":"b"},'
      .. '{"key":"runsOn","refValue":"y"}],"id":"x","name":"X"}]}',
      to_api '{"objects":[{"id":"x","name":"X","runsOn":{"ref":"y"},"many":["a","b"]}],\
        "parameters":[{"id":"p","type":"String"}],"values":{"p":["1","2"]}}')
    assert.equal("objects.1 has no id", to_api '{"objects":[{"id":"x"},{"name":"y"}]}')
    assert.equal("'parameters' is not a list", to_api '{"objects":[],"parameters":{}}')
    assert.equal("'objects' is not a list", to_api '{}')
  end)

  it("is made of the lists of the API", function()
    local output = {
      pipelineObjects = json.array { { id = "x", name = "X", fields = json.array {
        { key = "a", stringValue = "1" }, { key = "a", stringValue = "2" }, { key = "a", refValue = "3" },
      } } },
      parameterObjects = json.array { { id = "p", attributes = json.array { { key = "type", stringValue = "String" } } } },
      parameterValues = json.array { { id = "p", stringValue = "v" } },
    }
    definition.from_api(output)
    assert.equal('{"objects":[{"a":["1","2",{"ref":"3"}],"id":"x","name":"X"}],"parameters":[{"id":"p","type":"String"}],'
      .. '"values":{"p":"v"}}', json.encode(output))
  end)
end)
