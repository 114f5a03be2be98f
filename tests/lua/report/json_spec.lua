local json = require "lanyard.json"
local report_json = require "lanyard.report.json"
local reports = require "reports"

-- What is written, and in how many pieces.
local function written(value)
  local pieces = {}
  report_json.write(value, function(text)
    assert.equal("\n", text:sub(-1))
    pieces[#pieces + 1] = text
  end)
  return table.concat(pieces), #pieces
end

describe("the JSON of an audit", function()
  it("is byte for byte what lanyard.json returns", function()
    for _, report in ipairs { reports.hostile(), reports.empty() } do
      report.baseline = { resolved = report.findings, grants = { added = json.array {}, removed = json.array {} } }
      report.partial = { repositories = json.array { "a*" }, empty = {} }
      assert.equal(json.encode(report, { pretty = true }) .. "\n", (written(report)))
    end
  end)

  it("is written in pieces of whole lines", function()
    local report = reports.hostile()
    for i = 1, 2000 do
      report.findings[i] = report.findings[1]
    end
    local text, pieces = written(report)
    assert.equal(json.encode(report, { pretty = true }) .. "\n", text)
    assert.is_true(pieces > #text // (2 * 65536), pieces .. " pieces")
  end)
end)
