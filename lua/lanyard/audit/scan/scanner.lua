--- Audits several targets in one process, with one limit on the calls in flight. A target that fails does not stop the
--- others.
---
---     local transport = scanner.transport()               -- for the sessions of all targets
---     local found = targets.expand { ... }                -- of lanyard.audit.scan.targets
---     local report, failures = scanner.run(found, { globs = { "team/*" } })

local access = require "lanyard.access"
local audit = require "lanyard.audit"
local clock = require "lanyard.clock"
local document = require "lanyard.audit.report.document"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local glob_index = require "lanyard.globs"
local http = require "lanyard.http"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local limitations = require "lanyard.audit.limitations"
local organization = require "lanyard.access.organization"
local progress = require "lanyard.audit.scan.progress"
local resource_controls = require "lanyard.access.resource_controls"
local shard = require "lanyard.audit.scan.shard"
local shares = require "lanyard.audit.scan.shares"
local suggester = require "lanyard.text.suggester"
local task = require "lanyard.task"

local M = {}

--- The calls that are in flight at most, whatever there is to audit.
M.CALLS = 32

-- The targets that are scanned in parallel: all Regions of an account, each of which has its own rate limits.
local PARALLEL = 20

-- Codes with which AWS answers in a Region that an account has not enabled. Wrong credentials get some of them as well,
-- so they count only where another Region accepted the credentials.
local NOT_ENABLED = lists.set [[
  RegionSetupInProgressException OptInRequired UnrecognizedClientException InvalidClientTokenId
  RegionDisabledException
]]

--- What could not be audited.
---@class audit.Failure
---@field target audit.Target  empty for a glob that matches nothing
---@field err aws.Error
---@field entry? table         its entry in the report
---@field skipped? boolean     a Region that the account has not enabled

--- Returns a function that sends the requests of sessions, with a limit on the calls in flight.
---@param limit? integer
---@param send? fun(request: table): table?, aws.Error?
---@param meter? audit.Meter  counts the calls
---@return fun(request: table): table?, aws.Error?
function M.transport(limit, send, meter)
  local slots = task.semaphore(limit or M.CALLS)
  send = send or http.request
  return function(request)
    local _ <close> = slots:acquire()
    local reply, err = send(request)
    if meter then
      meter:count(reply)
    end
    return reply, err
  end
end

-- ---------------------------------------------------------------------------------------------
-- Which repositories

