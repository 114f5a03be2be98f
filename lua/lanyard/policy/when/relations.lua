--- Which facts about one key exclude or imply each other, for lanyard.policy.when.

local globs = require "lanyard.globs"
local lists = require "lanyard.lists"
local literals = require "lanyard.policy.when.literals"

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

-- Returns the number of a network's first address, and its size; nil for IPv6, and for what is not a network.
local function network(text)
  local a, b, c, d, bits = text:match "^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)/?(%d?%d?)$"
  local length = tonumber(bits) or 32
  if not a or length > 32 then
    return nil
  end
  local size = 1 << (32 - length)
  local first = ((tonumber(a) << 24) | (tonumber(b) << 16) | (tonumber(c) << 8) | tonumber(d)) // size * size
  return first, size
end

-- Each returns a function for a list of operands. It returns whether a value is certainly a value of one of them, and
-- whether it may be.

local function among_texts(operands)
  local known = {}
  for _, operand in ipairs(operands) do
    known[operand] = true
  end
  return function(value)
    return known[value] == true, false
  end
end

local function among_patterns(operands)
  local index = globs.of(operands)
  return function(value)
    return #index:matching(value) > 0, false
  end
end

-- Returns how many of sorted numbers are smaller than one.
local function count_below(sorted, number)
  return lists.first(#sorted, function(i) return sorted[i] >= number end) - 1
end

-- Of two networks that share addresses, one contains the other.
local function among_networks(operands)
  local known, firsts, smallest, is_open = {}, {}, {}, false
  for _, operand in ipairs(operands) do
    local first, size = network(operand)
    is_open = is_open or not first
    if first then
      known[size] = known[size] or {}
      known[size][first] = true
      firsts[#firsts + 1] = first
      smallest[first] = math.min(smallest[first] or size, size)
    end
  end
  table.sort(firsts)
  return function(value)
    local first, size = network(value)
    if not first then
      return false, #operands > 0
    end
    for other, starts in pairs(known) do
      if other >= size and starts[first // other * other] then
        return true, is_open
      end
    end
    local after = count_below(firsts, first + size) - count_below(firsts, first + 1)
    return false, is_open or after > 0 or (smallest[first] or size) < size
  end
end

-- Compares each value of `p` with the operands of `q`. Returns "implies", "excludes" or nil.
local function compare(p, q, among)
  local all, none, is_among = true, true, among(q.values)
  for _, value in ipairs(p.values) do
    local certain, open = is_among(value)
    all, none = all and certain, none and not certain and not open
    if not all and not none then
      return nil
    end
  end
  return all and "implies" or none and "excludes" or nil
end

local COMPARISONS = {
  ["StringEquals StringEquals"] = among_texts, ["StringEquals StringLike"] = among_patterns,
  ["IpAddress IpAddress"] = among_networks,
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
  local among = COMPARISONS[p_test .. " " .. q_test]
  return among and not has_variable(p) and not has_variable(q) and compare(p, q, among) or nil
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
