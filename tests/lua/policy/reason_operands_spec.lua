-- New access with operands that have a meaning of their own: "*" under ARN operators, and variables without a key.

local answers = require "reason.answers"
local policy = require "lanyard.policy"

local where, allow, check = answers.where, answers.allow, answers.check
local ARN, CI = "aws:PrincipalArn", "arn:aws:iam::*:role/ci"

describe("new access with an ARN operator and the operand *", function()
  it("is exact: it matches every ARN", function()
    check({}, {
      { "none", { where("ArnLike", ARN, { "*", CI }) }, { where("ArnLike", ARN, "*") } },
      { "none", { where("ArnEquals", ARN, "*") }, { where("ArnLike", ARN, { "*", CI }) } },
      { "certain", { where("ArnLike", ARN, CI) }, { where("ArnLike", ARN, { CI, "*" }) } },
      { "none", {}, { where("ArnNotLike", "aws:SourceArn", { CI, "*" }, { Principal = { AWS = "111122223333" } }),
        { Effect = "Deny", Principal = "*", Action = "*", Condition = { Null = { ["aws:SourceArn"] = "true" } } } } },
      { "certain", { where("ArnNotLike", ARN, "*") }, { where("ArnNotLike", ARN, CI) } },
      { "none", { where("ArnNotLike", ARN, CI) }, { where("ArnNotLike", ARN, { "*", CI }) } },
    })
  end)
end)

describe("new access with an ARN operator and an operand that is not an ARN", function()
  it("is open for every ARN, and none for other texts", function()
    for _, operand in ipairs { "nonsense", "arn:aws:s3", "x${aws:PrincipalTag/t}" } do
      for _, key in ipairs { "x:k", "aws:SourceArn" } do
        check({}, {
          { "possible", {}, { where("ArnLike", key, operand) } }, { "none", {}, { where("ArnLike", key, operand), answers.deny {
            Condition = { ArnLike = { [key] = "*" } } } } },
          { "possible", { where("ArnEquals", key, "arn:aws:s3:::b") }, { where("ArnEquals", key, { operand, "arn:aws:s3:::b" }) } },
        })
      end
    end
    check({}, { { "possible", {}, { allow { Condition = {
      ArnLike = { ["x:k"] = "${aws:PrincipalTag/t}" }, StringEquals = { ["aws:PrincipalTag/t"] = "b" },
    } } } } })
  end)
end)

describe("new access with a variable without a key", function()
  it("is exact: it never has a value", function()
    for _, operand in ipairs { "${}", "a${}", "${ }" } do
      check({}, {
        { "none", {}, { where("StringEquals", "aws:PrincipalTag/t", operand) } },
        { "none", {}, { where("StringLike", "aws:PrincipalTag/t", operand .. "*") } },
        { "none", { where("StringNotEquals", "aws:PrincipalTag/t", operand) }, { allow() } },
        { "certain", { where("StringEquals", "aws:PrincipalTag/t", operand) }, { allow() } },
        { "none", {}, { allow { Resource = "arn:aws:s3:::" .. operand } } },
      })
    end
    check({ "context" }, {
      { 'certain {"aws:PrincipalTag/t":"x"}', {}, { where("StringEquals", "aws:PrincipalTag/t", "${, 'x'}") } },
    })
  end)
end)

