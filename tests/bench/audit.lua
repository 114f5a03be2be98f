-- Measures audits of many repositories in 4 Regions, with services that deploy from some of them, against an emulator
-- that limits each API to some calls per second and Region. boto3 with 32 threads only reads: the repositories and their
-- policies. The floor of a limited audit is the time that the limit allows for its calls.
--   lua5.4 tests/bench/audit.lua BUILD

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local build = arg[1] or "build"
package.cpath = build .. "/?.so;" .. package.cpath
local bench = require "bench"
local helper = require "helper"

helper.build = build
helper.lanyard = build .. "/lanyard"

local REGIONS = { "us-east-1", "us-west-2", "eu-west-1", "eu-central-1" }
local SIZES = { 100, 1000, 10000 } -- repositories in each Region
-- Calls per second, and repositories in each Region. A part of the full size takes 30 seconds or less.
local LIMITS = bench.is_full and { { 20, 10000 }, { 100, 10000 } } or { { 20, 500 }, { 100, 2500 } }

-- The seed is Lua code that builds its tables. Of 100 repositories, 5 are open to everyone, 5 grant a role that no
-- longer exists, and 10 have no policy.
local SEED = [[
  local PULL = '{"Version":"2012-10-17","Statement":[{"Sid":"%%s","Effect":"Allow","Principal":{"AWS":"%%s"},'
    .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'
  local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/%%s/containers/service-%%02d/private-repo-access/"
    .. "0123456789abcdefghijklmnopqrstuv0123456789abcdefghij"
  local function policy(region, i)
    local service = i %% 50 + 1
    if i %% 20 == 0 then
      return PULL:format("open", "*")
    elseif i %% 20 == 1 then
      return PULL:format("deleted", ROLE:format(region, service + 50))
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
]]

local function write_seed(path, count)
  helper.write(path, (SEED:gsub("REGIONS", table.concat(REGIONS, ",")):gsub("REPOSITORIES", count):gsub("%%%%", "%%")))
end

-- Returns the calls, the throttled calls, and the minimum seconds that the limit allows for the successful calls.
local function counts_of(emulator, limit)
  local counts = helper.run({ "curl", "-sf", emulator.url .. "/_emulator/operations" }).out
  local calls, throttled, floor = 0, 0, 0
  for all, refused in counts:gmatch "(%d+) (%d+)\n" do
    calls, throttled = calls + all, throttled + refused
    floor = limit and math.max(floor, (all - refused - limit) / limit) or 0
  end
  return calls, throttled, floor
end

-- Reads what an audit reads: MODE REGION... Prints the repositories that could not be read.
local BOTO3 = [==[
import concurrent.futures, sys, boto3, botocore.config, botocore.exceptions
config = botocore.config.Config(max_pool_connections=32, retries={"mode": sys.argv[1], "max_attempts": 10})
clients = [boto3.client("ecr", region_name=region, config=config) for region in sys.argv[2:]]
def names(client):
    pages = client.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 1000})
    return [(client, one["repositoryName"]) for page in pages for one in page["repositories"]]
def read(pair):
    try:
        return pair[0].get_repository_policy(repositoryName=pair[1])["policyText"]
    except botocore.exceptions.ClientError as error:
        return None if error.response["Error"]["Code"] == "RepositoryPolicyNotFoundException" else error
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    found = [pair for pairs in pool.map(names, clients) for pair in pairs]
    results = list(pool.map(read, found))
print(sum(isinstance(one, Exception) for one in results), file=open(sys.argv[0] + ".failed", "w"))
]==]

local folder <close> = helper.folder()
helper.write(folder .. "/reads.py", BOTO3)
local OWN = { helper.lanyard, "audit", "--region", table.concat(REGIONS, ","), "--output", "json" }

local function boto3(mode)
  return { "python3", folder .. "/reads.py", mode, table.unpack(REGIONS) }
end

-- Runs a command against a new emulator with so many repositories in each Region, and a limit. Returns nil, or
-- { cpu, wall, peak, calls, throttled, floor }: milliseconds, MiB, and the least seconds.
local function measure(command, count, limit)
  write_seed(folder .. "/seed.lua", count)
  local options = { "--seed", folder .. "/seed.lua", "--activation-delay", "0" }
  if limit then
    helper.write(folder .. "/faults.json", ('[{"rate":%d}]'):format(limit))
    table.move({ "--faults", folder .. "/faults.json" }, 1, 2, #options + 1, options)
  end
  local emulator <close> = helper.emulator_process(options)
  local result, err = bench.command(1, command, emulator.environment)
  if not result then
    print(("  %s failed: %s"):format(command[1], err))
  else
    result.calls, result.throttled, result.floor = counts_of(emulator, limit)
  end
  return result
end

local has_boto3 = helper.run({ "python3", "-c", "import boto3" }).status == 0

print "audits of 4 Regions"
local points, largest = {}, nil
for i, count in ipairs(SIZES) do
  largest = assert(measure(OWN, count))
  points[i] = { count, largest.cpu }
end
local most = SIZES[#SIZES]
local peer = has_boto3 and measure(boto3 "standard", most)
local each = 4 * most
local name = ("%s repositories in each, no limit"):format(bench.figure(most))
bench.row { work = name .. ", a repository", unit = "us", lanyard = largest.cpu / each * 1e3,
  peers = { { "boto3", peer and peer.cpu / each * 1e3 } }, aim = "half of what 0.1 took" }
bench.row { work = name .. ", time", unit = "s", lanyard = largest.wall / 1e3, peers = { { "boto3", peer and peer.wall / 1e3 } },
  readme = "an audit of 40,000 repositories, time" }
bench.row { work = name .. ", memory", unit = "MiB", lanyard = largest.peak, peers = { { "boto3", peer and peer.peak } },
  aim = "40 MiB", readme = "an audit of 40,000 repositories, memory" }
bench.series("repositories of an audit", points)

for _, case in ipairs(LIMITS) do
  local limit, count = table.unpack(case)
  local own = assert(measure(OWN, count, limit))
  local peers = {}
  for _, mode in ipairs { "standard", "adaptive" } do
    local one = has_boto3 and measure(boto3(mode), count, limit)
    local failed = one and bench.number { "cat", folder .. "/reads.py.failed" } or 0
    if failed > 0 then print(("  boto3, %s: %d of %d repositories could not be read"):format(mode, failed, 4 * count)) end
    peers[#peers + 1] = { mode == "standard" and "boto3" or "boto3 (adaptive)", one and one.wall / 1e3 }
  end
  bench.row { work = ("%s repositories in each, %d calls/s, time (%.2f %% throttled)"):format(bench.figure(count), limit,
    100 * own.throttled / own.calls), unit = "s", lanyard = own.wall / 1e3, peers = peers,
    floors = { { "the limit", own.floor } }, aim = "1.03 x the limit",
    readme = limit == 100 and ("an audit at 100 calls/s of %s repositories, time"):format(bench.figure(4 * count)) or nil }
end
