local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Apply a desired-state file or a saved plan.",
  category = "desired state",
  description = [[
Creates and changes the services of the file, turns on the puller roles that are off, changes the
policy of each repository in a single write, and deploys, in this order. It waits until services are
ready and deployments are active. Statements written by others are kept. If a change fails, the error
is reported and the other changes are made. `lanyard help plan` describes the format of the file. A
command that was interrupted can be repeated: it continues, and does nothing twice.

With --prune, grants to puller roles of this Region that are not in the file are removed. Other
statements are kept. With --prune-services, services of this Region that the file does not name, also
not in a grant, are deleted at the end, with their deployments, domain names and grants.

A saved plan (from `lanyard plan FILE --output json`) is applied without confirmation, unless it
deletes services. It is rejected in another account or Region. If the policy of a repository has
changed since the plan was made, in more than its layout, that repository is not changed. The same
holds for a service that has changed, an image that was pushed, or a parameter or secret that has
another version.
]],
  arguments = { { "file", type = "file", help = "Desired-state file or saved plan, or - for stdin." } },
  options = {
    "aws", "rules", "dry-run", "yes",
    { "--output", choices = { "table", "json" } },
    { "--prune", help = "Remove grants to puller roles of this Region that are not in the file." },
    { "--prune-services", help = "Delete container services of this Region that are not in the file." },
    { "--fold", help = "Join lanyard's own statements into one if a policy would be too large." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait, for each step." },
    { "--no-settle",
      help = "Skip the second read of each policy, 4 s after the write, that detects changes by other machines." },
  },
  exit = {
    { 0, "everything matches the file, or with --dry-run: the plan was shown" },
    { 1, "a change failed, or a service or repository does not exist" },
    { 2, "the command line or the file is invalid, or --yes is missing without a terminal" },
    { 4, "a rule denied a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard apply grants.lua", "Show the plan, ask, and apply it." },
    { "lanyard apply grants.lua --prune --yes", "Apply the file without asking, and prune other grants." },
    { "lanyard apply plan.json", "Apply a saved plan." },
  },
}
local options = command:parse(...)

local apply = require "lanyard.desired.apply"
local desired_file = require "lanyard.desired.file"
local json = require "lanyard.json"
local meters = require "lanyard.meter"
local plan_file = require "lanyard.desired.plan_file"
local plans = require "lanyard.desired.plan"
local print_desired = require "lanyard.cli.desired"
local progress = require "lanyard.cli.progress"

local text, name = desired_file.contents(options.file)
cli.check_file(text, name)
local document = desired_file.is_json(text) and json.decode(text)
local saved = plan_file.is_plan(document) and cli.check_file(plan_file.decode(document, name))
local desired = not saved and cli.check_file(desired_file.parse(text, name))
if saved and (options.prune or options.prune_services or options.fold) then
  command:usage("--prune, --prune-services and --fold are part of a saved plan: make a new plan to change them",
    "ConflictingOptions")
end

options.region = options.region or (desired or saved).region
local region = cli.connect(options)
local reading = meters.new { what = "repositories", verb = "were read" }
local plan
if saved then
  plan = cli.check(progress.during(reading, plans.resume, region, saved, reading))
else
  plan = cli.check(progress.during(reading, plans.make, region, desired,
    { prune = options.prune, prune_services = options.prune_services, fold = options.fold, meter = reading }))
end
if options.dry_run then
  print_desired.plan(options.output, plan)
  return print_desired.failures(plan) or cli.exit.ok
end
if (desired or plans.deletes_services(plan)) and plans.has_changes(plan) and not options.yes then
  cli.note(print_desired.text(plan))
  cli.confirm(options, "Make these changes?")
end

print_desired.note_services(plan)

local seen = apply.seen()
local _ <close> = print_desired.interruption(options.output, plan, seen)
local meter = meters.new { what = "repositories" }
local roles, changes, services = progress.during(meter, apply.apply, region, plan, {
  timeout = options.timeout, settle = not options.no_settle, progress = cli.progress, meter = meter, seen = seen,
})
return print_desired.applied(options.output, plan, roles, changes, services)
