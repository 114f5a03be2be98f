-- The rate limiter of the adaptive retry mode: finds how many calls a second a service takes, and
-- stays just below.
--
--   local limiter = rate.limiter(account, "https://lightsail... GetRegions", clock)
--   local sent = limiter:acquire()     -- waits for its turn; the moment when it came
--   limiter:record(throttled, sent)    -- what came of the call
--
-- Nothing is held back until the first throttled call. That one shows the limit: the rate falls to 0.7 of
-- what was sent then, and grows back along a cubic curve (RFC 9438's) that is flat where the limit was
-- found and steep far from it. Formulas and constants are those of the SDKs' adaptive mode, but for this:
-- calls that were under way when the rate fell do not make it fall again; a low limit is tried again less
-- often, since to try it costs a throttled call, but in the beginning, when little is known of it; and one or two
-- calls that are throttled in a burst, after a pause of this machine, do not unmake what is known: the limit is
-- no less than what was taken of late.

local M = {}

local BETA = 0.7         -- what is left of the rate after a throttled call
local STEEPEST = 0.4     -- how fast it comes back: the factor of the cubic term at high limits,
local FLATNESS = 4000    -- a limit's such part at lower ones: ten seconds until the limit is tried again,
local FLATTEST = 0.0005  -- and at the lowest
local BEGINNING = 10     -- seconds in which little is known: a bucket may have been full, or the start slow
local SLOWEST = 0.5      -- calls a second
local PERIOD = 0.5       -- seconds over which the rate sent is measured
local SMOOTHING = 0.8    -- the weight of the last period in what is measured
local MEMORY = 5         -- seconds over which it is measured what was taken
local MOST_GROWTH = 2    -- times the rate measured
local LEAST_LEFT = 0.9   -- what a throttled call leaves at least of the limit that was known
local STORE = 0.3        -- seconds of tokens that are kept while nobody asks: more is a burst
local LONGEST_NAP = 0.5  -- seconds after which who waits looks whether the rate has changed

local Limiter = {}
Limiter.__index = Limiter

-- new(clock) --> limiter; clock as lanyard.clock: now, sleep
function M.new(clock)
  local now = clock.now()
  return setmetatable({
    clock = clock,
    rate = nil,                             -- calls a second; nil: not held back
    made = 0, made_at = now, handed = 0,    -- tokens made until then; number of the last one handed out
    measured = nil, count = 0, began = now, period = 0,
    taken = 0, taken_at = now,              -- calls a second that were not throttled, of late, and as of when
    limit = 0, limit_at = now,              -- the rate at which a call was throttled, and when
  }, Limiter)
end

local function make_tokens(self, now)
  if self.rate then
    self.made = self.made + (now - self.made_at) * self.rate
  end
  self.made_at = now
end

-- Counts an answer. --> the rate measured; the period under way counts as soon as it has more
local function measure(self, now)
  local period = (now - self.began) // PERIOD
  self.count = self.count + 1
  if period > self.period then
    local current = self.count / ((period - self.period) * PERIOD)
    self.measured = SMOOTHING * current + (1 - SMOOTHING) * (self.measured or current)
    self.count, self.period = 0, period
  end
  return math.max(self.measured or 0, self.count / PERIOD)
end

-- Counts a call that was taken, or not. --> how many a second were, of late
local function measure_taken(self, now, throttled)
  self.taken = self.taken * math.exp((self.taken_at - now) / MEMORY) + (throttled and 0 or 1 / MEMORY)
  self.taken_at = now
  return self.taken
end

local function in_beginning(self, now)
  return now - self.began <= BEGINNING
end

-- What the limit is at least, as far as it is known.
local function least_limit(self, now)
  return not in_beginning(self, now) and math.max(self.taken, LEAST_LEFT * self.limit) or 0
end

-- The rate at that moment along the curve: the limit is reached again after `zero` seconds.
local function curve(self, now)
  local scale = in_beginning(self, self.limit_at) and STEEPEST
    or math.max(FLATTEST, math.min(STEEPEST, self.limit / FLATNESS))
  local zero = (self.limit * (1 - BETA) / scale) ^ (1 / 3)
  return scale * (now - self.limit_at - zero) ^ 3 + self.limit
end

-- limiter:record(throttled, sent): what came of a call that acquire() let go at `sent`
function Limiter:record(throttled, sent)
  local now = self.clock.now()
  make_tokens(self, now)
  local measured, taken = measure(self, now), measure_taken(self, now, throttled)
  if throttled and sent >= self.limit_at then
    self.limit = math.max(least_limit(self, now), math.min(measured, self.rate or measured))
    self.limit_at = now
    self.rate = BETA * self.limit
  elseif self.rate then
    self.rate = curve(self, now)
  else
    return
  end
  self.rate = math.max(SLOWEST, math.min(self.rate, MOST_GROWTH * math.max(measured, taken)))
end

-- limiter:acquire() --> the moment: waits for a token, in the order of asking.
function Limiter:acquire()
  local now = self.clock.now()
  if not self.rate then
    return now
  end
  make_tokens(self, now)
  local number = math.max(self.handed, self.made - math.max(1, STORE * self.rate)) + 1
  self.handed = number
  local came = false
  -- Who is cancelled while waiting leaves the token to those behind.
  local _ <close> = setmetatable({}, { __close = function() self.made = self.made + (came and 0 or 1) end })
  while true do
    local missing = number - self.made
    if missing < 1e-6 then
      came = true
      return self.made_at
    end
    self.clock.sleep(math.min(missing / self.rate, LONGEST_NAP))
    make_tokens(self, self.clock.now())
  end
end

-- [account, or a session whose account is not known] = { [endpoint and operation] = limiter }
local limiters = setmetatable({}, { __mode = "k" })

-- limiter(owner, name, clock) --> the one of that account and name
function M.limiter(owner, name, clock)
  local owned = limiters[owner] or {}
  limiters[owner] = owned
  owned[name] = owned[name] or M.new(clock)
  return owned[name]
end

return M
