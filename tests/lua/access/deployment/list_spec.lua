local deployments = require "lanyard.access.deployment.list"
local world = require "world"

local NAME = "my-container-service"

-- Deploys an image.
local function deploy(w, image)
  assert(w.region.lightsail:CreateContainerServiceDeployment {
    serviceName = NAME, containers = { app = { image = image } },
  })
end

describe("the list of deployments", function()
  it("has the newest one first", function()
    local w <close> = world.new()
    for i = 1, 3 do
      assert(w.region.lightsail:CreateContainerServiceDeployment {
        serviceName = "my-container-service", containers = { app = { image = "nginx:" .. i } },
      })
    end
    local list = assert(w.region:deployments "my-container-service")
    assert.same({ 3, 2, 1 }, { list[1].version, list[2].version, list[3].version })
    assert.same({ "ACTIVE", "INACTIVE", "INACTIVE" }, { list[1].state, list[2].state, list[3].state })
    assert.equal("nginx:2", deployments.find(list, 2).request.containers.app.image)
    assert.is_nil(deployments.find(list, 4))
  end)
end)

describe("choosing a deployment", function()
  it("returns the newest deployment, or the deployment of a version", function()
    local w <close> = world.new()
    local deployment, err = w.region:choose_deployment(NAME)
    assert.is_nil(deployment)
    assert.matches("has no deployment$", err.message)
    deploy(w, "nginx:1")
    deploy(w, "nginx:2")
    assert.equal(2, assert(w.region:choose_deployment(NAME)).version)
    assert.equal(1, assert(w.region:choose_deployment(NAME, 1)).version)
    deployment, err = w.region:choose_deployment(NAME, 3)
    assert.is_nil(deployment)
    assert.matches("has no deployment 3", err.message)
  end)
end)
