-- Compatibility with version 0.1.0: files that it wrote, users' scripts, and names that they rely on. The recordings are
-- in tests/compat; README.md there describes them.
--
-- The spec asserts on what must not change (ids, names, Sids, policies, counts, exit statuses), and neither on the
-- texts of messages nor on the member names of JSON output.

local helper = require "helper"
local json = require "lanyard.json"

local RECORDED = "tests/compat/0.1.0/"
local RECORDED_AT = 1795165200 -- 2026-11-20T09:00:00Z
local SCRIPTS = os.getenv "PWD" .. "/" .. RECORDED .. "scripts"
local JOURNAL = RECORDED .. "journal/127.0.0.1_18080"
local REGIONS = "us-east-1,eu-west-1"
local DAY = 86400

-- ---------------------------------------------------------------------------------------------
-- Helpers

local function recorded(name)
  return helper.read(RECORDED .. name)
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

-- Adds every text and number in a value to a set, and returns it.
local function scalars(value, set)
  set = set or {}
  if type(value) ~= "table" then
    set[value] = true
    return set
  end
  for _, member in pairs(value) do
    scalars(member, set)
  end
  return set
end

-- Returns how many items of a list have all these values, whatever the names of the members are.
local function count_with(items, ...)
  local count = 0
  for _, item in ipairs(items) do
    local set, all = scalars(item), true
    for _, text in ipairs { ... } do
      all = all and set[text] ~= nil
    end
    count = count + (all and 1 or 0)
  end
  return count
end

