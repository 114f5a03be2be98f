-- Measures audits of repositories in four Regions on an emulator, with services that deploy from some of them. Each
-- API is limited to LIMIT calls per second in each Region; `none` means no limit. Prints the number of calls, the floor
-- (the least time that the limits allow), the duration, the number of throttled calls, and the memory.
--   lua5.4 tests/bench/audit.lua BUILD [REPOSITORIES [LIMIT...]]       default: 10000 20 100 none

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build = arg[1] or "build"
package.cpath = build .. "/?.so;" .. package.cpath
local helper = require "helper"

helper.build = build
helper.lanyard = build .. "/lanyard"

local REGIONS = "us-east-1,us-west-2,eu-west-1,eu-central-1"
local REPOSITORIES = math.tointeger(tonumber(arg[2] or 10000)) or error "how many repositories?"
local LIMITS = #arg > 2 and table.move(arg, 3, #arg, 1, {}) or { "20", "100", "none" }

-- The seed is Lua code that builds its tables. Of every hundred repositories, five are open to everyone, five name a
-- deleted role, and ten have no policy.
local SEED = ([[
  local PULL = '{"Version":"2012-10-17","Statement":[{"Sid":"%%s","Effect":"Allow","Principal":{"AWS":"%%s"},'
    .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'
  local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/%%s/containers/service-%%02d/private-repo-access/"
    .. "0123456789abcdefghijklmnopqrstuv0123456789abcdefghij"
  local function policy(region, i)
    local service = i %% 50 + 1
    if i %% 20 == 0 then
      return PULL:format("open", "*")
    elseif i %% 20 == 1 then
      return PULL:format("gone", ROLE:format(region, service + 50))
    elseif i %% 10 ~= 2 then
      return PULL:format(("AllowLightsailPull-service-%%02d"):format(service), ROLE:format(region, service))
    end
  end
  local seed = { regions = {}, roles = {} }
  for region in ("REGIONS"):gmatch "[^,]+" do
    local services, repositories = {}, {}
    for i = 1, REPOSITORIES do
      repositories[i] = { name = ("team-%%d/app-%%05d"):format(i %% 7, i), policy = policy(region, i),
        images = i <= 50 and { "1.0" } or nil }
    end
    for i = 1, 50 do
      seed.roles[#seed.roles + 1] = ROLE:format(region, i + 50)
      services[i] = { name = ("service-%%02d"):format(i), role = true, role_arn = ROLE:format(region, i), containers = {
        app = { image = ("111122223333.dkr.ecr.%%s.amazonaws.com/team-%%d/app-%%05d:1.0"):format(region, i %% 7, i) },
      } }
    end
    seed.regions[region] = { services = services, repositories = repositories }
  end
  return seed
]]):gsub("REGIONS", REGIONS):gsub("REPOSITORIES", REPOSITORIES):gsub("%%%%", "%%")

-- Returns the calls, the throttled calls, and the least time in seconds that a limit allows for the other ones.
local function counts_of(emulator, limit)
  local counts = helper.run({ "curl", "-sf", emulator.url .. "/_emulator/operations" }).out
  local calls, throttled, floor = 0, 0, 0
  for all, refused in counts:gmatch "(%d+) (%d+)\n" do
    calls, throttled = calls + all, throttled + refused
    floor = limit and math.max(floor, (all - refused - limit) / limit) or 0
  end
  return calls, throttled, floor
end

local function measure(folder, limit, output)
  local options = { "--seed", folder .. "/seed.lua", "--activation-delay", "0" }
  if limit then
    helper.write(folder .. "/faults.json", ('[{"rate":%d}]'):format(limit))
    table.move({ "--faults", folder .. "/faults.json" }, 1, 2, #options + 1, options)
  end
  local emulator <close> = helper.emulator(options)
  local timing = folder .. "/timing"
  local result = helper.run({ "/usr/bin/time", "-o", timing, "-f", "%e %U %M", helper.lanyard, "audit", "--region",
    REGIONS, "--output", output }, emulator.environment)
  assert(result.status == 0, result.err)
  local wall, cpu, memory = helper.read(timing):match "(%S+) (%S+) (%S+)"
  local calls, throttled, floor = counts_of(emulator, limit)
  print(("%-5s %-5s %6d calls %7.1f s wall %7s floor %6s %5.2f %% throttled %6.1f s cpu %6.1f MiB %9d bytes"):format(
    limit or "none", output, calls, wall, limit and ("%.1f"):format(floor) or "-",
    limit and ("%+.1f%%"):format(100 * (wall / floor - 1)) or "-", 100 * throttled / calls, cpu, memory / 1024,
    #result.out))
  local unknown = select(2, result.out:gsub('"unknown"', ""))
  if unknown > 0 then
    print(("  %d repositories could not be read"):format(unknown))
  end
end

local folder <close> = helper.folder()
helper.write(folder .. "/seed.lua", SEED)
print(("%d repositories in each of %s"):format(REPOSITORIES, REGIONS))
for _, limit in ipairs(LIMITS) do
  measure(folder, math.tointeger(tonumber(limit)), "json")
end
measure(folder, nil, "jsonl")
