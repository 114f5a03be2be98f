--- Waits for a state of AWS: calls an operation again and again until a reply decides.
---
---     local reply, err = lightsail:wait("ServiceActive", { serviceName = "web" }, { timeout = 600 })
---
--- A waiter is text in the description of a service (lanyard.aws.services):
---
---     acceptors ServiceFailed
---       failure containerServices.1.state = DELETING
---     ServiceActive GetContainerServices every 2 to 15 for 900
---       include ServiceFailed
---       success containerServices.1.state = READY RUNNING
---       failure error NotFoundException
---
--- The first line of a waiter has its name, its operation, the shortest and the longest pause, and the timeout, in
--- seconds. The lines below it are acceptors; the first one that matches a reply decides. If none matches, the waiter
--- retries after a reply and after an error that is retryable, and ends with any other error. A condition is one of
---   PATH = VALUE...   members and list positions; matches one of the values, * any value that is not empty
---   error CODE...     matches one of the error codes
---   ... and ...       matches if both do
--- In a path, list[member={name}] is the item whose member equals the option `name` of the wait; without that option,
--- the item whose member is greatest. `acceptors NAME` begins lines that several waiters include.
---
--- Waits with conditions that no description can state use the same engine, `M.new` (see lanyard.access.wait).

local errors = require "lanyard.errors"

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
-- Reading the description

local function split(text)
  local words = {}
  for word in text:gmatch "%S+" do
    words[#words + 1] = word
  end
  return words
end

local function parse_condition(text)
  local codes = text:match "^error%s+(.+)$"
  local path, values = text:match "^(%S+)%s*=%s*(.+)$"
  if codes then
    return { codes = split(codes) }
  elseif path then
    return { path = path, values = split(values) }
  end
  error("not a condition of a waiter: " .. text)
end

local STATES = { success = true, failure = true, retry = true }

-- Adds the acceptors that a line has to those before it. Returns false if the line begins something else.
local function add_acceptors(acceptors, line, groups)
  local keyword, rest = line:match "^%s*(%l+)%s+(.-)%s*$"
  if keyword == "include" then
    local group = groups[rest] or error("acceptors that are not defined: " .. rest)
    table.move(group, 1, #group, #acceptors + 1, acceptors)
    return true
  elseif not STATES[keyword] then
    return false
  end
  local acceptor = { state = keyword }
  for condition in (rest .. " and "):gmatch "(.-)%s+and%s+" do
    acceptor[#acceptor + 1] = parse_condition(condition)
  end
  acceptors[#acceptors + 1] = acceptor
  return true
end

local function parse_waiter(line)
  local name, operation, shortest, longest, timeout =
    line:match "^%s*(%w+)%s+(%w+)%s+every%s+(%S+)%s+to%s+(%S+)%s+for%s+(%S+)%s*$"
  if not name then
    error("not a line of a waiter: " .. line)
  end
  return { name = name, operation = operation, shortest = tonumber(shortest), longest = tonumber(longest),
    timeout = tonumber(timeout) }
end

--- Parses the waiters of a service's description.
---@param text string
---@return table<string, aws.Waiter> waiters
---@return table<string, aws.Acceptor[]> groups  the acceptors that have a name
function M.parse(text)
  local waiters, groups, current = {}, {}, nil
  for line in text:gmatch "[^\n]*%S[^\n]*" do
    local group = line:match "^%s*acceptors%s+(%w+)%s*$"
    if group then
      current = {}
      groups[group] = current
    elseif not (current and add_acceptors(current, line, groups)) then
      current = parse_waiter(line)
      waiters[current.name] = current
    end
  end
  return waiters, groups
end

-- ---------------------------------------------------------------------------------------------
-- Judging a reply

-- The item of a list whose member has that value; without a value, the item whose member is greatest.
local function pick(list, member, wanted)
  local found
  for _, item in ipairs(list) do
    local value = type(item) == "table" and item[member]
    if wanted ~= nil and value == wanted
      or wanted == nil and type(value) == "number" and (not found or value > found[member]) then
      found = item
    end
  end
  return found
end

local function value_at(value, path, options)
  for step in path:gmatch "[^.]+" do
    if type(value) ~= "table" then
      return nil
    end
    local name, member, option = step:match "^(%w+)%[(%w+)={(%w+)}%]$"
    if name then
      value = pick(type(value[name]) == "table" and value[name] or {}, member, options[option])
    else
      value = value[math.tointeger(tonumber(step)) or step]
    end
  end
  return value
end

local function holds(condition, reply, err, options)
  local value = condition.codes and err and err.code
  if condition.path and reply then
    value = value_at(reply, condition.path, options)
  end
  for _, wanted in ipairs(condition.codes or condition.values) do
    if value ~= nil and (tostring(value) == wanted or wanted == "*" and value ~= "") then
      return true
    end
  end
  return false
end

--- Returns the state that the first matching acceptor has.
---@param acceptors aws.Acceptor[]  a waiter, or one of the groups of `M.parse`
---@param reply? table
---@param err? aws.Error
---@param options? table  values for the options that paths name
---@return "success"|"failure"|"retry"|nil
function M.judge(acceptors, reply, err, options)
  for _, acceptor in ipairs(acceptors) do
    local all = true
    for _, condition in ipairs(acceptor) do
      all = all and holds(condition, reply, err, options or {})
    end
    if all then
      return acceptor.state
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- Waiting

-- The values at all paths of a waiter: "state is UPDATING, code is absent".
local function observed(waiter, reply, err, options)
  if not reply then
    return err and tostring(err) or "nothing"
  end
  local parts, listed = {}, {}
  for _, acceptor in ipairs(waiter) do
    for _, condition in ipairs(acceptor) do
      local path = condition.path
      if path and not listed[path] then
        listed[path] = true
        local value = value_at(reply, path, options)
        parts[#parts + 1] = ("%s is %s"):format(path:match "[^.]+$", value == nil and "absent" or tostring(value))
      end
    end
  end
  return table.concat(parts, ", ")
end

--- Waits as a waiter of a description says.
---@param client aws.Client
---@param waiter aws.Waiter
---@param input table  of the operation
---@param options table  timeout in seconds, instead of the waiter's own; values for the options that paths name
---@return table? reply  the one that matched "success"; an empty table if that was an error
---@return aws.Error? err  code WaiterTimeout or WaiterFailed, with the last `reply`, or the error of the last call as
---  `cause`; otherwise the error that no acceptor matches
function M.wait(client, waiter, input, options)
  local clock = client.options.clock
  local wait = M.new {
    clock = clock,
    timeout = options.timeout or waiter.timeout,
    pauses = M.random(waiter.shortest, waiter.longest, clock),
  }
  local reply, err
  local function failed(code, message)
    return errors.new {
      code = code,
      message = ("%s of %s: %s; last reply: %s")
        :format(waiter.name, client.service, message, observed(waiter, reply, err, options)),
      reply = reply,
      cause = err,
    }
  end
  return wait:poll(function()
    reply, err = client:call(waiter.operation, input)
    local state = M.judge(waiter, reply, err, options)
    if state == "success" then
      return "success", reply or {}
    elseif state == "failure" then
      return "failure", failed("WaiterFailed", "the state cannot be reached any more")
    elseif err and not state and not err.retryable then
      return "failure", err
    end
    return "retry"
  end, function()
    return failed("WaiterTimeout", ("not reached within %g s"):format(wait.timeout))
  end)
end

return M
