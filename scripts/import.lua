local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Write a desired-state file from the current grants and services.",
  category = "desired state",
  description = [[
Reads the policies of all repositories of the Region and prints a file for `lanyard plan` and
`lanyard apply` with the grants of the puller roles of all container services, and the services with
their containers. Values of environment variables are not written: the file keeps them.

Some grants cannot be stated in such a file: conditions other than a date, actions other than a
pull, and roles of services that do not exist. They are listed on stderr and in comments of the
file; `lanyard audit` reports what to do about them.
]],
  options = { "aws", { "--output", choices = { "lua", "json" } } },
  exit = {
    { 0, "the file was written" },
    { 1, "a policy could not be read; the file is incomplete" },
  },
  examples = {
    { "lanyard import > grants.lua", "Write the grants of the Region to a file." },
    { "lanyard plan grants.lua --prune", "Check that the file matches the Region." },
  },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local format = require "lanyard.desired.import.format"
local import = require "lanyard.desired.import"
local report = require "lanyard.cli.print"

local imported = cli.check(import.read(cli.connect(options)))
for _, line in ipairs(imported.omitted) do
  cli.note(escape.format("lanyard: not in the file: %s", line))
end
for _, line in ipairs(imported.partial) do
  cli.note(escape.format("lanyard: only partly in the file: %s", line))
end
for _, one in ipairs(imported.unread) do
  cli.note(escape.format("lanyard: %s: ", one.repository.name) .. cli.describe(one.err))
end
if #imported.grants == 0 and #imported.unread == 0 then
  cli.note(escape.format("the file has no grants: no repository of %s grants a container service's role%s",
    imported.region, #imported.omitted > 0 and " in a way that a file can state" or ""))
end
if options.output == "json" then
  report.json(format.json(imported))
else
  cli.data(format.lua(imported))
end
return #imported.unread > 0 and cli.exit.failed or cli.exit.ok
