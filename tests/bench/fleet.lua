-- Measures the grant of a service on many repositories, an audit, and the revocation, as whole commands against an
-- emulator, which counts the calls. The floor is as many requests by libcurl alone.
--   lua5.4 tests/bench/fleet.lua BUILD

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build = arg[1] or "build"
package.cpath = build .. "/?.so;" .. package.cpath
local bench = require "bench"
local helper = require "helper"
local json = require "lanyard.json"

helper.build = build
helper.lanyard = build .. "/lanyard"

local SIZES = { 10, 100, 1000 }
local COMMANDS = {
  { "`grant --all`", { "grant", "service", "--all", "--yes", "--enable" } },
  { "`grant --all` again, unchanged", { "grant", "service", "--all", "--yes" } },
  { "`audit`", { "audit", "--output", "json" } },
  { "`revoke --all`", { "revoke", "service", "--all", "--yes" } },
}

local function seed(count)
  local repositories = json.array {}
  for i = 1, count do
    repositories[i] = { name = ("team-%d/app-%04d"):format(i % 7, i) }
  end
  return json.encode { regions = { ["us-east-1"] = { repositories = repositories, services = { { name = "service" } } } } }
end

local folder <close> = helper.folder()
local port, server <close> = bench.server(build .. "/bench/responder")
local points = {}

print "grants to many repositories"
for i, count in ipairs(SIZES) do
  helper.write(folder .. "/seed.json", seed(count))
  local emulator <close> = helper.emulator_process { "--seed", folder .. "/seed.json", "--activation-delay", "0" }
  local function calls() return bench.number { "curl", "-sf", emulator.url .. "/_emulator/calls" } end
  for c, case in ipairs(COMMANDS) do
    local name, words = table.unpack(case)
    local before = calls()
    local own = assert(bench.command(1, { helper.lanyard, table.unpack(words) }, emulator.environment))
    local count_of_calls = calls() - before
    points[c] = points[c] or {}
    points[c][i] = { count, own.cpu }
    if i == #SIZES then
      local floor = assert(bench.command(1, { build .. "/bench/curl_bench", ("http://127.0.0.1:%d/"):format(port),
        tostring(count_of_calls), "8" }))
      bench.row { work = ("%s, %s repositories, %s calls"):format(name, bench.figure(count), bench.figure(count_of_calls)),
        unit = "ms", lanyard = own.cpu, floors = { { "curl_multi", floor.cpu } } }
    end
  end
end
for c, case in ipairs(COMMANDS) do bench.series("repositories, " .. case[1], points[c]) end
assert(server)
