local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Delete container services, with their deployments, domains and grants.",
  category = "operations",
  description = [[
The command shows what the deletion takes along, and asks. It then revokes the
grants of each service, as `lanyard disable --revoke` does, requests the deletion,
and waits until the service is gone. `lanyard undo` restores no service.

If a grant cannot be read or revoked, the service is not deleted. With --force it
is; the grant then names a role that does not exist (`lanyard revoke --orphans`).
A grant of the registry policy is shown, and stays. A service that does not exist
is `unchanged`.

Rules see the deletion with on = "service", and each grant with on = "revoke".
]],
  arguments = { { "service", args = "+", help = "Name of a container service." } },
  options = {
    { "--force", help = "Delete a service even if a grant cannot be read or revoked." },
    { "--no-wait", help = "Request the deletion, and do not wait for it." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait." },
    { "--output", choices = { "table", "json" } },
    "settle", "dry-run", "yes", "rules", "aws",
  },
  exit = {
    { 0, "the services are gone, or their deletion was requested with --no-wait" },
    { 1, "a service could not be deleted" },
    { 4, "a rule denied a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard service delete web --dry-run", "Show what would be deleted." },
    { "lanyard service delete web jobs --yes", "Delete two services without a question." },
  },
}
local options = command:parse(...)

local deletion_view = require "lanyard.cli.deletion"
local escape = require "lanyard.text.escape"
local report = require "lanyard.cli.print"
local service_options = require "lanyard.cli.service_options"
local task = require "lanyard.task"

-- How many services are deleted in parallel.
local PARALLEL = 8

local names, seen_names = {}, {}
for _, name in ipairs(options.service) do
  service_options.check_name(command, name)
  names[#names + 1] = not seen_names[name] and name or nil
  seen_names[name] = true
end

local region = cli.connect(options)
if not options.dry_run then
  report.settled(cli.check(region:settle_interrupted()))
end
local missing = {}
local plans = cli.check(region:plan_deletions(names, missing))
for _, one in ipairs(missing) do
  cli.note(escape.format("lanyard: %s", one.message))
end
if #plans > 0 and not options.dry_run and not options.yes then
  deletion_view.preview(plans, cli.note)
  cli.confirm(options, #plans == 1 and ("Delete container service '%s'?"):format(plans[1].name)
    or ("Delete these %d container services?"):format(#plans))
end

local collector <close> = deletion_view.collector(options, names, plans)
task.map(plans, function(plan)
  local one = collector:begin(plan)
  local result, err = region:delete_service(plan, {
    wait = not options.no_wait, timeout = options.timeout, dry_run = options.dry_run, force = options.force,
    settle = options.settle, progress = cli.progress, observe = one.observe, on_grant = one.on_grant,
  })
  one.done(result, err)
end, { limit = PARALLEL })
cli.progress(nil)
return collector:report()
