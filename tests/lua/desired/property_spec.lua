-- Properties of any desired-state file and any policies. After apply, the granted services can pull, not longer than
-- the file says; the plan is empty; and the statements of others are unchanged, byte for byte. The file that import
-- writes has an empty plan. LANYARD_SEED repeats a run.

local apply = require "lanyard.desired.apply"
local desired_file = require "lanyard.desired.file"
local expiry = require "lanyard.policy.expiry"
local format = require "lanyard.desired.import.format"
local import = require "lanyard.desired.import"
local json = require "lanyard.json"
local plan_file = require "lanyard.desired.plan_file"
local plans = require "lanyard.desired.plan"
local policy = require "lanyard.policy"
local resolve = require "lanyard.desired.resolve"
local statements = require "lanyard.access.statements"
local world = require "world"

-- Each run has its own seed, so that many runs try many cases. Several cases share a world to save time.
local WORLDS, CASES = 8, 10

local REPOSITORIES = { "web", "jobs", "team/a", "team/b", "team/c" }
local SERVICES = { "web", "jobs", "cron", "off" }
local PATTERNS = { "web", "jobs", "team/a", "team/b", "team/*", "*", "*b*" }
local DATES = { "2020-01-31", "2027-01-31", "2030-06-30T12:00:00Z" }
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/%s/containers/%s/%s"
local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

