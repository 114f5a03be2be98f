--- Runs a command repeatedly and notifies channels when what it finds has changed.
---
---     local status = watch.run {
---       once = function() return { status = 3, output = "...", errors = "", ... } end,
---       every = 300, channels = { notify.command { "mail", "ops" } }, log = print, show = function(run) ... end,
---     }
---
--- A run is "ok" (exit status 0), "found" (3) or "failed" (anything else). A channel is notified of a finding that is
--- new or has another output, of a failure that is new or has another status, and when the command succeeds again; with
--- `always`, of every finding and failure. A channel that does not receive failures is not notified again of the
--- finding that preceded them. A notification that fails is retried after the next run. Runs do not overlap: `every`
--- counts from start to start, 10% more or less, so that many machines do not call AWS at the same time.

local clock_module = require "lanyard.clock"
local task = require "lanyard.task"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local JITTER = 0.1

---@class watch.Run
---@field status? integer   exit status; nil if the command could not be run or was killed
---@field ended string      how it ended, as text
---@field output string     its stdout
---@field errors string     its stderr
---@field started number    seconds since the Unix epoch
---@field seconds number    duration
---@field number? integer   set by `run`: 1 for the first run
---@field state? "ok" | "found" | "failed"  set by `run`

---@class watch.Options
---@field once fun(): watch.Run             runs the command
---@field every number                      seconds from start to start
---@field times? integer                    stop after this many runs
---@field until_ok? boolean                 stop when a run succeeds
---@field stop_on_failure? boolean          stop when a run fails
---@field always? boolean                   notify of and show every finding and failure
---@field channels watch.Channel[]          see lanyard.watch.notify
---@field log fun(line: string)             receives progress messages
---@field waiting? fun(seconds: number): table  is called before the pause between two runs; the result is closed after
---@field show fun(run: watch.Run)          called for each run whose result differs from the one before
---@field clock? table                      instead of lanyard.clock, for tests

local function state_of(run)
  return run.status == 0 and "ok" or run.status == 3 and "found" or "failed"
end

-- Returns the output with timestamps from the run itself replaced: they differ between runs that find the same.
local function comparable_output(run)
  local first, last = math.floor(run.started) - 1, run.started + run.seconds + 1
  return (run.output:gsub("%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d:%d%d[%.%d]*Z", function(text)
    local time = timestamp.parse(text)
    return time and time >= first and time <= last and "(now)" or nil
  end))
end

-- Returns what identifies a finding or failure: two runs with the same state and key need one notification.
local function key_of(run)
  if run.state == "found" then
    return comparable_output(run)
  end
  return run.state == "failed" and tostring(run.status or run.ended) or ""
end

-- Returns the event for a channel whose last notification is `previous`, or nil if there is no news.
local function event_for(previous, run, always)
  local same = previous.state == run.state and previous.key == run.key
  if run.state == "ok" then
    return not same and "cleared" or nil
  end
  return (always or not same) and run.state or nil
end

-- Sends a run to a channel and logs the result. Returns whether the channel received it.
local function send(options, channel, event, run)
  local sent, err = channel.send(event, run)
  options.log(sent and ("notified %s: %s"):format(channel.name, event)
    or ("warning: cannot notify %s, will retry after the next run: %s"):format(channel.name, err.message))
  return sent
end

-- Notifies each channel of what is new to it. `previous` has what each channel received last.
local function notify(options, previous, run)
  for _, channel in ipairs(options.channels) do
    local event = event_for(previous[channel], run, options.always)
    -- A channel that ignores failures still has the finding from before the failure as its last notification.
    local is_current = event ~= "failed" or channel.events.failed
    if event and channel.events[event] then
      is_current = send(options, channel, event, run)
    end
    if is_current then
      previous[channel] = { state = run.state, key = run.key }
    end
  end
end

-- Returns why the watch stops after a run, or nil.
local function stop_reason(options, run)
  if options.until_ok and run.state == "ok" then
    return "the command succeeded"
  elseif options.stop_on_failure and run.state == "failed" then
    return "the command failed"
  elseif run.number == options.times then
    return "all runs are done"
  end
end

-- Waits for the next run. Returns false if a signal interrupts the wait.
local function pause(options, clock, started)
  local factor = 1 - JITTER + 2 * JITTER * clock.random()
  local seconds = math.max(0, started + options.every * factor - clock.now())
  local _ <close> = options.waiting and options.waiting(seconds) or nil
  local ok, err = pcall(clock.sleep, seconds)
  if not ok and err ~= task.cancelled then
    error(err, 0)
  end
  return ok
end

-- Runs the command once, and logs and shows the result. `last` is the run before.
local function run_once(options, number, last)
  local run = options.once()
  run.number, run.state = number, state_of(run)
  run.key = key_of(run)
  run.comparable = comparable_output(run)
  local same = last and last.status == run.status and last.comparable == run.comparable
  options.log(("run %d: %s, %s after %.1f s%s"):format(number, run.state, run.ended, run.seconds,
    same and ", unchanged" or ""))
  if not same or options.always then
    options.show(run)
  end
  return run
end

--- Runs a command repeatedly until an option or a signal stops it. A signal (which cancels the task) between two runs
--- is a normal stop with status 0; one during a run is raised.
---@param options watch.Options
---@return integer status  0, 1 or 3: of the last run, or 0 after a signal
function M.run(options)
  local clock = options.clock or clock_module
  local previous, last = {}, nil
  for _, channel in ipairs(options.channels) do
    previous[channel] = { state = "ok", key = "" }
  end
  for number = 1, math.maxinteger do
    local started = clock.now()
    last = run_once(options, number, last)
    notify(options, previous, last)
    local reason = stop_reason(options, last)
    if reason then
      options.log("stopped: " .. reason)
      return last.status == 0 and 0 or last.status == 3 and 3 or 1
    elseif not pause(options, clock, started) then
      options.log "stopped by a signal"
      return 0
    end
  end
end

return M
