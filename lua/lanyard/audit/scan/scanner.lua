-- What an audit spans: scopes, which are an account and a Region each, looked at in one process under
-- one limit on the calls in flight. One that fails does not stop the others.
--
--   local transport = scope.transport()
--   local scopes = span.plan { ... }       -- of lanyard.audit.scan.targets
--   local report, failures = scope.run(scopes, { globs = { "team/*" } })
--
-- A failure: { scope, err, skipped }; `skipped` is a Region that the account has not enabled.

local access = require "lanyard.access"
local audit = require "lanyard.audit"
local clock = require "lanyard.clock"
local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local http = require "lanyard.http"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local merge = require "lanyard.audit.report.merge"
local principal = require "lanyard.access.principal"
local progress = require "lanyard.audit.scan.progress"
local task = require "lanyard.task"

local M = {}

-- How many calls are in flight at once, whatever there is to look at.
M.CALLS = 16

-- How many scopes are looked at at once: all Regions of an account, each with its own limits.
local AT_ONCE = 20

-- How many calls each of several scopes makes at least at once; the last ones left make more. A Region that
-- answers slowly holds so many of all, and leaves the rest to the others. A request is signed before it waits for
-- its turn, and AWS takes a signature for five minutes: with so many none waits longer, though every call took
-- its half minute.
local SHARE = 4

-- What AWS answers in a Region that an account has not enabled. Who has a wrong key gets some of these,
-- too: they count as such only where another Region took it.
local NOT_ENABLED = lists.set [[
  RegionSetupInProgressException OptInRequired UnrecognizedClientException InvalidClientTokenId
  RegionDisabledException
]]

-- transport([limit [, send [, meter]]]) --> what sessions send their requests by: at most so many at once,
-- counted by a meter of lanyard.audit.scan.progress
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
-- Looking at them

-- shard("2/3") --> { index, count } | nil, what is wrong with it
function M.shard(text)
  local index, count = text:match "^(%d+)/(%d+)$"
  index, count = math.tointeger(tonumber(index)), math.tointeger(tonumber(count))
  if not index or not count or index < 1 or index > count then
    return nil, ("'%s' is no shard: write I/N, the Ith of N, as 1/4"):format(text)
  end
  return { index = index, count = count }
end

-- in_shard(shard, account, region, name): whether that repository is one of the shard's. It is always in
-- the same one of so many, whatever other repositories there are.
function M.in_shard(shard, account, region, name)
  local hash = crypto.sha256_hex(("%s/%s/%s"):format(account, region, name))
  return tonumber(hash:sub(1, 8), 16) % shard.count + 1 == shard.index
end

