-- Let a container service pull from ECR repositories.
--
-- Adds one statement to each repository's policy, naming the service's puller role, and keeps every
-- other statement byte for byte. A repository is a name or a glob ('team/*', quoted). --enable turns
-- the role on first where it is off. Where the grant is there already the result is `unchanged`.
--
-- With --expires AWS itself ends the grant: at a moment (2027-01-31T00:00Z), where a day of UTC begins
-- (2027-01-31), or after a while (30d, 12h). On a grant that is there it changes the date and nothing
-- else; never takes the date away. Without it a date stays, and one that has passed is an error.

local cli = require "lanyard.cli"
local clock = require "lanyard.clock"
local timestamp = require "lanyard.text.timestamp"
local report = require "lanyard.cli.print"
local services = require "lanyard.access.services"

-- Seconds since 1970, or false for never.
local function expiry(text)
  if text == "never" then
    return false
  end
  return timestamp.deadline(text, clock.time())
end

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("service", "The container service.")
command:argument("repository", "A repository's name, or a glob."):args "*"
command:flag("--all", "Every repository of the Region.")
command:flag("--enable", "Turn the puller role on first when it is off.")
command:option("--sid", "The statement's Sid, instead of AllowLightsailPull-SERVICE."):argname "SID"
command:option("--expires", "When the grant ends: a date, a span as 30d or 12h, or never."):argname "WHEN"
  :convert(expiry)
command:flag("--fold", "Join lanyard's own statements into one where the policy would be too large.")
command:option("--timeout", "How long to wait for the role.")
  :argname("TIME"):default("10m"):convert(cli.duration)
command:flag("--settle", "Look again 4 s after the write, for rivals elsewhere.")
command:with_dry_run():with_rules():with_yes()
local options = command:parse()
if (options.all or false) == (#options.repository > 0) then
  command:usage "name the repositories, or pass --all"
elseif options.sid and (options.sid == "" or options.sid:find "%c") then
  command:usage "--sid needs a text without control characters"
end

local region = cli.connect(options)
local repositories = cli.check(region:repositories(not options.all and options.repository or nil))
if options.all and not options.dry_run then
  cli.confirm(options, ("Let %s pull from all %d repositories?"):format(options.service, #repositories))
end

local function grant_each(service, dry_run)
  local changes = region:change_each(repositories, function(repository)
    return region:grant(service, repository, {
      sid = options.sid,
      expires = options.expires,
      fold = options.fold,
      dry_run = dry_run,
      settle = options.settle,
      progress = not dry_run and cli.progress or nil,
    })
  end)
  cli.progress(nil)
  return changes
end

local function all_fail(changes)
  for _, one in ipairs(changes) do
    if one.change then
      return false
    end
  end
  return true
end

local service = cli.check(region:service(options.service))
if not service.role.arn and not options.enable then
  cli.leave(cli.exit.failed, ("the puller role of %s is %s: pass --enable, or run lanyard enable %s first")
    :format(service.name, service.role.active and "not ready yet" or "off", service.name))
elseif not service.role.arn then
  -- A role is not turned on for grants of which none can be made.
  cli.check(region:enable(service.name, { dry_run = true }))
  local would = grant_each(services.with_role(service), true)
  if options.dry_run then
    cli.note(("lanyard: the puller role of %s would be turned on first; its ARN is made up here"):format(service.name))
  end
  if options.dry_run or all_fail(would) then
    return report.changes(options.output, would)
  end
  cli.check(region:journal_directory()) -- without a journal nothing is written
end
if options.enable and not options.dry_run then
  service = cli.check(region:enable(service.name, { timeout = options.timeout, progress = cli.progress })).service
end
return report.changes(options.output, grant_each(service, options.dry_run))
