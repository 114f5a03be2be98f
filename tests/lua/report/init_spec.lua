local audit = require "lanyard.audit"
local report = require "lanyard.report"
local reports = require "reports"
local types = require "lanyard.cli.types"

describe("the formats of reports", function()
  it("are the ones of the commands", function()
    assert.same(types["report-format"].choices, report.FORMATS)
    local choices = table.move(report.GRAPHS, 1, #report.GRAPHS, 1, {})
    choices[#choices + 1] = "json" -- the graph as data
    assert.same(types["graph-format"].choices, choices)
  end)

  it("give the text that the module of the format writes, in whole lines", function()
    local options = { catalogue = audit.catalogue }
    for _, list in ipairs { report.FORMATS, report.GRAPHS } do
      for _, format in ipairs(list) do
        local text = report.text(reports.small(), format, options)
        assert.equal("\n", text:sub(-1), format)
        if format ~= "table" then
          assert.equal(reports.text(format, reports.small()), text, format)
        end
        report.write(reports.small(), format, function(part)
          assert.truthy(part == "" or part:sub(-1) == "\n", format)
        end, options)
      end
    end
  end)

  it("are checked, and so is the catalogue", function()
    assert.has_error(function() report.text(reports.small(), "jsn") end, "'jsn' is not a format of reports (did you mean json?)")
    assert.has_error(function() report.text(reports.small()) end, "'nil' is not a format of reports")
    for _, format in ipairs { "sarif", "html", "svg", "dot", "mermaid" } do
      assert.has_error(function() report.text(reports.small(), format) end,
        ("the format '%s' needs options.catalogue: lanyard.audit.catalogue"):format(format))
    end
  end)
end)
