--- Decides which failures to retry, what a retry costs, and how long to wait before it.
--- The error codes are in lanyard.aws.recorded.

local recorded = require "lanyard.aws.recorded"
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"

local M = {
  --- Attempts of a call by default.
  ATTEMPTS = 3,
  --- Attempts where thousands of calls find the limit of a service together, and some are throttled repeatedly.
  MANY_ATTEMPTS = 8,
  --- The longest delay between two attempts, in seconds.
  LONGEST = 20,
}

-- A server that closes an idle connection replies 408; it has not read the request.
local TRANSIENT_STATUS = {
  [408] = true, [429] = true, [500] = true, [502] = true, [503] = true, [504] = true, [509] = true,
}

--- Returns the retry mode of a name, and a message if another one is used instead.
---@param name? string  "standard", "adaptive" or "legacy"; nil is "standard"
---@return "standard"|"adaptive"|nil mode  nil if the name is not a retry mode
---@return string? message
function M.mode(name)
  if name == nil or name == "standard" or name == "adaptive" then
    return name or "standard"
  elseif name == "legacy" then
    return "standard", "retry mode 'legacy' belongs to old SDKs; standard is used instead"
  end
  return nil, ("'%s' is not a retry mode: use standard, adaptive or legacy"):format(tostring(name))
end

--- Reports whether AWS asked for fewer calls.
---@param err lanyard.Error
---@return boolean
function M.is_throttling(err)
  return recorded.means(err, "throttling") or err.status == 429
end

--- Reports whether AWS can answer otherwise next time.
---@param err lanyard.Error
---@param transient? table<string, boolean>  further codes that can pass, of one service
---@return boolean
function M.is_retryable(err, transient)
  return (M.is_throttling(err) or recorded.means(err, "transient") or TRANSIENT_STATUS[err.status]
    or transient and transient[err.code]) and true or false
end

--- Reports whether the credentials have expired.
---@param err lanyard.Error
---@return boolean
function M.is_expired(err)
  return recorded.means(err, "expired")
end

--- Reports whether the request may have been carried out in spite of the error.
---@param err lanyard.Error
---@return boolean
function M.may_have_happened(err)
  if err.status and (err.status >= 400 and err.status < 500 or M.is_throttling(err)) then
    return false
  end
  return err.sent ~= false and (err.status ~= nil or err.sent == true or err.retryable == true)
end

--- Returns what a retry after this error takes from the quota.
---@param err lanyard.Error
---@return integer
function M.cost(err)
  return err.code == "Timeout" and 10 or 5
end

--- Returns how many seconds a reply asks to wait.
--- Retry-After has seconds, or a date that is compared with the Date of the reply. X-Amz-Retry-After has milliseconds.
---@param headers table<string, string>
---@param now number  seconds since 1970
---@return number? seconds
function M.after(headers, now)
  local milliseconds = headers["x-amz-retry-after"] or ""
  local text = headers["retry-after"] or ""
  if milliseconds:find "^%d+$" then
    return tonumber(milliseconds) / 1000
  elseif text:find "^%d+$" then
    return tonumber(text) + 0.0
  end
  local time = timestamp.parse_http(text)
  return time and math.max(0, time - (timestamp.parse_http(headers.date) or now))
end

--- Returns how many seconds to wait after an attempt: full jitter below 1, 2, 4, ... `longest` seconds, and at least
--- what the reply asked for (err.retry_after), but not more than `longest`.
--- https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
---@param attempt integer           the number of the attempt, from 1
---@param err lanyard.Error
---@param random? fun(): number     a number in [0, 1)
---@param longest? number           M.LONGEST by default
---@return number seconds
function M.delay(attempt, err, random, longest)
  longest = longest or M.LONGEST
  local jittered = (random or system.uniform)() * math.min(longest, 2 ^ (attempt - 1))
  return math.max(jittered, math.min(longest, err.retry_after or 0))
end

return M
