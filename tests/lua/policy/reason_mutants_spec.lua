-- Sharp cases for core/reason: each one is answered wrongly if a comparison of the engine is wrong
-- (tests/reason/mutants.lua). new_access_spec has the cases that document the answers.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local A, B = "111122223333", "444455556666"

local function parse(statements, version)
  return assert(policy.parse(json.encode { Version = version or "2012-10-17", Statement = json.array(statements) }))
end

-- A statement that allows an action to everyone, with some elements replaced; false removes one.
local function allow(elements)
  local statement = { Effect = "Allow", Principal = "*", Action = "s:a" }
  for name, value in pairs(elements or {}) do statement[name] = value or nil end
  return statement
end

local function deny(elements)
  local statement = allow(elements)
  statement.Effect = "Deny"
  return statement
end

-- A statement with a condition of one operator and key.
local function where(operator, key, value, elements)
  local statement = allow(elements)
  statement.Condition = { [operator] = { [key] = value } }
  return statement
end

-- Returns "certain", "possible", "none" or the reason why it is undecided, and the witness.
local function answer(before, after, options)
  local found, undecided, reason = policy.new_access(parse(before), parse(after), options)
  if undecided then
    return reason
  end
  return not found and "none" or found.certain and "certain" or "possible", found
end

describe("a policy never differs from itself", function()
  for name, statement in pairs {
    ["with an unknown operator"] = where("StringSounds", "aws:PrincipalTag/t", "a"),
    ["with exceptions of principals"] = allow { Principal = false, NotPrincipal = { AWS = { A, "arn:aws:iam::" .. B .. ":role/a" } } },
    ["with an unknown operand"] = where("NumericEquals", "aws:MultiFactorAuthAge", "many"),
    ["with a star over colons"] = allow { Action = "s*", Resource = "arn:aws:s3*" },
    ["with an impossible Deny"] = deny { Action = false },
  } do
    it(name, function()
      for _, list in ipairs { { statement }, { allow(), statement } } do
        assert.equal("none", (answer(list, list)))
        assert.is_true((policy.equal_access(parse(list), parse { statement, table.unpack(list) })))
      end
    end)
  end
end)

describe("organizations", function()
  local ID, PATHS = "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"
  local function of(id, path)
    return allow { Condition = { StringEquals = { [ID] = id }, ["ForAnyValue:StringLike"] = { [PATHS] = path } } }
  end

  it("have paths that begin with their id", function()
    local found, witness = answer({}, { of("o-a1b2c3d4e5", "o-a1b2c3d4e5/r-ab12/ou-*") })
    assert.equal("certain", found)
    assert.equal("o-a1b2c3d4e5", witness.request.context[ID])
    assert.truthy(witness.request.context[PATHS]:find("o-a1b2c3d4e5/r-ab12/ou-", 1, true))
    assert.equal("none", (answer({}, { of("o-a1b2c3d4e5", "o-b1b2c3d4e5/r-ab12/ou-*") })))
  end)
end)
