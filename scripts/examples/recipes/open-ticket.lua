-- Open a ticket by a webhook for each finding that no earlier run has reported. The file keeps what was reported.
-- TICKET_WEBHOOK=https://... lanyard open-ticket.lua FILE
local audit, cli = require "lanyard.audit", require "lanyard.cli"
local http, json = require "lanyard.http", require "lanyard.json"
local path = ...
local file = io.open(path)
local known = file and json.decode(file:read "a") or {}
for _, finding in ipairs(cli.check(audit.run(cli.connect {}, {})).findings) do
  local key = table.concat({ finding.id, finding.repository or finding.service or "" }, " ")
  if not known[key] then
    local reply = cli.check(http.request { url = os.getenv "TICKET_WEBHOOK", method = "POST",
      headers = { ["Content-Type"] = "application/json" },
      body = json.encode { title = key, text = finding.message, priority = finding.severity } })
    known[key] = reply.status < 300 or nil
    cli.out(("%s: %s"):format(key, known[key] and "opened" or "status " .. reply.status))
  end
end
cli.check(require("lanyard.system").write_file(path, json.encode(known)))
