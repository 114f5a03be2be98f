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
  it("points into the policy where there is a place, and else names what is meant", function()
    local out, run = check(reports.small())
    assert.equal("1 run, 3 result: public-access at ecr/111122223333/us-east-1/team/api/policy.json:2:5, "
      .. "missing-service at ecr/111122223333/us-east-1/team/api/policy.json, "
      .. "unused-role at 111122223333/us-east-1/service web\n", out)
    local location = run.results[1].locations[1]
    assert.same({ startLine = 2, startColumn = 5, byteOffset = 40, byteLength = 20 }, location.physicalLocation.region)
    assert.equal("111122223333/us-east-1/repository team/api/statement #3",
      location.logicalLocations[1].fullyQualifiedName)
  end)

  it("keeps a finding's key, by which it is the same one the next time", function()
    local report = reports.small()
    local _, run = check(report)
    assert.equal(report.findings[1].key, run.results[1].partialFingerprints["lanyard/v1"])
  end)

  it("says of every result whether it is new since a baseline, and has none that is gone", function()
    local _, run = check(reports.changed())
    local states = {}
    for i, result in ipairs(run.results) do states[i] = result.baselineState end
    assert.same({ "new", "new", "unchanged" }, states)
    assert.is_nil(select(2, check(reports.small())).results[1].baselineState)
  end)

  it("knows the rules of findings that this release does not make", function()
    local report = reports.small()
    report.findings[1].id = "of-another-release"
    local _, run = check(report)
    local rule = run.tool.driver.rules[run.results[1].ruleIndex + 1]
    assert.equal("of-another-release", rule.id)
    assert.equal("of another release", rule.shortDescription.text)
  end)

  it("encodes hostile names in addresses and carries them as text elsewhere", function()
    local _, run = check(reports.hostile())
    local location = run.results[1].locations[1]
    assert.match("^ecr/111122223333/us%-east%-1/%%3Cscript%%3E[%w%%/._~-]+/policy%.json$",
      location.physicalLocation.artifactLocation.uri)
    assert.match("<script>alert", run.results[1].message.text)
  end)

  it("says whether all could be looked at, and what could not", function()
    local report = reports.small()
    report.scopes[1].services_unknown = "denied"
    local _, run = check(report)
    assert.equal(1, #run.invocations)
    assert.is_false(run.invocations[1].executionSuccessful)
    assert.same({
      { level = "warning", message = {
        text = "The container services of 111122223333 us-east-1 could not be listed: denied" } },
      { level = "error", message = {
        text = "444455556666 eu-west-1 could not be looked at: AccessDenied: not for you" } },
    }, run.invocations[1].toolExecutionNotifications)
    report.scopes[2].skipped = true
    _, run = check(report)
    assert.is_true(run.invocations[1].executionSuccessful)
    assert.equal("note", run.invocations[1].toolExecutionNotifications[2].level)
    assert.same({ { executionSuccessful = true, toolExecutionNotifications = json.array {} } },
      select(2, check(reports.empty())).invocations)
  end)

  it("is a log without results where nothing was found", function()
    assert.equal("1 run, 0 result: \n", (check(reports.empty())))
  end)
end)
