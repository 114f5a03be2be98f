--- The facts that rules get about every possible request: who gains access by a change, and who has access after it.
--- They are computed for a rules file that names `new_access` or `reach`.

local effect = require "lanyard.policy.effect"
local policy = require "lanyard.policy"

local M = {}

---@class rules.Caller  a class of callers
---@field kind string     everyone, any-organization, organization, organization-path, account, pattern, principal,
---                       provider, any-service or service
---@field id? string      the organization, account, ARN, pattern or service
---@field text string     for people
---@field except string[] classes within this one that have no access
---@field source? { key: string, values: string[] }   the callers act for one of these
---@field network? { key: string, values: string[] }  the requests come from one of these
---@field actions? string[]  new_access: the actions of ECR that it gains, none if they are others
---@field certain boolean  false if AWS may or may not allow it

local function caller_of(class, actions)
  local except = {}
  for i, inner in ipairs(class.except) do
    except[i] = inner.text
  end
  return {
    kind = class.kind, id = class.id, text = class.text, source = class.source, network = class.network,
    except = except, actions = actions, certain = class.certain,
  }
end

-- Returns who gains access | nil, why it cannot be decided
local function gains(before, after)
  local side = effect.gained(before, after)
  if not side.witness and side.undecided then
    return nil, side.undecided
  end
  local callers = {}
  for i, gain in ipairs(side.gains) do
    callers[i] = caller_of(gain.class, gain.actions)
  end
  return callers
end

-- Returns who has access | nil, why it cannot be decided
local function reached(after)
  local callers, classes, err = {}, policy.reachable(after)
  if not classes then
    return nil, err.message
  end
  for i, class in ipairs(classes) do
    if not class.witness then
      return nil, class.undecided
    end
    callers[i] = caller_of(class)
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
  change.new_access = known("who gains access", gains(before, after))
  change.reach = known("who has access", reached(after))
  return unknown[1] and table.concat(unknown, "; ") or nil
end

return M
