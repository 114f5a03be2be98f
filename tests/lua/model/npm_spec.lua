-- Models of the aws-sdk package of npm, whose form is abbreviated.

local folder = require "lanyard.model.folder"
local helper = require "helper"
local model = require "lanyard.model"

local SERVICE = [[{
  "metadata": { "apiVersion": "2020-01-01", "protocol": "rest-json", "serviceId": "Cost Explorer", "endpointPrefix": "ce" },
  "operations": {
    "PutThing": {
      "http": { "method": "PUT", "requestUri": "/things/{Name}" },
      "input": { "locationName": "PutThingRequest", "type": "structure", "required": ["Name"], "payload": "Body", "members": {
        "Name": { "location": "uri", "locationName": "Name" },
        "Count": { "type": "long", "location": "header", "locationName": "x-count" },
        "Body": { "type": "structure", "members": { "Tags": { "type": "list", "member": { "locationName": "item" } }, "At": { "type": "timestamp" } } },
        "Labels": { "shape": "S1", "locationName": "labels" }
      } },
      "output": { "resultWrapper": "PutThingResult", "shape": "S2" }
    },
    "GetThing": {}
  },
  "shapes": {
    "S1": { "type": "map", "key": {}, "value": { "shape": "S3" } },
    "S2": { "members": { "Inner": { "shape": "S2" }, "Secret": { "sensitive": true } } },
    "S3": { "type": "list", "member": { "type": "structure", "members": { "A": {}, "B": { "type": "double" } } } }
  }
}]]

local function written(service)
  local root = helper.folder()
  os.execute(("mkdir '%s/apis'"):format(root))
  helper.write(root .. "/package.json", '{\n  "name": "aws-sdk",\n  "version": "2.1.0"\n}')
  helper.write(root .. "/apis/ce-2020-01-01.min.json", service)
  helper.write(root .. "/apis/ce-2017-01-01.min.json", (service:gsub("PutThing", "OldThing")))
  helper.write(root .. "/apis/ce-2020-01-01.paginators.json", '{"pagination":{"GetThing":{"result_key":"Inner"}}}')
  helper.write(root .. "/apis/ce-2020-01-01.waiters2.json", '{"waiters":{"Done":{"operation":"GetThing"}}}')
  return root
end

describe("the models of the aws-sdk package", function()
  it("have the names of the AWS CLI, and the newest version", function()
    local root <close> = written(SERVICE)
    local models = folder.open(tostring(root))
    assert.equal("aws-sdk 2.1.0", models.source)
    assert.same({ "ce" }, models.names)
    assert.same(models.names, folder.open(root .. "/apis").names)
    assert.same({ "GetThing", "PutThing" }, models.read("ce").names)
  end)

  it("are completed", function()
    local root <close> = written(SERVICE)
    local data = folder.open(tostring(root)).read "ce"
    local service = model.new(data)
    local put, get = service:operation "PutThing", service:operation "GetThing"
    assert.equal("POST/", get.method .. get.uri)
    assert.is_nil(get.input)
    assert.equal("PutThingRequest", put.input.locationName)
    assert.equal("Body", put.input.payload)
    local names = {}
    for i, member in ipairs(put.input.members) do names[i] = member.member .. ":" .. member.type end
    assert.same({ "Name:string", "Count:long", "Body:structure", "Labels:map" }, names)
    assert.is_true(put.input.is_required.Name)
    assert.equal("uri", put.input.by_name.Name.location)
    assert.equal("item", put.input.by_name.Body.by_name.Tags.item.locationName)
    assert.equal("timestamp", put.input.by_name.Body.by_name.At.type)
    assert.equal("double", put.input.by_name.Labels.value.item.by_name.B.type)
    assert.equal("labels", put.input.by_name.Labels.locationName)
    assert.equal("PutThingResult", put.output.resultWrapper)
    assert.is_true(put.output.by_name.Inner.by_name.Secret.sensitive)
    assert.equal("Inner", data.paginators.GetThing.result_key)
    assert.equal("GetThing", data.waiters.Done.operation)
  end)

  it("are errors that name the file and the place if they are damaged", function()
    local cases = {
      ["{"] = "line 1", ["[]"] = "it is not a JSON object", ["{}"] = "metadata is not an object",
      [SERVICE:gsub('"S3": {', '"S4": {')] = "shapes%.S1%.value names the shape 'S3', which does not exist",
      [SERVICE:gsub('"double"', '"complex"')] = "has the type 'complex', which is unknown",
      [SERVICE:gsub('"GetThing": {}', '"GetThing": 1')] = "operations%.GetThing is not an object",
    }
    for text, expected in pairs(cases) do
      local root <close> = written(SERVICE)
      local models = folder.open(tostring(root))
      helper.write(root .. "/apis/ce-2020-01-01.min.json", text)
      local data, err = models.read "ce"
      assert.is_nil(data)
      assert.equal("InvalidModel", err.code)
      assert.matches("ce%-2020%-01%-01%.min%.json: .*" .. expected, err.message)
    end
  end)
end)
