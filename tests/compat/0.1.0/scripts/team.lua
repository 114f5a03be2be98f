#!/usr/bin/env lanyard
-- Give a service the images of a team.
--
-- A script as the comments of lanyard.cli and lanyard.access show: its options are made by calls, and
-- cli.connect gives it the account and Region that they name.

local cli = require "lanyard.cli"
local json = require "lanyard.json"
local task = require "lanyard.task"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("service", "The container service.")
command:argument("repository", "Repositories or globs."):args "+"
command:option("--timeout", "How long to wait."):argname("TIME"):default("10m"):convert(cli.duration)
command:option("--kind", "What to do."):choices { "grant", "revoke" }:default "grant"
command:flag("--quiet", "Print the end only.")
command:with_dry_run():with_rules():with_yes()
local options = command:parse()
if options.service == "nobody" then
  command:usage "name a service that there is"
end

local lines = {}
local function say(text, ...)
  lines[#lines + 1] = text:format(...)
end

local here = cli.connect(options, { parallel = 4 })
say("%g %s", options.timeout, cli.exit.found)
local service = cli.check(here:service(options.service))
say("%s: %s, role %s, %s", service.name, service.region, service.role.active, service.role.arn)
local repositories = cli.check(here:repositories(options.repository))
cli.confirm(options, "Go on?")

for _, repository in ipairs(repositories) do
  local settings = { dry_run = options.dry_run, settle = false, progress = cli.progress }
  local change, err
  if options.kind == "grant" then
    change, err = here:grant(service, repository, settings)
  else
    change, err = here:revoke({ service = service }, repository, settings)
  end
  if not change then
    cli.fail(err)
  end
  say("%s: %s", repository.name, change.kind)
end

-- Who may pull now; read side by side.
local sizes = task.map(repositories, function(repository)
  local doc = here:policy(repository)
  return doc and #doc:statements() or 0
end)
for i, one in ipairs(here:policies(repositories)) do
  local statement = one.doc and one.doc:statements()[1]
  say("%s: %d, %s", one.repository.name, sizes[i], statement and statement.sid or "none")
end
for _, grant in ipairs((here:grants_of(service.role.arn, here:policies(repositories)))) do
  say("granted %s: %s", grant.repository.name, grant.decision)
end
say("journal: %d", #cli.check(here:history()))
cli.progress(nil)
if not options.quiet then
  cli.note "a note"
end
if options.output == "json" then
  cli.out(json.encode(json.array(lines)))
else
  cli.out(table.concat(lines, "\n"))
end
return #repositories > 2 and cli.exit.found or cli.exit.ok
