-- Measures the processor time that the emulator takes for a signed call, which it checks as AWS does, beside moto, which
-- checks no signatures. The calls come from this process.
--   lua5.4 tests/bench/emulator.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local aws = require "lanyard.aws"
local bench = require "bench"
local credentials = require "lanyard.credentials"
local helper = require "helper"
local task = require "lanyard.task"

helper.build, helper.lanyard = build, build .. "/lanyard"

local ROUNDS, IN_FLIGHT = 3, 8
local NAME = "bench/web"
local POLICY = [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},]]
  .. [["Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}]]

-- Returns the seconds of processor time that a process has taken.
local function processor(pid)
  local fields = {}
  for field in helper.read(("/proc/%d/stat"):format(pid)):match ".*%)(.*)":gmatch "%S+" do fields[#fields + 1] = field end
  return (fields[12] + fields[13]) / 100
end

-- Returns a function that returns the microseconds of processor time of one call, in a server at a URL.
local function measure(url, pid, count)
  local session = assert(aws.session {
    region = "us-east-1", endpoint_url = url, credentials = credentials.new {
      access_key_id = helper.ACCESS_KEY, secret_access_key = helper.SECRET_KEY },
  })
  local client = session:client "ecr"
  assert(client:CreateRepository { repositoryName = NAME })
  assert(client:SetRepositoryPolicy { repositoryName = NAME, policyText = POLICY })
  local numbers = {}
  for i = 1, count do numbers[i] = i end
  return function()
    local before = processor(pid)
    task.map(numbers, function() assert(client:GetRepositoryPolicy { repositoryName = NAME }) end, { limit = IN_FLIGHT })
    return (processor(pid) - before) / count * 1e6
  end
end

-- Starts moto's server. Returns its URL and process ID; nil if the machine lacks it.
local function moto()
  local result = helper.run { "sh", "-c", "command -v moto_server && python3 -c 'import moto'" }
  if result.status ~= 0 then return end
  local pipe = assert(io.popen "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])'")
  local port = pipe:read "n"
  pipe:close()
  local started = assert(io.popen(("moto_server -H 127.0.0.1 -p %d > /dev/null 2>&1 & echo $!"):format(port)))
  local pid = started:read "n"
  local url = ("http://127.0.0.1:%d"):format(port)
  for _ = 1, 100 do
    if helper.run({ "curl", "-sf", "-o", "/dev/null", url .. "/moto-api/" }).status == 0 then return url, pid end
    task.sleep(0.1)
  end
end

print "the emulator"
local emulator <close> = helper.emulator_process()
local url, pid = moto()
local found = bench.medians(ROUNDS, {
  own = measure(emulator.url, emulator.pid, 4000), peer = url and measure(url, pid, 200) or function() end,
})
if url then os.execute("kill " .. pid) end
bench.row { work = "a signed call, in the server, 8 in flight", unit = "us", lanyard = found.own, peers = { { "moto", found.peer } },
  aim = "100 us (10,000/s on one core)", readme = "a call to `lanyard emulate`, in the server" }
