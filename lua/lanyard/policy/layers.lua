--- Groups policies into layers, and combines what the layers answer.
---
--- A layer holds policies of one kind, any of which can allow: a list of its policies, with
---
---     kind                policy.Kind
---     level               the level of the organization, or nil
---     request             the request, which also has the first matches of all layers: see policy.Weighed
---     allow, maybe_allow  matches of Allow statements, by the way in which the statement names the principal:
---                         "principal", "role", "account" or "anyone"; nil if there is none
---
--- An element of the list is { doc, request, name }.
---
--- A verdict is { answer, reason, layer?, match? }. Its answer is "allow", "deny", "depends" or "implicit-deny".
--- A match is the verdict that its statement gives, with { index, document, doc }. Names and reasons are made when they
--- are read: a decision needs one of many.

local core = require "lanyard.policy.core"
local errors = require "lanyard.errors"
local request_of = require "lanyard.policy.request"

local M = {}

--- A kind of policies.
---@class policy.Kind
---@field id string           "identity-policy", and so on
---@field label? string       names a policy in reasons
---@field numbered? boolean   the position of a policy follows the label
---@field identity? boolean   its policies name no principal
---@field nothing? string     the reason if no statement matches, but not for a level; made of the label by default

--- A request, and what its policies say about it.
---@class policy.Weighed
---@field question userdata              of lanyard.policy.core
---@field options policy.DecideOptions
---@field owner? string                  the account that owns the resource
---@field deny table|false               the first match of a Deny that applies
---@field doubt table|false              the first match of a Deny that can apply

-- The order of answers.
local RANK = { ["implicit-deny"] = 0, depends = 1, allow = 2 }

local NOTHING = {}

-- Returns the text that names the policies of a layer.
local function label_of(layer)
  local label, level = layer.kind.label, layer.level
  return level and ("%s of level %d"):format(label, level) or label
end

local Source = {}

function Source.__index(source, field)
  local layer = source.layer
  if field == "name" then
    local name = label_of(layer)
    source.name = layer.kind.numbered and name .. (layer.level and ", " or " ") .. source.position or name
    return source.name
  elseif field == "request" then
    local weighed, identity = layer.request, layer.kind.identity
    local request = request_of.request(weighed.options, weighed.owner)
    request.identity, request.bounded = identity, not identity and weighed.options.boundaries ~= nil
    return request
  end
  return nil
end

local Match = {}

function Match.__index(match, field)
  local source = match.source
  if field == "document" then
    return source.name
  elseif field == "doc" then
    return source.doc
  elseif field == "reason" then
    local layer = source.layer
    return source.name .. ": " .. layer.request.question:explain(source.doc, layer.kind.identity, match.index,
      match.answer ~= "depends")
  end
  return nil
end

local Derived = {}

function Derived.__index(verdict, field)
  return field == "reason" and verdict.of.reason or nil
end

local Denial = {}

function Denial.__index(verdict, field)
  if field ~= "reason" then
    return nil
  end
  local layer = verdict.of
  return not layer.level and layer.kind.nothing or ("no %s allows it"):format(label_of(layer))
end

-- Returns the verdict of a statement.
local function new_match(source, index, answer)
  local match = setmetatable({
    answer = answer, index = index, source = source, layer = source.layer.kind.id, match = false,
  }, Match)
  match.match = match
  return match
end

-- Replaces the positions of Allow statements with their matches. The ones of earlier policies count.
local function add_matches(known, source, found, answer)
  local earlier = known or NOTHING
  known = known or found
  for naming, index in next, found do
    known[naming] = earlier[naming] or new_match(source, index, answer)
  end
  return known
end

