-- Measures signatures per second from Lua and in C, for a request as a client sends it: with a kept signing key, and with
-- a key that must be derived; beside botocore, and SHA-256 of as many bytes.
--   lua5.4 tests/bench/sigv4.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local credentials = require "lanyard.credentials"
local sigv4 = require "lanyard.sigv4"

local RUNS, COUNT = 7, 30000
local BODIES = { 200, 2000, 64000 }

local function new_keys()
  return credentials.new { access_key_id = "AKIAIOSFODNN7EXAMPLE", secret_access_key = ("k"):rep(40) }
end

local request = {
  method = "POST",
  url = "https://api.ecr.us-east-1.amazonaws.com/",
  headers = {
    ["Content-Type"] = "application/x-amz-json-1.1",
    ["X-Amz-Target"] = "AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy",
    ["User-Agent"] = "lanyard",
  },
  body = ("x"):rep(200),
  region = "us-east-1",
  service = "ecr",
  time = 1440938160,
}

-- Prints signatures per second of botocore for a body of so many bytes.
local BOTOCORE = [[
import sys, time, botocore.auth, botocore.awsrequest, botocore.credentials
body, count = b"x" * int(sys.argv[1]), 1000
auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials("AKIAIOSFODNN7EXAMPLE", "k" * 40), "ecr", "us-east-1")
start = time.process_time()
for _ in range(count):
    auth.add_auth(botocore.awsrequest.AWSRequest("POST", "https://api.ecr.us-east-1.amazonaws.com/", {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy"}, body))
print(count / (time.process_time() - start))
]]

local function measure(keys)
  local rates = {}
  for run = 1, RUNS do
    local start, count = os.clock(), math.max(COUNT * 200 // #request.body, 300)
    for i = 1, count do
      request.credentials = keys[i % #keys + 1]
      sigv4.sign(request)
    end
    rates[run] = count / (os.clock() - start)
  end
  return bench.median(rates)
end

-- The figures of sigv4_bench: [form][bytes] = signatures per second; the form "sha256" is the floor.
local function core_figures()
  local figures = {}
  local pipe <close> = assert(io.popen(build .. "/bench/sigv4_bench"))
  for line in pipe:lines() do
    local form, bytes, rate = line:match "^(%S+) (%d+) (%d+)$"
    figures[form] = figures[form] or {}
    figures[form][tonumber(bytes)] = tonumber(rate)
  end
  return figures
end

-- More keys than are kept, used in turn, so that each signature derives its key.
local many = {}
for i = 1, 1000 do many[i] = new_keys() end

print "signatures per second"
local core = core_figures()
for _, bytes in ipairs(BODIES) do
  request.body = ("x"):rep(bytes)
  local peers = { { "botocore", bench.number { "python3", "-c", BOTOCORE, tostring(bytes) } } }
  local floor = { "SHA-256 of as many bytes", core.sha256[bytes] }
  local function row(name, rate, aim)
    bench.row { work = ("%s, body of %.1f KB, /s"):format(name, bytes / 1000), lanyard = rate, peers = peers, floor = floor,
      aim = aim, more_is_better = true }
  end
  local is_small = bytes == BODIES[1]
  row("signatures in C, kept key", core.kept[bytes], is_small and "1,000,000" or nil)
  row("signatures in C, fresh key", core.fresh[bytes])
  row("signatures from Lua, kept key", measure { new_keys() }, is_small and "500,000" or nil)
  row("signatures from Lua, fresh key", measure(many))
end
