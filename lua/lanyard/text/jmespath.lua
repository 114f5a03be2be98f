--- Queries in JMESPath (https://jmespath.org/specification.html), as the option --query of the AWS CLI has them.
---
---     local query, err = jmespath.compile "people[?age > `30`].name"
---     local result, err = query:search(value)
---
--- Values are as lanyard.json has them: json.null is null, and lists are marked. Objects have no order in Lua; where it
--- matters (`*`, keys, values), names are sorted, as they are when lanyard.json encodes an object.
---
--- An error has the code "InvalidQuery", `kind` ("syntax", "invalid-type", "invalid-value", "invalid-arity",
--- "unknown-function" as the specification names them, or "limit"), and `position`, in characters from 1.
---
--- Time and memory are bounded. An expression has at most 256 KiB and a depth of 1000, and a search takes at
--- most 20 million steps.

local errors = require "lanyard.errors"
local evaluate = require "lanyard.text.jmespath.evaluate"
local failure = require "lanyard.text.jmespath.failure"
local parser = require "lanyard.text.jmespath.parser"
local values = require "lanyard.text.jmespath.values"

local M = {}

-- The longest expression in bytes: more than a command line of Linux can have in one word.
local MAX_LENGTH = 256 * 1024

---@class jmespath.Query
---@field expression string
local Query = {}
Query.__index = Query
Query.__name = "lanyard.jmespath.query"

-- Returns the results of a function, or nil and an error for the failure that it raised.
local function attempt(expression, f, ...)
  local ok, result = pcall(f, ...)
  if ok then
    return result
  elseif not failure.is(result) then
    error(result, 0)
  end
  local before = expression:sub(1, result.at - 1)
  return nil, errors.new {
    code = "InvalidQuery", kind = result.kind, message = result.message,
    position = (utf8.len(before) or #before) + 1,
  }
end

local function parsed(expression)
  if #expression > MAX_LENGTH then
    failure.raise("limit", 1, "the expression has more than %d bytes", MAX_LENGTH)
  end
  if not utf8.len(expression) then
    local _, bad = utf8.len(expression)
    failure.syntax(bad, "the expression is not UTF-8")
  end
  return parser.parse(expression)
end

--- Parses an expression.
---@param expression string
---@return jmespath.Query? query
---@return lanyard.Error? err
function M.compile(expression)
  local tree, err = attempt(expression, parsed, expression)
  if not tree then
    return nil, err
  end
  return setmetatable({ expression = expression, tree = tree }, Query)
end

local function search(tree, value, steps)
  local meter = values.meter(steps)
  local result = evaluate(tree, value, meter)
  values.measure(result, meter)
  return result
end

--- Applies the query to a value. The result can share tables with the value.
---@param value any
---@param steps? integer  the greatest number of steps, instead of 20 million
---@return any result  json.null for null; nil only with an error
---@return lanyard.Error? err
function Query:search(value, steps)
  return attempt(self.expression, search, self.tree, value, steps)
end

return M
