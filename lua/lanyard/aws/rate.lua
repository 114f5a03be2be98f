--- Limits the rate of calls in the adaptive retry mode: finds how many calls per second a service accepts, and stays
--- just below that.
---
---     local limiter = rate.limiter(account, "us-east-1 https://api.ecr... DescribeImages", clock)
---     local sent = limiter:acquire()     -- waits for its turn; returns the time when it came
---     limiter:record(throttled, sent)    -- records the result of the call
---
--- A service has a bucket of tokens for each operation. The bucket fills at the limit, and calls are throttled while it
--- is empty. So the calls that are accepted from a throttled call to a later one are the tokens that it got in between,
--- give or take one: the limit is exact after a few seconds.
---
--- Calls are not limited until the first one is throttled. A throttled call sets the rate below the limit: to 0.5 of it
--- while little is known, to 0.98 when the limit is. It grows back along a cubic curve (RFC 9438) that is flat near the
--- limit: a probe costs a throttled call. The SDKs' adaptive mode has such a curve, and differs:
---
--- - It takes the measured rate for the limit, and always drops to 0.7 of it.
--- - Here, calls that were in progress when the rate dropped do not make it drop again.
--- - Here, a low limit is probed less often. A limit that has risen is learned from the beginning.

local M = {}

local LEAST_KEPT, MOST_KEPT = 0.5, 0.98 -- the factor of the rate after a throttled call, with little and much knowledge
local KNOWN = 0.95         -- the factor from which on the limit is known
local DOUBT = 3            -- the limit is known up to so many calls
local FEWEST = 5           -- accepted calls that show the least value of the limit
local WINDOW = 5           -- seconds from one throttled call to another after which older ones are forgotten,
local ENOUGH = 50          -- if so many calls were accepted
local RECENT = 1           -- seconds after which the last throttled call shows the greatest value of the limit
local SHORTEST_PROBE = 1   -- seconds until the curve reaches the limit, in the beginning
local LONGEST_PROBE = 5    -- seconds until it does later; at low limits the seconds for PROBED calls
local PROBED = 50
local RISEN = 3            -- the limit has risen if no call is throttled in so many times that time
local STEEP = 0.4          -- the factor of the cubic term from then on
local SLOWEST = 0.5        -- calls per second
local PERIOD = 0.5         -- seconds over which the sent rate is measured
local SHORTEST = 0.05      -- seconds over which the first rate is measured at least
local SMOOTHING = 0.8      -- the weight of the last period in the measured rate
local MEMORY = 5           -- seconds over which the accepted rate is measured
local MOST_GROWTH = 2      -- the rate is at most this multiple of the measured rate
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
    total = 0,                              -- accepted calls
    oldest = nil, middle = nil, last = nil, -- throttled calls: { at, total }
    limit = 0, limit_at = now,              -- the limit, and when a throttled call last showed it
    kept = LEAST_KEPT, probe = 0,           -- the factor of the rate at limit_at; seconds from then to the limit
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
  self.total = self.total + (throttled and 0 or 1)
  self.accepted = self.accepted * math.exp((self.accepted_at - now) / MEMORY) + (throttled and 0 or 1 / MEMORY)
  self.accepted_at = now
  return self.accepted
end

-- Returns the greatest and the least rate of tokens from an earlier throttled call to one at `now`, and the calls that
-- were accepted in between.
local function bounds(self, now, earlier)
  local count, elapsed = self.total - earlier.total, now - earlier.at
  return (count + 1) / elapsed, count >= FEWEST and elapsed > 0 and count / elapsed or 0, count
end

-- Keeps the throttled calls between which the limit is measured: the oldest of WINDOW to two times WINDOW seconds.
local function remember(self, now)
  local call = { at = now, total = self.total }
  self.last, self.oldest, self.middle = call, self.oldest or call, self.middle or call
  if now - self.middle.at > WINDOW and self.total - self.middle.total > ENOUGH then
    self.oldest, self.middle = self.middle, call
  end
end

local function has_risen(self, now)
  return self.kept >= KNOWN and now - self.limit_at > RISEN * self.probe
end

-- Learns the limit from a throttled call. `rate` is the estimate if nothing is known.
local function learn(self, now, rate)
  local count = 0
  if has_risen(self, now) then
    self.oldest, self.middle = nil, nil
  elseif self.oldest then
    local most, least
    most, least, count = bounds(self, now, self.oldest)
    rate = math.max(least, math.min(rate, most))
    rate = now - self.last.at > RECENT and math.min(rate, (bounds(self, now, self.last))) or rate
  end
  remember(self, now)
  self.limit, self.limit_at = rate, now
  self.kept = math.max(LEAST_KEPT, math.min(1 - DOUBT / count, MOST_KEPT))
  self.probe = math.max(SHORTEST_PROBE, math.min(now - self.oldest.at, math.max(LONGEST_PROBE, PROBED / rate)))
  return self.kept * rate
end

-- Returns the rate along the curve, which reaches the limit again after `probe` seconds.
local function curve(self, now)
  local elapsed, later = now - self.limit_at, 0
  if has_risen(self, now) then
    later = elapsed - RISEN * self.probe
    elapsed = RISEN * self.probe
  end
  return self.limit * (1 + (1 - self.kept) * (elapsed / self.probe - 1) ^ 3) + STEEP * later ^ 3
end

--- Records the result of a call.
---@param throttled boolean
---@param sent number  the time that acquire() returned
function Limiter:record(throttled, sent)
  local now = self.clock.now()
  make_tokens(self, now)
  local measured, accepted = measure(self, now), measure_accepted(self, now, throttled)
  if throttled and sent >= self.limit_at then
    self.rate = learn(self, now, math.min(measured, self.rate or measured))
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
