local deployable = require "deployable"
local errors = require "lanyard.errors"
local helper = require "desired_services"
local plans = require "lanyard.desired.plan"
local torture = require "torture"

local NEW = [[{ name = "new", power = "nano", scale = 1, tags = { env = "prod" }, public = "app:80",
  containers = { app = { image = "jobs:latest", environment = { KEY = "planted-literal", REF = "ssm:/web/key" } } } }]]
local WEB = '{ name = "web", power = "micro", tags = { a = "b" }, containers = { app = { image = "web:1.1" } } }'

local function apply(w, services, grants, options)
  return helper.apply(w, helper.plan(w, services, grants, options))
end

-- Returns "NAME RESULT DEPLOYMENT CODE" of each result.
local function outcomes(results)
  local lines = {}
  for name, one in pairs(results) do
    lines[#lines + 1] = ("%s %s %s%s"):format(name, one.kind, one.deployment or "-", one.err and " " .. one.err.code or "")
  end
  table.sort(lines)
  return lines
end

describe("applying services", function()
  it("creates, enables the role, grants and deploys, in this order", function()
    local w <close> = helper.world { activation_delay = 5 }
    local results, roles, changes = apply(w, NEW)
    assert.same({ "new created deployed" }, outcomes(results))
    assert.same({ "new", "enabled" }, { roles[1].service, roles[1].change.kind })
    assert.same({ "jobs", "changed" }, { changes[1].repository, changes[1].change.kind })
    assert.same({ "CreateContainerService", "SetRepositoryPolicy", "CreateContainerServiceDeployment" }, deployable.changes(w))
    assert.matches("^https://", results.new.url)
    local request = assert(w.region:deployments "new")[1].request
    assert.same({ KEY = "planted-literal", REF = "planted-parameter" }, request.containers.app.environment)
    assert.same({ env = "prod" }, assert(w.region:service "new").tags)
  end)

  it("changes nothing the second time", function()
    local w <close> = helper.world { activation_delay = 5 }
    apply(w, NEW .. "," .. WEB, "")
    local before = #deployable.changes(w)
    local plan = helper.plan(w, NEW .. "," .. WEB, "")
    assert.is_false(plans.has_changes(plan))
    assert.same({ "new unchanged unchanged", "web unchanged unchanged" }, outcomes(helper.apply(w, plan)))
    assert.equal(before, #deployable.changes(w))
  end)

  it("keeps what the file does not name", function()
    local w <close> = helper.world()
    helper.stored(w, "web").tags = { old = "1" }
    assert.same({ "web updated deployed" }, outcomes(apply(w, WEB)))
    local service = assert(w.region:service "web")
    assert.same({ "micro", 1, { old = "1", a = "b" } }, { service.power, service.scale, service.tags })
    local request = assert(w.region:deployments "web")[1].request
    assert.same({ KEY = deployable.SECRET }, request.containers.app.environment)
    assert.same({ "serve" }, request.containers.app.command)
    assert.equal("nginx:1", request.containers.side.image)
    assert.equal("/up", request.publicEndpoint.healthCheck.path)
  end)

  it("creates a service that is to be disabled, and enables one that is deployed to", function()
    local w <close> = helper.world()
    assert(w.region:update_service("web", { disabled = true }))
    assert.same({ "new created -", "web updated deployed" }, outcomes(apply(w,
      '{ name = "new", power = "nano", scale = 1, disabled = true },'
        .. '{ name = "web", disabled = false, containers = { app = { image = "web:1.1" } } }')))
    assert.same({ "DISABLED", "RUNNING" }, { assert(w.region:service "new").state, assert(w.region:service "web").state })
  end)

  it("continues past the failure of a service", function()
    local w <close> = helper.world { activation_delay = 5 }
    w.region = w.region:with { permit = function(_, change)
      local denied = change.on == "service" and change.action == "create" and not change.dry_run
      return not denied and true or nil, denied and errors.new { code = "RefusedByRule", message = "not today" }
    end }
    local results, roles, changes = apply(w, NEW .. "," .. WEB, '{ service = "new", repositories = { "web" } }')
    assert.same({ "new failed not deployed RefusedByRule", "web updated deployed" }, outcomes(results))
    assert.same({ {}, {} }, { roles, changes })
    assert.is_nil(w:text "web":find("new", 1, true))
  end)

  it("reports why a deployment failed, and keeps the service", function()
    local w <close> = helper.world { activation_delay = 5 }
    local results = apply(w, '{ name = "web", containers = { app = { image = "web:broken" } } }, { name = "fresh", scale = 2 }')
    assert.same({ "fresh updated -", "web unchanged failed DeploymentFailed" }, outcomes(results))
    assert.is_true(#results.web.release.reasons > 0)
    assert.is_nil(results.web.err.message:find(deployable.SECRET, 1, true))
  end)

  it("deletes services last, with their grants", function()
    local w <close> = helper.world()
    assert(w.region:enable "fresh")
    assert(w.region:grant(assert(w.region:service "fresh"), w:repository "jobs"))
    local results = apply(w, WEB, nil, { prune_services = true })
    assert.same({ "fresh deleted -", "web updated deployed" }, outcomes(results))
    assert.is_nil(helper.stored(w, "fresh"))
    assert.is_nil(w:text "jobs")
    assert.equal("DeleteContainerService", deployable.changes(w)[#deployable.changes(w)])
  end)
end)

describe("an apply that is repeated after it was killed", function()
  -- Applies until the request with a number, which kills it: before it is received, or after.
  local function killed_at(w, count, is_late)
    local calls = 0
    local function kill()
      calls = calls + 1
      if calls == count then
        error "killed"
      end
    end
    w.before, w.after = not is_late and kill or nil, is_late and kill or nil
    local ok, raised = pcall(apply, w, NEW .. "," .. WEB, "", { prune_services = true })
    w.before, w.after = nil, nil
    assert(ok or tostring(raised):find("killed", 1, true), raised)
    return ok
  end

  it("completes, and does nothing twice, wherever it was killed", function()
    for _, is_late in ipairs { false, true } do
      local count, finished = is_late and 4 or 0, false
      while not finished do
        count = count + torture.choose(9, 1)
        local w <close> = helper.world { activation_delay = 7 }
        finished = killed_at(w, count, is_late)
        local where = ("%d %s"):format(count, is_late)
        local results = apply(w, NEW .. "," .. WEB, "", { prune_services = true })
        for _, one in pairs(results) do
          assert.is_nil(one.err, where .. " " .. tostring(one.err))
        end
        assert.same({ "1 latest ACTIVE" }, helper.versions(w, "new"), where)
        assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, helper.versions(w, "web"), where)
        assert.is_nil(helper.stored(w, "fresh"), where)
        assert.same({ "AllowLightsailPull-new" }, w:sids "jobs", where)
        assert.is_false(plans.has_changes(helper.plan(w, NEW .. "," .. WEB, "", { prune_services = true })), where)
      end
      assert.is_true(count > 30)
    end
  end)
end)
