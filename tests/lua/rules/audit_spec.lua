-- Rules that run during an audit, and mutes.

local audit = require "lanyard.audit"
local helper = require "helper"
local json = require "lanyard.json"
local merge = require "lanyard.audit.report.merge"
local mutes = require "lanyard.audit.mutes"
local rules = require "lanyard.rules"
local world = require "world"

local PUBLIC = [[{"Version":"2012-10-17","Statement":[{"Sid":"all","Effect":"Allow","Principal":"*",
  "Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}]]

local SEED = { regions = { ["us-east-1"] = {
  services = { { name = "web", tags = { env = "prod" } }, { name = "jobs", role = true } },
  repositories = { { name = "prod/web", tags = { team = "shop" } }, { name = "open", policy = PUBLIC } },
} } }

-- Returns a world with a grant of prod/web to jobs, the rules, and the report of an audit with them.
local function audited(text)
  local w = world.new { seed = SEED }
  assert(w.region:grant(assert(w.region:service "jobs"), w:repository "prod/web"))
  helper.write(w.folder .. "/rules.lua", text)
  local own = rules.new { path = w.folder .. "/rules.lua", check_mute = mutes.check }
  assert(own:load())
  return w, own, assert(audit.run(w.region, { rules = own }))
end

-- Returns the findings with an id, as "severity repository service message".
local function findings(report, id)
  local lines = {}
  for _, finding in ipairs(report.findings) do
    if finding.id == id then
      lines[#lines + 1] = ("%s %s %s %s"):format(finding.severity, finding.repository or "-", finding.service or "-",
        finding.message)
    end
  end
  return lines
end

describe("a rule in an audit", function()
  it("on grants runs for each existing grant", function()
    local _ <close>, _, report = audited [[
      rule "prod" { on = { "grant", "audit" }, check = function(c)
        if c.service.tags.env ~= "prod" then
          deny(("%s %s %s"):format(c.on, c.repository_details.tags.team, c.after.statements[1].sid))
        end
      end }
    ]]
    assert.same({ 'high prod/web jobs rule "prod": audit shop AllowLightsailPull-jobs' }, findings(report, "rule"))
  end)

  it("without grants runs for each repository and each service", function()
    local w <close>, _, report = audited [[
      rule "all" { on = "audit", check = function(c)
        if c.repository then
          return finding { severity = "info", message = c.repository, why = "because", fix = "lanyard status" }
        end
        return warn(c.service.state)
      end }
    ]]
    assert.same({ 'low - jobs rule "all": READY', 'low - web rule "all": READY', 'info open - rule "all": open',
      'info prod/web - rule "all": prod/web' }, findings(report, "rule"))
    local last = report.findings[#report.findings]
    assert.same({ "because", "lanyard status" }, { last.why, last.fix })
    assert.equal(2, w:count "ListTagsForResource")
  end)

  it("that fails causes a finding", function()
    local _ <close>, _, report = audited [[
      rule "bad" { on = "audit", check = function(c) return c.repository.nosuch.field end }]]
    assert.equal(4, #findings(report, "rule"))
    assert.matches('^high open %- rule "bad": the rule failed: .*rules.lua:1: attempt to index', findings(report, "rule")[1])
  end)

  it("only on changes does not run and makes no call", function()
    local w <close>, _, report = audited [[rule "all" { on = "any", check = function() deny "no" end }]]
    assert.same({}, findings(report, "rule"))
    assert.equal(0, w:count "ListTagsForResource")
  end)
end)

describe("a mute", function()
  it("moves a finding to the muted list, with the reason", function()
    local _ <close>, own, report = audited [[
      mute { finding = "public-access", repository = "op*", reason = "open source", ends = "2099-01-31" }]]
    assert.is_true(audit.reaches(report, "critical"))
    mutes.add_expired(own:mutes(), report)
    assert.same({}, mutes.apply(own:mutes(), report))
    assert.is_false(audit.reaches(report, "critical"))
    assert.same({}, findings(report, "public-access"))
    assert.equal(1, #report.muted)
    assert.same({ "open source", "2099-01-31" }, { report.muted[1].muted.reason, report.muted[1].muted.expires })
    assert.matches("rules%.lua:1$", report.muted[1].muted.location)
  end)

  for name, value in pairs { repository = "prod/*", principal = "arn:*", statement = "none", region = "eu-*",
    account = "9*", service = "web" } do
    it("does not match findings with another " .. name, function()
      local _ <close>, own, report = audited(('mute { finding = "public-access", reason = "r", %s = "%s" }')
        :format(name, value))
      local idle = mutes.apply(own:mutes(), report)
      assert.equal(1, #findings(report, "public-access"))
      assert.equal("public-access", idle[1].finding)
      assert.is_nil(report.muted)
      end)
  end

  it("matches findings of a rule by their message", function()
    local _ <close>, own, report = audited [[
      rule "one" { on = "audit", check = function(c) if c.service then return warn "found" end end }
      rule "two" { on = "audit", check = function(c) if c.service then return warn "found" end end }
      mute { finding = "rule", message = 'rule "one":*', service = "web", reason = "known" }
    ]]
    mutes.apply(own:mutes(), report)
    assert.same({ 'low - jobs rule "one": found', 'low - jobs rule "two": found', 'low - web rule "two": found' },
      findings(report, "rule"))
  end)

  it("that has expired mutes nothing and is a finding itself", function()
    local _ <close>, own, report = audited [[
      mute { finding = "public-access", reason = "open source", ends = "2026-01-31" }]]
    mutes.add_expired(own:mutes(), report)
    assert.same({}, mutes.apply(own:mutes(), report))
    assert.equal(1, #findings(report, "public-access"))
    local found = findings(report, "expired-mute")
    assert.equal(1, #found)
    assert.matches("^low %- %- the mute of public%-access at .*rules.lua:1 expired on 2026%-01%-31$", found[1])
  end)

  it("that has expired is reported once, also from another line or file", function()
    local text = 'mute { finding = "public-access", repository = "op*", reason = "open source", ends = "2026-01-31" }'
    local _ <close>, own, report = audited(text)
    local _ <close>, other = audited("\n\n" .. text)
    mutes.add_expired(own:mutes(), report)
    mutes.add_expired(other:mutes(), report)
    assert.equal(1, #findings(report, "expired-mute"))
  end)

  it("is merged with its copies when reports are merged", function()
    local _ <close>, own, report = audited [[mute { finding = "public-access", reason = "open source" }]]
    mutes.apply(own:mutes(), report)
    local joined = merge.join({ report, json.decode(json.encode(report)) }, { "a", "b" })
    assert.equal(1, #joined.muted)
    assert.same({}, findings(joined, "public-access"))
  end)

  for text, message in pairs {
    ['mute { finding = "public-acces", reason = "r" }'] = "rules%.lua:1: 'public%-acces' is not a finding; did you mean 'public%-access'%?$",
    ['mute { finding = "public-access" }'] = "rules%.lua:1: a mute needs a reason$",
    ['mute { reason = "r" }'] = "rules%.lua:1: a mute needs the id of a finding",
    ['mute { finding = "public-access", reason = "r", ends = "soon" }'] = "rules%.lua:1: ends = 'soon' is not a date",
    ['mute { finding = "public-access", reason = "r", repositry = "x" }'] = "rules%.lua:1: mute has an unknown field 'repositry'$",
  } do
    it("is rejected when it is invalid: " .. text, function()
      local folder <close> = helper.folder()
      helper.write(folder .. "/rules.lua", text)
      local ok, err = rules.new({ path = folder .. "/rules.lua", check_mute = mutes.check }):load()
      assert.is_nil(ok)
      assert.matches(message, err.message)
    end)
  end
end)
