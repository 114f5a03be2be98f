-- Prints the table of all rows that the benchmarks wrote (support/bench.lua), as Markdown, and plots how the costs grow with
-- the size.
--   lua5.4 tests/bench/table.lua BUILD ROWS

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build, path = arg[1], arg[2]
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local json = require "lanyard.json"
local plot = require "plot"

local rows, series = {}, {}
for line in io.lines(path) do
  local value = assert(json.decode(line))
  rows[#rows + 1] = value.row
  series[#series + 1] = value.series
end

local function ratios(row, others)
  local cells = {}
  for i, other in ipairs(others or {}) do cells[i] = bench.ratio(row, other) end
  return table.concat(cells, ", ")
end

print "\nPeers and floors: how many times as much as Lanyard they take (for rates: how many times as slow they are)."
print "\n| work | Lanyard | peers | floor | aim |\n| --- | --- | --- | --- | --- |"
for _, row in ipairs(rows) do
  print(("| %s | %.4g | %s | %s | %s |"):format(row.work, row.lanyard, ratios(row, row.peers),
    ratios(row, row.floor and { row.floor }), row.aim or ""))
end

-- Each line begins at 1 and 1: the cost as a multiple of the cost at the first size.
local lines, sizes, most = {}, {}, 1
for i, one in ipairs(series) do
  lines[i] = { name = one.name, points = {} }
  for p, point in ipairs(one.points) do
    local size, cost = point[1] / one.points[1][1], point[2] / one.points[1][2]
    lines[i].points[p] = { size, math.max(cost, 0.1) }
    sizes[size] = true
    most = math.max(most, size)
  end
end
if #lines > 0 then
  local bound = { name = "n log n", points = {}, dashed = true }
  local ticks = {}
  for size in pairs(sizes) do ticks[#ticks + 1] = size end
  table.sort(ticks)
  for i, size in ipairs(ticks) do bound.points[i] = { size, size * (1 + math.log(size, 10)) } end
  lines[#lines + 1] = bound
  plot.write(build .. "/growth.svg", "Cost by size, as multiples of the first", { x = "size", y = "cost" },
    { x = ticks, y = { 0.1, 1, 10, 100, 1000 } }, lines)
  print(("\nplot: %s/growth.svg"):format(build))
end
