-- Measures whole commands from start to exit: `lanyard --version`, and `status` and `grant` against an emulator in
-- another process. The calls of `status` alone, in a process that is already running, show how much of its time is
-- spent in round trips.
--   lua5.4 tests/bench/start.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local function measure(label, words, environment)
  local result = helper.run({ build .. "/bench/run_bench", "51", table.unpack(words) }, environment)
  assert(result.status == 0, result.err)
  local median, minimum, cpu, peak = result.out:match "(%S+) (%S+) (%S+) (%S+)"
  print(("  %-30s %7.1f ms (min %.1f) %7.1f ms cpu %6.1f MiB peak"):format(label, median, minimum, cpu, peak))
end

-- Prints the median and minimum seconds that the calls of `status` take.
local ROUND_TRIPS = [[
  local access, aws, loop = require "lanyard.access", require "lanyard.aws", require "lanyard.loop"
  local region = access.connect(assert(aws.session {}), { permit = false })
  local taken = {}
  for i = 1, 51 do
    local start = loop.now()
    assert(region:services())
    region:policies(assert(region:repositories()))
    taken[i] = loop.now() - start
  end
  table.sort(taken)
  print(taken[26], taken[1])
]]

print "whole commands, 51 times each"
local emulator <close> = helper.emulator()
measure("lanyard --version", { helper.lanyard, "--version" })
measure("lanyard status", { helper.lanyard, "status" }, emulator.environment)
measure("lanyard grant", { helper.lanyard, "grant", "my-container-service", "--all", "--yes", "--enable" }, emulator.environment)
local result = emulator:run { "-e", ROUND_TRIPS }
assert(result.status == 0, result.err)
local median, minimum = result.out:match "(%S+)%s+(%S+)"
print(("  %-30s %7.1f ms (min %.1f)"):format("the calls of a status", median * 1e3, minimum * 1e3))
