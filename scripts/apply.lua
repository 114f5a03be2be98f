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
local desired_file = require "lanyard.desired.file"
local json = require "lanyard.json"
local plans = require "lanyard.desired.plan"
local plan_file = require "lanyard.desired.plan_file"
local print_desired = require "lanyard.cli.desired"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("file", "The file or the plan, or - for stdin.")
command:flag("--prune", "Take away grants of Lightsail's roles that the file does not name.")
command:flag("--fold", "Join lanyard's own statements into one where a policy would be too large.")
command:option("--timeout", "How long to wait for a role."):argname("TIME"):default("10m"):convert(cli.duration)
command:flag("--no-settle", "Do not look again 4 s after the writes, for rivals elsewhere.")
command:with_dry_run():with_rules():with_yes()
local options = command:parse()

local text, name = desired_file.contents(options.file)
cli.check_file(text, name)
local value = desired_file.is_json(text) and json.decode(text)
local desired = not plan_file.is_plan(value) and cli.check_file(desired_file.parse(text, name))
local old = not desired and cli.check_file(plan_file.decode(value, name))
if old and (options.prune or options.fold) then
  command:usage "--prune and --fold are part of a saved plan: make a new plan to change them"
end

options.region = options.region or (desired or old).region
local region = cli.connect(options)
local plan
if old then
  plan = cli.check(plans.resume(region, old))
else
  plan = cli.check(plans.make(region, desired, { prune = options.prune, fold = options.fold }))
end
if options.dry_run then
  print_desired.plan(options.output, plan)
  return print_desired.failures(plan) or cli.exit.ok
end
if desired and plans.has_changes(plan) and not options.yes then
  cli.note(print_desired.text(plan))
  cli.confirm(options, "Make these changes?")
end

local roles, changes = apply.apply(region, plan, {
  timeout = options.timeout, settle = not options.no_settle, progress = cli.progress,
})
cli.progress(nil)
return print_desired.applied(options.output, plan, roles, changes)
