-- Turn off the ECR image puller role of a container service.
--
-- A grant that outlives its role is an orphan, so this first looks which repositories name the
-- role. With --revoke it takes those grants away and then turns the role off; without, it refuses
-- while there are any, unless --force. A role that is off already is `unchanged`.

local cli = require "lanyard.cli"
local report = require "lanyard.report"
local task = require "lanyard.task"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("service", "The container service.")
command:flag("--revoke", "Take the role out of every repository's policy first.")
command:flag("--force", "Turn the role off although repositories name it.")
command:flag("--no-wait", "Ask for it and leave.")
command:option("--timeout", "How long to wait."):argname("TIME"):default("10m"):convert(cli.duration)
command:with_dry_run()
local options = command:parse()

local here = cli.connect(options)
local service = cli.check(here:service(options.service))

local status = cli.exit.ok
if service.role.arn then
  local repositories = cli.check(here:repositories())
  local grants = cli.check(here:grants_of(service.role.arn, repositories))
  if #grants > 0 and options.revoke then
    local changes = task.map(grants, function(grant)
      local change, err = here:revoke({ service = service }, grant.repository, { dry_run = options.dry_run })
      return { repository = grant.repository.name, change = change, err = err }
    end, { limit = 8 })
    status = report.changes(options.output, changes)
    if status ~= cli.exit.ok then
      cli.leave(status, ("the role of %s stays on: not every grant could be revoked"):format(service.name))
    end
  elseif #grants > 0 and not options.force then
    report.rows({ "REPOSITORY", "STATEMENT" }, here.grant_rows(grants))
    local who = #grants == 1 and "1 repository names" or #grants .. " repositories name"
    cli.leave(cli.exit.failed, ("%s the puller role of %s; pass --revoke to take the grants away "
      .. "first, or --force to leave them as orphans"):format(who, service.name))
  end
end

local change, err = here:disable(options.service, {
  wait = not options.no_wait,
  timeout = options.timeout,
  dry_run = options.dry_run,
  progress = cli.progress,
})
cli.progress(nil)
if not change then
  cli.fail(err)
end
if options.output == "json" then
  report.json { service = service.name, result = change.kind }
else
  report.rows({ "SERVICE", "RESULT" }, { { service.name, change.kind } })
end
return status
