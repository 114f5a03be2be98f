-- What an audit spans: scopes, which are an account and a Region each, looked at in one process under
-- one limit on the calls in flight. One that fails does not stop the others.
--
--   local transport = scope.transport()
--   local scopes = scope.plan {
--     regions = { "us-east-1", "eu-west-1" },         -- or "all"; the profile's own unless given
--     profiles = { "ops", "dev" },                    -- the one of the environment unless given
--     open = function(profile, region) return aws.session { profile = profile, ..., transport = transport } end,
--   }
--   local report, failures = scope.run(scopes, { globs = { "team/*" } })
--
-- A scope: { profile, account, role, region, session | nil, err | nil, optional }; `account` and `role` are known
-- of those that a role is assumed for, `optional` is a Region that nobody named.
-- A failure: { scope, err, skipped }; `skipped` is a Region that the account has not enabled.

local access = require "lanyard.access"
local audit = require "lanyard.audit"
local clock = require "lanyard.clock"
local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"
local escape = require "lanyard.report.escape"
local http = require "lanyard.http"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local merge = require "lanyard.audit.merge"
local names = require "lanyard.aws.names"
local principal = require "lanyard.access.principal"
local progress = require "lanyard.audit.progress"
local sigv4 = require "lanyard.sigv4"
local task = require "lanyard.task"

local M = {}

-- How many calls are in flight at once, whatever there is to look at.
M.CALLS = 16

-- How many scopes are looked at at once: all Regions of an account, each with its own limits.
local AT_ONCE = 20

-- How many calls each of several scopes makes at least at once. One Region that answers slowly holds so many
-- of all, and leaves the others to the rest. A request is signed before it waits for its turn, and AWS takes a
-- signature for five minutes: with so many none waits longer, though every call took its half minute.
local SHARE = 4

