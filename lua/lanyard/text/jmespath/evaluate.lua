--- Evaluates the tree of a JMESPath expression.

local functions = require "lanyard.text.jmespath.functions"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local values = require "lanyard.text.jmespath.values"

local null = json.null

-- Each function evaluates a node of its kind for a value. `search` is the meter of the whole search.
local EVALUATE = {}

local function evaluate(node, value, search)
  search:count(1)
  return EVALUATE[node.kind](node, value, search)
end

local function is_array(value)
  return type(value) == "table" and json.is_array(value)
end

local function is_object(value)
  return type(value) == "table" and not json.is_array(value)
end

-- ---------------------------------------------------------------------------------------------
-- One value

function EVALUATE.current(_, value)
  return value
end

-- value: a list with the literal as its one element, which can be false
function EVALUATE.literal(node)
  return node.value[1]
end

function EVALUATE.field(node, value)
  if not is_object(value) then
    return null
  end
  local member = rawget(value, node.name)
  if member == nil then
    return null
  end
  return member
end

-- "a.b" and "a | b". A null on the left stays null behind a dot: every expression that can follow a dot makes it so.
function EVALUATE.chain(node, value, search)
  return evaluate(node.right, evaluate(node.left, value, search), search)
end

function EVALUATE.index(node, value, search)
  local list = evaluate(node.left, value, search)
  if not is_array(list) then
    return null
  end
  local index = node.index
  local element = list[index < 0 and #list + index + 1 or index + 1]
  if element == nil then
    return null
  end
  return element
end

-- The first and the last position of a slice, as the specification computes them, from 0.
local function bounds(node, count)
  local step = node.step
  local function within(bound)
    if bound < 0 then
      bound = bound + count
      return bound < 0 and (step < 0 and -1 or 0) or bound
    end
    return bound >= count and (step < 0 and count - 1 or count) or bound
  end
  local start = node.start and within(node.start) or (step < 0 and count - 1 or 0)
  local stop = node.stop and within(node.stop) or (step < 0 and -1 or count)
  return start, step < 0 and stop + 1 or stop - 1
end

function EVALUATE.slice(node, value, search)
  local list = evaluate(node.left, value, search)
  if not is_array(list) then
    return null
  end
  local part = json.array {}
  local first, last = bounds(node, #list)
  for position = first, last, node.step do
    part[#part + 1] = list[position + 1]
  end
  search:count(#part)
  return part
end

-- ---------------------------------------------------------------------------------------------
-- Projections: `right` applies to each element of `left`, and null results are left out

local function project(node, elements, search)
  local results = json.array {}
  for _, element in ipairs(elements) do
    local result = evaluate(node.right, element, search)
    if result ~= null then
      results[#results + 1] = result
    end
  end
  return results
end

function EVALUATE.projection(node, value, search)
  local list = evaluate(node.left, value, search)
  return is_array(list) and project(node, list, search) or null
end

function EVALUATE.values(node, value, search)
  local object = evaluate(node.left, value, search)
  if not is_object(object) then
    return null
  end
  local elements = {}
  for i, name in ipairs(lists.sorted_names(object)) do
    elements[i] = object[name]
  end
  return project(node, elements, search)
end

function EVALUATE.filter(node, value, search)
  local list = evaluate(node.left, value, search)
  if not is_array(list) then
    return null
  end
  local kept = {}
  for _, element in ipairs(list) do
    if values.is_true(evaluate(node.condition, element, search)) then
      kept[#kept + 1] = element
    end
  end
  return project(node, kept, search)
end

function EVALUATE.flatten(node, value, search)
  local list = evaluate(node.left, value, search)
  if not is_array(list) then
    return null
  end
  local flat = json.array {}
  for _, element in ipairs(list) do
    if is_array(element) then
      search:count(#element)
      table.move(element, 1, #element, #flat + 1, flat)
    else
      flat[#flat + 1] = element
    end
  end
  return flat
end

-- ---------------------------------------------------------------------------------------------
-- New values

-- [a, b]
function EVALUATE.list(node, value, search)
  if value == null then
    return null
  end
  local list = json.array {}
  for i, item in ipairs(node.items) do
    list[i] = evaluate(item, value, search)
  end
  return list
end

-- {name: a}
function EVALUATE.hash(node, value, search)
  if value == null then
    return null
  end
  local object = {}
  for _, item in ipairs(node.items) do
    object[item.name] = evaluate(item.expression, value, search)
  end
  return object
end

-- ---------------------------------------------------------------------------------------------
-- Conditions

EVALUATE["not"] = function(node, value, search)
  return not values.is_true(evaluate(node.operand, value, search))
end

EVALUATE["or"] = function(node, value, search)
  local left = evaluate(node.left, value, search)
  if values.is_true(left) then
    return left
  end
  return evaluate(node.right, value, search)
end

EVALUATE["and"] = function(node, value, search)
  local left = evaluate(node.left, value, search)
  if not values.is_true(left) then
    return left
  end
  return evaluate(node.right, value, search)
end

-- Numbers have an order; so have strings here, as in the AWS CLI, whose users compare timestamps. The comparison of
-- anything else is null.
local ORDER = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

function EVALUATE.compare(node, value, search)
  local left, right = evaluate(node.left, value, search), evaluate(node.right, value, search)
  search.at = node.at
  local order = ORDER[node.operator]
  if not order then
    return values.equal(left, right, search) == (node.operator == "==")
  end
  local kind = type(left)
  if kind == type(right) and (kind == "number" or kind == "string") then
    return order(left, right)
  end
  return null
end

-- ---------------------------------------------------------------------------------------------
-- Functions

function EVALUATE.call(node, value, search)
  local arguments = {}
  for i, item in ipairs(node.items) do
    arguments[i] = item.kind == "reference" and item or evaluate(item, value, search)
  end
  search.at = node.at
  return functions.call(node, arguments, search, function(reference, element)
    return evaluate(reference.expression, element, search)
  end)
end

return evaluate
