-- Measures policy.new_access: ordinary policies of several sizes against changed ones, and hostile ones, of which the
-- worst end at the limit. Prints the shortest time of five runs, the answer, and how the time grows with the number of
-- statements. BUILD/reason.svg is the plot.
--   lua5.4 tests/bench/reason.lua BUILD

package.cpath = arg[1] .. "/?.so;" .. package.cpath
package.path = "./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;" .. package.path

local plot = require "plot"
local policy = require "lanyard.policy"
local sizes = require "reason.sizes"

local SHOWN = { [1] = true, [10] = true, [30] = true, [60] = true }
local COUNTS = { 1, 2, 5, 10, 20, 30, 60, 120 }
local FROM = 10 -- growth is measured from here to the largest policies that end before the limit

-- Returns the time in milliseconds and the answer.
local function measure(before, after, options)
  local shortest, found, undecided, reason = math.huge, nil, nil, nil
  for _ = 1, 5 do
    local start = os.clock()
    found, undecided, reason = policy.new_access(before, after, options)
    shortest = math.min(shortest, os.clock() - start)
  end
  return shortest * 1000, undecided and "undecided: " .. reason or found and "new access" or "none"
end

local function show(name, time, answer)
  print(("  %-36s %9.3f ms  %s"):format(name, time, answer))
end

local function n_log_n(count)
  return count * math.log(count + 1)
end

-- Measures the forms in each size, and prints some of them. Returns a list of { name, points, last }: the last size whose
-- answer is decided.
local function run(kind, forms)
  local series = {}
  for i, form in ipairs(forms) do series[i] = { name = form[1], points = {} } end
  for _, count in ipairs(COUNTS) do
    if SHOWN[count] then print(("new access, %s: %d statement%s"):format(kind, count, count > 1 and "s" or "")) end
    for i, form in ipairs(forms) do
      local time, answer = measure(form[2](count))
      series[i].points[#series[i].points + 1] = { count, math.max(time, 0.001) }
      series[i].last = answer:find "undecided" and series[i].last or count
      if SHOWN[count] then show(form[1], time, answer) end
    end
  end
  return series
end

local function at(points, count)
  for _, point in ipairs(points) do
    if point[1] == count then return point[2] end
  end
end

-- Prints how many times the time grows, and what n log n would give.
local function show_growth(series)
  print(("growth of the time from %d statements"):format(FROM))
  for _, one in ipairs(series) do
    local grown, expected = at(one.points, one.last) / at(one.points, FROM), n_log_n(one.last) / n_log_n(FROM)
    print(("  %-36s to %3d: %5.1f times, n^%.1f; n log n: %.0f times%s%s"):format(one.name, one.last, grown,
      math.log(grown) / math.log(one.last / FROM), expected, grown > 2 * expected and ", worse than that" or "",
      one.last < COUNTS[#COUNTS] and "; then the limit" or ""))
  end
end

local function line_of(series)
  local points = {}
  for i, count in ipairs(COUNTS) do points[i] = { count, at(series[1].points, FROM) * n_log_n(count) / n_log_n(FROM) } end
  return { name = "n log n", points = points, dashed = true }
end

local all = run("ordinary", sizes.ordinary)
table.move(run("hostile", sizes.hostile), 1, #sizes.hostile, #all + 1, all)
print "new access, hostile: larger"
for _, one in ipairs { { 1, 213 }, { 1, 426 }, { 1, 852 }, { 7, 900 } } do
  local form = sizes.hostile[one[1]]
  show(("%s, %d statements"):format(form[1], one[2]), measure(form[2](one[2])))
end
show_growth(all)
all[#all + 1] = line_of(all)
local path = arg[1] .. "/reason.svg"
plot.write(path, "Time of policy.new_access by the number of statements", { x = "statements in each policy", y = "milliseconds" },
  { x = COUNTS, y = { 0.01, 0.1, 1, 10, 100 } }, all)
print(("plot: %s"):format(path))
