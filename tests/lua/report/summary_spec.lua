local summary = require "lanyard.report.summary"
local reports = require "reports"

describe("the numbers of a report", function()
  it("count the account of two profiles once", function()
    local report = reports.small()
    local counts = summary.counts(report)
    report.scopes[3] = reports.small().scopes[1]
    assert.same(counts, summary.counts(report))
    assert.equal("2 repositories, 3 grants in 2 pairs of account and Region, 1 of which could not be audited",
      summary.extent(counts))
  end)

  it("count a failed profile in addition to another one of its account", function()
    local report = reports.empty()
    report.scopes[2] = { account = "111122223333", region = "us-east-1", error = { code = "X", message = "no" } }
    for _ = 1, 2 do
      assert.same({ 2, 1, 0 }, { summary.counts(report).scopes, summary.counts(report).failed, summary.counts(report).repositories })
      report.scopes[1], report.scopes[2] = report.scopes[2], report.scopes[1]
    end
  end)

  it("count each profile that failed before its account was known", function()
    local report = reports.empty()
    for i = 1, 2 do
      report.scopes[i] = { profile = "p", region = "us-east-1", error = { code = "X", message = "no" } }
    end
    assert.same({ 2, 2 }, { summary.counts(report).scopes, summary.counts(report).failed })
  end)
end)
