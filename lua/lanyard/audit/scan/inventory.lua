-- What an audit looks at: repositories with their policies and who can pull, container services, and
-- the images that these deploy.
--
--   local seen = assert(collect.begin(region, { globs = { "team/*" } }))
--   collect.each(region, seen, 90, function(repository, position) ... end)
--
-- seen: { account, region, now, whole, repositories, services, service = { [name] = }, services_unknown,
-- deployed, granted = { [principal] = true }, unread, registry (see lanyard.audit.scan.registry), registry_unknown,
-- identities (see lanyard.audit.scan.identities), share(text) }. `whole` without globs, `unread` once a
-- policy could not be read. A policy as it is parsed takes much room, and there may be ten thousand: so a
-- repository is looked at, visited and given up.
--
-- A repository here: one of lanyard.access.repositories with { doc | nil, access, statements, missing,
-- unknown, images_unknown }. `unknown` is why its policy could not be read; access and statements are empty
-- then. An access, one for each principal that an Allow statement gives a pull action: { principal,
-- type, kind, decision, answers, statements, given_by, service, region, account, foreign, ends }; `statements`
-- are labels, `given_by` the statements themselves, `answers` what the whole policy says to each pull
-- action: see lanyard.access.grants.decide, and "deny" where nobody is named (an orphan).
-- For `deployed` and `last_pull` see lanyard.audit.scan.images.

local arn = require "lanyard.arn"
local expiry = require "lanyard.policy.expiry"
local grants = require "lanyard.access.grants"
local identities = require "lanyard.audit.scan.identities"
local images = require "lanyard.audit.scan.images"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local query = require "lanyard.audit.query"
local registry = require "lanyard.audit.scan.registry"
local task = require "lanyard.task"

local M = {}

local function gives_pull(statement)
  if statement.effect ~= "Allow" then
    return false
  end
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if query.covers(statement, action) then
      return true
    end
  end
  return false
end

local function everyone_but(statement)
  local excepted = {}
  for i, one in ipairs(statement.principals) do
    excepted[i] = one.value
  end
  return { type = "*", value = "everyone but " .. table.concat(excepted, ", ") }
end

-- When the dates of its statements end an access: of one of the two pull actions first.
local function end_of(access)
  local first = math.huge
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local last
    for _, statement in ipairs(access.given_by) do
      if query.covers(statement, action) then
        last = math.max(last or 0, expiry.ends(statement) or math.huge)
      end
    end
    first = math.min(first, last or math.huge)
  end
  return first < math.huge and first or nil
end

local function access_of(seen, repository)
  local list, by_principal = {}, {}
  for _, statement in ipairs(repository.statements) do
    local named = statement.not_principal and { everyone_but(statement) } or statement.principals
    for _, one in ipairs(gives_pull(statement) and named or {}) do
      local key = one.type .. " " .. one.value
      local entry = by_principal[key]
      if not entry then
        local value = statement.not_principal and "*" or one.value
        local who = principal.classify(one.type, value, seen.account)
        entry = {
          principal = seen.share(one.value), type = one.type, kind = who.kind, service = who.service,
          region = who.region, account = who.account, foreign = who.foreign or nil, statements = {}, given_by = {},
          decision = "deny", answers = {},
        }
        if who.kind ~= "orphan" then
          entry.decision, entry.answers = grants.decide(repository.doc, value, repository.arn, seen.now)
        end
        by_principal[key] = entry
        list[#list + 1] = entry
      end
      table.insert(entry.statements, query.label(statement))
      table.insert(entry.given_by, statement)
    end
  end
  for _, entry in ipairs(list) do
    entry.ends = end_of(entry)
  end
  return list
end

local function look_at(region, seen, repository)
  repository.access, repository.statements = {}, {}
  local doc, err = region:policy(repository)
  if err then
    repository.unknown = tostring(err)
    seen.unread = true
  elseif doc then
    repository.doc = doc
    repository.statements = doc:statements()
    repository.access = access_of(seen, repository)
    repository.missing = seen.identities:missing(repository.statements, seen.account)
  end
  for _, access in ipairs(repository.access) do
    seen.granted[access.principal] = true
  end
end

-- A function that gives for equal texts one and the same: Lua itself keeps a long one as often as it is made,
-- and the ARN of a role stands in thousands of policies.
local function sharer()
  local known = {}
  return function(text)
    known[text] = known[text] or text
    return known[text]
  end
end

-- begin(region, { globs, identities = shared }) --> seen, whose repositories have been listed and not looked at
-- | nil, err: without a list of repositories there is nothing to tell. The services are known then, and what
-- they deploy. What one may not read is unknown, and the rest goes on.
function M.begin(region, options)
  local listed, services, services_err
  local err, registry_policy, registry_err
  task.all {
    function() listed, err = region:repositories(options.globs) end,
    function() services, services_err = region:services() end,
    function() registry_policy, registry_err = registry.look(region) end,
  }
  if not listed then
    return nil, err
  end
  services = services or {}
  local seen = {
    account = listed[1] and arn.parse(listed[1].arn).account or region:account(),
    region = region.name,
    now = math.floor(region.clock.time()),
    whole = options.globs == nil,
    repositories = listed,
    services = services,
    service = lists.by_name(services),
    services_unknown = services_err and tostring(services_err) or nil,
    registry = registry_policy,
    registry_unknown = registry_err and tostring(registry_err) or nil,
    identities = identities.new(region.session:client "iam", options.identities or {}),
    granted = {},
    share = sharer(),
  }
  seen.deployed = images.deployed(seen, lists.by_name(listed))
  return seen
end

-- each(region, seen, unused_days, visit): looks at one repository after the other, several at a time, as many as
-- pass region.gate (a semaphore) where there is one, and calls visit(repository, position) with each. It is given
-- up then, but for those that services deploy from: they are what is left as seen.repositories.
function M.each(region, seen, unused_days, visit)
  local listed, kept = seen.repositories, {}
  for _, one in ipairs(seen.deployed) do
    kept[one.repository or false] = true
  end
  images.find(region, seen.deployed)
  task.map(listed, function(repository, i)
    local _ <close> = region.gate and region.gate:acquire() or nil
    look_at(region, seen, repository)
    images.look_for_use(region, seen, repository, unused_days)
    if not kept[repository] then
      listed[i] = false
      visit(repository, i)
    end
  end, { limit = region.parallel })
  seen.repositories = {}
  for i, repository in ipairs(listed) do
    if repository then
      table.insert(seen.repositories, repository)
      visit(repository, i)
    end
  end
end

return M
