-- Measures signed calls over loopback, with JSON decoded and checked: the processor time of one call and the rate, with
-- and without TLS, with several numbers of calls in flight; beside boto3 with as many threads, and libcurl alone. The
-- server is another process.
--   lua5.4 tests/bench/calls.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"
local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local loop = require "lanyard.loop"
local system = require "lanyard.system"
local task = require "lanyard.task"

local RUNS, COUNT = 5, 4000

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

-- Returns the microseconds of processor time of one call, and the calls per second: medians.
local function measure(client, in_flight)
  local numbers = {}
  for i = 1, COUNT do numbers[i] = i end
  local rates, costs = {}, {}
  for run = 1, RUNS do
    local start, cpu = loop.now(), os.clock()
    task.map(numbers, function()
      local reply = assert(client:GetRepositoryPolicy { repositoryName = "team/web", registryId = "111122223333" })
      assert(reply.registryId == "111122223333")
    end, { limit = in_flight })
    rates[run] = COUNT / (loop.now() - start)
    costs[run] = (os.clock() - cpu) / COUNT * 1e6
  end
  return bench.median(costs), bench.median(rates)
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
print "calls over loopback, us of processor time"
for _, form in ipairs { { "http", "", "28" }, { "https", key .. " " .. file, "35" } } do
  local scheme, files, aim = table.unpack(form)
  local port, server <close> = bench.server(("%s/bench/responder %s"):format(build, files))
  local url = ("%s://127.0.0.1:%d/"):format(scheme, port)
  local client = client_of(url)
  for _, in_flight in ipairs { 1, 8, 32, 128 } do
    local cost, rate = measure(client, in_flight)
    local function peer(words)
      return bench.number(words, { AWS_CA_BUNDLE = file, HOME = folder.path })
    end
    bench.row { work = ("a call by %s, %d in flight, us (%.0f calls/s)"):format(scheme, in_flight, rate), lanyard = cost, aim = aim,
      peers = { { "boto3", peer { "python3", "-c", BOTO3, url, "300", tostring(in_flight) } } },
      floor = { "curl_multi", peer { build .. "/bench/curl_bench", url, tostring(COUNT), tostring(in_flight), file } } }
  end
  assert(server)
end