-- Selects among all repositories of a target: with several targets, a repository need not exist in each. `matched`
-- receives the globs that match, and `near` the nearest names of the ones that do not.
local function select_from_all(globs, part, matched, near)
  return function(region)
    local all, err = region:repositories { "*" }
    if not all then
      return nil, err
    end
    local selected, existing, index = {}, {}, glob_index.of(globs)
    for i, repository in ipairs(all) do
      existing[i] = repository.name
      local named = false
      for _, glob in ipairs(index:matching(repository.name)) do
        matched[glob], named = true, true
      end
      local own = not part or shard.contains(part, repository.registry_id, region.name, repository.name)
      selected[#selected + 1] = named and own and repository or nil
    end
    local nearest = suggester(existing)
    for _, glob in ipairs(globs) do
      near[glob] = near[glob] or not matched[glob] and nearest(glob) or nil
    end
    return selected
  end
end

-- Selects by describing the repositories that the globs name, which takes fewer calls for a single target. The audit
-- continues without the missing ones.
local function select_by_name(globs, matched, near)
  return function(region)
    local missing = {}
    local found, err = region:repositories(globs, missing)
    for _, glob in ipairs(found and globs or {}) do
      matched[glob] = not missing[glob] or nil
      near[glob] = missing[glob] and missing[glob].suggestion
    end
    return found, err
  end
end

-- ---------------------------------------------------------------------------------------------
-- One target

local function target_key(of)
  return ("%s %s"):format(of.account or "", of.region or "")
end

-- Passes on the findings of a target. Two profiles of one account find the same; only the first reports it.
local function first_only(target, on_finding, reporter)
  return function(finding)
    local key = target_key(finding)
    reporter[key] = reporter[key] or target
    if reporter[key] == target then
      on_finding(finding)
    end
  end
end

-- Returns the readers of what is in the organization of a target's caller. Only the management account and delegated
-- administrators may read it, so they call AWS with the credentials of the profile and not with an assumed role, once
-- for all targets of the profile.
local function readers_of(target, readers)
  local session = target.caller or target.session
  readers[session] = readers[session]
    or { controls = resource_controls.reader(session), organization = organization.reader(session) }
  return readers[session]
end

local function scan(target, options, run)
  if target.err then
    return nil, target.err
  end
  local region, err = access.connect(target.session, {
    permit = false, parallel = M.CALLS, compact = true, select = run.select,
    observer = run.part and progress.observer(run.part) or nil,
    on_names = options.on_names and not target.role and options.on_names(target.session) or nil,
  })
  if not region then
    return nil, err
  end
  local readers = readers_of(target, run.readers)
  return audit.run(region, {
    partial = run.select ~= nil, profile = target.profile, role = target.role, unused_days = options.unused_days,
    trusted_accounts = options.trusted_accounts, trusted_organizations = options.trusted_organizations,
    desired = options.desired, identities = run.identities, texts = options.texts, policies = options.policies,
    compact = options.compact,
    rules = options.rules, gate = run.gate, organization = readers.organization,
    controls = function(account) return readers.controls:of(account, target.is_member ~= false) end,
    on_finding = options.on_finding and first_only(target, options.on_finding, run.reporter),
  })
end

-- ---------------------------------------------------------------------------------------------
-- All targets

-- Adds the outcomes to the report and returns the failures. Two profiles of one account find the same.
local function gather(report, targets, outcomes)
  local failures, added = {}, {}
  for i, target in ipairs(targets) do
    local one, err = outcomes[i].report, outcomes[i].err
    local entry = one and one.scopes[1] or {
      account = target.account, region = target.region,
      error = { code = err.code, message = escape.printable(tostring(err)) },
    }
    entry.profile = target.profile and escape.printable(target.profile)
    table.insert(report.scopes, entry)
    if one then
      limitations.add(report, one)
    end
    if not one then
      failures[#failures + 1] = { target = target, err = err, entry = entry }
    elseif not added[target_key(entry)] then
      added[target_key(entry)] = true
      table.move(one.findings, 1, #one.findings, #report.findings + 1, report.findings)
    end
  end
  return failures
end

local function credentials_key(target)
  return ("%s %s"):format(target.account or "", target.profile or "")
end

-- Marks the failures of Regions that are not enabled.
local function mark_skipped(failures, targets, outcomes)
  local accepted = {}
  for i, target in ipairs(targets) do
    if outcomes[i].report then
      accepted[credentials_key(target)] = true
    end
  end
  for _, failure in ipairs(failures) do
    failure.skipped = failure.target.implicit and NOT_ENABLED[failure.err.code]
      and accepted[credentials_key(failure.target)] or nil
    failure.entry.skipped = failure.skipped
  end
end

-- Adds a failure for each glob that matched no repository of any target. A target that failed may have it.
local function add_unmatched(failures, globs, matched, near)
  for _, failure in ipairs(failures) do
    if not failure.skipped then
      return
    end
  end
  for _, glob in ipairs(globs) do
    if not matched[glob] and glob ~= "*" then
      failures[#failures + 1] = {
        target = {}, err = errors.new { code = "NoMatch", message = ("no repository matches '%s'%s"):format(glob,
          near[glob] and ("; did you mean '%s'?"):format(near[glob]) or "") },
      }
    end
  end
end

local function part_of(options)
  local part = options.shard
  return (options.globs or part) and {
    repositories = options.globs and json.array(options.globs),
    shard = part and ("%d/%d"):format(part.index, part.count),
  } or nil
end

local function sorted(list)
  local copy = list and json.array(table.move(list, 1, #list, 1, {}))
  table.sort(copy or {})
  return copy
end

-- Returns the options that all parts of an audit must share, as reports have them. Files count by their bytes, because
-- parts can be made on machines where the files have other names.
local function settings_of(options)
  return {
    trusted_accounts = sorted(options.trusted_accounts), trusted_organizations = sorted(options.trusted_organizations),
    unused_days = options.unused_days or audit.UNUSED_DAYS, desired = options.desired and options.desired.digest,
    rules = options.rules and options.rules.digest,
  }
end

-- Returns how to select repositories (nil for all), and the globs, each of which must match somewhere.
local function selection(options, count, matched, near)
  local globs = options.globs or options.shard and { "*" }
  if not globs then
    return nil, {}
  elseif count > 1 or options.shard then
    return select_from_all(globs, options.shard, matched, near), globs
  end
  return select_by_name(globs, matched, near), globs
end

--- Options of a scan.
---@class audit.ScanOptions
---@field globs? string[]
---@field shard? audit.Shard
---@field run_id? string             the id of the run, which all its shards have
---@field meter? audit.Meter
---@field unused_days? integer       this and the following: see audit.Options
---@field trusted_accounts? string[]
---@field trusted_organizations? string[]
---@field desired? desired.Desired
---@field texts? boolean
---@field policies? boolean
---@field compact? boolean
---@field rules? rules.Rules
---@field on_finding? fun(finding: audit.Finding)
---@field on_names? fun(session: aws.Session): function  returns the setting on_names of the session's region

--- Audits targets. The report has `partial` when it does not cover everything.
---@param targets audit.Target[]
---@param options? audit.ScanOptions
---@return audit.Report? report  nil when globs are given and none matches anywhere
---@return audit.Failure[] failures
function M.run(targets, options)
  options = options or {}
  local matched, near, identities, reporter, readers = {}, {}, {}, {}, {}
  local select_repositories, globs = selection(options, #targets, matched, near)
  local parts = options.meter and options.meter:targets(#targets) or {}
  local share = shares.new(#targets, M.CALLS)
  local outcomes = task.map(targets, function(target, i)
    local report, err = share:run(function(gate)
      return scan(target, options, {
        select = select_repositories, part = parts[i], gate = gate, identities = identities, reporter = reporter,
        readers = readers,
      })
    end)
    if parts[i] then
      parts[i].ended = true
    end
    return { report = report, err = err }
  end, { limit = PARALLEL })
  local report = document.new(clock.time())
  report.run, report.partial, report.settings = options.run_id, part_of(options), settings_of(options)
  local failures = gather(report, targets, outcomes)
  mark_skipped(failures, targets, outcomes)
  local count = #failures
  add_unmatched(failures, globs, matched, near)
  if #failures > count and not next(matched) then
    return nil, failures
  end
  document.sort(report)
  return report, failures
end

return M
