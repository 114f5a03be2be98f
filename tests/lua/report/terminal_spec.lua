local reports = require "reports"
local terminal = require "lanyard.report.terminal"

local function text_of(report, options)
  local parts = {}
  terminal.write(report, function(text) parts[#parts + 1] = text end, options or {})
  return table.concat(parts)
end

describe("a report on a terminal", function()
  it("has a table of the grants, then findings with why and fix, then their number", function()
    local text = text_of(reports.small())
    assert.match("^ACCOUNT AND REGION +REPOSITORY +PRINCIPAL +KIND +PULL +STATEMENT\n111122223333 us%-east%-1 +spare +no grants\n", text)
    assert.match("team/api +web +puller +allow +web\n", text)
    assert.match("\ncritical  public%-access: public%-access is so %(111122223333 us%-east%-1%)\n"
      .. "          why: it matters\n          fix: lanyard fix public%-access\n", text)
    assert.match("\nunknown   444455556666 eu%-west%-1 could not be audited: AccessDenied: not for you\n", text)
    assert.match("\n3 findings: 1 critical, 1 medium, 1 low\n$", text)
  end)

  it("prints the code of an error once", function()
    local report = reports.small()
    report.scopes[2].error.message = "ecr:DescribeRepositories: AccessDenied: not for you"
    assert.match("audited: ecr:DescribeRepositories: AccessDenied: not for you\n", text_of(report))
  end)

  it("omits account and Region when there is only one", function()
    local report = reports.small()
    report.scopes[2] = nil
    assert.match("^REPOSITORY ", text_of(report))
    assert.is_nil(text_of(report):find "111122223333 us")
  end)

  it("prints the account of two profiles once, and a failure of one of them", function()
    local report = reports.small()
    report.scopes[2] = reports.small().scopes[1]
    local single = reports.small()
    single.scopes[2] = nil
    assert.equal(text_of(single), text_of(report))
    report.scopes[1] = { account = "111122223333", region = "us-east-1", error = { code = "X", message = "no" } }
    local text = text_of(report)
    assert.equal(1, select(2, text:gsub("team/api +web +puller", "")))
    assert.match("\nunknown   111122223333 us%-east%-1 could not be audited: X: no\n", text)
  end)

  it("fits the width of the terminal, except commands, which are not wrapped", function()
    local report = reports.small()
    report.findings[1].message = ("word "):rep(40)
    report.findings[1].fix = "lanyard " .. ("x"):rep(100)
    for line in text_of(report, { width = 60 }):gmatch "[^\n]+" do
      assert.is_true(#line <= 60 or line:find "fix: " ~= nil, line)
    end
    assert.match("\n          fix: lanyard x+\n", text_of(report, { width = 60 }))
  end)

  it("fits twenty columns", function()
    local report = reports.small()
    report.findings[1].message, report.findings[1].fix = ("word "):rep(40), nil
    report.limitations = { { kind = "scp", reason = "not read", effect = ("word "):rep(20) } }
    local text = text_of(report, { width = 20 })
    assert.matches("not considered", text)
    for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 20 or not line:find "word", line) end
  end)

  it("paints severities", function()
    local text = text_of(reports.small(), { paint = function(colour, text)
      return colour and ("<%s>%s</>"):format(colour, text) or text
    end })
    assert.match("\n<red>critical</>  public", text)
    assert.match("\n<yellow>medium  </>  missing", text)
    assert.match("\nlow +unused", text)
  end)

  it("escapes hostile texts and prints each in one line", function()
    local report = reports.hostile()
    local text = text_of(report)
    assert.is_nil(text:find "[%z\1-\9\11-\31\127]")
    assert.is_nil(text:find "\u{9b}" or text:find "\u{202e}")
    assert.equal(1 + 4 + 1 + 2 + 3 * 3 + 1, select(2, text:gsub("\n", "")))
  end)

  it("prints when a grant expires or expired", function()
    local report = reports.small()
    local list = report.scopes[1].repositories[2].access
    list[1].expires, list[2].expires, list[2].decision = "2027-01-31T00:00:00Z", "2026-11-25T01:00:00Z", "deny"
    local text = text_of(report)
    assert.match(" puller +allow until 2027%-01%-31T00:00:00Z +web\n", text)
    assert.match(" puller +deny, expired 2026%-11%-25T01:00:00Z +old\n", text)
  end)

  it("prints what could not be read of an audited account", function()
    local report = reports.small()
    report.scopes[1].registry_error, report.scopes[1].identities_error = "no", "not allowed"
    local text = text_of(report)
    assert.match("\nunknown   The registry policy of 111122223333 us%-east%-1 could not be read: no\n", text)
    assert.match("\nunknown   Whether the roles and users of [^\n]+ exist could not be checked: not allowed\n", text)
  end)

  it("prints for how many repositories the images are unknown, with the first reason", function()
    local report = reports.small()
    for i, repository in ipairs(report.scopes[1].repositories) do repository.images_error = "why " .. i end
    assert.match("\nunknown   The images of 2 repositories of 111122223333 us%-east%-1 could not be checked: why 1\n",
      text_of(report))
  end)

  it("prints what was read if it has no repositories", function()
    local report = reports.empty()
    assert.equal("us-east-1 of account 111122223333: no repositories\n\nno findings in 0 repositories\n", text_of(report))
    report.scopes[2] = { account = "111122223333", region = "eu-west-1", repositories = {} }
    assert.match("^2 pairs of account and Region: no repositories\n", text_of(report))
    report.scopes[2] = { account = "111122223333", region = "eu-west-1", error = { code = "X", message = "no" } }
    assert.match("^us%-east%-1 of account 111122223333: no repositories\n\nunknown ", text_of(report))
    report.scopes[1].repositories = reports.small().scopes[1].repositories
    assert.match("^ACCOUNT AND REGION ", text_of(report))
    assert.match("\nno findings\n$", text_of(report))
  end)

  it("counts a single finding by severity", function()
    local report = reports.small()
    report.findings = { report.findings[2] }
    assert.match("\n1 finding: 1 medium\n$", text_of(report))
  end)
end)
