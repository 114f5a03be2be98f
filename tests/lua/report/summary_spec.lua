local summary = require "lanyard.report.summary"
local reports = require "reports"

describe("the numbers of a report", function()
  it("count once what two profiles of one account lead to", function()
    local report = reports.small()
    local counts = summary.of(report)
    report.scopes[3] = reports.small().scopes[1]
    assert.same(counts, summary.of(report))
    assert.equal("2 repositories, 3 grants in 2 pairs of account and Region, 1 of which could not be looked at",
      summary.extent(counts))
  end)

  it("count a profile that failed beside another one of its account", function()
    local report = reports.empty()
    report.scopes[2] = { account = "111122223333", region = "us-east-1", error = { code = "X", message = "no" } }
    for _ = 1, 2 do
      assert.same({ 2, 1, 0 }, { summary.of(report).scopes, summary.of(report).failed, summary.of(report).repositories })
      report.scopes[1], report.scopes[2] = report.scopes[2], report.scopes[1]
    end
  end)

  it("count profiles that failed before their account was known each", function()
    local report = reports.empty()
    for i = 1, 2 do
      report.scopes[i] = { profile = "p", region = "us-east-1", error = { code = "X", message = "no" } }
    end
    assert.same({ 2, 2 }, { summary.of(report).scopes, summary.of(report).failed })
  end)
end)
