local helper = require "helper"
local reports = require "reports"

local function checked(text)
  local folder <close> = helper.folder()
  helper.write(folder .. "/report.xml", text)
  return helper.run { "/usr/bin/python3", "tests/cli/check_junit.py", folder .. "/report.xml" }
end

local function check(report)
  local result = checked(reports.text("junit", report))
  assert.equal("", result.err)
  return result.out
end

describe("JUnit XML of an audit", function()
  it("has a suite for each account and Region, a failure for each finding, and passed tests for the rest", function()
    assert.equal([[
suites: 2, tests: 6, failures: 3, errors: 1
111122223333 us-east-1
  failed public-access team/api * #3: critical: public-access is so
  failed missing-service team/api old ]]
      .. [[arn:aws:iam::222233334444:role/amazon/lightsail/us-east-1/containers/old/private-repo-access/7gone old: ]]
      .. [[medium: missing-service is so
  failed unused-role web ]]
      .. [[arn:aws:iam::222233334444:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/]]
      .. [[3EXAMPLEm8gmrcs1vEXAMPLEkkemufe7ime26fo9i7e5ct93k7ng: low: unused-role is so
  passed repository spare
  passed service idle
444455556666 eu-west-1
  error audit: AccessDenied: 444455556666 eu-west-1 could not be audited: AccessDenied: not for you
]], check(reports.small()))
  end)

  it("has one suite for the account of two profiles, with the failures of both", function()
    local report = reports.small()
    local small = check(report)
    table.insert(report.scopes, 1, reports.small().scopes[1])
    assert.equal(small, check(report))
    for i = 1, 2 do
      report.scopes[i] = { account = "111122223333", region = "us-east-1", profile = "p" .. i,
        error = { code = "AccessDenied", message = "no " .. i } }
    end
    table.insert(report.scopes, reports.small().scopes[1])
    local out = check(report)
    assert.match("^suites: 2, tests: 8, failures: 3, errors: 3\n111122223333 us%-east%-1\n  failed public%-access ", out)
    assert.match("\n  passed service idle\n  error audit: AccessDenied: [^\n]+ could not be audited: AccessDenied: no 1\n"
      .. "  error audit %(2%): AccessDenied: [^\n]+ could not be audited: AccessDenied: no 2\n", out)
  end)

  it("has errors for what could not be read of an audited account", function()
    local report = reports.small()
    local scope = report.scopes[1]
    scope.services_error, scope.registry_error, scope.identities_error = "no", "denied", "not allowed"
    scope.repositories[2].images_error = "ecr:DescribeImages: AccessDenied"
    local out = check(report)
    assert.match("^suites: 2, tests: 10, failures: 3, errors: 5\n", out)
    assert.match([[

  error services: unknown: The container services of 111122223333 us%-east%-1 could not be listed: no
  error registry: unknown: The registry policy of 111122223333 us%-east%-1 could not be read: denied
  error identities: unknown: Whether the roles and users of 111122223333 us%-east%-1 exist could not be checked: ]]
      .. [[not allowed
  error images: unknown: The images of 1 repository of 111122223333 us%-east%-1 could not be checked: ]]
      .. "ecr:DescribeImages: AccessDenied\n", out)
  end)

  it("has different names for findings about one statement", function()
    local report = reports.small()
    table.insert(report.findings, report.findings[1])
    assert.match("\n  failed public%-access team/api %* #3: .*\n  failed public%-access team/api %* #3 %(2%): ", check(report))
  end)

  it("is XML when names are hostile", function()
    local out = check(reports.hostile())
    assert.match("^suites: 2, tests: %d+, failures: 3", out)
    assert.match("failed public%-access <script>alert%(1%)</script>\"'&|,; \\x0a%- x\\x0d\\x0a\\x1b%[31m", out)
  end)

  it("has in the text of a failure whether it is new since the baseline", function()
    local text = reports.text("junit", reports.changed())
    assert.equal(2, select(2, text:gsub(">new since the baseline\nwhy: ", "")))
    assert.equal(1, select(2, text:gsub(">unchanged since the baseline\nwhy: ", "")))
    check(reports.changed())
  end)

  it("has a skipped test for a muted finding", function()
    local out = check(reports.muted())
    assert.match("^suites: 2, tests: 6, failures: 2, errors: 1\n", out)
    assert.match("\n  skipped missing%-service team/api old [^\n]+: None: medium: missing%-service is so; "
      .. "muted until 2027%-01%-31: known\n", out)
    check(reports.muted(reports.hostile))
  end)

  it("differs from XML with a wrong element, attribute, value or count, which the schema rejects", function()
    local text = reports.text("junit", reports.small())
    for _, change in ipairs { { "<testcase ", "<test " }, { ' classname="[^"]*"', "" }, { ' time="0"', ' time="soon"' },
      { ' tests="6"', ' tests="5"' }, { ' timestamp="[^"]*"', ' timestamp="yesterday"' }, { ' type="critical"', "" },
      { ' name="repository spare"', ' name="service idle"' }, { "<failure ", "<failure colour='red' " },
      { "</failure>", "</failure><error type='x'/>" }, { ' errors="1"', ' errors="-1"' } } do
      local wrong, count = text:gsub(change[1], change[2], 1)
      assert.equal(1, count, change[1])
      assert.equal(1, checked(wrong).status, change[1])
    end
  end)

  it("is a suite without tests when nothing was found", function()
    assert.equal("suites: 1, tests: 0, failures: 0, errors: 0\n111122223333 us-east-1\n", check(reports.empty()))
  end)
end)
