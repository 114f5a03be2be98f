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
local EMPTY = { build .. "/bench/empty_bench" }

print "whole commands without calls"
for _, case in ipairs {
  { "`--version` (of the AWS CLI, too)", { "--version" }, VERSION, "2 ms", "`--version`" },
  { "`help` (AWS CLI: `--version`)", { "help" }, VERSION },
  { "`policy lint` of a statement (AWS CLI: `--version`)", { "policy", "lint", folder .. "/policy.json" }, VERSION },
  { "completion of `aws ec2 desc` (`aws_completer`)", { "__complete", "bash", "lanyard aws ec2 desc", "" },
    { "aws_completer" }, "15 ms", "completion of `aws ec2 desc`" },
} do
  local name, words, peer, aim, readme = table.unpack(case)
  local own = { helper.lanyard, table.unpack(words) }
  local found = bench.medians(ROUNDS, { own = processor(TIMES, own), peer = processor(1, peer), floor = processor(TIMES, EMPTY) })
  bench.row { work = name, unit = "ms", lanyard = found.own, peers = { { "AWS CLI", found.peer } },
    floors = { { "an empty program", found.floor } }, aim = aim, readme = readme }
  bench.row { work = name:gsub(" %(.*", "") .. ", instructions", unit = "M", lanyard = bench.instructions(own, ENVIRONMENT),
    needs = "valgrind", floors = { { "an empty program", bench.instructions(EMPTY) } }, aim = name:find "version" and "3 M" or nil }
end
