local audit = require "lanyard.audit"
local json = require "lanyard.json"
local desired_file = require "lanyard.desired.file"
local desired_grants = require "desired_grants"
local world = require "world"

local grant = desired_grants.grant

local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'
local REGION = " --region us-east-1"

local function new_world()
  return world.new { seed = desired_grants.SEED }
end

local function allow(principal, date)
  local condition = date and (',"Condition":{"DateLessThan":{"aws:CurrentTime":"%s"}}'):format(date) or ""
  return ('{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":%s%s}]}')
    :format(principal, PULL, condition)
end

local function role_of(w, service)
  return assert(w.region:service(service)).role.arn
end

-- The drift that an audit finds: { message, fix }.
local function drift(w, grants, options)
  options = options or {}
  options.desired = assert(desired_file.parse(json.encode { grants = json.array(grants) }, "grants.lua"))
  local found = {}
  for _, finding in ipairs(assert(audit.run(w.region, options)).findings) do
    if finding.id == "drift" then
      found[#found + 1] = { finding.message, finding.fix, finding.place and finding.place.line }
    end
  end
  return found
end

describe("drift", function()
  it("is nothing where all is as the file says, and where there is no file", function()
    local w <close> = new_world()
    w:put("web", allow(role_of(w, "web"), "2027-01-31T00:00:00Z"))
    assert.same({}, drift(w, { grant("web", { "web" }, "2027-01-31") }))
    for _, finding in ipairs(assert(audit.run(w.region)).findings) do
      assert.not_equal("drift", finding.id)
    end
  end)

  it("is a grant that is missing", function()
    local w <close> = new_world()
    assert.same({
      { "team/a does not let jobs pull, and by grants.lua it shall until 2027-01-31",
        "lanyard grant jobs team/a --expires 2027-01-31" .. REGION },
      { "team/b does not let jobs pull, and by grants.lua it shall until 2027-01-31",
        "lanyard grant jobs team/b --expires 2027-01-31" .. REGION },
      { "web does not let web pull, and by grants.lua it shall", "lanyard grant web web" .. REGION },
    }, drift(w, { grant("web", { "web" }), grant("jobs", { "team/*" }, "2027-01-31") }))
  end)

  it("is a grant of a puller role that the file does not name, an earlier role's too", function()
    local w <close> = new_world()
    local old = role_of(w, "web"):gsub("[^/]*$", "old")
    w:put("web", allow(role_of(w, "jobs")))
    w:put("jobs", allow(old))
    assert.same({
      { "jobs lets an earlier role of web pull, and grants.lua does not say so",
        "lanyard revoke --principal " .. old .. " jobs" .. REGION, 1 },
      { "web lets jobs pull, and grants.lua does not say so",
        "lanyard revoke --principal " .. role_of(w, "jobs") .. " web" .. REGION, 1 },
    }, drift(w, {}))
  end)

  it("is another date, one too many and one too few", function()
    local w <close> = new_world()
    w:put("web", allow(role_of(w, "web"), "2026-12-01T00:00:00Z"))
    assert.same({ { "web lets web pull until 2026-12-01, and by grants.lua it shall pull until 2027-01-31",
      "lanyard grant web web --expires 2027-01-31" .. REGION, 1 } }, drift(w, { grant("web", { "web" }, "2027-01-31") }))
    assert.same({ { "web lets web pull until 2026-12-01, and by grants.lua it shall pull without expiry",
      "lanyard grant web web --expires never" .. REGION, 1 } }, drift(w, { grant("web", { "web" }) }))
  end)

  it("is a grant that should have ended", function()
    local w <close> = new_world()
    w:put("web", allow(role_of(w, "web")))
    local found = drift(w, { grant("web", { "web" }, "2020-01-31") })
    assert.equal("lanyard revoke --principal " .. role_of(w, "web") .. " web" .. REGION, found[1][2])
    w:put("web", nil)
    assert.same({}, drift(w, { grant("web", { "web" }, "2020-01-31") }))
  end)

  it("is what the file says in two ways, and no mend of the policy is told for it", function()
    local w <close> = new_world()
    w:put("team/a", allow(role_of(w, "web")))
    assert.same({ { "grants.lua: grants[1] and grants[2] both grant 'team/a' to 'web', with different dates or Sids",
      "let one grant of grants.lua alone say it" } },
      drift(w, { grant("web", { "team/a" }, "2020-01-31"), grant("web", { "team/*a" }) }))
  end)

  it("is a role that is off", function()
    local w <close> = new_world()
    assert.same({
      { "web does not let off pull, and by grants.lua it shall", "lanyard grant off web --enable" .. REGION },
      { "the puller role of off is off, and by grants.lua it shall pull", "lanyard enable off" .. REGION },
    }, drift(w, { grant("off", { "web" }) }))
  end)

  it("is a service or a repository that is not there", function()
    local w <close> = new_world()
    assert.same({
      { "grants.lua names the service gone, which is not there", "take gone out of grants.lua, or create the service" },
      { "grants.lua names 'nowhere' for gone, and there is no such repository",
        "take 'nowhere' out of grants[1] of grants.lua, or create the repository" },
    }, drift(w, { grant("gone", { "web", "nowhere" }) }))
  end)

  it("tells nothing of repositories that it was not to look at", function()
    local w <close> = new_world()
    assert.same({}, drift(w, { grant("web", { "web", "nowhere" }) }, { globs = { "jobs" } }))
  end)

  it("tells nothing of another Region's file, nor where the services are unknown", function()
    local w <close> = world.new { faults = { { operation = "GetContainerServices", error = {
      code = "AccessDeniedException", message = "no", status = 400 } } } }
    assert.same({}, drift(w, { grant("web", { "my-private-repo" }) }))
    local other <close> = new_world()
    local desired = assert(desired_file.parse('{"region":"eu-west-1","grants":[{"service":"gone","repositories":["x1"]}]}', "x"))
    for _, finding in ipairs(assert(audit.run(other.region, { desired = desired })).findings) do
      assert.not_equal("drift", finding.id)
    end
  end)
end)
