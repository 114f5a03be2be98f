--- The metrics of container services: GetContainerServiceMetricData.
---
--- Facts: botocore's model of 2016-11-28 ("All container service metric data is available in 5-minute (300 seconds)
--- granularity"); CloudWatch, which keeps the data, requires periods of whole minutes and at most 1,440 data points
--- (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html), and Lightsail's
--- console shows two weeks of it. The texts of refusals are CloudWatch's.
---
--- Each node that runs has one sample every five minutes. The samples depend on the name of the service, the node and
--- the time only, so that they are the same in each reply and in each emulator.

local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local shapes = require "lanyard.emulator.lightsail.shapes"

local M = {}

---@type table<string, emulator.Operation>
M.operations = {}

local INTERVAL = 300
local KEPT = 14 * 24 * 60 * 60
local MAX_POINTS = 1440
local DAY = 24 * 60 * 60

-- The percentage that a metric has on average, unless a seed says otherwise.
local USUAL = { CPUUtilization = 12, MemoryUtilization = 41 }

-- Returns a number from 0 to 1 that depends on the arguments only.
local function noise(seed, node, number)
  local x = (seed ~ node * 0x9E3779B97F4A7C15 ~ number * 0xBF58476D1CE4E5B9)
  x = (x ~ x >> 30) * 0xBF58476D1CE4E5B9
  x = (x ~ x >> 27) * 0x94D049BB133111EB
  return ((x ~ x >> 31) >> 11) / (1 << 53)
end

-- Returns the sample of a node: the usual value, more at one time of the day than at another.
---@param source { usual: number, seed: integer }
local function sample(source, node, number)
  local wave = math.sin(2 * math.pi * (number * INTERVAL % DAY) / DAY)
  local value = source.usual * (1 + 0.25 * wave + 0.3 * (noise(source.seed, node, number) - 0.5))
  return math.min(100, math.max(0, value))
end

-- Returns what the samples of a request depend on.
local function source_of(service, request)
  local hash = crypto.sha256_hex(request.serviceName .. " " .. request.metricName)
  return {
    usual = service.metrics and service.metrics[request.metricName] or USUAL[request.metricName],
    seed = math.tointeger(tonumber(hash:sub(1, 12), 16)),
  }
end

-- Returns when the nodes of a service began to run, or nil.
local function started(service)
  for _, deployment in ipairs(service.deployments) do
    if deployment.succeeds then
      return deployment.done_at
    end
  end
  return nil
end

-- Returns the data point of the samples from one number up to another, or nil if no node ran.
local function data_point(service, source, first, last, lowest)
  local sum, count, minimum, maximum = 0, 0, math.huge, -math.huge
  for number = first, last do
    local at = number * INTERVAL
    if at >= lowest and not services.is_paused(service, at) then
      for node = 1, service.scale do
        local value = sample(source, node, number)
        sum, count = sum + value, count + 1
        minimum, maximum = math.min(minimum, value), math.max(maximum, value)
      end
    end
  end
  return count > 0 and { sum = sum, sampleCount = count, minimum = minimum, maximum = maximum, average = sum / count }
end

local STATISTICS = { Minimum = "minimum", Maximum = "maximum", Sum = "sum", Average = "average",
  SampleCount = "sampleCount" }

-- Returns the data points of a request, oldest first.
local function data_of(world, service, request)
  local now, list = world.now(), json.array {}
  local running = started(service)
  if not running then
    return list
  end
  local lowest = math.max(running, now - KEPT, request.startTime)
  local highest = math.min(now, service.gone_at or math.huge, request.endTime)
  local length, source = math.max(request.period, INTERVAL), source_of(service, request)
  local start = lowest // length * length
  while start < highest do
    local last = math.ceil(math.min(start + length, highest) / INTERVAL) - 1
    local point = data_point(service, source, math.ceil(start / INTERVAL), last, lowest)
    if point then
      local described = { timestamp = start, unit = "Percent" }
      for _, name in ipairs(request.statistics) do
        described[STATISTICS[name]] = point[STATISTICS[name]]
      end
      list[#list + 1] = described
    end
    start = start + length
  end
  return list
end

-- Returns why a request is refused, or nil.
local function check(request)
  local seconds = request.endTime - request.startTime
  if seconds <= 0 then
    return services.invalid "The parameter StartTime must be less than the parameter EndTime."
  elseif request.period % 60 ~= 0 then
    return services.invalid "The parameter Period must be a multiple of 60."
  elseif #request.statistics == 0 then
    return services.invalid "The parameter Statistics must contain at least one statistic."
  elseif seconds / request.period > MAX_POINTS then
    return services.invalid(("You have requested up to %.0f datapoints, which exceeds the limit of %d. You may reduce "
      .. "the datapoints requested by increasing Period, or decreasing the time range."):format(
      seconds / request.period, MAX_POINTS))
  end
  return nil
end

M.operations.GetContainerServiceMetricData = {
  input = shape.structure {
    serviceName = shapes.service_name,
    metricName = shape.string { required = true, enum = { "CPUUtilization", "MemoryUtilization" } },
    startTime = shape.number { required = true },
    endTime = shape.number { required = true },
    period = shape.integer { required = true, min = 60, max = 86400 },
    statistics = shape.list(shape.string { enum = { "Minimum", "Maximum", "Sum", "Average", "SampleCount" } },
      { required = true }),
  },
  call = function(world, request, context)
    local service, failure = services.find(world, context.region, request.serviceName)
    failure = failure or check(request)
    if failure then
      return nil, failure
    end
    return { metricName = request.metricName, metricData = data_of(world, service, request) }
  end,
}

return M
