--- Endpoints of AWS services: evaluates the endpoint rule sets of AWS's models.
---
---     local found, err = endpoint.resolve(service.rules, { Region = "eu-west-1", Bucket = "logs" }, partitions)
---     found.url   --> "https://logs.s3.eu-west-1.amazonaws.com"
---
--- https://smithy.io/2.0/additional-specs/rules-engine/
---
--- A rule set is compiled as far as it is used, once for the life of its table, and keeps the endpoints of recent
--- parameters. A rule set with a function or a form that this module does not know is an error that names it, when the
--- rule is used; `check` finds it before.

local bdd = require "lanyard.endpoint.bdd"
local errors = require "lanyard.errors"
local failure = require "lanyard.endpoint.failure"
local functions = require "lanyard.endpoint.functions"
local partitions_of = require "lanyard.endpoint.partitions"
local rules_of = require "lanyard.endpoint.rules"

local M = {}

-- How many endpoints a rule set keeps: S3 has one for each bucket.
local MAX_KEPT = 500

--- An endpoint, as a rule set has it. Endpoints are shared: do not change one.
---@class endpoint.Endpoint
---@field url string
---@field headers table<string, string[]>  to add to each request
---@field properties table                 all that the rule set says of the endpoint
---@field auth_schemes? table[]            how requests are signed, the preferred one first; nil: as the model says

-- ---------------------------------------------------------------------------------------------
-- Parameters

local TYPES = { string = "string", boolean = "boolean", stringarray = "stringArray" }

local function is_string_list(value)
  if type(value) ~= "table" then
    return false
  end
  for _, item in ipairs(value) do
    if type(item) ~= "string" then
      return false
    end
  end
  return true
end

local function fits(value, kind)
  if kind == "stringArray" then
    return is_string_list(value)
  end
  return type(value) == kind
end

-- Returns the parameters of a rule set as a sorted list, and the set of their names.
local function read_parameters(described)
  local list, names = {}, {}
  if type(described) ~= "table" then
    failure.raise("parameters", "an object was expected")
  end
  for name, parameter in pairs(described) do
    local at = "parameters." .. tostring(name)
    local kind = type(parameter) == "table" and TYPES[tostring(parameter.type):lower()]
    if not kind then
      failure.raise(at, "lanyard does not know the type '%s'",
        tostring(type(parameter) == "table" and parameter.type or parameter))
    elseif parameter.default ~= nil and not fits(parameter.default, kind) then
      failure.raise(at, "the default is not of type %s", kind)
    end
    list[#list + 1] = { name = name, kind = kind, default = parameter.default, required = parameter.required }
    names[name] = true
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list, names
end

local function not_resolved(message)
  return nil, errors.new { code = "NoEndpoint", message = message }
end

-- Returns the text of the values for the table of kept endpoints | nil, err
local function key_of(set, given)
  local parts, count = {}, 0
  for name in pairs(given) do
    if not set.names[name] then
      return not_resolved(("the endpoint rules have no parameter '%s'"):format(tostring(name)))
    end
  end
  for _, parameter in ipairs(set.parameters) do
    local value = given[parameter.name]
    if value == nil then
      count = count + 1
      parts[count] = "-"
    else
      if not fits(value, parameter.kind) then
        return not_resolved(("the endpoint parameter %s is of type %s; %s was expected"):format(parameter.name,
          type(value), parameter.kind))
      end
      local text = type(value) == "table" and table.concat(value, "\0") .. "\0" .. #value or tostring(value)
      parts[count + 1], parts[count + 2] = #text, text
      count = count + 2
    end
  end
  return table.concat(parts, ":")
end

-- Returns the values that the rules begin with | nil, err
local function values_of(set, given)
  local values = {}
  for _, parameter in ipairs(set.parameters) do
    local value = given[parameter.name]
    if value == nil then
      value = parameter.default
    end
    if value == nil and parameter.required then
      return not_resolved(("the endpoint parameter %s is required"):format(parameter.name))
    end
    values[parameter.name] = value
  end
  return values
end

-- ---------------------------------------------------------------------------------------------
-- Rule sets

local function compile(rules, partitions, eager)
  if type(rules) ~= "table" or rules.rules == nil and rules.nodes == nil then
    failure.raise("rules", "a rule set was expected")
  end
  local parameters, names = read_parameters(rules.parameters)
  local library = functions.new(partitions_of.new(partitions))
  local evaluate
  if rules.rules then
    evaluate = rules_of.compile(rules.rules, names, library, eager)
  else
    evaluate = bdd.compile(rules, names, library, eager)
  end
  return { parameters = parameters, names = names, kept = {}, count = 0, evaluate = evaluate }
end

-- The compiled rule sets, by their table and the table of partitions.
local sets = setmetatable({}, { __mode = "k" })

local function set_of(rules, partitions)
  local by_partitions = sets[rules]
  if not by_partitions then
    by_partitions = setmetatable({}, { __mode = "k" })
    sets[rules] = by_partitions
  end
  local set = by_partitions[partitions]
  if not set then
    set = compile(rules, partitions)
    by_partitions[partitions] = set
  end
  return set
end

-- Returns the results of a function | nil, err for the failure that it raised
local function attempt(f, ...)
  local ok, result, err = pcall(f, ...)
  if ok then
    return result, err
  elseif not failure.is(result) then
    error(result, 0)
  end
  return nil, errors.new {
    code = "InvalidModel", message = "the endpoint rules cannot be evaluated: " .. result.message,
  }
end

-- A parameter can be part of the host: it must not change where the host ends.
local function check_url(url)
  if not url:find "^https?://[%w.:_%[%]%%-]+$" and not url:find "^https?://[%w.:_%[%]%%-]+/[^%s%c?#]*$" then
    failure.raise("endpoint.url", "the rules give '%s', which is not a URL of an endpoint", url)
  end
end

local function evaluate(set, given)
  local values, err = values_of(set, given)
  if not values then
    return nil, err
  end
  local outcome = set.evaluate(values)
  if outcome.url then
    check_url(outcome.url)
    outcome.auth_schemes = outcome.properties.authSchemes
  end
  return outcome
end

local function resolve(rules, given, partitions)
  local set = set_of(rules, partitions)
  local key, err = key_of(set, given)
  if not key then
    return nil, err
  end
  local outcome = set.kept[key]
  if not outcome then
    outcome, err = evaluate(set, given)
    if not outcome then
      return nil, err
    elseif set.count >= MAX_KEPT then
      set.kept, set.count = {}, 0
    end
    set.kept[key], set.count = outcome, set.count + 1
  end
  if outcome.error then
    return not_resolved(outcome.error)
  end
  return outcome
end

--- Evaluates a rule set.
---@param rules table       an endpoint rule set, as in botocore's endpoint-rule-set-1.json, or Smithy's endpointBdd
---@param parameters table<string, string|boolean|string[]>  by the names of the rule set
---@param partitions table  as in partitions.json
---@return endpoint.Endpoint? endpoint
---@return lanyard.Error? err  code "NoEndpoint" with the message of the rule set, or "InvalidModel"
function M.resolve(rules, parameters, partitions)
  return attempt(resolve, rules, parameters, partitions)
end

--- Checks all rules of a rule set.
---@param rules table
---@param partitions table
---@return true? ok
---@return lanyard.Error? err  code "InvalidModel"
function M.check(rules, partitions)
  local set, err = attempt(compile, rules, partitions, true)
  return set and true, err
end

return M
