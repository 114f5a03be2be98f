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
--- "allow", "depends" or "implicit-deny". The reason of a match and of its verdict is made when it is read: a decision
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

local Layer = {}

-- Most layers need no reason, so it is made when it is read.
function Layer.__index(layer, field)
  return field == "nothing" and ("no %s allows it"):format(layer.label) or nil
end

--- Creates an empty layer.
---@param nothing string  the reason if no statement matches
---@param kind? string
function M.new(nothing, kind)
  return { kind = kind, allow = {}, maybe_allow = {}, nothing = nothing, documents = {} }
end

local Source = {}

function Source.__index(source, field)
  return field == "name" and ("%s %d"):format(source.label, source.position) or nil
end

local Match = {}

function Match.__index(match, field)
  local source = match.source
  if field == "document" then
    return source.name
  elseif field == "reason" then
    return ("%s: %s"):format(source.name, source.doc:explain(source.request, match.index, match.certain))
  end
  return nil
end

local OfMatch, OfLayer = {}, {}

function OfMatch.__index(verdict, field)
  return field == "reason" and verdict.match.reason or nil
end

function OfLayer.__index(verdict, field)
  return field == "reason" and verdict.of.nothing or nil
end

--- Returns the verdict that a match gives.
---@param answer string
---@param match table
---@return table verdict
function M.of_match(answer, match)
  return setmetatable({ answer = answer, match = match, layer = match.layer }, OfMatch)
end

local function new_match(layer, source, index, certain)
  return setmetatable({
    index = index, certain = certain, source = source, doc = source.doc, layer = layer.kind,
  }, Match)
end

local function add_matches(layer, source, kind, found, certain)
  local known = layer[kind]
  for naming, index in pairs(found) do
    known[naming] = known[naming] or new_match(layer, source, index, certain)
  end
end

-- Adds the matches of one document. The first match of each kind counts.
local function add_document(layer, source)
  local found = source.doc:weigh(source.request)
  layer.documents[#layer.documents + 1] = source
  layer.deny = layer.deny or found.deny and new_match(layer, source, found.deny, true)
  layer.doubt = layer.doubt or found.maybe_deny and new_match(layer, source, found.maybe_deny, false)
  add_matches(layer, source, "allow", found.allow, true)
  add_matches(layer, source, "maybe_allow", found.maybe_allow, false)
end

--- Adds a policy to a layer.
---@param layer table
---@param policy string|policy.Document|{ policy: string|policy.Document, name: string }
---@param label string   names the policy in reasons, unless it has a name
---@param request table  of lanyard.policy.request
---@param position? integer  follows the label
---@return true? ok
---@return lanyard.Error? err  if the policy cannot be parsed
function M.add(layer, policy, label, request, position)
  if type(policy) == "userdata" and position then
    add_document(layer, setmetatable({ doc = policy, request = request, label = label, position = position }, Source))
    return true
  end
  local doc, named = to_document(policy, position and ("%s %d"):format(label, position) or label)
  if not doc then
    return nil, named
  end
  add_document(layer, { doc = doc, request = request, name = named })
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
  local layer = setmetatable({ kind = kind, allow = {}, maybe_allow = {}, documents = {}, label = name }, Layer)
  for i, policy in ipairs(policies) do
    local ok, err = M.add(layer, policy, name, request, i)
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
  local certain = next(layer.allow) and first_of(layer.allow, namings)
  local match = certain or next(layer.maybe_allow) and first_of(layer.maybe_allow, namings)
  if not match then
    return setmetatable({ answer = "implicit-deny", of = layer, layer = layer.kind }, OfLayer)
  end
  return M.of_match(certain and "allow" or "depends", match)
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
