-- Records as CSV (RFC 4180), the findings of an audit among them: a line of names, then a record an item.

local escape = require "lanyard.text.escape"

local M = {}

local NAMES = { "severity", "id", "account", "region", "repository", "service", "principal", "statement", "line",
  "column", "message", "why", "fix", "key", "state" }

-- record(values, count) --> the line of so many values; one that is nil is an empty field
function M.record(values, count)
  local fields = {}
  for i = 1, count do
    fields[i] = values[i] == nil and "" or escape.csv(values[i])
  end
  return table.concat(fields, ",") .. "\r\n"
end

-- rows(names, items, out): the members of those names of each item; out(text) takes whole lines.
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

-- write(report, out): out(text) takes whole lines. Findings that are muted come
-- last, and those that are gone since the baseline.
function M.write(report, out)
  out(M.record(NAMES, #NAMES))
  local function add(finding, state)
    local values, place = {}, finding.place or {}
    for i, name in ipairs(NAMES) do
      values[i] = name == "state" and state or finding[name] or place[name]
    end
    out(M.record(values, #NAMES))
  end
  for _, finding in ipairs(report.findings) do
    add(finding)
  end
  for _, finding in ipairs(report.muted or {}) do
    add(finding, "muted")
  end
  for _, finding in ipairs(report.baseline and report.baseline.gone or {}) do
    add(finding, "gone")
  end
end

return M
