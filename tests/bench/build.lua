-- Measures how long the project takes to build from nothing, and, with LANYARD_BENCH=full, its tests in both builds.
--   lua5.4 tests/bench/build.lua BUILD

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build = arg[1]
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"
local loop = require "lanyard.loop"

local function seconds(words)
  local start = loop.now()
  local result = helper.run(words)
  assert(result.status == 0, result.err)
  return loop.now() - start
end

local folder <close> = helper.folder()
print "the project"
bench.row { work = "`make` from clean, time", unit = "s", lanyard = seconds { "make", "B=" .. folder .. "/build" }, aim = "15 s" }
if bench.is_full then
  bench.row { work = "`make test`, both builds, time", unit = "s", lanyard = seconds { "make", "test" }, aim = "480 s" }
end
