-- Measures decisions on parsed documents of several sizes: in C, by doc:can and by policy.decide, beside iam-simulate. It
-- is in build/peers, or in the folder that LANYARD_IAM_SIMULATE names, in which `npm install
-- @cloud-copilot/iam-simulate` was run.
--   lua5.4 tests/bench/decide.lua BUILD [NAME STATEMENTS TIMES]
-- With a name, decides that often without printing, for a tool that counts instructions.

local build = arg[1]
package.cpath = build .. "/?.so;" .. package.cpath
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path

local bench = require "bench"
local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

helper.build = build

local ROLE = "arn:aws:iam::111122223333:role/team/service-%d"
local REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/web"
local ACTION = "ecr:GetDownloadUrlForLayer"

local function document(count, is_identity)
  local statements = json.array {}
  for i = 1, count do
    statements[i] = {
      Sid = "Pull-" .. i, Effect = "Allow", Action = json.array { "ecr:BatchGetImage", ACTION },
      Principal = not is_identity and { AWS = ROLE:format(count - i) } or nil,
      Resource = is_identity and (i == count and REPOSITORY or REPOSITORY .. i) or nil,
    }
  end
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = statements }))
end

-- Each makes a function that decides once: the last statement allows the request.
local DECISIONS = {
  { "doc:can", function(count)
    local doc, request = document(count), { principal = ROLE:format(0), action = ACTION, resource = REPOSITORY }
    return function() return doc:can(request) end
  end, "resource" },
  { "doc:can, a context", function(count)
    local doc = document(count)
    local request = {
      principal = ROLE:format(0), action = ACTION, resource = REPOSITORY, context = { ["aws:SourceIp"] = "192.0.2.1" },
    }
    return function() return doc:can(request) end
  end },
  { "policy.decide", function(count)
    local request = {
      principal = ROLE:format(0), action = ACTION, resource = REPOSITORY, resource_policy = document(count),
      identity_policies = { document(count, true) },
    }
    return function() return policy.decide(request) end
  end, "identity" },
  { "policy.decide, scps", function(count)
    local request = {
      principal = ROLE:format(0), action = ACTION, resource = REPOSITORY, resource_policy = document(count),
      identity_policies = { document(count, true) }, scps = { { document(count, true) } },
      context = { ["aws:SourceIp"] = "192.0.2.1" },
    }
    return function() return policy.decide(request) end
  end },
}

if arg[2] then
  for _, decision in ipairs(DECISIONS) do
    local decide = decision[1] == arg[2] and decision[2](math.tointeger(arg[3]))
    for _ = 1, decide and math.tointeger(arg[4]) or 0 do
      decide()
    end
  end
  return
end

local ROUNDS = 3
local COUNTS = { 1, 5, 10, 60, 600 }
local SHOWN = { [1] = true, [5] = true, [60] = true }

-- Returns the microseconds of a decision.
local function measure(decide)
  local runs, start, taken = 0, os.clock(), 0
  while taken < 0.1 do
    for _ = 1, 50 do
      assert(decide() == "allow")
    end
    runs = runs + 50
    taken = os.clock() - start
  end
  return taken / runs * 1e6
end

-- Returns the microseconds of iam-simulate for the same policies; nil if it is not installed.
local function peer(count, policies)
  return bench.number { "node", "tests/bench/decide_peer.mjs", os.getenv "LANYARD_IAM_SIMULATE" or "build/peers", tostring(count),
    policies }
end

local function core(form, count)
  return assert(bench.number { build .. "/bench/decide_bench", form, tostring(count) }) / 1e3
end

-- Measures a form in all sizes: a row for some of them, and a line of the plot. `policies`: what iam-simulate decides, if
-- it can do the same.
local function show(name, own, policies, aim)
  local points = {}
  for i, count in ipairs(COUNTS) do
    local found = bench.medians(ROUNDS, {
      own = function() return own(count) end,
      peer = function() return policies and SHOWN[count] and peer(count, policies) or nil end,
    })
    points[i] = { count, found.own }
    if SHOWN[count] then
      bench.row { work = ("%s, %d statement%s"):format(name, count, count > 1 and "s" or ""), unit = "us", lanyard = found.own,
        peers = policies and { { "iam-simulate", found.peer } } or nil, aim = count == 5 and aim or nil,
        readme = count == 5 and name == "policy.decide" and "a decision on two policies of 5 statements" or nil }
    end
  end
  bench.series("statements, " .. name, points)
end

print "decisions"
show("decide in C, roles", function(count) return core("role", count) end, "resource", "0.4 us")
for _, form in ipairs { "action", "wildcard", "condition" } do
  local points = {}
  for i, count in ipairs(COUNTS) do points[i] = { count, core(form, count) } end
  bench.series(("statements, decide in C, %ss"):format(form), points)
end
for _, decision in ipairs(DECISIONS) do
  local name, make, policies = table.unpack(decision)
  show(name, function(count) return measure(make(count)) end, policies,
    name == "doc:can" and "1.5 us" or name == "policy.decide" and "8 us" or nil)
end