local function pick(list)
  return list[math.random(#list)]
end

local function chance(percent)
  return math.random(100) <= percent
end

-- Statements that apply must never change.
local THEIRS = {
  '{ "Sid" : "ci",\n "Effect" : "Allow" , "Principal":{"AWS":"444455556666"},"Action":"ecr:PutImage" }',
  '{"Effect":"Allow","Principal":"*","Action":"ecr:DescribeImages","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}',
  '{"Sid":"no \\u00fc","Effect":"Deny","Principal":{"AWS":["555566667777"]},"NotAction":"ecr:*"}',
  '{"Sid":"far","Effect":"Allow","Principal":{"AWS":"' .. ROLE:format("us-west-2", "web", "private-repo-access/x")
    .. '"},"Action":' .. PULL .. "}",
  '{"Sid":"general","Effect":"Allow","Principal":{"AWS":"' .. ROLE:format("us-east-1", "web", "x") .. '"},"Action":'
    .. PULL .. "}",
}

local function condition()
  return chance(40) and (',"Condition":{"DateLessThan":{"aws:CurrentTime":"%s"}}'):format(
    pick { "2020-01-31T00:00:00Z", "2027-01-31T00:00:00Z", "2029-01-01T00:00:00Z" })
    or chance(15) and ',"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}' or ""
end

-- Returns a statement about Lightsail's roles, as lanyard or another tool would write it.
local function about_roles(number, roles)
  local principals = {}
  for _ = 1, math.random(3) do
    principals[#principals + 1] = '"' .. (chance(70) and pick(roles)
      or ROLE:format("us-east-1", pick { "web", "gone" }, "private-repo-access/old")) .. '"'
  end
  if chance(20) then
    principals[#principals + 1] = '"888899990000"'
  end
  return ('{"Sid":"%s","Effect":"%s","Principal":{"AWS":[%s]},"Action":%s%s}'):format(
    chance(50) and "AllowLightsailPull-" .. pick(SERVICES) or "s" .. number, chance(90) and "Allow" or "Deny",
    table.concat(principals, ", "), pick { PULL, PULL, PULL, '"ecr:*"', '"ecr:BatchGetImage"' }, condition())
end

local function random_policy(roles)
  local all, theirs = {}, {}
  for number = 1, math.random(4) do
    if chance(50) then
      theirs[#theirs + 1] = table.remove(THEIRS, math.random(#THEIRS))
      all[#all + 1] = theirs[#theirs]
    else
      all[#all + 1] = about_roles(number, roles)
    end
  end
  table.move(theirs, 1, #theirs, #THEIRS + 1, THEIRS)
  return '{"Version":"2012-10-17","Statement":[' .. table.concat(all, pick { ",", ",\n  " }) .. "]}", theirs
end

local function random_file()
  local grants, used = json.array {}, {}
  for _ = 1, math.random(0, 4) do
    local service = pick(SERVICES)
    if not used[service] then -- several grants of one service could be in conflict
      used[service] = true
      local repositories, named = json.array {}, {}
      for _ = 1, math.random(3) do
        local pattern = pick(PATTERNS)
        repositories[#repositories + 1] = not named[pattern] and pattern or nil
        named[pattern] = true
      end
      grants[#grants + 1] = { service = service, repositories = repositories,
        expires = chance(50) and pick(DATES) or nil, sid = chance(20) and "custom " .. service or nil }
    end
  end
  return json.encode { grants = grants }
end

local function new_world()
  local role = ROLE:gsub("%%s", "us-east-1", 1)
  return world.new { seed = { roles = {
    role:format("web", "private-repo-access/old"), role:format("gone", "private-repo-access/old"), role:format("web", "x"),
    ROLE:format("us-west-2", "web", "private-repo-access/x"),
  }, regions = { ["us-east-1"] = {
    services = { { name = "web", role = true }, { name = "jobs", role = true }, { name = "cron", role = true },
      { name = "off" } },
    repositories = { { name = "web" }, { name = "jobs" }, { name = "team/a" }, { name = "team/b" },
      { name = "team/c" } },
  } } } }
end

-- Returns why the file that import writes is wrong, or nil.
local function import_error(w)
  local text = format.lua(assert(import.read(w.region)))
  local entry = plans.changing(assert(plans.make(w.region, assert(desired_file.parse(text, "grants.lua")))))[1]
  return entry and ("%s: the plan of an import is not empty: %s\n%s"):format(entry.repository.name, entry.change.diff,
    text)
end

-- Returns why a role cannot pull until its date, or can pull longer because of a statement only for pulls; else nil.
local function grant_error(doc, role, grant, now)
  local decision = doc and doc:can { principal = role, action = "ecr:BatchGetImage", context = expiry.at(now) }
  if not (grant.expires and grant.expires <= now) and decision ~= "allow" and decision ~= "deny" then
    return "cannot pull"
  end
  for _, statement in ipairs(grant.expires and doc and doc:statements() or {}) do
    local outlasts = (expiry.ends(statement) or math.huge) > grant.expires
    if outlasts and statements.names(statement, role) and statements.only_pulls(statement) then
      return "can pull longer than requested"
    end
  end
  return nil
end

-- Returns which grant of a file a repository's policy does not have, or nil.
local function policies_error(w, file)
  local roles = {}
  for _, service in ipairs(assert(w.region:services())) do
    roles[service.name] = service.role.arn
  end
  for _, name in ipairs(REPOSITORIES) do
    local doc = w:text(name) and assert(policy.parse(w:text(name)))
    for _, grant in ipairs((resolve.grants_for(file, name))) do
      local err = grant_error(doc, roles[grant.service] or "arn:aws:iam::947856326339:role/none", grant, w:time())
      if err then return ("%s %s from %s: %s"):format(grant.service, err, name, w:text(name)) end
    end
  end
  return nil
end

-- Runs one case. Returns what went wrong, or nil.
local function case_error(w)
  local roles, theirs = {}, {}
  for _, service in ipairs(assert(w.region:services())) do
    roles[#roles + 1] = service.role.arn
  end
  for _, name in ipairs(REPOSITORIES) do
    local text
    if chance(75) then text, theirs[name] = random_policy(roles) end
    w:put(name, text)
  end
  local err = import_error(w)
  if err then return err end
  local text = random_file()
  local file, options = assert(desired_file.parse(text, "grants.json")), { prune = chance(50) }
  local plan = assert(plans.make(w.region, file, options))
  if chance(30) then
    plan = assert(plans.resume(w.region, assert(plan_file.decode(json.decode(json.encode(plan_file.encode(plan))), "plan.json"))))
  end
  for _, one in ipairs(plans.changing(plan)) do
    if #one.change.lines == 0 then return "a change without a line: " .. one.change.diff .. text end
  end
  local _, changes = apply.apply(w.region, plan, { settle = false })
  for _, one in ipairs(changes) do
    if one.err then return one.repository .. ": " .. tostring(one.err) .. "\n" .. text end
  end
  plan = assert(plans.make(w.region, file, options))
  if plan.failures[1] then return tostring(plan.failures[1].err) .. "\n" .. text end
  local entry = plans.changing(plan)[1]
  if entry then
    return ("%s: the plan is not empty: %s\n%s\nprune: %s"):format(entry.repository.name, entry.change.diff, text,
      tostring(options.prune))
  end
  err = policies_error(w, file)
  if err then return err .. "\n" .. text end
  for name, of_others in pairs(theirs) do
    for _, statement in ipairs(of_others) do
      if not (w:text(name) or ""):find(statement, 1, true) then
        return ("%s has lost %s: %s"):format(name, statement, w:text(name))
      end
    end
    assert(policy.parse(w:text(name) or '{"Statement":[]}'))
  end
  return nil
end

describe("apply of any plan", function()
  it("leaves an empty plan and keeps every statement of others", function()
    local seed = math.tointeger(tonumber(os.getenv "LANYARD_SEED")) or os.time()
    math.randomseed(seed)
    for number = 1, WORLDS do
      local w <close> = new_world()
      for case = 1, CASES do
        assert(w.region:disable "off")
        local err = case_error(w)
        assert.is_nil(err, ("LANYARD_SEED=%d, world %d, case %d: %s"):format(seed, number, case, tostring(err)))
      end
    end
  end)
end)
