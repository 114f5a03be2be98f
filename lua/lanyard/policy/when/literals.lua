--- The tests of conditions as facts that are true or false, for lanyard.policy.when.
---
--- A fact has an operator that is not negated and is true or false for a request: { id, key, test, values }, or { id,
--- text } for what AWS leaves open. A literal is a fact or its negation: { fact, negated? }.

local core = require "lanyard.policy.core"

local M = {}

-- The operators that are the negation of another one, also for an absent key, and the ones with the same meaning.
local NEGATIONS = {
  StringNotEquals = "StringEquals", StringNotEqualsIgnoreCase = "StringEqualsIgnoreCase",
  StringNotLike = "StringLike", NumericNotEquals = "NumericEquals", DateNotEquals = "DateEquals",
  NotIpAddress = "IpAddress", ArnNotEquals = "ArnLike", ArnNotLike = "ArnLike",
}
local SYNONYMS = { ArnEquals = "ArnLike" }
local OPPOSITE_SETS = { ForAnyValue = "ForAllValues", ForAllValues = "ForAnyValue" }

-- How an operator is written, and the operator that its negation is for one operand. In a condition with IfExists the
-- latter also holds for an absent key, as the negation does.
local WRITTEN = {
  StringEquals = "=", StringEqualsIgnoreCase = "=~", StringLike = "like", NumericEquals = "=", NumericLessThan = "<",
  NumericLessThanEquals = "<=", NumericGreaterThan = ">", NumericGreaterThanEquals = ">=", DateEquals = "=",
  DateLessThan = "<", DateLessThanEquals = "<=", DateGreaterThan = ">", DateGreaterThanEquals = ">=", Bool = "=",
  BinaryEquals = "=", IpAddress = "in", ArnLike = "like",
}
local COMPLEMENTS = {
  NumericLessThan = "NumericGreaterThanEquals", NumericLessThanEquals = "NumericGreaterThan",
  NumericGreaterThan = "NumericLessThanEquals", NumericGreaterThanEquals = "NumericLessThan",
  DateLessThan = "DateGreaterThanEquals", DateLessThanEquals = "DateGreaterThan",
  DateGreaterThan = "DateLessThanEquals", DateGreaterThanEquals = "DateLessThan",
}
-- Operands that are not quoted.
local BARE = { Numeric = true, Date = true, Bool = true, IpAddr = true, Null = true }
local QUANTIFIERS = {
  [false] = { ForAnyValue = "any of ", ForAllValues = "all of " },
  [true] = { ForAnyValue = "none of ", ForAllValues = "not all of " },
}

-- ---------------------------------------------------------------------------------------------
-- Facts

-- Returns the set operator or nil, the operator, and whether it has IfExists.
local function parse(operator)
  local set, name = operator:match "^(For%a+):(.*)$"
  name = name or operator
  local plain = name:match "^(.*)IfExists$"
  return set, plain or name, plain ~= nil
end

