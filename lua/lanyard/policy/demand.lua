--- What a condition demands of one key of a request: a listed value, another value, its presence, its absence.
---
---     for _, condition in ipairs(statement.conditions) do
---       local demand = demands.read(condition)     -- nil: it holds for every request
---     end
---
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

--- What a condition demands of one key of a request.
---@class policy.Demand
---@field requires "listed"|"unlisted"|"present"|"absent"|"listed-or-absent"|"unlisted-or-absent"|"unknown"
---@field facet string     what the key says: see FACETS; "request" for other keys
---@field operator string  as the condition has it, or as the negation of a Deny
---@field key string
---@field name string      the key in lower case
---@field values string[]
---@field origin table     the condition that was read
---@field sound boolean    the operator can compare the values
---@field doubtful? boolean  perhaps no value satisfies it
---@field literal? boolean   the values look like policy variables, but the Version has none

local core = require "lanyard.policy.core"

local M = {}

-- What keys say about the caller and its request.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
local FACETS = {
  ["aws:principalorgid"] = "organization", ["aws:principalorgpaths"] = "organization-path",
  ["aws:principalaccount"] = "account", ["aws:principalarn"] = "arn", ["aws:userid"] = "userid",
  ["aws:principalservicename"] = "service", ["aws:principalservicenameslist"] = "service",
  ["aws:principalisawsservice"] = "is-service", ["aws:principaltype"] = "type", ["aws:username"] = "username",
  ["aws:sourcearn"] = "source", ["aws:sourceaccount"] = "source", ["aws:sourceowner"] = "source",
  ["aws:sourceorgid"] = "source", ["aws:sourceorgpaths"] = "source",
  ["aws:sourceip"] = "network", ["aws:vpcsourceip"] = "network", ["aws:sourcevpc"] = "network",
  ["aws:sourcevpce"] = "network", ["aws:sourcevpcarn"] = "network", ["aws:vpceaccount"] = "network",
  ["aws:vpceorgid"] = "network", ["aws:vpceorgpaths"] = "network",
  ["aws:currenttime"] = "time", ["aws:epochtime"] = "time",
}

-- Every request has these keys (core/README.md).
local ALWAYS = {
  ["aws:principalaccount"] = true, ["aws:principaltype"] = true, ["aws:userid"] = true, ["aws:currenttime"] = true,
  ["aws:epochtime"] = true, ["aws:securetransport"] = true, ["aws:useragent"] = true,
  ["aws:requestedregion"] = true, ["aws:viaawsservice"] = true,
}

-- Keys of which a request may have several values.
local SEVERAL = {
  ["aws:principalorgpaths"] = true, ["aws:sourceorgpaths"] = true, ["aws:vpceorgpaths"] = true,
  ["aws:principalservicenameslist"] = true,
}

--- Returns what a key says, such as "organization"; "tag" for a tag of the caller, "request" for any other key.
---@param name string  in lower case
---@return string
function M.facet(name)
  return FACETS[name] or name:find "^aws:principaltag/" and "tag" or "request"
end

-- ---------------------------------------------------------------------------------------------
-- Operators

-- Pairs of operators of which exactly one holds for a value. Of these, the second is negated.
local OPPOSITES = {}
for _, pair in ipairs {
  { "StringEquals", "StringNotEquals" }, { "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase" },
  { "StringLike", "StringNotLike" }, { "ArnEquals", "ArnNotEquals" }, { "ArnLike", "ArnNotLike" },
  { "IpAddress", "NotIpAddress" }, { "NumericEquals", "NumericNotEquals" }, { "DateEquals", "DateNotEquals" },
  { "NumericLessThan", "NumericGreaterThanEquals" }, { "NumericGreaterThan", "NumericLessThanEquals" },
  { "DateLessThan", "DateGreaterThanEquals" }, { "DateGreaterThan", "DateLessThanEquals" },
} do
  OPPOSITES[pair[1]], OPPOSITES[pair[2]] = pair[2], pair[1]
