local changes = require "lanyard.access.deployment.changes"
local requests = require "lanyard.access.deployment.request"

local function request()
  return { containers = { app = { image = "web:1", command = { "serve", "a b" }, environment = { A = "hunter2", B = "2" },
    ports = { ["80"] = "HTTP" } } }, publicEndpoint = { containerName = "app", containerPort = 80 } }
end

describe("the changes of a deployment", function()
  it("name each difference, and no value of a variable", function()
    local after = request()
    after.containers.app = { image = "web:2", environment = { A = "hunter3", C = "hunter4" },
      ports = { ["80"] = "HTTPS", ["81"] = "TCP" } }
    after.containers.side = { image = "nginx:1" }
    after.publicEndpoint = { containerName = "app", containerPort = 81, healthCheck = { path = "/up" } }
    assert.same({
      "app: image web:1 -> web:2", "app: command - serve 'a b'", "app: variable A = *** (new)", "app: variable - B",
      "app: variable + C", "app: port 80 HTTP -> HTTPS", "app: port 81 + TCP", "+ container side (nginx:1)",
      "public endpoint app:80 -> app:81", "health check: path / -> /up",
    }, changes.between(request(), after))
  end)

  it("are all parts of the first deployment, and none of the same one", function()
    assert.same({ "+ container app (web:1)", "public endpoint + app:80" }, changes.between(nil, request()))
    assert.same({}, changes.between(request(), requests.completed(request())))
    local without = request()
    without.publicEndpoint = nil
    assert.same({ "public endpoint - app:80" }, changes.between(request(), without))
  end)
end)
