--- Measures and shows the progress of an audit in one line of a terminal.
---
---     local meter = progress.meter()
---     local transport = scanner.transport(nil, nil, meter)
---     progress.show(meter, terminal.progress, function() return scanner.run(targets, { meter = meter }) end)
---     meter:line()   --> "120/400 repositories, 2/17 targets, 85 calls/s, 2 throttled, 1 min left"

local clock = require "lanyard.clock"
local retry = require "lanyard.aws.retry"
local task = require "lanyard.task"

local M = {}

-- Seconds from one line to the next.
local INTERVAL = 0.5

-- Seconds over which the rate of calls is measured.
local RATE_WINDOW = 5

--- The progress of one target.
---@class audit.TargetProgress
---@field known? integer  repositories of the target, once they are listed
---@field done integer    repositories whose policy has been read
---@field ended boolean

---@class audit.Meter
local Meter = {}
Meter.__index = Meter

--- Returns a meter.
---@param now? fun(): number  seconds since an arbitrary time
---@return audit.Meter
function M.meter(now)
  now = now or clock.now
  return setmetatable({ now = now, began = now(), calls = 0, throttled = 0, parts = {}, samples = {} }, Meter)
end

-- Returns the error code of a raw reply. A client parses replies properly; for a counter this is enough.
local function code_of(reply)
  local body = type(reply.body) == "string" and reply.body or ""
  local code = reply.headers and reply.headers["x-amzn-errortype"] or body:match '"__type"%s*:%s*"([^"]*)"'
    or body:match "<Code>([^<]*)</Code>" or ""
  return code:match "^[^:]*":match "[^#]*$"
end

--- Counts a call.
---@param reply table?  its raw reply, nil when it failed
function Meter:count(reply)
  self.calls = self.calls + 1
  if reply and reply.status >= 400 and retry.is_throttling { code = code_of(reply), status = reply.status } then
    self.throttled = self.throttled + 1
  end
end

--- Announces the number of targets.
---@param count integer
---@return audit.TargetProgress[]
function Meter:targets(count)
  for i = 1, count do
    self.parts[i] = { done = 0, ended = false }
  end
  return self.parts
end

--- Returns an observer that counts what a region reads as the progress of a target.
---@param part audit.TargetProgress
---@return access.Observer
function M.observer(part)
  return {
    repositories = function(repositories)
      part.known = #repositories
    end,
    policy = function()
      part.done = math.min(part.done + 1, part.known or math.huge)
    end,
  }
end

local function calls_per_second(self, now)
  local samples = self.samples
  samples[#samples + 1] = { at = now, calls = self.calls }
  while #samples > 2 and now - samples[1].at > RATE_WINDOW do
    table.remove(samples, 1)
  end
  local first = samples[1]
  if #samples == 1 then
    first = { at = self.began, calls = 0 }
  end
  return now > first.at and (self.calls - first.calls) / (now - first.at) or 0
end

-- Adds up targets: repositories done, repositories known, whether every target is listed, targets ended, and the share
-- of all work that is done.
local function sum(parts)
  local total = { done = 0, known = 0, listed = true, ended = 0, share = 0 }
  for _, part in ipairs(parts) do
    total.done, total.known = total.done + part.done, total.known + (part.known or 0)
    total.listed = total.listed and (part.known ~= nil or part.ended)
    total.ended = total.ended + (part.ended and 1 or 0)
    total.share = total.share + (part.ended and 1 or (part.known or 0) > 0 and part.done / part.known or 0)
  end
  total.share = #parts > 0 and total.share / #parts or 0
  return total
end

local function describe_seconds(seconds)
  if seconds < 90 then
    return ("%d s"):format(math.ceil(seconds))
  elseif seconds < 5400 then
    return ("%d min"):format(math.ceil(seconds / 60))
  end
  return ("%.1f h"):format(seconds / 3600)
end

--- Returns the progress as a line. A "+" after the repositories says that some targets are not listed yet.
---@return string
function Meter:line()
  local now, total = self.now(), sum(self.parts)
  local more = (not total.listed or #self.parts == 0) and "+" or ""
  local words = { ("%d/%d%s repositories"):format(total.done, total.known, more) }
  if #self.parts > 1 then
    words[#words + 1] = ("%d/%d targets"):format(total.ended, #self.parts)
  end
  words[#words + 1] = ("%.0f calls/s"):format(calls_per_second(self, now))
  words[#words + 1] = ("%d throttled"):format(self.throttled)
  if total.share > 0 and total.share < 1 then
    words[#words + 1] = describe_seconds((now - self.began) * (1 - total.share) / total.share) .. " left"
  end
  return table.concat(words, ", ")
end

--- Runs a function and prints the meter's line repeatedly while it runs. The line is erased at the end.
---@param meter audit.Meter
---@param print fun(line: string?)  nil erases the line
---@param f fun(): ...
---@return ...  results of the function
function M.show(meter, print, f)
  local _ <close> = setmetatable({}, { __close = function() print(nil) end })
  local _ <close> = task.spawn(function()
    while true do
      print(meter:line())
      task.sleep(INTERVAL)
    end
  end)
  return f()
end

return M