-- Adds a policy that has been parsed.
local function add_source(layer, source)
  local request = layer.request
  local deny, doubt, allow, maybe_allow = request.question:weigh(source.doc, layer.kind.identity)
  layer[#layer + 1] = source
  if deny and not request.deny then
    request.deny = new_match(source, deny, "deny")
  end
  if doubt and not request.doubt then
    request.doubt = new_match(source, doubt, "depends")
  end
  if allow then
    layer.allow = add_matches(layer.allow, source, allow, "allow")
  end
  if maybe_allow then
    layer.maybe_allow = add_matches(layer.maybe_allow, source, maybe_allow, "depends")
  end
end

--- Creates an empty layer.
---@param kind policy.Kind
---@param request? policy.Weighed  nil if no policy is added
---@param level? integer
---@return table layer
function M.new(kind, request, level)
  return { kind = kind, request = request, level = level, allow = nil, maybe_allow = nil }
end

--- Adds a policy to a layer.
---@param layer table
---@param policy string|policy.Document|{ policy: string|policy.Document, name?: string }
---@param position? integer
---@return table? layer
---@return lanyard.Error? err  if the policy cannot be parsed
function M.add(layer, policy, position)
  local source = setmetatable({ doc = policy, layer = layer, position = position }, Source)
  if type(policy) == "table" then
    source.doc, source.name = policy.policy, policy.name
  end
  if type(source.doc) == "string" then
    local doc, err = core.parse(source.doc)
    if not doc then
      return nil, errors.new { code = "InvalidPolicy", message = ("%s: %s"):format(source.name, err.message) }
    end
    source.doc = doc
  end
  add_source(layer, source)
  return layer
end

--- Creates a layer of policies.
---@param policies (string|policy.Document|table)[]  as in M.add
---@param kind policy.Kind
---@param request policy.Weighed
---@param level? integer
---@return table? layer
---@return lanyard.Error? err
function M.of(policies, kind, request, level)
  local layer, position = M.new(kind, request, level), 1
  local policy = policies[1]
  while policy ~= nil do
    local ok, err = M.add(layer, policy, position)
    if not ok then
      return nil, err
    end
    position = position + 1
    policy = policies[position]
  end
  return layer
end

-- Returns the match of the statements that name the principal best.
local function best_of(found)
  return found.principal or found.role or found.account or found.anyone
end

--- Returns the verdict of the Allow statements of a layer.
---@param layer table
---@param naming? string  the way in which they name the principal; any by default
---@return table verdict
function M.verdict(layer, naming)
  local allow, maybe_allow = layer.allow, layer.maybe_allow
  local match
  if naming then
    match = allow and allow[naming] or maybe_allow and maybe_allow[naming]
  else
    match = allow and best_of(allow) or maybe_allow and best_of(maybe_allow)
  end
  if match then
    return match
  end
  local denial = layer.denial
    or setmetatable({ answer = "implicit-deny", of = layer, layer = layer.kind.id, is_limit = false }, Denial)
  layer.denial = denial
  return denial
end

-- Returns a denial that takes away what a statement of another layer gives.
local function as_limit(verdict)
  return setmetatable({ answer = verdict.answer, of = verdict, layer = verdict.layer, is_limit = true }, Derived)
end

--- Combines verdicts that must all allow: the first one that does not allow decides, a denial before a doubt.
---@param verdicts table[]
---@return table verdict
function M.all(verdicts)
  local denial, doubt, given, count = nil, nil, false, 0
  for i = 1, #verdicts do
    local one = verdicts[i]
    local answer = one.answer
    if answer == "implicit-deny" then
      denial, count = denial or one, count + 1
    else
      given = given or one.match ~= nil
      doubt = doubt or answer == "depends" and one or nil
    end
  end
  return denial and (given and count == 1 and as_limit(denial) or denial) or doubt or verdicts[1]
end

--- Combines verdicts when one of them must allow: the first of the best ones decides. Of denials, one that takes away
--- what a statement gives is the best.
---@param verdicts table[]
---@return table verdict
function M.any(verdicts)
  local best = verdicts[1]
  local answer = best.answer
  for i = 2, #verdicts do
    if answer == "allow" then
      return best
    end
    local one = verdicts[i]
    if one.answer ~= answer and RANK[one.answer] > RANK[answer]
      or one.is_limit and one.answer == answer and not best.is_limit then
      best, answer = one, one.answer
    end
  end
  return best
end

return M
