-- Credentials that are there when they are needed: looked for once, for all tasks that ask, and again
-- before they expire.
--
--   local holder = cache.new(fetch, { time = system.time, debug = nil })
--   holder:get()        --> credentials | nil, err
--   holder:expire(keys) --> those are no longer taken: the next get() fetches, whatever they say of themselves
--
-- fetch() --> credentials | nil, err
--
-- From ADVISORY seconds before the end, the first task that asks fetches new ones, and the others get the old
-- ones; from MANDATORY seconds on all wait for them. These are botocore's; of credentials that live
-- shorter than an hour they are a part of their life, lest every call fetches.

local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local system = require "lanyard.system"
local task = require "lanyard.task"

local M = {}

local ADVISORY = 15 * 60
local MANDATORY = 10 * 60
local PAUSE = 60 -- after a fetch that failed while the old ones are still good

local Holder = {}
Holder.__index = Holder

function M.new(fetch, options)
  return setmetatable({
    fetch = fetch,
    time = options.time or system.time,
    debug = options.debug,
    lock = task.semaphore(1),
    busy = false,
    fetches = 0, -- how many have ended
  }, Holder)
end

-- "good" | "aging" (new ones should be fetched) | "late" (they must) | "gone"
local function state_of(self)
  local keys, expires = self.keys, self.keys and self.keys.expires
  if not keys or self.refused == keys then
    return "gone"
  elseif not expires then
    return "good"
  end
  local now = self.time()
  local left, life = expires - now, expires - self.since
  if left <= 0 then
    return "gone"
  elseif left > math.min(ADVISORY, life / 4) or now < self.pause_ends then
    return "good"
  end
  return left > math.min(MANDATORY, life / 6) and "aging" or "late"
end

local function expired(keys)
  return errors.new {
    code = "ExpiredToken",
    message = ("the credentials of %s expired at %s"):format(keys.source, timestamp.format(keys.expires)),
  }
end

-- Whether the old ones still do when new ones could not be had.
local function keep_old(self, err)
  if state_of(self) == "gone" then
    return false
  end
  self.pause_ends = math.min(self.time() + PAUSE, self.keys.expires)
  if self.debug and not self.told then
    self.told = true
    self.debug(("new credentials could not be had (%s); the old ones are used until %s")
      :format(tostring(err), timestamp.format(self.keys.expires)))
  end
  return true
end

local function refresh(self)
  local _ <close> = setmetatable({}, { __close = function() self.busy = false end })
  self.busy = true
  local keys, err = self.fetch()
  local now = self.time()
  if keys and keys.expires and keys.expires <= now then
    keys, err = nil, expired(keys)
  end
  self.fetches = self.fetches + 1
  self.failure = nil
  if keys then
    self.keys, self.since, self.pause_ends, self.told, self.refused = keys, now, 0, false, nil
  elseif not keep_old(self, err) then
    self.keys, self.failure = nil, err
  end
end

function Holder:get()
  local state = state_of(self)
  if state == "good" or state == "aging" and self.busy then
    return self.keys
  end
  local before = self.fetches
  do
    local _ <close> = self.lock:acquire()
    -- Who waited takes what came of it, be it a failure: it was fetched for all.
    if self.fetches == before then
      refresh(self)
    end
  end
  return self.keys, self.failure
end

function Holder:expire(keys)
  if keys == self.keys then
    self.refused = keys
  end
end

return M
