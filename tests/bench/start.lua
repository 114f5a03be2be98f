-- Measures whole commands from start to exit: `lanyard --version`, one `status` and one `grant` against an emulator in
-- another process. The calls of `status` alone, made by a running process, show the share of round trips.
--   lua5.4 tests/bench/start.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local function measure(label, words, environment)
  local result = helper.run({ build .. "/bench/run_bench", "51", table.unpack(words) }, environment)
  assert(result.status == 0, result.err)
  local middle, least, cpu, peak = result.out:match "(%S+) (%S+) (%S+) (%S+)"
  print(("  %-30s %7.1f ms (least %.1f) %7.1f ms cpu %6.1f MiB peak"):format(label, middle, least, cpu, peak))
end

-- Returns the median time in seconds of the calls of a status.
local ROUND_TRIPS = [[
  local access, aws, loop = require "lanyard.access", require "lanyard.aws", require "lanyard.loop"
  local here = access.connect(assert(aws.session {}), { permit = false })
  local taken = {}
  for i = 1, 51 do
    local start = loop.now()
    assert(here:services())
    here:policies(assert(here:repositories()))
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
local middle, least = result.out:match "(%S+)%s+(%S+)"
print(("  %-30s %7.1f ms (least %.1f)"):format("the calls of a status", middle * 1e3, least * 1e3))
