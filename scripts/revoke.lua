-- Take a container service's access to ECR repositories back.
--
-- Takes the service's puller role out of whatever statement names it: alone, the statement goes;
-- among others, only that principal. With the last statement the policy goes. For a service that no
-- longer exists name its role with --principal; --orphans takes out every principal that is the
-- unique id (AROA...) of a role that was deleted. --expired takes out Lightsail's puller roles whose
-- grant has ended, in every repository unless some are named; other principals' statements that have
-- ended stay.
--
-- --statement takes out one statement, an Allow or a Deny: by its Sid, by its number in the one repository
-- named (quoted: '#3'), or as an audit names it ('#3:9f2c1a01', which means that statement only, wherever
-- it stands by now). With --principal only that one goes out of the statement.

local cli = require "lanyard.cli"
local principal = require "lanyard.access.principal"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("names", "The container service (first, without an option that says whom), repositories, globs.")
  :args("*"):argname "NAME"
command:option("--principal", "This principal (an AWS service by its name) instead of a role."):argname "ARN"
command:flag("--orphans", "Principals that are unique ids of deleted roles.")
command:flag("--expired", "Lightsail's roles in statements whose date has passed.")
command:option("--statement", "This statement, whomever it names."):argname "SID|#N"
command:flag("--all", "Every repository of the Region.")
command:flag("--settle", "Look again 4 s after the write, for rivals elsewhere.")
command:with_dry_run():with_rules():with_yes()
local options = command:parse()

local WHOM = { "principal", "orphans", "expired", "statement" }
local chosen = {}
for _, name in ipairs(WHOM) do
  chosen[#chosen + 1] = options[name] and "--" .. name or nil
end
if #chosen > 1 and table.concat(chosen) ~= "--principal--statement" then
  command:usage(table.concat(chosen, " and ") .. " exclude each other")
end
local by_service = #chosen == 0
if by_service and #options.names == 0 then
  command:usage "name the container service, or pass --principal, --orphans, --expired or --statement"
end
if options.principal then
  local ok, why = principal.check(options.principal)
  if not ok then
    command:usage("--principal: " .. why)
  end
end
local service_name = by_service and table.remove(options.names, 1) or nil
if options.expired and #options.names == 0 then
  options.all, options.yes = true, true -- what goes lets nobody in
end
if (options.all or false) == (#options.names > 0) then
  command:usage "name the repositories, or pass --all"
elseif options.statement == "" then
  command:usage "--statement needs a Sid, or a number as '#3'"
elseif (options.statement or ""):find "^#%d+$" and (#options.names ~= 1 or options.names[1]:find "[*?]") then
  command:usage "a statement's number is one of a single policy: name one repository"
end

local region = cli.connect(options)
local whom = {
  principal = options.principal,
  orphans = options.orphans,
  statement = options.statement,
}
if by_service then
  local service, err = region:service(service_name)
  if not service then
    if err.code == "NotFoundException" then
      err.tip = "lanyard audit shows the grants of a service that no longer exists, and lanyard revoke --principal "
        .. "ARN or --orphans takes them away"
    end
    cli.fail(err)
  end
  whom.service = service
end
local repositories = cli.check(region:repositories(not options.all and options.names or nil))
whom.expired = options.expired and region:time() or nil -- AWS has told its time by now
if options.all and not options.dry_run then
  cli.confirm(options, ("Revoke in all %d repositories?"):format(#repositories))
end

local changes = region:change_each(repositories, function(repository)
  return region:revoke(whom, repository, {
    dry_run = options.dry_run,
    settle = options.settle,
    progress = cli.progress,
  })
end)
cli.progress(nil)
return report.changes(options.output, changes)
