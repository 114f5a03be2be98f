--- Injects faults into an emulator. A plan is a list of faults; each request gets the first fault that matches it.
---
---     local plan, err = fault_plan.new({
---       { service = "ecr", operation = "SetRepositoryPolicy",    -- which requests; both are optional
---         after = 3, every = 2, times = 5, probability = 0.2,    -- when; all that are given must hold
---         throttle = true,                                       -- what; at least one of:
---         rate = 20, burst = 40,
---         status = 503,
---         error = { code = "AccessDeniedException", message = "...", status = 400 },
---         reset = true, cut = 20, late = true, delay = 1.5, skew = 600, stale = 3 },
---     }, random, now)
---
--- When: `after` lets the first N matching requests pass, `every` selects each Nth of the rest, `times` stops after N
--- faults.
---
--- What: `throttle` rejects the request. `rate` rejects calls above so many a second of one operation in one Region
--- once `burst` calls are used up (a token bucket each, as on AWS; `burst` is `rate`, and at least 1, by default).
--- `status` and `error` replace the reply. `reset` closes the connection without a reply, `cut` after so many bytes of
--- the reply; with `late` only after the operation took effect. `delay` sends the reply so many seconds later, alone or
--- with any other effect. `skew` sets the service's clock so many seconds ahead. `stale` makes reads of a policy return
--- the previous text for so many seconds after a write.

local errors = require "lanyard.errors"
local exception = require "lanyard.emulator.exception"

local M = {}

--- A fault: which requests it selects, when, and what happens to them.
---@class emulator.Fault
---@field service? string       which: the API, such as "ecr"
---@field operation? string     which: the call
---@field after? integer        when: not the first N that match
---@field every? integer        when: every Nth of the rest
---@field times? integer        when: at most N requests
---@field probability? number   when: each with this probability, from 0 to 1
---@field throttle? boolean     what: reject the request as throttled
---@field rate? number          what: reject calls of one operation above so many a second, once `burst` is used up
---@field burst? number         with `rate`: calls before the limit; `rate` by default
---@field status? integer       what: reply with this HTTP status
---@field error? { code: string, message: string?, status: integer? }  what: reply with this error
---@field reset? boolean        what: close the connection without a reply
---@field cut? integer          what: close the connection after so many bytes of the reply
---@field late? boolean         with `reset` and `cut`: only after the operation took effect
---@field delay? number         what: send the reply so many seconds later
---@field skew? number          what: set the clock of the service so many seconds ahead
---@field stale? number         what: return the previous policy for so many seconds after a write

local TYPES = {
  service = "string", operation = "string", after = "number", every = "number", times = "number",
  probability = "number", throttle = "boolean", status = "number", error = "table", reset = "boolean",
  cut = "number", late = "boolean", delay = "number", skew = "number", stale = "number", rate = "number",
  burst = "number",
}

-- The lowest and highest value of numbers that cannot be any. A count is a whole number.
local RANGES = {
  after = { 0, math.huge, count = true }, every = { 1, math.huge, count = true },
  times = { 0, math.huge, count = true },
  probability = { 0, 1 }, status = { 200, 999, count = true }, cut = { 0, math.huge, count = true },
  delay = { 0, math.huge }, stale = { 0, math.huge },
}
local EFFECTS = { "throttle", "rate", "status", "error", "reset", "cut", "delay", "skew", "stale" }

--- The faults of an emulator, and how often each was used.
---@class emulator.FaultPlan
local Plan = {}
Plan.__index = Plan

local function invalid(number, message)
  return nil, errors.new {
    code = "InvalidFaults",
    message = ("fault %d of the fault plan %s"):format(number, message),
  }
end

local function has_effect(fault)
  for _, effect in ipairs(EFFECTS) do
    if fault[effect] ~= nil then
      return true
    end
  end
  return false
end

-- Returns what is wrong with a number, or nil.
local function range_fault(name, value)
  local range = RANGES[name]
  if range and (value ~= value or value < range[1] or value > range[2] or range.count and value % 1 ~= 0) then
    return ("has %s as %s; expected %s %s"):format(value, name, range.count and "a whole number" or "a number",
      range[2] == math.huge and "of at least " .. range[1] or ("from %d to %d"):format(range[1], range[2]))
  end
end

