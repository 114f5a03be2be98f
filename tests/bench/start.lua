-- Measures whole commands without calls from start to exit, beside the AWS CLI and an empty program.
--   lua5.4 tests/bench/start.lua BUILD

local build = arg[1]
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = build .. "/?.so;" .. package.cpath

local bench = require "bench"
local helper = require "helper"

helper.build, helper.lanyard = build, build .. "/lanyard"

local TIMES, PEER_TIMES = 51, 3

local folder <close> = helper.folder()
helper.write(folder .. "/policy.json", [[{ "Version": "2012-10-17", "Statement": [{ "Sid": "Pull", "Effect": "Allow",
  "Principal": { "AWS": "arn:aws:iam::111122223333:role/web" },
  "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] }] }]])

local function cpu(times, words)
  local result = bench.command(times, words, { HOME = folder.path, COMP_LINE = "aws ec2 desc", COMP_POINT = "12" })
  return result and result.cpu
end

local VERSION <const> = { "aws", "--version" }

print "whole commands, ms of processor time"
local empty = cpu(TIMES, { build .. "/bench/empty_bench" })
for _, case in ipairs {
  { "--version", { "--version" }, VERSION },
  { "help", { "help" }, VERSION },
  { "policy lint", { "policy", "lint", folder .. "/policy.json" }, VERSION },
  { "completion of `aws ec2 desc`", { "__complete", "bash", "lanyard aws ec2 desc", "" }, { "aws_completer" } },
} do
  local name, words, peer = table.unpack(case)
  bench.row { work = name .. ", ms", lanyard = assert(cpu(TIMES, { helper.lanyard, table.unpack(words) })),
    peers = { { table.concat(peer, " "), cpu(PEER_TIMES, peer) } }, floor = { "an empty program", empty } }
end
