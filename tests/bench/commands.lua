-- Measures `status`, `grant` and `revoke` as whole commands against an emulator in another process: processor time and
-- memory, beside the AWS CLI's commands for the same work, and beside as many requests by libcurl alone. Instructions of
-- libraries are counted, too: the static binary contains them.
--   lua5.4 tests/bench/commands.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local ROUNDS, TIMES = 3, 5
local GRANT = { "grant", "my-container-service", "--all", "--yes", "--enable" }
local REVOKE = { "revoke", "my-container-service", "--all", "--yes" }

-- The steps of AWS's page "Grant container service access to Amazon ECR private repositories", in a script.
local AWS = [[
  aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
  role() {
    aws lightsail get-container-services --service-name my-container-service --output text \
      --query 'containerServices[0].privateRegistryAccess.ecrImagePullerRole.principalArn'
  }
]]
local AWS_STATUS = AWS .. [[
  aws lightsail get-container-services
  for name in $(aws ecr describe-repositories --query 'repositories[].repositoryName' --output text); do
    aws ecr get-repository-policy --repository-name "$name" || :
  done
]]
local AWS_GRANT = AWS .. [[
  aws lightsail update-container-service --service-name my-container-service \
    --private-registry-access 'ecrImagePullerRole={isActive=true}'
  policy='{ "Version": "2012-10-17", "Statement": [{ "Sid": "AllowLightsailPull", "Effect": "Allow", "Principal": {
    "AWS": "'$(role)'" }, "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] }] }'
  for name in $(aws ecr describe-repositories --query 'repositories[].repositoryName' --output text); do
    aws ecr get-repository-policy --repository-name "$name" || :
    aws ecr set-repository-policy --repository-name "$name" --policy-text "$policy"
  done
]]
local AWS_REVOKE = AWS .. [[
  role
  for name in $(aws ecr describe-repositories --query 'repositories[].repositoryName' --output text); do
    aws ecr get-repository-policy --repository-name "$name"
    aws ecr delete-repository-policy --repository-name "$name"
  done
]]

-- Runs a command by `run` against a new emulator that has run only `before`. Returns what `run` returns, and the number
-- of the calls.
local function once(run, words, before)
  local emulator <close> = helper.emulator_process()
  local function count() return bench.number({ "curl", "-sf", emulator.url .. "/_emulator/calls" }) end
  if before then
    local prepared = emulator:run(before)
    assert(prepared.status == 0, prepared.err)
  end
  local earlier = count()
  return run(words, emulator.environment), count() - earlier
end

-- Returns the medians of the processor time and memory of a command, and the number of its calls.
local function measure(times, words, before)
  local cpu, peak, calls = {}, {}, nil
  for i = 1, times do
    local result
    result, calls = once(function(...) return assert(bench.command(1, ...)) end, words, before)
    cpu[i], peak[i] = result.cpu, result.peak
  end
  return bench.median(cpu), bench.median(peak), calls
end

local has_cli = helper.run({ "aws", "--version" }).status == 0
local port, server <close> = bench.server(build .. "/bench/responder")
local URL = ("http://127.0.0.1:%d/"):format(port)

print "commands with calls"
local products = bench.products()
for _, product in ipairs(products) do bench.forget(product.program) end

for _, case in ipairs {
  { "status", { "status" }, AWS_STATUS }, { "grant", GRANT, AWS_GRANT }, { "revoke", REVOKE, AWS_REVOKE, GRANT },
} do
  local name, words, script, before = table.unpack(case)
  local own, requests, peaks, floor_peaks, calls, turns = {}, {}, {}, {}, nil, {}
  for i, product in ipairs(products) do
    own[i] = { product.program, table.unpack(words) }
    turns["command " .. i] = function()
      local taken
      taken, peaks[i], calls = measure(TIMES, own[i], before)
      return taken
    end
    turns["requests " .. i] = function() -- after the commands, in the order of the names: they count the calls
      requests[i] = requests[i] or { product.folder .. "/curl_bench", URL, tostring(calls), "8" }
      local result = assert(bench.command(TIMES, requests[i]))
      floor_peaks[i] = result.peak
      return result.cpu
    end
  end
  local cpu = bench.medians(ROUNDS, turns)
  local cli, cli_peak -- a script of many commands: once is an average
  if has_cli then cli, cli_peak = measure(1, { "sh", "-c", script }, before) end
  for i, product in ipairs(products) do
    local work, is_static = ("`%s`%s"):format(name, product.suffix), product.is_static
    bench.row { work = ("%s, %d calls"):format(work, calls), unit = "ms", lanyard = cpu["command " .. i],
      peers = { { "AWS CLI", cli } }, floors = { { "curl_multi", cpu["requests " .. i] } },
      aim = is_static and "1/100 of the AWS CLI" or nil, readme = ("%s, %d calls"):format(work, calls) }
    bench.row { work = work .. ", instructions", unit = "M", lanyard = once(bench.instructions, own[i], before),
      needs = "valgrind", floors = { { "curl_multi", bench.instructions(requests[i]) } },
      aim = is_static and "12 M" or "20 M" }
    bench.row { work = work .. ", memory", unit = "MiB", lanyard = peaks[i], peers = { { "AWS CLI", cli_peak } },
      floors = { { "curl_multi", floor_peaks[i] } }, aim = "9 MiB" }
  end
end
assert(server)
