--- The facts that rules get about every possible request: who gains access by a change, and who has access after it.
--- They are computed for a rules file that names `new_access` or `reach`.

local audience = require "lanyard.policy.audience"
local effect = require "lanyard.policy.effect"
local policy = require "lanyard.policy"

local M = {}

--- A class of callers.
---@class rules.Caller
---@field kind string     everyone, any-organization, organization, organization-path, account, pattern, principal,
---                       provider, any-service or service
---@field id? string      the organization, account, ARN, pattern or service
---@field text string     for people
---@field public public boolean  everyone, or everyone in any organization, and no condition keeps the public out
---@field relation? policy.Relation  of the account or organization to the repository's account
---@field except string[] classes within this one that have no access
---@field source? { key: string, values: string[] }   the callers act for one of these
---@field network? { key: string, values: string[] }  the requests come from one of these
---@field actions? string[]  new_access: the actions of ECR that it gains, none if they are others
---@field certain boolean  false if AWS may or may not allow it

-- Returns a fact about a class only if it restricts the class: 0.0.0.0/0 restricts nobody.
local function if_restricting(fact, kind, one)
  for _, restriction in ipairs(one.restrictions) do
    if restriction.kind == kind then
      return fact
    end
  end
  return nil
end

-- Returns a class of callers as rules get it; nil if nobody can be in it.
local function caller_of(class, account, actions)
  local one = audience.render(class, { account = account })
  return one and {
    kind = class.kind, id = class.id, text = one.text, source = if_restricting(class.source, "source", one),
    network = if_restricting(class.network, "network", one), public = one.public, relation = one.relation,
    except = one.except, actions = actions, certain = class.certain,
  }
end

-- Returns who gains access | nil, why it cannot be decided
local function gains(before, after, account)
  local side = effect.gained(before, after)
  if not side.witness and side.undecided then
    return nil, side.undecided
  end
  local callers = {}
  for _, gain in ipairs(side.gains) do
    callers[#callers + 1] = caller_of(gain.class, account, gain.actions)
  end
  return callers
end

-- Returns who has access | nil, why it cannot be decided
local function reached(after, account)
  local callers, classes, err = {}, policy.reachable(after)
  if not classes then
    return nil, err.message
  end
  for _, class in ipairs(classes) do
    if not class.witness then
      return nil, class.undecided
    end
    callers[#callers + 1] = caller_of(class, account)
  end
  return callers
end

--- Reports whether a rules file names one of these facts.
---@param source string
---@return boolean
function M.named_in(source)
  return source:find("new_access", 1, true) ~= nil or source:find "%f[%w_]reach%f[^%w_]" ~= nil
end

--- Adds `new_access` and `reach` to a change. One that cannot be decided is absent.
---@param change rules.Change
---@param before? policy.Document  nil: no policy
---@param after? policy.Document
---@return string? unknown  what cannot be decided, and why
function M.add(change, before, after)
  before, after = before or policy.new(), after or policy.new()
  local unknown = {}
  local function known(what, value, reason)
    unknown[#unknown + 1] = not value and what .. ": " .. reason or nil
    return value
  end
  local account = change.repository_details and change.repository_details.account
  change.new_access = known("who gains access", gains(before, after, account))
  change.reach = known("who has access", reached(after, account))
  return unknown[1] and table.concat(unknown, "; ") or nil
end

return M
