--- Limits the rate of calls in the adaptive retry mode: finds how many calls per second a service accepts, and stays
--- just below that.
---
---     local limiter = rate.limiter(account, "us-east-1 https://api.ecr... DescribeImages", clock)
---     local sent = limiter:acquire()     -- waits for its turn; returns the time when it came
---     limiter:record(throttled, sent)    -- records the result of the call
---
--- Calls are not limited until the first one is throttled, which shows the limit: the rate drops to 0.7 of the measured
--- rate, and grows back along a cubic curve (RFC 9438) that is flat near the limit and steep far from it. Formulas and
--- constants are from the SDKs' adaptive mode, with these differences:
---
--- - Calls that were in progress when the rate dropped do not make it drop again.
--- - A low limit is probed less often, since a probe costs a throttled call; except in the beginning, when little is
---   known.
--- - In the beginning, the calls that were accepted since a first one was throttled show the least value of the limit.
--- - One or two calls that are throttled in a burst, after a pause of this machine, do not discard the estimate: the
---   limit is not less than the rate accepted recently.

local M = {}

local BETA = 0.7           -- the factor of the rate after a throttled call
local STEEPEST = 0.4       -- the factor of the cubic term at high limits
local FLATNESS = 4000      -- at lower limits the factor is limit / FLATNESS: the limit is probed after ten seconds
local FLATTEST = 0.0005    -- the factor of the cubic term at the lowest limits
local BEGINNING = 10       -- seconds in which little is known: a bucket can be full, or the start slow
local SLOWEST = 0.5        -- calls per second
local PERIOD = 0.5         -- seconds over which the sent rate is measured
local SHORTEST = 0.05      -- seconds over which the first rate is measured at least
local SMOOTHING = 0.8      -- the weight of the last period in the measured rate
local FEWEST = 10          -- accepted calls that show a limit
local MEMORY = 5           -- seconds over which the accepted rate is measured
local MOST_GROWTH = 2      -- the rate is at most this multiple of the measured rate
local LEAST_LEFT = 0.9     -- the part of the known limit that remains at least after a throttled call
local STORE = 0.3          -- seconds of unused tokens that are stored; more would be a burst
local LONGEST_SLEEP = 0.5  -- seconds after which a waiting call checks whether the rate has changed

local Limiter = {}
Limiter.__index = Limiter

--- Creates a limiter.
---@param clock table  with `now` and `sleep` of lanyard.clock
function M.new(clock)
  local now = clock.now()
  return setmetatable({
    clock = clock,
    rate = nil,                             -- calls per second; nil: not limited
    made = 0, made_at = now, handed = 0,    -- tokens made until made_at; number of the last token handed out
    measured = nil, count = 0, began = now, period = 0,
    accepted = 0, accepted_at = now,        -- calls per second accepted recently, as of accepted_at
    empty_at = nil, since_empty = 0,        -- when a call was first throttled; calls accepted since then
    limit = 0, limit_at = now,              -- the rate at which a call was throttled, and when
  }, Limiter)
end

local function make_tokens(self, now)
  if self.rate then
    self.made = self.made + (now - self.made_at) * self.rate
  end
  self.made_at = now
end

-- Counts a reply and returns the measured rate. The current period counts as soon as its rate is higher; the first one
-- counts by the time since its beginning.
local function measure(self, now)
  local period = (now - self.began) // PERIOD
  self.count = self.count + 1
  if period > self.period then
    local current = self.count / ((period - self.period) * PERIOD)
    self.measured = SMOOTHING * current + (1 - SMOOTHING) * (self.measured or current)
    self.count, self.period = 0, period
  end
  return math.max(self.measured or self.count / math.max(now - self.began, SHORTEST), self.count / PERIOD)
end

-- Counts a call, and returns how many calls per second were accepted recently.
local function measure_accepted(self, now, throttled)
  if throttled then
    self.empty_at = self.empty_at or now
  elseif self.empty_at then
    self.since_empty = self.since_empty + 1
  end
  self.accepted = self.accepted * math.exp((self.accepted_at - now) / MEMORY) + (throttled and 0 or 1 / MEMORY)
  self.accepted_at = now
  return self.accepted
end

local function in_beginning(self, now)
  return now - self.began <= BEGINNING
end

-- Returns the least value of the limit, as far as it is known. A bucket is empty whenever a call is throttled, so the
-- calls accepted from one such time to another are what it got in between.
local function least_limit(self, now)
  if not in_beginning(self, now) then
    return math.max(self.accepted, LEAST_LEFT * self.limit)
  end
  return self.since_empty >= FEWEST and self.since_empty / (now - self.empty_at) or 0
end

-- Returns the rate along the curve, which reaches the limit again after `zero` seconds.
local function curve(self, now)
  local scale = in_beginning(self, self.limit_at) and STEEPEST
    or math.max(FLATTEST, math.min(STEEPEST, self.limit / FLATNESS))
  local zero = (self.limit * (1 - BETA) / scale) ^ (1 / 3)
  return scale * (now - self.limit_at - zero) ^ 3 + self.limit
end

--- Records the result of a call.
---@param throttled boolean
---@param sent number  the time that acquire() returned
function Limiter:record(throttled, sent)
  local now = self.clock.now()
  make_tokens(self, now)
  local measured, accepted = measure(self, now), measure_accepted(self, now, throttled)
  if throttled and sent >= self.limit_at then
    self.limit = math.max(least_limit(self, now), math.min(measured, self.rate or measured))
    self.limit_at = now
    self.rate = BETA * self.limit
  elseif self.rate then
    self.rate = curve(self, now)
  else
    return
  end
  self.rate = math.max(SLOWEST, math.min(self.rate, MOST_GROWTH * math.max(measured, accepted)))
end

--- Waits for a token, in the order of the calls, and returns the time.
---@return number sent
function Limiter:acquire()
  local now = self.clock.now()
  if not self.rate then
    return now
  end
  make_tokens(self, now)
  local number = math.max(self.handed, self.made - math.max(1, STORE * self.rate)) + 1
  self.handed = number
  local acquired = false
  -- A call that is cancelled while it waits leaves its token to the next ones.
  local _ <close> = setmetatable({}, { __close = function() self.made = self.made + (acquired and 0 or 1) end })
  while true do
    local missing = number - self.made
    if missing < 1e-6 then
      acquired = true
      return self.made_at
    end
    self.clock.sleep(math.min(missing / self.rate, LONGEST_SLEEP))
    make_tokens(self, self.clock.now())
  end
end

-- [account, or session with an unknown account] = { [name] = limiter }
local limiters = setmetatable({}, { __mode = "k" })

--- Returns the limiter of an owner and a name, and creates it at the first use.
---@param owner string|table  an account, or a session with an unknown account
---@param name string         Region, endpoint and operation
---@param clock table         with `now` and `sleep` of lanyard.clock
function M.limiter(owner, name, clock)
  local owned = limiters[owner] or {}
  limiters[owner] = owned
  owned[name] = owned[name] or M.new(clock)
  return owned[name]
end

return M
