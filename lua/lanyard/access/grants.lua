--- Finds the grants of a principal, and decides whether a policy allows a pull.

local expiry = require "lanyard.policy.expiry"
local lazy = require "lanyard.lazy"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local task = require "lanyard.task"

local pull = lazy "lanyard.access.pull"
local surroundings = lazy "lanyard.access.surroundings"

local M = {}

--- Reads the policies of repositories in parallel.
---@param region access.Region
---@param repositories access.Repository[]
---@return { repository: access.Repository, doc: policy.Document?, err: aws.Error? }[]  in the order of the repositories
function M.policies(region, repositories)
  return task.map(repositories, function(repository)
    local doc, err = region:policy(repository)
    return { repository = repository, doc = doc, err = err }
  end, { limit = region.parallel })
end

-- ---------------------------------------------------------------------------------------------
-- Decisions

-- Returns the condition keys of two contexts.
local function with(context, more)
  local all = {}
  for _, keys in ipairs { context, more } do
    for key, value in pairs(keys) do
      all[key] = value
    end
  end
  return all
end

--- Decides whether a policy allows a principal to pull now.
---@param doc policy.Document
---@param value string     the principal
---@param resource string  the repository's ARN
---@param now number       seconds since 1970
---@param around? access.Surroundings  of a puller role: decides by the registry policy, too, and by what is known of
---  pulls
---@param controls? access.Controls  of another principal: decides by them, too
---@return "allow"|"depends"|"partial"|"deny" decision  depends: on a condition, or on what the policy alone cannot
---  decide; partial: one of the two actions; deny: a statement denies it, or none allows it
---@return table<string, { [1]: string, [2]: policy.Statement?, origin: access.PolicyOrigin?, reason: string? }> answers
---  the decision and its statement by action
function M.decide(doc, value, resource, now, around, controls)
  local found, answers = {}, {}
  local joined = surroundings.join(doc, nil, controls and controls.list)
  local known = controls and next(controls.context) and controls.context
  for action, one in pairs(around and pull.answers(around, doc, value, resource, now) or {}) do
    local answer = one.decision == "deny" and not one.statement and "implicit-deny" or one.decision
    answers[action] = { answer, one.statement, origin = one.origin, reason = one.reason }
    found[one.decision] = true
  end
  for _, action in ipairs(around and {} or policy.PULL_ACTIONS) do
    local request = {
      principal = value, action = action, resource = resource, context = known, partial = known and true,
    }
    local answer, statement, origin = joined:can(request)
    if answer == "depends" then
      request.partial, request.context = true, with(known or {}, expiry.at(now))
      answer, statement, origin = joined:can(request)
    end
    answers[action] = { answer, statement, origin = origin }
    found[answer == "implicit-deny" and "deny" or answer] = true
  end
  if found.depends then
    return "depends", answers
  elseif found.allow then
    return found.deny and "partial" or "allow", answers
  end
  return "deny", answers
end

--- Decides whether a role can pull from a repository now, and explains why not.
---@param doc? policy.Document  the repository's policy
---@param role_arn string
---@param repository access.Repository
---@param now number  seconds since 1970
---@param around? access.Surroundings  nil: by the repository policy only
---@return "allow"|"deny"|"depends" decision
---@return string? reason  if the decision is not "allow"
---@return string? advice  how to exempt the role from a Deny
function M.explain(doc, role_arn, repository, now, around)
  local found = pull.decide(around, doc, role_arn, repository, now)
  return found.decision, found.reason, found.advice
end

--- Reports whether the registry policy, and not the policy of the repository, lets a role pull.
---@param around access.Surroundings
---@param doc? policy.Document  the repository's policy
---@param role_arn string
---@param resource string  the repository's ARN
---@param now number       seconds since 1970
---@return "allow"|"depends"|nil decision  nil: it does not
function M.by_registry(around, doc, role_arn, resource, now)
  if not around:registry_allows() then
    return nil
  end
  local decision, answers = M.decide(doc, role_arn, resource, now, around)
  local is_allowed = decision == "allow" or decision == "depends"
  for _, answer in pairs(is_allowed and answers or {}) do
    if answer.origin and answer.origin.kind == "registry" and answer[2].effect == "Allow" then
      return decision
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- Grants