end

-- Returns the parts of an operator: "ForAnyValue" or "ForAllValues" or nil, the name, and whether it has IfExists.
local function parts_of(operator)
  local set, rest = operator:match "^(For%a+Values?):(.+)$"
  local base, suffix = (rest or operator):match "^(.-)(IfExists)$"
  return set, base or rest or operator, suffix ~= nil
end

local function is_negated(base)
  return base:find("Not", 1, true) ~= nil
end

-- Reports whether every value of a key matches an operand of an operator.
local function is_universal(base, text)
  if base == "StringLike" then
    return text:find "^%*+$" ~= nil
  elseif base == "ArnLike" or base == "ArnEquals" then
    return text:find "^%*:%*+:%*+:%*+:%*+:%*+$" ~= nil or text:find "^arn:%*+:%*+:%*+:%*+:%*+$" ~= nil
  end
  return false
end

--- Reports whether a value of a demand, or of a condition, has a policy variable.
---@param demand { literal?: boolean }
---@param text string
---@return boolean
function M.is_variable(demand, text)
  return not demand.literal and text:find("${", 1, true) ~= nil
end

-- Reports whether a value is a policy variable that can have any value. The owner of the resource is a value.
local function is_open(demand, text)
  local variable = not demand.literal and text:match "^%${([^}]*)}$"
  variable = variable and variable:lower() or nil
  return variable ~= nil and variable ~= "aws:resourceaccount" and variable ~= "aws:resourceorgid"
end

--- Reports whether an operator can compare values. A policy variable may have any value.
---@param operator string
---@param texts string[]
---@param literal? boolean  see policy.Demand
---@return boolean
function M.is_sound(operator, texts, literal)
  for _, text in ipairs(texts) do
    local has_variable = not literal and text:find("${", 1, true)
    if not has_variable and not select(2, core.operand(operator, text)) then
      return false
    end
  end
  return #texts > 0
end

local function texts_of(values)
  local texts = {}
  for i, value in ipairs(values) do
    texts[i] = tostring(value)
  end
  return texts
end

-- What keys say whose values AWS has in lower case: ids of organizations and networks, names of services.
local IN_LOWER_CASE = { organization = true, ["organization-path"] = true, network = true, service = true }

-- Returns the values of a demand as a request has them: an operator that ignores the case also matches O-A1B2C3D4E5.
local function values_of(condition, base, facet)
  local texts = texts_of(condition.values)
  if base:find "IgnoreCase$" and IN_LOWER_CASE[facet] then
    for i, text in ipairs(texts) do
      texts[i] = text:lower()
    end
  end
  return texts
end

-- Reports which of true and false a list has.
local function booleans(values)
  local has_true, has_false
  for _, text in ipairs(values) do
    has_true, has_false = has_true or text:lower() == "true", has_false or text:lower() == "false"
  end
  return has_true, has_false
end

local function has_both(values)
  local has_true, has_false = booleans(values)
  return has_true and has_false
end

-- Returns what Null demands: "absent", "present", or nil if it has both values.
local function requires_null(values)
  local absent, present = booleans(values)
  if absent == present then
    return not absent and "unknown" or nil
  end
  return absent and "absent" or "present"
end

-- Returns what an operator demands of a key | nil if it holds for every request.
local function requires_value(set, base, if_exists, demand)
  local negated = is_negated(base)
  local or_absent = (if_exists or set == "ForAllValues" or negated and not set) and not ALWAYS[demand.name]
  local any, positive = false, base:gsub("Not", "")
  for _, text in ipairs(demand.values) do
    any = any or is_universal(positive, text)
    -- A variable has any value, but in one request only one: a negated operator holds for all others.
    any = any or not negated and demand.facet ~= "tag" and is_open(demand, text)
  end
  any = any or base == "Bool" and has_both(demand.values)
  if any and not negated then
    if or_absent or ALWAYS[demand.name] then
      return nil
    end
    return "present"
  elseif any and or_absent then
    return "absent"
  end
  demand.doubtful = any or demand.literal -- no value is another one, or no value looks like a variable
  return (negated and "unlisted" or "listed") .. (or_absent and "-or-absent" or "")
