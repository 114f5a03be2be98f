local desired_file = require "lanyard.desired.file"
local desired_grants = require "desired_grants"
local format = require "lanyard.desired.import.format"
local import = require "lanyard.desired.import"
local json = require "lanyard.json"
local plans = require "lanyard.desired.plan"
local world = require "world"

local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/%s/containers/%s/%s"

local function new_world()
  return world.new { seed = desired_grants.SEED }
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

-- Reads the file in both formats again and checks that the plan of each is empty.
local function check_plans_are_empty(w, found)
  for name, text in pairs { ["grants.lua"] = format.lua(found), ["grants.json"] = json.encode(format.json(found)) } do
    local plan = assert(plans.make(w.region, assert(desired_file.parse(text, name))))
    assert.same({}, plan.failures)
    assert.is_false(plans.has_changes(plan))
  end
end

describe("import", function()
  it("writes a file whose plan is empty, with one grant for each service and date", function()
    local w <close> = new_world()
    local web, jobs = role_of(w, "web"), role_of(w, "jobs")
    w:put("web", policy(allow(web)))
    w:put("jobs", policy(allow(web), allow(jobs, PULL, until_date "2027-01-31T00:00:00Z")))
    w:put("team/a", policy(allow(jobs, PULL, until_date "2020-01-31T12:30:00Z")))
    local found = assert(import.read(w.region))
    assert.matches([[

return {
  region = "us%-east%-1",
  grants = {
    { service = "jobs", repositories = { "team/a" }, expires = "2020%-01%-31T12:30:00Z" },
    { service = "jobs", repositories = { "jobs" }, expires = "2027%-01%-31" },
    { service = "web", repositories = { "jobs", "web" } },
  },
  services = {
    { name = "jobs", power = "nano", scale = 1, role = true },
    { name = "off", power = "nano", scale = 1 },
    { name = "web", power = "nano", scale = 1, role = true },
  },
}
$]], format.lua(found))
    assert.same({}, found.omitted)
    check_plans_are_empty(w, found)
  end)

  it("omits and lists the grants that a file cannot state", function()
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
    local found = assert(import.read(w.region))
    assert.same({}, found.grants)
    assert.same({
      "web: statement #1 grants web only a part of a pull",
      "web: statement #2 grants jobs actions or conditions other than a pull until a date",
      "web: statement #3 names an earlier role of web",
      "web: statement #4 names a role of gone, a service that does not exist",
      "web: statement #5 names a role of web in us-west-2, which cannot pull from this Region",
      "web: statement #6 names the general role of web, which does not pull images",
      "web: statement #7 names the unique ID of a deleted role or user",
    }, found.omitted)
    check_plans_are_empty(w, found)
  end)

  it("says of a conditional grant, and of a statement for everyone, whom it lets pull", function()
    for condition, expected in pairs {
      ['"Bool":{"aws:SecureTransport":"true"}'] = "grants web a pull under a condition that the role can satisfy",
      ['"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}'] = "grants web a pull under a condition that the role can satisfy",
      ['"StringEquals":{"aws:PrincipalAccount":"947856326339"}'] = "grants web a pull under a condition that the role can satisfy",
      ['"StringEquals":{"aws:PrincipalAccount":"111122223333"}'] = "grants web nothing: no pull of the role satisfies the condition",
      ['"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}'] = "grants web a pull only in organization o-a1b2c3d4e5",
      ['"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}'] = "grants web a pull only from 192.0.2.0/24",
      ['"StringEquals":{"aws:PrincipalTag/team":"web"}'] = "grants web a pull only if aws:PrincipalTag/team is web",
    } do
      local w <close> = new_world()
      w:put("web", policy(allow(role_of(w, "web"), PULL, (',"Condition":{%s}'):format(condition))))
      assert.same({ "web: statement #1 " .. expected }, assert(import.read(w.region)).omitted, condition)
    end
    for condition, expected in pairs {
      [""] = "lets everyone pull, and not only roles of services",
      [',"Condition":{"Bool":{"aws:SecureTransport":"true"}}'] = "lets everyone pull, and not only roles of services",
      [',"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}'] = "lets everyone from 192.0.2.0/24 pull, and not only roles of services",
      [',"Condition":{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}'] = false,
    } do
      local w <close> = new_world()
      w:put("web", policy(allow("*", PULL, condition)))
      assert.same({ expected and "web: statement #1 " .. expected or nil }, assert(import.read(w.region)).omitted, condition)
    end
  end)

  it("imports a wider grant and reports that it is wider", function()
    local w <close> = new_world()
    w:put("web", policy(allow(role_of(w, "web"), '"ecr:*"')))
    local found = assert(import.read(w.region))
    assert.equal("web", found.grants[1].service)
    assert.same({}, found.omitted)
    assert.same({ "web: statement #1 grants web more than a pull" }, found.partial)
    assert.matches("\n%-%- Only partly in this file:\n%-%-   web: statement #1 [^\n]*\n\nreturn", format.lua(found))
    check_plans_are_empty(w, found)
  end)

  it("lists other statements of a service that are not part of its imported grant", function()
    local w <close> = new_world()
    local web = role_of(w, "web")
    w:put("web", policy(allow(web), allow(web, '"ecr:PutImage"'),
      allow(web, '"ecr:*"', ',"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}')))
    local found = assert(import.read(w.region))
    assert.equal("web", found.grants[1].service)
    assert.same({}, found.partial)
    assert.same({
      "web: statement #2 grants web actions or conditions other than a pull until a date",
      "web: statement #3 grants web actions or conditions other than a pull until a date",
    }, found.omitted)
  end)

  it("imports a grant that two statements make together, without a comment", function()
    local w <close> = new_world()
    local web = role_of(w, "web")
    w:put("web", policy(allow(web, '"ecr:BatchGetImage"'), allow(web, '"ecr:GetDownloadUrlForLayer"')))
    local found = assert(import.read(w.region))
    assert.equal("web", found.grants[1].service)
    assert.same({}, found.omitted)
    assert.same({}, found.partial)
    check_plans_are_empty(w, found)
  end)

  it("uses the latest date of several statements for one service", function()
    local w <close> = new_world()
    local web = role_of(w, "web")
    w:put("web", policy(allow(web, PULL, until_date "2028-01-31T00:00:00Z"),
      allow(web, PULL, until_date "2027-01-31T00:00:00Z")))
    local found = assert(import.read(w.region))
    assert.equal(1832889600, found.grants[1].expires)
    check_plans_are_empty(w, found)
  end)

  it("escapes a Sid so that it cannot end a comment", function()
    local w <close> = new_world()
    w:put("web", policy('{"Sid":"x\\n} os.exit() --[[ \\u202e","Effect":"Allow","Principal":{"AWS":"AROA2XQYJ5EXAMPLE12345"},'
      .. '"Action":' .. PULL .. "}"))
    local text = format.lua(assert(import.read(w.region)))
    assert.is_truthy(text:find("'x\\x0a} os.exit() --[[ \\u{202e}'", 1, true))
    assert.same({}, assert(desired_file.parse(text, "grants.lua")).grants)
  end)

  it("wraps long lists", function()
    local names = {}
    for i = 1, 30 do names[i] = ("team/repository-%02d"):format(i) end
    local text = format.lua { region = "us-east-1", account = "111122223333", time = 0, omitted = {},
      partial = {}, unread = {},
      grants = { { service = "web", repositories = names } } }
    for line in text:gmatch "[^\n]+" do
      assert.is_true(#line <= 120, line)
    end
    assert.same(names, assert(desired_file.parse(text, "grants.lua")).grants[1].repositories)
  end)

  it("lists policies that it could not read, and marks the file as incomplete", function()
    local w <close> = new_world()
    w:put("web", "no policy")
    local found = assert(import.read(w.region))
    assert.equal("web", found.unread[1].repository.name)
    assert.matches("%-%- Incomplete: .*\n%-%-   web: %w+\n", format.lua(found))
  end)
end)
