local credentials = require "lanyard.credentials"
local requests = require "lanyard.access.deployment.request"
local json = require "lanyard.json"

local REQUEST = {
  containers = { app = {
    image = "nginx", command = json.array { "run" }, environment = { KEY = "planted-value", SHORT = "80" },
    ports = { ["80"] = "HTTP" },
  } },
  publicEndpoint = { containerName = "app", containerPort = 80, healthCheck = { path = "/up" } },
}

-- A copy of the request with a change.
local function changed(edit)
  local copy = requests.from(REQUEST)
  edit(copy)
  return copy
end

describe("the request of a deployment", function()
  it("is built from a reply, without empty members, with integers and lists", function()
    local request = requests.from {
      version = 3.0, containers = { app = { image = "nginx", command = {}, environment = {}, ports = { ["80"] = "HTTP" } } },
      publicEndpoint = { containerName = "app", containerPort = 80.0, healthCheck = { timeoutSeconds = 2.0 } },
    }
    assert.equal('{"containers":{"app":{"image":"nginx","ports":{"80":"HTTP"}}},"publicEndpoint":{"containerName":"app",'
      .. '"containerPort":80,"healthCheck":{"timeoutSeconds":2}}}', json.encode(request))
    request = requests.from { containers = { app = { image = "nginx", command = { "a", "1" }, environment = { N = "80" } } } }
    assert.equal('{"containers":{"app":{"command":["a","1"],"environment":{"N":"80"},"image":"nginx"}}}', json.encode(request))
  end)

  it("has no empty map for the empty list that a reply has for no command", function()
    local raw = json.decode '{"containers":{"app":{"image":"nginx","command":[],"environment":{},"ports":{}}}}'
    assert.equal('{"containers":{"app":{"image":"nginx"}}}', json.encode(requests.from(raw)))
    raw.containers.app.command[1] = "run"
    assert.equal('{"containers":{"app":{"command":["run"],"image":"nginx"}}}', json.encode(requests.from(raw)))
  end)

  it("equals another one with defaults written out", function()
    local other = changed(function(copy)
      copy.publicEndpoint.healthCheck = { path = "/up", timeoutSeconds = 2, successCodes = "200-499" }
    end)
    assert.is_true(requests.same(REQUEST, other))
    for name, edit in pairs {
      image = function(copy) copy.containers.app.image = "nginx:2" end,
      environment = function(copy) copy.containers.app.environment.KEY = "other" end,
      ["a variable less"] = function(copy) copy.containers.app.environment.SHORT = nil end,
      ["a variable more"] = function(copy) copy.containers.app.environment.MORE = "x" end,
      command = function(copy) copy.containers.app.command[2] = "more" end,
      endpoint = function(copy) copy.publicEndpoint = nil end,
      check = function(copy) copy.publicEndpoint.healthCheck.path = "/" end,
      container = function(copy) copy.containers.side = { image = "nginx" } end,
    } do
      assert.is_false(requests.same(REQUEST, changed(edit)), name)
      assert.is_false(requests.same(changed(edit), REQUEST), name)
    end
  end)

  it("is shown without the values of environment variables, marking new ones", function()
    local shown = requests.shown(REQUEST)
    assert.same({ KEY = "***", SHORT = "***" }, shown.containers.app.environment)
    assert.equal("planted-value", REQUEST.containers.app.environment.KEY)
    local before = changed(function(copy)
      copy.containers.app.environment = { KEY = "another value" }
    end)
    assert.same({ KEY = "*** (new)", SHORT = "*** (new)" },
      requests.shown(REQUEST, false, before).containers.app.environment)
    assert.same({ KEY = "***", SHORT = "***" }, requests.shown(REQUEST, false, REQUEST).containers.app.environment)
    assert.equal("planted-value", requests.shown(REQUEST, true).containers.app.environment.KEY)
  end)

  it("redacts its secrets in a text", function()
    assert.equal("port 80: bad *** or ***", requests.redactor(REQUEST)("port 80: bad planted-value or planted%2Dvalue"))
    assert.equal("planted-value", requests.redactor(REQUEST, true) "planted-value")
    -- A value with several lines is logged line by line.
    local hide = requests.redactor { containers = { app = { environment = { PEM = "BEGIN ab\nfirst-line\r\nlast-line\n" } } } }
    assert.equal("*** and ***", hide "first-line and last-line")
  end)

  it("does not search a text for short values, plain or sealed", function()
    local environment = { A = "80", B = credentials.secret "80", C = credentials.secret "planted-value" }
    local hide = requests.redactor { containers = { app = { environment = environment } } }
    assert.equal("port 8080 and ***", hide "port 8080 and planted-value")
  end)

  it("is checked across its members", function()
    assert.is_true(requests.check(REQUEST))
    for message, edit in pairs {
      ["at least one container"] = function(copy) copy.containers = {} end,
      ["container 'app' has no image"] = function(copy) copy.containers.app.image = nil end,
      ["container 'web', which the deployment does not have: app"] = function(copy) copy.publicEndpoint.containerName = "web" end,
      ["port 81 of container 'app'"] = function(copy) copy.publicEndpoint.containerPort = 81 end,
      ["can have 10 containers, not 11"] = function(copy)
        for i = 1, 10 do copy.containers["c" .. i] = { image = "nginx" } end
      end,
    } do
      local ok, err = requests.check(changed(edit))
      assert.is_nil(ok)
      assert.equal("InvalidDeployment", err.code)
      assert.matches(message, err.message)
    end
  end)
end)
