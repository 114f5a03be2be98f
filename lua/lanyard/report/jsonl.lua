-- An audit's findings as JSON Lines (https://jsonlines.org): one finding a line, printed one by one.
-- `lanyard audit` prints them while it looks, in the order in which they are known; a report that is there as a
-- whole has the worst first.

local json = require "lanyard.json"

local M = {}

-- line(finding) --> its line
function M.line(finding)
  return json.encode(finding) .. "\n"
end

-- write(report, out): out(text) takes whole lines.
function M.write(report, out)
  for _, finding in ipairs(report.findings) do
    out(M.line(finding))
  end
end

return M
