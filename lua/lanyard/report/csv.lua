--- Records as CSV (RFC 4180): a line of column names, then one record per item.

local escape = require "lanyard.text.escape"

local M = {}

local COLUMNS = { "severity", "id", "account", "region", "repository", "service", "principal", "statement", "line",
  "column", "message", "why", "fix", "key", "state" }

--- Returns one record. A value that is nil becomes an empty field.
---@param values { [integer]: any }
---@param count integer the number of fields
---@return string
function M.record(values, count)
  local fields = {}
  for i = 1, count do
    fields[i] = values[i] == nil and "" or escape.csv(values[i])
  end
  return table.concat(fields, ",") .. "\r\n"
end

--- Writes items.
---@param names string[] the columns, which are members of the items
---@param items table[]
---@param out fun(text: string) gets whole lines
function M.rows(names, items, out)
  out(M.record(names, #names))
  for _, item in ipairs(items) do
    local values = {}
    for i, name in ipairs(names) do
      values[i] = item[name]
    end
    out(M.record(values, #names))
  end
end

--- Writes the findings of a report. Muted findings and findings resolved since the baseline are last, with the
--- states "muted" and "gone".
---@param report audit.Report
---@param out fun(text: string) gets whole lines
function M.write(report, out)
  out(M.record(COLUMNS, #COLUMNS))
  local function add(finding, state)
    local values, location = {}, finding.location or {}
    for i, name in ipairs(COLUMNS) do
      values[i] = name == "state" and state or finding[name] or location[name]
    end
    out(M.record(values, #COLUMNS))
  end
  for _, finding in ipairs(report.findings) do
    add(finding)
  end
  for _, finding in ipairs(report.muted or {}) do
    add(finding, "muted")
  end
  for _, finding in ipairs(report.baseline and report.baseline.resolved or {}) do
    add(finding, "gone")
  end
end

return M
