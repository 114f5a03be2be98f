-- An audit's findings as CSV (RFC 4180): a line of names, then a record a finding.

local escape = require "lanyard.report.escape"

local M = {}

local NAMES = { "severity", "id", "account", "region", "repository", "service", "principal", "statement", "line",
  "column", "message", "why", "fix", "key" }

local function record(values)
  local fields = {}
  for i = 1, #NAMES do
    fields[i] = escape.csv(values[i])
  end
  return table.concat(fields, ",") .. "\r\n"
end

-- write(report, out): out(text) takes whole lines.
function M.write(report, out)
  out(record(NAMES))
  for _, finding in ipairs(report.findings) do
    local values, place = {}, finding.place or {}
    for i, name in ipairs(NAMES) do
      values[i] = finding[name] or place[name] or ""
    end
    out(record(values))
  end
end

return M