end

--- Returns what a condition demands | nil if it holds for every request, as far as its operator and its values show.
---@param condition { operator: string, key: string, values: any[], literal?: boolean }
---@return policy.Demand?
function M.read(condition)
  local set, base, if_exists = parts_of(condition.operator)
  local name = condition.key:lower()
  local facet = M.facet(name)
  local demand = {
    operator = condition.operator, key = condition.key, name = name, facet = facet,
    values = values_of(condition, base, facet), origin = condition, sound = true, literal = condition.literal,
  }
  if condition.operator == "Null" then
    demand.requires = requires_null(demand.values)
  elseif not core.operand(condition.operator, "") then
    demand.requires = "unknown"
  else
    demand.requires = requires_value(set, base, if_exists, demand)
    demand.sound = M.is_sound(condition.operator, demand.values, demand.literal)
  end
  if demand.requires == "present" and (ALWAYS[name] or demand.facet == "is-service") then
    return nil
  end
  return demand.requires and demand
end

--- Returns the demand that a key has one of some values, which is present, with the operator of another demand without
--- its negation and IfExists.
---@param demand policy.Demand
---@param values? string[]  of the demand unless given
---@return policy.Demand
function M.listed(demand, values)
  local _, base = parts_of(demand.operator)
  local operator = (SEVERAL[demand.name] and "ForAnyValue:" or "") .. base:gsub("Not", "")
  return {
    requires = "listed", facet = demand.facet, operator = operator, key = demand.key, name = demand.name,
    values = values or demand.values, origin = demand.origin, sound = demand.sound, literal = demand.literal,
  }
end

-- ---------------------------------------------------------------------------------------------
-- The opposite of a condition

local OPPOSITE_SETS = { ForAnyValue = "ForAllValues:", ForAllValues = "ForAnyValue:" }

local function opposite_booleans(values)
  local texts = {}
  for i, text in ipairs(texts_of(values)) do
    texts[i] = text:lower() == "true" and "false" or "true"
  end
  return texts
end

--- Returns conditions that hold, together, for exactly the requests for which a condition does not hold | nil if no
--- operators express it.
---@param condition { operator: string, key: string, values: any[], literal?: boolean }
---@return { operator: string, key: string, values: any[], literal?: boolean }[]?
function M.opposite(condition)
  local literal = condition.literal
  local set, base, if_exists = parts_of(condition.operator)
  local key, values = condition.key, condition.values
  if base == "Null" or base == "Bool" then
    if #values ~= 1 or set then
      return nil
    elseif base == "Null" then
      return { { operator = "Null", key = key, values = opposite_booleans(values), literal = literal } }
    end
    local operator = if_exists and "Bool" or "BoolIfExists"
    return { { operator = operator, key = key, values = opposite_booleans(values), literal = literal } }
  end
  local opposite = OPPOSITES[base]
  if not opposite or (opposite:find "Than" and #values ~= 1) then
    return nil
  end
  local passes_absent = if_exists or set == "ForAllValues" or is_negated(base) and not set
  local operator = (OPPOSITE_SETS[set] or "") .. opposite
  local holds_absent = OPPOSITE_SETS[set] == "ForAllValues:" or is_negated(opposite) and not set
  local conditions = { {
    operator = operator .. (not passes_absent and not holds_absent and "IfExists" or ""), key = key, values = values,
    literal = literal,
  } }
  if passes_absent and holds_absent then
    -- A key with an empty value is present for the operator, but not for Null.
    local is_text = base:find "^String" and not set
    conditions[2] = is_text and { operator = "StringLike", key = key, values = { "*" } }
      or { operator = "Null", key = key, values = { "false" } }
  end
  return conditions
end

return M
