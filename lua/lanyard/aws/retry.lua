-- Which failures may pass when tried again, what that costs, and how long to wait before.
-- The codes are those of the SDKs' standard retry mode, and one of Lightsail's own.

local timestamp = require "lanyard.text.timestamp"
local lists = require "lanyard.lists"
local system = require "lanyard.system"

local M = {}

M.ATTEMPTS = 3
M.LONGEST = 20

-- Where thousands of calls find out together how many a service takes, some are throttled again and again.
M.MANY_ATTEMPTS = 8

-- LimitExceededException, in the SDKs' list, is left out: here it tells of a quota, which does not pass.
local THROTTLING = lists.set [[
  Throttling ThrottlingException ThrottledException RequestThrottledException RequestThrottled
  TooManyRequestsException ProvisionedThroughputExceededException TransactionInProgressException
  RequestLimitExceeded BandwidthLimitExceeded SlowDown PriorRequestNotComplete
  EC2ThrottledException
]]

-- IDPCommunicationError: STS could not reach who issued a web identity.
-- RegionSetupInProgressException: "Wait a few minutes and try again", says Lightsail; it is retried
-- like any other, and told when it does not pass.
local TRANSIENT = lists.set [[
  RequestTimeout RequestTimeoutException InternalFailure IDPCommunicationError RegionSetupInProgressException
]]

-- 408 is what a server says that gave up on an idle connection; the request was not read.
local TRANSIENT_STATUS = {
  [408] = true, [429] = true, [500] = true, [502] = true, [503] = true, [504] = true, [509] = true,
}

-- The session's credentials have ended; newer ones may do.
local EXPIRED = lists.set "ExpiredToken ExpiredTokenException TokenRefreshRequired"

-- mode(name | nil) --> "standard" | "adaptive", and why it is not the one named | nil, what is wrong
function M.mode(name)
  if name == nil or name == "standard" or name == "adaptive" then
    return name or "standard"
  elseif name == "legacy" then
    return "standard", "retry mode 'legacy' is that of old SDKs, which standard replaces; standard is used"
  end
  return nil, ("'%s' is no retry mode: standard, adaptive or legacy"):format(tostring(name))
end

-- Whether AWS asked for fewer calls.
function M.is_throttling(err)
  return THROTTLING[err.code] or err.status == 429
end

-- Whether an answer of AWS may be another one next time.
function M.is_retryable(err)
  return (M.is_throttling(err) or TRANSIENT[err.code] or TRANSIENT_STATUS[err.status]) and true or false
end

-- Whether it is the credentials that have ended.
function M.is_expired(err)
  return EXPIRED[err.code] or false
end

-- Whether the request may have taken effect although no good answer came.
function M.may_have_happened(err)
  if err.status and (err.status >= 400 and err.status < 500 or M.is_throttling(err)) then
    return false
  end
  return err.sent ~= false and (err.status ~= nil or err.sent == true or err.retryable == true)
end

-- What a retry takes out of the quota.
function M.cost(err)
  return err.code == "Timeout" and 10 or 5
end

-- after(headers, now) --> seconds that a reply asks to wait | nil
-- Retry-After has seconds or a date, which is compared with the reply's own; X-Amz-Retry-After has
-- milliseconds.
function M.after(headers, now)
  local own = headers["x-amz-retry-after"] or ""
  local text = headers["retry-after"] or ""
  if own:find "^%d+$" then
    return tonumber(own) / 1000
  elseif text:find "^%d+$" then
    return tonumber(text) + 0.0
  end
  local moment = timestamp.parse_http(text)
  return moment and math.max(0, moment - (timestamp.parse_http(headers.date) or now))
end

-- delay(attempt, err [, random [, longest]]) --> seconds to wait after the attempt of that number: full
-- jitter below 1, 2, 4, ... `longest`; what the reply asked for (err.retry_after), where that is more and
-- not more than `longest`.
-- https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
function M.delay(attempt, err, random, longest)
  longest = longest or M.LONGEST
  local jittered = (random or system.uniform)() * math.min(longest, 2 ^ (attempt - 1))
  return math.max(jittered, math.min(longest, err.retry_after or 0))
end

return M
