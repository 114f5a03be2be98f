-- What an audit looks at: repositories with their policies and who can pull, container services, and
-- the images that these deploy.
--
-- A repository here: { name, arn, created, mutability, doc | nil, access, statements, missing (see
-- lanyard.audit.identities), unknown, images_unknown }. `unknown` is why its policy could not be read;
-- access and statements are empty then. An access, one for each principal that an Allow statement gives a
-- pull action: { principal, type, kind, decision, answers, statements, given_by, service, region, account,
-- foreign }; `statements` are labels, `given_by` the statements themselves, `answers` what the whole policy
-- says to each pull action: { [action] = { decision, statement | nil } }. The decision on both:
--   allow    may pull               depends  on a condition, or on what the policy alone can't tell
--   partial  one of the two actions deny     another statement, or nobody is named (an orphan)
-- For `deployed` and `last_pull` see lanyard.audit.images.

local arn = require "lanyard.arn"
local identities = require "lanyard.audit.identities"
local images = require "lanyard.audit.images"
local instant = require "lanyard.aws.instant"
local match = require "lanyard.match"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local registry = require "lanyard.audit.registry"
local task = require "lanyard.task"

local M = {}

-- Whether a statement's Action element covers an action.
function M.covers(statement, action)
  for _, pattern in ipairs(statement.actions) do
    if match.glob(pattern, action, true) then
      return not statement.not_action
    end
  end
  return statement.not_action
end

local function gives_pull(statement)
  if statement.effect ~= "Allow" then
    return false
  end
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if M.covers(statement, action) then
      return true
    end
  end
  return false
end

-- decide(doc, value, resource, now) --> decision, answers: may this principal pull, at this time?
function M.decide(doc, value, resource, now)
  local seen, answers = {}, {}
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer, statement = doc:can { principal = value, action = action, resource = resource }
    if answer == "depends" then
      answer, statement = doc:can {
        principal = value, action = action, resource = resource, partial = true,
        context = { ["aws:CurrentTime"] = instant.write(now), ["aws:EpochTime"] = tostring(now) },
      }
    end
    answers[action] = { answer, statement }
    seen[answer == "implicit-deny" and "deny" or answer] = true
  end
  if seen.depends then
    return "depends", answers
  elseif seen.allow then
    return seen.deny and "partial" or "allow", answers
  end
  return "deny", answers
end

-- How a statement is named to people: its Sid, or its number.
function M.label(statement)
  return statement.sid or "#" .. statement.index
end

local function everyone_but(statement)
  local excepted = {}
  for i, one in ipairs(statement.principals) do
    excepted[i] = one.value
  end
  return { type = "*", value = "everyone but " .. table.concat(excepted, ", ") }
end

local function access_of(doc, statements, repository, account, now)
  local list, by_principal = {}, {}
  for _, statement in ipairs(statements) do
    local named = statement.not_principal and { everyone_but(statement) } or statement.principals
    for _, one in ipairs(gives_pull(statement) and named or {}) do
      local key = one.type .. " " .. one.value
      local entry = by_principal[key]
      if not entry then
        local who = principal.classify(one.type, statement.not_principal and "*" or one.value, account)
        entry = {
          principal = one.value, type = one.type, kind = who.kind, service = who.service, region = who.region,
          account = who.account, foreign = who.foreign or nil, statements = {}, given_by = {},
          decision = "deny", answers = {},
        }
        if who.kind ~= "orphan" then
          local value = statement.not_principal and "*" or one.value
          entry.decision, entry.answers = M.decide(doc, value, repository.arn, now)
        end
        by_principal[key] = entry
        list[#list + 1] = entry
      end
      table.insert(entry.statements, M.label(statement))
      table.insert(entry.given_by, statement)
    end
  end
  return list
end

local function look_at(here, repository, account, now, known)
  local seen = {
    name = repository.name, arn = repository.arn, created = repository.created,
    mutability = repository.mutability, access = {}, statements = {},
  }
  local doc, err = here:policy(repository)
  if err then
    seen.unknown = tostring(err)
  elseif doc then
    seen.doc = doc
    seen.statements = doc:statements()
    seen.access = access_of(doc, seen.statements, repository, account, now)
    seen.missing = known:missing(seen.statements, account)
  end
  return seen
end

local function by_name(items)
  local found = {}
  for _, item in ipairs(items) do
    found[item.name] = item
  end
  return found
end

-- collect(here, { globs, unused_days, identities = shared of lanyard.audit.identities }) --> { account, region,
-- now, whole, repositories, repository = { [name] = }, services, service = { [name] = }, services_unknown,
-- deployed, registry = of lanyard.audit.registry, registry_unknown, identities_unknown } | nil, err
-- What one may not read is `unknown`, and the rest goes on; only without a list of repositories
-- there is nothing to tell.
function M.collect(here, options)
  local listed, services, services_err
  local err, registry_policy, registry_err
  task.all {
    function() listed, err = here:repositories(options.globs) end,
    function() services, services_err = here:services() end,
    function() registry_policy, registry_err = registry.look(here) end,
  }
  if not listed then
    return nil, err
  end
  local account = listed[1] and arn.parse(listed[1].arn).account or here.account
  local now = math.floor(here.clock.time())
  local known = identities.new(here.session:client "iam", options.identities or {})
  local repositories = task.map(listed, function(repository)
    return look_at(here, repository, account, now, known)
  end, { limit = here.parallel })
  services = services or {}
  local seen = {
    account = account,
    region = here.region,
    now = now,
    whole = options.globs == nil,
    repositories = repositories,
    repository = by_name(repositories),
    services = services,
    service = by_name(services),
    services_unknown = services_err and tostring(services_err) or nil,
    registry = registry_policy,
    registry_unknown = registry_err and tostring(registry_err) or nil,
    identities_unknown = known.unknown,
  }
  images.look(here, seen, options.unused_days)
  return seen
end

return M
