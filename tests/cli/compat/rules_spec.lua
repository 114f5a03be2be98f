-- Rules files of 0.1.0, their vocabulary, and the ids that they use.

local compat = require "compat"
local helper = require "helper"
local json = require "lanyard.json"

local RECORDED, REGIONS = compat.RECORDED, compat.REGIONS
local recorded, lines_of, sample, total = compat.recorded, compat.lines_of, compat.sample, compat.total
local seeded, run, policy, sids = compat.seeded, compat.run, compat.policy, compat.sids

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
