-- Measures signatures per second from Lua and in C, for a request as a client sends it: with a kept signing key, and with
-- a key that must be derived; beside botocore. The floor is SHA-256 of as many bytes by
-- OpenSSL.
--   lua5.4 tests/bench/sigv4.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local credentials = require "lanyard.credentials"
local sigv4 = require "lanyard.sigv4"

local ROUNDS, COUNT = 5, 15000
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

-- Returns signatures per second from Lua, with each of the keys in turn.
local function rate(keys)
  local start, count = os.clock(), math.max(COUNT * 200 // #request.body, 300)
  for i = 1, count do
    request.credentials = keys[i % #keys + 1]
    assert(sigv4.sign(request))
  end
  return count / (os.clock() - start)
end

-- The figures of one run of sigv4_bench: [form][bytes] = signatures per second; the form "sha256" is the floor.
local function core_figures()
  local figures = {}
  local pipe <close> = assert(io.popen(build .. "/bench/sigv4_bench"))
  for line in pipe:lines() do
    local form, bytes, figure = line:match "^(%S+) (%d+) (%d+)$"
    figures[form] = figures[form] or {}
    figures[form][tonumber(bytes)] = tonumber(figure)
  end
  return figures
end

-- More keys than are kept, used in turn, so that each signature derives its key.
local kept, fresh = { new_keys() }, {}
for i = 1, 1000 do fresh[i] = new_keys() end

print "signatures per second"
for _, bytes in ipairs(BODIES) do
  request.body = ("x"):rep(bytes)
  local core
  local found = bench.medians(ROUNDS, {
    botocore = function() return bench.number { "python3", "-c", BOTOCORE, tostring(bytes) } end,
    c_kept = function() core = core_figures() return core.kept[bytes] end,
    c_sha256 = function() return core.sha256[bytes] end, -- of the same run
    c_signed = function() return core.fresh[bytes] end,
    kept = function() return rate(kept) end,
    fresh = function() return rate(fresh) end,
  })
  local function row(name, figure, aim, readme)
    bench.row { work = ("%s, body of %.1f KB"):format(name, bytes / 1000), unit = "/s", lanyard = figure, more_is_better = true,
      peers = { { "botocore", found.botocore } }, floors = { { "SHA-256", found.c_sha256 } },
      aim = bytes == BODIES[1] and aim or nil, readme = bytes == BODIES[1] and readme or nil }
  end
  row("signatures in C, kept key", found.c_kept, "1,000,000")
  row("signatures in C, fresh key", found.c_signed)
  row("signatures from Lua, kept key", found.kept, "500,000", "signatures from Lua")
  row("signatures from Lua, fresh key", found.fresh)
end
