--- The functions of JMESPath: https://jmespath.org/specification.html#built-in-functions
---
--- A function lists the types of its arguments, "|" between alternatives. "numbers" and "strings" are arrays with
--- elements of one type, and "reference" is an expression behind "&".

local failure = require "lanyard.text.jmespath.failure"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local numbers = require "lanyard.text.jmespath.numbers"
local suggest = require "lanyard.text.suggest"
local values = require "lanyard.text.jmespath.values"

local M = {}

local null = json.null

-- What a failure calls the types.
local WORDS = {
  numbers = "an array of numbers", strings = "an array of strings", reference = "an expression behind '&'",
  array = "an array", object = "an object", string = "a string", number = "a number", boolean = "a boolean",
  null = "null",
}

---@class jmespath.Function
---@field [integer] string    the types of its arguments
---@field returns string      the type of its result; "any" where it depends
---@field variadic? boolean   the last argument may be repeated
---@field run fun(call: jmespath.Call, ...: any): any

---@class jmespath.Call
---@field node table       the node of the call
---@field search jmespath.Meter
---@field apply fun(reference: table, value: any): any

---@type table<string, jmespath.Function>
local FUNCTIONS = {}

-- ---------------------------------------------------------------------------------------------
-- Strings

-- Counts characters. A string that is not UTF-8 has as many as bytes.
local function length_of(text)
  return utf8.len(text) or #text
end

local function reversed(text)
  if not utf8.len(text) then
    return text:reverse()
  end
  local characters, count = {}, utf8.len(text)
  for character in text:gmatch(utf8.charpattern) do
    characters[count] = character
    count = count - 1
  end
  return table.concat(characters)
end