--- Returns the fact that a test holds.
---@param key string
---@param test string      an operator that is not negated, without IfExists
---@param values string[]
---@return table fact
function M.fact(key, test, values)
  local sorted, seen = {}, {}
  for _, value in ipairs(values) do
    if not seen[value] then
      seen[value] = true
      sorted[#sorted + 1] = value
    end
  end
  table.sort(sorted)
  local id = ("%s %s %s"):format(test, key:lower(), table.concat(sorted, "\0"))
  return { id = id, key = key, test = test, values = sorted }
end

--- Returns a fact that only AWS knows.
---@param text string
---@return table fact
function M.open(text)
  return { id = "open " .. text, text = text }
end

local function quoted(test, value)
  for prefix in pairs(BARE) do
    if test:find("^" .. prefix) then
      return value
    end
  end
  return ('"%s"'):format(value:gsub('[\\"]', "\\%0"))
end

local function operands(test, values)
  local texts = {}
  for i, value in ipairs(values) do
    texts[i] = quoted(test, value)
  end
  return #texts == 1 and texts[1] or ("(%s)"):format(table.concat(texts, ", "))
end

-- Splits operands in the ones of the operator's type, and others, such as the network 10.0.0.0/40. Any text is an
-- operand of BinaryEquals. What an ARN with variables becomes is not known.
local function by_type(test, values)
  local readable, others = {}, {}
  for _, value in ipairs(values) do
    local type, valid = core.operand(test, value)
    valid = valid or type == "base64" or type == "an ARN" and (value == "*" or value:find("${", 1, true) ~= nil)
    table.insert(valid and readable or others, value)
  end
  return readable, others
end

-- Returns the literal that operands of another type match.
local function unreadable(test, key, values, negated)
  local _, name = parse(test)
  local fact = M.open(("AWS decides that %s %s holds for %s"):format(test, operands(name, values), key))
  return { fact = fact, negated = negated or nil }
end

-- Returns a node for Null.
local function null_node(key, values)
  local yes, no = false, false
  for _, value in ipairs(values) do
    yes, no = yes or value:lower() == "true", no or value:lower() == "false"
  end
  if yes and no then
    return true
  end
  local _, others = by_type("Null", values)
  local node = (yes or no) and { fact = M.fact(key, "Null", {}), negated = no or nil }
  local other = others[1] and unreadable("Null", key, others)
  return node and other and { "or", node, other } or node or other or false
end

-- Returns a node for operands, of which one has to match; with `negated` none. With ForAllValues, each value can match
-- another operand, so that the operands are not separate facts.
local function match_node(key, test, values, negated)
  local readable, others = by_type(test, values)
  if others[1] and parse(test) == "ForAllValues" then
    return unreadable(test, key, values, negated)
  end
  local node = readable[1] and { fact = M.fact(key, test, readable), negated = negated or nil }
  local other = others[1] and unreadable(test, key, others, negated)
  return node and other and { negated and "and" or "or", node, other } or node or other
end

--- Returns a test of a condition as a node: a literal, { "or", literal, ... }, true or false.
---@param operator string
---@param key string
---@param values string[]
---@return table|boolean node
function M.of_test(operator, key, values)
  local set, name, if_exists = parse(operator)
  local is_set = not set or OPPOSITE_SETS[set]
  if name == "Null" and is_set then
    return null_node(key, values)
  end
  local base = NEGATIONS[name]
  local test = base or SYNONYMS[name] or name
  if not WRITTEN[test] or not is_set then
    return { fact = M.open(("AWS decides that %s holds for %s"):format(operator, key)) }
  end
  local test_set = base and set and OPPOSITE_SETS[set] or set
  local node = base ~= nil
  if #values > 0 then
    node = match_node(key, (test_set and test_set .. ":" or "") .. test, values, node)
  end
  local holds_anyway = set == "ForAllValues" or base and not set
  if if_exists and not holds_anyway then
    return { "or", { fact = M.fact(key, "Null", {}) }, node }
  end
  return node
end

-- ---------------------------------------------------------------------------------------------
-- Text

-- Returns how an operator with several operands is written.
local function written(test, negated, several)
  local sign = WRITTEN[test]
  if sign == "=" or sign == "=~" then
    local ignoring = sign == "=~" and "~" or ""
    return several and (negated and "not in" or "in") .. ignoring or (negated and "!=" or "=") .. ignoring
  end
  return negated and "not " .. sign or sign
end

--- Returns a literal as text: `aws:PrincipalOrgID = "o-x"`, `aws:SourceIp not in 10.0.0.0/8`.
---@param literal table
---@return string
function M.text(literal)
  local fact, negated = literal.fact, literal.negated
  if fact.text then
    return negated and ("not (%s)"):format(fact.text) or fact.text
  end
  local set, test = parse(fact.test)
  if test == "Null" then
    return ("%s is %s"):format(fact.key, negated and "present" or "absent")
  end
  local complement = negated and not set and #fact.values == 1 and COMPLEMENTS[test]
  if complement then
    return ("(%s %s %s or is absent)"):format(fact.key, WRITTEN[complement], fact.values[1])
  end
  local ordered = COMPLEMENTS[test] ~= nil
  local text = ("%s%s %s %s"):format(set and QUANTIFIERS[negated or false][set] or "", fact.key,
    written(test, negated and not set and not ordered, #fact.values > 1), operands(test, fact.values))
  return negated and ordered and not set and ("not (%s)"):format(text) or text
end

-- ---------------------------------------------------------------------------------------------
-- Machine form

-- Returns the operator of the negation, or nil.
local function negation_of(set, test)
  for negative, positive in pairs(NEGATIONS) do
    if positive == test and negative ~= "ArnNotEquals" then
      return (set and OPPOSITE_SETS[set] .. ":" or "") .. negative
    end
  end
  return nil
end

--- Returns a literal for JSON: { key, operator, values } with an operator of IAM, { open = text }, or { not = ... }
--- where IAM has no operator for the negation.
---@param literal table
---@return table
function M.form(literal)
  local fact, negated = literal.fact, literal.negated
  if fact.text then
    return negated and { ["not"] = { open = fact.text } } or { open = fact.text }
  end
  local set, test = parse(fact.test)
  if test == "Null" then
    return { key = fact.key, operator = "Null", values = { negated and "false" or "true" } }
  elseif not negated then
    return { key = fact.key, operator = fact.test, values = fact.values }
  end
  local operator = negation_of(set, test)
  if test == "Bool" and not set and #fact.values == 1 then
    local other = fact.values[1]:lower() == "true" and "false" or "true"
    return { key = fact.key, operator = "BoolIfExists", values = { other } }
  elseif operator then
    return { key = fact.key, operator = operator, values = fact.values }
  elseif COMPLEMENTS[test] and not set and #fact.values == 1 then
    return { key = fact.key, operator = COMPLEMENTS[test] .. "IfExists", values = fact.values }
  end
  return { ["not"] = { key = fact.key, operator = fact.test, values = fact.values } }
end

--- Returns the set operator and the operator of a fact.
M.parse = parse

return M
