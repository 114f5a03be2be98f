local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Grant a container service pull access to ECR repositories.",
  category = "access",
  description = [[
Adds one statement to the policy of each repository. The statement names the
service's puller role; all other statements stay byte for byte as they
were. If the grant already exists, the result is `unchanged`. A warning names a
Deny that stops the pull in spite of the grant: of the repository's or the
registry's policy, or of a resource control policy that the caller may read.

With --expires, AWS ends the grant: at a time (2027-01-31T00:00Z), at the start
of a day in UTC (2027-01-31), or after a period (30d, 12h). For an existing
grant the option changes the date and nothing else; `never` removes the date.
Without --expires an existing date is kept; if it has passed, the command fails.
]],
  arguments = {
    { "service", help = "Name of the container service." },
    { "repository", args = "*", help = "Name or glob ('team/*') of repositories, or the URI of an image." },
  },
  options = {
    { "--all", help = "Select every repository of the Region." },
    { "--enable", help = "Enable the puller role first if it is off." },
    { "--expires", type = "expiry", help = "When the grant ends: a date, a period such as 30d, or never." },
    { "--sid", type = "text", value = "SID", help = "Sid of the statement (default: AllowLightsailPull-SERVICE)." },
    { "--fold", help = "Join lanyard's own statements into one if the policy would be too large." },
    { "--timeout", type = "duration", default = "10m", help = "How long to wait for the role." },
    { "--output", choices = { "table", "json" } },
    "settle", "dry-run", "yes-all", "rules", "aws",
  },
  exit = {
    { 0, "every repository grants the pull" },
    { 1, "the role is off, or at least one grant failed" },
    { 4, "a rule denied a grant, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard grant web my-private-repo --enable", "Enable the role of web, and grant it my-private-repo." },
    { "lanyard grant web 'team/*' --expires 30d", "Grant all matching repositories for 30 days." },
    { "lanyard grant web my-private-repo --dry-run", "Print the difference to the policy." },
  },
}
local options = command:parse(...)
if (options.all or false) == (#options.repository > 0) then
  command:usage("name the repositories, or pass --all", "MissingArgument")
elseif options.sid and (options.sid == "" or options.sid:find "%c") then
  command:usage("--sid needs a text without control characters", "InvalidValue")
end

local collector = require "lanyard.cli.changes"
local escape = require "lanyard.text.escape"
local services = require "lanyard.access.services"

local region = cli.connect(options)
local changes <close> = collector.new(options, region)
local repositories = changes:select(cli.check(region:repositories(not options.all and options.repository or nil)))
if options.all and not options.dry_run and #repositories > 0 then
  cli.confirm(options, ("Grant %s pull access to all %d repositories?"):format(options.service, #repositories))
end

-- is_kept: whether the result is reported
local function grant(service, dry_run, is_kept)
  return function(repository)
    local change, err = region:grant(service, repository, {
      sid = options.sid,
      expires = options.expires,
      fold = options.fold,
      dry_run = dry_run,
      without_effect = not is_kept,
      settle = options.settle,
      progress = not dry_run and cli.progress or nil,
    })
    local denied = change and is_kept and region:pull_warning(change, service.role.arn)
    if denied then
      change.warning = change.outlasts and denied .. "; " .. change.outlasts or denied
    end
    return change, err
  end
end

local function all_fail(results)
  for _, one in ipairs(results) do
    if one.change then
      return false
    end
  end
  return true
end

local service = cli.check(region:service(options.service))
if not service.role.arn and not options.enable then
  cli.problem("RoleOff", escape.format("the puller role of %s is %s: pass --enable, or run lanyard enable %s first",
    service.name, service.role.active and "not ready" or "off", service.name))
elseif not service.role.arn then
  -- A role is not enabled if none of the grants can be made.
  cli.check(region:enable(service.name, { dry_run = true }))
  local rehearse = grant(services.with_role(service), true, options.dry_run)
  if options.dry_run then
    cli.note(escape.format("lanyard: the puller role of %s would be enabled first; the ARN shown is a placeholder",
      service.name))
    changes:each(rehearse)
    return changes:report()
  end
  local rehearsed = changes:rehearse(rehearse)
  if all_fail(rehearsed) then
    changes:adopt(rehearsed)
    return changes:report()
  end
  cli.check(region:journal_directory()) -- without a journal no grant is made
end
local role
if options.enable and not options.dry_run then
  local _ <close>, observe = collector.role(service.name, "enable")
  role = cli.check(region:enable(service.name, {
    timeout = options.timeout, progress = cli.progress, observe = observe,
  }))
  service = role.service
end
local _ <close> = collector.on_interruption(function()
  if role and role.kind == "enabled" then
    collector.note_role(service.name, "enable", "enabled")
  end
end)
changes:each(grant(service, options.dry_run, true))
return changes:report()
