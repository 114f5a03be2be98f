-- Reports of 0.1.0, and an account that it audited.

local compat = require "compat"
local helper = require "helper"
local json = require "lanyard.json"

local RECORDED, CI_POLICY = compat.RECORDED, compat.CI_POLICY
local recorded, lines_of, scalars, count_with = compat.recorded, compat.lines_of, compat.scalars, compat.count_with
local samples, sample, total, fingerprints = compat.samples, compat.sample, compat.total, compat.fingerprints
local in_state, account_today, run, set_policy = compat.in_state, compat.account_today, compat.run, compat.set_policy

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
