local document = require "lanyard.audit.report.document"
local account = require "audit_account"
local fleet = require "fleet"
local json = require "lanyard.json"
local merge = require "lanyard.audit.report.merge"
local scanner = require "lanyard.audit.scan.scanner"
local targets = require "lanyard.audit.scan.targets"
local system = require "lanyard.system"

local ACCOUNT = fleet.ACCOUNT

local function finding(repository, message, more)
  local made = {
    id = "public-access", severity = "critical", message = message or "open", why = "w", fix = "f",
    account = ACCOUNT, region = "us-east-1", repository = repository, principal = "*",
    key = ("public-access|%s|us-east-1|%s||*"):format(ACCOUNT, repository or ""),
  }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function repository(name, more)
  local made = { name = name, arn = "arn:" .. name, access = json.array {} }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

-- A report of one scope.
local function report(hour, repositories, findings, more)
  local made = document.new(("2026-11-25T%02d:00:00Z"):format(hour))
  made.scopes[1] = {
    account = ACCOUNT, region = "us-east-1", repositories = json.array(repositories), services = json.array {},
  }
  made.findings = json.array(findings or {})
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function failed_scope(message, more)
  local made = { region = "us-east-1", error = { code = "AccessDenied", message = message } }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function names(items)
  local list = {}
  for i, item in ipairs(items) do list[i] = item.name or item.repository end
  return list
end

local function join(...)
  return merge.join({ ... }, { "a.json", "b.json", "c.json" })
end

