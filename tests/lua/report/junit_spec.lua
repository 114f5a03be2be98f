local helper = require "helper"
local reports = require "reports"

local function check(report)
  local folder <close> = helper.folder()
  helper.write(folder .. "/report.xml", reports.text("junit", report))
  local result = helper.run { "/usr/bin/python3", "tests/cli/check_junit.py", folder .. "/report.xml" }
  assert.equal("", result.err)
  return result.out
end

describe("JUnit's XML of an audit", function()
  it("has a suite a place, a failure a finding, and a passed test for what is well", function()
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
  error audit: AccessDenied: not for you
]], check(reports.small()))
  end)

  it("tells services that could not be listed, and an account that two profiles lead to once", function()
    local report = reports.small()
    report.scopes[2] = { account = "111122223333", region = "us-east-1", repositories = {}, services = {},
      services_unknown = "no" }
    assert.match("^suites: 2, tests: 6, failures: 3, errors: 1\n", check(report))
  end)

  it("is XML whatever the names are", function()
    local out = check(reports.hostile())
    assert.match("^suites: 2, tests: %d+, failures: 3", out)
    assert.match("failed public%-access <script>alert%(1%)</script>\"'&|,; \\x0a%- x\\x0d\\x0a\\x1b%[31m", out)
  end)

  it("is a suite without tests where there is nothing", function()
    assert.equal("suites: 1, tests: 0, failures: 0, errors: 0\n111122223333 us-east-1\n", check(reports.empty()))
  end)
end)
