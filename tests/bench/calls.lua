-- Measures signed calls over loopback, with JSON decoded and checked: the processor time of one call, with
-- and without TLS, with several numbers of calls in flight; beside boto3 with as many threads, and, as floors, libcurl and wrk, which
-- neither sign nor read what they receive. The server is another process.
--   lua5.4 tests/bench/calls.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"
local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local system = require "lanyard.system"
local task = require "lanyard.task"

local ROUNDS, COUNT, PEER_COUNT = 3, 2000, 300

-- Prints the microseconds of processor time of one call: URL CALLS THREADS.
local BOTO3 = [[
import sys, time, concurrent.futures, boto3, botocore.config
url, count, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = boto3.client("ecr", region_name="us-east-1", endpoint_url=url, aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
                      aws_secret_access_key="k" * 40, config=botocore.config.Config(max_pool_connections=threads))
def call(number):
    client.get_repository_policy(repositoryName="team/web", registryId="111122223333")
with concurrent.futures.ThreadPoolExecutor(threads) as pool:
    list(pool.map(call, range(threads)))
    start = time.process_time()
    list(pool.map(call, range(count)))
print((time.process_time() - start) / count * 1e6)
]]

local function certificate(folder)
  local key, file = folder .. "/key.pem", folder .. "/certificate.pem"
  local created = helper.run { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-keyout", key, "-out", file, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1" }
  assert(created.status == 0, created.err)
  return key, file
end

-- Returns the microseconds of processor time of one call.
local function measure(client, in_flight)
  local numbers = {}
  for i = 1, COUNT do numbers[i] = i end
  local cpu = os.clock()
  task.map(numbers, function()
    local reply = assert(client:GetRepositoryPolicy { repositoryName = "team/web", registryId = "111122223333" })
    assert(reply.registryId == "111122223333")
  end, { limit = in_flight })
  return (os.clock() - cpu) / COUNT * 1e6
end

-- The same request for wrk.
local WRK = [[
wrk.method, wrk.body = "POST", '{"repositoryName":"team/web","registryId":"111122223333"}'
wrk.headers["Content-Type"] = "application/x-amz-json-1.1"
wrk.headers["X-Amz-Target"] = "AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy"
]]

-- Returns the microseconds of processor time of one request of wrk, which runs for a second.
local function wrk(script, url, in_flight)
  local result = helper.run { "/usr/bin/time", "-f", "%U %S", "wrk", "-t", "1", "-c", tostring(in_flight), "-d", "1s",
    "-s", script, url }
  local count = result.status == 0 and result.out:match "(%d+) requests in"
  local user, system_time = result.err:match "(%S+) (%S+)%s*$"
  return count and (user + system_time) / count * 1e6 or nil
end

local function client_of(url)
  local session = assert(aws.session {
    region = "us-east-1", endpoint_url = url,
    credentials = credentials.new { access_key_id = "AKIAIOSFODNN7EXAMPLE", secret_access_key = ("k"):rep(40) },
  })
  return assert(session:client "ecr")
end

local folder <close> = helper.folder()
local key, file = certificate(folder)
system.setenv("AWS_CA_BUNDLE", file)
helper.write(folder .. "/wrk.lua", WRK)
print "calls over loopback"
for _, form in ipairs { { "http", "", "28 us" }, { "https", key .. " " .. file, "35 us" } } do
  local scheme, files, aim = table.unpack(form)
  local port, server <close> = bench.server(("%s/bench/responder %s"):format(build, files))
  local url = ("%s://127.0.0.1:%d/"):format(scheme, port)
  local client = client_of(url)
  for _, in_flight in ipairs { 1, 8, 32, 128 } do
    local function program(...)
      local words = { ... }
      return function() return bench.number(words, { AWS_CA_BUNDLE = file, HOME = folder.path }) end
    end
    local threads = tostring(in_flight)
    local found = bench.medians(ROUNDS, {
      own = function() return measure(client, in_flight) end,
      boto3 = program("python3", "-c", BOTO3, url, tostring(PEER_COUNT), threads),
      curl = program(build .. "/bench/curl_bench", url, tostring(COUNT), threads, file),
      wrk = function() return wrk(folder .. "/wrk.lua", url, in_flight) end,
    })
    local work = ("a call by %s, %d in flight"):format(scheme, in_flight)
    bench.row { work = work, unit = "us", lanyard = found.own, peers = { { "boto3", found.boto3 } },
      floors = { { "curl_multi", found.curl }, { "wrk", found.wrk } }, aim = aim,
      readme = in_flight == 32 and "a signed " .. work:sub(3) or nil }
  end
  assert(server)
end
