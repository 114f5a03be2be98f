--- The waiters of AWS's models.
---
---     local waiter = assert(model_waiters.compile(service, "InstanceRunning"))
---     waiter.judge(reply, err)     --> "success" | "failure" | "retry" | nil
---
--- A waiter has botocore's members: `operation`, `delay` (seconds), `maxAttempts` and `acceptors`. An acceptor has a
--- `state`, a `matcher` and what it expects: "path" (the value of a query equals it), "pathAll" and "pathAny" (all or
--- one of the values of a list, which is not empty), "status" (of HTTP), "error" (its code; true: any error; false:
--- none).
--- https://smithy.io/2.0/additional-specs/waiters.html
---
--- lanyard.aws.waiters calls the operation and asks what a reply means.

local errors = require "lanyard.errors"
local expression = require "lanyard.aws.expression"
local json = require "lanyard.json"

local M = {}

-- The longest text of a value in an error.
local MAX_TEXT = 200

--- A waiter that can be used.
---@class aws.ModelWaiter
---@field name string
---@field operation string
---@field delay number
---@field attempts integer
---@field judge fun(reply: table?, err: aws.Error?): string?
---@field observed fun(reply: table?, err: aws.Error?): string

-- ---------------------------------------------------------------------------------------------
-- Matchers: each returns a function of the reply and the error that says whether they match

local MATCHERS = {}

function MATCHERS.path(expected, get)
  return function(reply)
    return reply ~= nil and get(reply) == expected
  end
end

local function list_of(reply, get)
  local list = reply and get(reply)
  return type(list) == "table" and list[1] ~= nil and list or nil
end

function MATCHERS.pathAll(expected, get)
  return function(reply)
    local list = list_of(reply, get)
    for _, item in ipairs(list or {}) do
      if item ~= expected then
        return false
      end
    end
    return list ~= nil
  end
end

function MATCHERS.pathAny(expected, get)
  return function(reply)
    for _, item in ipairs(list_of(reply, get) or {}) do
      if item == expected then
        return true
      end
    end
    return false
  end
end

-- Which 2xx status a reply has is not kept: models name 200 for all of them.
function MATCHERS.status(expected)
  return function(reply, err)
    if reply then
      return expected >= 200 and expected < 300
    end
    return err ~= nil and err.status == expected
  end
end

-- The code that an error has on the wire, if the name of its shape is another one.
local function code_of(name, operation)
  for _, shape in ipairs(operation.errors) do
    if shape.name == name then
      return shape.error and shape.error.code
    end
  end
end

function MATCHERS.error(expected, _, operation)
  if type(expected) == "boolean" then
    return function(reply, err)
      return expected == (reply == nil and err ~= nil and err.status ~= nil)
    end
  end
  local name = expected:match "#(.+)$" or expected
  local other = code_of(name, operation)
  return function(_, err)
    return err ~= nil and err.status ~= nil and (err.code == name or err.code == other)
  end
end

-- The types that `expected` can have.
local EXPECTED = {
  path = { string = true, boolean = true, number = true },
  pathAll = { string = true, boolean = true, number = true },
  pathAny = { string = true, boolean = true, number = true },
  status = { number = true },
  error = { string = true, boolean = true },
}
local STATES = { success = true, failure = true, retry = true }

-- ---------------------------------------------------------------------------------------------
-- Reading waiters

local function invalid(name, format, ...)
  return nil, errors.new {
    code = "InvalidModel", message = ("the waiter %s: "):format(name) .. format:format(...),
  }
end

-- Returns { state, matches, argument, get } | nil, err
local function compile_acceptor(described, name, operation)
  if type(described) ~= "table" then
    return invalid(name, "an acceptor is a %s", type(described))
  end
  local matcher, expected = MATCHERS[described.matcher], described.expected
  if not matcher then
    return invalid(name, "lanyard does not know the matcher '%s'", tostring(described.matcher))
  elseif not STATES[described.state] then
    return invalid(name, "lanyard does not know the state '%s'", tostring(described.state))
  elseif not EXPECTED[described.matcher][type(expected)] then
    return invalid(name, "the matcher %s cannot expect a value of type %s", described.matcher, type(expected))
  end
  local get, err
  if described.matcher:find "^path" then
    get, err = expression.compile(described.argument, ("the argument of the waiter %s"):format(name))
    if not get then
      return nil, err
    end
  end
  return {
    state = described.state, matches = matcher(expected, get, operation),
    argument = get and described.argument, get = get,
  }
end

local function judge(acceptors)
  return function(reply, err)
    for _, acceptor in ipairs(acceptors) do
      if acceptor.matches(reply, err) then
        return acceptor.state
      end
    end
  end
end

local function text_of(value)
  if value == nil then
    return "absent"
  end
  local ok, text = pcall(json.encode, value)
  if not ok then
    text = "not printable"
  end
  if #text > MAX_TEXT then
    text = text:sub(1, utf8.offset(text, 0, MAX_TEXT + 1) - 1) .. "..."
  end
  return text
end

-- Describes the values that the acceptors compare: "Reservations[].Instances[].State.Name is ["pending"]".
local function observed(acceptors)
  return function(reply, err)
    if not reply then
      return err and tostring(err) or "nothing"
    end
    local parts, listed = {}, {}
    for _, acceptor in ipairs(acceptors) do
      local argument = acceptor.argument
      if argument and not listed[argument] then
        listed[argument] = true
        parts[#parts + 1] = ("%s is %s"):format(argument, text_of(acceptor.get(reply)))
      end
    end
    return parts[1] and table.concat(parts, ", ") or "the operation succeeds"
  end
end

local function is_count(value, least)
  return type(value) == "number" and value >= least and value < 1e9
end

--- Reads a waiter.
---@param service model.Service
---@param name string
---@return aws.ModelWaiter? waiter  nil without an error if the model does not have it
---@return lanyard.Error? err  code "InvalidModel"
function M.compile(service, name)
  local described = service.waiters[name]
  if described == nil then
    return nil
  elseif type(described) ~= "table" then
    return invalid(name, "it is a %s", type(described))
  end
  local operation = service:operation(described.operation)
  if not operation then
    return invalid(name, "the model has no operation '%s'", tostring(described.operation))
  elseif not (is_count(described.delay, 0) and is_count(described.maxAttempts, 1)) then
    return invalid(name, "delay and maxAttempts have to be numbers")
  end
  local acceptors, list = {}, described.acceptors
  if type(list) ~= "table" or list[1] == nil then
    return invalid(name, "it has no list of acceptors")
  end
  for i, acceptor in ipairs(list) do
    local compiled, err = compile_acceptor(acceptor, name, operation)
    if not compiled then
      return nil, err
    end
    acceptors[i] = compiled
  end
  return {
    name = name, operation = described.operation, delay = described.delay, attempts = described.maxAttempts,
    judge = judge(acceptors), observed = observed(acceptors),
  }
end

return M
