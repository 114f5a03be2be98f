-- Which failures may pass when tried again, and how long to wait before.
-- The codes are those of the SDKs' standard retry mode, and one of Lightsail's own.

local system = require "lanyard.system"

local M = {}

M.ATTEMPTS = 3
M.LONGEST = 20

local function set(names)
  local found = {}
  for name in names:gmatch "%S+" do
    found[name] = true
  end
  return found
end

local THROTTLING = set [[
  Throttling ThrottlingException ThrottledException RequestThrottledException RequestThrottled
  TooManyRequestsException ProvisionedThroughputExceededException TransactionInProgressException
  RequestLimitExceeded BandwidthLimitExceeded SlowDown PriorRequestNotComplete
  EC2ThrottledException
]]

-- RegionSetupInProgressException: "Wait a few minutes and try again", says Lightsail; it is retried
-- like any other, and told when it does not pass.
local TRANSIENT = set "RequestTimeout RequestTimeoutException InternalFailure RegionSetupInProgressException"

local TRANSIENT_STATUS = { [429] = true, [500] = true, [502] = true, [503] = true, [504] = true, [509] = true }

-- Whether AWS asked for fewer calls.
function M.is_throttling(err)
  return THROTTLING[err.code] or err.status == 429
end

-- Whether an answer of AWS may be another one next time.
function M.is_retryable(err)
  return (M.is_throttling(err) or TRANSIENT[err.code] or TRANSIENT_STATUS[err.status]) and true or false
end

-- Seconds to wait after the attempt of that number: full jitter below 1, 2, 4, ... 20.
-- https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
function M.delay(attempt, random)
  return (random or system.uniform)() * math.min(M.LONGEST, 2 ^ (attempt - 1))
end

return M