FUNCTIONS.starts_with = { "string", "string", returns = "boolean", run = function(_, text, start)
  return text:sub(1, #start) == start
end }

FUNCTIONS.ends_with = { "string", "string", returns = "boolean", run = function(_, text, stop)
  return stop == "" or text:sub(-#stop) == stop
end }

FUNCTIONS.join = { "string", "strings", returns = "string", run = function(call, glue, list)
  call.search:count(#list)
  call.search:count(#glue * math.max(#list - 1, 0) // 16)
  for _, text in ipairs(list) do
    call.search:text(text)
  end
  return table.concat(list, glue)
end }

FUNCTIONS.to_string = { "any", returns = "string", run = function(call, value)
  if type(value) == "string" then
    return value
  end
  values.measure(value, call.search)
  return json.encode(value)
end }

-- ---------------------------------------------------------------------------------------------
-- Numbers

FUNCTIONS.abs = { "number", returns = "number", run = function(_, number) return numbers.abs(number) end }
FUNCTIONS.ceil = { "number", returns = "number", run = function(_, number) return math.ceil(number) end }
FUNCTIONS.floor = { "number", returns = "number", run = function(_, number) return math.floor(number) end }

local function sum_of(call, list)
  local sum = 0
  for _, number in ipairs(list) do
    sum = numbers.add(sum, number)
  end
  if sum == math.huge or sum == -math.huge then
    failure.raise("invalid-value", call.node.at, "the result of %s() is too large for a number", call.node.name)
  end
  return sum
end

FUNCTIONS.sum = { "numbers", returns = "number", run = sum_of }

FUNCTIONS.avg = { "numbers", returns = "any", run = function(call, list)
  return #list > 0 and sum_of(call, list) / #list or null
end }

FUNCTIONS.to_number = { "any", returns = "any", run = function(_, value)
  if type(value) == "string" then
    return numbers.parse(value) or null
  end
  return type(value) == "number" and value or null
end }

-- ---------------------------------------------------------------------------------------------
-- Arrays and objects

FUNCTIONS.length = { "string|array|object", returns = "number", run = function(call, value)
  if type(value) == "string" then
    return length_of(value)
  elseif json.is_array(value) then
    return #value
  end
  local names = lists.sorted_names(value)
  call.search:count(#names)
  return #names
end }

FUNCTIONS.reverse = { "string|array", returns = "any", run = function(call, value)
  if type(value) == "string" then
    call.search:text(value)
    return reversed(value)
  end
  call.search:count(#value)
  local list = json.array {}
  for i = #value, 1, -1 do
    list[#list + 1] = value[i]
  end
  return list
end }

FUNCTIONS.contains = { "array|string", "any", returns = "boolean", run = function(call, subject, wanted)
  if type(subject) == "string" then
    return type(wanted) == "string" and subject:find(wanted, 1, true) ~= nil
  end
  for _, element in ipairs(subject) do
    if values.equal(element, wanted, call.search) then
      return true
    end
  end
  return false
end }

FUNCTIONS.keys = { "object", returns = "array", run = function(call, object)
  local names = json.array(lists.sorted_names(object))
  call.search:count(#names)
  return names
end }

FUNCTIONS.values = { "object", returns = "array", run = function(call, object)
  local list = json.array {}
  for i, name in ipairs(lists.sorted_names(object)) do
    list[i] = object[name]
  end
  call.search:count(#list)
  return list
end }

FUNCTIONS.merge = { "object", variadic = true, returns = "object", run = function(call, ...)
  local merged = {}
  for _, object in ipairs { ... } do
    for name, value in next, object do
      call.search:count(1)
      merged[name] = value
    end
  end
  return merged
end }

FUNCTIONS.not_null = { "any", variadic = true, returns = "any", run = function(_, ...)
  for _, value in ipairs { ... } do
    if value ~= null then
      return value
    end
  end
  return null
end }

FUNCTIONS.to_array = { "any", returns = "array", run = function(_, value)
  return values.type(value) == "array" and value or json.array { value }
end }

FUNCTIONS.type = { "any", returns = "string", run = function(_, value) return values.type(value) end }

-- ---------------------------------------------------------------------------------------------
-- Order, and expressions as arguments

FUNCTIONS.map = { "reference", "array", returns = "array", run = function(call, reference, list)
  local results = json.array {}
  for i, element in ipairs(list) do
    results[i] = call.apply(reference, element)
  end
  return results
end }

-- Returns the positions of keys in ascending order; equal keys keep their order. All keys are numbers, or all strings.
local function ascending(call, keys)
  local positions = {}
  for i in ipairs(keys) do
    positions[i] = i
  end
  call.search:count(#keys)
  table.sort(positions, function(a, b)
    local first, second = keys[a], keys[b]
    return first < second or first == second and a < b
  end)
  return positions
end

-- Returns the elements of a list in the order of their keys.
local function sorted(call, list, keys)
  local result = json.array {}
  for i, position in ipairs(ascending(call, keys)) do
    result[i] = list[position]
  end
  return result
end

-- Returns the first element with the greatest key; `sign` "<" asks for the least one.
local function extreme(list, keys, sign)
  local best
  for i, key in ipairs(keys) do
    if not best or sign == ">" and key > keys[best] or sign == "<" and key < keys[best] then
      best = i
    end
  end
  return best and list[best] or null
end

-- Returns the key of each element, which an expression makes. All must be numbers, or all strings.
local function keys_of(call, reference, list)
  local keys, wanted = {}, nil
  for i, element in ipairs(list) do
    local key = call.apply(reference, element)
    local kind = values.type(key)
    if kind ~= "number" and kind ~= "string" or wanted and kind ~= wanted then
      failure.raise("invalid-type", reference.expression.at,
        "%s() compares %s, and this expression returns %s for an element", call.node.name,
        wanted and wanted .. "s" or "numbers or strings", WORDS[kind])
    end
    keys[i], wanted = key, kind
  end
  return keys
end

FUNCTIONS.sort = { "numbers|strings", returns = "array", run = function(call, list)
  return sorted(call, list, list)
end }

FUNCTIONS.max = { "numbers|strings", returns = "any", run = function(_, list) return extreme(list, list, ">") end }
FUNCTIONS.min = { "numbers|strings", returns = "any", run = function(_, list) return extreme(list, list, "<") end }

FUNCTIONS.sort_by = { "array", "reference", returns = "array", run = function(call, list, reference)
  return sorted(call, list, keys_of(call, reference, list))
end }

FUNCTIONS.max_by = { "array", "reference", returns = "any", run = function(call, list, reference)
  return extreme(list, keys_of(call, reference, list), ">")
end }

FUNCTIONS.min_by = { "array", "reference", returns = "any", run = function(call, list, reference)
  return extreme(list, keys_of(call, reference, list), "<")
end }

-- ---------------------------------------------------------------------------------------------
-- Types of arguments

local ELEMENTS = { numbers = "number", strings = "string" }

-- Returns whether a value has a type.
local function has_type(value, wanted, search)
  if wanted == "any" then
    return true
  elseif not ELEMENTS[wanted] then
    return values.type(value) == wanted
  elseif values.type(value) ~= "array" then
    return false
  end
  search:count(#value)
  for _, element in ipairs(value) do
    if values.type(element) ~= ELEMENTS[wanted] then
      return false
    end
  end
  return true
end

local function has_one_type(value, types, search)
  for wanted in types:gmatch "[^|]+" do
    if has_type(value, wanted, search) then
      return true
    end
  end
  return false
end

-- Raises a failure about the argument at a position.
local function wrong_type(node, position, types, found)
  local words = {}
  for wanted in types:gmatch "[^|]+" do
    words[#words + 1] = WORDS[wanted]
  end
  local list = table.concat(words, ", ", 1, #words - 1) .. (words[2] and " or " or "") .. words[#words]
  failure.raise("invalid-type", node.items[position].at, "%s() takes %s here, not %s", node.name, list, found)
end

-- Describes a value that has a wrong type.
local function described(value, types)
  local kind = values.type(value)
  if kind ~= "array" or not types:find "numbers" and not types:find "strings" then
    return WORDS[kind]
  end
  for _, element in ipairs(value) do
    local found = values.type(element)
    if found ~= "number" and found ~= "string" or not types:find(found, 1, true) then
      return "an array with " .. WORDS[found]
    end
  end
  return "an array of numbers and strings"
end

-- The type of an expression's result where it does not depend on the input; nil otherwise.
local function known_type(node)
  if node.kind == "literal" then
    return values.type(node.value[1])
  elseif node.kind == "not" then
    return "boolean"
  elseif node.kind == "compare" and (node.operator == "==" or node.operator == "!=") then
    return "boolean"
  end
  local returns = node.kind == "call" and FUNCTIONS[node.name].returns
  return returns and returns ~= "any" and returns or nil
end

-- Reports whether a value of a known type can be one of the types.
local function can_be(known, types)
  for wanted in types:gmatch "[^|]+" do
    if wanted == known or ELEMENTS[wanted] and known == "array" then
      return true
    end
  end
  return false
end

local function check_argument(node, position, types)
  local argument = node.items[position]
  local is_reference = argument.kind == "reference"
  if (types == "reference") ~= is_reference then
    wrong_type(node, position, types == "any" and "string|number|array|object|boolean|null" or types,
      is_reference and "an expression behind '&'" or "the value of an expression")
  end
  local known = not is_reference and types ~= "any" and known_type(argument)
  if known and not can_be(known, types) then
    wrong_type(node, position, types, WORDS[known])
  end
end

--- Checks a call as far as the input does not matter: name, number of arguments, and types that are known. Raises a
--- failure of lanyard.text.jmespath.failure.
---@param node table
function M.check(node)
  local called, count = FUNCTIONS[node.name], #node.items
  if not called then
    local near = suggest(node.name, lists.sorted_names(FUNCTIONS))
    failure.raise("unknown-function", node.at, "there is no function '%s'%s", node.name,
      near and ("; did you mean '%s'?"):format(near) or "")
  elseif count < #called or count > #called and not called.variadic then
    failure.raise("invalid-arity", node.at, "%s() takes %s%d %s, not %d", node.name,
      called.variadic and "at least " or "", #called, #called == 1 and "argument" or "arguments", count)
  end
  for position = 1, count do
    check_argument(node, position, called[math.min(position, #called)])
  end
end

--- Calls a function. Raises a failure where an argument has a wrong type.
---@param node table
---@param arguments any[]  values, and nodes of the kind "reference"
---@param search jmespath.Meter
---@param apply fun(reference: table, value: any): any
---@return any
function M.call(node, arguments, search, apply)
  local called = FUNCTIONS[node.name]
  for position, argument in ipairs(arguments) do
    local types = called[math.min(position, #called)]
    if types ~= "reference" and not has_one_type(argument, types, search) then
      wrong_type(node, position, types, described(argument, types))
    end
  end
  return called.run({ node = node, search = search, apply = apply }, table.unpack(arguments))
end

return M
