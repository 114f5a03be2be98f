-- Tell who can pull from which repository, and what is wrong with it.
--
-- Reads every repository of the Region, or those that the globs name, their policies, the container
-- services, and whether the images are there that these deploy. With --fail-on the exit status is 3
-- when a finding is at least that severe.
--
-- --region and --profile take several names, as a,b; --region all is every Region that Lightsail is in.
-- A Region or profile that fails is told, and the others are looked at all the same; the exit status is
-- 1 then, unless it is 3.
--
-- --assume-role NAME looks at each of the --accounts, or at all active ones of the --organization, with the
-- role arn:aws:iam::ACCOUNT:role/NAME; at the caller's own account without it.
--
-- With --baseline, the file of an earlier --output json, findings are new or unchanged, those that are
-- gone are listed, as are grants that came and went, and --fail-on looks at new findings only.
--
-- --history DB keeps the run in that file of SQLite, which is made when it is absent: `lanyard history` tells when
-- grants and findings came and went. A run that cannot be kept is told, after the report, with exit status 1.
--
-- With --desired, a file for lanyard plan, what differs from it is a finding, too.
--
-- --shard I/N looks at the Ith of N parts, in which a repository always is, wherever it runs. `lanyard audit
-- merge FILE...` puts JSON reports together. (A repository that is named merge: lanyard audit -- merge.)
-- What takes a look at all repositories, as a role that none grants, no shard tells.

local audit = require "lanyard.audit"
local aws = require "lanyard.aws"
local baseline = require "lanyard.audit.baseline"
local cli = require "lanyard.cli"
local desired = require "lanyard.desired.read"
local errors = require "lanyard.errors"
local history = require "lanyard.audit.history"
local lists = require "lanyard.lists"
local merge = require "lanyard.audit.merge"
local progress = require "lanyard.audit.progress"
local read = require "lanyard.audit.read"
local report = require "lanyard.report"
local scope = require "lanyard.audit.scope"
local escape = require "lanyard.report.escape"

local function days(text)
  local number = math.tointeger(tonumber(text))
  if not number or number < 1 then
    return nil, ("'%s' is no number of days"):format(text)
  end
  return number
end

local command = cli.command(...):with_aws():with_output(report.AUDIT_FORMATS)
command:argument("repository", "A repository's name, or a glob; or merge, and files."):args "*"
command:option("--service", "Tell only what concerns this container service."):argname "NAME"
command:option("--fail-on", "Exit with 3 on a finding of this severity or a higher one.")
  :choices(audit.SEVERITIES):argname "SEVERITY"
command:option("--baseline", "Tell what changed since this report."):argname "FILE"
command:option("--desired", "Tell what differs from this file for lanyard plan."):argname "FILE"
command:option("--history", "Keep this run in a file of SQLite."):argname "DB"
command:option("--shard", "Look at the Ith of N parts of the repositories."):argname "I/N":convert(scope.shard)
command:option("--assume-role", "Look at other accounts with their role of this name."):argname "NAME"
  :convert(scope.role)
command:option("--accounts", "The accounts to look at with --assume-role."):argname "ID,..."
command:flag("--organization", "Look with --assume-role at all active accounts of the organization.")
command:option("--unused-days", "A grant that no deployment needs is unused after so many days without a pull.")
  :argname("N"):default("90"):convert(days)
local options = command:parse()

-- Options of looking, which say nothing when reports are merged.
local LOOKING = { "region", "profile", "endpoint_url", "shard", "assume_role", "accounts", "organization", "desired" }

if options.accounts and options.organization then
  command:usage "--accounts and --organization: choose one"
elseif (options.accounts or options.organization) and not options.assume_role then
  command:usage "--accounts and --organization need --assume-role"
elseif options.assume_role and not (options.accounts or options.organization) then
  command:usage "--assume-role needs --accounts or --organization"
end

