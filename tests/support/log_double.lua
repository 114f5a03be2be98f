-- A double of Lightsail's GetContainerLog for specs of lanyard.access.logs, in a world (see world.lua) whose service
-- `web` has the containers `app` and `side`.
--
--   local w <close>, double = log_double.world()
--   double:add("app", 10, "line")     an event 10 s after the beginning
--   double.page_size = 2
--   double.fail = function(input) return error, or nil end
--   double.hook = function() end      is called before each page
--   double.empty = true               the first page is empty
--   double.descending = true          pages have the newest event first
--   double.inputs                     the input of each call

local deployable = require "deployable"
local errors = require "lanyard.errors"
local pages = require "lanyard.aws.pages"

local M = {}

local Double = {}
Double.__index = Double

M.START = 1700000000

function Double:add(container, seconds, message)
  local list = self.logs[container] or {}
  self.logs[container] = list
  list[#list + 1] = { createdAt = M.START + seconds, message = message }
end

function M.rejected(code, message)
  return errors.new { code = code, status = 400, message = message or code, operation = "GetContainerLog" }
end

function M.throttled()
  return errors.new { code = "ThrottlingException", status = 400, message = "Rate exceeded", retryable = true,
    operation = "GetContainerLog" }
end

function Double:answer(input)
  self.inputs[#self.inputs + 1] = input
  if self.hook then self.hook(input) end
  local err = self.fail and self.fail(input)
  if err then return nil, err end
  if not self.logs[input.containerName] then
    return nil, M.rejected("InvalidInputException", "The specified container does not exist: " .. input.containerName)
  end
  if self.empty and not input.pageToken then
    return { logEvents = {}, nextPageToken = "page-1" }
  end
  local found = {}
  for _, event in ipairs(self.logs[input.containerName]) do
    if event.createdAt >= input.startTime and event.createdAt <= (input.endTime or math.huge) then
      table.insert(found, self.descending and 1 or #found + 1, event)
    end
  end
  local first = math.tointeger(tonumber((input.pageToken or "page-1"):match "%d+"))
  local last = math.min(first + self.page_size - 1, #found)
  return { logEvents = table.move(found, first, last, 1, {}), nextPageToken = last < #found and "page-" .. last + 1 or nil }
end

-- Returns a world whose clock is `seconds` after the beginning, and the double.
function M.world(seconds)
  local w = deployable.world()
  local double = setmetatable({ logs = { app = {}, side = {} }, page_size = 50, inputs = {}, w = w }, Double)
  local lightsail, offset = w.region.lightsail, 0
  local paginator = assert(pages.compile({ input_token = "pageToken", output_token = "nextPageToken" }, "GetContainerLog"))
  w.region.lightsail = setmetatable({
    pages = function(_, _, input)
      return pages.iterate(paginator, input, function(one) return double:answer(one) end, "lightsail")
    end,
    clock_offset = function() return offset end,
  }, { __index = function(_, name)
    return function(_, ...) return lightsail[name](lightsail, ...) end
  end })
  offset = M.START + (seconds or 0) - w:time()
  double.advance = function(more) offset = offset + more end
  return w, double
end

return M
