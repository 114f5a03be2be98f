-- Write the file that says who may pull, from what is there.
--
-- Prints a file for lanyard plan and lanyard apply: the grants of the puller roles of all container services of the
-- Region. What such a file cannot say - other conditions than a date, other actions, roles of services that are
-- gone - is told on stderr, and in comments of the file; lanyard audit tells what to do about it.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local format = require "lanyard.desired.import.format"
local import = require "lanyard.desired.import"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output { "lua", "json" }
local options = command:parse()

local found = cli.check(import.read(cli.connect(options)))
for _, note in ipairs(found.omitted) do
  cli.note("lanyard: not in the file: " .. escape.printable(note))
end
for _, note in ipairs(found.partial) do
  cli.note("lanyard: only partly in the file: " .. escape.printable(note))
end
for _, one in ipairs(found.unread) do
  cli.note(("lanyard: %s: %s"):format(one.repository.name, cli.describe(one.err)))
end
if options.output == "json" then
  report.json(format.json(found))
else
  cli.out(format.lua(found))
end
return #found.unread > 0 and cli.exit.failed or cli.exit.ok
