--- Measures how far a loop is, and describes it in one line.
---
---     local meter = meters.new { what = "repositories", total = 60 }
---     for _, repository in ipairs(repositories) do
---       change(repository)
---       meter:step()
---     end
---     meter:line()   --> "12/60 repositories, 4/s, 12 s left"

local clock = require "lanyard.clock"

local M = {}

-- Seconds over which the rate is measured.
local RATE_WINDOW = 5

--- Returns a duration for people, for example "12 s", "4 min" or "1.5 h".
---@param seconds number
---@return string
function M.duration(seconds)
  if seconds < 90 then
    return ("%d s"):format(math.ceil(seconds))
  elseif seconds < 5400 then
    return ("%d min"):format(math.ceil(seconds / 60))
  end
  return ("%.1f h"):format(seconds / 3600)
end

--- Returns how long something took, for people, for example "12 s" or "4 min 12 s". `duration` is for estimates: it
--- rounds up.
---@param seconds number
---@return string
function M.elapsed(seconds)
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then
    return whole .. " s"
  end
  return ("%d min %d s"):format(whole // 60, whole % 60)
end

-- ---------------------------------------------------------------------------------------------
-- Rates

--- The rate of something that is counted.
---@class lanyard.Rate
---@field private began number
---@field private samples { at: number, count: number }[]
local Rate = {}
Rate.__index = Rate

--- Returns the rate of a count that is 0 now.
---@param now number  seconds since an arbitrary time
---@return lanyard.Rate
function M.rate(now)
  return setmetatable({ began = now, samples = {} }, Rate)
end

--- Returns how often the count has grown in the last seconds.
---@param now number
---@param count number
---@return number  per second
function Rate:at(now, count)
  local samples = self.samples
  samples[#samples + 1] = { at = now, count = count }
  while #samples > 2 and now - samples[1].at > RATE_WINDOW do
    table.remove(samples, 1)
  end
  local first = samples[1]
  if #samples == 1 then
    first = { at = self.began, count = 0 }
  end
  return now > first.at and (count - first.count) / (now - first.at) or 0
end

-- ---------------------------------------------------------------------------------------------
-- Meters

--- The progress of a loop.
---@class lanyard.Meter
---@field what string      what is counted, in the plural
---@field verb string      what became of the ones that are done
---@field total? integer   nil: not known yet
---@field done integer
local Meter = {}
Meter.__index = Meter

---@class lanyard.MeterOptions
---@field what string
---@field verb? string  "were done" unless given
---@field total? integer
---@field now? fun(): number  seconds since an arbitrary time

--- Returns a meter.
---@param options lanyard.MeterOptions
---@return lanyard.Meter
function M.new(options)
  local now = options.now or clock.now
  return setmetatable({
    what = options.what, verb = options.verb or "were done", total = options.total, done = 0,
    now = now, began = now(), rate = M.rate(now()),
  }, Meter)
end

--- Sets how many there are.
---@param total integer
function Meter:set_total(total)
  self.total = total
end

--- Counts one that is done.
function Meter:step()
  self.done = self.done + 1
end

--- Returns how far the loop came, for the end of an interrupted command; nil if it did not begin.
---@return string?
function Meter:tally()
  return self.total and ("%d of %d %s %s"):format(self.done, self.total, self.what, self.verb)
end

--- Returns the progress as a line.
---@return string
function Meter:line()
  local now = self.now()
  local words = { ("%d/%s %s"):format(self.done, self.total or "?", self.what) }
  local rate = self.rate:at(now, self.done)
  if rate > 0 then
    words[#words + 1] = (rate < 10 and "%.1f/s" or "%.0f/s"):format(rate)
  end
  if self.total and self.done > 0 and self.done < self.total then
    words[#words + 1] = M.duration((now - self.began) * (self.total - self.done) / self.done) .. " left"
  end
  return table.concat(words, ", ")
end

return M
