-- Measures the policy core from Lua: parse, decide on a parsed document, lint and edits, for policies of several sizes.
-- Prints the processor time of one operation.

package.cpath = arg[1] .. "/?.so;" .. package.cpath
package.path = "./lua/?.lua;./lua/?/init.lua;" .. package.path

local policy = require "lanyard.policy"

local ROLE = "arn:aws:iam::111122223333:role/team/service-%d"

local function document(statements)
  local doc = policy.new()
  for i = 1, statements do
    doc:allow { sid = "Pull-" .. i, principal = ROLE:format(i), actions = policy.PULL_ACTIONS }
  end
  return doc
end

local function measure(name, bytes, run)
  local runs, start, taken = 0, os.clock(), 0
  while taken < 0.3 do
    for _ = 1, 20 do run() end
    runs = runs + 20
    taken = os.clock() - start
  end
  local each = taken / runs * 1e9
  print(("  %-22s %10.0f /s %10.0f ns each %8.2f ns/byte"):format(name, 1e9 / each, each, each / bytes))
end

for _, statements in ipairs { 2, 5, 8, 40 } do
  local doc = document(statements)
  local text = tostring(doc)
  local request = { principal = ROLE:format(1), action = "ecr:GetDownloadUrlForLayer" }
  local grant = { sid = "Pull-new", principal = ROLE:format(0), actions = policy.PULL_ACTIONS }
  print(("from Lua: policy of %d bytes, %d statements"):format(#text, statements))
  measure("parse", #text, function() policy.parse(text) end)
  measure("parse, decide", #text, function() policy.parse(text):can(request) end)
  measure("decide", #text, function() doc:can(request) end)
  measure("lint", #text, function() doc:lint() end)
  measure("allow, revoke", #text, function()
    doc:allow(grant)
    doc:revoke { principal = grant.principal }
  end)
end
