--- Groups policies into layers, and combines what the layers answer.
---
--- A layer holds policies of one kind, any of which can allow: { kind, deny, doubt, allow, maybe_allow, nothing,
--- documents }.
---
---     kind                "identity-policy", and so on
---     deny, doubt         a match: a Deny that applies, or one that can apply
---     allow, maybe_allow  matches of Allow statements, by the way in which the statement names the principal:
---                         "principal", "role", "account" or "anyone"
---     nothing             the reason if no statement matches
---     documents           { doc, request, name } for each policy
---
--- A match is { index, reason, document, doc, layer }. A verdict is { answer, reason, match?, layer? }; its answer is
--- "allow", "depends" or "implicit-deny". The reason of a match, and of its verdict, is made when it is read: a decision
--- needs one of many.

local core = require "lanyard.policy.core"
local errors = require "lanyard.errors"

local M = {
  --- Every way in which a statement can name a principal.
  ANY_NAMING = { "principal", "role", "account", "anyone" },
}

-- The order of answers.
local RANK = { ["implicit-deny"] = 0, depends = 1, allow = 2 }

-- Returns a policy as a document and its name | nil, err
local function to_document(policy, name)
  if type(policy) == "table" then
    return to_document(policy.policy, policy.name)
  end
  if type(policy) ~= "string" then
    return policy, name
  end
  local doc, err = core.parse(policy)
  if not doc then
    return nil, errors.new { code = "InvalidPolicy", message = ("%s: %s"):format(name, err.message) }
  end
  return doc, name
end

--- Creates an empty layer.
---@param nothing string  the reason if no statement matches
---@param kind? string
function M.new(nothing, kind)
  return { kind = kind, allow = {}, maybe_allow = {}, nothing = nothing, documents = {} }
end

local Match = {}

function Match.__index(match, field)
  if field ~= "reason" then
    return nil
  end
  match.reason = ("%s: %s"):format(match.document, match.doc:explain(match.request, match.index, match.certain))
  return match.reason
end

local OfMatch = {}

function OfMatch.__index(verdict, field)
  return field == "reason" and verdict.match.reason or nil
end

--- Returns the verdict that a match gives.
---@param answer string
---@param match table
---@return table verdict
function M.of_match(answer, match)
  return setmetatable({ answer = answer, match = match, layer = match.layer }, OfMatch)
end

-- Adds the matches of one document. The first match of each kind counts.
local function add_document(layer, doc, name, request)
  local found = doc:weigh(request)
  table.insert(layer.documents, { doc = doc, request = request, name = name })
  local function new_match(index, certain)
    return setmetatable({
      index = index, certain = certain, document = name, doc = doc, request = request, layer = layer.kind,
    }, Match)
  end
  layer.deny = layer.deny or found.deny and new_match(found.deny, true)
  layer.doubt = layer.doubt or found.maybe_deny and new_match(found.maybe_deny, false)
  for naming, index in pairs(found.allow) do
    layer.allow[naming] = layer.allow[naming] or new_match(index, true)
  end
  for naming, index in pairs(found.maybe_allow) do
    layer.maybe_allow[naming] = layer.maybe_allow[naming] or new_match(index, false)
  end
end

--- Adds a policy to a layer.
---@param layer table
---@param policy string|policy.Document|{ policy: string|policy.Document, name: string }
---@param name string    names the policy in reasons, unless it has a name
---@param request table  of lanyard.policy.request
---@return true? ok
---@return lanyard.Error? err  if the policy cannot be parsed
function M.add(layer, policy, name, request)
  local doc, named = to_document(policy, name)
  if not doc then
    return nil, named
  end
  add_document(layer, doc, named, request)
  return true
end

--- Creates a layer of policies.
---@param policies (string|policy.Document|table)[]  as in M.add
---@param name string    names the kind of policy in reasons
---@param request table  of lanyard.policy.request
---@param kind? string
---@return table? layer
---@return lanyard.Error? err
function M.of(policies, name, request, kind)
  local layer = M.new(("no %s allows it"):format(name), kind)
  for i, policy in ipairs(policies) do
    local ok, err = M.add(layer, policy, ("%s %d"):format(name, i), request)
    if not ok then
      return nil, err
    end
  end
  return layer
end

local function first_of(found, namings)
  for _, naming in ipairs(namings) do
    if found[naming] then
      return found[naming]
    end
  end
  return nil
end

--- Returns the verdict of the Allow statements of a layer that name the principal in one of the given ways.
---@param layer table
---@param namings string[]
---@return table verdict
function M.verdict(layer, namings)
  local certain = first_of(layer.allow, namings)
  local match = certain or first_of(layer.maybe_allow, namings)
  if not match then
    return { answer = "implicit-deny", reason = layer.nothing, layer = layer.kind }
  end
  return { answer = certain and "allow" or "depends", reason = match.reason, match = match, layer = layer.kind }
end

-- Returns a denial that takes away what a statement of another layer gives.
local function as_limit(verdict)
  return { answer = verdict.answer, reason = verdict.reason, layer = verdict.layer, is_limit = true }
end

--- Combines verdicts that must all allow: the first one that does not allow decides, a denial before a doubt.
---@param verdicts table[]
---@return table verdict
function M.all(verdicts)
  local denial, doubt, given, count = nil, nil, false, 0
  for _, one in ipairs(verdicts) do
    given = given or one.answer ~= "implicit-deny" and one.match ~= nil
    if one.answer == "implicit-deny" then
      denial, count = denial or one, count + 1
    elseif one.answer == "depends" then
      doubt = doubt or one
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
  for _, one in ipairs(verdicts) do
    local closer = one.answer == best.answer and one.is_limit and not best.is_limit
    best = (RANK[one.answer] > RANK[best.answer] or closer) and one or best
  end
  return best
end

return M
