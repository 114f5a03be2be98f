local file = require "lanyard.desired.file"
local wants_of = require "lanyard.desired.services.wants"

local function entry(text)
  local desired = assert(file.parse("return { services = { { name = 'web', " .. text .. " } } }", "web.lua"))
  return desired.services[1]
end

local CURRENT = {
  containers = {
    app = { image = "host.example/web:1.0", command = { "serve" }, environment = { A = "1", B = "2" },
      ports = { ["80"] = "HTTP", ["81"] = "TCP" } },
    side = { image = "nginx:1" },
  },
  publicEndpoint = { containerName = "app", containerPort = 80, healthCheck = { path = "/up" } },
}

local function deployment(text, current)
  return wants_of.deployment(entry(text), current)
end

describe("what an entry of a service asks for", function()
  it("names only what the entry names", function()
    assert.same({}, wants_of.settings(entry ""))
    assert.same({ power = "nano", scale = 2, disabled = false },
      wants_of.settings(entry "power = 'nano', scale = 2, disabled = false"))
    assert.same({ tags = { a = "1" }, untag = { "b", "c" } }, wants_of.settings(entry "tags = { c = false, b = false, a = '1' }"))
  end)

  it("keeps the domain names of other certificates, and moves names", function()
    local service = { domains = { one = { "a.example", "b.example" }, two = { "c.example" }, three = { "d.example" } } }
    local wants = wants_of.settings(entry "domains = { two = { 'a.example' }, three = false, four = { 'e.example' } }", service)
    assert.same({ one = { "b.example" }, two = { "a.example" }, four = { "e.example" } }, wants.domains)
    assert.is_true(wants.no_domains)
    assert.same({ {}, true }, { wants_of.settings(entry "domains = false", service).domains, true })
  end)

  it("has a deployment only with containers or a public endpoint", function()
    assert.is_false(wants_of.has_deployment(entry "scale = 1, containers = {}"))
    assert.is_true(wants_of.has_deployment(entry "public = false"))
    assert.is_true(wants_of.has_deployment(entry "containers = { app = {} }"))
  end)

  it("keeps the containers and settings that the entry does not name", function()
    local wants = assert(deployment("containers = { app = { ports = { [81] = false, [82] = 'UDP' }, environment = { A = keep, B = false } } }", CURRENT))
    assert.same({ ["80"] = "HTTP", ["82"] = "UDP" }, wants.containers.app.ports)
    assert.same({ "serve" }, wants.containers.app.command)
    assert.equal("nginx:1", wants.containers.side.image)
    assert.same({ {}, {} }, { wants.images, wants.variables })
    assert.equal("B", wants.unset[1].name)
    assert.is_nil(wants.public_endpoint)
    assert.same({ ["80"] = "HTTP", ["81"] = "TCP" }, CURRENT.containers.app.ports)
  end)

  it("removes a container, a command and the public endpoint", function()
    local wants = assert(deployment("public = false, containers = { side = false, app = { command = false } }", CURRENT))
    assert.is_nil(wants.containers.side)
    assert.is_nil(wants.containers.app.command)
    assert.is_true(wants.no_public)
  end)

  it("leaves an image alone that is deployed under the same text", function()
    local wants = assert(deployment("containers = { side = { image = 'nginx:1' }, app = { image = 'web:2' } }", CURRENT))
    assert.same({ { container = "app", text = "web:2" } }, wants.images)
  end)

  it("completes a public endpoint from the running one", function()
    local wants = assert(deployment("public = { healthCheck = { path = '/ok' } }", CURRENT))
    assert.same({ containerName = "app", containerPort = 80 }, wants.public_endpoint)
    assert.same({ path = "/ok" }, wants.health)
    wants = assert(deployment("public = '8080', containers = { app = { image = 'web:1' } }"))
    assert.same({ containerPort = 8080 }, wants.public_endpoint)
  end)

  it("has no value to keep where nothing is deployed, and says where", function()
    for text, pattern in pairs {
      ["containers = { app = { environment = { C = keep } } }"] =
        "^services%[1%]%.containers%.app%.environment%.C: keep needs a deployed value, and 'web' has none",
      ["containers = { new = { image = 'x:1', environment = keep } }"] = "^services%[1%]%.containers%.new%.environment: keep",
      ["containers = { new = { command = { 'x' } } }"] = "^services%[1%]%.containers%.new: 'web' has no container 'new' yet",
    } do
      local wants, err = deployment(text, CURRENT)
      assert.is_nil(wants)
      assert.equal("InvalidDeployment", err.code)
      assert.matches(pattern, err.message)
    end
    local _, err = deployment("public = { containerName = 'app' }", {})
    assert.matches("services%[1%]%.public: 'web' has no public endpoint yet, and a new one needs a containerPort", err.message)
  end)
end)