--- A repository that grants a principal something.
---@class access.Grant
---@field repository access.Repository  the repository that grants it
---@field statements { index: integer, sid: string?, expires: number? }[]  Allow statements that name the principal;
---  expires: in seconds since 1970
---@field decision "allow"|"depends"|"partial"|"deny"  what the whole policy decides, see `decide`
---@field denied boolean  a statement denies an action of a pull

local function grant_of(one, principal_arn, found, now, around)
  local decision, answers = M.decide(one.doc, principal_arn, one.repository.arn, now, around)
  local denied = false
  for _, answer in pairs(answers) do
    denied = denied or answer[1] == "deny"
  end
  return { repository = one.repository, statements = found, decision = decision, denied = denied }
end

--- The policies of repositories, and the statements of each that name a principal.
---@class access.GrantIndex
---@field policies access.RepositoryPolicy[]
---@field unread access.RepositoryPolicy[]  the ones that could not be read
---@field by_principal table<string, { policy: access.RepositoryPolicy, statements: policy.Statement[] }[]>

-- Adds the Allow statements of a policy, by the principals that they name themselves.
local function add_to_index(index, one)
  for _, statement in ipairs(one.doc and one.doc:statements() or {}) do
    local is_grant = statement.effect == "Allow" and not statement.not_principal
    for _, named in ipairs(is_grant and statement.principals or {}) do
      if named.type == "AWS" then
        local list = index.by_principal[named.value] or {}
        index.by_principal[named.value] = list
        if not list[1] or list[#list].policy ~= one then
          list[#list + 1] = { policy = one, statements = {} }
        end
        local found = list[#list].statements
        found[#found + 1] = found[#found] ~= statement and statement or nil
      end
    end
  end
end

--- Returns an index of policies, for the grants of several principals. The policies must not change afterwards.
---@param policies access.RepositoryPolicy[]
---@return access.GrantIndex
function M.index(policies)
  local index = { policies = policies, by_principal = {}, unread = {} }
  for _, one in ipairs(policies) do
    add_to_index(index, one)
    index.unread[#index.unread + 1] = one.err and one or nil
  end
  return index
end

--- Returns the names of the repositories from which the registry policy, and not their own, lets a role pull. Reads the
--- registry policy, once for a region.
---@param region access.Region
---@param role_arn string
---@param policies access.RepositoryPolicy[]  see `policies`
---@return string[] names
function M.registry_grants_of(region, role_arn, policies)
  local names, around = {}, policies[1] and surroundings.of(region)
  for _, one in ipairs(around and around:registry_allows() and policies or {}) do
    local decision = not one.err
      and M.by_registry(around, one.doc, role_arn, one.repository.arn, region.clock.time())
    names[#names + 1] = decision and one.repository.name or nil
  end
  return names
end

--- Returns the grants of a principal among policies. Reads the registry policy, once for a region.
---@param region access.Region
---@param principal_arn string
---@param index access.GrantIndex
---@return access.Grant[] grants
---@return access.RepositoryPolicy[] unread  the policies that could not be read; each may have a grant
function M.grants_of(region, principal_arn, index)
  local grants = {}
  local around = principal.classify("AWS", principal_arn).kind == "puller" and surroundings.of(region) or nil
  for _, one in ipairs(index.by_principal[principal_arn] or {}) do
    local found = {}
    for i, statement in ipairs(one.statements) do
      found[i] = { index = statement.index, sid = statement.sid, expires = expiry.ends(statement) }
    end
    grants[#grants + 1] = grant_of(one.policy, principal_arn, found, region.clock.time(), around)
  end
  return grants, index.unread
end

--- Returns when the last statement of a grant expires.
---@param grant access.Grant
---@return number? time  in seconds since 1970; nil: it does not expire
function M.expiry_of(grant)
  local last
  for _, statement in ipairs(grant.statements) do
    if not statement.expires then
      return nil
    end
    last = math.max(last or 0, statement.expires)
  end
  return last
end

return M
