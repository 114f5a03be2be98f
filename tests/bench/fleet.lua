-- Measures a fleet of 200 repositories and 3 services on an emulator: grants every repository to every service, then
-- audits all of them. The emulator counts the calls.
--   lua5.4 tests/bench/fleet.lua BUILD

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build = arg[1] or "build"
package.cpath = build .. "/?.so;" .. package.cpath
local helper = require "helper"
local json = require "lanyard.json"

helper.build = build
helper.lanyard = build .. "/lanyard"

local REPOSITORIES, SERVICES = 200, 3

local function seed()
  local repositories, services = json.array {}, json.array {}
  for i = 1, REPOSITORIES do
    repositories[i] = { name = ("team-%d/app-%03d"):format(i % 7, i) }
  end
  for i = 1, SERVICES do
    services[i] = { name = "service-" .. i }
  end
  return json.encode { regions = { ["us-east-1"] = { repositories = repositories, services = services } } }
end

local function calls_of(emulator)
  return tonumber(helper.run({ "curl", "-sf", emulator.url .. "/_emulator/calls" }).out)
end

-- Runs a command under GNU time, and prints its measurements.
local function measure(emulator, label, words)
  local before = calls_of(emulator)
  local timing = emulator.folder .. "/timing"
  local command = { "/usr/bin/time", "-o", timing, "-f", "%e %U %S %M", helper.lanyard, table.unpack(words) }
  local result = helper.run(command, emulator.environment)
  assert(result.status == 0, result.err)
  local wall, user, system, memory = helper.read(timing):match "(%S+) (%S+) (%S+) (%S+)"
  local calls = calls_of(emulator) - before
  print(("%-28s %6d calls  %7.0f calls/s  %6.2f s wall  %6.2f s cpu  %6.1f MiB peak"):format(
    label, calls, calls / tonumber(wall), tonumber(wall), tonumber(user) + tonumber(system), tonumber(memory) / 1024))
end

local folder <close> = helper.folder()
helper.write(folder .. "/seed.json", seed())
local emulator <close> = helper.emulator { "--seed", folder .. "/seed.json", "--activation-delay", "0" }
print(("%d repositories, %d services"):format(REPOSITORIES, SERVICES))
for i = 1, SERVICES do
  measure(emulator, "grant service-" .. i, { "grant", "service-" .. i, "--all", "--yes", "--enable" })
end
measure(emulator, "grant again (unchanged)", { "grant", "service-1", "--all", "--yes" })
measure(emulator, "audit", { "audit", "--output", "json" })
for i = 1, SERVICES do
  measure(emulator, "revoke service-" .. i, { "revoke", "service-" .. i, "--all", "--yes" })
end
