-- Audit, and post the high and critical findings to a webhook of Slack.
-- SLACK_WEBHOOK=https://hooks.slack.com/... lanyard notify-slack.lua
local audit, cli = require "lanyard.audit", require "lanyard.cli"
local http, json = require "lanyard.http", require "lanyard.json"
local report = cli.check(audit.run(cli.connect {}, {}))
local lines = {}
for _, finding in ipairs(report.findings) do
  if finding.severity == "critical" or finding.severity == "high" then
    lines[#lines + 1] = ("*%s* %s\n> %s"):format(finding.severity, finding.message, finding.fix)
  end
end
if #lines > 0 then
  local reply = cli.check(http.request {
    url = os.getenv "SLACK_WEBHOOK", method = "POST", headers = { ["Content-Type"] = "application/json" },
    body = json.encode { text = table.concat(lines, "\n") },
  })
  cli.out(("%d findings posted, status %d"):format(#lines, reply.status))
end
