--- Which facts about one key exclude or imply each other, for lanyard.policy.when.

local literals = require "lanyard.policy.when.literals"
local match = require "lanyard.match"

local M = {}

-- The tests that hold for a list of operands if they hold for one of them.
local SPLIT = {
  StringEquals = true, StringEqualsIgnoreCase = true, StringLike = true, NumericEquals = true, DateEquals = true,
  IpAddress = true, ArnLike = true, Bool = true,
}

--- Reports whether the test of a fact is the disjunction of its operands.
---@param fact table
---@return boolean
function M.is_disjunction(fact)
  local set, test = literals.parse(fact.test or "")
  return SPLIT[test] == true and set ~= "ForAllValues"
end

local function has_variable(fact)
  return table.concat(fact.values):find("${", 1, true) ~= nil
end

-- Returns the number of a network's first address, and its size; nil for IPv6.
local function network(text)
  local a, b, c, d, bits = text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)/?(%d*)$"
  if not a then
    return nil
  end
  local size = 1 << (32 - (tonumber(bits) or 32))
  local first = ((tonumber(a) << 24) | (tonumber(b) << 16) | (tonumber(c) << 8) | tonumber(d)) // size * size
  return first, size
end

-- Each returns whether a value of the first is a value of the second: true, false, or nil if it may be.
local function network_in(inner, outer)
  local first, size = network(inner)
  local other, other_size = network(outer)
  if not first or not other then
    return nil
  elseif first >= other and first + size <= other + other_size then
    return true
  elseif first + size <= other or other + other_size <= first then
    return false
  end
  return nil
end

local function text_like(value, pattern)
  return match.glob(pattern, value)
end

local function equal(value, other)
  return value == other
end

-- Compares each value of `p` with the operands of `q`. Returns "implies", "excludes" or nil.
local function compare(p, q, holds)
  local all, none = true, true
  for _, value in ipairs(p.values) do
    local any, open = false, false
    for _, operand in ipairs(q.values) do
      local one = holds(value, operand)
      any, open = any or one == true, open or one == nil
    end
    all, none = all and any, none and not any and not open
  end
  return all and "implies" or none and "excludes" or nil
end

local COMPARISONS = {
  ["StringEquals StringEquals"] = equal, ["StringEquals StringLike"] = text_like,
  ["IpAddress IpAddress"] = network_in,
}

--- Returns how a fact relates to another one: "implies", "excludes", or nil.
---@param p table
---@param q table
---@return "implies"|"excludes"|nil
function M.relation(p, q)
  if p.text or q.text or p.key:lower() ~= q.key:lower() then
    return nil
  end
  local p_set, p_test = literals.parse(p.test)
  local q_set, q_test = literals.parse(q.test)
  if p_test == "Null" and q_test ~= "Null" then
    return q_set == "ForAllValues" and "implies" or "excludes"
  elseif p_set or q_set then
    return nil
  elseif p_test == "Bool" and q_test == "Bool" then
    return p.values[1]:lower() ~= q.values[1]:lower() and "excludes" or nil
  end
  local holds = COMPARISONS[p_test .. " " .. q_test]
  return holds and not has_variable(p) and not has_variable(q) and compare(p, q, holds) or nil
end

-- Returns the facts about each key that cannot all be false: a Boolean is absent, true or false.
local function cases_of(facts)
  local keys, cases = {}, {}
  for i, fact in ipairs(facts) do
    local set, test = literals.parse(fact.test or "")
    if test == "Null" or test == "Bool" and not set and #fact.values == 1 then
      local key = fact.key:lower()
      keys[key] = keys[key] or {}
      keys[key][test == "Null" and "absent" or fact.values[1]:lower()] = i
    end
  end
  for _, found in pairs(keys) do
    if found.absent and found["true"] and found["false"] then
      cases[#cases + 1] = found
    end
  end
  return cases
end

--- Returns a function that reports whether a request can have an assignment of facts: bit i - 1 is set if fact i holds.
---@param facts table[]
---@return fun(assignment: integer): boolean
function M.possible(facts)
  local pairs_of, cases = {}, cases_of(facts)
  for i, p in ipairs(facts) do
    for j, q in ipairs(facts) do
      local relation = i ~= j and M.relation(p, q)
      if relation then
        -- The value of q that cannot occur with p.
        pairs_of[#pairs_of + 1] = { 1 << (i - 1), 1 << (j - 1), relation == "excludes" }
      end
    end
  end
  return function(assignment)
    for _, one in ipairs(pairs_of) do
      if assignment & one[1] ~= 0 and (assignment & one[2] ~= 0) == one[3] then
        return false
      end
    end
    for _, found in ipairs(cases) do
      local mask = 1 << (found.absent - 1) | 1 << (found["true"] - 1) | 1 << (found["false"] - 1)
      if assignment & mask == 0 then
        return false
      end
    end
    return true
  end
end

return M
