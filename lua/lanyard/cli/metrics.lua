--- Prints the metrics of a container service.

local blocks = require "lanyard.text.blocks"
local chart = require "lanyard.report.chart"
local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local meters = require "lanyard.meter"
local report = require "lanyard.cli.print"
local terminal = require "lanyard.cli.terminal"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local TITLES = { CPUUtilization = "CPU", MemoryUtilization = "Memory" }

-- The columns before and after a line of blocks: "Memory  maximum  100.0 %  ", "  0 to 100 %".
local AROUND = 38

-- ---------------------------------------------------------------------------------------------
-- Lines of blocks

local function mean(values)
  local sum = 0
  for _, value in ipairs(values) do
    sum = sum + value
  end
  return sum / #values
end

local JOINED = { average = mean, maximum = function(values) return math.max(table.unpack(values)) end }

-- Returns one value for each column, each for some periods; false where a column has no value.
local function columns_of(metrics, points, statistic, periods)
  local groups, columns = {}, {}
  local seconds = metrics.period * periods
  for _, point in ipairs(points) do
    local column = (point.time - metrics.from) // seconds + 1
    local group = groups[column] or {}
    groups[column] = group
    group[#group + 1] = point[statistic]
  end
  for column = 1, math.ceil((metrics.to - metrics.from) / seconds) do
    local group = groups[column]
    columns[column] = group and group[1] and JOINED[statistic](group) or false
  end
  return columns
end

local function percent(value)
  return value and ("%5.1f %%"):format(value) or "      -"
end

local function lines_of(metrics, metric, periods)
  local top = blocks.ceiling(metric.maximum or metric.average or 1)
  local ascii = not terminal.has_utf8()
  local lines = {}
  for i, statistic in ipairs { "average", "maximum" } do
    local line = blocks.line(columns_of(metrics, metric.points, statistic, periods), top, ascii)
    lines[i] = ("%-6s  %s  %s  %s"):format(i == 1 and TITLES[metric.name] or "", statistic, percent(metric[statistic]),
      metric.points[1] and ("%s  0 to %g %%"):format(line, top) or "")
  end
  return lines
end

local function print_table(metrics)
  local room = math.max(8, terminal.text_width() - AROUND)
  local count = math.ceil((metrics.to - metrics.from) / metrics.period)
  local periods = math.max(1, math.ceil(count / room))
  local lines = { escape.format("%s, %s to %s, a column for %s", metrics.service, timestamp.shown(metrics.from),
    timestamp.shown(metrics.to), meters.duration(metrics.period * periods)) }
  local has_values = false
  for _, metric in ipairs(metrics.metrics) do
    has_values = has_values or metric.points[1] ~= nil
    for _, line in ipairs(lines_of(metrics, metric, periods)) do
      lines[#lines + 1] = line
    end
  end
  cli.out((table.concat(lines, "\n"):gsub(" +\n", "\n"):gsub(" +$", "")))
  if not has_values then
    cli.note "lanyard: there are no values yet; Lightsail has one every 5 minutes while containers run"
  end
end

-- ---------------------------------------------------------------------------------------------
-- JSON and SVG

local function item_of(metrics)
  local item = { service = metrics.service, from = timestamp.format(metrics.from), to = timestamp.format(metrics.to),
    period = metrics.period, metrics = {} }
  for _, metric in ipairs(metrics.metrics) do
    local points = json.array {}
    for i, point in ipairs(metric.points) do
      points[i] = { time = timestamp.format(point.time), average = point.average, maximum = point.maximum }
    end
    item.metrics[metric.name] = { unit = "Percent", average = metric.average, maximum = metric.maximum,
      latest = metric.latest, points = points }
  end
  return item
end

local function chart_of(metrics)
  local panels = {}
  for i, metric in ipairs(metrics.metrics) do
    panels[i] = { title = TITLES[metric.name], unit = "%", points = metric.points }
  end
  return { title = ("CPU and memory of %s"):format(metrics.service), from = metrics.from, to = metrics.to,
    period = metrics.period, panels = panels }
end

--- Prints metrics in the format of --output.
---@param metrics access.Metrics
---@param format "table"|"json"|"svg"
function M.print(metrics, format)
  if format == "json" then
    report.json(item_of(metrics))
  elseif format == "svg" then
    chart.write(chart_of(metrics), cli.data)
  else
    print_table(metrics)
  end
end

return M
