--- Finds the grants of a principal, and decides whether a policy allows a pull.

local escape = require "lanyard.text.escape"
local expiry = require "lanyard.policy.expiry"
local policy = require "lanyard.policy"
local statements = require "lanyard.access.statements"
local task = require "lanyard.task"

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

--- Decides whether a policy allows a principal to pull now.
---@param doc policy.Document
---@param value string     the principal
---@param resource string  the repository's ARN
---@param now number       seconds since 1970
---@return "allow"|"depends"|"partial"|"deny" decision  depends: on a condition, or on what the policy alone cannot
---  decide; partial: one of the two actions; deny: a statement denies it, or none allows it
---@return table<string, { [1]: string, [2]: policy.Statement? }> answers  the policy's decision and its statement by
---  action
function M.decide(doc, value, resource, now)
  local found, answers = {}, {}
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer, statement = doc:can { principal = value, action = action, resource = resource }
    if answer == "depends" then
      answer, statement = doc:can {
        principal = value, action = action, resource = resource, partial = true,
        context = expiry.at(now),
      }
    end
    answers[action] = { answer, statement }
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
---@return "allow"|"deny"|"depends" decision
---@return string? reason  if the decision is not "allow"
function M.explain(doc, role_arn, repository, now)
  if not doc then
    return "deny", "it has no policy"
  end
  local context = expiry.at(now)
  local depends
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer, statement = doc:can {
      principal = role_arn, action = action, resource = repository.arn, context = context, partial = true,
    }
    local name = statement and escape.printable(statements.describe(statement))
    if answer == "deny" then
      return "deny", ("%s denies %s to the role"):format(name or "the policy", action)
    elseif answer == "implicit-deny" then
      return "deny", ("no statement allows the role to call %s now"):format(action)
    elseif answer == "depends" then
      depends = ("a condition decides whether the role can call %s (%s)"):format(action, name or "the policy")
    end
  end
  return depends and "depends" or "allow", depends
end

-- ---------------------------------------------------------------------------------------------
-- Grants

--- A repository that grants a principal something.
---@class access.Grant
---@field repository access.Repository
---@field statements { index: integer, sid: string?, expires: number? }[]  Allow statements that name the principal;
---  expires: in seconds since 1970
---@field decision "allow"|"depends"|"partial"|"deny"  what the whole policy decides, see `decide`
---@field denied boolean  a statement denies an action of a pull

local function grant_of(one, principal_arn, found, now)
  local decision, answers = M.decide(one.doc, principal_arn, one.repository.arn, now)
  local denied = false
  for _, answer in pairs(answers) do
    denied = denied or answer[1] == "deny"
  end
  return { repository = one.repository, statements = found, decision = decision, denied = denied }
end

--- Returns the grants of a principal among policies. Calls nothing.
---@param region access.Region
---@param principal_arn string
---@param policies { repository: access.Repository, doc: policy.Document?, err: aws.Error? }[]  see `policies`
---@return access.Grant[] grants
---@return table[] unread  the policies that could not be read; each may have a grant
function M.grants_of(region, principal_arn, policies)
  local grants, unread = {}, {}
  for _, one in ipairs(policies) do
    local found = {}
    for _, statement in ipairs(one.doc and one.doc:statements() or {}) do
      if statements.names(statement, principal_arn) then
        found[#found + 1] = { index = statement.index, sid = statement.sid, expires = expiry.ends(statement) }
      end
    end
    if #found > 0 then
      grants[#grants + 1] = grant_of(one, principal_arn, found, region.clock.time())
    end
    unread[#unread + 1] = one.err and one or nil
  end
  return grants, unread
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
