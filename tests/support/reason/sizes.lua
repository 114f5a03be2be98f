-- Pairs of policies of any size, for the benchmark of questions about every possible request and for the spec that
-- bounds their steps. Each form is { name, make }; make(count) returns the old document, the new one and the options of
-- policy.new_access. The ordinary ones are like policies of repositories that several teams use.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local M = {}

local function document(statements)
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array(statements) }))
end

M.document = document

-- ---------------------------------------------------------------------------------------------
-- Ordinary policies

local function account(i)
  return ("%012d"):format(100000000000 + i * 7919)
end

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

-- Returns the document of statements 1 to `count`, each changed by a function.
local function statements(count, change)
  local list = {}
  for i = 1, count do
    list[i] = statement(i)
    if change then change(list[i], i) end
  end
  return document(list), list
end

local function reversed(count)
  local list = {}
  for i = count, 1, -1 do list[#list + 1] = statement(i) end
  return document(list)
end

-- Returns a statement for each action of each statement.
local function split(count)
  local new = {}
  for i = 1, count do
    for _, action in ipairs(statement(i).Action) do
      local copy = statement(i)
      copy.Action = action
      new[#new + 1] = copy
    end
  end
  return document(new)
end

-- Every fifth statement is for everyone.
local function public(count)
  return (statements(count, function(one, i)
    one.Principal = i % 5 == 0 and "*" or one.Principal
    one.Condition = i % 5 > 0 and one.Condition or nil
  end))
end

M.ordinary = {
  { "the same in another order", function(count) return statements(count), reversed(count) end },
  { "another action in the last", function(count)
    return (statements(count)), (statements(count, function(one, i) one.Action = i == count and "ecr:PutImage" or one.Action end))
  end },
  { "a fifth for everyone", function(count) return (statements(count)), public(count) end },
  { "a fifth was for everyone", function(count) return public(count), (statements(count)) end },
  { "the same for all roles of /app/", function(count)
    return statements(count, function(one, i)
      one.Principal = { AWS = account(i % 13) }
      one.Condition = { ArnLike = { ["aws:PrincipalArn"] = ("arn:aws:iam::%s:role/app/*"):format(account(i % 13)) } }
    end), (statements(count))
  end },
  { "a statement for each action", function(count) return (statements(count)), split(count) end },
  { "joined again", function(count) return split(count), (statements(count)) end },
}

-- ---------------------------------------------------------------------------------------------
-- Hostile policies

local function letter(i)
  return string.char(96 + (i - 1) % 26 + 1)
end

-- Returns `count` Allows, of one element each that a function returns.
local function allows(count, element)
  local list = {}
  for i = 1, count do
    local one = { Effect = "Allow", Principal = "*", Action = "s:a" }
    for name, value in pairs(element(i)) do one[name] = value end
    list[i] = one
  end
  return document(list)
end

-- Allows of tags that are like patterns.
local function tags(count, pattern)
  return allows(count, function(i) return { Condition = { StringLike = { ["aws:PrincipalTag/t"] = pattern(i) } } } end)
end

local function one_tag(pattern)
  return tags(1, function() return pattern end)
end

local function places(count, pattern)
  return allows(count, function(i)
    return { Action = "s3:*", Resource = pattern:format(letter(i % 5 + 1), letter(i % 7 + 1), i) }
  end)
end

-- Random 3-SAT: each variable is a Boolean key. 4.26 clauses for each variable are the hardest ratio.
local function sat(variables)
  local state = variables
  local function random(limit)
    state = (state * 6364136223846793005 + 1442695040888963407) & math.maxinteger
    return (state >> 33) % limit + 1
  end
  local list, always = { { Effect = "Allow", Principal = "*", Action = "s:a" } }, {}
  for i = 1, variables do always[i] = "svc:v" .. i end
  for _ = 1, math.floor(variables * 4.26) do
    local values = {}
    for _ = 1, 3 do values[always[random(variables)]] = random(2) == 1 and "true" or "false" end
    list[#list + 1] = { Effect = "Deny", Principal = "*", Action = "s:a", Condition = { Bool = values } }
  end
  return document {}, document(list), { always = always }
end

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

local function long_tag(i)
  return ("*%s*%s*"):format(letter(i), letter(i * 3 + 1))
end

M.hostile = {
  { "3-SAT in Boolean keys", function(count) return sat(math.max(1, math.ceil(count / 4.26))) end },
  { "tags *a*b* against *a*b*c*...k*", function(count) return tags(count, long_tag), one_tag "*a*b*c*d*e*f*g*h*i*j*k*" end },
  { "tags *a*b* against all", function(count) return tags(count, long_tag), one_tag "?*" end },
  { "tags *a?????a*", function(count)
    return tags(count, function(i) return ("*%s?????%s*"):format(letter(i), letter(i)) end), one_tag "??????????*"
  end },
  { "parallel ARNs", function(count)
    return places(count, "arn:aws:s3:::%s*%s/*/%d*"), places(count, "arn:aws:s3:::%s*%s*/%d*")
  end },
  { "parallel ARNs, narrower", function(count)
    return places(count, "arn:aws:s3:::%s*%s*/%d*"), places(count, "arn:aws:s3:::%s*%s/*/%d*")
  end },
  { "a key for each statement", function(count) return many(count, math.ceil(count / 2)), many(count, 0) end },
}

return M
