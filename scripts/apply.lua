-- Make it so that those may pull who a file says, or do what a saved plan says.
--
-- The file is that of lanyard plan, or a plan that lanyard plan FILE --output json wrote. Roles are turned on
-- where they are off, then each repository's policy is changed in one write; what others wrote in it stays. What
-- fails is listed, and the rest is done. --prune also takes away grants of Lightsail's puller roles (of this
-- Region) that the file does not name, and no other statement.
--
-- A saved plan is refused for another account or Region, and for each repository whose policy is not, by meaning,
-- the one that the plan saw. It was looked at when it was made, so nobody is asked; for a file, --yes answers.

local cli = require "lanyard.cli"
local apply = require "lanyard.desired.apply"
local json = require "lanyard.json"
local plans = require "lanyard.desired.plan"
local read = require "lanyard.desired.read"
local saved = require "lanyard.desired.saved"
local show = require "lanyard.cli.desired"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("file", "The file or the plan, or - for stdin.")
command:flag("--prune", "Take away grants of Lightsail's roles that the file does not name.")
command:flag("--fold", "Join lanyard's own statements into one where a policy would be too large.")
command:option("--timeout", "How long to wait for a role."):argname("TIME"):default("10m"):convert(cli.duration)
command:flag("--no-settle", "Do not look again 4 s after the writes, for rivals elsewhere.")
command:with_dry_run():with_rules():with_yes()
local options = command:parse()

local text, name = read.content(options.file)
cli.check_file(text, name)
local value = read.is_json(text) and json.decode(text)
local desired = not saved.is_plan(value) and cli.check_file(read.text(text, name))
local old = not desired and cli.check_file(saved.read(value, name))
if old and (options.prune or options.fold) then
  command:usage "a saved plan was made with or without --prune and --fold: make it anew"
end

options.region = options.region or (desired or old).region
local region = cli.connect(options)
local plan
if old then
  plan = cli.check(plans.again(region, old))
else
  plan = cli.check(plans.make(region, desired, { prune = options.prune, fold = options.fold }))
end
if options.dry_run then
  show.plan(options.output, plan)
  return show.failures(plan) or cli.exit.ok
end
if desired and plans.changes(plan) and not options.yes then
  cli.note(show.text(plan))
  cli.confirm(options, "Make these changes?")
end

local roles, changes = apply.apply(region, plan, {
  timeout = options.timeout, settle = not options.no_settle, progress = cli.progress,
})
cli.progress(nil)
return show.applied(options.output, plan, roles, changes)
