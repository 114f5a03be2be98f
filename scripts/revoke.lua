-- Take a container service's access to ECR repositories back.
--
-- Takes the service's puller role out of whatever statement names it: alone, the statement goes;
-- among others, only that principal. With the last statement the policy goes. For a service that no
-- longer exists name its role with --principal; --orphans takes out every principal that is the
-- unique id (AROA...) of a role that was deleted.

local cli = require "lanyard.cli"
local report = require "lanyard.report"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("names", "The container service (not with --principal or --orphans), repositories, globs.")
  :args("*"):argname "NAME"
command:option("--principal", "This principal (an AWS service by its name) instead of a role."):argname "ARN"
command:flag("--orphans", "Principals that are unique ids of deleted roles.")
command:flag("--all", "Every repository of the Region.")
command:flag("--settle", "Look again 2 s after the write, for rivals elsewhere.")
command:with_dry_run():with_rules():with_yes()
local options = command:parse()
if options.principal and options.orphans then
  command:usage "--principal and --orphans exclude each other"
end
local by_service = not (options.principal or options.orphans)
if by_service and #options.names == 0 then
  command:usage "name the container service, or pass --principal or --orphans"
end
local service_name = by_service and table.remove(options.names, 1) or nil
if (options.all or false) == (#options.names > 0) then
  command:usage "name the repositories, or pass --all"
end

local here = cli.connect(options)
local whom = { principal = options.principal, orphans = options.orphans }
if by_service then
  local service, err = here:service(service_name)
  if not service then
    if err.code == "NotFoundException" then
      err.tip = "lanyard audit shows the grants of a service that no longer exists, and lanyard revoke --principal "
        .. "ARN or --orphans takes them away"
    end
    cli.fail(err)
  end
  whom.service = service
end
local repositories = cli.check(here:repositories(not options.all and options.names or nil))
if options.all and not options.dry_run then
  cli.confirm(options, ("Revoke in all %d repositories?"):format(#repositories))
end

local changes = here:change_each(repositories, function(repository)
  return here:revoke(whom, repository, {
    dry_run = options.dry_run,
    settle = options.settle,
    progress = cli.progress,
  })
end)
cli.progress(nil)
return report.changes(options.output, changes)
