-- Measures whole commands without calls from start to exit, beside the AWS CLI and an empty program that
-- is linked with the same libraries. libcurl and libcrypto are part of the floor, and are loaded by Lanyard at the first call.
--   lua5.4 tests/bench/start.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local ROUNDS, TIMES = 3, 15

local folder <close> = helper.folder()
helper.write(folder .. "/policy.json", [[{ "Version": "2012-10-17", "Statement": [{ "Sid": "Pull", "Effect": "Allow",
  "Principal": { "AWS": "arn:aws:iam::111122223333:role/web" },
  "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] }] }]])
local ENVIRONMENT = { HOME = folder.path, COMP_LINE = "aws ec2 desc", COMP_POINT = "12" }

local function processor(times, words)
  return function()
    local result = bench.command(times, words, ENVIRONMENT)
    return result and result.cpu
  end
end

local VERSION = { "aws", "--version" }

print "whole commands without calls"
local products = bench.products()
for _, case in ipairs {
  { "`--version`", { "--version" }, VERSION, " (of the AWS CLI, too)", "2 ms", true },
  { "`help`", { "help" }, VERSION, " (AWS CLI: `--version`)" },
  { "`policy lint`", { "policy", "lint", folder .. "/policy.json" }, VERSION, " of a statement (AWS CLI: `--version`)" },
  { "completion of `aws ec2 desc`", { "__complete", "bash", "lanyard aws ec2 desc", "" }, { "aws_completer" },
    " (`aws_completer`)", "15 ms", true },
} do
  local name, words, peer, more, aim, is_in_readme = table.unpack(case)
  local turns = { peer = processor(1, peer) }
  for i, product in ipairs(products) do
    turns["own" .. i] = processor(TIMES, { product.program, table.unpack(words) })
    turns["floor" .. i] = processor(TIMES, { product.folder .. "/empty_bench" })
  end
  local found = bench.medians(ROUNDS, turns)
  for i, product in ipairs(products) do
    local work = name .. product.suffix
    bench.row { work = work .. more, unit = "ms", lanyard = found["own" .. i], peers = { { "AWS CLI", found.peer } },
      floors = { { "an empty program", found["floor" .. i] } }, aim = aim, readme = is_in_readme and work or nil }
    bench.row { work = work .. ", instructions", unit = "M", needs = "valgrind",
      lanyard = bench.instructions({ product.program, table.unpack(words) }, ENVIRONMENT),
      floors = { { "an empty program", bench.instructions({ product.folder .. "/empty_bench" }) } },
      aim = name:find "version" and "3 M" or nil }
  end
end
