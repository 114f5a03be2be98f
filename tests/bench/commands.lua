-- Measures `status`, `grant` and `revoke` as whole commands against an emulator in another process: processor time and
-- memory, beside the AWS CLI's commands for the same work, and beside as many requests by libcurl alone.
--   lua5.4 tests/bench/commands.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local TIMES = 9
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

-- Runs a command against emulators that have run only `before`. Returns the medians of its processor time and memory,
-- and the number of its calls.
local function measure(times, words, before)
  local cpu, peak, calls = {}, {}, nil
  for i = 1, times do
    local emulator <close> = helper.emulator()
    local environment = { HOME = emulator.folder.path }
    for name, value in pairs(emulator.environment) do environment[name] = value end
    local function count() return bench.number({ "curl", "-sf", emulator.url .. "/_emulator/calls" }) end
    if before then
      local prepared = helper.run({ helper.lanyard, table.unpack(before) }, environment)
      assert(prepared.status == 0, prepared.err)
    end
    local earlier = count()
    local result = assert(bench.command(1, words, environment))
    cpu[i], peak[i], calls = result.cpu, result.peak, count() - earlier
  end
  return bench.median(cpu), bench.median(peak), calls
end

local has_cli = helper.run({ "aws", "--version" }).status == 0
local port, server <close> = bench.server(build .. "/bench/responder")

print "commands with calls"
for _, case in ipairs {
  { "status", { "status" }, AWS_STATUS }, { "grant", GRANT, AWS_GRANT }, { "revoke", REVOKE, AWS_REVOKE, GRANT },
} do
  local name, words, script, before = table.unpack(case)
  local cpu, peak, calls = measure(TIMES, { helper.lanyard, table.unpack(words) }, before)
  local requests = assert(bench.command(TIMES, { build .. "/bench/curl_bench", ("http://127.0.0.1:%d/"):format(port),
    tostring(calls), "8" }))
  local cli_cpu, cli_peak
  if has_cli then cli_cpu, cli_peak = measure(1, { "sh", "-c", script }, before) end
  bench.row { work = ("%s, %d calls, ms"):format(name, calls), lanyard = cpu, peers = { { "AWS CLI", cli_cpu } },
    floor = { "curl_multi", requests.cpu } }
  bench.row { work = name .. ", MiB", lanyard = peak, peers = { { "AWS CLI", cli_peak } },
    floor = { "curl_multi", requests.peak } }
end
assert(server)
