local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Show who changed a repository's policy, and with which tool.",
  category = "audit",
  description = [[
Reads the changes from CloudTrail's event history, which has the last 90 days
and needs no trail. A change appears there after about five minutes. AWS allows
two calls a second, so a Region with many changes takes a while.

TOOL is the program that the caller's User-Agent names. A policy that Terraform
or another tool writes again and again loses statements that the tool does not
know: add them to its files (lanyard export --format terraform).
]],
  arguments = { { "repository", help = "Name of the repository." } },
  options = {
    { "--since", type = "since", default = "90d", help = "Show changes since this time." },
    { "--output", choices = { "table", "json" } },
    "aws",
  },
  exit = {
    { 0, "the history was read, whether or not it has changes" },
    { 1, "the history could not be read" },
  },
  examples = {
    { "lanyard blame my-private-repo", "Show all changes of 90 days, newest first." },
    { "lanyard blame my-private-repo --since 7d --output json", "Print one week as JSON." },
  },
}
local options = command:parse(...)

local event_history = require "lanyard.access.event_history"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local report = require "lanyard.cli.print"
local timestamp = require "lanyard.text.timestamp"

local ok, message = names.repository(options.repository)
if not ok then
  command:usage(message, "InvalidValue")
end

local region = cli.connect(options)
local history = cli.check(event_history.open(region))
cli.progress "reading CloudTrail's event history"
local changes, err = history:changes(options.repository, timestamp.parse(options.since))
cli.progress(nil)
changes = cli.check(changes, err)

if options.output == "json" then
  local items = json.array {}
  for i, change in ipairs(changes) do
    items[i] = {
      time = change.time, action = change.action, repository = change.repository, principal = change.principal,
      tool = change.tool, userAgent = change.user_agent, sourceIPAddress = change.source, eventId = change.id,
    }
  end
  report.json(items)
  return cli.exit.ok
end
local rows = {}
for i, change in ipairs(changes) do
  rows[i] = { change.time, change.action, change.principal, change.tool, change.source }
end
report.rows({ "TIME", "CHANGE", "PRINCIPAL", "TOOL", "SOURCE" }, rows)
if #rows == 0 then
  cli.note(("no change of the policy of '%s' since %s"):format(options.repository, timestamp.localized(options.since)))
end
return cli.exit.ok
