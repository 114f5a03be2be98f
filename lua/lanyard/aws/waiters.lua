-- Waiting until AWS is where it shall be: an operation is called again and again until what it answers is
-- what was waited for, or tells that it will not come.
--
--   local reply, err = lightsail:wait("ServiceActive", { serviceName = "web" }, { timeout = 600 })
--
-- A waiter is data, in a service's description (lanyard.aws.services):
--
--   ServiceActive GetContainerServices every 2 to 15 for 900
--     success containerServices.1.state = READY RUNNING
--     failure containerServices.1.state = DELETING
--     failure error NotFoundException
--
-- The first line has name and operation, the shortest and the longest pause and the deadline, in seconds.
-- Below stand what answers mean, the first that fits decides; where none does, an answer is waited past, as
-- an error that may pass is, and any other error ends the wait. A line names
--   PATH = VALUE...   members and positions of a list; one of the values, * for any but an empty one
--   error CODE...     the code of an error
--   ... and ...       both
-- In a path list[member={name}] is the item whose member is the option `name` of the wait; without such an
-- option, the item whose member is the greatest.

local errors = require "lanyard.errors"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Reading the description

local function words_of(text)
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
    return { codes = words_of(codes) }
  elseif path then
    return { path = path, values = words_of(values) }
  end
  error("no condition of a waiter: " .. text)
end

local function parse_line(line)
  local state, rest = line:match "^%s*(%l+)%s+(.-)%s*$"
  if state == "success" or state == "failure" or state == "retry" then
    local acceptor = { state = state }
    for condition in (rest .. " and "):gmatch "(.-)%s+and%s+" do
      table.insert(acceptor, parse_condition(condition))
    end
    return nil, acceptor
  end
  local name, operation, shortest, longest, deadline =
    line:match "^%s*(%w+)%s+(%w+)%s+every%s+(%S+)%s+to%s+(%S+)%s+for%s+(%S+)%s*$"
  if not name then
    error("no line of a waiter: " .. line)
  end
  return { name = name, operation = operation, shortest = tonumber(shortest), longest = tonumber(longest),
    timeout = tonumber(deadline) }
end

-- parse(text) --> { [name] = waiter }
function M.parse(text)
  local waiters, last = {}, nil
  for line in text:gmatch "[^\n]*%S[^\n]*" do
    local waiter, acceptor = parse_line(line)
    last = waiter or last
    if waiter then
      waiters[waiter.name] = waiter
    else
      table.insert(last, acceptor)
    end
  end
  return waiters
end

-- ---------------------------------------------------------------------------------------------
-- Looking at an answer

-- The item of a list whose member is that value; without a value, the greatest.
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

-- What an answer means: "success" | "failure" | "retry" | nil
local function judge(waiter, reply, err, options)
  for _, acceptor in ipairs(waiter) do
    local all = true
    for _, condition in ipairs(acceptor) do
      all = all and holds(condition, reply, err, options)
    end
    if all then
      return acceptor.state
    end
  end
  return nil
end

-- What was seen of all that is looked at: "state is UPDATING, ..."
local function sight(waiter, reply, err, options)
  if not reply then
    return err and tostring(err) or "nothing"
  end
  local parts, told = {}, {}
  for _, acceptor in ipairs(waiter) do
    for _, condition in ipairs(acceptor) do
      local path = condition.path
      if path and not told[path] then
        told[path] = true
        local value = value_at(reply, path, options)
        parts[#parts + 1] = ("%s is %s"):format(path:match "[^.]+$", value == nil and "absent" or tostring(value))
      end
    end
  end
  return table.concat(parts, ", ")
end

local function ended(client, waiter, code, what, reply, err, options)
  return nil, errors.new {
    code = code,
    message = ("%s of %s: %s; last seen: %s")
      :format(waiter.name, client.service, what, sight(waiter, reply, err, options)),
    reply = reply,
    cause = err,
  }
end

-- wait(client, waiter, input, options) --> the reply waited for | nil, err
-- options: timeout in seconds, instead of the waiter's; those that its paths name. err.code is
-- "WaiterTimeout", "WaiterFailed" (with the last `reply`, or the error of the last call as `cause`), or
-- that of an error that nothing is known of.
-- Pauses are random, below a bound that doubles: https://smithy.io/2.0/additional-specs/waiters.html
function M.wait(client, waiter, input, options)
  local clock = client.options.clock
  local timeout = options.timeout or waiter.timeout
  local give_up = clock.now() + timeout
  local bound = waiter.shortest
  while true do
    local reply, err = client:call(waiter.operation, input)
    local state = judge(waiter, reply, err, options)
    if state == "success" then
      return reply or {}
    elseif state == "failure" then
      return ended(client, waiter, "WaiterFailed", "it will not come", reply, err, options)
    elseif err and not state and not err.retryable then
      return nil, err
    end
    local left = give_up - clock.now()
    if left <= 0 then
      return ended(client, waiter, "WaiterTimeout", ("not there after %g s"):format(timeout), reply, err, options)
    end
    local pause = waiter.shortest + clock.random() * (bound - waiter.shortest)
    clock.sleep(math.min(pause, left))
    bound = math.min(bound * 2, waiter.longest)
  end
end

return M
