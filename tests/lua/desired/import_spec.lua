local import = require "lanyard.desired.import"
local json = require "lanyard.json"
local plans = require "lanyard.desired.plan"
local read = require "lanyard.desired.read"
local wishes = require "wishes"
local world = require "world"

local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/%s/containers/%s/%s"

local function new_world()
  return world.new { seed = wishes.SEED }
end

local function policy(...)
  return '{"Version":"2008-10-17","Statement":[' .. table.concat({ ... }, ",") .. "]}"
end

local function allow(principal, actions, more)
  return ('{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":%s%s}'):format(principal, actions or PULL, more or "")
end

local function until_date(date)
  return (',"Condition":{"DateLessThan":{"aws:CurrentTime":"%s"}}'):format(date)
end

local function role_of(w, service)
  return assert(w.region:service(service)).role.arn
end

-- The files in both forms, read again, and the plan of each.
local function check_plans_are_empty(w, found)
  for name, text in pairs { ["grants.lua"] = import.lua(found), ["grants.json"] = json.encode(import.plain(found)) } do
    local plan = assert(plans.make(w.region, assert(read.text(text, name))))
    assert.same({}, plan.failures)
    assert.is_false(plans.changes(plan))
  end
end

describe("import", function()
  it("writes a file whose plan is empty, grants of a service and a date together", function()
    local w <close> = new_world()
    local web, jobs = role_of(w, "web"), role_of(w, "jobs")
    w:put("web", policy(allow(web)))
    w:put("jobs", policy(allow(web), allow(jobs, PULL, until_date "2027-01-31T00:00:00Z")))
    w:put("team/a", policy(allow(jobs, PULL, until_date "2020-01-31T12:30:00Z")))
    local found = assert(import.look(w.region))
    assert.matches([[

return {
  region = "us%-east%-1",
  grants = {
    { service = "jobs", repositories = { "team/a" }, expires = "2020%-01%-31T12:30:00Z" },
    { service = "jobs", repositories = { "jobs" }, expires = "2027%-01%-31" },
    { service = "web", repositories = { "jobs", "web" } },
  },
}
$]], import.lua(found))
    assert.same({}, found.notes)
    check_plans_are_empty(w, found)
  end)

  it("leaves out what a file cannot say, and tells of each", function()
    local w <close> = new_world()
    local web, jobs = role_of(w, "web"), role_of(w, "jobs")
    w:put("web", policy(
      allow(web, '"ecr:BatchGetImage"'),
      allow(jobs, PULL, ',"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}'),
      allow(ROLE:format("us-east-1", "web", "private-repo-access/old")),
      allow(ROLE:format("us-east-1", "gone", "private-repo-access/id")),
      allow(ROLE:format("us-west-2", "web", "private-repo-access/id")),
      allow(ROLE:format("us-east-1", "web", "id")),
      allow "AROA2XQYJ5EXAMPLE12345",
      allow "444455556666"))
    local found = assert(import.look(w.region))
    assert.same({}, found.grants)
    assert.same({
      "web: statement #1 names web with a part of a pull only",
      "web: statement #2 names jobs with other actions or conditions than a pull until a date",
      "web: statement #3 names a role of web that is not its own any more",
      "web: statement #4 names a role of gone, a service that is not there",
      "web: statement #5 names a role of web in us-west-2, which cannot pull here",
      "web: statement #6 names the general role of web, which pulls nothing",
      "web: statement #7 names the unique id of a role or user that was deleted",
    }, found.notes)
    check_plans_are_empty(w, found)
  end)

  it("takes a wider grant for one, and tells that it is wider", function()
    local w <close> = new_world()
    w:put("web", policy(allow(role_of(w, "web"), '"ecr:*"')))
    local found = assert(import.look(w.region))
    assert.equal("web", found.grants[1].service)
    assert.same({}, found.notes)
    assert.same({ "web: statement #1 names web with more than a pull" }, found.partly)
    assert.matches("\n%-%- What is said here only in part:\n%-%-   web: statement #1 [^\n]*\n\nreturn", import.lua(found))
    check_plans_are_empty(w, found)
  end)

  it("tells of other statements of a service whose grant it says, which are no part of that", function()
    local w <close> = new_world()
    local web = role_of(w, "web")
    w:put("web", policy(allow(web), allow(web, '"ecr:PutImage"'),
      allow(web, '"ecr:*"', ',"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}')))
    local found = assert(import.look(w.region))
    assert.equal("web", found.grants[1].service)
    assert.same({}, found.partly)
    assert.same({
      "web: statement #2 names web with other actions or conditions than a pull until a date",
      "web: statement #3 names web with other actions or conditions than a pull until a date",
    }, found.notes)
  end)

  it("says a grant that two statements give together, without a word on either", function()
    local w <close> = new_world()
    local web = role_of(w, "web")
    w:put("web", policy(allow(web, '"ecr:BatchGetImage"'), allow(web, '"ecr:GetDownloadUrlForLayer"')))
    local found = assert(import.look(w.region))
    assert.equal("web", found.grants[1].service)
    assert.same({}, found.notes)
    assert.same({}, found.partly)
    check_plans_are_empty(w, found)
  end)

  it("takes the last date of several statements for one service", function()
    local w <close> = new_world()
    local web = role_of(w, "web")
    w:put("web", policy(allow(web, PULL, until_date "2028-01-31T00:00:00Z"),
      allow(web, PULL, until_date "2027-01-31T00:00:00Z")))
    local found = assert(import.look(w.region))
    assert.equal(1832889600, found.grants[1].expires)
    check_plans_are_empty(w, found)
  end)

  it("keeps a comment a comment, whatever a Sid has", function()
    local w <close> = new_world()
    w:put("web", policy('{"Sid":"x\\n} os.exit() --[[ \\u202e","Effect":"Allow","Principal":{"AWS":"AROA2XQYJ5EXAMPLE12345"},'
      .. '"Action":' .. PULL .. "}"))
    local text = import.lua(assert(import.look(w.region)))
    assert.is_truthy(text:find("'x\\x0a} os.exit() --[[ \\u{202e}'", 1, true))
    assert.same({}, assert(read.text(text, "grants.lua")).grants)
  end)

  it("breaks long lists into lines", function()
    local names = {}
    for i = 1, 30 do names[i] = ("team/repository-%02d"):format(i) end
    local text = import.lua { region = "us-east-1", account = "111122223333", time = 0, notes = {},
      partly = {}, unread = {},
      grants = { { service = "web", repositories = names } } }
    for line in text:gmatch "[^\n]+" do
      assert.is_true(#line <= 120, line)
    end
    assert.same(names, assert(read.text(text, "grants.lua")).grants[1].repositories)
  end)

  it("tells which policies it could not read, and says in the file that it is not whole", function()
    local w <close> = new_world()
    w:put("web", "no policy")
    local found = assert(import.look(w.region))
    assert.equal("web", found.unread[1].repository.name)
    assert.matches("%-%- Not whole: .*\n%-%-   web: %w+\n", import.lua(found))
  end)
end)
