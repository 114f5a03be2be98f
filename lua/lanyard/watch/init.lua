-- A command, again and again, and who is told when what it finds has changed.
--
--   watch.run {
--     once = function() return { status = 3, output = "...", errors = "...", begun = seconds, seconds = 1.2 } end,
--     every = 300, times = N | nil, until_ok = true, stop_on_failure = true, always = true,
--     channels = { ... },                of lanyard.watch.notify
--     tell = function(line) end,         the talk
--     show = function(run) end,          called with each run whose output is not that of the one before
--   } --> exit status
--
-- A run is `ok` (status 0), `found` (3) or `failed` (anything else). A channel is told of a finding when it is new or
-- its output has changed, of a failure when it is new or its status has changed, and when all is well again; with
-- `always` of each finding and failure. One that is not told of failures is not told again of what was found before
-- and is found again behind one. What could not be told is tried again after the next run. Runs do not
-- overlap: `every` counts from start to start, a tenth more or less, so that many machines do not call at once.

local clock_module = require "lanyard.clock"
local timestamp = require "lanyard.text.timestamp"
local task = require "lanyard.task"

local M = {}

local JITTER = 0.1

local function state_of(run)
  return run.status == 0 and "ok" or run.status == 3 and "found" or "failed"
end

-- The output without the moments that lie in the run itself, by which two that say the same would differ.
local function steady(run)
  local first, last = math.floor(run.begun) - 1, run.begun + run.seconds + 1
  return (run.output:gsub("%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d:%d%d[%.%d]*Z", function(text)
    local moment = timestamp.parse(text)
    return moment and moment >= first and moment <= last and "(now)" or nil
  end))
end

-- What a run is to be compared by.
local function mark_of(run)
  return run.state == "found" and steady(run) or run.state == "failed" and tostring(run.status or run.ended) or ""
end

-- What happened, for one who knows of `known` | nil when that is nothing new.
local function event_for(known, run, always)
  local same = known.state == run.state and known.mark == run.mark
  if run.state == "ok" then
    return not same and "cleared" or nil
  end
  return (always or not same) and run.state or nil
end

-- Tells the channels what is news to them; each knows what it was told last.
local function notify(options, known, run)
  for _, channel in ipairs(options.channels) do
    local event = event_for(known[channel], run, options.always)
    local told = event ~= "failed" or channel.events.failed -- else what it knows is what there was before
    if event and channel.events[event] then
      local err
      told, err = channel.send(event, run)
      options.tell(told and ("%s was told: %s"):format(channel.name, event)
        or ("warning: %s could not be told, and will be after the next run: %s"):format(channel.name, err.message))
    end
    if told then
      known[channel] = { state = run.state, mark = run.mark }
    end
  end
end

-- Why to end behind a run | nil
local function ends(options, run)
  if options.until_ok and run.state == "ok" then
    return "it is well"
  elseif options.stop_on_failure and run.state == "failed" then
    return "it failed"
  elseif run.number == options.times then
    return "that was the last run"
  end
end

-- Waits for the next run. False when it was told to end meanwhile.
local function pause(options, clock, started)
  local spread = 1 - JITTER + 2 * JITTER * clock.random()
  local ok, err = pcall(clock.sleep, math.max(0, started + options.every * spread - clock.now()))
  if not ok and err ~= task.cancelled then
    error(err, 0)
  end
  return ok
end

-- A signal (that cancels the task) between two runs is the order to end, and is followed with status 0; one that
-- cuts a run short is raised.
function M.run(options)
  local clock = options.clock or clock_module
  local known, last, number = {}, nil, 0
  for _, channel in ipairs(options.channels) do
    known[channel] = { state = "ok", mark = "" }
  end
  while true do
    local started = clock.now()
    local run = options.once()
    number = number + 1
    run.number, run.state = number, state_of(run)
    run.mark = mark_of(run)
    local output = steady(run)
    local same = last and last.status == run.status and last.output == output
    options.tell(("run %d: %s, %s after %.1f s%s"):format(number, run.state, run.ended, run.seconds,
      same and ", as before" or ""))
    if not same or options.always then
      options.show(run)
    end
    last = { status = run.status, output = output }
    notify(options, known, run)
    local why = ends(options, run)
    if why then
      options.tell("ended: " .. why)
      return run.status == 0 and 0 or run.status == 3 and 3 or 1
    elseif not pause(options, clock, started) then
      options.tell "ended, as told"
      return 0
    end
  end
end

return M
