local deployable = require "deployable"
local smoke = require "lanyard.access.deployment.smoke"

local image = deployable.image
local CHECKS = { assert(smoke.parse "/up") }

-- Options of a release whose smoke tests get a status: of an image in the emulator, "bad" if it is in `bad`.
local function options(w, more)
  local all = { smoke = CHECKS, rollback = true, smoke_timeout = 5, request = function()
    local current = assert(w.region:service "web").current
    local status = current.images.app:match ":(.*)$" == (w.bad or "1.1") and 500 or 200
    return { status = status, headers = {}, body = "", elapsed = 0 }
  end }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

local function release(w, wants, more)
  local plan = assert(w.region:plan_deployment("web", wants))
  local result, err = w.region:release(plan, options(w, more))
  assert.is_nil(err)
  return result
end

-- The images of container app by version, oldest first.
local function versions(w)
  local list = {}
  for i, one in ipairs(assert(w.region:deployments "web")) do
    list[i] = one.version .. " " .. one.request.containers.app.image:match ":([^:]*)$" .. " " .. one.state
  end
  return list
end

describe("a release", function()
  it("deploys, follows, and tests the URL", function()
    local w <close> = deployable.world()
    w.bad = "none"
    local result = release(w, { images = image("app", "web:1.1") })
    assert.is_true(result.succeeded)
    assert.equal("active", result.outcome.result)
    assert.matches("^https?://", result.url)
    assert.is_true(result.smoke[1].passed)
    assert.is_nil(result.restored)
  end)

  it("restores the version before if a smoke test fails", function()
    local w <close> = deployable.world()
    local result = release(w, { images = image("app", "web:1.1") })
    assert.is_false(result.succeeded)
    assert.is_false(result.smoke[1].passed)
    assert.same({ kind = "restored", version = 3, to = 1 }, result.restored)
    assert.same({ "3 1.0 ACTIVE", "2 1.1 INACTIVE", "1 1.0 INACTIVE" }, versions(w))
    local restored = assert(w.region:deployments "web")[1].request
    assert.same({ KEY = deployable.SECRET }, restored.containers.app.environment)
    assert.equal("/up", restored.publicEndpoint.healthCheck.path)
  end)

  it("restores nothing without the option", function()
    local w <close> = deployable.world()
    local result = release(w, { images = image("app", "web:1.1") }, { rollback = false })
    assert.is_false(result.succeeded)
    assert.is_nil(result.restored)
    assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, versions(w))
  end)

  it("says that the version before is still active if the deployment fails", function()
    local w <close> = deployable.world()
    local result = release(w, { images = image("app", "web:broken") })
    assert.is_false(result.succeeded)
    assert.equal("failed", result.outcome.result)
    assert.is_nil(result.smoke)
    assert.same({ kind = "still active", version = 1 }, result.restored)
    assert.same({ "2 broken FAILED", "1 1.0 ACTIVE" }, versions(w))
  end)

  it("has nothing to restore if no other version was active, or none with other containers", function()
    local w <close> = deployable.world()
    w.bad = "1.0"
    local result = release(w, { images = {}, force = true })
    assert.equal("nothing to restore", result.restored.kind)
    assert.matches("has the same containers", result.restored.err.message)
    assert.matches("%-%-resolve", result.restored.err.tip)
    assert.same({ "2 1.0 ACTIVE", "1 1.0 INACTIVE" }, versions(w))
  end)

  it("leaves a deployment that another program made in the meantime", function()
    local w <close> = deployable.world()
    local asked = options(w).request
    local result = release(w, { images = image("app", "web:1.1") }, { request = function(request)
      local reply = asked(request)
      if reply.status == 500 then
        w.bad = "web"
        assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = { app = { image = "nginx:2" } } })
        w.bad = "2"
      end
      return { status = 500, headers = {}, body = "", elapsed = 0 }
    end, smoke_timeout = 0.1 })
    assert.equal("nothing to restore", result.restored.kind)
    assert.matches("another deployment, version %d+, was created in the meantime", result.restored.err.message)
  end)

  it("fails to restore an image that does not exist any more, and says so", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") }))
    deployable.delete_image(w, "web", "1.0")
    local result = w.region:release(plan, options(w))
    assert.equal("failed", result.restored.kind)
    assert.equal("ImageNotFoundException", result.restored.err.code)
    assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, versions(w))
  end)

  it("follows an equal deployment that is being made, and does not request another", function()
    local w <close> = deployable.world { activation_delay = 40 }
    w.bad = "none"
    local wants = { images = image("app", "web:1.1") }
    assert(w.region:deploy(assert(w.region:plan_deployment("web", wants))))
    local plan = assert(w.region:plan_deployment("web", wants))
    assert.equal(2, plan.in_progress)
    local result = w.region:release(plan, options(w))
    assert.equal("in progress", result.kind)
    assert.is_true(result.succeeded)
    assert.equal(1, w:count "CreateContainerServiceDeployment")
  end)
end)

describe("a release after an interrupted `lanyard rollback`", function()
  it("is not taken for the end of it", function()
    local rollbacks = require "lanyard.access.deployment.rollback"
    local w <close> = deployable.world()
    w.bad = "none"
    assert.is_true(release(w, { images = image("app", "web:1.1") }).succeeded)
    assert(rollbacks.begin(w.region, assert(w.region:plan_rollback "web"), "rollback")) -- killed after this
    local result = release(w, { images = image("app", "web:1.1") })
    assert.is_true(result.succeeded)
    assert.equal(4, result.version)
  end)
end)

describe("a release that is repeated after it was killed", function()
  local WANTS = { images = image("app", "web:1.1") }

  -- Runs a release until the request with a number, which kills it: before it is received, or after.
  local function killed_at(w, count, is_late)
    local calls = 0
    local function kill()
      calls = calls + 1
      if calls == count then
        error "killed"
      end
    end
    w.before, w.after = not is_late and kill or nil, is_late and kill or nil
    local ok, raised = pcall(function()
      local plan = assert(w.region:plan_deployment("web", WANTS))
      return w.region:release(plan, options(w))
    end)
    w.before, w.after = nil, nil
    assert(ok or tostring(raised):find("killed", 1, true), raised)
    return ok
  end

  it("completes, and deploys nothing twice, wherever it was killed", function()
    for _, is_late in ipairs { false, true } do
      local count, finished = 0, false
      while not finished do
        count = count + 1
        local w <close> = deployable.world { activation_delay = 7 }
        w.passed = 100
        finished = killed_at(w, count, is_late)
        local service = assert(w.region:wait_for_service "web")
        local result = not finished and release(w, WANTS) or { succeeded = false }
        local where = ("%d %s: %s"):format(count, is_late, table.concat(versions(w), ", "))
        assert.is_false(result.succeeded, where)
        assert.same({ "3 1.0 ACTIVE", "2 1.1 INACTIVE", "1 1.0 INACTIVE" }, versions(w), where)
        assert.equal("web", service.name)
      end
      assert.is_true(count > 20)
    end
  end)
end)
