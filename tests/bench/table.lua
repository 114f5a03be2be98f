-- Prints the table of all rows that the benchmarks wrote (tests/support/bench.lua) as Markdown, lists what this machine
-- lacks, and plots how the costs grow with the size: BUILD/growth.svg.
--   lua5.4 tests/bench/table.lua BUILD ROWS [--markdown]
-- With --markdown it prints only the short table of README.

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build, path, form = arg[1], arg[2], arg[3]
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local growth = require "growth"
local json = require "lanyard.json"

-- The parts of the table: a script and what its rows are about. Rows of other scripts follow.
local PARTS = {
  { "start", "Commands without calls" }, { "commands", "Commands with calls to loopback" },
  { "aws", "`lanyard aws`" }, { "calls", "Calls over loopback" }, { "decode", "Replies with 1,000 instances decoded" },
  { "sigv4", "Signatures" }, { "parse", "Policies parsed" }, { "decide", "Decisions on parsed policies" },
  { "lint", "Policies checked" }, { "edits", "Policies edited, and grants" }, { "reason", "Questions about every possible request" },
  { "reason_z3", "Questions about every possible request, beside z3" },
  { "audit", "Audits of 4 Regions" }, { "fleet", "Grants to many repositories" }, { "journal", "The journal of changes" },
  { "emulator", "The emulator" }, { "tasks", "Tasks" }, { "html", "Reports of 10,000 repositories" },
  { "build", "The project itself" },
}

local rows, series = {}, {} -- rows: { [script] = rows }
for line in io.lines(path) do
  local value = assert(json.decode(line))
  if value.row then
    rows[value.script] = rows[value.script] or {}
    table.insert(rows[value.script], value.row)
  end
  series[#series + 1] = value.series
end

for _, part in ipairs(PARTS) do rows[part[1]] = rows[part[1]] or {} end
local others = {}
for script in pairs(rows) do
  local is_known = false
  for _, part in ipairs(PARTS) do is_known = is_known or part[1] == script end
  if not is_known then others[#others + 1] = { script, script } end
end
table.sort(others, function(a, b) return a[1] < b[1] end)
table.move(others, 1, #others, #PARTS + 1, PARTS)

local function each_row(visit)
  for _, part in ipairs(PARTS) do
    for _, row in ipairs(rows[part[1]]) do visit(row) end
  end
end

local function cell(text)
  return (text:gsub("|", "\\|"))
end

if form == "--markdown" then
  print "| work | Lanyard | others take | the least possible |\n| --- | --- | --- | --- |"
  each_row(function(row)
    if row.readme then
      print(("| %s | %s | %s | %s |"):format(cell(row.readme), bench.own(row), bench.peers(row), bench.floors(row)))
    end
  end)
  return
end

print [[

Each row was measured in one run. Figures are of processor time, unless the row says otherwise. "Others": how many times
as much they take, or, for rates, how many times as slow they are. "Floor": how many times as much as the least possible
Lanyard takes.]]
for _, part in ipairs(PARTS) do
  if #rows[part[1]] > 0 then
    print(("\n### %s\n\n| work | Lanyard | others | floor | aim |\n| --- | --- | --- | --- | --- |"):format(part[2]))
    for _, row in ipairs(rows[part[1]]) do
      print(("| %s | %s | %s | %s | %s |"):format(cell(row.work), bench.own(row), bench.peers(row), bench.floors(row),
        row.aim or ""))
    end
  end
end

local missing, names = {}, {}
each_row(function(row)
  for _, name in ipairs(bench.missing(row)) do
    if not missing[name] then
      missing[name] = true
      names[#names + 1] = name
    end
  end
end)
table.sort(names)
if #names > 0 then print "\nNot on this machine:" end
for _, name in ipairs(names) do print(("  %-14s %s"):format(name, bench.INSTALL[name])) end

if #series > 0 then
  print "\n### Cost by size\n\n| what grows | times the size | times the cost | at most n log n |\n| --- | --- | --- | --- |"
  for _, one in ipairs(series) do
    local grown = growth.of(one)
    print(("| %s | %s | %s | %s |"):format(cell(one.name), bench.figure(grown.size), bench.figure(grown.cost),
      grown.is_bounded and "yes" or "no"))
  end
  growth.plot(build .. "/growth.svg", series)
  print(("\nplot: %s/growth.svg"):format(build))
end
