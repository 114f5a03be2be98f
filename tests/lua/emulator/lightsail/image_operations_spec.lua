-- The images of Lightsail's own registry.

local world = require "world"

local NAME = "my-container-service"
local DIGEST = "sha256:" .. ("0123456789abcdef"):rep(4)

describe("the images of a container service", function()
  local w, lightsail
  before_each(function()
    w = world.new { seed = { regions = { ["us-east-1"] = { services = { { name = NAME }, { name = "other" } } } } } }
    lightsail = w.region.lightsail
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function register(label, digest)
    return lightsail:RegisterContainerImage { serviceName = NAME, label = label, digest = digest or DIGEST }
  end
  local function names(service)
    local list = {}
    for i, image in ipairs(assert(lightsail:GetContainerImages { serviceName = service or NAME }).containerImages) do
      list[i] = image.image
    end
    return list
  end
  local function fails(code, reply, err)
    assert.is_nil(reply)
    assert.equal(code, err.code)
    return err.message
  end

  it("are numbered across labels, and listed newest first", function()
    local first = assert(register "web").containerImage
    assert.equal(":my-container-service.web.1", first.image)
    assert.equal(DIGEST, first.digest)
    assert.equal("number", type(first.createdAt))
    assert(register "api")
    assert(register "web")
    assert.same({ ":my-container-service.web.3", ":my-container-service.api.2", ":my-container-service.web.1" }, names())
    assert.same({}, names "other")
  end)

  it("do not reuse the number of a deleted image", function()
    assert(register "web")
    assert(lightsail:DeleteContainerImage { serviceName = NAME, image = ":my-container-service.web.1" })
    assert.same({}, names())
    assert.equal(":my-container-service.web.2", assert(register "web").containerImage.image)
    assert.equal("The specified image does not exist: :my-container-service.web.1",
      fails("NotFoundException", lightsail:DeleteContainerImage { serviceName = NAME, image = ":my-container-service.web.1" }))
  end)

  it("need a label and a digest of the right form, and a service that exists", function()
    for _, label in ipairs { "", "Web", "a_b", "-a", ("a"):rep(54) } do fails("InvalidInputException", register(label)) end
    for _, digest in ipairs { "", "latest", "sha256:12", DIGEST:upper(), DIGEST .. "0" } do
      fails("InvalidInputException", register("web", digest))
    end
    fails("NotFoundException", lightsail:GetContainerImages { serviceName = "absent" })
    fails("NotFoundException", lightsail:RegisterContainerImage { serviceName = "absent", label = "web", digest = DIGEST })
  end)

  it("are at most 150", function()
    for _ = 1, 150 do assert(register "web") end
    assert.equal("A container service can store at most 150 images.", fails("InvalidInputException", register "web"))
    assert(lightsail:DeleteContainerImage { serviceName = NAME, image = ":my-container-service.web.7" })
    assert.equal(":my-container-service.web.151", assert(register "web").containerImage.image)
  end)

  it("go to a registry with a login for 12 hours", function()
    local login = assert(lightsail:CreateContainerServiceRegistryLogin()).registryLogin
    assert.equal("AWS", login.username)
    assert.equal("947856326339.dkr.ecr.us-east-1.amazonaws.com", login.registry)
    assert.truthy(#login.password > 100)
    assert.truthy(math.abs(login.expiresAt - w:time() - 12 * 3600) < 60)
    assert.same({ { name = "lightsailctlVersion", value = "1.0.8" } }, assert(lightsail:GetContainerAPIMetadata()).metadata)
  end)
end)

describe("the powers of container services", function()
  it("are six, with vCPUs, memory and price", function()
    local w <close> = world.new()
    local lines = {}
    for i, power in ipairs(assert(w.region.lightsail:GetContainerServicePowers()).powers) do
      lines[i] = ("%s %s %g %g %g %s"):format(power.powerId, power.name, power.cpuCount, power.ramSizeInGb, power.price, power.isActive)
    end
    assert.same({ "nano-1 nano 0.25 0.5 7 true", "micro-1 micro 0.25 1 10 true", "small-1 small 0.5 1 15 true",
      "medium-1 medium 1 2 40 true", "large-1 large 2 4 80 true", "xlarge-1 xlarge 4 8 160 true" }, lines)
  end)
end)
