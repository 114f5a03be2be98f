local severity = require "lanyard.severity"

describe("severity", function()
  it("ranks every severity, the most severe first", function()
    for rank, name in ipairs(severity.LIST) do
      assert.equal(rank, severity.RANK[name])
    end
    assert.is_true(severity.RANK.critical < severity.RANK.info)
  end)

  it("reports whether findings reach a severity", function()
    local findings = { { severity = "low" }, { severity = "high" } }
    assert.is_true(severity.reaches(findings, "high"))
    assert.is_true(severity.reaches(findings, "info"))
    assert.is_false(severity.reaches(findings, "critical"))
    assert.is_false(severity.reaches({}, "info"))
  end)
end)