local function check_fault(fault, number)
  if type(fault) ~= "table" then
    return invalid(number, "is not a table")
  end
  for key, value in pairs(fault) do
    if not TYPES[key] then
      return invalid(number, ("has an unknown member '%s'"):format(tostring(key)))
    elseif type(value) ~= TYPES[key] then
      return invalid(number, ("has %s as %s; expected a %s"):format(
        type(value) == "userdata" and "null" or "a " .. type(value), key, TYPES[key]))
    elseif range_fault(key, value) then
      return invalid(number, range_fault(key, value))
    end
  end
  if not has_effect(fault) then
    return invalid(number, "has no effect; set one of " .. table.concat(EFFECTS, ", "))
  elseif fault.error and type(fault.error.code) ~= "string" then
    return invalid(number, "has an error without a code")
  elseif fault.error and fault.error.message ~= nil and type(fault.error.message) ~= "string" then
    return invalid(number, "has an error whose message is not a string")
  elseif fault.error and fault.error.status ~= nil and (math.type(fault.error.status) == nil
    or range_fault("status", fault.error.status)) then
    return invalid(number, "has an error whose status is not a whole number from 200 to 999")
  elseif fault.rate and fault.rate <= 0 then
    return invalid(number, "needs a rate above 0")
  elseif fault.burst and (not fault.rate or fault.burst < 1) then
    return invalid(number, "needs a burst of at least 1 call, with a rate")
  end
  return true
end

--- Creates a plan.
---@param faults emulator.Fault[]
---@param random fun(): number  returns numbers in [0, 1)
---@param now? fun(): number  seconds; required for faults with a rate
---@return emulator.FaultPlan?
---@return lanyard.Error? err  code InvalidFaults
function M.new(faults, random, now)
  for key in pairs(faults) do
    if math.type(key) ~= "integer" or key < 1 or key > #faults then
      return nil, errors.new { code = "InvalidFaults",
        message = ("the fault plan is not a list of faults: it has the member '%s'"):format(tostring(key)) }
    end
  end
  for number, fault in ipairs(faults) do
    local ok, err = check_fault(fault, number)
    if not ok then
      return nil, err
    end
  end
  return setmetatable({ faults = faults, random = random, now = now, matched = {}, injected = {}, buckets = {} }, Plan)
end

local function matches(fault, service, operation)
  return (not fault.service or fault.service == service)
    and (not fault.operation or fault.operation == operation or fault.operation == "*")
end

-- Takes a token from a bucket. Returns whether the bucket had one.
local function take_token(plan, fault, name)
  local now, size = plan.now(), fault.burst or math.max(1, fault.rate)
  local bucket = plan.buckets[name] or { tokens = size, at = now }
  plan.buckets[name] = bucket
  bucket.tokens = math.min(size, bucket.tokens + (now - bucket.at) * fault.rate)
  bucket.at = now
  if bucket.tokens < 1 then
    return false
  end
  bucket.tokens = bucket.tokens - 1
  return true
end

-- Reports whether the fault at an index is due for a request that matches it.
local function is_due(plan, index, service, operation, region)
  local fault = plan.faults[index]
  plan.matched[index] = (plan.matched[index] or 0) + 1
  local turn = plan.matched[index] - (fault.after or 0)
  return turn > 0
    and turn % math.max(1, math.tointeger(fault.every or 1) or 1) == 0
    and (plan.injected[index] or 0) < (fault.times or math.huge)
    and (not fault.probability or plan.random() < fault.probability)
    and not (fault.rate and take_token(plan, fault, ("%d %s %s %s"):format(index, service, operation, region)))
end

--- Returns the fault for a request, or nil, and counts the request.
---@param service? string
---@param operation? string
---@param region? string
---@return emulator.Fault?
function Plan:next(service, operation, region)
  for index, fault in ipairs(self.faults) do
    if matches(fault, service, operation) and is_due(self, index, service, operation, region) then
      self.injected[index] = (self.injected[index] or 0) + 1
      return fault
    end
  end
  return nil
end

--- Returns the exception that a fault replies with, or nil when the operation takes place.
---@param fault emulator.Fault
---@return emulator.Exception?
function M.exception(fault)
  if fault.throttle or fault.rate then
    return exception("ThrottlingException", "Rate exceeded")
  elseif fault.error then
    return exception(fault.error.code, fault.error.message or "", fault.error.status)
  elseif fault.status then
    return exception("InternalFailure", "An internal error has occurred", math.tointeger(fault.status))
  end
  return nil
end

return M
