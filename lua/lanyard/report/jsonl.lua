-- An audit's findings as JSON Lines (https://jsonlines.org): one finding a line, printed one by one.

local json = require "lanyard.json"

local M = {}

-- write(report, out): out(text) takes whole lines.
function M.write(report, out)
  for _, finding in ipairs(report.findings) do
    out(json.encode(finding) .. "\n")
  end
end

return M
