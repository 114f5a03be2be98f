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
-- --shard I/N looks at the Ith of N parts, in which a repository always is, wherever it runs. `lanyard audit
-- merge FILE...` puts JSON reports together. (A repository that is named merge: lanyard audit -- merge.)
-- What takes a look at all repositories, as a role that none grants, no shard tells.

local audit = require "lanyard.audit"
local aws = require "lanyard.aws"
local baseline = require "lanyard.audit.baseline"
local cli = require "lanyard.cli"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local merge = require "lanyard.audit.merge"
local progress = require "lanyard.audit.progress"
local report = require "lanyard.report"
local scope = require "lanyard.audit.scope"
local text_table = require "lanyard.report.table"

local function days(text)
  local number = math.tointeger(tonumber(text))
  if not number or number < 1 then
    return nil, ("'%s' is no number of days"):format(text)
  end
  return number
end

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("repository", "A repository's name, or a glob; or merge, and files."):args "*"
command:option("--service", "Tell only what concerns this container service."):argname "NAME"
command:option("--fail-on", "Exit with 3 on a finding of this severity or a higher one.")
  :choices(audit.SEVERITIES):argname "SEVERITY"
command:option("--baseline", "Tell what changed since this report."):argname "FILE"
command:option("--shard", "Look at the Ith of N parts of the repositories."):argname "I/N":convert(scope.shard)
command:option("--assume-role", "Look at other accounts with their role of this name."):argname "NAME"
  :convert(scope.role)
command:option("--accounts", "The accounts to look at with --assume-role."):argname "ID,..."
command:flag("--organization", "Look with --assume-role at all active accounts of the organization.")
command:option("--unused-days", "A grant that no deployment needs is unused after so many days without a pull.")
  :argname("N"):default("90"):convert(days)
local options = command:parse()

-- Options of looking, which say nothing when reports are merged.
local LOOKING = { "region", "profile", "endpoint_url", "shard", "assume_role", "accounts", "organization" }

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
  cli.note("lanyard: " .. text_table.printable(text))
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

-- --> the report, whether something failed
local function look()
  local meter = progress.meter()
  local scopes, result, failures
  progress.show(meter, cli.progress, function()
    scopes = plan(meter)
    result, failures = scope.run(scopes, {
      globs = #options.repository > 0 and options.repository or nil,
      shard = options.shard,
      unused_days = options.unused_days,
      meter = meter,
    })
  end)
  if #scopes == 1 and failures[1] then
    cli.fail(failures[1].err)
  end
  return result, tell_failures(failures)
end

-- --> the report of those in files, whether it lacks something
local function join(files)
  local reports = {}
  for i, file in ipairs(files) do
    reports[i] = cli.check(merge.read(file))
  end
  local result, notes, failed = merge.join(reports, files)
  for _, note in ipairs(notes) do
    tell(note)
  end
  return result, failed
end

local before = options.baseline and cli.check(merge.read(options.baseline))
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

-- ---------------------------------------------------------------------------------------------
-- Telling

-- Where there are several scopes, each row begins with its own.
local several = #result.scopes > 1

local function add_row(rows, of, row)
  if several then
    table.move(row, 1, #row, 3)
    row[1], row[2] = of.account or "-", of.region or "-"
  end
  rows[#rows + 1] = row
end

local function add_rows(rows, of, repository)
  for _, access in ipairs(repository.access) do
    add_row(rows, of, {
      repository.name,
      access.service or access.principal,
      access.kind,
      access.decision,
      access.statement or "-",
    })
  end
  if #repository.access == 0 then
    local who = repository.unknown and "(unknown)" or "-"
    add_row(rows, of, { repository.name, who, "", "", repository.unknown or "" })
  end
end

local function columns()
  local names = { "REPOSITORY", "WHO", "KIND", "PULL", "STATEMENT" }
  if several then
    table.move(names, 1, #names, 3)
    names[1], names[2] = "ACCOUNT", "REGION"
  end
  return names
end

local COLOURS = { critical = "red", high = "red", medium = "yellow" }

local function place_of(item)
  return several and ("%s/%s: "):format(item.account, item.region) or ""
end

local function findings_text()
  local lines = { "" }
  for _, finding in ipairs(result.findings) do
    lines[#lines + 1] = ("%s  %s%s: %s%s"):format(
      cli.paint(COLOURS[finding.severity], ("%-8s"):format(finding.severity)),
      finding.state and finding.state .. "  " or "", finding.id, place_of(finding), finding.message)
    lines[#lines + 1] = "          why: " .. finding.why
    lines[#lines + 1] = "          fix: " .. finding.fix
  end
  lines[#lines + 1] = #result.findings == 0 and "no findings"
    or ("%d %s"):format(#result.findings, #result.findings == 1 and "finding" or "findings")
  return table.concat(lines, "\n")
end

-- What is gone since the baseline, and grants that came and went.
local function changes_text(changes)
  local lines = { "", ("since %s: %d new, %d gone"):format(changes.time, #baseline.new(result), #changes.gone) }
  for _, finding in ipairs(changes.gone) do
    lines[#lines + 1] = ("%-8s  gone  %s: %s%s"):format(finding.severity, finding.id, place_of(finding),
      text_table.printable(finding.message))
  end
  for _, kind in ipairs { "new", "gone" } do
    for _, grant in ipairs(changes.grants[kind]) do
      lines[#lines + 1] = ("grant     %-4s  %s%s: %s (%s)"):format(kind, place_of(grant), grant.repository,
        text_table.printable(grant.principal), grant.decision)
    end
  end
  return table.concat(lines, "\n")
end

if options.output == "json" then
  report.json(result)
else
  local rows = {}
  for _, one in ipairs(result.scopes) do
    for _, repository in ipairs(one.repositories or {}) do
      add_rows(rows, one, repository)
    end
  end
  report.rows(columns(), rows)

  cli.out(findings_text())
  if result.baseline then
    cli.out(changes_text(result.baseline))
  end
end

local judged = before and { findings = baseline.new(result) } or result
if audit.reaches(judged, options.fail_on) then
  return cli.exit.found
end
return failed and cli.exit.failed or cli.exit.ok
