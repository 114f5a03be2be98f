-- Measures questions about every possible request beside z3: documents of 1 to 60 statements against a reordered copy (no
-- new access) and against a copy with one more statement (new access), and documents made to be hard. The time of z3 is of
-- its process, which reads the question as text.
--   lua5.4 tests/bench/reason_z3.lua BUILD

local build = arg[1]
package.cpath = build .. "/?.so;" .. package.cpath
package.path = "./lua/?.lua;./lua/?/init.lua;./tests/support/?.lua;" .. package.path

local bench = require "bench"
local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local z3 = require "reason.z3"

local OPTIONS = { kind = "resource" }

local function document(statements)
  return { Version = "2012-10-17", Statement = statements }
end

local function allow(fields)
  local statement = { Effect = "Allow", Principal = "*", Action = "*" }
  for name, value in pairs(fields or {}) do statement[name] = value end
  return statement
end

local has_z3 = z3.is_installed()
helper.build = build
local folder <close> = helper.folder()

-- Returns the milliseconds of z3, which stops after 3 seconds; nil if it is not installed.
local function ask_z3(before, after)
  if not has_z3 then return nil end
  helper.write(folder .. "/question", z3.question(before, after))
  local result = bench.command(1, { "sh", "-c", "z3 -smt2 " .. folder .. "/question || :" })
  return result and result.cpu
end

local function measure(name, before, after, readme)
  local first, second = assert(policy.parse(json.encode(before))), assert(policy.parse(json.encode(after)))
  local answer
  local found = bench.medians(3, {
    own = function()
      local runs, start = 0, os.clock()
      local taken
      repeat
        local access, undecided = policy.new_access(first, second, OPTIONS)
        answer = undecided and "undecided at the limit" or access and "new access" or "none"
        runs, taken = runs + 1, os.clock() - start
      until taken > 0.05
      return taken / runs * 1e3
    end,
    z3 = function() return ask_z3(before, after) end,
  })
  bench.row { work = ("%s: %s"):format(name, answer), unit = "ms", lanyard = found.own, peers = { { "z3", found.z3 } },
    readme = readme }
end

-- ---------------------------------------------------------------------------------------------
-- Ordinary documents

local function ordinary(count)
  local statements = {}
  for i = 1, count do
    local account = ("%012d"):format(100000000000 + i // 3)
    statements[i] = {
      Effect = i % 7 == 6 and "Deny" or "Allow",
      Principal = { AWS = i % 4 == 0 and account or ("arn:aws:iam::%s:role/service%d"):format(account, i) },
      Action = i % 3 == 0 and "ecr:Batch*" or { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
      Resource = i % 2 == 0 and ("arn:aws:ecr:us-east-1:111122223333:repository/team%d/*"):format(i) or nil,
      Condition = i % 5 == 0 and { StringLike = { ["aws:PrincipalTag/t"] = ("team%d*"):format(i) } } or nil,
    }
  end
  return statements
end

local function reversed(list)
  local new = {}
  for i = #list, 1, -1 do new[#new + 1] = list[i] end
  return new
end

-- A statement for each action.
local function split(list)
  local new = {}
  for _, statement in ipairs(list) do
    for _, action in ipairs(type(statement.Action) == "table" and statement.Action or { statement.Action }) do
      local one = {}
      for name, value in pairs(statement) do one[name] = value end
      one.Action = action
      new[#new + 1] = one
    end
  end
  return new
end

print "questions about every possible request, beside z3"
for _, count in ipairs { 1, 10, 60 } do
  local before, after = ordinary(count), ordinary(count)
  local function name(form) return ("%d statement%s, %s"):format(count, count > 1 and "s" or "", form) end
  measure(name "reordered", document(before), document(reversed(after)),
    count == 60 and "whether a change of 60 statements grants anything new" or nil)
  measure(name "a statement for each action", document(split(before)), document(after))
  after[#after + 1] = allow { Principal = { AWS = "arn:aws:iam::999999999999:user/x" }, Action = "ecr:PutImage" }
  measure(name "one more", document(before), document(after))
end

-- ---------------------------------------------------------------------------------------------
-- Hard documents

-- Allows of parallel ARNs, all of which a request must be outside of.
local function parallel(count)
  local statements = {}
  for i = 1, count do
    local letter = string.char(97 + i % 26)
    statements[i] = allow { Resource = ("arn:aws:s3:::*%s*/%s*"):format(letter, string.char(97 + i * 7 % 26)) }
  end
  return document(statements), document { allow { Resource = "arn:aws:s3:::*/*" } }
end

-- `*a*b*` for many pairs of letters.
local function stars(count)
  local statements = {}
  for i = 1, count do
    local first, second = string.char(97 + i % 5), string.char(97 + i * 3 % 7)
    statements[i] = allow { Condition = { StringLike = { ["aws:PrincipalTag/t"] = ("*%s*%s*"):format(first, second) } } }
  end
  return document(statements), document { allow { Condition = { StringLike = { ["aws:PrincipalTag/t"] = "*a*e*" } } } }
end

-- All patterns must match: the shortest text is a shortest common supersequence.
local function sequences(count)
  local operands = {}
  for i = 1, count do
    operands[i] = ("*%s%s%s*"):format(string.char(97 + i % 4), string.char(97 + i // 4 % 4), string.char(97 + i // 16 % 4))
  end
  local statements = {}
  for i, operand in ipairs(operands) do
    statements[i] = { Effect = "Deny", Principal = "*", Action = "*", Condition = { StringNotLike = { ["aws:PrincipalTag/t"] = operand } } }
  end
  statements[#statements + 1] = allow()
  return document { allow { Condition = { Null = { ["aws:PrincipalTag/t"] = "true" } } } }, document(statements)
end

-- 3-SAT: the requests that no Allow of `before` covers are the assignments that satisfy the formula.
local function formula(variables, clauses)
  local state = 7
  local function random(limit)
    state = (state * 6364136223846793005 + 1442695040888963407) & math.maxinteger
    return (state >> 33) % limit + 1
  end
  local statements = {}
  for i = 1, clauses do
    local tests = { ["true"] = {}, ["false"] = {} }
    for _ = 1, 3 do tests[random(2) == 1 and "true" or "false"]["svc:b" .. random(variables)] = true end
    local condition = {}
    for value, keys in pairs(tests) do
      for key in pairs(keys) do
        local operator = value == "true" and "Bool" or "BoolIfExists" -- absent counts as false
        condition[operator] = condition[operator] or {}
        condition[operator][key] = value
      end
    end
    statements[i] = allow { Condition = condition }
  end
  return document(statements), document { allow() }
end

for _, count in ipairs { 5, 15 } do measure(count .. " statements, parallel ARNs", parallel(count)) end
for _, count in ipairs { 5, 14 } do measure(count .. " statements, *a*b*", stars(count)) end
for _, count in ipairs { 3, 8 } do measure(count .. " statements, common supersequences", sequences(count)) end
for _, variables in ipairs { 5, 20 } do
  local clauses = math.floor(variables * 4.26)
  measure(("%d statements, 3-SAT as %d Boolean keys"):format(clauses, variables), formula(variables, clauses))
end
