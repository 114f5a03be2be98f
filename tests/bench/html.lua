-- Measures the HTML report and the graph of many repositories: their sizes, the time to write them, and, if chromium is
-- installed, what a browser needs for the report. Once all grants and findings have one pattern, once each has its own.
--   lua5.4 tests/bench/html.lua BUILD

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build = arg[1] or "build"
package.cpath = build .. "/?.so;" .. package.cpath
local bench = require "bench"
local helper = require "helper"
local reports = require "reports"

local SIZES = { 100, 1000, 10000 } -- repositories, each with a grant and a finding

local folder <close> = helper.folder()
local PATH = folder .. "/report.html"

-- Writes the report. Returns the milliseconds of a format, and its size in MB.
local function write(format, report)
  local start = os.clock()
  local text = reports.text(format, report)
  local taken = (os.clock() - start) * 1e3
  if format == "html" then helper.write(PATH, text) end
  return taken, #text / 1e6
end

-- Returns what browser.py prints: { painted, elements, picture, memory, frame }; nil without a browser.
local function show()
  local result = helper.run { "env", "-i", "PATH=" .. os.getenv "PATH", "HOME=" .. folder, "/usr/bin/python3",
    "tests/bench/browser.py", PATH }
  local found = {}
  for name, value in result.out:gmatch "(%a+) ([%d.]+)\n" do found[name] = tonumber(value) end
  return result.status == 0 and found or nil
end

local most = SIZES[#SIZES]
for _, different in ipairs { false, true } do
  local points = { html = {}, svg = {} }
  local taken, size
  for i, count in ipairs(SIZES) do
    local report = reports.large(count, nil, different)
    points.svg[i] = { count, (write("svg", report)) }
    taken, size = write("html", report)
    points.html[i] = { count, taken }
  end
  local kind = different and "each different" or "one pattern"
  local browser = show()
  local function row(what, unit, value, aim, readme)
    bench.row { work = ("HTML report of %s, %s: %s"):format(bench.figure(most), kind, what), unit = unit, lanyard = value,
      needs = "a browser", aim = aim, readme = readme and not different and "an HTML report of 10,000 repositories, " .. readme or nil }
  end
  row("processor time to write", "ms", taken)
  row("size", "MB", size, "5 MB")
  row("time until painted", "s", browser and browser.painted, "2 s", "until painted")
  row("longest frame of 100, 900 px scrolled in each", "ms", browser and browser.frame, "33 ms")
  row("memory of the renderer", "MB", browser and browser.memory, "200 MB")
  row("elements", "elements", browser and browser.elements)
  row("height of the picture", "px", browser and browser.picture)
  bench.series(("findings of an HTML report, %s"):format(kind), points.html)
  bench.series(("findings of a graph, %s"):format(kind), points.svg)
end
