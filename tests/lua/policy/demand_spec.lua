local demands = require "lanyard.policy.demand"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

-- Reports whether conditions hold together for a value of a key; nil: the request lacks the key.
local function hold(conditions, key, value)
  local condition = {}
  for _, one in ipairs(conditions) do
    condition[one.operator] = { [one.key] = json.array(one.values) }
  end
  local doc = assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array { {
    Effect = "Allow", Principal = "*", Action = "*", Condition = condition,
  } } }))
  return doc:can { principal = "arn:aws:iam::111122223333:role/r", action = "ecr:GetX", context = { [key] = value } } == "allow"
end

local KEYS = {
  { key = "aws:PrincipalTag/t", operators = { "StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
    "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase" }, values = { { "a" }, { "a", "b*" } },
    texts = { "a", "A", "b", "bc", "c", "" } },
  { key = "aws:SourceIp", operators = { "IpAddress", "NotIpAddress" }, values = { { "192.0.2.0/24" } },
    texts = { "192.0.2.1", "198.51.100.1" } },
  { key = "aws:MultiFactorAuthAge", operators = { "NumericLessThan", "NumericGreaterThanEquals", "NumericEquals",
    "NumericNotEquals", "NumericLessThanEquals", "NumericGreaterThan" }, values = { { "5" } }, texts = { "4", "5", "6" } },
  { key = "aws:TokenIssueTime", operators = { "DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals" },
    values = { { "2026-01-01T00:00:00Z" } }, texts = { "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z" } },
  { key = "aws:MultiFactorAuthPresent", operators = { "Bool" }, values = { { "true" }, { "false" } },
    texts = { "true", "false" } },
  { key = "aws:SourceArn", operators = { "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals" },
    values = { { "arn:aws:sns:*:111122223333:x" } },
    texts = { "arn:aws:sns:us-east-1:111122223333:x", "arn:aws:sns:us-east-1:444455556666:x" } },
}

-- Calls visit(condition, key, texts) for each operator with its prefixes and suffixes.
local function each_condition(visit)
  for _, one in ipairs(KEYS) do
    for _, operator in ipairs(one.operators) do
      for _, values in ipairs(one.values) do
        for _, suffix in ipairs { "", "IfExists" } do
          visit({ operator = operator .. suffix, key = one.key, values = values }, one)
        end
      end
    end
  end
end

describe("the opposite of a condition", function()
  it("holds for exactly the requests for which the condition does not hold", function()
    local compared = 0
    each_condition(function(condition, one)
      local opposite = demands.opposite(condition)
      for _, value in ipairs { false, table.unpack(one.texts) } do
        local text = value or nil
        assert.are_not.equal(hold({ condition }, one.key, text), hold(opposite, one.key, text),
          json.encode { condition, opposite, value })
        compared = compared + 1
      end
    end)
    assert.is_true(compared > 200)
  end)

  it("is also known for Null and sets, and not for several values of Null and Bool", function()
    local function opposite(operator, values)
      return demands.opposite { operator = operator, key = "aws:PrincipalOrgPaths", values = values }
    end
    assert.same({ { operator = "Null", key = "aws:PrincipalOrgPaths", values = { "false" } } }, opposite("Null", { "true" }))
    assert.equal("ForAllValues:StringNotLike", opposite("ForAnyValue:StringLike", { "o-a/*" })[1].operator)
    assert.equal("ForAnyValue:StringLike", opposite("ForAllValues:StringNotLike", { "o-a/*" })[1].operator)
    assert.is_nil(opposite("Null", { "true", "false" }))
    assert.is_nil(opposite("Bool", { "true", "false" }))
    assert.is_nil(opposite("StringSounds", { "a" }))
  end)
end)

describe("what a condition demands", function()
  it("agrees with what it allows", function()
    each_condition(function(condition, one)
      local demand = demands.read(condition)
      local without, with = hold({ condition }, one.key, nil), false
      for _, text in ipairs(one.texts) do
        with = with or hold({ condition }, one.key, text)
      end
      assert.is_true(with, condition.operator)
      assert.equal(without, demand.requires:find("or-absent", 1, true) ~= nil, condition.operator)
    end)
  end)

  it("is presence, absence or nothing for Null, wildcards, both Booleans and open variables", function()
    for _, row in ipairs {
      { "Null", "aws:PrincipalOrgID", "true", "absent" }, { "Null", "aws:PrincipalOrgID", "false", "present" },
      { "StringLike", "aws:PrincipalOrgID", "*", "present" }, { "StringNotLike", "aws:PrincipalOrgID", "**", "absent" },
      { "StringLikeIfExists", "aws:PrincipalOrgID", "*" }, { "ForAllValues:StringLike", "aws:PrincipalOrgID", "*" },
      { "StringLike", "aws:PrincipalAccount", "*" }, { "ArnLike", "aws:PrincipalArn", "arn:*:*:*:*:*", "present" },
      { "StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalOrgID}", "present" },
      { "StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}", "listed" },
      { "StringSounds", "aws:PrincipalOrgID", "x", "unknown" },
    } do
      local demand = demands.read { operator = row[1], key = row[2], values = { row[3] } }
      assert.equal(row[4], demand and demand.requires, row[1] .. " " .. row[3])
    end
  end)

  it("keeps what looks like a variable as text, where the document has no variables", function()
    local condition = { operator = "StringNotEquals", key = "aws:userid", values = { "${aws:userid}" }, literal = true }
    for _, one in ipairs(demands.opposite(condition)) do
      assert.is_true(one.literal)
    end
    condition.operator = "StringEquals"
    assert.equal("listed", demands.read(condition).requires)
    assert.is_false(demands.is_variable(demands.read(condition), "${aws:userid}"))
    condition.literal = nil
    assert.is_nil(demands.read(condition)) -- it holds for every request
    assert.is_false(demands.is_sound("IpAddress", { "${aws:userid}" }, true))
    assert.is_true(demands.is_sound("IpAddress", { "${aws:userid}" }))
  end)
end)
