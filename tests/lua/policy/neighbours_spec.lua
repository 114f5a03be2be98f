-- The index of statements that may meet: the linter reports with it what it reports when it compares all pairs.

local json = require "lanyard.json"
local lint = require "lanyard.policy.lint"
local neighbours = require "lanyard.policy.neighbours"
local policy = require "lanyard.policy"
local torture = require "torture"

local A, B = "111122223333", "444455556666"
local PRINCIPALS = {
  { AWS = A }, { AWS = "arn:aws:iam::" .. A .. ":root" }, { AWS = "arn:aws:iam::" .. A .. ":role/ci" },
  { AWS = "arn:aws:iam::" .. A .. ":role/team/ci" }, { AWS = "arn:aws:sts::" .. A .. ":assumed-role/ci/job" },
  { AWS = "arn:aws:iam::" .. A .. ":user/kim" }, { AWS = "arn:aws:sts::" .. A .. ":federated-user/kim" },
  { AWS = "arn:aws:iam::" .. B .. ":role/ci" }, { AWS = "AROAEXAMPLEID12345678" }, { AWS = "arn:aws:iam::" .. A .. ":role/*" },
  { Service = "lambda.amazonaws.com" }, { Service = "ecs.amazonaws.com" }, { Federated = "accounts.google.com" }, "*",
  { AWS = json.array { B, "arn:aws:iam::" .. A .. ":role/ci" } },
}
local ACTIONS = { "*", "ecr:*", "ecr:Get*", "ecr:GetX", "ECR:getx", "ecr:BatchGetImage", "ecr:?etX", "s3:GetObject", "ecr:Batch*" }
local RESOURCES = { "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::c", "arn:aws:s3:*" }
local TEXTS = { "a", "b", "a*", "*", "ab", "${aws:username}" }
local OPERATORS = { "StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists", "ForAnyValue:StringLike" }
local KEYS = { "aws:PrincipalTag/team", "aws:principaltag/team", "aws:RequestTag/a" }

local random = torture.random()

local function one_of(list)
  return list[random(#list)]
end

local function some_of(list)
  local chosen = json.array {}
  for i = 1, random(2) do
    chosen[i] = one_of(list)
  end
  return chosen
end

local function statement()
  local made = {
    Effect = random(4) == 1 and "Deny" or "Allow",
    [random(12) == 1 and "NotPrincipal" or "Principal"] = one_of(PRINCIPALS),
    [random(8) == 1 and "NotAction" or "Action"] = some_of(ACTIONS),
  }
  if random(2) == 1 then
    made[random(6) == 1 and "NotResource" or "Resource"] = some_of(RESOURCES)
  end
  for _ = 1, random(3) - 1 do
    made.Condition = made.Condition or {}
    made.Condition[one_of(OPERATORS)] = { [one_of(KEYS)] = some_of(TEXTS) }
  end
  return made
end

local function document()
  local statements = json.array {}
  for i = 1, 1 + random(9) do
    statements[i] = statement()
  end
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = statements }))
end

-- Returns what a function returns while no statement is excluded.
local function with_all_pairs(run)
  local new <const> = neighbours.new
  local kept <close> = setmetatable({}, { __close = function() neighbours.new = new end })
  assert.is_nil(next(kept))
  neighbours.new = function(statements)
    local all, patterns = {}, {}
    for i in ipairs(statements) do
      all[i], patterns[i] = i, {}
    end
    return { patterns = patterns, near = function() return all end, replace = function() end }
  end
  return run()
end

local function findings_of(doc, kind)
  local texts = {}
  for i, finding in ipairs(lint.check(doc, { type = kind, account = A, now = 1800000000 })) do
    texts[i] = ("%s %s %d-%d: %s: %s"):format(finding.id, finding.statement, finding.first, finding.last, finding.message,
      finding.fix)
  end
  return texts
end

describe("the index of statements", function()
  it("changes no finding of the linter", function()
    local found = 0
    for _ = 1, torture.choose(150, 5000) do
      local doc = document()
      local kind = one_of { "repository", "identity" }
      local findings = findings_of(doc, kind)
      assert.same(with_all_pairs(function() return findings_of(doc, kind) end), findings, tostring(doc))
      for _, text in ipairs(findings) do
        found = found + (text:find "^repeated%-statement" and 1 or text:find "^shadowed%-allow" and 1 or 0)
      end
    end
    assert.is_true(found > 100, found)
  end)

  it("changes no result of minimize", function()
    for _ = 1, torture.choose(30, 1000) do
      local doc = document()
      local smaller = tostring((policy.minimize(doc)))
      assert.equal(with_all_pairs(function() return tostring((policy.minimize(doc))) end), smaller, tostring(doc))
    end
  end)

  local function near(principals, index)
    local statements = json.array {}
    for i, principal in ipairs(principals) do
      statements[i] = { Effect = "Allow", Principal = { AWS = principal }, Action = "ecr:GetX" }
    end
    return neighbours.new(policy.parse(json.encode { Statement = statements }):statements()):near(index)
  end

  it("finds a role beside its sessions and its account, but not beside other roles", function()
    local role = "arn:aws:iam::" .. A .. ":role/"
    local session = "arn:aws:sts::" .. A .. ":assumed-role/ci/job"
    assert.same({ 1, 3, 4, 5 }, near({ role .. "ci", role .. "web", session, A, role .. "team/ci" }, 1))
    assert.same({ 2, 4 }, near({ role .. "ci", role .. "web", session, A, role .. "team/ci" }, 2))
    assert.same({ 1, 2, 3, 4, 5 }, near({ role .. "ci", role .. "web", session, A, role .. "team/ci" }, 4))
  end)

  it("finds the users of an account beside its federated user sessions", function()
    local user = "arn:aws:iam::" .. A .. ":user/"
    assert.same({ 1, 2, 3 }, near({ user .. "kim", user .. "ann", "arn:aws:sts::" .. A .. ":federated-user/x" }, 3))
    assert.same({ 1, 3 }, near({ user .. "kim", user .. "ann", "arn:aws:sts::" .. A .. ":federated-user/x" }, 1))
  end)

  it("finds a statement by its old patterns and its new ones after it was replaced", function()
    local function statement_of(action)
      return policy.parse(json.encode { Statement = { {
        Effect = "Allow", Principal = "*", Action = action,
      } } }):statements()[1]
    end
    local index = neighbours.new { statement_of "ecr:GetX", statement_of "ecr:PutY", statement_of "ecr:Get*" }
    assert.same({ 1, 3 }, index:near(1))
    index:replace(2, statement_of "ecr:G*")
    assert.same({ 1, 2, 3 }, index:near(1))
    assert.same({ 1, 2, 3 }, index:near(2))
  end)
end)
