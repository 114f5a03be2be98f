--- Compiles the expressions of endpoint rule sets to functions of the values in scope.
---
---     local url = expressions.compile("https://{Bucket}.{url#authority}", scope, "rules.0.endpoint.url")
---     url { Bucket = "logs", url = { authority = "s3.amazonaws.com" } }   --> "https://logs.s3.amazonaws.com"
---
--- A scope is a table with `names`, the names that a reference can have, and `library`, the functions
--- (lanyard.endpoint.functions). `at` is the position of the expression in its rule set, for failures.

local failure = require "lanyard.endpoint.failure"

local M = {}

local MAX_DEPTH = 50

---@alias endpoint.Expression fun(values: table): any
---@class endpoint.Scope
---@field names table<string, boolean>
---@field library table<string, endpoint.Function>

-- ---------------------------------------------------------------------------------------------
-- References and their attributes

local function check_name(name, scope, at)
  if type(name) ~= "string" then
    failure.raise(at, "a reference is a %s; a name was expected", type(name))
  elseif not scope.names[name] then
    failure.raise(at, "'%s' is neither a parameter nor assigned", name)
  end
end

-- Parses "resourceId[1]" or "a.b" to the keys "resourceId", 1 (from 0).
local function parse_path(path, at)
  local keys = {}
  if type(path) ~= "string" then
    failure.raise(at, "the path of an attribute is a %s; a text was expected", type(path))
  end
  for part in (path .. "."):gmatch "([^.]*)%." do
    local name, index = part:match "^([^%[%]]*)%[(-?%d+)%]$"
    if not index and (part == "" or part:find "[%[%]]") then
      failure.raise(at, "'%s' is not a path of an attribute", path)
    elseif name ~= "" then
      keys[#keys + 1] = name or part
    end
    keys[#keys + 1] = math.tointeger(tonumber(index))
  end
  return keys
end

-- Returns a member, or an item at an index from 0, from -1 at the end. An index can be past the end, a member cannot be
-- missing.
local function attribute(value, key, path, at)
  if type(value) ~= "table" then
    failure.raise(at, "there is no '%s' in a %s", path, type(value))
  elseif math.type(key) == "integer" then
    return value[key < 0 and #value + 1 + key or key + 1]
  elseif value[key] == nil then
    failure.raise(at, "there is no attribute '%s'", path)
  end
  return value[key]
end

local function attributes(expression, path, at)
  local keys = parse_path(path, at)
  local first = keys[1]
  if not keys[2] then
    return function(values)
      return attribute(expression(values), first, path, at)
    end
  end
  return function(values)
    local value = expression(values)
    for _, key in ipairs(keys) do
      value = attribute(value, key, path, at)
      if value == nil then
        return nil
      end
    end
    return value
  end
end

local function reference(name, scope, at)
  check_name(name, scope, at)
  return function(values) return values[name] end
end

-- ---------------------------------------------------------------------------------------------
-- Templates

-- Compiles what is between braces to a function that returns a text.
local function placeholder(text, scope, at)
  local name, path = text:match "^([^#]*)#(.*)$"
  local expression = reference(name or text, scope, at)
  expression = path and attributes(expression, path, at) or expression
  return function(values)
    local value = expression(values)
    if type(value) ~= "string" then
      failure.raise(at, "{%s} is %s; a text was expected", text, value == nil and "not set" or "a " .. type(value))
    end
    return value
  end
end

-- Splits a template into texts and functions. {{ and }} are braces.
local function parse_template(text, scope, at)
  local parts, position = {}, 1
  while position <= #text do
    local literal, brace, after = text:match("^([^{}]*)([{}]?)()", position)
    if literal ~= "" then
      parts[#parts + 1] = literal
    end
    if brace ~= "" and text:sub(after, after) == brace then
      parts[#parts + 1] = brace
      after = after + 1
    elseif brace == "{" then
      local name, past = text:match("^([^{}]+)}()", after)
      if not name then
        failure.raise(at, "'%s' has a brace without its other", text)
      end
      parts[#parts + 1] = placeholder(name, scope, at)
      after = past
    elseif brace == "}" then
      failure.raise(at, "'%s' has a brace without its other", text)
    end
    position = after
  end
  return parts
end

local function constant(value)
  return function() return value end, value
end

local function template(text, scope, at)
  if not text:find "[{}]" then
    return constant(text)
  end
  local parts = parse_template(text, scope, at)
  if #parts == 1 and type(parts[1]) == "function" then
    return parts[1]
  end
  return function(values)
    local texts = {}
    for i, part in ipairs(parts) do
      texts[i] = type(part) == "string" and part or part(values)
    end
    return table.concat(texts)
  end
end

-- ---------------------------------------------------------------------------------------------
-- Functions

local compile

local function type_of(value)
  return math.type(value) == "integer" and "integer" or type(value)
end

local function mismatch(at, name, number, value, expected)
  failure.raise(at, "%s: argument %d is %s; a value of type %s was expected", name, number,
    value == nil and "not set" or "of type " .. type_of(value), expected)
end

-- Functions that take values of any type: the fewest and the most arguments, and what compiles a call.
local GENERAL = {
  isSet = { 1, 1, function(arguments)
    local value = arguments[1]
    return function(values) return value(values) ~= nil end
  end },
  coalesce = { 2, math.huge, function(arguments)
    return function(values)
      for _, argument in ipairs(arguments) do
        local value = argument(values)
        if value ~= nil then
          return value
        end
      end
    end
  end },
  ite = { 3, 3, function(arguments, at)
    local condition, yes, no = arguments[1], arguments[2], arguments[3]
    return function(values)
      local value = condition(values)
      if type(value) ~= "boolean" then
        mismatch(at, "ite", 1, value, "boolean")
      end
      return (value and yes or no)(values)
    end
  end },
}

-- Returns a call of a function of the library. The types of arguments are checked at each call.
local function library_call(name, arguments, described, at)
  local call, count = described.call, #described
  local first, second = arguments[1], arguments[2]
  local first_type, second_type = described[1], described[2]
  if count == 1 then
    return function(values)
      local value = first(values)
      if type(value) ~= first_type and not (value == nil and described.optional) then
        mismatch(at, name, 1, value, first_type)
      end
      return call(value)
    end
  elseif count == 2 then
    return function(values)
      local a, b = first(values), second(values)
      if type(a) ~= first_type then
        mismatch(at, name, 1, a, first_type)
      elseif type(b) ~= second_type then
        mismatch(at, name, 2, b, second_type)
      end
      return call(a, b)
    end
  end
  return function(values)
    local given = {}
    for i = 1, count do
      given[i] = arguments[i](values)
      if type_of(given[i]) ~= described[i] then
        mismatch(at, name, i, given[i], described[i])
      end
    end
    return call(table.unpack(given, 1, count))
  end
end

local function check_count(name, given, least, most, at)
  if given < least or given > most then
    failure.raise(at, "%s has %d arguments; %s expected", name, given,
      least == most and ("%d were"):format(least) or ("at least %d were"):format(least))
  end
end

local function compile_arguments(list, scope, at, depth)
  local arguments = {}
  for i = 1, #list do
    arguments[i] = compile(list[i], scope, ("%s.argv.%d"):format(at, i - 1), depth + 1)
  end
  return arguments
end

local function get_attribute(list, scope, at, depth)
  check_count("getAttr", #list, 2, 2, at)
  return attributes(compile(list[1], scope, at .. ".argv.0", depth + 1), list[2], at .. ".argv.1")
end

local function call_of(expression, scope, at, depth)
  local name, list = expression.fn, expression.argv
  if type(name) ~= "string" or type(list) ~= "table" then
    failure.raise(at, "a function needs a name and the list argv")
  elseif name == "getAttr" then
    return get_attribute(list, scope, at, depth)
  end
  local general, described = GENERAL[name], scope.library[name]
  if not (general or described) then
    failure.raise(at, "lanyard does not know the function '%s'", name)
  elseif general then
    check_count(name, #list, general[1], general[2], at)
    return general[3](compile_arguments(list, scope, at, depth), at)
  end
  check_count(name, #list, #described, #described, at)
  return library_call(name, compile_arguments(list, scope, at, depth), described, at)
end

-- ---------------------------------------------------------------------------------------------
-- Expressions

local function list_of(expression, scope, at, depth)
  local items = {}
  for i, item in ipairs(expression) do
    items[i] = compile(item, scope, ("%s.%d"):format(at, i - 1), depth + 1)
  end
  return function(values)
    local list = {}
    for i, item in ipairs(items) do
      list[i] = item(values)
    end
    return list
  end
end

-- Parameter names of an object that is neither a reference nor a function, for the failure.
local function form_of(object)
  local names = {}
  for name in pairs(object) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  return "{" .. table.concat(names, ", ") .. "}"
end

--- Compiles a text (a template), a boolean, an integer, a reference, a function or a list of them. Raises a failure.
---@param expression any
---@param scope endpoint.Scope
---@param at string
---@param depth? integer
---@return endpoint.Expression
function compile(expression, scope, at, depth)
  depth = depth or 0
  local kind = type_of(expression)
  if depth > MAX_DEPTH then
    failure.raise(at, "the expression is nested more than %d times", MAX_DEPTH)
  elseif kind == "string" then
    return (template(expression, scope, at))
  elseif kind == "boolean" or kind == "integer" then
    return (constant(expression))
  elseif kind ~= "table" then
    failure.raise(at, "the expression is a %s", kind)
  elseif expression.ref ~= nil then
    return reference(expression.ref, scope, at)
  elseif expression.fn ~= nil then
    return call_of(expression, scope, at, depth)
  elseif expression[1] ~= nil or next(expression) == nil then
    return list_of(expression, scope, at, depth)
  end
  failure.raise(at, "lanyard does not know the form %s", form_of(expression))
end
M.compile = compile

--- Compiles a property of an endpoint: any value, whose texts are templates. It has no references and functions.
---@param property any
---@param scope endpoint.Scope
---@param at string
---@param depth? integer
---@return endpoint.Expression
function M.compile_property(property, scope, at, depth)
  depth = depth or 0
  if type(property) ~= "table" then
    return compile(property, scope, at, depth)
  elseif depth > MAX_DEPTH then
    failure.raise(at, "the property is nested more than %d times", MAX_DEPTH)
  end
  local members = {}
  for name, member in pairs(property) do
    local label = math.type(name) == "integer" and name - 1 or name
    members[name] = M.compile_property(member, scope, ("%s.%s"):format(at, label), depth + 1)
  end
  return function(values)
    local made = {}
    for name, member in pairs(members) do
      made[name] = member(values)
    end
    return made
  end
end

return M
