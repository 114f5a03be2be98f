local account = require "audit_account"
local audit = require "lanyard.audit"
local desired = require "lanyard.desired.file"
local helper = require "helper"
local mutes = require "lanyard.audit.mutes"
local rules = require "lanyard.rules"
local world = require "world"

local function with_account(options)
  options = options or {}
  options.seed = options.seed or account.seed
  local w = world.new(options)
  account.age(w.world.state, w:time())
  return w
end

-- Returns a finding in the form of account.expected.
local function brief(finding)
  local place, text = finding.location, account.policies[finding.repository]
  return { finding.id, finding.severity, finding.repository, finding.index,
    place and text:sub(place.first, place.last), finding.fix }
end

local function by_id_and_repository(list)
  local found = {}
  for _, one in ipairs(list) do
    found[#found + 1] = one[1] .. " " .. (one[3] or "")
  end
  table.sort(found)
  return found
end

describe("an audit of an account with one of each finding", function()
  it("finds each one with its location and fix, and no near miss", function()
    local w <close> = with_account()
    local report = assert(audit.run(w.region))
    local found, expected = {}, {}
    for i, finding in ipairs(report.findings) do
      found[i] = brief(finding)
    end
    assert.same(by_id_and_repository(account.expected), by_id_and_repository(found))
    for _, one in ipairs(account.expected) do
      expected[one[1] .. " " .. (one[3] or "")] = one
    end
    for i, one in ipairs(found) do
      assert.same(expected[one[1] .. " " .. (one[3] or "")], one)
      assert.is_nil(one[3] and one[3]:find "^good/")
      local severity = report.findings[i].severity
      assert.is_false(i > 1 and not audit.reaches({ findings = { report.findings[i - 1] } }, severity))
    end
  end)

  it("gives locations by line and column as well", function()
    local w <close> = with_account()
    for _, finding in ipairs(assert(audit.run(w.region)).findings) do
      if finding.location then
        local before = account.policies[finding.repository]:sub(1, finding.location.first - 1)
        assert.equal(select(2, before:gsub("\n", "")) + 1, finding.location.line)
        assert.equal(#before:match "[^\n]*$" + 1, finding.location.column)
      end
    end
  end)

  it("gives each finding a unique key that stays the same", function()
    local w <close> = with_account()
    local first, second, known = assert(audit.run(w.region)), assert(audit.run(w:connect())), {}
    for i, finding in ipairs(first.findings) do
      assert.is_nil(known[finding.key])
      known[finding.key] = true
      assert.equal(finding.key, second.findings[i].key)
    end
  end)

  it("finds the same in all repositories with the same policy", function()
    local seeded = account.seed.regions["us-east-1"]
    local all = table.move(seeded.repositories, 1, #seeded.repositories, 1, {})
    for name in pairs(account.policies) do
      for number = 1, 3 do
        all[#all + 1] = { name = ("%s.%d"):format(name, number) }
      end
    end
    local w <close> = with_account {
      seed = { regions = { ["us-east-1"] = { services = seeded.services, repositories = all } }, roles = account.seed.roles,
        users = account.seed.users },
    }
    local region = w.world.state.regions["us-east-1"]
    region.registry_policy = nil -- it decides about each repository by its ARN
    for name, text in pairs(account.policies) do
      for number = 1, 3 do
        region.repositories[("%s.%d"):format(name, number)].policy = { text = text, ids = {} }
      end
    end
    local report, found, count = assert(audit.run(w.region)), {}, 0
    for _, finding in ipairs(report.findings) do
      local name, number = (finding.repository or ""):match "^(.*)(%.%d)$"
      if name then
        local line = ("%s %s %s"):format(finding.id, finding.severity, (finding.message:gsub("%.%d", "")))
        found[name] = found[name] or {}
        found[name][number] = (found[name][number] or "") .. line .. "\n"
      end
    end
    for name, by_number in pairs(found) do
      count = count + 1
      assert.equal(by_number[".1"], by_number[".2"], name)
      assert.equal(by_number[".1"], by_number[".3"], name)
    end
    assert.is_true(count > 20)
  end)

  it("covers every finding of the catalogue", function()
    local w <close> = with_account()
    local found = {}
    local wanted = assert(desired.parse('{"grants":[]}', "grants.json"))
    for _, options in ipairs { {}, { trusted_accounts = {} }, { desired = wanted } } do
      for _, finding in ipairs(assert(audit.run(w.region, options)).findings) do
        found[finding.id] = true
      end
    end
    w:put("bad/public", '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},'
      .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}')
    for _, finding in ipairs(assert(audit.run(w.region, { globs = { "bad/public" } })).findings) do
      found[finding.id] = true
    end
    w:put("bad/public", "not a policy")
    local repository = assert(w.region:repositories { "good/denied" })[1]
    assert(w.region:grant(assert(w.region:service "web"), repository))
    w:put("good/denied", nil)
    for _, finding in ipairs(assert(audit.run(w.region, { globs = { "bad/public", "good/denied" } })).findings) do
      found[finding.id] = true
    end
    helper.write(w.folder .. "/rules.lua", [[
      rule "any" { on = "audit", check = function() return warn "found" end }
      mute { finding = "rule", reason = "outdated", ends = "2020-01-01" }
    ]])
    local own = rules.new { path = w.folder .. "/rules.lua", check_mute = mutes.check }
    assert(own:load())
    local report = assert(audit.run(w.region, { rules = own }))
    mutes.add_expired(own:mutes(), report)
    for _, finding in ipairs(report.findings) do
      found[finding.id] = true
    end
    assert(w.region.lightsail:CreateContainerServiceDeployment {
      serviceName = "idle", containers = { main = { image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/good/web:1" } },
    })
    for _, finding in ipairs(assert(audit.run(w.region)).findings) do
      found[finding.id] = true
    end
    for id in pairs(audit.catalogue) do
      assert.is_true(found[id], id)
    end
    for id in pairs(found) do
      assert.is_table(audit.catalogue[id], id)
    end
  end)

  it("calls a repository missing only if AWS says that it does not exist", function()
    local w <close> = with_account()
    w.change = function(called, reply) -- as a broken proxy does; rejections stay
      if called == "DescribeRepositories" and reply.status == 200 then
        reply.body = '{"repositories":[]}'
      end
    end
    local missing = {}
    for _, finding in ipairs(assert(audit.run(w.region)).findings) do
      missing[#missing + 1] = finding.id == "image-missing" and finding.repository or nil
    end
    assert.same({ "bad/lost" }, missing)
  end)

  it("names the condition of public access", function()
    local w <close> = with_account()
    for _, finding in ipairs(assert(audit.run(w.region)).findings) do
      if finding.id == "public-access-conditional" then
        assert.matches("under a condition on aws:PrincipalOrgID", finding.message)
      end
    end
  end)

  it("reports images that it is not allowed to read as unknown", function()
    local denied = { code = "AccessDeniedException", message = "no", status = 400 }
    local w <close> = with_account {
      faults = { { service = "ecr", operation = "DescribeImages", error = denied } },
    }
    local report = assert(audit.run(w.region))
    local missing = {}
    for _, finding in ipairs(report.findings) do
      missing[#missing + 1] = finding.id == "image-missing" and finding.repository or nil
      assert.not_equal("unused-grant", finding.id)
    end
    assert.same({ "bad/lost" }, missing) -- known from the list of repositories
    local unknown = {}
    for _, repository in ipairs(report.scopes[1].repositories) do
      unknown[#unknown + 1] = repository.images_error and repository.name
    end
    assert.same({ "bad/ends-soon-needed", "bad/missing", "bad/mutable", "bad/not-granted", "bad/over", "bad/refused",
      "bad/role-off", "bad/unused", "good/pulled", "good/web" }, unknown)
  end)

  it("reports IAM and the registry as unknown when it cannot read them, after one call each, and continues", function()
    local denied = { code = "AccessDeniedException", message = "no", status = 400 }
    local w <close> = with_account { faults = {
      { service = "ecr", operation = "GetRegistryPolicy", error = denied },
      { service = "iam", error = { code = "AccessDenied", message = "no", status = 403 } },
    } }
    w.region.parallel = 1
    local report = assert(audit.run(w.region))
    assert.matches("AccessDeniedException", report.scopes[1].registry_error)
    assert.matches("AccessDenied", report.scopes[1].identities_error)
    assert.equal(1, w:count "GetRole" + w:count "GetUser")
    assert.equal(#account.expected - 5, #report.findings)
    for _, finding in ipairs(report.findings) do
      assert.is_nil(finding.id:find "^registry" or finding.id:find "^missing%-principal")
      assert.not_equal("unused-role", finding.id) -- the registry policy can grant it
    end
  end)

  it("reports when grants expire", function()
    local w <close> = with_account()
    local ends = {}
    for _, repository in ipairs(assert(audit.run(w.region)).scopes[1].repositories) do
      for _, access in ipairs(repository.access) do
        ends[repository.name] = access.expires
      end
    end
    assert.equal("2020-01-31T00:00:00Z", ends["bad/expired"])
    assert.equal("2999-01-31T00:00:00Z", ends["good/expired"])
    assert.is_true(ends["good/ends-later"] > ends["bad/ends-soon"])
    assert.is_nil(ends["good/web"])
  end)

  it("reads images in parallel, each once, within the limit", function()
    local open, most = 0, 0
    local w <close> = with_account()
    w.before = function(operation)
      if operation == "DescribeImages" then
        open = open + 1
        most = math.max(most, open)
        require("lanyard.task").sleep(0.01)
        open = open - 1
      end
    end
    w.region.parallel = 3
    assert(audit.run(w.region))
    assert.equal(3, most)
    assert.equal(11, w:count "DescribeImages")
  end)
end)
