local world = require "world"

local function container(image)
  return { app = { image = image } }
end

-- A service with images of two labels, which deployments 1 to 3 used.
local function with_deployments(images, list)
  local w = world.new { seed = { regions = { ["us-east-1"] = { services = {
    { name = "web", images = images, containers = list[1] } } } } } }
  for i = 2, #list do
    assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = list[i] })
  end
  return w
end

describe("the images of a service", function()
  it("are listed by label, the newest first, with the deployments that use them", function()
    local w <close> = with_deployments({ "b", "a", "b", "a" }, { container ":web.a.2", container ":web.b.1", container ":web.a.2" })
    local shown = {}
    for i, image in ipairs(assert(w.region:images "web")) do
      local uses = {}
      for j, use in ipairs(image.uses) do uses[j] = use.version .. " " .. use.state end
      shown[i] = ("%s %s %d: %s"):format(image.name, image.label, image.number, table.concat(uses, ", "))
      assert.matches("^sha256:%x+$", image.digest)
      assert.is_number(image.created)
    end
    assert.same({ ":web.a.4 a 4: ", ":web.a.2 a 2: 3 ACTIVE, 1 INACTIVE", ":web.b.3 b 3: ", ":web.b.1 b 1: 2 INACTIVE" }, shown)
  end)

  it("count as used if a deployment in progress names them, or a name without a version", function()
    local w <close> = with_deployments({ "a", "a" }, {})
    local lightsail = w.region.lightsail
    local function deployments(images)
      local list = {}
      for i, image in ipairs(images) do
        list[i] = { version = i, state = "INACTIVE", createdAt = 1, containers = container(image) }
      end
      return { deployments = list }
    end
    local reply = deployments { ":web.a.latest", "nginx:latest" }
    local service = { containerServiceName = "web", state = "DEPLOYING",
      nextDeployment = { version = 3, state = "ACTIVATING", containers = container ":web.a.2" } }
    w.region.lightsail = setmetatable({
      GetContainerServiceDeployments = function() return reply end,
      GetContainerServices = function() return { containerServices = { service } } end,
    }, { __index = function(_, name) return function(_, ...) return lightsail[name](lightsail, ...) end end })
    local images = assert(w.region:images "web")
    assert.same({ { version = 3, state = "ACTIVATING" }, { version = 1, state = "INACTIVE" } }, images[1].uses)
    assert.same({ { version = 1, state = "INACTIVE" } }, images[2].uses)
  end)

  it("that have the digest of a used image name it", function()
    local digest = "sha256:" .. ("a"):rep(64)
    local w <close> = with_deployments({ { label = "a", digest = digest }, { label = "b", digest = digest }, "a" }, { container ":web.a.1" })
    local images = assert(w.region:images "web")
    assert.same({ ":web.a.3", ":web.a.1", ":web.b.2" }, { images[1].name, images[2].name, images[3].name })
    assert.is_nil(images[1].shared)
    assert.is_nil(images[2].shared)
    assert.equal(":web.a.1", images[3].shared)
  end)

  it("of a service that does not exist are an error", function()
    local w <close> = world.new()
    local images, err = w.region:images "nothing"
    assert.is_nil(images)
    assert.equal("NotFoundException", err.code)
  end)
end)
