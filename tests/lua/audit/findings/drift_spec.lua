local audit = require "lanyard.audit"
local deployable = require "deployable"
local desired_file = require "lanyard.desired.file"
local desired_grants = require "desired_grants"
local json = require "lanyard.json"
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

-- Returns the drift that an audit finds: a list of { message, fix, line }.
local function drift(w, grants, options)
  options = options or {}
  options.desired = options.desired or assert(desired_file.parse(json.encode { grants = json.array(grants) }, "grants.lua"))
  local found = {}
  for _, finding in ipairs(assert(audit.run(w.region, options)).findings) do
    if finding.id == "drift" then
      found[#found + 1] = { finding.message, finding.fix, finding.location and finding.location.line }
    end
  end
  return found
end

describe("drift", function()
  it("is not found when the account matches the file, or without a file", function()
    local w <close> = new_world()
    w:put("web", allow(role_of(w, "web"), "2027-01-31T00:00:00Z"))
    assert.same({}, drift(w, { grant("web", { "web" }, "2027-01-31") }))
    for _, finding in ipairs(assert(audit.run(w.region)).findings) do
      assert.not_equal("drift", finding.id)
    end
  end)

  it("is not found for the grant of a deployment that the file describes, or in a file without grants", function()
    local w <close> = deployable.world()
    w.passed = 100
    w:put("web", allow(role_of(w, "web")))
    local function found(text)
      return drift(w, nil, { desired = assert(desired_file.parse("return { " .. text .. " }", "web.lua")) })
    end
    assert.same({}, found 'grants = {}, services = { { name = "web", containers = { app = { environment = keep } } } }')
    assert.same({}, found 'services = { { name = "web" } }')
    assert.equal(1, #found 'grants = {}, services = { { name = "web" } }')
    assert.equal(1, #found 'grants = {}, services = {}')
  end)

  it("is not found in a policy that gives the same access in other words", function()
    local w <close> = new_world()
    local part = '{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"%s","Condition":{"DateLessThan":{"aws:CurrentTime":'
      .. '"2027-01-31T00:00:00Z"}%s}}'
    local function put(more)
      local role = role_of(w, "web")
      w:put("web", ('{"Version":"2012-10-17","Statement":[%s,%s]}'):format(part:format(role, "ecr:BatchGetImage", more),
        part:format(role, "ecr:GetDownload*", more)))
    end
    put ""
    assert.same({}, drift(w, { grant("web", { "web" }, "2027-01-31") }))
    put ',"Bool":{"aws:SecureTransport":"true"}'
    assert.equal(1, #drift(w, { grant("web", { "web" }, "2027-01-31") }))
  end)

  it("says what applying the file gives and takes", function()
    local w <close> = new_world()
    local options = { desired = assert(desired_file.parse(json.encode { grants = json.array { grant("web", { "web" }) } }, "g.json")) }
    for _, finding in ipairs(assert(audit.run(w.region, options)).findings) do
      if finding.id == "drift" then
        assert.matches("; applying it gives: pull to arn:aws:iam::%d+:role/%S+; takes: nothing$", finding.why)
      end
    end
  end)

  it("is a missing grant", function()
    local w <close> = new_world()
    assert.same({
      { "team/a does not let jobs pull, but grants.lua grants it until 2027-01-31",
        "lanyard grant jobs team/a --expires 2027-01-31" .. REGION },
      { "team/b does not let jobs pull, but grants.lua grants it until 2027-01-31",
        "lanyard grant jobs team/b --expires 2027-01-31" .. REGION },
      { "web does not let web pull, but grants.lua grants it", "lanyard grant web web" .. REGION },
    }, drift(w, { grant("web", { "web" }), grant("jobs", { "team/*" }, "2027-01-31") }))
  end)

  it("is a grant to a puller role that the file does not list, including an earlier role", function()
    local w <close> = new_world()
    local old = role_of(w, "web"):gsub("[^/]*$", "old")
    w:put("web", allow(role_of(w, "jobs")))
    w:put("jobs", allow(old))
    assert.same({
      { "jobs lets an earlier role of web pull, but grants.lua does not grant it",
        "lanyard revoke --principal " .. old .. " jobs" .. REGION, 1 },
      { "web lets jobs pull, but grants.lua does not grant it",
        "lanyard revoke --principal " .. role_of(w, "jobs") .. " web" .. REGION, 1 },
    }, drift(w, {}))
  end)

  it("is a deadline that differs, or exists only in the policy or only in the file", function()
    local w <close> = new_world()
    w:put("web", allow(role_of(w, "web"), "2026-12-01T00:00:00Z"))
    assert.same({ { "web lets web pull until 2026-12-01, but grants.lua grants it until 2027-01-31",
      "lanyard grant web web --expires 2027-01-31" .. REGION, 1 } }, drift(w, { grant("web", { "web" }, "2027-01-31") }))
    assert.same({ { "web lets web pull until 2026-12-01, but grants.lua grants it without expiry",
      "lanyard grant web web --expires never" .. REGION, 1 } }, drift(w, { grant("web", { "web" }) }))
  end)

  it("is a grant that should have expired", function()
    local w <close> = new_world()
    w:put("web", allow(role_of(w, "web")))
    local found = drift(w, { grant("web", { "web" }, "2020-01-31") })
    assert.equal("lanyard revoke --principal " .. role_of(w, "web") .. " web" .. REGION, found[1][2])
    w:put("web", nil)
    assert.same({}, drift(w, { grant("web", { "web" }, "2020-01-31") }))
  end)

  it("is a contradiction in the file, for which no change of the policy is suggested", function()
    local w <close> = new_world()
    w:put("team/a", allow(role_of(w, "web")))
    assert.same({ { "grants.lua: grants[1] and grants[2] both grant 'team/a' to 'web', with different dates or Sids",
      "keep only one of the contradicting grants in grants.lua" } },
      drift(w, { grant("web", { "team/a" }, "2020-01-31"), grant("web", { "team/*a" }) }))
  end)

  it("is a disabled role", function()
    local w <close> = new_world()
    assert.same({
      { "web does not let off pull, but grants.lua grants it", "lanyard grant off web --enable" .. REGION },
      { "the puller role of off is disabled, but grants.lua grants it access", "lanyard enable off" .. REGION },
    }, drift(w, { grant("off", { "web" }) }))
  end)

  it("is a service or repository that does not exist", function()
    local w <close> = new_world()
    assert.same({
      { "grants.lua names the service gone, which does not exist", "remove gone from grants.lua, or create the service" },
      { "grants.lua names 'nowhere' for gone, but no such repository exists",
        "remove 'nowhere' from grants[1] of grants.lua, or create the repository" },
    }, drift(w, { grant("gone", { "web", "nowhere" }) }))
  end)

  it("is a missing service or repository only if AWS says so, whatever the lists have", function()
    local w <close> = new_world()
    w.change = function(called, reply)
      if called == "DescribeRepositories" and reply.status == 200 then
        reply.body = '{"repositories":[]}'
      elseif called == "GetContainerServices" and reply.status == 200 then
        reply.body = '{"containerServices":[]}'
      end
    end
    assert.same({
      { "grants.lua names the service gone, which does not exist", "remove gone from grants.lua, or create the service" },
      { "grants.lua names 'nowhere' for web, but no such repository exists",
        "remove 'nowhere' from grants[1] of grants.lua, or create the repository" },
      { "grants.lua names 'team/*' for gone, but ECR listed no repository at all",
        "remove 'team/*' from grants[2] of grants.lua, or create the repository" },
    }, drift(w, { grant("web", { "web", "nowhere" }), grant("gone", { "team/*" }) }))
  end)

  it("is not reported for repositories that are not audited", function()
    local w <close> = new_world()
    assert.same({}, drift(w, { grant("web", { "web", "nowhere" }) }, { globs = { "jobs" } }))
  end)

  it("is not reported for the file of another Region, nor when the services are unknown", function()
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
