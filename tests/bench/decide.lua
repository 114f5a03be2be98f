-- Measures decisions from Lua: doc:can and policy.decide on parsed documents of several sizes. Prints the processor time
-- of one decision, and its growth: the ratio to a document of one statement. LANYARD_IAM_SIMULATE names a folder in
-- which `npm install @cloud-copilot/iam-simulate` was run: then the ratio to that program is printed, too.
--   lua5.4 tests/bench/decide.lua BUILD [NAME STATEMENTS TIMES]
-- With a name, decides that often without printing, for a tool that counts instructions.

package.cpath = arg[1] .. "/?.so;" .. package.cpath
package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path

local bench = require "bench"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

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
  end },
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
  end },
  { "policy.decide, scps", function(count)
    local request = {
      principal = ROLE:format(0), action = ACTION, resource = REPOSITORY, resource_policy = document(count),
      identity_policies = { document(count, true) }, scps = { { document(count, true) } },
      context = { ["aws:SourceIp"] = "192.0.2.1" },
    }
    return function() return policy.decide(request) end
  end },
}

local function measure(decide)
  local runs, start, taken = 0, os.clock(), 0
  while taken < 0.2 do
    for _ = 1, 50 do
      assert(decide() == "allow")
    end
    runs = runs + 50
    taken = os.clock() - start
  end
  return taken / runs * 1e6
end

-- Returns the time of iam-simulate for the same policies as policy.decide, in microseconds | nil
local function peer_time(count)
  local folder = os.getenv "LANYARD_IAM_SIMULATE"
  local pipe <close> = folder and io.popen(("node tests/bench/decide_peer.mjs '%s' %d"):format(folder, count))
  return pipe and tonumber(pipe:read "a") or nil
end

if arg[2] then
  for _, decision in ipairs(DECISIONS) do
    local decide = decision[1] == arg[2] and decision[2](math.tointeger(arg[3]))
    for _ = 1, decide and math.tointeger(arg[4]) or 0 do
      decide()
    end
  end
  return
end

-- The figures of decide_bench: the form of the statements, their number, and the nanoseconds of a decision.
local function show_core()
  local pipe <close> = assert(io.popen(arg[1] .. "/bench/decide_bench"))
  local points = {}
  for line in pipe:lines() do
    print(line)
    local form, count, each = line:match "^decide in C: (.-) +(%d+) statements +(%d+) ns"
    if form == "roles" then
      points[#points + 1] = { tonumber(count), tonumber(each) }
      if count == "5" then bench.row { work = "decide in C, 5 statements, us", lanyard = each / 1e3, aim = "0.4" } end
    end
  end
  bench.series("decide in C, statements", points)
end

show_core()
for _, decision in ipairs(DECISIONS) do
  local name, make = table.unpack(decision)
  local first, points = nil, {}
  for _, count in ipairs { 1, 5, 10, 30, 60, 600 } do
    local each = measure(make(count))
    local peer = name == "policy.decide" and count <= 60 and peer_time(count) or nil
    points[#points + 1] = { count, each }
    if count == 5 then
      bench.row { work = name .. ", 5 statements, us", lanyard = each,
        peers = name == "policy.decide" and { { "iam-simulate", peer } } or nil }
    end
    first = first or each
    print(("decide from Lua: %-20s %4d statements %9.2f us each %8.1f of one statement%s"):format(name, count, each,
      each / first, peer and ("; iam-simulate %.0f us, %.0fx"):format(peer, peer / each) or ""))
  end
  bench.series(name .. ", statements", points)
end
if not os.getenv "LANYARD_IAM_SIMULATE" then
  print "iam-simulate: not here (LANYARD_IAM_SIMULATE)"
end
