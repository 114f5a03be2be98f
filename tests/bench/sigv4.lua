-- Measures signatures per second through Lua, of a request as a client makes it: with a cached signing key, and with one
-- that must be derived.
--   lua5.4 tests/bench/sigv4.lua BUILD

package.cpath = arg[1] .. "/?.so;" .. package.cpath

local credentials = require "lanyard.credentials"
local sigv4 = require "lanyard.sigv4"

local RUNS, COUNT = 7, 30000

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

local function measure(name, keys)
  local rates = {}
  for run = 1, RUNS do
    local start = os.clock()
    for i = 1, COUNT do
      request.credentials = keys[i % #keys + 1]
      sigv4.sign(request)
    end
    rates[run] = COUNT / (os.clock() - start)
  end
  table.sort(rates)
  print(("  %-22s %10.0f /s   (%.0f to %.0f)"):format(name, rates[RUNS // 2 + 1], rates[1], rates[RUNS]))
end

-- Cycles through more keys than the cache holds, so that each signature derives its key.
local many = {}
for i = 1, 1000 do many[i] = new_keys() end

print "signatures, body of 200 bytes, from Lua"
measure("kept key", { new_keys() })
measure("fresh key", many)
