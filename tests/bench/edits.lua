-- Measures how the edits of policies, decisions that depend, the grants of a desired-state file and the comparison of
-- reports grow with their sizes: 1, 10 and 100 times.
--   lua5.4 tests/bench/edits.lua BUILD

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = arg[1] .. "/?.so;" .. package.cpath

local baseline = require "lanyard.audit.report.baseline"
local bench = require "bench"
local edit = require "lanyard.desired.edit"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local resolve = require "lanyard.desired.resolve"
local service_grants = require "lanyard.desired.services.grants"
local suggester = require "lanyard.text.suggester"

local SIZES = { 20, 200, 2000 }

local function role(i)
  return ("arn:aws:iam::111122223333:role/team/service-%d"):format(i)
end

-- Returns a policy of statements from one number to another.
local function document(from, to, statement)
  local list = json.array {}
  for i = from, to do list[#list + 1] = statement(i) end
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = list }))
end

local function grant(i)
  return { Sid = "Pull" .. i, Effect = "Allow", Principal = { AWS = role(i) }, Action = "ecr:BatchGetImage" }
end

local function grouped(i)
  return { Effect = "Allow", Principal = { AWS = role(i) }, Action = "ecr:BatchGetImage",
    Condition = { StringEquals = { ["aws:SourceVpc"] = "vpc-" .. i // 2 } } }
end

local function conditional(i)
  return { Effect = "Allow", Principal = "*", Action = "ecr:BatchGetImage",
    Condition = { StringEquals = { ["aws:PrincipalTag/team"] = "t" .. i } } }
end

local function listed(count, operator, key, value)
  local values = json.array {}
  for i = 1, count do values[i] = value(i) end
  return document(1, 1, function()
    return { Effect = "Allow", Principal = "*", Action = "ecr:BatchGetImage", Condition = { [operator] = { [key] = values } } }
  end)
end

local function desired(count)
  local repositories, grants = {}, {}
  for i = 1, count do
    repositories[i] = { name = ("team-%d/app-%d"):format(i % 7, i) }
    grants[i] = { service = "web", repositories = { ("team-%d/app-%d*"):format(i % 7, i) }, path = ("grants[%d]"):format(i) }
  end
  return { grants = grants }, { region = "us-east-1", services = {}, repositories = repositories }
end

-- Returns a report of repositories with a finding in each, whose policies are one statement or two with the same meaning.
local function report(count, is_short)
  local list = json.array {}
  for _, actions in ipairs(is_short and { { "ecr:GetA", "ecr:GetB" } } or { { "ecr:GetA" }, { "ecr:GetB" } }) do
    list[#list + 1] = { Effect = "Allow", Principal = { AWS = "111122223333" }, Action = json.array(actions) }
  end
  local text = json.encode { Version = "2012-10-17", Statement = list }
  local scope = { account = "111122223333", region = "us-east-1", repositories = {}, services = {} }
  local made = { time = "2026-11-25T01:00:00Z", scopes = { scope }, findings = {} }
  for i = 1, count do
    scope.repositories[i] = { name = "app-" .. i, policy = text, access = {} }
    made.findings[i] = { id = "foreign-account", severity = "high", account = scope.account, region = scope.region,
      repository = "app-" .. i, key = ("%s %d"):format(is_short, i) }
  end
  return made
end

-- What grows, and a function that returns what is measured.
local FORMS = {
  { "failing services and repositories of `plan --prune`", function(n)
    local plan = { region = "us-east-1", prune = true, services = {}, all_services = {}, service_plans = {}, entries = {} }
    for i = 1, n do
      plan.service_plans[i] = { name = "service-" .. i, err = {} }
      plan.entries[i] = { repository = { name = "app-" .. i, arn = "arn" }, grants = {} }
    end
    return function()
      service_grants.protect(plan)
      for _, entry in ipairs(plan.entries) do edit.of(entry, plan) end
    end
  end },
  { "missing and existing names", function(n)
    local names = {}
    for i = 1, n do names[i] = ("team-%d/app-%d"):format(i % 7, i) end
    return function()
      local nearest = suggester(names)
      for i = 1, n do nearest(("taem-%d/app-%d"):format(i % 7, i)) end
    end
  end },
  { "statements of `policy merge`", function(n)
    local a, b = document(1, n, grant), document(n + 1, 2 * n, grant)
    return function() policy.merge(a, b) end
  end },
  { "policies of `policy merge`", function(n)
    local list = {}
    for i = 1, n do list[i] = document(i, i, grant) end
    return function() policy.merge(table.unpack(list)) end
  end },
  { "groups of `policy fold`", function(n)
    local doc = document(1, n, grouped)
    return function() doc:copy():fold { sid = "Pull" } end
  end },
  { "networks of `policy minimize`", function(n)
    local doc = listed(n, "IpAddress", "aws:SourceIp", function(i) return ("10.%d.%d.0/24"):format(i // 256, i % 256) end)
    return function() policy.minimize(doc) end
  end },
  { "redundant values of `policy minimize`", function(n)
    local doc = listed(n, "StringLike", "aws:PrincipalTag/team", function(i) return ("t%d%s"):format(i, i % 10 > 0 and "" or "*") end)
    return function() policy.minimize(doc) end
  end },
  { "conditions on one key, `policy can`", function(n)
    local doc = document(1, n, conditional)
    return function() doc:can { principal = role(1), action = "ecr:BatchGetImage", partial = true } end
  end },
  { "condition keys without a value, `policy can`", function(n)
    local keys = {}
    for i = 1, n do keys["aws:PrincipalTag/k" .. i] = "v" end
    local doc = document(1, 1, function()
      return { Effect = "Allow", Principal = "*", Action = "ecr:BatchGetImage", Condition = { StringEquals = keys } }
    end)
    return function() doc:can { principal = role(1), action = "ecr:BatchGetImage", partial = true } end
  end },
  { "patterns of roles that begin alike, `policy reach`", function(n)
    local doc = listed(n, "ArnLike", "aws:PrincipalArn", function(i) return "arn:aws:iam::*:role/*-" .. i end)
    return function() policy.reachable(doc, { brief = true }) end
  end },
  { "statements that all meet each other, `policy minimize`", function(n)
    local doc = document(1, n, function(i)
      return { Effect = "Allow", Principal = { AWS = "111122223333" }, Action = ("ecr:*Get%d"):format(i) }
    end)
    return function() policy.minimize(doc) end
  end },
  { "rewritten policies of `audit --baseline`", function(n)
    local before, after = report(n, true), report(n, false)
    return function() baseline.compare(after, before) end
  end },
  { "globs and repositories of `plan`", function(n)
    local file, inventory = desired(n)
    return function() resolve.resolve(file, inventory) end
  end },
}

-- Returns the milliseconds of a function.
local function measure(f)
  local runs, start = 0, os.clock()
  local taken
  repeat
    f()
    runs, taken = runs + 1, os.clock() - start
  until taken > 0.1
  return taken / runs * 1e3
end

print "edits of policies, and grants"
for _, form in ipairs(FORMS) do
  local name, prepare = table.unpack(form)
  local points = {}
  for i, size in ipairs(SIZES) do points[i] = { size, measure(prepare(size)) } end
  bench.row { work = ("%s: %s"):format(name, bench.figure(SIZES[#SIZES])), unit = "ms", lanyard = points[#points][2] }
  bench.series(name, points)
end
