local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"

-- The records as Python reads them.
local function read(text)
  local folder <close> = helper.folder()
  helper.write(folder .. "/report.csv", text)
  local result = helper.run({ "/usr/bin/python3", "-c", "import csv, json, sys\n"
    .. "print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))))",
    folder .. "/report.csv" })
  assert.equal("", result.err)
  return json.decode(result.out)
end

describe("CSV of an audit", function()
  it("is a line of names and a record for each finding, with the line ends of RFC 4180", function()
    local text = reports.text("csv", reports.small())
    assert.match("^severity,id,account,region,repository,service,principal,statement,line,column,message,why,fix,key,state\r\n", text)
    assert.equal(4, select(2, text:gsub("\r\n", "")))
    local records = read(text)
    assert.equal("public-access", records[1].id)
    assert.equal("#3", records[1].statement)
    assert.equal("2", records[1].line)
    assert.equal("", records[2].line)
    assert.equal("lanyard fix unused-role", records[3].fix)
  end)

  it("is only the line of names without findings", function()
    assert.equal(1, select(2, reports.text("csv", reports.empty()):gsub("\r\n", "")))
  end)

  it("has the state of each finding since the baseline, and resolved findings last", function()
    local states = {}
    for i, record in ipairs(read(reports.text("csv", reports.changed()))) do
      states[i] = record.id .. " " .. record.state
    end
    assert.same({ "public-access new", "missing-service new", "unused-role unchanged", "public-access gone" }, states)
  end)

  it("has muted findings with that state", function()
    local records = read(reports.text("csv", reports.muted()))
    assert.same({ "missing-service", "muted" }, { records[3].id, records[3].state })
  end)

  it("has no field that a spreadsheet reads as a formula, and no record of two lines", function()
    local text = reports.text("csv", reports.hostile())
    assert.equal(4, select(2, text:gsub("\n", "")))
    assert.is_nil(text:find "[%z\1-\9\11\12\14-\31\127]")
    for _, record in ipairs(read(text)) do
      assert.match("^'=HYPERLINK", record.message)
      assert.match("^<script>alert%(1%)</script>\"'&|,; \\x0a", record.principal)
    end
  end)
end)