-- Where Lightsail is: the Regions of AWS's endpoints, and us-west-1, which its API names, too.
M.REGIONS = {
  "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
  "ap-southeast-5", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
  "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

-- Where GetRegions is called by who has no Region, or one that Lightsail is not in.
local HOME = "us-east-1"

-- What AWS answers in a Region that an account has not enabled. Who has a wrong key gets some of these,
-- too: they count as such only where another Region took it.
local NOT_ENABLED = lists.set [[
  RegionSetupInProgressException OptInRequired UnrecognizedClientException InvalidClientTokenId
  RegionDisabledException
]]

-- ---------------------------------------------------------------------------------------------
-- Which scopes

local function usage(text, ...)
  return nil, errors.new { code = "Usage", message = text:format(...) }
end

-- words("a,b", "--region") --> { "a", "b" }, each once | nil, err
function M.words(text, option)
  local list = {}
  for word in (text .. ","):gmatch "([^,]*)," do
    word = word:match "^%s*(.-)%s*$"
    if word == "" then
      return usage("%s: '%s' has an empty name: write a,b", option, text)
    elseif not lists.contains(list, word) then
      list[#list + 1] = word
    end
  end
  return list
end

-- regions("a,b" | "all") --> a list of Regions | "all" | nil, err
function M.regions(text)
  if text == "all" then
    return text
  end
  local list, err = M.words(text, "--region")
  for _, region in ipairs(list or {}) do
    local ok, why = names.region(region)
    if region == "all" then
      return usage "--region: all is written alone"
    elseif not ok then
      return nil, errors.new { code = "InvalidRegion", message = why .. ", or all" }
    end
  end
  return list, err
end

-- Every Region that Lightsail is in, as it tells itself or, where it does not, as lanyard knows them.
-- --> list | nil, err
local function all_regions(session, say)
  local partition = endpoints.partition(session.region)
  if partition ~= "aws" then
    return nil, errors.new {
      code = "NoRegion", message = ("Lightsail is in no Region of partition %s: name the Regions"):format(partition),
    }
  end
  local home = lists.contains(M.REGIONS, session.region) and session.region or HOME
  local lightsail, err = session:at(home):client "lightsail"
  local reply
  if lightsail then
    reply, err = lightsail:GetRegions()
  end
  local found = {}
  for i, region in ipairs(reply and reply.regions or {}) do
    found[i] = region.name
  end
  if #found == 0 then
    say(("the %d Regions are those that lanyard knows, since Lightsail lists none: %s")
      :format(#M.REGIONS, err and tostring(err) or "its list is empty"))
    return M.REGIONS
  end
  table.sort(found)
  say(("the %d Regions are those that lightsail:GetRegions lists"):format(#found))
  return found
end

-- The session of a profile: credentials that cannot be had are missing once, not in each Region.
-- --> session | nil, err
local function open(wanted, profile)
  local region = wanted.regions ~= "all" and wanted.regions and wanted.regions[1] or nil
  local session, err = wanted.open(profile, region)
  if not session and err.code == "NoRegion" and wanted.regions == "all" then
    session, err = wanted.open(profile, HOME)
  end
  if not session then
    return nil, err
  end
  local keys
  keys, err = session:credentials()
  if not keys then
    return nil, err
  end
  return session
end

-- ---------------------------------------------------------------------------------------------
-- Whose

-- accounts("111122223333,...", option) --> a list of account ids | nil, err
function M.accounts(text, option)
  local list, err = M.words(text, option)
  for _, id in ipairs(list or {}) do
    local ok, why = names.registry_id(id)
    if not ok then
      return usage("%s: %s", option, why)
    end
  end
  return list, err
end

-- role(name) --> name, with its path | nil, what is wrong with it
function M.role(name)
  if name:find "^[%w_+=,.@-][%w_+=,.@/-]*$" and not name:find "/$" then
    return name
  end
  return nil, ("'%s' is no name of a role: write it as audit or path/audit, without the account"):format(name)
end

-- external_id(text) --> text | nil, what is wrong with it
function M.external_id(text)
  if #text >= 2 and #text <= 1224 and text:find "^[%w_+=,.@:/-]+$" then
    return text
  end
  return nil, ("'%s' is no external id: it has 2 to 1224 of A-Z a-z 0-9 and _+=,.@:/-"):format(text)
end

-- The active accounts of the organization that the session's account manages --> list of ids | nil, err
local function organization(session)
  local client, err = session:client "organizations"
  local all
  if client then
    all, err = client:list("ListAccounts", "Accounts")
  end
  if not all then
    return nil, err
  end
  local ids = {}
  for _, account in ipairs(all) do
    -- AWS retired Status for State on 2026-09-09.
    if (account.State or account.Status) == "ACTIVE" then
      ids[#ids + 1] = account.Id
    end
  end
  table.sort(ids)
  return ids
end

-- The session of a role in each account, and the one given in its own account.
-- --> list of { account, session | nil, err | nil } | nil, err
local function assumed(session, wanted)
  local own, err = session:account_id()
  local accounts = wanted.accounts
  if own and not accounts then
    accounts, err = organization(session)
  end
  if not own or not accounts then
    return nil, err
  elseif #accounts == 0 then
    return nil, errors.new { code = "NoAccounts", message = "the organization has no active account" }
  end
  local partition = endpoints.partition(session.region)
  return task.map(accounts, function(account)
    if account == own then
      return { account = account, session = session }
    end
    local other = session:assume(("arn:%s:iam::%s:role/%s"):format(partition, account, wanted.role),
      { external_id = wanted.external_id })
    local keys, why = other:credentials()
    return { account = account, role = wanted.role, session = keys and other, err = why }
  end, { limit = AT_ONCE })
end

-- The scopes of one profile. What cannot be begun is a scope with an err for each Region that was named.
local function scopes_of(wanted, profile, say)
  local regions = wanted.regions
  local session, err = open(wanted, profile)
  if session and regions == "all" then
    regions, err = all_regions(session, say)
  elseif session then
    regions = regions or { session.region }
  end
  local owners = { { session = session, err = err } }
  if not err and wanted.role then
    owners, err = assumed(session, wanted)
    owners = owners or { { err = err } }
  end
  local found = {}
  for _, owner in ipairs(owners) do
    for _, region in ipairs(type(regions) == "table" and regions or { false }) do
      found[#found + 1] = {
        profile = profile, account = owner.account, role = owner.role, region = region or nil,
        session = not owner.err and owner.session:at(region) or nil, err = owner.err,
        optional = wanted.regions == "all",
      }
    end
  end
  return found
end

-- plan(wanted) --> scopes
-- wanted: regions, profiles, open(profile, region) --> session | nil, err; role, a name, to look with that
-- role at accounts (a list of ids; all of the organization unless given), and external_id, which it may ask
-- for; say(text) what a person should know
function M.plan(wanted)
  local scopes = {}
  local say = wanted.say or function() end
  for _, profile in ipairs(wanted.profiles or { false }) do
    local own = scopes_of(wanted, profile or nil, function(text)
      say(profile and ("profile '%s': %s"):format(profile, text) or text)
    end)
    table.move(own, 1, #own, #scopes + 1, scopes)
  end
  return scopes
end

-- transport([limit [, send [, meter]]]) --> what sessions send their requests by: at most so many at once,
-- counted by a meter of lanyard.audit.progress
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
  local hash = sigv4.sha256_hex(("%s/%s/%s"):format(account, region, name))
  return tonumber(hash:sub(1, 8), 16) % shard.count + 1 == shard.index
end

-- Among several scopes a repository need not be in each: one lists all its repositories, and keeps those
-- that a glob names and that are in the shard. `met` gets the globs that named one.
local function choose(here, globs, shard, met)
  local list = here.repositories
  function here.repositories(self)
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
      local own = not shard or M.in_shard(shard, repository.registry_id, here.region, repository.name)
      chosen[#chosen + 1] = named and own and repository or nil
    end
    return chosen
  end
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

-- --> the report of one scope | nil, err
local function look_at(scope, options, met, part)
  if scope.err then
    return nil, scope.err
  end
  local here, err = access.connect(scope.session, { parallel = options.parallel })
  if not here then
    return nil, err
  end
  if met and options.globs then
    choose(here, options.globs, options.shard, met)
  end
  if part then
    progress.watch(here, part)
  end
  return audit.run(here, setmetatable({
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

-- A failure of each glob that named no repository anywhere. Where a scope failed, it may be there.
local function check_globs(globs, met, failures)
  for _, failure in ipairs(failures) do
    if not failure.skipped then
      return
    end
  end
  for _, glob in ipairs(globs) do
    if not met[glob] and glob ~= "*" then
      failures[#failures + 1] = {
        scope = {}, err = errors.new { code = "NoMatch", message = ("no repository matches '%s'"):format(glob) },
      }
    end
  end
end

-- run(scopes [, options]) --> report, failures
-- options: those of lanyard.audit.run, shard, and meter (see lanyard.audit.progress). The report has `part`
-- where it is of less than all.
function M.run(scopes, options)
  options = setmetatable({ identities = {} }, { __index = options })
  local part = (options.globs or options.shard) and {
    repositories = options.globs and json.array(options.globs),
    shard = options.shard and ("%d/%d"):format(options.shard.index, options.shard.count),
  } or nil
  options.globs = options.globs or options.shard and { "*" }
  options.parallel = math.max(SHARE, M.CALLS // math.max(1, #scopes))
  options.told_by = {}
  local several = #scopes > 1 or options.shard ~= nil
  local met = several and {} or nil
  local parts = options.meter and options.meter:scopes(#scopes) or {}
  local outcomes = task.map(scopes, function(scope, i)
    local report, err = look_at(scope, options, met, parts[i])
    if parts[i] then
      parts[i].ended = true
    end
    return { report = report, err = err }
  end, { limit = AT_ONCE })
  local report = merge.empty(clock.time())
  report.part = part
  local failures = gather(report, scopes, outcomes)
  skip(failures, scopes, outcomes)
  if several and options.globs then
    check_globs(options.globs, met, failures)
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
  local changes = report.baseline
  if changes then
    changes.gone = kept(changes.gone, concerns)
    changes.grants = { new = kept(changes.grants.new, concerns), gone = kept(changes.grants.gone, concerns) }
  end
  return found
end

return M
