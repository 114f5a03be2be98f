local desired_grants = require "desired_grants"
local json = require "lanyard.json"
local plan_file = require "lanyard.desired.plan_file"
local plans = require "lanyard.desired.plan"
local world = require "world"

local desired, grant = desired_grants.desired, desired_grants.grant

local CI = '{"Sid":"ci","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"ecr:PutImage"}'
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/%s/private-repo-access/%s"

local function seed()
  return { seed = desired_grants.SEED }
end

-- Returns the lines of each change, by repository, and the number of failures.
local function lines(plan)
  local found = {}
  for _, entry in ipairs(plans.changing(plan)) do
    found[entry.repository.name] = entry.change.lines
  end
  return found, #plan.failures
end

local function policy(...)
  return '{"Version":"2008-10-17","Statement":[' .. table.concat({ ... }, ",") .. "]}"
end

local function allow(sid, principals, more)
  for i, principal in ipairs(principals) do principals[i] = '"' .. principal .. '"' end
  return ('{"Sid":"%s","Effect":"Allow","Principal":{"AWS":[%s]},"Action":["ecr:BatchGetImage",'
    .. '"ecr:GetDownloadUrlForLayer"]%s}'):format(sid, table.concat(principals, ","), more or "")
end

local function role_of(w, service)
  return assert(w.region:service(service)).role.arn
end

