--- The audit of accounts and Regions for `lanyard audit`, with a progress line.
---
---     scan.check(command, options)
---     local report, failed = scan.run(options, run)          -- run: of lanyard.cli.audit

local audit = require "lanyard.cli.audit"
local aws = require "lanyard.aws"
local cli = require "lanyard.cli"
local desired_file = require "lanyard.desired.file"
local exit = require "lanyard.cli.exit"
local http = require "lanyard.http"
local jsonl = require "lanyard.report.jsonl"
local names = require "lanyard.cli.completion.names"
local progress = require "lanyard.cli.progress"
local scan_progress = require "lanyard.audit.scan.progress"
local repositories = require "lanyard.access.repositories"
local results = require "lanyard.cli.result"
local scanner = require "lanyard.audit.scan.scanner"
local severities = require "lanyard.severity"
local targets = require "lanyard.audit.scan.targets"

local M = {}

-- Policies use memory of C, which Lua's collector does not count. So it starts a cycle when Lua's memory has grown by
-- GARBAGE KiB, or 40 %, rather than doubled, and runs twice as fast.
local GARBAGE, MOST_PAUSE, STEP = 4096, 140, 400

--- Ends the script when options exclude each other or lack another one.
---@param command table
---@param options table
function M.check(command, options)
  if options.accounts and options.organization then
    command:usage("--accounts and --organization: choose one", "ConflictingOptions")
  elseif (options.accounts or options.organization or options.external_id) and not options.assume_role then
    command:usage("--accounts, --organization and --external-id need --assume-role", "ConflictingOptions")
  elseif options.assume_role and not (options.accounts or options.organization) then
    command:usage("--assume-role needs --accounts or --organization", "ConflictingOptions")
  end
end

-- Sets the collector to what Lua uses, which grows while repositories are read.
local function pace_collector()
  collectgarbage("incremental", math.min(MOST_PAUSE, 100 + math.ceil(100 * GARBAGE / collectgarbage "count")), STEP)
end

local function send(request)
  pace_collector()
  return http.request(request)
end

local function expand(options, meter)
  local transport = scanner.transport(nil, send, meter)
  return targets.expand {
    regions = options.region and cli.check(targets.regions(options.region)),
    profiles = options.profile and cli.check(targets.list(options.profile, "--profile")),
    role = options.assume_role,
    external_id = options.external_id,
    accounts = options.accounts and cli.check(targets.accounts(options.accounts, "--accounts")),
    note = audit.note,
    open = function(profile, region)
      local settings = cli.session_options(options)
      settings.profile, settings.region, settings.transport, settings.many_calls = profile, region, transport, true
      return aws.session(settings)
    end,
  }
end

-- Returns a target as messages name it.
local function label_of(target)
  local words = {}
  for _, name in ipairs { "account", "region", "profile" } do
    words[#words + 1] = target[name] and (name == "profile" and ("profile '%s'"):format(target.profile) or target[name])
  end
  return #words > 0 and table.concat(words, ", ") .. ": " or ""
end

-- Prints the failures. Returns whether one of them is not a skipped Region.
local function note_failures(failures)
  local failed = false
  for _, failure in ipairs(failures) do
    audit.note("%s%s%s", label_of(failure.target), failure.skipped and "skipped, because it is not enabled: " or "",
      failure.skipped and tostring(failure.err) or exit.line(failure.err))
    failed = failed or not failure.skipped
  end
  return failed
end

-- Returns a function that prints a finding, and a list that has the most severe one.
local function printer()
  local worst = {}
  return function(finding)
    cli.progress(nil)
    cli.json(jsonl.line(finding))
    if not worst[1] or severities.reaches({ finding }, worst[1].severity) then
      worst[1] = finding
    end
  end, worst
end

-- Reads the file of --desired. Its Region is audited unless the options name another one.
local function read_desired(options)
  if not options.desired then
    return nil
  end
  local desired = cli.check_file(desired_file.read(options.desired))
  options.region = options.region or desired.region
  return desired
end

-- Reports whether the Region of the desired-state file was audited, and prints a note if it was not.
local function is_compared(desired, report)
  if not desired or not desired.region then
    return true
  end
  for _, scope in ipairs(report.scopes) do
    if scope.region == desired.region then
      return true
    end
  end
  audit.note("%s is for %s, which was not audited [RegionMismatch]", desired.name, desired.region)
  return false
end

--- Audits what the options name. Ends the script when nothing can be audited.
---@param options table
---@param run cli.AuditRun
---@return audit.Report report its findings are only the most severe one if findings were printed as they were found
---@return boolean failed whether something could not be audited
function M.run(options, run)
  for _, name in ipairs(options.repository) do
    cli.check(repositories.check(name))
  end
  local desired = read_desired(options)
  local trusted = options.trusted_accounts
    and cli.check(targets.accounts(options.trusted_accounts, "--trusted-accounts"))
  local organizations = options.trusted_organizations
    and cli.check(targets.organizations(options.trusted_organizations, "--trusted-organizations"))
  local meter = scan_progress.meter()
  local print_finding, worst = printer()
  local audited, report, failures
  pace_collector()
  progress.during(meter, function()
    audited = expand(options, meter)
    report, failures = scanner.run(audited, {
      globs = #options.repository > 0 and options.repository or nil,
      shard = options.shard, run_id = options.run_id, unused_days = options.unused_days, desired = desired,
      trusted_accounts = trusted, trusted_organizations = organizations,
      texts = options.output == "html", policies = options.output == "json" or run.before ~= nil,
      compact = not (options.service or results.is_changed()), -- these change the list
      rules = run.rules, on_finding = run.streams and print_finding or nil,
      meter = meter, on_names = names.observer,
    })
  end)
  if not report then
    note_failures(failures)
    cli.leave(cli.exit.failed)
  elseif #audited == 1 and report.scopes[1].error then
    cli.fail(failures[1].err)
  elseif run.streams then
    report.findings = worst
  end
  local failed = note_failures(failures)
  return report, not is_compared(desired, report) or failed
end

return M
