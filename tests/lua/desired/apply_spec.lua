local apply = require "lanyard.desired.apply"
local desired_grants = require "desired_grants"
local json = require "lanyard.json"
local plans = require "lanyard.desired.plan"
local policy = require "lanyard.policy"
local plan_file = require "lanyard.desired.plan_file"
local task = require "lanyard.task"
local world = require "world"

local desired, grant = desired_grants.desired, desired_grants.grant

local THEIRS = '{ "Sid" : "ci",\n "Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:PutImage" }'

local function seed()
  return { activation_delay = 5, seed = desired_grants.SEED }
end

local function with_theirs(w, name)
  w:put(name, '{"Version":"2008-10-17","Statement":[' .. THEIRS .. "]}")
end

-- Returns the kind of each change or the code of its error, by repository.
local function outcomes(changes)
  local found = {}
  for _, one in ipairs(changes) do
    found[one.repository] = one.err and one.err.code or one.change.kind
  end
  return found
end

local function role_of(w, service)
  return assert(w.region:service(service)).role.arn
end

local function save(plan)
  return assert(plan_file.decode(json.decode(json.encode(plan_file.encode(plan))), "plan.json"))
end

describe("apply", function()
  it("enables roles, writes once for each repository, and keeps statements of others", function()
    local w <close> = world.new(seed())
    with_theirs(w, "web")
    local file = desired(grant("off", { "web" }), grant("web", { "web", "team/*" }), grant("jobs", { "web" }, "2027-01-31"))
    local roles, changes = apply.apply(w.region, assert(plans.make(w.region, file)))
    assert.equal("enabled", roles[1].change.kind)
    assert.same({ web = "changed", ["team/a"] = "changed", ["team/b"] = "changed" }, outcomes(changes))
    assert.equal(3, w:count "SetRepositoryPolicy")
    assert.same({ "ci", "AllowLightsailPull-off", "AllowLightsailPull-web", "AllowLightsailPull-jobs" }, w:sids "web")
    assert.is_truthy(w:text "web":find(THEIRS, 1, true))
    assert.is_nil(w:text "web":find("NOT-KNOWN-YET", 1, true))
    assert.is_false(plans.has_changes(assert(plans.make(w.region, file))))
  end)

  it("changes nothing the second time", function()
    local w <close> = world.new(seed())
    local file = desired(grant("web", { "web" }))
    apply.apply(w.region, assert(plans.make(w.region, file)))
    local _, changes = apply.apply(w.region, assert(plans.make(w.region, file)))
    assert.same({ web = "unchanged" }, outcomes(changes))
    assert.equal(1, w:count "SetRepositoryPolicy")
  end)

  it("lists a failure and applies the rest", function()
    local w <close> = world.new(seed())
    w.before = function(operation)
      if operation == "UpdateContainerService" then
        w.world.region("us-east-1").services.off = nil
      end
    end
    local file = desired(grant("off", { "web", "team/a" }), grant("web", { "web" }))
    local roles, changes = apply.apply(w.region, assert(plans.make(w.region, file)))
    assert.equal("NotFoundException", roles[1].err.code)
    assert.same({ web = "changed" }, outcomes(changes)) -- team/a lacks a grant
    assert.same({ "AllowLightsailPull-web" }, w:sids "web")
  end)

  it("merges the changes of two runs in parallel", function()
    local w <close> = world.new(seed())
    local one, other = w.region, w:connect { journal_root = w.folder .. "/elsewhere" }
    task.all {
      function() apply.apply(one, assert(plans.make(one, desired(grant("web", { "web", "team/*" }))))) end,
      function() apply.apply(other, assert(plans.make(other, desired(grant("jobs", { "web", "team/*" }))))) end,
    }
    for _, name in ipairs { "web", "team/a", "team/b" } do
      local sids = w:sids(name)
      table.sort(sids)
      assert.same({ "AllowLightsailPull-jobs", "AllowLightsailPull-web" }, sids)
    end
  end)

  it("prunes grants that the file does not have and keeps the other principals of a statement", function()
    local w <close> = world.new(seed())
    with_theirs(w, "jobs")
    local before = w:text "jobs"
    apply.apply(w.region, assert(plans.make(w.region, desired(grant("web", { "web", "jobs" }), grant("jobs", { "web" })))))
    local file = desired(grant("jobs", { "web" }))
    local _, changes = apply.apply(w.region, assert(plans.make(w.region, file, { prune = true })))
    assert.same({ web = "changed", jobs = "changed" }, outcomes(changes))
    assert.equal(before, w:text "jobs")
    assert.same({ "AllowLightsailPull-jobs" }, w:sids "web")
  end)

  it("leaves a grant unchanged when the file has two dates for it, and applies the others", function()
    local w <close> = world.new(seed())
    apply.apply(w.region, assert(plans.make(w.region, desired(grant("web", { "team/a" })))))
    local before = w:text "team/a"
    local file = desired(grant("web", { "team/a" }, "2020-01-31"), grant("web", { "team/*" }))
    local _, changes = apply.apply(w.region, assert(plans.make(w.region, file)))
    assert.same({ ["team/b"] = "changed" }, outcomes(changes))
    assert.equal(before, w:text "team/a")
  end)

  it("can be undone for each repository", function()
    local w <close> = world.new(seed())
    with_theirs(w, "web")
    local before = w:text "web"
    apply.apply(w.region, assert(plans.make(w.region, desired(grant("web", { "web" }), grant("jobs", { "web" })))))
    assert.equal("undone", assert(w.region:undo(w:repository "web")).kind)
    assert.equal(before, w:text "web")
  end)

  it("combines statements with fold when a policy would be too large", function()
    local w <close> = world.new(seed())
    with_theirs(w, "web")
    local file = desired(grant("web", { "web" }), grant("jobs", { "web" }))
    local room = policy.LIMIT - #w:text "web" - 430
    w:put("web", (w:text "web":gsub("{", '{"Id":"' .. ("x"):rep(room) .. '",', 1)))
    local err = assert(plans.make(w.region, file)).failures[1].err
    assert.equal("PolicyTooLarge", err.code)
    assert.matches("or pass %-%-fold %(to grant, plan or apply%), which", err.tip)
    local folded = assert(plans.make(w.region, file, { fold = true }))
    assert.same({}, folded.failures)
    local _, changes = apply.apply(w.region, folded)
    assert.same({ web = "changed" }, outcomes(changes))
    assert.same({ "ci", "AllowLightsailPull" }, w:sids "web")
  end)
end)

