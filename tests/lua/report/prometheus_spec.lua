local reports = require "reports"

-- Returns series by name and labels. A line that does not fit the format fails.
local function read(text)
  local series = {}
  for line in text:gmatch "([^\n]*)\n" do
    if not line:find "^# " then
      local name, value = line:match "^(.+) (%d+)$"
      local metric, labels = (name or ""):match "^([%l_]+)(.*)$"
      assert.is_truthy(metric, line)
      local rest = labels:gsub("\\[\\\"n]", ""):gsub('[%l_]+="[^"]*",?', "")
      assert.is_true(rest == "" or rest == "{}", line)
      assert.is_nil(series[name], "twice: " .. name)
      series[name] = tonumber(value)
    end
  end
  return series
end

describe("the metrics of an audit", function()
  it("count findings, grants and repositories, and have the time", function()
    local series = read(reports.text("prometheus", reports.small()))
    local here = 'account="111122223333",region="us-east-1"'
    assert.equal(1, series['lanyard_findings{id="public-access",severity="critical",' .. here .. "}"])
    assert.equal(3, series["lanyard_grants{" .. here .. ',decision="allow"}'])
    assert.equal(0, series["lanyard_grants{" .. here .. ',decision="deny"}'])
    assert.equal(2, series["lanyard_repositories{" .. here .. "}"])
    assert.equal(1, series["lanyard_audit_success{" .. here .. "}"])
    assert.equal(1795568400, series.lanyard_audit_timestamp_seconds)
  end)

  it("count the changes since the baseline", function()
    local series = read(reports.text("prometheus", reports.changed()))
    assert.same({ 2, 1, 1, 1 }, { series['lanyard_changes{kind="finding",change="new"}'],
      series['lanyard_changes{kind="finding",change="gone"}'], series['lanyard_changes{kind="grant",change="new"}'],
      series['lanyard_changes{kind="grant",change="gone"}'] })
    assert.equal(1795482000, series.lanyard_baseline_timestamp_seconds)
    assert.is_nil(reports.text("prometheus", reports.small()):find "lanyard_changes")
  end)

  it("count muted findings separately", function()
    local series = read(reports.text("prometheus", reports.muted()))
    assert.equal(1, series.lanyard_findings_muted)
  end)

  it("have no numbers of an account that could not be audited", function()
    local series = read(reports.text("prometheus", reports.small()))
    local there = '{account="444455556666",region="eu-west-1"}'
    assert.equal(0, series["lanyard_audit_success" .. there])
    assert.is_nil(series["lanyard_repositories" .. there])
  end)

  it("count the account of two profiles once", function()
    local report = reports.small()
    report.scopes[3] = report.scopes[1]
    table.insert(report.scopes, 1, { account = "111122223333", region = "us-east-1", error = { code = "X", message = "" } })
    local series = read(reports.text("prometheus", report))
    assert.equal(2, series['lanyard_repositories{account="111122223333",region="us-east-1"}'])
  end)

  it("escape hostile labels, and begin each family with help and type", function()
    local report = reports.hostile()
    report.findings[1].account = reports.HOSTILE
    local text = reports.text("prometheus", report)
    read(text)
    assert.equal(5, select(2, text:gsub("# HELP [%l_]+ [^\n]+\n# TYPE [%l_]+ gauge\n", "")))
  end)

  it("have no family without series", function()
    assert.is_nil(reports.text("prometheus", reports.empty()):find "lanyard_findings")
  end)
end)
