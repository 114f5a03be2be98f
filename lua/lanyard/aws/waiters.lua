--- Waits for a state of AWS: calls an operation again and again until a reply decides.
---
---     local reply, err = lightsail:wait("ServiceActive", { serviceName = "web" }, { timeout = 600 })
---
--- A waiter is described in a service's description, see lanyard.aws.acceptors, or in AWS's model of the service, see
--- lanyard.aws.model_waiters.
--- Waits with conditions that no description can state use the same engine, `M.new` (see lanyard.access.wait).

local acceptors = require "lanyard.aws.acceptors"
local errors = require "lanyard.errors"
local meters = require "lanyard.meter"
local recorded = require "lanyard.aws.recorded"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- The engine

--- A running wait: its deadline and the pauses between attempts.
---@class aws.Wait
---@field timeout number
---@field private clock clock
---@field private deadline number
---@field private next_pause fun(): number
local Wait = {}
Wait.__index = Wait

--- Starts a wait. Its timeout begins now.
---@param settings { clock: clock, timeout: number, pauses: fun(): number }  pauses: see `M.growing`, `M.random`
---@return aws.Wait
function M.new(settings)
  return setmetatable({
    clock = settings.clock,
    timeout = settings.timeout,
    deadline = settings.clock.now() + settings.timeout,
    next_pause = settings.pauses,
  }, Wait)
end

--- Returns pauses that grow by a factor up to the longest one.
---@param first number
---@param longest number
---@param factor number
---@return fun(): number
function M.growing(first, longest, factor)
  local pause = first
  return function()
    local this = pause
    pause = math.min(pause * factor, longest)
    return this
  end
end

--- Returns random pauses below a bound that doubles, as https://smithy.io/2.0/additional-specs/waiters.html has them.
---@param shortest number
---@param longest number
---@param clock clock
---@return fun(): number
function M.random(shortest, longest, clock)
  local bound = shortest
  return function()
    local pause = shortest + clock.random() * (bound - shortest)
    bound = math.min(bound * 2, longest)
    return pause
  end
end

--- Sleeps until the next attempt, at most until the deadline.
---@return boolean  false, without sleeping, once the deadline has passed
function Wait:pause()
  local left = self.deadline - self.clock.now()
  if left <= 0 then
    return false
  end
  self.clock.sleep(math.min(self.next_pause(), left))
  return true
end

--- Describes how long the wait has taken, and how long it can take: "12 s of at most 10 min".
---@return string
function Wait:remaining()
  local elapsed = self.clock.now() - (self.deadline - self.timeout)
  return ("%s of at most %s"):format(meters.duration(elapsed), meters.duration(self.timeout))
end

--- Repeats an attempt until it decides.
---@param attempt fun(): "success"|"failure"|"retry", any  with "success" the value, with "failure" the error
---@param expired fun(): aws.Error  makes the error for a wait whose deadline passes
---@return any value
---@return aws.Error? err
function Wait:poll(attempt, expired)
  repeat
    local state, value = attempt()
    if state == "success" then
      return value
    elseif state == "failure" then
      return nil, value
    end
  until not self:pause()
  return nil, expired()
end

-- ---------------------------------------------------------------------------------------------
-- Waiting

-- Returns what judges and describes replies by a waiter of a description, which depends on options.
local function described(waiter, options)
  return {
    judge = function(reply, err) return acceptors.judge(waiter, reply, err, options) end,
    observed = function(reply, err) return acceptors.observed(waiter, reply, err, options) end,
  }
end

-- A waiter of a model pauses for its delay, and ends after a number of attempts, unless a timeout is given.
local function plan_of(waiter, options, clock)
  if not waiter.judge then
    return described(waiter, options), M.random(waiter.shortest, waiter.longest, clock), waiter.timeout, math.huge
  end
  return waiter, function() return waiter.delay end, math.huge, options.timeout and math.huge or waiter.attempts
end

--- Waits as a waiter says.
---@param client aws.Client
---@param waiter aws.Waiter|aws.ModelWaiter
---@param input table  of the operation
---@param options table  timeout in seconds, instead of the waiter's own; values for the options that paths name
---@return table? reply  the one that matched "success"; an empty table if that was an error
---@return aws.Error? err  code WaiterTimeout or WaiterFailed, with the last `reply`, or the error of the last call as
---  `cause`; otherwise the error that no acceptor matches
function M.wait(client, waiter, input, options)
  local clock = client.options.clock
  local judged, pauses, timeout, attempts = plan_of(waiter, options, clock)
  local wait = M.new { clock = clock, timeout = options.timeout or timeout, pauses = pauses }
  local reply, err, count = nil, nil, 0
  local function failed(code, message)
    return errors.new {
      code = code,
      message = ("%s of %s: %s; last reply: %s")
        :format(waiter.name, client.service, message, judged.observed(reply, err)),
      reply = reply,
      cause = err,
    }
  end
  return wait:poll(function()
    reply, err = client:call(waiter.operation, input)
    count = count + 1
    local state = judged.judge(reply, err)
    if state == "success" then
      return "success", reply or {}
    elseif state == "failure" then
      return "failure", failed("WaiterFailed", "the state cannot be reached any more")
    elseif err and not (state or err.retryable or recorded.means(err, "busy")) then
      return "failure", err
    elseif count >= attempts then
      return "failure", failed("WaiterTimeout", ("not reached in %d attempts"):format(count))
    end
    return "retry"
  end, function()
    return failed("WaiterTimeout", ("not reached within %g s"):format(wait.timeout))
  end)
end

return M