describe("apply of a saved plan", function()
  it("makes the changes that the plan shows", function()
    local w <close> = world.new(seed())
    with_theirs(w, "web")
    local old = save(assert(plans.make(w.region, desired(grant("off", { "web" }, "2027-01-31")))))
    local roles, changes = apply.apply(w.region, assert(plans.resume(w.region, old)))
    assert.equal("enabled", roles[1].change.kind)
    assert.same({ web = "changed" }, outcomes(changes))
    assert.same({ "ci", "AllowLightsailPull-off" }, w:sids "web")
    assert.is_truthy(w:text "web":find('"2027-01-31T00:00:00Z"', 1, true))
  end)

  it("leaves a grant in conflict unchanged and applies the other grants of the service", function()
    local w <close> = world.new(seed())
    local file = desired(grant("web", { "team/a" }, "2027-01-31"), grant("web", { "team/*" }), grant("jobs", { "team/a" }))
    local old = save(assert(plans.make(w.region, file, { prune = true })))
    local _, changes = apply.apply(w.region, assert(plans.resume(w.region, old)))
    assert.same({ ["team/a"] = "changed", ["team/b"] = "changed" }, outcomes(changes))
    assert.same({ "AllowLightsailPull-jobs" }, w:sids "team/a")
    assert.same({ "AllowLightsailPull-web" }, w:sids "team/b")
  end)

  it("changes nothing when the plan is already in place", function()
    local w <close> = world.new(seed())
    local old = save(assert(plans.make(w.region, desired(grant("web", { "web" })))))
    apply.apply(w.region, assert(plans.resume(w.region, old)))
    assert.is_false(plans.has_changes(assert(plans.resume(w.region, old))))
  end)

  it("does not change a repository whose policy changed after the plan, and applies the rest", function()
    local w <close> = world.new(seed())
    local old = save(assert(plans.make(w.region, desired(grant("web", { "web", "jobs" })))))
    with_theirs(w, "jobs")
    local theirs = w:text "jobs"
    local plan = assert(plans.resume(w.region, old))
    assert.equal("jobs", plan.failures[1].repository)
    assert.equal("StalePlan", plan.failures[1].err.code)
    local _, changes = apply.apply(w.region, plan)
    assert.same({ web = "changed" }, outcomes(changes))
    assert.equal(theirs, w:text "jobs")
  end)

  it("detects a policy that changes just before the write", function()
    local w <close> = world.new(seed())
    local plan = assert(plans.resume(w.region, save(assert(plans.make(w.region, desired(grant("web", { "web" })))))))
    with_theirs(w, "web")
    local _, changes = apply.apply(w.region, plan)
    assert.same({ web = "StalePlan" }, outcomes(changes))
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)

  it("accepts a policy that differs only in its layout", function()
    local w <close> = world.new(seed())
    with_theirs(w, "web")
    local old = save(assert(plans.make(w.region, desired(grant("web", { "web" })))))
    w:put("web", assert(policy.parse(w:text "web")):format())
    local _, changes = apply.apply(w.region, assert(plans.resume(w.region, old)))
    assert.same({ web = "changed" }, outcomes(changes))
  end)

  it("is rejected when the service has a new role", function()
    local w <close> = world.new(seed())
    local old = save(assert(plans.make(w.region, desired(grant("web", { "web" })))))
    assert(w.region:disable "web")
    assert(w.region:enable "web")
    local plan = assert(plans.resume(w.region, old))
    assert.equal("StalePlan", plan.failures[1].err.code)
    assert.matches("role of 'web'", plan.failures[1].err.message)
  end)

  it("does not enable a role that was on when the plan was made", function()
    local w <close> = world.new(seed())
    local old = save(assert(plans.make(w.region, desired(grant("web", { "web" })))))
    assert(w.region:disable "web")
    local plan = assert(plans.resume(w.region, old))
    assert.equal("StalePlan", plan.failures[1].err.code)
    assert.is_false(plans.has_changes(plan))
    assert.same({}, (apply.apply(w.region, plan)))
    assert.is_nil(role_of(w, "web"))
  end)

  it("does not enable a role that the plan does not list, and grants nothing to it", function()
    local w <close> = world.new(seed())
    local old = save(assert(plans.make(w.region, desired(grant("off", { "web" }), grant("jobs", { "jobs" })))))
    old.roles = {}
    local plan = assert(plans.resume(w.region, old))
    assert.equal("web", plan.failures[1].repository)
    assert.equal("StalePlan", plan.failures[1].err.code)
    local roles, changes = apply.apply(w.region, plan)
    assert.same({}, roles)
    assert.same({ jobs = "changed" }, outcomes(changes))
    assert.is_nil(w:text "web")
  end)
end)
