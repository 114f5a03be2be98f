--- Caches credentials: they are fetched once for all tasks, and again before they expire.
---
---     local holder = cache.new(fetch, { time = system.time })
---     local keys, err = holder:get()
---     holder:expire(keys)   -- AWS rejects them: the next get() fetches new ones
---
--- Within ADVISORY seconds before the expiration, the first task to ask fetches new credentials while the others get
--- the current ones. Within MANDATORY seconds all tasks wait for the new ones. The limits are botocore's. For
--- credentials that are valid for less than an hour they are a part of the validity, so that not every call fetches.

local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local system = require "lanyard.system"
local task = require "lanyard.task"

local M = {}

local ADVISORY = 15 * 60
local MANDATORY = 10 * 60
local PAUSE = 60 -- seconds after a failed fetch while the current credentials are still valid

local Holder = {}
Holder.__index = Holder

--- Creates a cache.
---@param fetch fun(): userdata?, lanyard.Error?  returns credentials | nil, err
---@param options { time?: fun(): number, debug?: fun(line: string) }
function M.new(fetch, options)
  return setmetatable({
    fetch = fetch,
    time = options.time or system.time,
    debug = options.debug,
    lock = task.semaphore(1),
    busy = false,
    fetches = 0, -- completed fetches
  }, Holder)
end

-- Returns "valid", "aging" (new ones should be fetched), "late" (new ones must be fetched) or "unusable".
local function state_of(self)
  local keys, expires = self.keys, self.keys and self.keys.expires
  if not keys or self.rejected == keys then
    return "unusable"
  elseif not expires then
    return "valid"
  end
  local now = self.time()
  local left, life = expires - now, expires - self.since
  if left <= 0 then
    return "unusable"
  elseif left > math.min(ADVISORY, life / 4) or now < self.pause_ends then
    return "valid"
  end
  return left > math.min(MANDATORY, life / 6) and "aging" or "late"
end

local function expired(keys)
  return errors.new {
    code = "ExpiredToken",
    message = ("the credentials of %s expired at %s"):format(keys.source, timestamp.format(keys.expires)),
  }
end

-- Reports whether the current credentials can be used after a failed fetch.
local function keep_current(self, err)
  if state_of(self) == "unusable" then
    return false
  end
  self.pause_ends = math.min(self.time() + PAUSE, self.keys.expires)
  if self.debug and not self.reported then
    self.reported = true
    self.debug(("new credentials could not be fetched (%s); the current ones are used until %s")
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
    self.keys, self.since, self.pause_ends, self.reported, self.rejected = keys, now, 0, false, nil
  elseif not keep_current(self, err) then
    self.keys, self.failure = nil, err
  end
end

--- Returns the credentials.
---@return userdata? credentials
---@return lanyard.Error? err
function Holder:get()
  local state = state_of(self)
  if state == "valid" or state == "aging" and self.busy then
    return self.keys
  end
  local before = self.fetches
  do
    local _ <close> = self.lock:acquire()
    -- A fetch that ended while this task waited was for all tasks, also if it failed.
    if self.fetches == before then
      refresh(self)
    end
  end
  return self.keys, self.failure
end

--- Marks credentials as rejected, so that the next get() fetches new ones.
---@param keys userdata
function Holder:expire(keys)
  if keys == self.keys then
    self.rejected = keys
  end
end

return M
