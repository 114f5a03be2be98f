local json = require "lanyard.json"
local reports = require "reports"

describe("JSON Lines of an audit", function()
  it("have one finding each, and are written one by one", function()
    local report, pieces = reports.hostile(), {}
    require("lanyard.report.jsonl").write(report, function(text) pieces[#pieces + 1] = text end)
    assert.equal(#report.findings, #pieces)
    for i, piece in ipairs(pieces) do
      assert.match("^[^\n]+\n$", piece)
      assert.same(report.findings[i], json.decode(piece))
    end
  end)
  it("are empty without findings", function()
    assert.equal("", reports.text("jsonl", reports.empty()))
  end)
end)
