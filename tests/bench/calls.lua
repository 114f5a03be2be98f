-- Measures signed calls per second over loopback, with their JSON decoded and checked, and the cost of one call for this
-- process: without and with TLS, and with several calls in flight. The server is another process.
--   lua5.4 tests/bench/calls.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local helper = require "helper"
local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local loop = require "lanyard.loop"
local system = require "lanyard.system"
local task = require "lanyard.task"

local RUNS, COUNT = 5, 4000

-- The server reads from a fifo, so that it ends with this process in any case.
local function serve(folder, name, files)
  local fifo = folder .. "/" .. name
  assert(os.execute("mkfifo " .. fifo))
  local pipe = assert(io.popen(("%s/bench/responder %s <%s"):format(build, files, fifo)))
  local held = assert(io.open(fifo, "w"))
  local port = assert(pipe:read "n", "the server did not start")
  return port, setmetatable({}, { __close = function() held:close() pipe:close() end })
end

local function certificate(folder)
  local key, file = folder .. "/key.pem", folder .. "/certificate.pem"
  local made = helper.run { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-keyout", key, "-out", file, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1" }
  assert(made.status == 0, made.err)
  return key, file
end

local function median(values)
  table.sort(values)
  return values[#values // 2 + 1]
end

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
  local cost, rate = median(costs), median(rates)
  print(("  %4d in flight %9.0f calls/s (best %.0f)  %6.1f us cpu a call (least %.1f)")
    :format(in_flight, rate, rates[RUNS], cost, costs[1]))
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
for _, form in ipairs { { "http", "" }, { "https", key .. " " .. file } } do
  local port, server <close> = serve(folder, form[1], form[2])
  print(("calls over loopback, %s, JSON decoded"):format(form[1]))
  local client = client_of(("%s://127.0.0.1:%d"):format(form[1], port))
  for _, in_flight in ipairs { 1, 8, 32, 128 } do
    measure(client, in_flight)
  end
  assert(server)
end
