local reports = require "reports"
local terminal = require "lanyard.report.terminal"

local function text_of(report, options)
  local parts = {}
  terminal.write(report, function(text) parts[#parts + 1] = text end, options)
  return table.concat(parts)
end

describe("an audit's report on a terminal", function()
  it("has the grants as a table, then findings with why and fix, then their number", function()
    local text = text_of(reports.small())
    assert.match("^WHERE +REPOSITORY +WHO +KIND +PULL +STATEMENT\n111122223333 us%-east%-1  spare +%-\n", text)
    assert.match("team/api +web +puller +allow +web\n", text)
    assert.match("\ncritical  public%-access: public%-access is so %(111122223333 us%-east%-1%)\n"
      .. "          why: it matters\n          fix: lanyard mend public%-access\n", text)
    assert.match("\nunknown   444455556666 eu%-west%-1 could not be looked at: AccessDenied: not for you\n", text)
    assert.match("\n3 findings: 1 critical, 1 medium, 1 low\n$", text)
  end)

  it("says an error's code once", function()
    local report = reports.small()
    report.scopes[2].error.message = "ecr:DescribeRepositories: AccessDenied: not for you"
    assert.match("looked at: ecr:DescribeRepositories: AccessDenied: not for you\n", text_of(report))
  end)

  it("does not say where when there is only one place", function()
    local report = reports.small()
    report.scopes[2] = nil
    assert.match("^REPOSITORY ", text_of(report))
    assert.is_nil(text_of(report):find "111122223333 us")
  end)

  it("has once what two profiles lead to, and a failure of one of them", function()
    local report = reports.small()
    report.scopes[2] = reports.small().scopes[1]
    local single = reports.small()
    single.scopes[2] = nil
    assert.equal(text_of(single), text_of(report))
    report.scopes[1] = { account = "111122223333", region = "us-east-1", error = { code = "X", message = "no" } }
    local text = text_of(report)
    assert.equal(1, select(2, text:gsub("team/api +web +puller", "")))
    assert.match("\nunknown   111122223333 us%-east%-1 could not be looked at: X: no\n", text)
  end)

  it("fits a terminal's width but for commands, which stay in one line", function()
    local report = reports.small()
    report.findings[1].message = ("word "):rep(40)
    report.findings[1].fix = "lanyard " .. ("x"):rep(100)
    for line in text_of(report, { width = 60 }):gmatch "[^\n]+" do
      assert.is_true(#line <= 60 or line:find "fix: " ~= nil, line)
    end
    assert.match("\n          fix: lanyard x+\n", text_of(report, { width = 60 }))
  end)

  it("has a colour a severity", function()
    local text = text_of(reports.small(), { paint = function(colour, text)
      return colour and ("<%s>%s</>"):format(colour, text) or text
    end })
    assert.match("\n<red>critical</>  public", text)
    assert.match("\n<yellow>medium  </>  missing", text)
    assert.match("\nlow +unused", text)
  end)

  it("shows hostile texts as escapes, in one line each", function()
    local report = reports.hostile()
    local text = text_of(report)
    assert.is_nil(text:find "[%z\1-\9\11-\31\127]")
    assert.is_nil(text:find "\u{9b}" or text:find "\u{202e}")
    assert.equal(1 + 4 + 1 + 2 + 3 * 3 + 1, select(2, text:gsub("\n", "")))
  end)

  it("says until when a grant lasts, and since when one does not", function()
    local report = reports.small()
    local list = report.scopes[1].repositories[2].access
    list[1].expires, list[2].expires, list[2].decision = "2027-01-31T00:00:00Z", "2026-11-25T01:00:00Z", "deny"
    local text = text_of(report)
    assert.match(" puller +allow until 2027%-01%-31T00:00:00Z +web\n", text)
    assert.match(" puller +deny, ended 2026%-11%-25T01:00:00Z +old\n", text)
  end)

  it("says what is not known of a place that was looked at", function()
    local report = reports.small()
    report.scopes[1].registry_unknown, report.scopes[1].identities_unknown = "no", "not allowed"
    local text = text_of(report)
    assert.match("\nunknown   The policy of the registry of 111122223333 us%-east%-1 could not be read: no\n", text)
    assert.match("\nunknown   Whether the roles and users of [^\n]+ exist could not be found out: not allowed\n", text)
  end)

  it("says of how many repositories the images are not known, with the first why", function()
    local report = reports.small()
    for i, repository in ipairs(report.scopes[1].repositories) do repository.images_unknown = "why " .. i end
    assert.match("\nunknown   The images of 2 repositories of 111122223333 us%-east%-1 could not be looked at: why 1\n",
      text_of(report))
  end)

  it("says that there is nothing", function()
    assert.equal("\nno findings\n", text_of(reports.empty()))
  end)
end)
