local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Turn off the ECR image puller role of a container service.",
  category = "access",
  description = [[
AWS deletes a role that is disabled. A policy that still names it then shows an id (AROA...)
that grants nothing: an orphan. `lanyard revoke --orphans` removes it. If the
role is enabled again, AWS creates a new one, which may get a new ARN: repeat the
grants.

The command reads every repository's policy first, and fails if one of them
names the role. With --revoke it removes these grants and then disables the
role; with --force it leaves them. If the role is already off, the result is
`unchanged`.

The service itself is not disabled: `lanyard service update --disabled` does that.
]],
  arguments = { { "service", help = "Name of the container service." } },
  options = {
    { "--revoke", help = "Remove the role from every repository's policy first." },
    { "--force", help = "Disable the role even if repositories name it." },
    { "--no-wait", help = "Request the change, and do not wait for it." },
    { "--timeout", type = "duration", default = "10m", help = "How long to wait." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the role is off" },
    { 1, "repositories name the role, or a change failed" },
    { 4, "a rule denied the change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard disable web", "Disable the role if no repository names it." },
    { "lanyard disable web --revoke", "Revoke the grants of web, and disable its role." },
  },
}
local options = command:parse(...)

local collector = require "lanyard.cli.changes"
local escape = require "lanyard.text.escape"
local grant_views = require "lanyard.cli.grants"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"

local region = cli.connect(options)
local service = cli.check(region:service(options.service))
local result = { service = service.name, result = "refused" }

-- The grants of the role. A policy that cannot be read may have one too.
local function grants_of(role_arn)
  local grants, unread = region:grants_of(role_arn, cli.check(region:policies()))
  if #unread > 0 and not options.force then
    cli.fail(unread[1].err)
  end
  return grants
end

local function revoke_all(grants)
  local repositories = {}
  for i, grant in ipairs(grants) do
    repositories[i] = grant.repository
  end
  result.result = "not changed" -- the role, if the command is interrupted
  local changes <close> = collector.new(options, region, repositories, result)
  local results = changes:each(function(repository)
    return region:revoke({ service = service }, repository, { dry_run = options.dry_run })
  end)
  for _, item in ipairs(results) do
    if item.err then
      result.result = "refused"
      cli.leave(changes:report(), cli.with_code(
        escape.format("the role of %s stays on: a grant could not be revoked", service.name), "GrantsNotRevoked"))
    end
  end
  return results
end

local function refuse(grants)
  if options.output == "json" then
    result.repositories = json.array {}
    for i, grant in ipairs(grants) do
      result.repositories[i] = { repository = grant.repository.name, result = "granted" }
    end
    report.json(result)
  else
    report.rows({ "REPOSITORY", "STATEMENT" }, grant_views.rows(grants, region.clock.time()))
  end
  local subject = #grants == 1 and "1 repository names" or #grants .. " repositories name"
  cli.problem("StillGranted", escape.format("%s the puller role of %s; pass --revoke to revoke the grants first, or "
    .. "--force to leave them as orphans", subject, service.name))
end

-- A disable that was interrupted may have revoked grants that are not listed any more.
if not options.dry_run then
  report.settled(cli.check(region:settle_interrupted()))
end
local grants = service.role.arn and grants_of(service.role.arn) or {}
local changes = {}
if #grants > 0 and options.revoke then
  changes = revoke_all(grants)
elseif #grants > 0 and not options.force then
  refuse(grants)
end

-- Prints the result of the role, after that of each repository. Returns the exit status.
local function print_result(kind)
  result.result = kind
  if options.output == "json" then
    return report.changes("json", changes, result)
  end
  local status = report.changes("table", changes)
  report.rows({ "SERVICE", "RESULT" }, { { service.name, kind } })
  return status
end

local _ <close>, observe = collector.role(service.name, "disable", not options.dry_run and print_result or nil)
local change, err = region:disable(options.service, {
  wait = not options.no_wait,
  timeout = options.timeout,
  dry_run = options.dry_run,
  progress = cli.progress,
  observe = observe,
})
cli.progress(nil)
cli.check(change, err)
return print_result(change.kind)
