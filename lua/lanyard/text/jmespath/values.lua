--- Values of JMESPath, which are the values of lanyard.json; json.null is null.

local failure = require "lanyard.text.jmespath.failure"
local json = require "lanyard.json"

local M = {}

--- The deepest value that a query can build. lanyard.json encodes values of this depth.
M.MAX_DEPTH = 64

-- The greatest number of steps of one search. A step is the evaluation of a node, an element of a list, or some
-- characters of a string: it bounds time and memory, as an expression of n characters can ask for 2^n results.
local MAX_STEPS = 20000000

-- Characters of a string that count as one step.
local CHARACTERS = 16

---@class jmespath.Meter
---@field steps integer  how many are left
---@field at integer     the byte of the expression that is evaluated
local Meter = {}
Meter.__index = Meter

--- Returns a meter of the steps of a search.
---@param steps? integer
---@return jmespath.Meter
function M.meter(steps)
  return setmetatable({ steps = steps or MAX_STEPS, at = 1 }, Meter)
end

--- Counts steps. Raises a failure when there are too many.
---@param count integer
function Meter:count(count)
  self.steps = self.steps - count
  if self.steps < 0 then
    failure.raise("limit", self.at, "the query takes too many steps")
  end
end

--- Counts the characters of a string.
---@param text string
function Meter:text(text)
  self:count(#text // CHARACTERS)
end

--- Returns the type of a value as JMESPath names it.
---@param value any
---@return "null"|"string"|"number"|"boolean"|"array"|"object"
function M.type(value)
  local kind = type(value)
  if kind == "table" then
    return json.is_array(value) and "array" or "object"
  end
  return value == json.null and "null" or kind
end

--- Reports whether a value counts as true: all do but null, false and what is empty.
---@param value any
---@return boolean
function M.is_true(value)
  if type(value) == "table" then
    return next(value) ~= nil
  end
  return value ~= json.null and value ~= false and value ~= ""
end

local function equal(a, b, meter, depth)
  meter:count(1)
  if rawequal(a, b) then
    return true
  elseif type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  elseif json.is_array(a) ~= json.is_array(b) or #a ~= #b then
    return false
  elseif depth > M.MAX_DEPTH then
    failure.raise("limit", meter.at, "a value is nested deeper than %d levels", M.MAX_DEPTH)
  end
  for name, value in next, a do
    local other = rawget(b, name)
    if other == nil or not equal(value, other, meter, depth + 1) then
      return false
    end
  end
  for name in next, b do
    if rawget(a, name) == nil then
      return false
    end
  end
  return true
end

--- Reports whether two values are equal: of the same type, and with equal elements and members.
---@param a any
---@param b any
---@param meter jmespath.Meter
---@return boolean
function M.equal(a, b, meter)
  return equal(a, b, meter, 1)
end

local function measure(value, meter, depth)
  meter:count(1)
  if type(value) == "string" then
    meter:text(value)
  elseif type(value) == "table" then
    if depth > M.MAX_DEPTH then
      failure.raise("limit", meter.at, "the result is nested deeper than %d levels", M.MAX_DEPTH)
    end
    for name, member in next, value do
      if type(name) == "string" then
        meter:text(name)
      end
      measure(member, meter, depth + 1)
    end
  end
end

--- Counts the steps to write a value. Raises a failure for one that is too large or too deep: a query can use a value
--- many times in one result.
---@param value any
---@param meter jmespath.Meter
function M.measure(value, meter)
  measure(value, meter, 1)
end

return M
