--- Reads the metrics of a container service: how much of its processor time and memory it uses, in percent.
---
--- Lightsail has a value every 5 minutes
--- (https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_GetContainerServiceMetricData.html). Its metrics
--- come from CloudWatch, which returns at most 1,440 values in a call, in no order, for periods of whole minutes
--- (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html).

local errors = require "lanyard.errors"
local task = require "lanyard.task"

local M = {}

--- The metrics, in the order in which they are shown.
M.NAMES = { "CPUUtilization", "MemoryUtilization" }

-- Seconds.
local SINCE, PERIOD = 6 * 3600, 300
local SHORTEST_PERIOD, LONGEST_PERIOD = 60, 86400

-- The most values of a call, and the most calls for a metric.
local VALUES, CALLS = 1440, 20

--- What is read.
---@class access.MetricOptions
---@field since? number       seconds since 1970; 6 hours ago by default
---@field until_time? number  seconds since 1970; now by default
---@field period? integer     seconds that a value is for, whole minutes; 300 by default

--- The values of a metric.
---@class access.Metric
---@field name string      "CPUUtilization" or "MemoryUtilization"
---@field points { time: number, average: number?, maximum: number? }[]  in order of time; time: the beginning of a
---  period, in seconds since 1970
---@field average? number  of all periods; nil if there is no value
---@field maximum? number  of all periods
---@field latest? number   the average of the last period that has a value

--- The metrics of a service.
---@class access.Metrics
---@field service string  its name
---@field from integer    seconds since 1970
---@field to integer      seconds since 1970
---@field period integer  seconds
---@field metrics access.Metric[]  in the order of `NAMES`; in percent

--- Checks an interval.
---@param from number    seconds since 1970
---@param to number      seconds since 1970
---@param period number  seconds
---@return true? ok
---@return string? message
function M.check(from, to, period)
  if period % 60 ~= 0 or period < SHORTEST_PERIOD or period > LONGEST_PERIOD then
    return nil, "a period is whole minutes, from 1m to 1d"
  elseif from >= to then
    return nil, "the interval must end after it begins"
  elseif (to - from) / period > VALUES * CALLS then
    return nil, ("the interval has more than %d periods: use a longer period"):format(VALUES * CALLS)
  end
  return true
end

-- Reads a part of an interval into points, by time. true | nil, err
local function read_part(region, input, points)
  local reply, err = region.lightsail:GetContainerServiceMetricData(input)
  if not reply then
    return nil, err
  end
  for _, raw in ipairs(reply.metricData) do
    local time = tonumber(raw.timestamp)
    if time and time >= input.startTime and time < input.endTime then
      points[time] = { time = time, average = tonumber(raw.average), maximum = tonumber(raw.maximum) }
    end
  end
  return true
end

-- Adds the average and the maximum of all points, and the last value.
local function summarize(metric)
  local sum, count = 0, 0
  for _, point in ipairs(metric.points) do
    if point.average then
      sum, count, metric.latest = sum + point.average, count + 1, point.average
    end
    metric.maximum = point.maximum and math.max(metric.maximum or point.maximum, point.maximum) or metric.maximum
  end
  metric.average = count > 0 and sum / count or nil
  return metric
end

local function read_metric(region, name, metrics)
  local points, list = {}, {}
  for start = metrics.from, metrics.to - 1, VALUES * metrics.period do
    local ok, err = read_part(region, {
      serviceName = metrics.service, metricName = name, period = metrics.period,
      startTime = start, endTime = math.min(start + VALUES * metrics.period, metrics.to),
      statistics = { "Average", "Maximum" },
    }, points)
    if not ok then
      return { err = err }
    end
  end
  for _, point in pairs(points) do
    list[#list + 1] = point
  end
  table.sort(list, function(a, b) return a.time < b.time end)
  return summarize { name = name, points = list }
end

--- Reads the metrics of a service.
---@param region access.Region
---@param service_name string
---@param options? access.MetricOptions
---@return access.Metrics? metrics
---@return aws.Error? err
function M.read(region, service_name, options)
  options = options or {}
  local service, err = region:service(service_name)
  if not service then
    return nil, err
  end
  local period = math.tointeger(options.period or PERIOD) or 0
  local to = math.ceil(options.until_time or region.clock.time())
  local from = math.floor(options.since or to - SINCE)
  local ok, message = M.check(from, to, period)
  if not ok then
    return nil, errors.new { code = "InvalidValue", message = message }
  end
  from = from - from % period
  local metrics = { service = service_name, from = from, to = to, period = period }
  metrics.metrics = task.map(M.NAMES, function(name) return read_metric(region, name, metrics) end)
  for _, metric in ipairs(metrics.metrics) do
    if metric.err then
      return nil, metric.err
    end
  end
  return metrics
end

return M
