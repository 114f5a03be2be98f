-- How costs grow with sizes: a verdict for each line of the plot, and the plot itself.

local plot = require "plot"

local M = {}

-- A cost that grows by this much more than n log n is noise of the machine.
local NOISE <const> = 1.25

--- Returns the cost of n log n at a size, as a multiple of the cost at the first size, of which it is a multiple.
---@param times number  1 or more
---@return number
function M.bound(times)
  return times * (1 + math.log(times, 10))
end

--- Returns the points of a series as multiples of the first one.
---@param series { name: string, points: number[][] }
---@return number[][]
function M.multiples(series)
  local first, points = series.points[1], {}
  for i, point in ipairs(series.points) do points[i] = { point[1] / first[1], point[2] / first[2] } end
  return points
end

--- Returns how a series grew from its first to its last size, and whether that is at most n log n.
---@param series { name: string, points: number[][] }
---@return { size: number, cost: number, is_bounded: boolean }
function M.of(series)
  local points = M.multiples(series)
  local size, cost = points[#points][1], points[#points][2]
  return { size = size, cost = cost, is_bounded = cost <= NOISE * M.bound(size) }
end

--- Writes the plot of all series, and of n log n.
---@param path string
---@param all { name: string, points: number[][] }[]
function M.plot(path, all)
  local lines, most = {}, 10
  for i, series in ipairs(all) do
    local points = M.multiples(series)
    for _, point in ipairs(points) do
      point[2] = math.max(point[2], 0.1)
      most = math.max(most, point[1])
    end
    lines[i] = { name = series.name, points = points }
  end
  local ticks, bound = {}, { name = "n log n", points = {}, dashed = true }
  local size = 1
  while size <= most do
    ticks[#ticks + 1] = size
    size = size * 10
  end
  if ticks[#ticks] < most then ticks[#ticks + 1] = most end
  for i, tick in ipairs(ticks) do bound.points[i] = { tick, M.bound(tick) } end
  lines[#lines + 1] = bound
  plot.write(path, "Cost by size, as multiples of the first", { x = "size", y = "cost" },
    { x = ticks, y = { 0.1, 1, 10, 100, 1000 } }, lines)
end

return M
