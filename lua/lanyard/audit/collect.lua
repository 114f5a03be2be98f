-- What an audit looks at: repositories with their policies and who can pull, and container services.
--
-- A repository here: { name, arn, access, statements, unknown }. `unknown` is why its policy could
-- not be read; access and statements are empty then. An access, one for each principal that an Allow
-- statement gives a pull action: { principal, type, kind, decision, statements, service, region,
-- account, foreign }. The decision of the whole policy on both pull actions:
--   allow    may pull               depends  on a condition, or on what the policy alone can't tell
--   partial  one of the two actions deny     another statement, or nobody is named (an orphan)

local arn = require "lanyard.arn"
local match = require "lanyard.match"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local task = require "lanyard.task"

local M = {}

-- Whether a statement's Action element covers an action.
local function covers(statement, action)
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
    if covers(statement, action) then
      return true
    end
  end
  return false
end

-- decide(doc, value, resource) --> decision: may this principal pull?
function M.decide(doc, value, resource)
  local seen = {}
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer = doc:can { principal = value, action = action, resource = resource }
    seen[answer == "implicit-deny" and "deny" or answer] = true
  end
  if seen.depends then
    return "depends"
  elseif seen.allow then
    return seen.deny and "partial" or "allow"
  end
  return "deny"
end

-- How a statement is named to people: its Sid, or its number.
local function label(statement)
  return statement.sid or "#" .. statement.index
end

local function everyone_but(statement)
  local excepted = {}
  for i, one in ipairs(statement.principals) do
    excepted[i] = one.value
  end
  return { type = "*", value = "everyone but " .. table.concat(excepted, ", ") }
end

local function access_of(doc, repository, account)
  local list, by_principal = {}, {}
  for _, statement in ipairs(doc:statements()) do
    local named = statement.not_principal and { everyone_but(statement) } or statement.principals
    for _, one in ipairs(gives_pull(statement) and named or {}) do
      local key = one.type .. " " .. one.value
      local entry = by_principal[key]
      if not entry then
        local who = principal.classify(one.type, statement.not_principal and "*" or one.value, account)
        entry = {
          principal = one.value, type = one.type, kind = who.kind, service = who.service, region = who.region,
          account = who.account, foreign = who.foreign or nil, statements = {},
          decision = who.kind == "orphan" and "deny"
            or M.decide(doc, statement.not_principal and "*" or one.value, repository.arn),
        }
        by_principal[key] = entry
        list[#list + 1] = entry
      end
      table.insert(entry.statements, label(statement))
    end
  end
  return list
end

local function look_at(here, repository, account)
  local seen = { name = repository.name, arn = repository.arn, access = {}, statements = {} }
  local doc, err = here:policy(repository)
  if err then
    seen.unknown = tostring(err)
  elseif doc then
    seen.doc = doc
    seen.statements = doc:statements()
    seen.access = access_of(doc, repository, account)
  end
  return seen
end

-- collect(here [, globs]) --> { account, region, repositories, services, services_unknown } | nil, err
-- What one may not read is `unknown`, and the rest goes on; only without a list of repositories
-- there is nothing to tell.
function M.collect(here, globs)
  local listed, services, services_err
  local err
  task.all {
    function() listed, err = here:repositories(globs) end,
    function() services, services_err = here:services() end,
  }
  if not listed then
    return nil, err
  end
  local account = listed[1] and arn.parse(listed[1].arn).account or here.account
  local repositories = task.map(listed, function(repository)
    return look_at(here, repository, account)
  end, { limit = here.parallel })
  return {
    account = account,
    region = here.region,
    whole = globs == nil,
    repositories = repositories,
    services = services or {},
    services_unknown = services_err and tostring(services_err) or nil,
  }
end

return M