-- A key whose values follow from the caller has them, whatever the operators compare: they fail such a test.
describe("new_access with a Deny that compares a key of the caller as another type", function()
  local ROLE = "arn:aws:iam::111122223333:role/r"
  for operator, operand in pairs {
    IpAddress = "192.0.2.1", NotIpAddress = "192.0.2.1", NumericEquals = "5", NumericGreaterThan = "5", DateLessThan = "2026-01-01T00:00:00Z",
    Bool = "true", BinaryEquals = "YWJj",
  } do
    for _, key in ipairs { "aws:PrincipalType", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalIsAWSService" } do
      it(("finds what another test of the Deny excludes: %s %s"):format(operator, key), function()
        local after = answers.parse {
          answers.allow {}, answers.allow { Effect = "Deny", Condition = { ArnNotEquals = { ["aws:PrincipalArn"] = ROLE } } },
          answers.allow { Effect = "Deny", Condition = { [operator] = { [key] = operand }, StringEquals = { ["aws:PrincipalTag/a"] = "5" } } },
        }
        local found = assert(policy.new_access(answers.parse {}, after))
        assert.equal(ROLE, found.request.principal)
        assert.equal("allow", (after:can { principal = ROLE, action = found.request.action, resource = found.request.resource,
          context = found.request.context }))
      end)
    end
  end
end)

-- A service has names in several Regions, its own among them. aws:PrincipalServiceNamesList can have each.
describe("new_access about aws:PrincipalServiceNamesList", function()
  local NAMES, NAME = "aws:PrincipalServiceNamesList", "aws:PrincipalServiceName"
  local ECS, SNS = "ecs.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com"

  local function service_for(statements)
    local after = answers.parse(statements)
    local found = assert(policy.new_access(answers.parse {}, after))
    assert.is_true(found.certain)
    assert.equal("allow", (after:can(found.request)))
    return found.request.principal
  end

  it("tries a service without the name that must not be in the list", function()
    for _, names in ipairs { { ECS, SNS }, { SNS, ECS } } do
      assert.equal(SNS, service_for { allow { Condition = { StringEquals = { [NAME] = names }, ["ForAllValues:StringNotEquals"] = { [NAMES] = ECS } } } })
    end
  end)

  it("tries a service of another Region with the name that must be in the list", function()
    assert.matches("^ecs%.[%w-]+%.amazonaws%.com$", service_for {
      allow { Effect = "Deny", Condition = { ["ForAllValues:StringNotEquals"] = { [NAMES] = "ecs.amazonaws.com" } } },
      { Effect = "Allow", NotPrincipal = { Service = { "ecs.amazonaws.com", ECS } }, Action = "s:a" },
    })
    assert.equal("ecs.eu-west-1.amazonaws.com", service_for { allow { Condition = {
      StringEquals = { [NAME] = { "sns.eu-west-1.amazonaws.com", "ecs.eu-west-1.amazonaws.com" } }, ["ForAnyValue:StringEquals"] = { [NAMES] = ECS },
    } } })
  end)
end)

-- Policies, examples above all, mention values of another form than AWS's. Then the key may have any value, whatever the
-- operator is. A wildcard under an operator without wildcards is a mistake, and no value.
describe("new access with a value of another form than that of its key", function()
  local SETS = { ["aws:CalledVia"] = true }

  -- Returns the values of a key in requests: one that passes an operator, and one that fails its negation.
  local function values(key, operand, name)
    local set = SETS[key] and { "ForAnyValue:", "ForAllValues:" } or { "", "" }
    local is_present = { Null = { [key] = "false" } }
    local passes = policy.new_access(answers.parse {}, answers.parse { where(set[1] .. name, key, operand) })
    local fails = policy.new_access(answers.parse { where(set[2] .. name:gsub("^String", "StringNot"), key, operand) },
      answers.parse { allow { Condition = is_present } })
    local found = {}
    for i, one in ipairs { passes or false, fails or false } do
      local value = one and one.request.context[key]
      found[i] = type(value) == "table" and table.concat(value, "+") or value or "none"
      assert.is_true(not one or one.certain)
    end
    return found
  end

  local OPERATORS = { "StringEquals", "StringLike", "StringEqualsIgnoreCase" }

  for key, operand in pairs {
    ["aws:SourceVpce"] = "my-vpce", ["aws:SourceVpc"] = "vpc-test", ["aws:CalledVia"] = "athena", ["aws:CalledViaFirst"] = "athena",
    ["aws:CalledViaLast"] = "athena.example.com", ["aws:Ec2InstanceSourceVpc"] = "v", ["aws:SourceAccount"] = "abc", ["aws:SourceOrgID"] = "o-x",
  } do
    it("is a value for every operator: " .. key, function()
      for _, operator in ipairs(OPERATORS) do
        assert.same({ operand, operand }, values(key, operand, operator), operator)
      end
    end)
  end

  for key, operand in pairs {
    ["aws:SourceVpce"] = "vpce-*", ["aws:SourceVpc"] = "vpc-?", ["aws:CalledVia"] = "*.amazonaws.com", ["aws:SourceAccount"] = "1111*",
    ["aws:CalledViaLast"] = "ecs.*", ["aws:SourceArn"] = "x", ["aws:ViaAWSService"] = "x", ["aws:SourceOrgPaths"] = "o-x",
  } do
    it("is none for every operator: " .. key .. " " .. operand, function()
      for _, operator in ipairs { "StringEquals", "StringEqualsIgnoreCase" } do
        assert.same({ "none", "none" }, values(key, operand, operator), operator)
      end
    end)
  end
end)