-- The files to merge | nil where there is something to look at
local function files_to_merge(words)
  if options.repository[1] ~= "merge" or lists.contains(words, "--") then
    return nil
  elseif #options.repository < 2 then
    command:usage "merge takes files: lanyard audit merge FILE... (a repository of that name: lanyard audit -- merge)"
  end
  for _, name in ipairs(LOOKING) do
    if options[name] then
      command:usage(("--%s is not for merge"):format((name:gsub("_", "-"))))
    end
  end
  return table.move(options.repository, 2, #options.repository, 1, {})
end

-- ---------------------------------------------------------------------------------------------
-- Looking

local function tell(text)
  cli.progress(nil)
  cli.note("lanyard: " .. escape.printable(text))
end

local function plan(meter)
  local transport = scope.transport(nil, nil, meter)
  return scope.plan {
    regions = options.region and cli.check(scope.regions(options.region)),
    profiles = options.profile and cli.check(scope.words(options.profile, "--profile")),
    role = options.assume_role,
    accounts = options.accounts and cli.check(scope.accounts(options.accounts)),
    say = tell,
    open = function(profile, region)
      local given = cli.session_options(options)
      given.profile, given.region, given.transport = profile, region, transport
      return aws.session(given)
    end,
  }
end

-- A scope as people name it.
local function name_of(one)
  local parts = { one.account, one.region, one.profile and ("profile '%s'"):format(one.profile) }
  local words = {}
  for i = 1, 3 do
    words[#words + 1] = parts[i]
  end
  return #words > 0 and table.concat(words, ", ") .. ": " or ""
end

-- Whether something failed that was meant to be looked at; each is told in a line.
local function tell_failures(failures)
  local failed = false
  for _, failure in ipairs(failures) do
    tell(("%s%s%s"):format(name_of(failure.scope), failure.skipped and "skipped, for it is not enabled: " or "",
      tostring(failure.err)))
    failed = failed or not failure.skipped
  end
  return failed
end

-- What the file of --desired says | nil. Its Region is looked at where no other is asked for.
local function read_desired()
  if not options.desired then
    return nil
  end
  local wanted, err = desired.file(options.desired)
  if not wanted then
    cli.fail(err, cli.exit.usage)
  end
  options.region = options.region or wanted.region
  return wanted
end

-- --> the report, whether something failed
local function look()
  local wanted = read_desired()
  local meter = progress.meter()
  local scopes, result, failures
  progress.show(meter, cli.progress, function()
    scopes = plan(meter)
    result, failures = scope.run(scopes, {
      globs = #options.repository > 0 and options.repository or nil,
      shard = options.shard,
      unused_days = options.unused_days,
      desired = wanted,
      texts = options.output == "html",
      meter = meter,
    })
  end)
  if #scopes == 1 and failures[1] then
    cli.fail(failures[1].err)
  end
  local compared = not wanted or not wanted.region
  for _, one in ipairs(result.scopes) do
    compared = compared or one.region == wanted.region
  end
  if not compared then
    tell(("%s is for %s, which was not looked at"):format(wanted.name, wanted.region))
  end
  return result, tell_failures(failures) or not compared
end

-- --> the report of those in files, whether it lacks something
local function join(files)
  local reports = {}
  for i, file in ipairs(files) do
    reports[i] = cli.check(read.report(file))
  end
  local result, notes, failed = merge.join(reports, files)
  for _, note in ipairs(notes) do
    tell(note)
  end
  return result, failed
end

local kept <close> = options.history and cli.check(history.open(options.history)) or nil
local before = options.baseline and cli.check(read.report(options.baseline))
local files = files_to_merge { ... }
local result, failed
if files then
  result, failed = join(files)
else
  result, failed = look()
end
if before then
  baseline.compare(result, before)
end
if options.service and not scope.only_service(result, options.service) and not failed then
  cli.fail(errors.new { code = "NotFoundException",
    message = ("there is no container service '%s', and no grant to one"):format(options.service) })
end

report.audit(options.output, result)
if kept then
  cli.check(kept:add(result))
end

local judged = before and { findings = baseline.new(result) } or result
if audit.reaches(judged, options.fail_on) then
  return cli.exit.found
end
return failed and cli.exit.failed or cli.exit.ok