-- Among several scopes a repository need not be in each: one lists all its repositories, and keeps those
-- that a glob names and that are in the shard. `met` gets the globs that named one.
local function choose(region, globs, shard, met)
  local list = region.repositories
  function region.repositories(self)
    local all, err = list(self)
    if not all then
      return nil, err
    end
    local chosen = {}
    for _, repository in ipairs(all) do
      local named = false
      for _, glob in ipairs(globs) do
        if match.glob(glob, repository.name) then
          met[glob], named = true, true
        end
      end
      local own = not shard or M.in_shard(shard, repository.registry_id, region.name, repository.name)
      chosen[#chosen + 1] = named and own and repository or nil
    end
    return chosen
  end
end

-- One scope alone asks for what the globs name, which is less; and goes on without what is missing.
local function choose_alone(region, globs, met)
  local list = region.repositories
  function region.repositories(self)
    local missing = {}
    local found, err = list(self, globs, missing)
    for _, glob in ipairs(found and globs or {}) do
      met[glob] = not missing[glob] or nil
    end
    return found, err
  end
end

-- What scopes that are not done yet have of the calls in flight: a gate each, which widens as others end.
local Shares = {}
Shares.__index = Shares

local function shares(count)
  return setmetatable({ left = count, share = math.max(SHARE, M.CALLS // math.max(1, count)), gates = {} }, Shares)
end

-- run(f): f's results, called with a gate
function Shares:run(f)
  local gate = task.semaphore(self.share)
  self.gates[gate] = true
  local _ <close> = setmetatable({}, { __close = function() self:leave(gate) end })
  return f(gate)
end

function Shares:leave(gate)
  self.gates[gate] = nil
  self.left = self.left - 1
  local share = math.max(SHARE, M.CALLS // math.max(1, self.left))
  for other in pairs(self.gates) do
    for _ = self.share + 1, share do
      other:release()
    end
  end
  self.share = share
end

-- Tells the findings of a scope. Two profiles of one account find the same: the first tells it.
local function teller(scope, tell, told_by)
  return function(finding)
    local name = ("%s %s"):format(finding.account, finding.region)
    told_by[name] = told_by[name] or scope
    if told_by[name] == scope then
      tell(finding)
    end
  end
end

-- `choose_by` is one of the two above. --> the report of one scope | nil, err
local function look_at(scope, options, choose_by, part, gate)
  if scope.err then
    return nil, scope.err
  end
  local region, err = access.connect(scope.session, { permit = false, parallel = M.CALLS })
  if not region then
    return nil, err
  end
  region.gate = gate
  if options.globs then
    choose_by(region)
  end
  if part then
    progress.watch(region, part)
  end
  return audit.run(region, setmetatable({
    profile = scope.profile, role = scope.role, tell = options.tell and teller(scope, options.tell, options.told_by),
  }, { __index = options }))
end

local function name_of(scope)
  return ("%s %s"):format(scope.account or "", scope.region or "")
end

-- What was looked at goes into the report; --> failures. Two profiles of one account find the same.
local function gather(report, scopes, outcomes)
  local failures, seen = {}, {}
  for i, scope in ipairs(scopes) do
    local one, err = outcomes[i].report, outcomes[i].err
    local entry = one and one.scopes[1] or {
      account = scope.account, region = scope.region,
      error = { code = err.code, message = escape.printable(tostring(err)) },
    }
    entry.profile = scope.profile and escape.printable(scope.profile)
    table.insert(report.scopes, entry)
    if not one then
      failures[#failures + 1] = { scope = scope, err = err, entry = entry }
    elseif not seen[name_of(entry)] then
      seen[name_of(entry)] = true
      table.move(one.findings, 1, #one.findings, #report.findings + 1, report.findings)
    end
  end
  return failures
end

-- Whose keys look at a scope.
local function owner_of(scope)
  return ("%s %s"):format(scope.account or "", scope.profile or "")
end

-- Tells the Regions that are not enabled from those that failed.
local function skip(failures, scopes, outcomes)
  local works = {}
  for i, scope in ipairs(scopes) do
    if outcomes[i].report then
      works[owner_of(scope)] = true
    end
  end
  for _, failure in ipairs(failures) do
    failure.skipped = failure.scope.optional and NOT_ENABLED[failure.err.code]
      and works[owner_of(failure.scope)] or nil
    failure.entry.skipped = failure.skipped
  end
end

-- A failure of each glob that named no repository anywhere, in their order; whether there is one. Where a scope
-- failed, it may be there.
local function check_globs(globs, met, failures)
  for _, failure in ipairs(failures) do
    if not failure.skipped then
      return false
    end
  end
  local missing = false
  for _, glob in ipairs(globs) do
    if not met[glob] and glob ~= "*" then
      missing = true
      failures[#failures + 1] = {
        scope = {}, err = errors.new { code = "NoMatch", message = ("no repository matches '%s'"):format(glob) },
      }
    end
  end
  return missing
end

-- run(scopes [, options]) --> report, failures
-- options: those of lanyard.audit.run, shard, and meter (see lanyard.audit.scan.progress). The report has `part`
-- where it is of less than all; it is nil where the globs name nothing anywhere, as the failures say.
function M.run(scopes, options)
  options = setmetatable({ identities = {} }, { __index = options })
  local part = (options.globs or options.shard) and {
    repositories = options.globs and json.array(options.globs),
    shard = options.shard and ("%d/%d"):format(options.shard.index, options.shard.count),
  } or nil
  options.globs = options.globs or options.shard and { "*" }
  options.told_by = {}
  local met = {}
  local function choose_by(region)
    if #scopes > 1 or options.shard then
      choose(region, options.globs, options.shard, met)
    else
      choose_alone(region, options.globs, met)
    end
  end
  local parts = options.meter and options.meter:scopes(#scopes) or {}
  local share = shares(#scopes)
  local outcomes = task.map(scopes, function(scope, i)
    local report, err = share:run(function(gate) return look_at(scope, options, choose_by, parts[i], gate) end)
    if parts[i] then
      parts[i].ended = true
    end
    return { report = report, err = err }
  end, { limit = AT_ONCE })
  local report = merge.empty(clock.time())
  report.part = part
  local failures = gather(report, scopes, outcomes)
  skip(failures, scopes, outcomes)
  if options.globs and check_globs(options.globs, met, failures) and not next(met) then
    return nil, failures
  end
  merge.sort(report)
  return report, failures
end

-- ---------------------------------------------------------------------------------------------
-- One container service alone

-- The service whose role a principal is | nil
local function service_of(value)
  return value and value:find "^arn:" and principal.classify("AWS", value).service
end

local function kept(list, keep)
  local rest = setmetatable({}, getmetatable(list))
  for _, item in ipairs(list) do
    rest[#rest + 1] = keep(item) and item or nil
  end
  return rest
end

-- Leaves in a report what concerns the container service of that name. What could not be read may, and a
-- finding that is about no service and no principal stays as well. Whether there is such a service, or a
-- grant to one.
function M.only_service(report, name)
  local found = false
  report.part = report.part or {}
  report.part.service = name
  for _, scope in ipairs(report.scopes) do
    scope.services = scope.services and kept(scope.services, function(service) return service.name == name end)
    found = found or scope.services_unknown ~= nil or scope.services ~= nil and #scope.services > 0
    for _, repository in ipairs(scope.repositories or {}) do
      repository.access = kept(repository.access, function(one) return one.service == name end)
      found = found or #repository.access > 0
    end
    scope.repositories = scope.repositories and kept(scope.repositories, function(repository)
      return repository.unknown ~= nil or #repository.access > 0
    end)
  end
  local function concerns(item)
    if item.service or item.principal then
      return (item.service or service_of(item.principal)) == name
    end
    return true
  end
  report.findings = kept(report.findings, concerns)
  local muted = report.muted and kept(report.muted, concerns)
  report.muted = muted and #muted > 0 and muted or nil
  local changes = report.baseline
  if changes then
    changes.gone = kept(changes.gone, concerns)
    changes.grants = { new = kept(changes.grants.new, concerns), gone = kept(changes.grants.gone, concerns) }
  end
  return found
end

return M
