local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

describe("lanyard status", function()
  it("shows the role, its ARN, images and grants", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "my-private-repo", "--enable" }
    emulator:run { "-e", ([[
      local lightsail = require("lanyard.aws").client("lightsail")
      assert(lightsail:CreateContainerServiceDeployment { serviceName = "%s", containers = {
        app = { image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/my-private-repo:1.0", environment = { KEY = "hidden" } } } })
    ]]):format(SERVICE) }
    local result = emulator:run { "status" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("state +RUNNING", result.out)
    assert.match("puller role +on", result.out)
    assert.match("role ARN +arn:aws:iam::%d+:role/amazon/lightsail/", result.out)
    assert.match("images +111122223333%.dkr%.ecr[^\n]+:1%.0", result.out)
    assert.match("granted by +my%-private%-repo\n", result.out)
    assert.not_match("hidden", result.out .. emulator:run({ "status", "--output", "json" }).out)
  end)

  it("lets nothing through that a terminal acts on", function()
    local emulator <close> = helper.emulator()
    emulator:run { "-e", ([[
      assert(require("lanyard.aws").client("lightsail"):CreateContainerServiceDeployment {
        serviceName = "%s", containers = { app = { image = "nginx:\27[31mred" } } })
    ]]):format(SERVICE) }
    assert.match("images +nginx:\\x1b%[31mred\n", emulator:run({ "status" }).out)
  end)

  it("names a service that is not there", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "status", "nobody" }
    assert.equal(1, result.status)
    assert.match("'nobody' in us%-east%-1", result.err)
  end)

  it("says so where there is none", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "status", "--region", "eu-west-1" }
    assert.equal(0, result.status)
    assert.match("no container services in eu%-west%-1", result.err)
    assert.equal(0, #json.decode(emulator:run({ "status", "--region", "eu-west-1", "--output", "json" }).out))
  end)
end)
