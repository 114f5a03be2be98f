-- The steps of `lanyard audit` that take more than a line: which files or scopes are meant, looking at them
-- with a line of progress, and telling a person what failed.
--
--   local files = command.files(parser, options, { ... })
--   local report, failed = command.look(options, rules)      -- or command.join(files)

local aws = require "lanyard.aws"
local baseline = require "lanyard.audit.report.baseline"
local cli = require "lanyard.cli"
local desired_file = require "lanyard.desired.file"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local jsonl = require "lanyard.report.jsonl"
local lists = require "lanyard.lists"
local merge = require "lanyard.audit.report.merge"
local mutes = require "lanyard.audit.mutes"
local progress = require "lanyard.audit.scan.progress"
local read = require "lanyard.audit.report.read"
local repositories = require "lanyard.access.repositories"
local scanner = require "lanyard.audit.scan.scanner"
local service = require "lanyard.audit.report.service"
local severities = require "lanyard.severity"
local targets = require "lanyard.audit.scan.targets"

local M = {}

-- Options of looking, which say nothing when reports are merged.
local LOOKING = {
  "region", "profile", "endpoint_url", "shard", "assume_role", "external_id", "accounts", "organization",
  "desired", "trusted_accounts", "unused_days",
}

-- Options for which there must be a whole report before a line of it can be printed.
local WHOLE = { "baseline", "history", "service" }

-- Policies take memory of C, which Lua's collector does not see: it begins anew when what it sees has grown by
-- 40 %, not when it has doubled, and goes twice as fast.
local PAUSE, PACE = 140, 400

-- For argparse's convert.
function M.days(text)
  local number = math.tointeger(tonumber(text))
  if not number or number < 1 then
    return nil, ("'%s' is no number of days"):format(text)
  end
  return number
end

-- check(parser, options): ends the script where options do not go together
function M.check(parser, options)
  if options.accounts and options.organization then
    parser:usage "--accounts and --organization: choose one"
  elseif (options.accounts or options.organization or options.external_id) and not options.assume_role then
    parser:usage "--accounts, --organization and --external-id need --assume-role"
  elseif options.assume_role and not (options.accounts or options.organization) then
    parser:usage "--assume-role needs --accounts or --organization"
  end
end

-- files(parser, options, words) --> the files to merge | nil where there is something to look at
function M.files(parser, options, words)
  if options.repository[1] ~= "merge" or lists.contains(words, "--") then
    return nil
  elseif #options.repository < 2 then
    parser:usage "merge takes files: lanyard audit merge FILE... (a repository of that name: lanyard audit -- merge)"
  end
  for _, name in ipairs(LOOKING) do
    if options[name] then
      parser:usage(("--%s is not for merge"):format((name:gsub("_", "-"))))
    end
  end
  return table.move(options.repository, 2, #options.repository, 1, {})
end

local function tell(text)
  cli.progress(nil)
  cli.note("lanyard: " .. escape.printable(text))
end

-- ---------------------------------------------------------------------------------------------
-- Looking

local function expand(options, meter)
  local transport = scanner.transport(nil, nil, meter)
  return targets.expand {
    regions = options.region and cli.check(targets.regions(options.region)),
    profiles = options.profile and cli.check(targets.list(options.profile, "--profile")),
    role = options.assume_role,
    external_id = options.external_id,
    accounts = options.accounts and cli.check(targets.accounts(options.accounts, "--accounts")),
    note = tell,
    open = function(profile, region)
      local given = cli.session_options(options)
      given.profile, given.region, given.transport, given.many_calls = profile, region, transport, true
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
    tell(("%s%s%s"):format(name_of(failure.target), failure.skipped and "skipped, for it is not enabled: " or "",
      tostring(failure.err)))
    failed = failed or not failure.skipped
  end
  return failed
end

-- tell_unseen(report, before | nil): what an earlier report can't be compared in.
function M.tell_unseen(result, before)
  for _, what in ipairs(before and baseline.uncovered(result, before) or {}) do
    tell(("the baseline did not look at %s: findings there count as new"):format(what))
  end
end

-- streams(options, rules): whether findings can be printed as they are known
function M.streams(options, rules)
  for _, name in ipairs(WHOLE) do
    if options[name] then
      return false
    end
  end
  return options.output == "jsonl" and #rules:mutes() == 0
end

-- What prints each finding, and where the worst is kept.
local function printer()
  local worst = {}
  return function(finding)
    cli.progress(nil)
    cli.out(jsonl.line(finding))
    if not worst[1] or severities.reaches({ finding }, worst[1].severity) then
      worst[1] = finding
    end
  end, worst
end

-- What the file of --desired says | nil. Its Region is looked at where no other is asked for.
local function read_desired(options)
  if not options.desired then
    return nil
  end
  local wanted = cli.check_file(desired_file.read(options.desired))
  options.region = options.region or wanted.region
  return wanted
end

-- Whether a scope of the report is in the Region that the file is for; else that is told.
local function is_compared(wanted, result)
  for _, one in ipairs(wanted and wanted.region and result.scopes or {}) do
    if one.region == wanted.region then
      return true
    end
  end
  if wanted and wanted.region then
    tell(("%s is for %s, which was not looked at"):format(wanted.name, wanted.region))
    return false
  end
  return true
end

-- look(options, rules) --> the report, whether something failed. Where findings were printed as they came, the
-- report has but the worst of them.
function M.look(options, rules)
  for _, name in ipairs(options.repository) do
    cli.check(repositories.check(name))
  end
  local wanted = read_desired(options)
  collectgarbage("incremental", PAUSE, PACE)
  local trusted = options.trusted_accounts
    and cli.check(targets.accounts(options.trusted_accounts, "--trusted-accounts"))
  local meter, streams = progress.meter(), M.streams(options, rules)
  local print_finding, worst = printer()
  local audited, result, failures
  progress.show(meter, cli.progress, function()
    audited = expand(options, meter)
    result, failures = scanner.run(audited, {
      globs = #options.repository > 0 and options.repository or nil,
      shard = options.shard,
      unused_days = options.unused_days,
      desired = wanted,
      trusted_accounts = trusted,
      texts = options.output == "html",
      rules = rules,
      on_finding = streams and print_finding or nil,
      meter = meter,
    })
  end)
  if not result then
    tell_failures(failures)
    cli.leave(cli.exit.failed)
  elseif #audited == 1 and result.scopes[1].error then
    cli.fail(failures[1].err)
  elseif streams then
    result.findings = worst
  end
  local failed = tell_failures(failures)
  return result, not is_compared(wanted, result) or failed
end

-- ---------------------------------------------------------------------------------------------
-- Files

-- join(files) --> the report of those in files, whether it lacks something
function M.join(files)
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

-- mute(rules, report, partial): takes away what the rules mute. Mutes that fit no finding are told, unless only part
-- of what they may fit was looked at.
function M.mute(rules, report, partial)
  for _, idle in ipairs(mutes.apply(rules:mutes(), report)) do
    if not partial then
      tell(("%s: the mute of %s fits no finding"):format(idle.place, idle.finding))
    end
  end
end

-- only_service(report, name, failed): leaves what concerns the container service of that name. Ends the script
-- where there is none, unless something failed.
function M.only_service(report, name, failed)
  if not service.restrict(report, name) and not failed then
    cli.fail(errors.new { code = "NotFoundException",
      message = ("there is no container service '%s', and no grant to one"):format(name) })
  end
end

return M
