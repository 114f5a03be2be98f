--- Waiters of Smithy (https://smithy.io/2.0/additional-specs/waiters.html) as waiters of botocore.

local json = require "lanyard.json"

local M = {}

-- Smithy's defaults, in seconds, and how long a waiter of botocore waits that says nothing else.
local MIN_DELAY, TOTAL = 2, 1200

local MATCHERS = {
  allStringEquals = "pathAll", anyStringEquals = "pathAny", stringEquals = "path", booleanEquals = "path",
}

local function acceptor_of(acceptor)
  local matcher = acceptor.matcher
  local result = { state = acceptor.state }
  if matcher.errorType then
    result.matcher, result.expected = "error", matcher.errorType:match "([^#]+)$"
  elseif matcher.success ~= nil then
    -- botocore: false matches a call without an error, true one with any error.
    result.matcher, result.expected = "error", not matcher.success
  else
    local path = matcher.output or matcher.inputOutput
    local comparator = MATCHERS[path.comparator] or error({ problem = "a waiter has an unknown comparator" }, 0)
    result.matcher, result.argument, result.expected = comparator, path.path, path.expected
    if path.comparator == "booleanEquals" then
      result.expected = path.expected == "true"
    end
    if matcher.inputOutput then
      result.matcher = "inputOutput" .. comparator:sub(1, 1):upper() .. comparator:sub(2)
    end
  end
  return result
end

--- Converts a waiter.
---@param operation string  the name of its operation
---@param waiter table
---@return table
function M.convert(operation, waiter)
  local delay = waiter.minDelay or MIN_DELAY
  local acceptors = json.array {}
  for i, acceptor in ipairs(waiter.acceptors) do
    acceptors[i] = acceptor_of(acceptor)
  end
  return { operation = operation, delay = delay, maxAttempts = math.max(1, TOTAL // delay), acceptors = acceptors }
end

return M
