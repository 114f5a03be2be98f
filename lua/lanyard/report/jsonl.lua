--- The findings of an audit as JSON Lines (https://jsonlines.org), one finding per line. `lanyard audit` prints a line
--- as soon as a finding is known.

local json = require "lanyard.json"

local M = {}

--- Returns the line of a finding.
---@param finding audit.Finding
---@return string
function M.line(finding)
  return json.encode(finding) .. "\n"
end

--- Writes the findings of a report, the most severe first.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
function M.write(report, out)
  for _, finding in ipairs(report.findings) do
    out(M.line(finding))
  end
end

return M
