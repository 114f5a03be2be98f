--- Measures the progress of an audit, and describes it in one line.
---
---     local meter = progress.meter()
---     local transport = scanner.transport(nil, nil, meter)
---     scanner.run(targets, { meter = meter })
---     meter:line()   --> "120/400 repositories, 2/17 targets, 85 calls/s, 2 throttled, 1 min left"

local clock = require "lanyard.clock"
local meters = require "lanyard.meter"
local retry = require "lanyard.aws.retry"

local M = {}

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
  return setmetatable({ now = now, began = now(), calls = 0, throttled = 0, parts = {},
    rate = meters.rate(now()) }, Meter)
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

-- Adds up targets: repositories done, repositories known, whether every target is listed, targets ended, and the share
-- of all work that is done.
local function sum(parts)
  local total = { done = 0, known = 0, listed = true, unlisted = 0, ended = 0, share = 0 }
  for _, part in ipairs(parts) do
    total.done, total.known = total.done + part.done, total.known + (part.known or 0)
    total.unlisted = total.unlisted + (part.known == nil and 1 or 0)
    total.listed = total.listed and (part.known ~= nil or part.ended)
    total.ended = total.ended + (part.ended and 1 or 0)
    total.share = total.share + (part.ended and 1 or (part.known or 0) > 0 and part.done / part.known or 0)
  end
  total.share = #parts > 0 and total.share / #parts or 0
  return total
end

--- Returns how far the audit came, for the end of an interrupted command; nil if no target was listed.
---@return string?
function Meter:tally()
  local total = sum(self.parts)
  return total.known > 0 and ("%d of %d repositories were read, in %d of %d targets"):format(total.done, total.known,
    #self.parts - total.unlisted, #self.parts) or nil
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
  words[#words + 1] = ("%.0f calls/s"):format(self.rate:at(now, self.calls))
  words[#words + 1] = ("%d throttled"):format(self.throttled)
  if total.share > 0 and total.share < 1 then
    words[#words + 1] = meters.duration((now - self.began) * (1 - total.share) / total.share) .. " left"
  end
  return table.concat(words, ", ")
end

return M