-- Returns the samples of a Prometheus text, sorted, without comments and the times of the audit.
local function samples(text)
  local list = {}
  for _, line in ipairs(lines_of(text)) do
    if not line:find "^#" and not line:find "^lanyard_audit_timestamp_seconds" then
      list[#list + 1] = line
    end
  end
  table.sort(list)
  return list
end

-- Returns the value of one sample, or nil.
local function sample(text, name)
  for _, line in ipairs(lines_of(text)) do
    if line:sub(1, #name + 1) == name .. " " then
      return tonumber(line:sub(#name + 2))
    end
  end
  return nil
end

-- Returns the sum of all samples with a prefix.
local function total(text, beginning)
  local sum = 0
  for _, line in ipairs(lines_of(text)) do
    if line:sub(1, #beginning) == beginning then
      sum = sum + tonumber(line:match "(%d+)$")
    end
  end
  return sum
end

-- The fingerprints of a SARIF log, sorted.
local function fingerprints(text)
  local list = {}
  for _, result in ipairs(json.decode(text).runs[1].results) do
    list[#list + 1] = result.partialFingerprints["lanyard/v1"]
  end
  table.sort(list)
  return list
end

local function seeded(more)
  return helper.emulator { "--activation-delay", "0", "--no-reformat", "--seed", RECORDED .. "seed.lua", table.unpack(more or {}) }
end

local function in_state(folder, text)
  helper.write(folder .. "/state.json", text)
  return helper.emulator { "--activation-delay", "0", "--no-reformat", "--state", folder .. "/state.json" }
end

-- Returns the state of the account with findings, with its times shifted so that their age is the recorded one, and
-- a second more: some times of the state have fractions past RECORDED_AT, and would lie in the future else.
local function account_today()
  local shift = os.time() - 1 - RECORDED_AT
  local text, numbers = recorded("account.state.json"):gsub(": (%d%d%d%d%d%d%d%d%d%d)(%.?%d*)", function(seconds, rest)
    return (": %d%s"):format(math.tointeger(seconds) + shift, rest)
  end)
  assert.is_true(numbers > 50)
  for _, days in ipairs { 13, 15 } do
    local old = os.date("!%Y-%m-%dT%H:%M:%SZ", RECORDED_AT + days * DAY)
    local count
    text, count = text:gsub(old:gsub("%-", "%%-"), (os.date("!%Y-%m-%dT%H:%M:%SZ", RECORDED_AT + days * DAY + shift)))
    assert.is_true(count > 0, old)
  end
  return text
end

-- Runs a command that must exit with the given status. Returns its stdout and its stderr.
local function run(emulator, status, ...)
  local words = { ... }
  local result = emulator and emulator:run(words) or helper.run { helper.lanyard, ... }
  assert.equal(status, result.status, table.concat(words, " ") .. "\n" .. result.err .. result.out)
  return result.out, result.err
end

-- The text of a repository's policy, "" for none.
local function policy(emulator, repository)
  return (run(emulator, 0, "-e", [[
    local reply, err = require("lanyard.aws").client("ecr"):GetRepositoryPolicy { repositoryName = ... }
    assert(reply or err.code == "RepositoryPolicyNotFoundException", err)
    io.write(reply and reply.policyText or "")
  ]], repository))
end

local function set_policy(emulator, repository, text)
  run(emulator, 0, "-e", [[
    local name, text = ...
    assert(require("lanyard.aws").client("ecr"):SetRepositoryPolicy { repositoryName = name, policyText = text })
  ]], repository, text)
end

-- The Sids of a repository's policy, sorted and joined by commas.
local function sids(emulator, repository)
  local text, list = policy(emulator, repository), {}
  for i, statement in ipairs(text ~= "" and json.decode(text).Statement or {}) do
    list[i] = statement.Sid
  end
  table.sort(list)
  return table.concat(list, ",")
end

local CI_POLICY = '{"Version":"2012-10-17","Statement":[{"Sid":"by hand","Effect":"Allow",'
  .. '"Principal":{"AWS":"arn:aws:iam::111122223333:role/ci-deploy"},"Action":"ecr:PutImage"}]}'

-- ---------------------------------------------------------------------------------------------

describe("the journal of 0.1.0", function()
  -- Returns the recorded entries of a repository, oldest first; `file` is the name of each file.
  local function entries_of(repository)
    local folder = ("%s/111122223333/us-east-1/%s"):format(JOURNAL, (repository:gsub("/", "+")))
    local list = {}
    for _, name in ipairs(lines_of(helper.run({ "ls", folder }).out)) do
      if name:find "%.json$" then
        local entry = json.decode(helper.read(folder .. "/" .. name))
        entry.file = name
        list[#list + 1] = entry
      end
    end
    return list
  end

  -- Starts an emulator in the state of the recording, with a copy of the journal in its folder.
  local function with_journal(folder)
    local emulator = in_state(folder, recorded "team.state.json")
    local copy = emulator.environment.XDG_STATE_HOME .. "/lanyard/journal/" .. emulator.url:match "//(.*)":gsub(":", "_")
    assert.equal(0, helper.run({ "mkdir", "-p", copy }).status)
    assert.equal(0, helper.run({ "cp", "-r", JOURNAL .. "/111122223333", copy }).status)
    return emulator
  end

  local function listed(emulator, repository)
    return json.decode((run(emulator, 0, "undo", "--list", "--output", "json", repository)))
  end

  it("is listed with every change", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local all, count = listed(emulator), 0
    for repository, number in pairs { shared = 3, web = 1, ["team/a"] = 2, ["team/b"] = 3, ["prod/api"] = 1 } do
      local entries = entries_of(repository)
      assert.equal(number, #entries)
      assert.equal(number, #listed(emulator, repository))
      for _, entry in ipairs(entries) do
        assert.equal(1, count_with(all, entry.id, repository, entry.action, entry.time), entry.file)
        count = count + 1
      end
    end
    assert.equal(count, #all)
    assert.is_true(#lines_of((run(emulator, 0, "undo", "--list"))) >= count)
  end)

  it("is undone change by change", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local granted, revoked, applied = table.unpack(entries_of "team/b")
    for i, entry in ipairs { applied, revoked, granted } do
      assert.equal(({ "apply", "revoke", "grant" })[i], entry.action)
      assert.equal(entry.after or "", policy(emulator, "team/b"))
      run(emulator, 0, "undo", "team/b")
      assert.equal(entry.before or "", policy(emulator, "team/b"))
    end
    run(emulator, 1, "undo", "team/b")
    -- The second of these entries undoes the first.
    local _, _, last = table.unpack(entries_of "shared")
    run(emulator, 0, "undo", "shared")
    assert.equal(last.before, policy(emulator, "shared"))
    run(emulator, 1, "undo", "shared")
    assert.equal(last.before, policy(emulator, "shared"))
  end)

  it("does not overwrite a policy that another writer changed since", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    set_policy(emulator, "web", CI_POLICY)
    run(emulator, 1, "undo", "web")
    assert.equal(CI_POLICY, policy(emulator, "web"))
  end)

  it("settles an interrupted change that reached the policy", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local entry = entries_of("prod/api")[1]
    assert.equal(entry.id .. ".open.json", entry.file)
    assert.equal(entry.after, policy(emulator, "prod/api"))
    run(emulator, 0, "grant", "jobs", "prod/api")
    assert.equal(entry.after, policy(emulator, "prod/api"))
    assert.equal(1, #listed(emulator, "prod/api"))
    run(emulator, 0, "undo", "prod/api")
    assert.equal("", policy(emulator, "prod/api"))
  end)

  it("drops an interrupted change that never reached the policy", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    local granted, interrupted = table.unpack(entries_of "team/a")
    assert.equal(interrupted.id .. ".open.json", interrupted.file)
    assert.equal(granted.after, policy(emulator, "team/a"))
    run(emulator, 0, "revoke", "jobs", "team/a")
    assert.equal(0, count_with(listed(emulator, "team/a"), interrupted.id))
    assert.equal(1, count_with(listed(emulator, "team/a"), granted.id))
    run(emulator, 0, "undo", "team/a")
    assert.equal("", policy(emulator, "team/a"))
  end)

  it("does not undo an interrupted change that another writer replaced", function()
    local folder <close> = helper.folder()
    local emulator <close> = with_journal(folder)
    set_policy(emulator, "prod/api", CI_POLICY)
    run(emulator, 0, "revoke", "jobs", "prod/api")
    assert.equal(1, #listed(emulator, "prod/api"))
    run(emulator, 1, "undo", "prod/api")
    assert.equal(CI_POLICY, policy(emulator, "prod/api"))
    -- If the change were recorded as made, it could already be undone: there was no policy before it.
    run(emulator, 0, "-e", [[assert(require("lanyard.aws").client("ecr"):DeleteRepositoryPolicy { repositoryName = "prod/api" })]])
    run(emulator, 1, "undo", "prod/api")
  end)
end)

describe("a report of 0.1.0", function()
  local ALONE = {
    { 0, "reports/account.prom", "reports/account.json" },
    { 0, "reports/team.prom", "reports/team.json" },
    { 0, "reports/shards.prom", "reports/shard-1.json", "reports/shard-2.json" },
    { 1, "reports/failed.prom", "reports/failed.json" },
  }

  local function merge(status, files, ...)
    local words = { "audit", "merge" }
    for _, file in ipairs(files) do
      words[#words + 1] = RECORDED .. file
    end
    return (run(nil, status, table.unpack(table.move({ ... }, 1, select("#", ...), #words + 1, words))))
  end

  it("is merged with the same numbers", function()
    for _, case in ipairs(ALONE) do
      local status, numbers = case[1], case[2]
      local files = table.move(case, 3, #case, 1, {})
      local now, old = merge(status, files, "--output", "prometheus"), recorded(numbers)
      assert.same(samples(old), samples(now))
      assert.equal(sample(old, "lanyard_audit_timestamp_seconds"), sample(now, "lanyard_audit_timestamp_seconds"))
    end
    assert.equal(recorded "reports/team.prom", recorded "reports/shards.prom")
  end)

  it("is merged with rules, mutes and drift in it", function()
    local now, old = merge(0, { "reports/everything.json" }, "--output", "prometheus"), recorded "reports/everything.prom"
    for _, line in ipairs(samples(old)) do
      if not line:find "^lanyard_changes" and not line:find "^lanyard_baseline" then
        assert.equal(1, count_with(samples(now), line), line)
      end
    end
  end)

  it("sets the exit status by the severity of its findings", function()
    merge(3, { "reports/account.json" }, "--fail-on", "critical")
    merge(3, { "reports/team.json" }, "--fail-on", "critical")
    merge(3, { "reports/failed.json" }, "--fail-on", "medium")
    merge(1, { "reports/failed.json" }, "--fail-on", "high")
  end)

  it("is printed with the same fingerprints and keys", function()
    assert.same(fingerprints(recorded "reports/account.sarif"),
      fingerprints(merge(0, { "reports/account.json" }, "--output", "sarif")))
    local lines = {}
    for i, line in ipairs(lines_of(merge(0, { "reports/account.json" }, "--output", "jsonl"))) do
      lines[i] = json.decode(line)
    end
    local old = lines_of(recorded "reports/account.jsonl")
    assert.equal(#old, #lines)
    for _, line in ipairs(old) do
      local finding = json.decode(line)
      assert.equal(1, count_with(lines, finding.key, finding.id, finding.severity), finding.key)
    end
  end)

  it("can be merged again after this version has merged it", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/now.json", merge(0, { "reports/team.json" }, "--output", "json"))
    assert.same(samples(recorded "reports/team.prom"),
      samples((run(nil, 0, "audit", "merge", folder .. "/now.json", RECORDED .. "reports/team.json", "--output", "prometheus"))))
  end)

  it("is accepted by lanyard graph", function()
    local out = run(nil, 0, "graph", "--report", RECORDED .. "reports/account.json", "--output", "dot")
    for _, name in ipairs { "good/web", "bad/public", "bad/orphan" } do
      assert.truthy(out:find(name, 1, true), name)
    end
  end)

  it("is muted by the rules of 0.1.0", function()
    local out = merge(0, { "reports/account.json" }, "--rules", RECORDED .. "rules/account.lua", "--output", "prometheus")
    assert.equal(3, sample(out, "lanyard_findings_muted"))
    assert.equal(total(recorded "reports/account.prom", "lanyard_findings") - 3, total(out, "lanyard_findings{")
      - total(out, 'lanyard_findings{id="expired-mute"'))
    assert.equal(1, total(out, 'lanyard_findings{id="expired-mute"'))
    assert.equal(0, total(out, 'lanyard_findings{id="policy-lint"'))
  end)
end)

describe("an account that 0.1.0 audited", function()
  it("has the same findings, fingerprints, keys and metrics", function()
    local folder <close> = helper.folder()
    local emulator <close> = in_state(folder, account_today())
    assert.same(fingerprints(recorded "reports/account.sarif"), fingerprints((run(emulator, 0, "audit", "--output", "sarif"))))
    assert.same(samples(recorded "reports/account.prom"), samples((run(emulator, 0, "audit", "--output", "prometheus"))))
    local now, keys = {}, {}
    for i, line in ipairs(lines_of((run(emulator, 0, "audit", "--output", "jsonl")))) do
      now[i] = scalars(json.decode(line))
    end
    for i, line in ipairs(lines_of(recorded "reports/account.jsonl")) do
      keys[i] = json.decode(line).key
    end
    assert.equal(#keys, #now)
    for _, key in ipairs(keys) do
      local found = 0
      for _, set in ipairs(now) do
        found = found + (set[key] and 1 or 0)
      end
      assert.equal(1, found, key)
    end
  end)

  it("has the same ones with rules, mutes, a desired-state file, trusted accounts and a baseline", function()
    local folder <close> = helper.folder()
    local emulator <close> = in_state(folder, account_today())
    run(emulator, 0, "revoke", "web", "good/web")
    run(emulator, 0, "grant", "web", "bad/not-granted")
    local now = run(emulator, 0, "audit", "--rules", RECORDED .. "rules/account.lua", "--desired", RECORDED .. "desired/account.lua",
      "--trusted-accounts", "222233334444", "--baseline", RECORDED .. "reports/account.json", "--output", "prometheus")
    assert.same(samples(recorded "reports/everything.prom"), samples(now))
  end)

  it("is compared with a baseline of 0.1.0", function()
    local folder <close> = helper.folder()
    local emulator <close> = in_state(folder, account_today())
    for _, name in ipairs { "account", "everything" } do
      local words = { "audit", "--baseline", ("%sreports/%s.json"):format(RECORDED, name), "--output", "prometheus" }
      local out = run(emulator, name == "account" and 0 or 3, table.unpack(table.move({ "--fail-on", "info" }, 1, 2, #words + 1, words)))
      -- Since "everything", one grant was added and one removed, and the findings of rules and drift are gone.
      local changed = name == "account" and 0 or 1
      assert.equal(changed, sample(out, 'lanyard_changes{kind="grant",change="new"}'))
      assert.equal(changed, sample(out, 'lanyard_changes{kind="grant",change="gone"}'))
      assert.equal(changed == 0, sample(out, 'lanyard_changes{kind="finding",change="new"}') == 0)
      assert.equal(changed == 0, sample(out, 'lanyard_changes{kind="finding",change="gone"}') == 0)
      assert.equal(sample(recorded(("reports/%s.prom"):format(name)), "lanyard_audit_timestamp_seconds"),
        sample(out, "lanyard_baseline_timestamp_seconds"))
    end
    set_policy(emulator, "good/web", (CI_POLICY:gsub('{"AWS":.-}', '"*"'):gsub("PutImage", "*")))
    run(emulator, 3, "audit", "--baseline", RECORDED .. "reports/account.json", "--fail-on", "critical")
  end)
end)

describe("a history of 0.1.0", function()
  local function copy_of(folder)
    local copy = folder .. "/history.db"
    helper.write(copy, recorded "history.db")
    return copy
  end

  it("is read without being changed", function()
    local folder <close> = helper.folder()
    local copy = copy_of(folder)
    local runs = json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json")))
    assert.equal(4, #runs)
    for _, time in ipairs { "2026-11-18T09:00:00Z", "2026-11-19T09:00:00Z", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z" } do
      assert.equal(1, count_with(runs, time), time)
    end
    local grants = json.decode((run(nil, 0, "history", copy, "--output", "json")))
    assert.equal(7, #grants)
    assert.equal(1, count_with(grants, "shared", "jobs", "jobs may pull", "allow", "2026-11-20T09:00:00Z"))
    assert.equal(1, count_with(grants, "team/b", "web", "2026-11-19T09:00:00Z", "2026-11-20T08:00:00Z"))
    assert.equal(1, count_with(grants, "open", "*", "2026-11-18T09:00:00Z"))
    local findings = json.decode((run(nil, 0, "history", copy, "--findings", "--output", "json")))
    assert.equal(4, #findings)
    assert.equal(1, count_with(findings, "public-access", "critical", "public-access|111122223333|eu-west-1|open||*"))
    assert.equal(recorded "history.db", helper.read(copy))
  end)

  it("can be filtered", function()
    local function count(...)
      return #json.decode((run(nil, 0, "history", RECORDED .. "history.db", "--output", "json", ...)))
    end
    assert.equal(4, count("--repository", "team/*"))
    assert.equal(4, count("--service", "web"))
    assert.equal(1, count("--principal", "*"))
    assert.equal(4, count("--since", "2026-11-20"))
    assert.equal(0, count("--since", "2026-11-21"))
    local result = helper.run({ helper.lanyard, "history", "--output", "json" }, { LANYARD_HISTORY = RECORDED .. "history.db" })
    assert.equal(7, #json.decode(result.out))
  end)

  it("stores the next audit", function()
    local folder <close> = helper.folder()
    local emulator <close> = seeded()
    local copy = copy_of(folder)
    run(emulator, 0, "audit", "--region", REGIONS, "--history", copy)
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json"))))
    local grants = json.decode((run(nil, 0, "history", copy, "--output", "json", "--repository", "team/a")))
    assert.equal(1, #grants)
    assert.equal(1, count_with(grants, "2026-11-19T09:00:00Z", "2026-11-20T09:00:00Z"))
    -- Since the recordings, all grants except the grant of `open` have ended.
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--output", "json", "--since", "2026-11-21"))))
  end)

  it("accepts a report of 0.1.0, and rejects an older one", function()
    local folder <close> = helper.folder()
    local copy = copy_of(folder)
    run(nil, 0, "audit", "merge", RECORDED .. "reports/team.json", "--history", copy)
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json"))))
    helper.write(folder .. "/old.json", (recorded("reports/team.json"):gsub('"2026%-11%-20T09:00:00Z"', '"2026-11-19T09:00:00Z"')))
    run(nil, 1, "audit", "merge", folder .. "/old.json", "--history", copy)
    assert.equal(5, #json.decode((run(nil, 0, "history", copy, "--runs", "--output", "json"))))
  end)
end)

-- The result of the desired-state files and of the plan of 0.1.0.
local DESIRED = {
  web = "AllowLightsailPull-web", ["team/a"] = "AllowLightsailPull-web",
  ["team/b"] = "AllowLightsailPull-off,AllowLightsailPull-web", shared = "CI may push,jobs may pull", ["prod/api"] = "",
}

local function assert_desired(emulator)
  for repository, expected in pairs(DESIRED) do
    assert.equal(expected, sids(emulator, repository), repository)
  end
  local text = policy(emulator, "shared")
  assert.truthy(text:find("2999-01-31T00:00:00Z", 1, true))
  assert.truthy(policy(emulator, "team/b"):find("2999-01-31T12:00:00Z", 1, true))
  -- Statements of other writers keep their bytes.
  assert.truthy(text:find('{ "Sid": "CI may push", "Effect": "Allow",\n', 1, true))
end

describe("a saved plan of 0.1.0", function()
  local PLAN = RECORDED .. "plan.json"

  it("is applied, once", function()
    local emulator <close> = seeded()
    run(emulator, 0, "apply", PLAN, "--dry-run")
    assert.equal("", policy(emulator, "web"))
    run(emulator, 0, "apply", PLAN, "--no-settle")
    assert_desired(emulator)
    assert.equal(4, #json.decode((run(emulator, 0, "undo", "--list", "--output", "json"))))
    run(emulator, 0, "plan", RECORDED .. "desired/grants.lua")
  end)

  it("is rejected for a policy that has changed since, and applied to the others", function()
    local emulator <close> = seeded()
    set_policy(emulator, "web", CI_POLICY)
    run(emulator, 1, "apply", PLAN, "--no-settle")
    assert.equal(CI_POLICY, policy(emulator, "web"))
    assert.equal(DESIRED["team/a"], sids(emulator, "team/a"))
  end)

  it("is rejected in another Region or account", function()
    local folder <close> = helper.folder()
    local emulator <close> = seeded()
    run(emulator, 1, "apply", PLAN, "--no-settle", "--region", "eu-west-1")
    helper.write(folder .. "/plan.json", (recorded("plan.json"):gsub("111122223333", "444455556666")))
    run(emulator, 1, "apply", folder .. "/plan.json", "--no-settle")
    assert.equal("", policy(emulator, "web"))
  end)
end)

describe("a desired-state file of 0.1.0", function()
  it("is planned and applied, as Lua, as JSON and from stdin", function()
    for _, name in ipairs { "grants.lua", "grants.json", "-" } do
      local emulator <close> = seeded()
      local file = name == "-" and "-" or RECORDED .. "desired/" .. name
      local function desired(status, ...)
        local result = emulator:run({ ... }, nil, recorded "desired/grants.lua")
        assert.equal(status, result.status, result.err)
      end
      desired(3, "plan", file)
      assert.equal("", policy(emulator, "web"))
      desired(0, "apply", file, "--yes", "--no-settle")
      assert_desired(emulator)
      desired(0, "plan", file)
      desired(0, "plan", file, "--prune")
    end
  end)

  it("applies to the session's Region if it names no Region", function()
    local emulator <close> = seeded()
    run(emulator, 3, "plan", RECORDED .. "desired/no-region.lua")
    run(emulator, 0, "apply", RECORDED .. "desired/no-region.lua", "--yes", "--no-settle")
    assert.equal("AllowLightsailPull-web", sids(emulator, "web"))
    assert.equal("", sids(emulator, "team/a"))
    run(emulator, 1, "plan", RECORDED .. "desired/no-region.lua", "--region", "eu-west-1")
  end)

  it("can be compared by an audit, and exported", function()
    local emulator <close> = seeded()
    local out = run(emulator, 0, "audit", "--desired", RECORDED .. "desired/grants.json", "--output", "prometheus")
    assert.equal(6, total(out, 'lanyard_findings{id="drift"'))
    for _, format in ipairs { "terraform", "cloudformation" } do
      local exported = run(emulator, 0, "export", "--format", format, RECORDED .. "desired/grants.lua")
      for _, text in ipairs { "AllowLightsailPull-web", "jobs may pull", "team/b", "2999-01-31T12:00:00Z" } do
        assert.truthy(exported:find(text, 1, true), format .. ": " .. text)
      end
    end
  end)
end)

describe("a rules file of 0.1.0", function()
  local RULES = RECORDED .. "rules/rules.lua"

  it("can be tested and shown", function()
    assert.equal(4, #json.decode((run(nil, 0, "rules", "test", RULES, "--output", "json"))))
    assert.equal(11, #json.decode((run(nil, 0, "rules", "show", RULES, "--output", "json"))))
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", (recorded("rules/rules.lua"):gsub('expect = "warn"', 'expect = "allow"')))
    run(nil, 1, "rules", "test", folder .. "/rules.lua")
  end)

  it("runs before every kind of change, with the same data as in 0.1.0", function()
    local folder <close> = helper.folder()
    local emulator <close> = seeded()
    local function asked(status, ...)
      local words = { ... }
      local result = emulator:run(words, { LANYARD_RULES = RULES })
      assert.equal(status, result.status, table.concat(words, " ") .. "\n" .. result.err .. result.out)
    end
    asked(4, "grant", "web", "prod/api")
    assert.equal("", policy(emulator, "prod/api"))
    asked(0, "grant", "web", "team/a", "shared", "--expires", "2999-01-31")
    assert.equal("AllowLightsailPull-web", sids(emulator, "team/a"))
    asked(0, "enable", "off")
    asked(0, "revoke", "web", "team/a")
    asked(0, "undo", "team/a")
    asked(0, "deploy", "web", "app=web:1.0")
    asked(0, "disable", "off")
    asked(0, "apply", RECORDED .. "desired/no-region.lua", "--yes", "--no-settle")
    assert.equal("AllowLightsailPull-web", sids(emulator, "web"))
    helper.write(folder .. "/denied.json", '{"grants":[{"service":"web","repositories":["prod/api"]}]}')
    asked(4, "apply", folder .. "/denied.json", "--yes", "--no-settle")
    assert.equal("", policy(emulator, "prod/api"))
  end)

  it("runs during an audit, and mutes findings", function()
    local emulator <close> = seeded()
    local out = run(emulator, 0, "audit", "--region", REGIONS, "--rules", RULES, "--output", "prometheus")
    assert.equal(2, sample(out, "lanyard_findings_muted"))
    assert.equal(0, total(out, 'lanyard_findings{id="public-access"'))
    assert.equal(2, total(out, 'lanyard_findings{id="unused-role"'))
    assert.equal(1, total(out, 'lanyard_findings{id="expired-mute"'))
    assert.equal(1, total(out, 'lanyard_findings{id="rule",severity="medium"'))
    run(emulator, 0, "audit", "--region", REGIONS, "--rules", RULES, "--fail-on", "high")
    run(emulator, 3, "audit", "--region", REGIONS, "--rules", RULES, "--fail-on", "medium")
  end)
end)

describe("a deployment file of 0.1.0", function()
  it("is deployed, once", function()
    local emulator <close> = seeded()
    local function deploy()
      run(emulator, 0, "deploy", "web", "--file", RECORDED .. "deploy/deployment.json")
      return json.decode((run(emulator, 0, "-e", [[
        local lightsail = require("lanyard.aws").client("lightsail")
        local reply = assert(lightsail:GetContainerServiceDeployments { serviceName = "web" })
        io.write(require("lanyard.json").encode(reply.deployments))
      ]])))
    end
    local deployments = deploy()
    assert.equal(1, #deployments)
    local app = deployments[1].containers.app
    assert.same({ "serve", "--port", "80" }, app.command)
    assert.same({ MODE = "test" }, app.environment)
    assert.same({ ["80"] = "HTTP" }, app.ports)
    assert.equal(2, deployments[1].publicEndpoint.healthCheck.timeoutSeconds)
    assert.equal("AllowLightsailPull-web", sids(emulator, "web"))
    assert.equal(1, #deploy())
  end)
end)

describe("a runbook of 0.1.0", function()
  it("runs all its steps", function()
    local folder <close> = helper.folder()
    local emulator <close> = seeded()
    local words = { "runbook", RECORDED .. "runbook/grant.md", "--set", "service=web", "--set", "repository=team/a", "--yes",
      "--transcript", folder .. "/transcript.md" }
    local out = run(emulator, 0, table.unpack(words))
    assert.truthy(out:find("\ngranted: 1\n", 1, true))
    assert.equal("AllowLightsailPull-web", sids(emulator, "team/a"))
    assert.truthy(helper.read(folder .. "/transcript.md"):find("granted: 1", 1, true))
    run(emulator, 2, "runbook", RECORDED .. "runbook/grant.md", "--set", "service=web", "--yes", "--no-transcript")
  end)
end)

describe("the search paths of 0.1.0", function()
  it("are .lanyard/rules.lua, .lanyard/scripts, the configuration folder, and the folders in LANYARD_PATH", function()
    local folder <close> = helper.folder()
    local script = RECORDED .. "scripts/status.lua"
    assert.equal(0, helper.run({ "mkdir", "-p", folder .. "/here/.lanyard/scripts", folder .. "/home/.config/lanyard/scripts",
      folder .. "/path", folder .. "/config/lanyard/scripts" }).status)
    for name, place in pairs {
      ["here/.lanyard/scripts/one"] = "one", ["home/.config/lanyard/scripts/two"] = "two", ["path/three"] = "three",
      ["config/lanyard/scripts/four"] = "four",
    } do
      helper.write(("%s/%s.lua"):format(folder, name), helper.read(script))
      if place == "one" then -- a script in the current directory must be trusted
        assert.equal(0, helper.run({ helper.lanyard, "trust", folder .. "/here", "--yes" }, { HOME = folder .. "/home" }).status)
      end
      local result = helper.run({ "sh", "-c", 'cd "$0" && exec "$@"', folder .. "/here", helper.lanyard, place, "found" }, {
        HOME = folder .. "/home", LANYARD_PATH = folder .. "/nothing:" .. folder .. "/path",
        XDG_CONFIG_HOME = place == "four" and folder .. "/config" or nil,
      })
      assert.equal(3, result.status, name .. "\n" .. result.err)
    end
    helper.write(folder .. "/here/.lanyard/rules.lua", recorded "rules/rules.lua")
    local result = helper.run({ "sh", "-c", 'cd "$0" && exec "$@"', folder .. "/here", helper.lanyard, "rules", "test",
      "--output", "json" }, {})
    assert.equal(0, result.status, result.err)
    assert.equal(4, #json.decode(result.out))
  end)
end)

describe("the vocabulary of 0.1.0's rules files", function()
  local VALUES = {
    dry_run = "true", epoch = "1795165200", caller = "{}", service = "{}", repository_details = "{}",
    grant = "{}", deployment = "{}", on = "'grant'", expect = "'allow'", check = "function() end",
    severity = "'low'",
  }
  local FORMS = {
    word = function(name) return ("assert(%s)"):format(name) end,
    rule = function(name)
      return ("rule 'r' { on = 'grant', check = function() end, %s = %s }"):format(name, VALUES[name])
    end,
    on = function(name) return ("rule 'r' { on = '%s', check = function() end }"):format(name) end,
    expect = function(name)
      local answer = { allow = "allow()", deny = "deny 'x'", warn = "warn 'x'", finding = "finding { severity = 'low', message = 'x' }" }
      return ("rule 'r' { on = 'grant', check = function() return %s end } example 'e' { on = 'grant', expect = '%s' }")
        :format(answer[name], name)
    end,
    severity = function(name)
      return ("rule 'r' { on = 'audit', check = function() return finding { severity = '%s', message = 'x' } end } "
        .. "example 'e' { on = 'audit', repository = 'r', expect = 'finding: x' }"):format(name)
    end,
    finding = function(name)
      return ("rule 'r' { on = 'audit', check = function() return finding { severity = 'low', message = 'x', %s = %s } end } "
        .. "example 'e' { on = 'audit', repository = 'r', expect = 'finding: x' }"):format(name, VALUES[name] or "'x'")
    end,
    mute = function(name)
      local value = name == "ends" and "'2999-01-31'" or name == "finding" and "'drift'" or "'x'"
      return ("mute { finding = 'drift', reason = 'x', %s = %s }"):format(name, value)
    end,
    example = function(name)
      return ("example 'e' { on = 'grant', expect = 'allow', %s = %s }"):format(name, VALUES[name] or "'x'")
    end,
  }

  -- In one file, the answers of these rules would mix.
  local APART = { expect = true, severity = true, finding = true }

  local function tested(text, what)
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", text)
    local result = helper.run { helper.lanyard, "rules", "test", folder .. "/rules.lua" }
    assert.equal(0, result.status, what .. result.err .. result.out)
  end

  it("is supported", function()
    local lines = lines_of(recorded "words.txt")
    local together = {}
    for i, line in ipairs(lines) do
      local kind, name = line:match "^(%l+) ([%l_]+)$"
      local text = FORMS[kind](name)
      if APART[kind] then
        tested(text, line .. ": ")
      end
      together[i] = APART[kind] and "" or text
    end
    assert.equal(54, #lines)
    -- Line N of the file corresponds to line N of words.txt.
    tested(table.concat(together, "\n"), "")
  end)
end)

describe("the ids of 0.1.0", function()
  it("are accepted in mutes, with at most one warning each", function()
    local folder <close> = helper.folder()
    local mutes = {}
    for i, id in ipairs(lines_of(recorded "findings.txt")) do
      mutes[i] = ("mute { finding = '%s', reason = 'known' }"):format(id)
    end
    helper.write(folder .. "/rules.lua", table.concat(mutes, "\n"))
    local _, err = run(nil, 0, "rules", "show", folder .. "/rules.lua")
    assert.equal(32, #mutes)
    assert.is_true(#lines_of(err) <= #mutes)
  end)

  it("occur in the recorded reports", function()
    local seen = {}
    for _, name in ipairs { "account", "everything", "failed" } do
      local report = json.decode(recorded(("reports/%s.json"):format(name)))
      for _, finding in ipairs(report.findings) do
        seen[finding.id] = true
      end
    end
    for _, id in ipairs(lines_of(recorded "findings.txt")) do
      assert.is_true(seen[id], id)
    end
  end)

  it("are also the linter's ids", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/policy.json", '{"Statement":[]}')
    local rules = json.decode((run(nil, 0, "policy", "lint", "--output", "sarif", folder .. "/policy.json"))).runs[1].tool.driver.rules
    local known = {}
    for _, rule in ipairs(rules) do
      known[rule.id] = true
    end
    local ids = lines_of(recorded "lint.txt")
    assert.equal(36, #ids)
    for _, id in ipairs(ids) do
      assert.is_true(known[id], id)
    end
  end)
end)

describe("the names of 0.1.0", function()
  -- Prints the names of a list that do not exist, or that have another type.
  local CHECK = [[
    local aws, task, policy = require "lanyard.aws", require "lanyard.task", require "lanyard.policy"
    local session = assert(aws.session { region = "us-east-1" })
    local owners = {
      ["lanyard.aws"] = aws, ["lanyard.task"] = task, ["lanyard.policy"] = policy, document = policy.new(),
      session = session, client = assert(session:client "ecr"), task = task.spawn(function() end),
      semaphore = task.semaphore(1),
    }
    local function kind_of(value)
      local meta = getmetatable(value)
      return type(meta) == "table" and meta.__call and "function" or type(value)
    end
    local function value_of(owner, name)
      local kind, service = owner:match "^(%l+):(%l+)$"
      if kind == "operation" then
        return assert(session:client(service))[name]
      elseif kind == "waiter" then
        -- An unknown waiter raises an error for any input.
        local client = assert(session:client(service))
        local ok = pcall(client.wait, client, name, { serviceName = "my-container-service", version = 1 }, { timeout = 0.01 })
        return ok and client.wait or nil
      end
      return owners[owner][name]
    end
    for line in io.lines((...)) do
      local owner, name, kind = line:match "^(%S+) (%S+) (%S+)$"
      local ok, value = pcall(value_of, owner, name)
      if not ok or kind_of(value) ~= kind then
        print(line)
      end
    end
  ]]

  it("all exist", function()
    assert.equal("", (run(nil, 0, "--emulator", "-e", CHECK, RECORDED .. "names.txt")))
    assert.equal(150, #lines_of(recorded "names.txt"))
  end)

  it("are reported by this check if they are missing", function()
    local folder <close> = helper.folder()
    local missing = "document nothing function\nlanyard.aws nothing function\noperation:ecr Nothing function\n"
      .. "waiter:lightsail Nothing function\nlanyard.policy LIMIT function\n"
    helper.write(folder .. "/names.txt", missing)
    assert.equal(missing, (run(nil, 0, "--emulator", "-e", CHECK, folder .. "/names.txt")))
  end)
end)

describe("a script of 0.1.0", function()
  local function prints(name, status, ...)
    local emulator <close> = seeded()
    local out = run(emulator, status, ("%sscripts/%s.lua"):format(RECORDED, name), ...)
    assert.equal(recorded(("scripts/%s.out"):format(name)), out)
  end

  it("from README prints the same lines as in 0.1.0, in the order of the replies", function()
    local emulator <close> = seeded()
    local lines, old = lines_of((run(emulator, 0, RECORDED .. "scripts/readme.lua"))), lines_of(recorded "scripts/readme.out")
    table.sort(lines)
    table.sort(old)
    assert.same(old, lines)
  end)

  it("with its own options prints the same as in 0.1.0", function()
    prints("team", 3, "web", "web", "team/*", "--timeout", "2m", "--yes")
  end)

  -- Since 0.2 access.connect requires `permit`, so that no script writes without rules by accident.
  it("that calls access.connect without `permit` fails, and the error says what to pass", function()
    local emulator <close> = seeded()
    local _, message = run(emulator, 1, RECORDED .. "scripts/connect.lua")
    assert.truthy(message:find("access.connect needs settings.permit", 1, true), message)
  end)

  -- Since 0.2 no field access does I/O: here.account is a method. All other output is the same.
  it("that prints its account and Region prints the same, except the account as a field", function()
    local emulator <close> = seeded()
    local out = run(emulator, 0, RECORDED .. "scripts/where.lua"):gsub("function: %w+", "111122223333", 1)
    assert.equal(recorded "scripts/where.out", out)
  end)

  it("with calls, tasks and policies prints the same as in 0.1.0", function()
    prints("library", 0)
  end)

  it("runs with stock lua5.4", function()
    local emulator <close> = seeded()
    local environment = {
      LUA_PATH = "./lua/?.lua;./lua/?/init.lua;;", LUA_CPATH = helper.build .. "/?.so;;",
      LD_PRELOAD = os.getenv "LD_PRELOAD", ASAN_OPTIONS = "detect_leaks=0",
    }
    for name, value in pairs(emulator.environment) do
      environment[name] = value
    end
    local result = helper.run({ "lua5.4", RECORDED .. "scripts/library.lua" }, environment)
    assert.equal(0, result.status, result.err)
    assert.equal(recorded "scripts/library.out", result.out)
  end)

  it("is a command with its name and options", function()
    local emulator <close> = seeded()
    local function team(status, ...)
      local result = emulator:run({ "team", ... }, { LANYARD_PATH = SCRIPTS })
      assert.equal(status, result.status, result.err)
      return result.out, result.err
    end
    assert.equal(recorded "scripts/team.out", (team(3, "web", "web", "team/*", "--timeout", "2m", "--yes")))
    local lines = json.decode((team(0, "web", "web", "--kind", "revoke", "--output", "json", "--yes")))
    assert.equal(1, count_with({ lines }, "web: revoked", "web: 0, none", "journal: 4", "600 3"))
    assert.equal("", sids(emulator, "web"))
    assert.is_nil(team(0, "web", "web", "--dry-run", "--yes"):find("web: granted", 1, true))
    assert.equal("", sids(emulator, "web"))
    local _, note = team(0, "web", "web", "--dry-run", "--yes")
    local _, quiet = team(0, "web", "web", "--dry-run", "--yes", "--quiet")
    assert.equal(#lines_of(quiet) + 1, #lines_of(note))
    team(2, "web", "web") -- without a terminal
    team(2, "nobody", "web", "--yes")
    team(2, "web", "web", "--yes", "--output", "xml")
    team(2, "web", "--yes")
    team(1, "web", "no-such-repository", "--yes")
    team(4, "web", "prod/api", "--yes", "--rules", RECORDED .. "rules/rules.lua")
    assert.truthy(team(0, "far", "far", "--yes", "--region", "eu-west-1"):find("far: granted", 1, true))
  end)

  it("shows its first comment with --help, and its options too if it is run by its path", function()
    local result = helper.run({ helper.lanyard, "team", "--help" }, { LANYARD_PATH = SCRIPTS })
    assert.equal(0, result.status, result.err)
    assert.truthy(result.out:find("Give a service the images of a team.", 1, true))
    result = helper.run { helper.lanyard, SCRIPTS .. "/team.lua", "--help" }
    assert.equal(0, result.status, result.err)
    for _, text in ipairs { "Give a service the images of a team.", "--kind", "--timeout", "--dry-run", "--region" } do
      assert.truthy(result.out:find(text, 1, true), text)
    end
  end)

  it("exits with the same statuses as in 0.1.0", function()
    for ending, status in pairs {
      ok = 0, nothing = 0, failed = 1, text = 1, fail = 1, raise = 1, usage = 2, found = 3, refused = 4, interrupted = 130,
    } do
      local result = helper.run { helper.lanyard, RECORDED .. "scripts/status.lua", ending }
      assert.equal(status, result.status, ending)
      assert.equal(ending == "failed" or ending == "text" or ending == "fail" or ending == "raise",
        result.err:find("it is broken", 1, true) ~= nil, ending)
    end
  end)
end)
