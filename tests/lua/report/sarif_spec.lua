local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"

local function check(report)
  local folder <close> = helper.folder()
  local text = reports.text("sarif", report)
  helper.write(folder .. "/log.sarif", text)
  local result = helper.run { "/usr/bin/python3", "tests/cli/check_sarif.py", folder .. "/log.sarif" }
  assert.equal("", result.err)
  return result.out, json.decode(text).runs[1]
end

describe("SARIF of an audit", function()
  it("points into the policy where the location is known, and otherwise names the service", function()
    local out, run = check(reports.small())
    assert.equal("1 run, 3 result: public-access at ecr/111122223333/us-east-1/team/api/policy.json:2:5, "
      .. "missing-service at ecr/111122223333/us-east-1/team/api/policy.json, "
      .. "unused-role at 111122223333/us-east-1/service web\n", out)
    local location = run.results[1].locations[1]
    assert.same({ startLine = 2, startColumn = 5, byteOffset = 40, byteLength = 20 }, location.physicalLocation.region)
    assert.equal("111122223333/us-east-1/repository team/api/statement #3",
      location.logicalLocations[1].fullyQualifiedName)
  end)

  it("has the key of a finding as its fingerprint", function()
    local report = reports.small()
    local _, run = check(report)
    assert.equal(report.findings[1].key, run.results[1].partialFingerprints["lanyard/v1"])
  end)

  it("has the baseline state of each result, and omits resolved findings", function()
    local _, run = check(reports.changed())
    local states = {}
    for i, result in ipairs(run.results) do states[i] = result.baselineState end
    assert.same({ "new", "new", "unchanged" }, states)
    assert.is_nil(select(2, check(reports.small())).results[1].baselineState)
  end)

  it("has rules for findings of other versions", function()
    local report = reports.small()
    report.findings[1].id = "of-another-release"
    local _, run = check(report)
    local rule = run.tool.driver.rules[run.results[1].ruleIndex + 1]
    assert.equal("of-another-release", rule.id)
    assert.equal("of another release", rule.shortDescription.text)
  end)

  it("encodes hostile names in URIs and has them as text elsewhere", function()
    local _, run = check(reports.hostile())
    local location = run.results[1].locations[1]
    assert.match("^ecr/111122223333/us%-east%-1/%%3Cscript%%3E[%w%%/._~-]+/policy%.json$",
      location.physicalLocation.artifactLocation.uri)
    assert.match("<script>alert", run.results[1].message.text)
  end)

  it("reports whether the audit was complete, and what could not be read", function()
    local report = reports.small()
    report.scopes[1].services_error = "denied"
    local _, run = check(report)
    assert.equal(1, #run.invocations)
    assert.is_false(run.invocations[1].executionSuccessful)
    assert.same({
      { level = "warning", message = {
        text = "The container services of 111122223333 us-east-1 could not be listed: denied" } },
      { level = "error", message = {
        text = "444455556666 eu-west-1 could not be audited: AccessDenied: not for you" } },
    }, run.invocations[1].toolExecutionNotifications)
    report.scopes[2].skipped = true
    _, run = check(report)
    assert.is_true(run.invocations[1].executionSuccessful)
    assert.equal("note", run.invocations[1].toolExecutionNotifications[2].level)
    assert.same({ { executionSuccessful = true, toolExecutionNotifications = json.array {} } },
      select(2, check(reports.empty())).invocations)
  end)

  it("is a log without results when nothing was found", function()
    assert.equal("1 run, 0 result: \n", (check(reports.empty())))
  end)
end)
