-- Measures policy.new_access: ordinary policies of several sizes against changed ones, and hostile ones, which end at the
-- limit. Prints the shortest time of five runs, and the answer.
--   lua5.4 tests/bench/reason.lua BUILD

package.cpath = arg[1] .. "/?.so;" .. package.cpath
package.path = "./lua/?.lua;./lua/?/init.lua;" .. package.path

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local function document(statements)
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array(statements) }))
end

local function measure(name, before, after, options)
  local shortest, found, undecided, reason = math.huge, nil, nil, nil
  for _ = 1, 5 do
    local start = os.clock()
    found, undecided, reason = policy.new_access(before, after, options)
    shortest = math.min(shortest, os.clock() - start)
  end
  local answer = undecided and "undecided: " .. reason or found and "new access" or "none"
  print(("  %-36s %9.3f ms  %s"):format(name, shortest * 1000, answer))
end

-- ---------------------------------------------------------------------------------------------
-- Ordinary policies

local function account(i)
  return ("%012d"):format(100000000000 + i * 7919)
end

-- Returns a statement as in the policies of repositories that several teams use.
local function statement(i)
  local condition
  if i % 4 == 0 then
    condition = {
      StringLike = { ["aws:PrincipalTag/team"] = { ("w%d*"):format(i), "*x" .. i } },
      ArnLike = { ["aws:PrincipalArn"] = ("arn:aws:iam::%s:role/app/*"):format(account(i % 13)) },
    }
  elseif i % 3 == 0 then
    condition = {
      StringEquals = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" },
      IpAddress = { ["aws:SourceIp"] = ("10.%d.0.0/16"):format(i % 20) },
    }
  end
  return {
    Effect = i % 7 == 0 and "Deny" or "Allow", Condition = condition,
    Principal = { AWS = { ("arn:aws:iam::%s:role/app/r%d"):format(account(i % 13), i), account(100 + i) } },
    Action = { "ecr:BatchGetImage", "ecr:Get*", "ecr:Describe" .. i % 5 },
    Resource = ("arn:aws:ecr:us-east-1:%s:repository/team%d/*"):format(account(1), i % 9),
  }
end

-- Returns statements 1 to `count`, each changed by a function.
local function statements(count, change)
  local list = {}
  for i = 1, count do
    list[i] = statement(i)
    if change then change(list[i], i) end
  end
  return list
end

local function reversed(list)
  local new = {}
  for i = #list, 1, -1 do new[#new + 1] = list[i] end
  return new
end

-- Returns a statement for each action of each statement.
local function split(list)
  local new = {}
  for _, one in ipairs(list) do
    for _, action in ipairs(one.Action) do
      local copy = {}
      for name, value in pairs(one) do copy[name] = value end
      copy.Action = action
      new[#new + 1] = copy
    end
  end
  return new
end

for _, count in ipairs { 1, 10, 30, 60 } do
  local list = statements(count)
  local doc = document(list)
  print(("new access: %d statements against"):format(count))
  measure("the same in another order", doc, document(reversed(list)))
  measure("another action in the last", doc, document(statements(count, function(one, i)
    one.Action = i == count and "ecr:PutImage" or one.Action
  end)))
  local others = document(statements(count, function(one, i)
    one.Principal = i % 5 == 0 and "*" or one.Principal
    one.Condition = i % 5 > 0 and one.Condition or nil
  end))
  measure("a fifth for everyone", doc, others)
  measure("a fifth was for everyone", others, doc)
  measure("the same for all roles of /app/", document(statements(count, function(one, i)
    one.Principal = { AWS = account(i % 13) }
    one.Condition = { ArnLike = { ["aws:PrincipalArn"] = ("arn:aws:iam::%s:role/app/*"):format(account(i % 13)) } }
  end)), doc)
  measure("a statement for each action", doc, document(split(list)))
  measure("joined again", document(split(list)), doc)
end

-- ---------------------------------------------------------------------------------------------
-- Hostile policies

print "new access: hostile"

-- Random 3-SAT with 4.26 clauses for each variable, the hardest ratio: each variable is a Boolean key.
for _, variables in ipairs { 20, 50, 100, 200 } do
  math.randomseed(variables)
  local list, always = { { Effect = "Allow", Principal = "*", Action = "s:a" } }, {}
  for i = 1, variables do always[i] = "svc:v" .. i end
  for _ = 1, math.floor(variables * 4.26) do
    local values = {}
    for _ = 1, 3 do values[always[math.random(variables)]] = math.random(2) == 1 and "true" or "false" end
    list[#list + 1] = { Effect = "Deny", Principal = "*", Action = "s:a", Condition = { Bool = values } }
  end
  measure(("3-SAT, %d keys"):format(variables), document {}, document(list), { always = always })
end

local function letter(i)
  return string.char(96 + (i - 1) % 26 + 1)
end

-- Allows of tags that are like patterns.
local function tags(count, pattern)
  local list = {}
  for i = 1, count do
    list[i] = { Effect = "Allow", Principal = "*", Action = "s:a", Condition = { StringLike = { ["aws:PrincipalTag/t"] = pattern(i) } } }
  end
  return document(list)
end

for _, count in ipairs { 14, 60, 200 } do
  local doc = tags(count, function(i) return ("*%s*%s*"):format(letter(i), letter(i * 3 + 1)) end)
  measure(("%d tags *a*b*"):format(count), doc, tags(1, function() return "*a*b*c*d*e*f*g*h*i*j*k*" end))
  measure(("%d tags *a*b* against all"):format(count), doc, tags(1, function() return "?*" end))
  measure(("%d tags *a?b*"):format(count), tags(count, function(i) return ("*%s?????%s*"):format(letter(i), letter(i)) end),
    tags(1, function() return "??????????*" end))
end

local function places(pattern)
  local list = {}
  for i = 1, 60 do
    list[i] = { Effect = "Allow", Principal = "*", Action = "s3:*", Resource = pattern:format(letter(i % 5 + 1), letter(i % 7 + 1), i) }
  end
  return document(list)
end

measure("60 parallel ARNs", places "arn:aws:s3:::%s*%s/*/%d*", places "arn:aws:s3:::%s*%s*/%d*")
measure("60 parallel ARNs, narrower", places "arn:aws:s3:::%s*%s*/%d*", places "arn:aws:s3:::%s*%s/*/%d*")

local function many(count, shift)
  local list = {}
  for i = 1, count do
    list[i] = {
      Effect = i % 2 == 0 and "Allow" or "Deny", Principal = "*", Action = "s:a" .. i,
      Condition = { Bool = { ["k" .. i + shift] = "true" } },
    }
  end
  return document(list)
end

measure("900 statements, the same", many(900, 0), many(900, 0))
measure("900 statements, other keys", many(900, 0), many(900, 1))
measure("900 statements, all shifted", many(900, 450), many(900, 0))
