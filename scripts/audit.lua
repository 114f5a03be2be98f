-- Tell who can pull from which repository, and what is wrong with it.
--
-- Reads every repository of the Region, or those that the globs name, their policies, and the
-- container services. With --fail-on the exit status is 3 when a finding is at least that severe.
--
-- --region and --profile take several names, as a,b; --region all is every Region that Lightsail is in.
-- A Region or profile that fails is told, and the others are looked at all the same; the exit status is
-- 1 then, unless it is 3.

local audit = require "lanyard.audit"
local aws = require "lanyard.aws"
local cli = require "lanyard.cli"
local errors = require "lanyard.errors"
local report = require "lanyard.report"
local scope = require "lanyard.audit.scope"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("repository", "A repository's name, or a glob."):args "*"
command:option("--service", "Tell only what concerns this container service."):argname "NAME"
command:option("--fail-on", "Exit with 3 on a finding of this severity or a higher one.")
  :choices(audit.SEVERITIES):argname "SEVERITY"
local options = command:parse()

-- ---------------------------------------------------------------------------------------------
-- Looking

local function tell(text)
  cli.note("lanyard: " .. text)
end

local function plan()
  local transport = scope.transport()
  return scope.plan {
    regions = options.region and cli.check(scope.regions(options.region)),
    profiles = options.profile and cli.check(scope.words(options.profile, "--profile")),
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
  local scopes = plan()
  local result, failures = scope.run(scopes, { globs = #options.repository > 0 and options.repository or nil })
  if #scopes == 1 and failures[1] then
    cli.fail(failures[1].err)
  end
  local failed = tell_failures(failures)
  if options.service and not scope.only_service(result, options.service) and not failed then
    cli.fail(errors.new { code = "NotFoundException",
      message = ("there is no container service '%s', and no grant to one"):format(options.service) })
  end
  return result, failed
end

local result, failed = look()

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

  local COLOURS = { critical = "red", high = "red", medium = "yellow" }
  local lines = { "" }
  for _, finding in ipairs(result.findings) do
    local place = several and ("%s/%s: "):format(finding.account, finding.region) or ""
    lines[#lines + 1] = ("%s  %s: %s%s"):format(
      cli.paint(COLOURS[finding.severity], ("%-8s"):format(finding.severity)), finding.id, place, finding.message)
    lines[#lines + 1] = "          why: " .. finding.why
    lines[#lines + 1] = "          fix: " .. finding.fix
  end
  lines[#lines + 1] = #result.findings == 0 and "no findings"
    or ("%d %s"):format(#result.findings, #result.findings == 1 and "finding" or "findings")
  cli.out(table.concat(lines, "\n"))
end

if audit.reaches(result, options.fail_on) then
  return cli.exit.found
end
return failed and cli.exit.failed or cli.exit.ok
