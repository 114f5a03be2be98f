local deployable = require "deployable"
local failures = require "lanyard.access.service.failure"

-- Deploys an image, and returns the service afterwards.
local function deploy(w, image)
  assert(deployable.deploy(w, "web", { images = deployable.image("app", image), force = true }))
  return assert(w.region:service "web")
end

local function last(w)
  return failures.last(w.region, assert(w.region:service "web"))
end

describe("the last failure of a service", function()
  it("is absent without one, and costs one call", function()
    local w <close> = deployable.world()
    local service = assert(w.region:service "web")
    local before = #w.calls
    local failure, err = failures.last(w.region, service)
    assert.is_nil(failure or err)
    assert.same({ before + 1, "GetContainerServiceDeployments" }, { #w.calls, w.calls[#w.calls] })
  end)

  it("has its version and likely reasons", function()
    local w <close> = deployable.world()
    deploy(w, "web:broken")
    local failure = assert(last(w))
    assert.equal(2, failure.version)
    assert.is_nil(failure.superseded)
    assert.matches("a program exited", failure.reasons[1])
    assert.not_matches(deployable.SECRET, table.concat(failure.reasons), 1, true)
  end)

  it("names the policy that denies the pull, and the command that grants it", function()
    local w <close> = deployable.world()
    assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web",
      containers = { app = { image = deployable.HOST .. "jobs:latest" } } })
    local failure = assert(last(w))
    assert.matches("repository 'jobs': .*: lanyard grant web jobs$", failure.reasons[1])
  end)

  it("is followed by the version that became active, and then needs no logs", function()
    local w <close> = deployable.world()
    deploy(w, "web:broken")
    deploy(w, "web:1.1")
    local before = #w.calls
    local failure = assert(last(w))
    assert.same({ 2, 3, {} }, { failure.version, failure.superseded, failure.reasons })
    assert.equal(before + 2, #w.calls) -- the service and its deployments
  end)

  it("is not looked for where no deployment has ended", function()
    assert.is_false(failures.is_possible { state = "PENDING" })
    assert.is_false(failures.is_possible { state = "DELETING" })
    assert.is_false(failures.is_possible { state = "DEPLOYING", next = { version = 1 } })
    assert.is_true(failures.is_possible { state = "DEPLOYING", next = { version = 2 } })
    assert.is_true(failures.is_possible { state = "READY" })
    assert.is_true(failures.is_possible { state = "DISABLED" })
  end)

  it("is an error if the deployments cannot be read", function()
    local w <close> = deployable.world { faults = { { operation = "GetContainerServiceDeployments", every = 1,
      error = { code = "AccessDeniedException", message = "no" } } } }
    local failure, err = last(w)
    assert.is_nil(failure)
    assert.equal("AccessDeniedException", err.code)
  end)
end)
