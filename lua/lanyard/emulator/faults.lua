-- Faults on request. A plan is a list of rules; each request meets the first rule that matches it.
--
--   { service = "ecr", operation = "SetRepositoryPolicy",    -- which requests; both may be left out
--     after = 3, every = 2, times = 5, probability = 0.2,    -- when: all that are given must hold
--     throttle = true,                                       -- what:
--     rate = 20, burst = 40,    -- throttled beyond so many calls a second of one operation in one Region,
--                               -- once a burst is used up: a token bucket each, as AWS has them
--     status = 503,
--     error = { code = "AccessDeniedException", message = "...", status = 400 },
--     reset = true,       -- the connection ends unanswered
--     cut = 20,           -- it ends after so many bytes of the answer
--     late = true,        -- with reset or cut: only after the operation took effect
--     delay = 1.5,        -- the answer comes so many seconds late; alone or with any other
--     skew = 600,         -- the service's clock is so many seconds ahead
--     stale = 3 }         -- reads of a policy show, for so many seconds, what it was before a write
--
-- `after` N lets the first N matching requests pass, `every` N takes each Nth of the rest, `times` N
-- stops after N faults; `burst` is `rate`, and at least 1, unless given. In a file: a Lua table
-- (return { ... }) or the same as JSON.

local errors = require "lanyard.errors"
local fault = require "lanyard.emulator.fault"

local M = {}

local KEYS = {
  service = "string", operation = "string", after = "number", every = "number", times = "number",
  probability = "number", throttle = "boolean", status = "number", error = "table", reset = "boolean",
  cut = "number", late = "boolean", delay = "number", skew = "number", stale = "number", rate = "number",
  burst = "number",
}
local EFFECTS = { "throttle", "rate", "status", "error", "reset", "cut", "delay", "skew", "stale" }

local Plan = {}
Plan.__index = Plan

local function invalid(number, what)
  return nil, errors.new {
    code = "InvalidFaults",
    message = ("rule %d of the fault plan %s"):format(number, what),
  }
end

local function check_rule(rule, number)
  if type(rule) ~= "table" then
    return invalid(number, "is no table")
  end
  local effective = false
  for key, value in pairs(rule) do
    if not KEYS[key] then
      return invalid(number, ("has '%s', which no rule has"):format(tostring(key)))
    elseif type(value) ~= KEYS[key] then
      return invalid(number, ("has a %s as its %s; a %s is expected"):format(type(value), key, KEYS[key]))
    end
  end
  for _, effect in ipairs(EFFECTS) do
    effective = effective or rule[effect] ~= nil
  end
  if not effective then
    return invalid(number, "has no effect: give it one of " .. table.concat(EFFECTS, ", "))
  elseif rule.error and type(rule.error.code) ~= "string" then
    return invalid(number, "has an error without a code")
  elseif rule.rate and rule.rate <= 0 or rule.burst and (not rule.rate or rule.burst < 1) then
    return invalid(number, "has no rate above 0, or a burst of less than a call")
  end
  return true
end

-- new(rules, random, now) --> plan | nil, err; random() gives numbers in [0, 1), now() seconds
function M.new(rules, random, now)
  for number, rule in ipairs(rules) do
    local ok, err = check_rule(rule, number)
    if not ok then
      return nil, err
    end
  end
  return setmetatable({ rules = rules, random = random, now = now, seen = {}, done = {}, buckets = {} }, Plan)
end

local function matches(rule, service, operation)
  return (not rule.service or rule.service == service)
    and (not rule.operation or rule.operation == operation or rule.operation == "*")
end

-- Takes a token of the bucket of that name. Whether there was one.
local function take(plan, rule, name)
  local now, size = plan.now(), rule.burst or math.max(1, rule.rate)
  local bucket = plan.buckets[name] or { tokens = size, at = now }
  plan.buckets[name] = bucket
  bucket.tokens = math.min(size, bucket.tokens + (now - bucket.at) * rule.rate)
  bucket.at = now
  if bucket.tokens < 1 then
    return false
  end
  bucket.tokens = bucket.tokens - 1
  return true
end

-- plan:meet(service, operation, region) --> the rule that this request meets, or nil
function Plan:meet(service, operation, region)
  for i, rule in ipairs(self.rules) do
    if matches(rule, service, operation) then
      self.seen[i] = (self.seen[i] or 0) + 1
      local turn = self.seen[i] - (rule.after or 0)
      local due = turn > 0
        and turn % math.max(1, math.tointeger(rule.every or 1) or 1) == 0
        and (self.done[i] or 0) < (rule.times or math.huge)
        and (not rule.probability or self.random() < rule.probability)
        and not (rule.rate and take(self, rule, ("%d %s %s %s"):format(i, service, operation, region)))
      if due then
        self.done[i] = (self.done[i] or 0) + 1
        return rule
      end
    end
  end
  return nil
end

-- The fault that a rule answers with, or nil when it lets the operation happen.
function M.fault_of(rule)
  if rule.throttle or rule.rate then
    return fault("ThrottlingException", "Rate exceeded")
  elseif rule.error then
    return fault(rule.error.code, rule.error.message or "", rule.error.status)
  elseif rule.status then
    return fault("InternalFailure", "An internal error has occurred", math.tointeger(rule.status))
  end
  return nil
end

return M