describe("merging reports", function()
  it("keeps that AWS did not say what exists, which each report asks for itself", function()
    for _, unknown in ipairs { 1, 2 } do
      local reports = { report(1, { repository "one" }), report(2, { repository "two" }) }
      reports[unknown].scopes[1].absences_error = "denied"
      assert.equal("denied", join(reports[1], reports[2]).scopes[1].absences_error)
    end
  end)

  it("keeps what a part of the audit could not read, unless another report of the part or of everything could", function()
    local function part(hour, shard, err)
      local made = report(hour, { repository("of " .. tostring(shard)) }, {}, { partial = shard and { shard = shard } })
      made.scopes[1].registry_error = err
      return made
    end
    local function joined(...) return join(...).scopes[1].registry_error end
    for _, hours in ipairs { { 1, 2 }, { 2, 1 } } do
      local first, second = table.unpack(hours)
      assert.equal("denied", joined(part(first, "1/2", "denied"), part(second, "2/2")))
      assert.equal("denied", joined(part(first, "1/2"), part(second, "2/2", "denied")))
      assert.is_nil(joined(part(first, nil, "denied"), part(second, nil)))
      assert.is_nil(joined(part(first, "1/2", "denied"), part(second, nil)))
      assert.equal("denied", joined(part(first, nil, "denied"), part(second, "2/2")))
    end
    assert.equal("denied", joined(part(1, nil, "denied"), part(2, nil, "denied")))
    assert.is_nil(joined(part(1, "1/2"), part(2, "2/2")))
  end)

  it("advises to disable no role that a registry policy can grant which a shard could not read", function()
    local arn = "arn:aws:iam::1:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/web"
    local function part(shard, err)
      local made = report(1, { repository("of " .. shard) }, {}, { partial = { shard = shard } })
      made.scopes[1].services = json.array { { name = "web", principalArn = arn, isActive = true, images = json.array {} } }
      made.scopes[1].registry_error = err
      return made
    end
    assert.equal("unused-role", join(part "1/2", part "2/2").findings[1].id)
    assert.same({}, join(part("1/2", "denied"), part "2/2").findings)
    assert.same({}, join(part "1/2", part("2/2", "denied")).findings)
  end)

  it("is not complete where a shard skipped a Region that another one audited", function()
    local skipped = failed_scope("not enabled", { account = ACCOUNT, skipped = true })
    local function part(shard, scope)
      local made = report(1, { repository("of " .. shard) }, {}, { partial = { shard = shard } })
      made.scopes[1] = scope or made.scopes[1]
      return made
    end
    local joined, notes, failed = join(part("1/2", skipped), part "2/2")
    assert.is_true(failed)
    assert.same({}, joined.partial)
    assert.match("missing: shard 1/2", notes[1])
    joined, notes, failed = join(part("1/2", skipped), part("2/2", skipped))
    assert.same({ false, nil, {} }, { failed, joined.partial, notes })
  end)

  it("returns all scopes, and each repository and finding once", function()
    local joined, notes, failed = join(
      report(1, { repository "one", repository "two" }, { finding "one" }),
      report(2, { repository "two", repository "three", repository "three" }, { finding "three" }))
    assert.same({}, notes)
    assert.is_false(failed)
    assert.equal(1, #joined.scopes)
    assert.same({ "one", "three", "two" }, names(joined.scopes[1].repositories))
    assert.same({ "one", "three" }, names(joined.findings))
    assert.equal("2026-11-25T01:00:00Z", joined.time) -- of the earliest part
    assert.is_nil(joined.partial)
  end)

  it("notes differences and uses the later report with its findings", function()
    for _, reversed in ipairs { false, true } do
      local older = report(1, { repository("web", { arn = "old" }) }, { finding("web", "older"), finding(nil, "older", { key = "k" }) })
      local later = report(2, { repository("web", { arn = "new" }) }, { finding(nil, "later", { key = "k" }) })
      local joined, notes, failed = join(reversed and later or older, reversed and older or later)
      assert.same({ ("%s/us-east-1: web is not the same in %s; the later report counts")
        :format(ACCOUNT, reversed and "a.json and b.json" or "b.json and a.json") }, notes)
      assert.is_false(failed)
      assert.equal("new", joined.scopes[1].repositories[1].arn)
      assert.equal(1, #joined.findings)
      assert.equal("later", joined.findings[1].message)
    end
  end)

  it("drops findings that a later report resolves", function()
    local role = finding(nil, "unused", { id = "unused-role", service = "web", key = "unused-role" })
    local open = finding("web")
    local earlier = report(1, { repository "web", repository "else" }, { role, open, finding("else", nil, { key = "else" }) })
    assert.equal(1, #join(earlier, report(2, { repository "web" })).findings)
    for _, blind in ipairs {
      report(2, { repository("web", { policy_error = "denied" }) }),
      report(2, {}, {}, { partial = { shard = "1/2" } }),
      report(2, { repository "web" }, {}, { partial = { service = "jobs" } }),
    } do
      assert.equal(3, #join(earlier, blind).findings)
    end
    assert.equal(2, #join(earlier, report(2, { repository "web" }, {}, { partial = { shard = "1/2" } })).findings)
  end)

  it("prefers a policy that could be read", function()
    local joined, notes = join(
      report(1, { repository("web", { access = json.array { { principal = "*", type = "AWS", decision = "allow" } } }) }),
      report(2, { repository("web", { policy_error = "denied" }) }, { finding("web", "denied", { id = "unreadable-policy" }) }))
    assert.same({}, notes)
    assert.same({}, names(joined.findings))
    assert.equal(1, #joined.scopes[1].repositories[1].access)
  end)

  it("retains a failure although another report covers the scope, and then fails", function()
    local bad = document.new "2026-11-25T03:00:00Z"
    bad.scopes[1] = failed_scope "no"
    local joined, notes, failed = join(report(1, { repository "one" }), bad, bad)
    assert.is_true(failed)
    assert.same({ "us-east-1 failed in b.json: no" }, { (notes[1]:gsub("c.json", "b.json")) })
    assert.equal(2, #joined.scopes)
    assert.equal("no", joined.scopes[2].error.message)
    bad.scopes[1].skipped = true
    assert.is_false(select(3, join(report(1, { repository "one" }), bad)))
  end)

  it("covers everything when all shards are present, and names missing shards", function()
    local function shard(i, more)
      return report(i, { repository("r" .. i) }, {}, { partial = { shard = i .. "/3", repositories = more } })
    end
    local joined, notes, failed = join(shard(1), shard(2), shard(3))
    assert.same({ nil, {}, false }, { joined.partial, notes, failed })
    joined, notes, failed = join(shard(1), shard(3))
    assert.same({}, joined.partial)
    assert.same({ "missing: shard 2/3 (unused roles and images of missing repositories are reported only when "
      .. "all shards are merged)" }, notes)
    assert.is_true(failed)
    local globs = json.array { "r*" }
    joined, notes, failed = join(shard(1, globs), shard(2, globs), shard(3, globs))
    assert.same({ "r*" }, { joined.partial.repositories[1] })
    assert.same({}, notes)
    assert.is_false(failed)
    joined = join(shard(1), report(1, {}))
    assert.same({}, joined.partial)
    joined = join(report(1, {}), report(2, {}, {}, { partial = { service = "web" } }))
    assert.same({ service = "web" }, joined.partial)
  end)
end)

describe("merging shards", function()
  it("adds the findings that need all repositories, unless a shard failed", function()
    local accounts <close> = fleet.new { [ACCOUNT] = account.seed }
    account.age(accounts.worlds[ACCOUNT].state, system.time())
    local scopes = targets.expand { open = accounts:opener() }
    local shards = {}
    for i = 1, 3 do shards[i] = scanner.run(scopes, { shard = { index = i, count = 3 } }) end
    local function found(of)
      local list = {}
      for i, one in ipairs(of.findings) do list[i] = ("%s %s: %s"):format(one.severity, one.key, one.fix) end
      table.sort(list)
      return list
    end
    local old = json.encode(json.array(shards))
    local joined, notes, failed = join(table.unpack(shards))
    assert.same({ {}, false }, { notes, failed })
    local all = scanner.run(scopes)
    assert.same(found(all), found(joined))
    local lacking = {}
    for _, list in ipairs { found(shards[1]), found(shards[2]), found(shards[3]) } do
      for _, one in ipairs(list) do lacking[one] = true end
    end
    local added = {}
    for _, one in ipairs(found(joined)) do added[#added + 1] = not lacking[one] and one:match " (%S-)|" or nil end
    assert.same({ "image-missing", "unused-role" }, added)
    -- A shard that could not look leaves a gap, and one of an earlier release does not say what is deployed.
    shards = json.decode(old)
    shards[2].scopes[1] = failed_scope "no"
    joined = join(table.unpack(shards))
    assert.same({}, joined.partial)
    shards = json.decode(old)
    for _, one in ipairs(shards) do one.scopes[1].services[1].images = nil end
    joined, notes = join(table.unpack(shards))
    assert.is_nil(joined.partial)
    assert.same({ ACCOUNT .. "/us-east-1: unused roles are not reported, because a shard is of an earlier lanyard" }, notes)
  end)

  it("returns the report of an audit without shards", function()
    local repositories = {}
    for n = 1, 12 do repositories[n] = { name = "app-" .. n, policy = n % 2 == 0 and fleet.OPEN or nil } end
    local accounts <close> = fleet.new { [ACCOUNT] = { regions = {
      ["us-east-1"] = { repositories = repositories }, ["eu-west-1"] = { repositories = { { name = "app-1" } } },
    } } }
    local scopes = targets.expand { regions = { "eu-west-1", "us-east-1" }, open = accounts:opener() }
    local whole = scanner.run(scopes)
    local before = accounts:count "GetRepositoryPolicy"
    local shards = {}
    for i = 1, 3 do
      local failures
      shards[i], failures = scanner.run(scopes, { shard = { index = i, count = 3 } })
      assert.same({}, failures)
      assert.equal(i .. "/3", shards[i].partial.shard)
    end
    assert.equal(before, accounts:count "GetRepositoryPolicy" - before)
    local joined, notes, failed = join(table.unpack(shards))
    assert.same({}, notes)
    assert.is_false(failed)
    joined.time = whole.time
    table.sort(joined.findings, function(a, b) return a.key < b.key end)
    table.sort(whole.findings, function(a, b) return a.key < b.key end)
    assert.equal(json.encode(whole), json.encode(joined))
    assert.equal(6, #whole.findings)
  end)
end)
