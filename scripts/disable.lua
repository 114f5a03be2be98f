-- Turn off the ECR image puller role of a container service.
--
-- A grant that outlives its role is an orphan, so this first looks which repositories name the
-- role. With --revoke it takes those grants away and then turns the role off; without, it refuses
-- while there are any, unless --force. A role that is off already is `unchanged`.

local cli = require "lanyard.cli"
local grant_list = require "lanyard.cli.grants"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("service", "The container service.")
command:flag("--revoke", "Take the role out of every repository's policy first.")
command:flag("--force", "Turn the role off although repositories name it.")
command:flag("--no-wait", "Ask for it and leave.")
command:option("--timeout", "How long to wait."):argname("TIME"):default("10m"):convert(cli.duration)
command:with_dry_run():with_rules()
local options = command:parse()

local region = cli.connect(options)
local service = cli.check(region:service(options.service))
local json_result = { service = service.name, result = "refused" }

-- The repositories whose policies name the role. One that cannot be read may, too.
local function grants_of(role_arn)
  local grants, unread = region:grants_of(role_arn, region:policies(cli.check(region:repositories())))
  if #unread > 0 and not options.force then
    cli.fail(unread[1].err)
  end
  return grants
end

local changes
local grants = service.role.arn and grants_of(service.role.arn) or {}
if #grants > 0 and options.revoke then
  local repositories = {}
  for i, grant in ipairs(grants) do
    repositories[i] = grant.repository
  end
  changes = region:change_each(repositories, function(repository)
    return region:revoke({ service = service }, repository, { dry_run = options.dry_run })
  end)
  for _, item in ipairs(changes) do
    if item.err then
      local status = report.changes(options.output, changes, json_result)
      cli.leave(status, ("the role of %s stays on: not every grant could be revoked"):format(service.name))
    end
  end
elseif #grants > 0 and not options.force then
  if options.output == "json" then
    json_result.repositories = json.array {}
    for i, grant in ipairs(grants) do
      json_result.repositories[i] = { repository = grant.repository.name, result = "granted" }
    end
    report.json(json_result)
  else
    report.rows({ "REPOSITORY", "STATEMENT" }, grant_list.rows(grants, region.clock.time()))
  end
  local who = #grants == 1 and "1 repository names" or #grants .. " repositories name"
  cli.leave(cli.exit.failed, ("%s the puller role of %s; pass --revoke to take the grants away first, or --force to "
    .. "leave them as orphans"):format(who, service.name))
end

local change, err = region:disable(options.service, {
  wait = not options.no_wait,
  timeout = options.timeout,
  dry_run = options.dry_run,
  progress = cli.progress,
})
cli.progress(nil)
if not change then
  cli.fail(err)
end
json_result.result = change.kind
if options.output == "json" then
  return report.changes("json", changes or {}, json_result)
end
local status = report.changes("table", changes or {})
report.rows({ "SERVICE", "RESULT" }, { { service.name, change.kind } })
return status
