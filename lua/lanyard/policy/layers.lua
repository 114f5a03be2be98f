--- Groups policies into layers, and combines what the layers answer.
---
--- A layer holds policies of one kind, any of which can allow: { kind, deny, doubt, allow, maybe_allow, nothing,
--- documents }. What it does not have is false.
---
---     kind                "identity-policy", and so on
---     deny, doubt         a match: a Deny that applies, or one that can apply
---     allow, maybe_allow  matches of Allow statements, by the way in which the statement names the principal:
---                         "principal", "role", "account" or "anyone"
---     nothing             the reason if no statement matches
---     documents           { doc, request, name } for each policy
---
--- A verdict is { answer, reason, layer?, match? }. Its answer is "allow", "deny", "depends" or "implicit-deny".
--- A match is the verdict that its statement gives, with { index, document, doc }. Reasons are made when they are
--- read: a decision needs one of many.

local core = require "lanyard.policy.core"
local errors = require "lanyard.errors"

local M = {
  --- Every way in which a statement can name a principal.
  ANY_NAMING = { "principal", "role", "account", "anyone" },
}

--- A request, as policies of one kind are asked: with `identity` they are identity policies, which name no principal.
---@class policy.Asking
---@field question userdata  of lanyard.policy.core
---@field identity boolean
---@field request fun(identity: boolean): table  the request for doc:residue

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

local function new_layer(kind, nothing, label)
  return setmetatable({
    kind = kind, nothing = nothing, label = label, documents = {}, deny = false, doubt = false, allow = false,
    maybe_allow = false, denial = false,
  }, Layer)
end

--- Creates an empty layer.
---@param nothing string  the reason if no statement matches
---@param kind? string
function M.new(nothing, kind)
  return new_layer(kind, nothing)
end

local Source = {}

function Source.__index(source, field)
  if field == "name" then
    return ("%s %d"):format(source.label, source.position)
  end
  return field == "request" and source.asked.request(source.asked.identity) or nil
end

local Match = {}

function Match.__index(match, field)
  local source = match.source
  if field == "document" then
    return source.name
  elseif field == "doc" then
    return source.doc
  elseif field == "reason" then
    local asked = source.asked
    return source.name .. ": "
      .. asked.question:explain(source.doc, asked.identity, match.index, match.answer ~= "depends")
  end
  return nil
end

local Derived = {}

function Derived.__index(verdict, field)
  return field == "reason" and verdict.of.reason or nil
end

local Denial = {}

function Denial.__index(verdict, field)
  return field == "reason" and verdict.of.nothing or nil
end

-- Returns the verdict of a statement, which is `answer` if the statement applies, else "depends".
local function new_match(layer, source, index, answer, applies)
  local match = setmetatable({
    answer = applies and answer or "depends", index = index, source = source, layer = layer.kind,
  }, Match)
  match.match = match
  return match
end

-- Adds the matches of Allow statements to the ones of earlier policies.
local function add_matches(layer, source, known, found, applies)
  known = known or {}
  for naming, index in next, found do
    known[naming] = known[naming] or new_match(layer, source, index, "allow", applies)
  end
  return known
end

-- Adds the matches of one document. The first match of each kind counts.
local function add_document(layer, source)
  local asked = source.asked
  local deny, doubt, allow, maybe_allow = asked.question:weigh(source.doc, asked.identity)
  layer.documents[#layer.documents + 1] = source
  if deny then
    layer.deny = layer.deny or new_match(layer, source, deny, "deny", true)
  end
  if doubt then
    layer.doubt = layer.doubt or new_match(layer, source, doubt, "deny", false)
  end
  layer.allow = allow and add_matches(layer, source, layer.allow, allow, true) or layer.allow
  layer.maybe_allow = maybe_allow and add_matches(layer, source, layer.maybe_allow, maybe_allow, false)
    or layer.maybe_allow
end

--- Adds a policy to a layer.
---@param layer table
---@param policy string|policy.Document|{ policy: string|policy.Document, name: string }
---@param label string   names the policy in reasons, unless it has a name
---@param asked policy.Asking
---@param position? integer  follows the label
---@return true? ok
---@return lanyard.Error? err  if the policy cannot be parsed
function M.add(layer, policy, label, asked, position)
  if type(policy) == "userdata" and position then
    add_document(layer, setmetatable({ doc = policy, asked = asked, label = label, position = position }, Source))
    return true
  end
  local doc, named = to_document(policy, position and ("%s %d"):format(label, position) or label)
  if not doc then
    return nil, named
  end
  add_document(layer, setmetatable({ doc = doc, asked = asked, name = named }, Source))
  return true
end

--- Creates a layer of policies.
---@param policies (string|policy.Document|table)[]  as in M.add
---@param name string    names the kind of policy in reasons
---@param asked policy.Asking
---@param kind? string
---@return table? layer
---@return lanyard.Error? err
function M.of(policies, name, asked, kind)
  local layer = new_layer(kind, nil, name)
  for i, policy in ipairs(policies) do
    local ok, err = M.add(layer, policy, name, asked, i)
    if not ok then
      return nil, err
    end
  end
  return layer
end

local function first_of(found, namings)
  local match
  for i = 1, #namings do
    match = match or found[namings[i]]
  end
  return match
end

--- Returns the verdict of the Allow statements of a layer that name the principal in one of the given ways.
---@param layer table
---@param namings string[]
---@return table verdict
function M.verdict(layer, namings)
  local match = layer.allow and first_of(layer.allow, namings)
    or layer.maybe_allow and first_of(layer.maybe_allow, namings)
  if match then
    return match
  end
  local denial = layer.denial or setmetatable({ answer = "implicit-deny", of = layer, layer = layer.kind }, Denial)
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
    local one = verdicts[i]
    if one.answer ~= answer and RANK[one.answer] > RANK[answer]
      or one.is_limit and one.answer == answer and not best.is_limit then
      best, answer = one, one.answer
    end
  end
  return best
end

return M