describe("a plan", function()
  it("shows for each repository the new grants and the diff of the policy", function()
    local w <close> = world.new(seed())
    local plan = assert(plans.make(w.region, desired(grant("web", { "web", "team/*" }),
      grant("jobs", { "team/a" }, "2027-01-31"))))
    assert.same({ web = { "+ web can pull" }, ["team/b"] = { "+ web can pull" },
      ["team/a"] = { "+ jobs can pull until 2027-01-31", "+ web can pull" } }, (lines(plan)))
    assert.matches('\n%+[^\n]*"AllowLightsailPull%-web"', plan.entries[1].change.diff)
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)

  it("is empty when everything matches the file", function()
    local w <close> = world.new(seed())
    w:put("web", policy(CI, allow("AllowLightsailPull-web", { role_of(w, "web") })))
    local plan = assert(plans.make(w.region, desired(grant("web", { "web" }))))
    assert.is_false(plans.has_changes(plan))
  end)

  it("shows a date that changes, is added or is removed", function()
    local w <close> = world.new(seed())
    local arn = role_of(w, "web")
    local date = ',"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-12-01T00:00:00Z"}}'
    w:put("web", policy(allow("AllowLightsailPull-web", { arn }, date)))
    local function of(...) return lines(assert(plans.make(w.region, desired(grant("web", { "web" }, ...))))).web end
    assert.same({ "~ web: until 2026-12-01 -> until 2027-01-31" }, of "2027-01-31")
    assert.same({ "~ web: until 2026-12-01 -> without expiry" }, of(nil))
    assert.is_nil(of "2026-12-01")
    w:put("web", policy(allow("AllowLightsailPull-web", { arn })))
    assert.same({ "~ web: without expiry -> until 2027-01-31T12:00:00Z" }, of "2027-01-31T12:00Z")
  end)

  it("shows a grant of only a part of a pull", function()
    local w <close> = world.new(seed())
    local expires
    local function of(...)
      w:put("web", (policy(...):gsub("ROLE", role_of(w, "web"))))
      return lines(assert(plans.make(w.region, desired(grant("web", { "web" }, expires))))).web
    end
    local function part(action, more)
      return ('{"Effect":"Allow","Principal":{"AWS":"ROLE"},"Action":"%s"%s}'):format(action, more or "")
    end
    local date = ',"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-12-01T00:00:00Z"}}'
    assert.same({ "~ web: partially -> without expiry" }, of(part "ecr:BatchGetImage"))
    assert.same({ "~ web: partially -> without expiry" }, of(part "ecr:GetDownload*"))
    assert.same({ "~ web: partially, until 2026-12-01 -> without expiry" }, of(part("ecr:BatchGetImage", date)))
    assert.same({ "~ web: until 2026-12-01 (one action without expiry) -> without expiry" },
      of(part("ecr:BatchGetImage", date), part "ecr:GetDownloadUrlForLayer"))
    assert.is_nil(of(part "ecr:BatchGetImage", part "ecr:GetDownloadUrlForLayer"))
    expires = "2026-12-01"
    assert.same({ "~ web: until 2026-12-01 (one action without expiry) -> until 2026-12-01" },
      of(allow("AllowLightsailPull-web", { "ROLE" }, date), part "ecr:BatchGetImage"))
  end)

  it("shows a grant that is added although another statement already allows the pull", function()
    local w <close> = world.new(seed())
    w:put("web", policy((allow("all", { role_of(w, "web") }):gsub('"Action":%b[]', '"Action":"ecr:*"'))))
    assert.same({ "~ web: without expiry, unchanged; its statements change" },
      lines(assert(plans.make(w.region, desired(grant("web", { "web" }, "2027-01-31"))))).web)
  end)

  it("changes nothing where the policy gives the same access in other words", function()
    local w <close> = world.new(seed())
    local date = ',"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-31T00:00:00Z"}}'
    local function part(action)
      return (allow("x" .. #action, { role_of(w, "web") }, date):gsub('"Action":%b[]', '"Action":"' .. action .. '"'))
    end
    w:put("web", policy(part "ecr:BatchGetImage", part "ecr:GetDownloadUrlForLayer"))
    local plan = assert(plans.make(w.region, desired(grant("web", { "web" }, "2027-01-31"))))
    assert.is_false(plans.has_changes(plan))
    assert.equal(1, #plans.unchanged(plan))
    assert.is_true(plan.entries[1].change.same_access)
    assert.is_true(plans.has_changes(assert(plans.make(w.region, desired(grant("web", { "web" }, "2027-02-28"))))))
  end)

  it("does not add an expired grant, and makes an existing one expire", function()
    local w <close> = world.new(seed())
    local ended = desired(grant("web", { "web" }, "2020-01-31"))
    assert.is_false(plans.has_changes(assert(plans.make(w.region, ended))))
    w:put("web", policy(allow("AllowLightsailPull-web", { role_of(w, "web") })))
    assert.same({ "~ web: without expiry -> until 2020-01-31" }, lines(assert(plans.make(w.region, ended))).web)
  end)

  it("enables roles that are off and get a grant", function()
    local w <close> = world.new(seed())
    assert.same({ "off" }, assert(plans.make(w.region, desired(grant("off", { "web" }), grant("web", { "web" })))).enable)
    assert.same({}, assert(plans.make(w.region, desired(grant("off", { "web" }, "2020-01-31")))).enable)
  end)

  it("enables a role only when at least one of its grants can be made", function()
    local w <close> = world.new(seed())
    w:put("team/a", "no policy")
    local plan = assert(plans.make(w.region, desired(grant("off", { "team/a" }))))
    assert.equal("InvalidPolicy", plan.failures[1].err.code)
    assert.same({}, plan.enable)
    assert.is_false(plans.has_changes(plan))
    assert.same({ "off" }, assert(plans.make(w.region, desired(grant("off", { "team/*" })))).enable)
  end)

  it("lists services, repositories and globs that do not exist, and plans the rest", function()
    local w <close> = world.new(seed())
    local plan = assert(plans.make(w.region, desired(grant("gone", { "web" }), grant("web", { "web", "nowhere", "x/*" }))))
    local failed = {}
    for _, failure in ipairs(plan.failures) do
      failed[failure.service or failure.repository] = failure.err.code
    end
    assert.same({ gone = "NotFoundException", nowhere = "RepositoryNotFoundException", ["x/*"] = "NoMatch" }, failed)
    assert.same({ web = { "+ web can pull" } }, (lines(plan)))
  end)

  it("lets a glob match nothing when the grant is optional", function()
    local w <close> = world.new(seed())
    local one = grant("web", { "x/*" })
    one.optional = true
    assert.same({}, assert(plans.make(w.region, desired(one))).failures)
  end)

  it("rejects two globs with different dates for a service and repository, and accepts two that agree", function()
    local w <close> = world.new(seed())
    local plan = assert(plans.make(w.region, desired(grant("web", { "team/*" }), grant("web", { "team/a" }, "2027-01-31"))))
    assert.equal("Conflict", plan.failures[1].err.code)
    assert.matches("grants%[1%] and grants%[2%]", plan.failures[1].err.message)
    assert.same({ ["team/b"] = { "+ web can pull" } }, (lines(plan)))
    plan = assert(plans.make(w.region, desired(grant("web", { "team/*" }), grant("web", { "team/a" }))))
    assert.same({}, plan.failures)
  end)

  it("does not enable a role for a grant in conflict, and does not call the repository unchanged", function()
    local w <close> = world.new(seed())
    local plan = assert(plans.make(w.region, desired(grant("off", { "team/a" }), grant("off", { "team/*a" }, "2027-01-31"))))
    assert.same({}, plan.enable)
    assert.is_false(plans.has_changes(plan))
    assert.same({}, plans.unchanged(plan))
  end)

  it("lists a policy that cannot be parsed, and plans the rest", function()
    local w <close> = world.new(seed())
    w:put("team/a", "no policy")
    local plan = assert(plans.make(w.region, desired(grant("web", { "team/*" }))))
    assert.equal("InvalidPolicy", plan.failures[1].err.code)
    assert.same({ ["team/b"] = { "+ web can pull" } }, (lines(plan)))
  end)

  it("reads only the named repositories when the file has no globs", function()
    local w <close> = world.new(seed())
    assert(plans.make(w.region, desired(grant("web", { "web" }))))
    assert.equal(1, w:count "DescribeRepositories")
    assert.equal(1, w:count "GetRepositoryPolicy")
  end)

  it("rejects another Region than that of the file", function()
    local w <close> = world.new(seed())
    local file = desired(grant("web", { "web" }))
    file.region = "eu-west-1"
    local plan, err = plans.make(w.region, file)
    assert.is_nil(plan)
    assert.matches("for Region eu%-west%-1, not us%-east%-1", err.message)
  end)
end)

describe("a plan that prunes", function()
  local function pruned(w, ...)
    return lines(assert(plans.make(w.region, desired(...), { prune = true })))
  end

  it("removes puller roles that the file does not grant, in all repositories", function()
    local w <close> = world.new(seed())
    local web, jobs = role_of(w, "web"), role_of(w, "jobs")
    w:put("web", policy(allow("AllowLightsailPull-web", { web })))
    w:put("team/b", policy(CI, allow("mixed", { jobs, "arn:aws:iam::111122223333:role/ci", web })))
    assert.same({ ["team/b"] = { "- jobs", "- web" } }, (pruned(w, grant("web", { "web" }))))
    assert.same({ web = { "- web" }, ["team/b"] = { "- jobs" } }, (pruned(w, grant("web", { "team/b" }))))
  end)

  it("also removes statements without a pull action, and says so", function()
    local w <close> = world.new(seed())
    w:put("web", policy((allow("push", { role_of(w, "web") }):gsub('"Action":%b[]', '"Action":"ecr:PutImage"'))))
    assert.same({ web = { "- web (actions other than a pull)" } }, (pruned(w)))
  end)

  it("removes earlier roles of a service", function()
    local w <close> = world.new(seed())
    w:put("web", policy(allow("AllowLightsailPull-web", { role_of(w, "web") }),
      allow("old", { ROLE:format("web", "old") }), allow("gone", { ROLE:format("gone", "id") })))
    assert.same({ web = { "- an earlier role of gone", "- an earlier role of web" } },
      (pruned(w, grant("web", { "web" }))))
  end)

  it("keeps every principal that is not a puller role of this Region", function()
    local w <close> = world.new(seed())
    w:put("web", policy(CI, allow("account", { "444455556666" }), allow("orphan", { "AROA2XQYJ5EXAMPLE12345" }),
      allow("general", { (ROLE:format("web", "id"):gsub("private%-repo%-access/", "")) }),
      allow("far", { (ROLE:format("web", "id"):gsub("us%-east%-1", "us-west-2")) }),
      '{"Sid":"no","Effect":"Deny","Principal":{"AWS":"' .. role_of(w, "jobs") .. '"},"Action":"ecr:PutImage"}'))
    assert.same({}, (pruned(w)))
  end)

  it("keeps a grant for which the file has two dates", function()
    local w <close> = world.new(seed())
    w:put("team/a", policy(allow("AllowLightsailPull-web", { role_of(w, "web") }),
      allow("AllowLightsailPull-jobs", { role_of(w, "jobs") })))
    assert.same({ ["team/a"] = { "- jobs" } },
      (pruned(w, grant("web", { "team/a" }, "2020-01-31"), grant("web", { "*/a" }))))
  end)

  it("keeps the grants of a named service that does not exist, because its role is unknown", function()
    local w <close> = world.new(seed())
    w:put("web", policy(allow("AllowLightsailPull-gone", { ROLE:format("gone", "id") })))
    local found, failures = pruned(w, grant("gone", { "web" }))
    assert.same({}, found)
    assert.equal(1, failures)
  end)
end)

describe("a saved plan", function()
  local function with_plan()
    local w <close> = world.new(seed())
    w:put("web", policy(CI))
    local plan = assert(plans.make(w.region, desired(grant("web", { "web" }, "2027-01-31")), { prune = true }))
    return json.decode(json.encode(plan_file.encode(plan)))
  end

  it("is read back unchanged", function()
    local old = assert(plan_file.decode(with_plan(), "plan.json"))
    assert.equal("us-east-1", old.region)
    assert.equal("111122223333", old.account)
    assert.is_true(old.prune)
    assert.equal(1, #old.entries)
    assert.equal(policy(CI), old.entries[1].guard.text)
    assert.equal("web", old.entries[1].grants[1].service)
    assert.equal(1801353600, old.entries[1].grants[1].expires)
  end)

  it("is rejected with the name of an invalid member", function()
    for path, damage in pairs {
      ["account"] = function(plan) plan.account = "1" end,
      ["region"] = function(plan) plan.region = nil end,
      ["prune"] = function(plan) plan.prune = "yes" end,
      ["roles"] = function(plan) plan.roles = nil end,
      ["roles%[1%]"] = function(plan) plan.roles[1] = "X" end,
      ["roles%[2%]"] = function(plan) plan.roles = json.array { "web", 7 } end,
      ["repositories"] = function(plan) plan.repositories = nil end,
      ["repositories%[1%]%.before"] = function(plan) plan.repositories[1].before = "no policy" end,
      ["repositories%[1%]%.repository"] = function(plan) plan.repositories[1].repository = "../x" end,
      ["repositories%[1%]%.grants%[1%]%.service"] = function(plan) plan.repositories[1].grants[1].service = "X" end,
      ["repositories%[1%]%.grants%[1%]%.expires"] = function(plan) plan.repositories[1].grants[1].expires = 7 end,
      ["version 2"] = function(plan) plan.version = 2 end,
      ["failures%[1%]%.repository"] = function(plan) plan.failures[1] = { error = { code = "X", message = "y" } } end,
      ["failures%[1%]%.service"] = function(plan)
        plan.failures[1] = { service = {}, error = { code = "X", message = "y" } }
      end,
    } do
      local plan = with_plan()
      damage(plan)
      local old, err = plan_file.decode(plan, "plan.json")
      assert.is_nil(old)
      assert.matches("plan%.json.*" .. path, err.message)
    end
  end)

  it("rejects another account or Region", function()
    local w <close> = world.new(seed())
    for _, member in ipairs { "account", "region" } do
      local old = assert(plan_file.decode(with_plan(), "plan.json"))
      old[member] = member == "account" and "999999999999" or "eu-west-1"
      local plan, err = plans.resume(w.region, old)
      assert.is_nil(plan)
      assert.equal("PlanMismatch", err.code)
    end
  end)
end)
