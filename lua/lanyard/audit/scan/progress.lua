-- How far an audit is, in a line for a terminal.
--
--   local meter = progress.meter()
--   local transport = scope.transport(nil, nil, meter)
--   progress.show(meter, cli.progress, function() return scope.run(scopes, { meter = meter }) end)
--   meter:line() --> "120/400 repositories, 2/17 scopes, 85 calls/s, 2 throttled, 1 min left"
--
-- A scope's progress is one of meter:scopes(n): { known = how many repositories | nil, done, ended }.

local clock = require "lanyard.clock"
local retry = require "lanyard.aws.retry"
local task = require "lanyard.task"

local M = {}

-- Seconds between two lines, and over which calls a second are measured.
local EVERY = 0.5
local SPAN = 5

local Meter = {}
Meter.__index = Meter

-- meter([now]) --> meter; now() gives seconds since any moment
function M.meter(now)
  now = now or clock.now
  return setmetatable({ now = now, began = now(), calls = 0, throttled = 0, parts = {}, samples = {} }, Meter)
end

-- The code of an answer that is an error, without a client's care.
local function code_of(reply)
  local body = type(reply.body) == "string" and reply.body or ""
  local code = reply.headers and reply.headers["x-amzn-errortype"] or body:match '"__type"%s*:%s*"([^"]*)"'
    or body:match "<Code>([^<]*)</Code>" or ""
  return code:match "^[^:]*":match "[^#]*$"
end

-- Counts a call and what came of it: reply | nil where it failed.
function Meter:count(reply)
  self.calls = self.calls + 1
  if reply and reply.status >= 400 and retry.is_throttling { code = code_of(reply), status = reply.status } then
    self.throttled = self.throttled + 1
  end
end

-- Makes so many scopes known --> their progress
function Meter:scopes(count)
  for i = 1, count do
    self.parts[i] = { done = 0, ended = false }
  end
  return self.parts
end

-- Counts what region is asked for in a scope's part.
function M.watch(region, part)
  local list, read = region.repositories, region.policy
  function region.repositories(...)
    local repositories, err = list(...)
    part.known = repositories and #repositories
    return repositories, err
  end
  function region.policy(...)
    local doc, err = read(...)
    part.done = math.min(part.done + 1, part.known or math.huge)
    return doc, err
  end
end

-- Calls a second over the last seconds.
local function rate(self, now)
  local samples = self.samples
  samples[#samples + 1] = { at = now, calls = self.calls }
  while #samples > 2 and now - samples[1].at > SPAN do
    table.remove(samples, 1)
  end
  local first = samples[1]
  if #samples == 1 then
    first = { at = self.began, calls = 0 }
  end
  return now > first.at and (self.calls - first.calls) / (now - first.at) or 0
end

-- --> repositories done, known so far, scopes ended, and the part of all work that is done
local function sum(parts)
  local done, known, ended, part = 0, 0, 0, 0
  for _, one in ipairs(parts) do
    done, known = done + one.done, known + (one.known or 0)
    ended = ended + (one.ended and 1 or 0)
    part = part + (one.ended and 1 or (one.known or 0) > 0 and one.done / one.known or 0)
  end
  return done, known, ended, #parts > 0 and part / #parts or 0
end

local function span(seconds)
  if seconds < 90 then
    return ("%d s"):format(math.ceil(seconds))
  elseif seconds < 5400 then
    return ("%d min"):format(math.ceil(seconds / 60))
  end
  return ("%.1f h"):format(seconds / 3600)
end

-- The line. Repositories are `+` more while a scope has not been listed.
function Meter:line()
  local now = self.now()
  local done, known, ended, part = sum(self.parts)
  local listed = true
  for _, one in ipairs(self.parts) do
    listed = listed and (one.known ~= nil or one.ended)
  end
  local words = { ("%d/%d%s repositories"):format(done, known, listed and #self.parts > 0 and "" or "+") }
  if #self.parts > 1 then
    words[#words + 1] = ("%d/%d scopes"):format(ended, #self.parts)
  end
  words[#words + 1] = ("%.0f calls/s"):format(rate(self, now))
  words[#words + 1] = ("%d throttled"):format(self.throttled)
  if part > 0 and part < 1 then
    words[#words + 1] = span((now - self.began) * (1 - part) / part) .. " left"
  end
  return table.concat(words, ", ")
end

-- show(meter, print, f) --> f's results; meanwhile the line is printed again and again, and nothing at
-- its end: print(nil)
function M.show(meter, print, f)
  local _ <close> = setmetatable({}, { __close = function() print(nil) end })
  local _ <close> = task.spawn(function()
    while true do
      print(meter:line())
      task.sleep(EVERY)
    end
  end)
  return f()
end

return M
