local file = require "lanyard.access.deployment.file"
local helper = require "helper"

-- Reads a file with this text.
local function read(text)
  local folder <close> = helper.folder()
  helper.write(folder .. "/web.json", text)
  return file.read(folder .. "/web.json", "web")
end

describe("the file of a deployment", function()
  it("returns the request that it describes", function()
    local request = assert(read [[{
      "serviceName": "web",
      "containers": { "app": { "image": "nginx:1", "command": ["run", ""], "environment": { "KEY": "" },
        "ports": { "80": "HTTP", "5000": "TCP" } } },
      "publicEndpoint": { "containerName": "app", "containerPort": 80,
        "healthCheck": { "path": "/up", "timeoutSeconds": 5, "intervalSeconds": 10, "successCodes": "200" } }
    }]])
    assert.equal("nginx:1", request.containers.app.image)
    assert.same({ ["80"] = "HTTP", ["5000"] = "TCP" }, request.containers.app.ports)
    assert.equal("", request.containers.app.environment.KEY)
    assert.equal(5, request.publicEndpoint.healthCheck.timeoutSeconds)
    assert.is_nil(request.serviceName)
  end)

  it("is rejected with the path of the wrong member", function()
    local function app(members) return '{"containers":{"app":{' .. members .. "}}}" end
    for text, message in pairs {
      ["{"] = "line 1, column 2",
      ["[]"] = "the file must be an object",
      ['{"serviceName":"other"}'] = "it is for the service 'other', not 'web'",
      ['{"container":{}}'] = "container is not a known member: containers",
      ['{"containers":[]}'] = "containers must be an object",
      ['{"containers":{"Bad_Name":{"image":"x"}}}'] = "containers.Bad_Name: 'Bad_Name' is not a container name",
      ['{"containers":{"app":{}}}'] = "containers.app must have image",
      [app '"image":""'] = "containers.app.image must be a string that is not empty",
      [app '"image":null'] = "containers.app.image must be a string",
      [app '"image":"x","comand":[]'] = "containers.app.comand is not a known member: command",
      [app '"image":"x","command":"run"'] = "containers.app.command must be a list",
      [app '"image":"x","command":["run",1]'] = "containers.app.command[2] must be a string",
      [app '"image":"x","environment":{"A":1}'] = "containers.app.environment.A must be a string",
      [app '"image":"x","ports":{"http":"HTTP"}'] = "'http' is not a port",
      [app '"image":"x","ports":{"65536":"HTTP"}'] = "'65536' is not a port",
      [app '"image":"x","ports":{"80":"http"}'] = "containers.app.ports.80 must be one of HTTP, HTTPS, TCP, UDP",
      ['{"publicEndpoint":{"containerName":"app"}}'] = "publicEndpoint must have containerPort",
      ['{"publicEndpoint":{"containerName":"app","containerPort":"80"}}'] = "publicEndpoint.containerPort must be a whole",
      ['{"publicEndpoint":{"containerName":"app","containerPort":80.5}}'] = "containerPort must be a whole number",
      ['{"publicEndpoint":{"containerName":"a","containerPort":80,"healthCheck":{"timeoutSeconds":61}}}'] =
        "timeoutSeconds must be a whole number from 2 to 60",
      ['{"containers":{},"containers":{}}'] = "containers",
    } do
      local request, err = read(text)
      assert.is_nil(request, text)
      assert.equal("InvalidFile", err.code)
      assert.is_truthy(err.message:find(message, 1, true), err.message)
      assert.is_truthy(err.message:find("/web.json: ", 1, true), err.message)
    end
  end)

  it("is reported if it does not exist", function()
    local request, err = file.read("/nonexistent/web.json", "web")
    assert.is_nil(request)
    assert.matches("/nonexistent/web.json", err.message)
  end)
end)
