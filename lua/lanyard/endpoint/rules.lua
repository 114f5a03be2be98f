--- Compiles the rules of an endpoint rule set to a function. A rule is compiled when it is first evaluated: S3 has
--- more than a thousand, and a call needs some twenty of them.
--- https://smithy.io/2.0/additional-specs/rules-engine/specification.html

local expressions = require "lanyard.endpoint.expressions"
local failure = require "lanyard.endpoint.failure"

local M = {}

local MAX_DEPTH = 100

---@class endpoint.Outcome
---@field error? string     of an error rule
---@field url? string       of an endpoint rule
---@field headers? table<string, string[]>
---@field properties? table

-- Compiles conditions. Returns them, and the scope with the names that they assign.
local function compile_conditions(rule, scope, at)
  local conditions = {}
  if type(rule.conditions) ~= "table" then
    failure.raise(at, "the rule has no list of conditions")
  end
  for i, condition in ipairs(rule.conditions) do
    local here = ("%s.conditions.%d"):format(at, i - 1)
    if type(condition) ~= "table" or condition.fn == nil then
      failure.raise(here, "a function was expected")
    end
    local name = condition.assign
    conditions[i] = { expressions.compile(condition, scope, here), name }
    if name ~= nil then
      if type(name) ~= "string" or scope.names[name] then
        failure.raise(here, "'%s' cannot be assigned: it has a value", tostring(name))
      end
      scope = {
        names = setmetatable({ [name] = true }, { __index = scope.names }),
        library = scope.library, eager = scope.eager,
      }
    end
  end
  return conditions, scope
end

local function hold(conditions, values)
  for i = 1, #conditions do
    local condition = conditions[i]
    local value = condition[1](values)
    if value == nil or value == false then
      return false
    elseif condition[2] then
      values[condition[2]] = value
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- The kinds of rules. Each compiles to a function of the values in scope that returns an outcome.

local KINDS = {}

local function text_of(expression, values, at)
  local text = expression(values)
  if type(text) ~= "string" then
    failure.raise(at, "a text was expected; it is %s", text == nil and "not set" or "a " .. type(text))
  end
  return text
end

function KINDS.error(rule, scope, at)
  local message = expressions.compile(rule.error, scope, at .. ".error")
  return function(values)
    return { error = text_of(message, values, at .. ".error") }
  end
end

local function compile_headers(headers, scope, at)
  local compiled = {}
  if headers ~= nil and type(headers) ~= "table" then
    failure.raise(at, "an object was expected")
  end
  for name, list in pairs(headers or {}) do
    local here = ("%s.%s"):format(at, name)
    if type(list) ~= "table" or list.ref or list.fn then
      failure.raise(here, "a list of values was expected")
    end
    compiled[name] = {}
    for i, value in ipairs(list) do
      compiled[name][i] = expressions.compile(value, scope, here)
    end
  end
  return function(values)
    local made = {}
    for name, list in pairs(compiled) do
      made[name] = {}
      for i, value in ipairs(list) do
        made[name][i] = text_of(value, values, ("%s.%s"):format(at, name))
      end
    end
    return made
  end
end

function KINDS.endpoint(rule, scope, at)
  local endpoint = rule.endpoint
  if type(endpoint) ~= "table" then
    failure.raise(at, "the rule has no endpoint")
  end
  local url = expressions.compile(endpoint.url, scope, at .. ".endpoint.url")
  local headers = compile_headers(endpoint.headers, scope, at .. ".endpoint.headers")
  local properties = expressions.compile_property(endpoint.properties or {}, scope, at .. ".endpoint.properties")
  return function(values)
    return {
      url = text_of(url, values, at .. ".endpoint.url"), headers = headers(values), properties = properties(values),
    }
  end
end

-- ---------------------------------------------------------------------------------------------
-- Rules

local compile_list

function KINDS.tree(rule, scope, at, depth)
  return compile_list(rule.rules, scope, at .. ".rules", depth + 1)
end

local function compile_rule(rule, scope, at, depth)
  local kind = type(rule) == "table" and KINDS[rule.type]
  if not kind then
    failure.raise(at, "lanyard does not know the rule type '%s'", tostring(type(rule) == "table" and rule.type or rule))
  end
  local conditions, inner = compile_conditions(rule, scope, at)
  local outcome = scope.eager and kind(rule, inner, at, depth)
  return function(values)
    if hold(conditions, values) then
      outcome = outcome or kind(rule, inner, at, depth)
      return outcome(values)
    end
  end
end

-- The first rule whose conditions hold decides. If there is none, it is a failure: a tree is never left again.
function compile_list(list, scope, at, depth)
  if type(list) ~= "table" then
    failure.raise(at, "a list of rules was expected")
  elseif depth > MAX_DEPTH then
    failure.raise(at, "the rules are nested more than %d times", MAX_DEPTH)
  end
  local compiled = {}
  local function rule_at(i)
    local rule = compiled[i] or compile_rule(list[i], scope, ("%s.%d"):format(at, i - 1), depth)
    compiled[i] = rule
    return rule
  end
  if scope.eager then
    for i = 1, #list do
      rule_at(i)
    end
  end
  return function(values)
    for i = 1, #list do
      local outcome = (compiled[i] or rule_at(i))(values)
      if outcome then
        return outcome
      end
    end
    failure.raise(at, "no rule holds")
  end
end

--- Compiles a condition that assigns to the values of all. Raises a failure.
---@param condition table
---@param scope endpoint.Scope
---@param number integer  its position
---@return fun(values: table): boolean holds
function M.compile_condition(condition, scope, number)
  local at = "conditions." .. number
  if type(condition) ~= "table" or condition.fn == nil then
    failure.raise(at, "a function was expected")
  end
  local compiled = { { expressions.compile(condition, scope, at), condition.assign } }
  return function(values)
    return hold(compiled, values)
  end
end

--- Compiles a result: an endpoint or error rule, whose conditions do not count. Raises a failure.
---@param rule table
---@param scope endpoint.Scope
---@param number integer  its position
---@return fun(values: table): endpoint.Outcome
function M.compile_result(rule, scope, number)
  local at = "results." .. number
  local kind = type(rule) == "table" and rule.type ~= "tree" and KINDS[rule.type]
  if not kind then
    failure.raise(at, "lanyard does not know the rule type '%s'", tostring(type(rule) == "table" and rule.type or rule))
  end
  return kind(rule, scope, at)
end

--- Compiles the rules of a rule set. Raises a failure.
---@param rules table[]
---@param names table<string, boolean>  the parameters
---@param library table<string, endpoint.Function>
---@param eager? boolean  compile all rules now, to check them
---@return fun(values: table): endpoint.Outcome evaluate  gets the values of the parameters, and adds to the table
function M.compile(rules, names, library, eager)
  return compile_list(rules, { names = names, library = library, eager = eager }, "rules", 0)
end

return M
