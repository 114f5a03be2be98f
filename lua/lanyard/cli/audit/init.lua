--- What `lanyard audit` and `lanyard audit merge` do with a report: compare, restrict, mute, print and store it.
---
---     local run <close> = audit.open(options)
---     return run:finish(report, failed)
---
--- The rules, the baseline and the history are opened first, so that a mistake in them is reported before anything is
--- read.

local baseline = require "lanyard.audit.report.baseline"
local cli = require "lanyard.cli"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local failures = require "lanyard.report.failures"
local history = require "lanyard.audit.report.history"
local mutes = require "lanyard.audit.mutes"
local print_ = require "lanyard.cli.print"
local read = require "lanyard.audit.report.read"
local service = require "lanyard.audit.report.service"
local severities = require "lanyard.severity"
local summary = require "lanyard.report.summary"
local suggest = require "lanyard.text.suggest"

local M = {}

-- The formats that have findings only, and no place for what they have in common.
local WITHOUT_HEADER = { csv = true, jsonl = true }

-- The formats that have no place for what could not be read.
local WITHOUT_FAILURES = { csv = true, jsonl = true, prometheus = true }

---@class cli.AuditRun
---@field options table
---@field rules rules.Rules
---@field before? audit.Report    the baseline
---@field history? audit.History
---@field streams boolean         whether findings are printed as they are found
local Run = {}
Run.__index = Run

function Run.__close(self)
  if self.history then
    self.history:close()
  end
end

-- Reports whether findings can be printed before the report is complete.
local function can_stream(options, rules)
  return options.output == "jsonl"
    and not (options.output_file or options.baseline or options.history or options.service)
    and #rules:mutes() == 0
end

--- Prints a note on stderr.
---@param text string
---@param ... any for the text's format
function M.note(text, ...)
  cli.progress(nil)
  cli.note("lanyard: " .. escape.printable(text:format(...)))
end

-- Loads the rules. An audit that decides by its exit status ends if they are not trusted; another one reports that they
-- are not applied.
local function load_rules(options)
  local rules = cli.rules(options)
  local ok, err = rules:load()
  if not ok and (options.fail_on or err.code ~= "UntrustedRules") then
    cli.fail(err)
  elseif not ok then
    rules:ignore(err)
    M.note("warning: %s: its rules and mutes are not applied (lanyard trust, --rules FILE or --rules none)",
      err.message)
  end
  return rules
end

--- Opens what the options name. Ends the script when something cannot be opened.
---@param options table
---@return cli.AuditRun
function M.open(options)
  local rules = load_rules(options)
  local run = setmetatable({ options = options, rules = rules, streams = can_stream(options, rules) }, Run)
  run.history = options.history and cli.check(history.open(options.history))
  run.before = options.baseline and cli.check(read.report(options.baseline))
  return run
end

-- Restricts the report to a service. Ends the script when the service does not exist, unless the audit failed in part.
local function restrict(report, name, failed)
  local existing = {}
  for _, scope in ipairs(report.scopes) do
    for _, one in ipairs(scope.services or {}) do
      existing[#existing + 1] = one.name
    end
  end
  if not service.restrict(report, name) and not failed then
    local near = suggest(name, existing)
    cli.fail(errors.new { code = "NotFoundException",
      message = ("no container service '%s', and no grant to one%s"):format(name,
        near and ("; did you mean '%s'?"):format(near) or "") })
  end
end

-- Applies the mutes. A mute without a finding is noted if the report is complete.
local function mute(rules, report, is_complete)
  for _, unmatched in ipairs(mutes.apply(rules:mutes(), report)) do
    if is_complete then
      M.note("%s: the mute of %s matches no finding", unmatched.location, unmatched.finding)
    end
  end
end

-- Prints what formats without a header leave out: the rules in force, and the resource control policies. The policies
-- that no audit considers are in the help.
local function note_header(report)
  if #report.rules > 0 then
    M.note("%s", summary.rules(report))
  end
  local controls = summary.controls(report)
  if controls then
    M.note("%s", controls)
  end
  for _, sentence in ipairs(summary.limitations(report, "resource-control-policies")) do
    M.note("%s", sentence)
  end
end

-- Prints what an audit could not read of an account and Region. Where it could read nothing, the error was printed.
local function note_failures(report)
  for _, failure in ipairs(failures.of(report)) do
    if failure.kind ~= "audit" then
      M.note("%s", failures.text(failure))
    end
  end
end

--- Compares, restricts, mutes, prints and stores a report.
---@param report audit.Report
---@param failed boolean whether the report lacks something
---@param is_merged? boolean whether the report was merged from files
---@return integer status the exit status
function Run:finish(report, failed, is_merged)
  local options = self.options
  local rules = self.rules
  mutes.describe(report, rules.file, rules:mutes(), rules.untrusted ~= nil)
  mutes.add_expired(rules:mutes(), report)
  if self.before then
    baseline.compare(report, self.before)
  end
  if options.service then
    restrict(report, options.service, failed)
  end
  for _, what in ipairs(self.before and baseline.uncovered(report, self.before) or {}) do
    M.note("the baseline does not cover %s: findings there count as new", what)
  end
  mute(rules, report, not (is_merged or failed or report.partial or options.service))
  if WITHOUT_HEADER[options.output] then
    note_header(report)
  end
  if WITHOUT_FAILURES[options.output] then
    note_failures(report)
  end
  if is_merged or not self.streams then
    print_.audit(options.output, report, options.output_file)
  end
  if self.history then
    cli.check(self.history:add(report))
  end
  local findings = self.before and baseline.new(report) or report.findings
  if options.fail_on and severities.reaches(findings, options.fail_on) then
    return cli.exit.found
  end
  return failed and cli.exit.failed or cli.exit.ok
end

return M
