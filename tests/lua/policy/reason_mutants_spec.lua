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

describe("what cannot be decided", function()
  it("is the same whatever the case of keys and actions is", function()
    for _, pair in ipairs {
      { where("StringSounds", "svc:ZONE-A", "a"), where("StringSounds", "svc:zone-a", "a") },
      { allow { Action = { "s:AZ*", "s:b" }, Resource = "arn:aws:s3*" }, allow { Action = { "s:az*", "s:B" }, Resource = "arn:aws:s3*" } },
    } do
      assert.equal("none", (answer({ pair[1] }, { pair[2] })))
      assert.equal("none", (answer({ pair[2] }, { pair[1] })))
    end
  end)
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

  it("have the letter case that a policy mentions, if their id has another form", function()
    local equal, like = "ForAnyValue:StringEquals", "ForAnyValue:StringEqualsIgnoreCase"
    for _, path in ipairs { "o-odd/x", "o-odd/r-ab12/" } do
      assert.equal("none", (answer({ where(equal, PATHS, path) }, { where(like, PATHS, path) })))
    end
  end)

  it("of a known account have no paths of another one", function()
    local options = { accounts = { [A] = "o-odd" } }
    local function at(path) return where("ForAnyValue:StringLike", PATHS, path, { Principal = { AWS = A } }) end
    local found, witness = answer({}, { at "o-odd/x" }, options)
    assert.equal("certain", found)
    assert.equal("o-odd/x", witness.request.context[PATHS])
    assert.equal("none", (answer({}, { at "o-bad/x" }, options)))
    assert.equal("none", (answer({}, { at { "o-bad/*" } }, options)))
  end)

  it("are values of policy variables with the ids of their paths", function()
    local RESOURCE, ORG, LIKE = "aws:ResourceOrgID", "o-a1b2c3d4e5", "ForAnyValue:StringLike"
    local function same(key, path)
      return allow { Condition = { StringEquals = { [ID] = "${aws:ResourceOrgID}" }, [LIKE] = { [key] = path } } }
    end
    for _, key in ipairs { PATHS, "aws:ResourceOrgPaths" } do
      for _, org in ipairs { ORG, "o-odd" } do
        local found, witness = answer({}, { same(key, org .. "/r-ab12/ou-ab12-*") })
        assert.equal("certain", found)
        assert.equal(org, witness.request.context[ID])
        assert.equal(org, witness.request.context[RESOURCE])
        assert.equal("none", (answer({ where("StringEquals", RESOURCE, org) }, { same(key, org .. "/*") })))
      end
    end
    local found, witness = answer({ where("StringEquals", RESOURCE, ORG) }, { same(PATHS, { ORG .. "/*", "o-b1b2c3d4e5/r-1234/*" }) })
    assert.equal("certain", found)
    assert.equal("o-b1b2c3d4e5", witness.request.context[RESOURCE])
    found, witness = answer({}, { allow { Resource = "arn:aws:s3:::${aws:PrincipalOrgID}",
      Condition = { [LIKE] = { [PATHS] = ORG .. "/r-ab12/*" } } } })
    assert.equal("certain", found)
    assert.equal("arn:aws:s3:::" .. ORG, witness.request.resource)
  end)

  it("are ids that only a variable in a path is compared with", function()
    for _, other in ipairs { "o-a1b2c3d4e5", "o-odd" } do
      local found, witness = answer({ where("StringNotEquals", "aws:ResourceOrgID", other) },
        { where("ForAnyValue:StringLike", "aws:ResourceOrgPaths", "${aws:PrincipalOrgID}/r-ab12/*") })
      assert.equal("certain", found)
      assert.equal(other, witness.request.context[ID])
      assert.equal(other, witness.request.context["aws:ResourceOrgID"])
    end
  end)

  it("are not complete as values of a policy variable that is compared with a pattern", function()
    assert.equal("a policy variable is an organization that is compared with a pattern",
      (answer({ allow { Resource = "arn:aws:s3:::o-a*" } }, { allow { Resource = "arn:aws:s3:::${aws:PrincipalOrgID}",
        Condition = { StringLike = { [ID] = "o-a*" } } } })))
  end)
end)

describe("known accounts", function()
  local ORG = "o-a1b2c3d4e5"
  local options = { accounts = { [A] = ORG, [B] = false } }
  local function of(account, operator, value)
    return where(operator, "aws:PrincipalOrgID", value, { Principal = { AWS = account } })
  end

  it("have their organization, or none", function()
    assert.equal("none", (answer({}, { of(A, "StringNotEquals", ORG) }, options)))
    assert.equal("none", (answer({}, { of(A, "Null", "true") }, options)))
    assert.equal("none", (answer({}, { of(B, "StringLike", "*") }, options)))
    assert.equal("none", (answer({}, { of(A, "StringEquals", "o-b1b2c3d4e5") }, options)))
    local found, witness = answer({}, { of(A, "StringLike", "o-a*") }, options)
    assert.equal("certain", found)
    assert.equal(ORG, witness.request.context["aws:PrincipalOrgID"])
    found, witness = answer({}, { of(B, "StringNotEquals", ORG) }, options)
    assert.equal("certain", found)
    assert.is_nil(witness.request.context["aws:PrincipalOrgID"])
    assert.equal("certain", (answer({ of(A, "StringEquals", ORG) }, { where("StringEquals", "aws:PrincipalOrgID", ORG) }, options)))
  end)
end)

describe("operands", function()
  it("are Booleans of JSON, too", function()
    local KEY = "aws:SecureTransport"
    assert.equal("none", (answer({ where("Bool", KEY, "true") }, { where("Bool", KEY, true) })))
    assert.equal("none", (answer({ where("Bool", KEY, false) }, { where("Bool", KEY, "false") })))
    local found, witness = answer({ where("Bool", KEY, true) }, { where("Bool", KEY, { true, false }) })
    assert.equal("certain", found)
    assert.same({ [KEY] = "false" }, witness.request.context)
  end)
end)

describe("values", function()
  local KEY = "x:k"
  local ANY_IS, ANY_IS_NOT = "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals"
  local function all(condition) return allow { Condition = condition } end

  it("are several where one cannot pass two tests", function()
    local found, witness = answer({}, { all { [ANY_IS] = { [KEY] = "a" }, [ANY_IS_NOT] = { [KEY] = "a" } } })
    assert.equal("certain", found)
    assert.same({ [KEY] = { "a", "b" } }, witness.request.context)
  end)

  it("are several where that leaves a test open", function()
    local TAGS, CHAIN, always = "aws:TagKeys", "aws:CalledVia", { always = { "aws:TagKeys" } }
    local function both(key) return all { StringEquals = { [key] = "a.amazonaws.com" }, StringLike = { [key] = "b*" } } end
    assert.equal("possible", (answer({}, { both(TAGS) })))
    assert.equal("possible", (answer({}, { both(TAGS) }, always)))
    local found, witness = answer({}, { both(CHAIN) })
    assert.equal("possible", found)
    assert.equal(2, #witness.request.context[CHAIN])
    assert.equal("possible", (answer({ where(ANY_IS, TAGS, "a") }, { where("StringEquals", TAGS, "a") }, always)))
    local ENDS = { ["ForAllValues:StringLike"] = { [TAGS] = "*b" }, StringEquals = { [TAGS] = "a" } }
    for _, options in ipairs { always, {} } do
      found, witness = answer({ where("ForAnyValue:StringNotLike", TAGS, "*b") }, { all(ENDS) }, options)
      assert.equal("possible", found)
      assert.equal(2, #witness.request.context[TAGS])
      assert.not_equal(table.unpack(witness.request.context[TAGS]))
    end
  end)

  it("of aws:CalledVia are one, which is both ends, where a test needs one", function()
    local CHAIN, FIRST, LAST = "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"
    for key, row in pairs { [LAST] = { StringNotEquals = { [LAST] = { "a.amazonaws.com", "b.amazonaws.com" } } },
      [FIRST] = { StringLike = { [FIRST] = "*b.amazonaws.com" } } } do
      row.StringLike = row.StringLike or {}
      row.StringLike[CHAIN] = "b*"
      local found, witness = answer({}, { all(row) })
      assert.equal("certain", found)
      assert.equal(witness.request.context[CHAIN], witness.request.context[key])
    end
  end)

  it("are several where each of two avoided tests fails for another one", function()
    local found, witness = answer({ where("ForAllValues:StringEquals", KEY, "a"), where("ForAllValues:StringNotEquals", KEY, "a") },
      { allow() })
    assert.equal("certain", found)
    assert.same({ [KEY] = { "a", "b" } }, witness.request.context)
  end)

  it("are empty beside another one, for a set operator", function()
    local found, witness = answer({}, { where(ANY_IS, KEY, "") })
    assert.equal("certain", found)
    assert.same({ [KEY] = { "", "a" } }, witness.request.context)
  end)

  it("of aws:CalledVia do not need an end that no policy tests", function()
    local found, witness = answer({}, { all { [ANY_IS] = { ["aws:CalledVia"] = "ecs.amazonaws.com" },
      StringEquals = { ["aws:CalledViaLast"] = "ecs.amazonaws.com" } } }, { always = { "aws:CalledViaFirst" } })
    assert.equal("certain", found)
    assert.is_nil(witness.request.context["aws:CalledViaFirst"])
  end)

  it("of aws:CalledVia are related to its ends in few steps", function()
    local condition = { [ANY_IS] = { ["aws:CalledVia"] = { "ecs.amazonaws.com", "sns.amazonaws.com" } },
      StringEquals = { ["aws:CalledViaFirst"] = "ecs.amazonaws.com" } }
    assert.equal("certain", (answer({}, { all(condition) }, { limit = 50000 })))
  end)

  it("of keys with the same hash are different", function()
    assert.equal("certain", (answer({ where("StringEquals", "aws:PrincipalTag/snzcida", "a") },
      { where("StringEquals", "aws:PrincipalTag/ppuewve", "a") })))
  end)

  it("are ARNs other than the excluded ones", function()
    local function not_like(...)
      return all { Null = { [KEY] = "false" }, ArnNotLike = { [KEY] = { ... } } }
    end
    for _, operands in ipairs { { "arn:aws:s3:*:*:x" }, { "arn:aws:s3:*:*:x", "arn:*:*:*:*:a*" } } do
      local found, witness = answer({}, { not_like(table.unpack(operands)) })
      assert.equal("certain", found)
      assert.truthy(witness.request.context[KEY]:find "^arn:")
    end
    assert.equal("none", (answer({}, { not_like("arn:aws:s3:*:*:x", "arn:*:*:*:*:*") })))
    assert.equal("possible", (answer({}, { where("ArnLike", KEY, "foo*") })))
  end)

  it("are texts and numbers", function()
    local function both(text) return all { StringLike = { [KEY] = text }, NumericLessThan = { [KEY] = "5" } } end
    assert.equal("certain", (answer({}, { both "1*" })))
    assert.equal("certain", (answer({}, { both { "a", "1" } })))
    assert.equal("possible", (answer({}, { both "a*" })))
  end)

  it("of a type are never other literal texts, and patterns leave it open", function()
    assert.equal("none", (answer({}, { where("StringEquals", "aws:SourceIp", "x") })))
    assert.equal("none", (answer({}, { where("StringEquals", "aws:MultiFactorAuthAge", "1a") })))
    assert.equal("a number, date or address is compared as a text", (answer({}, { where("StringLike", "aws:SourceIp", "x*") })))
  end)

  it("are also of an organization that no policy mentions, beside one whose id has another form", function()
    local other = deny { Condition = { StringEquals = { ["aws:PrincipalOrgID"] = "prod" } } }
    for _, variable in ipairs { "${aws:ResourceOrgID}", "${aws:PrincipalTag/team}" } do
      local elsewhere = where("StringNotLike", "aws:PrincipalOrgID", variable)
      assert.equal("certain", (answer({ elsewhere, other }, { allow(), other })))
    end
  end)

  it("are addresses only, where numbers, dates and booleans are compared with addresses", function()
    for _, key in ipairs { "aws:SourceIp", "aws:VpcSourceIp" } do
      assert.equal("none", (answer({}, { where("Bool", key, "true") })))
      assert.equal("possible", (answer({}, { where("NumericLessThan", key, 10) })))
      assert.equal("possible", (answer({}, { where("DateLessThan", key, "2026-01-01") })))
      assert.equal("certain", (answer({}, { where("NumericNotEquals", key, 10) })))
      assert.equal("none", (answer({}, { all { Bool = { [key] = "true" }, DateLessThan = { [key] = "2026-01-01" } } })))
    end
  end)

  it("are addresses after a network that ends in the middle of all of them", function()
    local KEYS = "aws:SourceIp"
    local found, witness = answer({ where("IpAddress", KEYS, { "0.0.0.0/1", "192.0.0.0/2" }) }, { where("IpAddress", KEYS, "0.0.0.0/0") })
    assert.equal("certain", found)
    assert.equal("128.0.0.0", witness.request.context[KEYS])
    found, witness = answer({ where("IpAddress", KEYS, { "0.0.0.0/1", "192.0.0.0/2" }) },
      { all { NotIpAddress = { [KEYS] = "::/0" }, Null = { [KEYS] = "false" } } })
    assert.equal("certain", found)
    assert.equal("128.0.0.0", witness.request.context[KEYS])
  end)

  it("of service names are compared with stars, not matched, under StringEquals", function()
    assert.equal("none", (answer({}, { where(ANY_IS, "aws:PrincipalServiceNamesList", "*") })))
  end)
end)

describe("a test of an Allow and of a Deny that goes", function()
  it("does not hide the test of another Deny", function()
    local LIST, SERVICE = "aws:PrincipalServiceNamesList", "ecs.amazonaws.com"
    local function goes(operator, key, value, stays)
      stays.Effect = "Deny"
      local before = { allow(), where(operator, key, value, { Effect = "Deny" }) }
      return answer(before, { where(operator, key, value), stays })
    end
    local found, witness = goes("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z",
      where("Null", "aws:TokenIssueTime", "true"))
    assert.equal("certain", found)
    assert.is_string(witness.request.context["aws:TokenIssueTime"])
    for _, row in ipairs { { "NumericGreaterThan", "5" }, { "Null", "false" } } do
      found, witness = goes(row[1], "x:n", row[2], where("NumericNotEquals", "x:n", "77"))
      assert.equal("certain", found)
      assert.same({ ["x:n"] = "77" }, witness.request.context)
    end
    found, witness = goes("ForAnyValue:StringEquals", LIST, { SERVICE, "ecs.us-east-1.amazonaws.com" },
      where("ForAllValues:StringNotEquals", LIST, "ecs.eu-west-1.amazonaws.com"))
    assert.equal("certain", found)
    assert.same({ SERVICE, "ecs.eu-west-1.amazonaws.com" }, witness.request.context[LIST])
  end)
end)

describe("services", function()
  it("have names of a Region that no policy mentions", function()
    local LIST, SERVICE = "aws:PrincipalServiceNamesList", "ecs.amazonaws.com"
    local found, witness = answer({ where("ForAllValues:StringEquals", LIST, SERVICE) }, { allow { Principal = { Service = SERVICE } } })
    assert.equal("certain", found)
    assert.same({ SERVICE, "ecs.example-1.amazonaws.com" }, witness.request.context[LIST])
  end)
end)

describe("accounts of resources", function()
  it("are compared with policy variables and wildcards", function()
    local function of(account) return where("StringLike", "aws:ResourceAccount", account, { Resource = "*" }) end
    assert.equal("none", (answer({ of "?*" }, { of "${aws:PrincipalTag/t}*" })))
    assert.equal("none", (answer({ of "1*" }, { of "1${aws:PrincipalTag/t}*" })))
  end)

  it("are not known for the resource *", function()
    local function on(resource)
      return allow { Resource = resource, Condition = { StringNotEquals = { ["aws:ResourceAccount"] = A } } }
    end
    local found, witness = answer({ on "arn:*" }, { on "*" })
    assert.equal("certain", found)
    assert.equal("*", witness.request.resource)
  end)
end)

describe("policy variables", function()
  local TAG = "aws:PrincipalTag/t"
  local function on(resource, condition, elements)
    local statement = allow(elements)
    statement.Resource, statement.Condition = resource, condition
    return statement
  end
  local function not_on(resource)
    return { Effect = "Deny", Principal = "*", Action = "*", NotResource = resource }
  end

  it("have the part between the literal texts as a value", function()
    local found, witness = answer({}, { on("arn:aws:s3:::${aws:PrincipalTag/t}b"), not_on "arn:aws:s3:::a*bxb" })
    assert.equal("certain", found)
    assert.equal("arn:aws:s3:::" .. witness.request.context[TAG] .. "b", witness.request.resource)
    assert.equal("certain", (answer({}, { on("arn:aws:s3:::x/${aws:PrincipalTag/t}/y*"), not_on "arn:aws:s3:::x/ab/yz" })))
    assert.equal("none", (answer({}, { on("arn:aws:s3:::x/${aws:PrincipalTag/t}/y"), not_on "arn:aws:s3:::x/ab/yz" })))
  end)

  it("have no value without temporary credentials", function()
    local found, witness = answer({}, { where("StringEquals", "aws:username", "x${aws:TokenIssueTime, 'y'}") })
    assert.equal("certain", found)
    assert.equal("xy", witness.request.context["aws:username"])
  end)

  it("determine the caller", function()
    local condition = { StringLike = { ["aws:username"] = "a*" },
      ArnNotLike = { ["aws:PrincipalArn"] = "arn:aws:iam::*:user/x/*" } }
    local found, witness = answer({ on("arn:aws:s3:::a", nil) },
      { on("arn:aws:s3:::${aws:username}", condition) })
    assert.equal("certain", found)
    assert.equal("arn:aws:s3:::" .. witness.request.context["aws:username"], witness.request.resource)
    assert.truthy(witness.request.principal:find("/" .. witness.request.context["aws:username"] .. "$"))
  end)

  it("distinguish callers that a literal text beside them names", function()
    local USER, ROLE = "arn:aws:iam::" .. A .. ":user/", "arn:aws:iam::" .. A .. ":role/"
    for _, row in ipairs { { USER .. "web", USER .. "x${aws:PrincipalTag/t}" }, { USER .. "web", ROLE .. "x${aws:PrincipalTag/t}" } } do
      local found, witness = answer({}, { on("arn:aws:s3:::${aws:username}", { ArnEquals = { ["aws:PrincipalArn"] = row } }),
        not_on "arn:aws:s3:::w*" })
      assert.equal("certain", found)
      assert.truthy(witness.request.resource:find "^arn:aws:s3:::w")
    end
  end)

  it("have values of the form and the type of their key", function()
    local USER = "aws:username"
    assert.equal("none", (answer({}, { where("StringEquals", "aws:SourceAccount", "1111${aws:SourceArn}") })))
    assert.equal("none", (answer({}, { where("StringEquals", USER, "${aws:SourceArn}") })))
    assert.equal("a policy variable is a number or a date", (answer({}, { where("StringEquals", USER, "x${aws:TokenIssueTime}") })))
    for key, reason in pairs {
      ["aws:MultiFactorAuthAge"] = "a policy variable is a number or a date", ["aws:SourceIp"] = "a policy variable is an address",
    } do
      assert.equal(reason, (answer({}, { on("arn:aws:s3:::${" .. key .. "}"), not_on "arn:aws:s3:::a*" })))
      local found, witness = answer({}, { where("StringEquals", USER, "x${" .. key .. "}") })
      assert.equal("certain", found)
      assert.equal("x" .. witness.request.context[key], witness.request.context[USER])
    end
  end)

  it("are ARNs where a test of ARNs needs one", function()
    local KEY, ANY_B = "x:k", "arn:*:*:*:*:b*"
    local function equal(text, condition)
      condition.StringEquals = { [KEY] = text }
      return allow { Condition = condition }
    end
    for _, condition in ipairs {
      { ArnLike = { [KEY] = ANY_B } }, { ArnLike = { [KEY] = "*" } }, { ArnNotLike = { [KEY] = "arn:aws:s3:::b" } },
      { ArnLike = { [KEY] = ANY_B }, ArnNotLike = { [KEY] = "arn:*:s3:*:*:*" } }, { ArnLike = { ["aws:SourceArn"] = ANY_B },
        ArnEquals = { ["aws:SourceArn"] = "${aws:PrincipalTag/t}" } },
    } do
      for _, text in ipairs { "${aws:PrincipalTag/t}", "arn:${aws:PrincipalTag/t}", "${aws:PrincipalTag/t}/x" } do
        local found, witness = answer({}, { equal(text, condition) })
        assert.equal("certain", found)
        assert.truthy(witness.request.context[KEY]:find "^arn:[^:]+:[^:]+:[^:]*:[^:]*:." or condition.ArnEquals)
      end
    end
    for _, pattern in ipairs { "*:b", "arn:?*:?*:*:*:b" } do
      local found, witness = answer({}, { equal("${aws:PrincipalTag/t}", { StringLike = { [KEY] = pattern },
        ArnNotLike = { [KEY] = "arn:*:*:*:*:b" } }) })
      assert.equal("certain", found)
      assert.truthy(witness.request.context[KEY]:find "^arn:[^:]+:[^:]+:[^:]*:[^:]*:.*:b$")
    end
    local like, all, name = { ArnLike = { [KEY] = ANY_B } }, { ArnLike = { [KEY] = "arn:*:*:*:*:*" } }, "${aws:PrincipalTag/t}"
    assert.equal("certain", (answer({ equal(name, like) }, { equal(name, all) })))
    assert.equal("none", (answer({ equal(name, all) }, { equal(name, like) })))
    assert.equal("none", (answer({}, { equal(name, { ArnLike = { [KEY] = ANY_B }, StringNotLike = { [KEY] = "*:b*" } }) })))
  end)

  it("are parts of resources that other patterns distinguish", function()
    local S3, ECR = "arn:aws:s3:::x${aws:PrincipalTag/t}", "arn:aws:ecr:us-east-1:${aws:PrincipalTag/t}:repository/x"
    local many = { Effect = "Deny", Principal = "*", Action = "*", Resource = "arn:*:*:*:*:a*b*c*d*e*f*g*h*i*j*k*l*" }
    assert.equal("none", (answer({ on { "arn:aws:s3:::x?*", "arn:aws:s3:::x" } }, { on(S3), many })))
    local found, witness = answer({}, { on(ECR), not_on("arn:aws:ecr:us-east-1:" .. A .. ":*") })
    assert.equal("certain", found)
    assert.equal(A, witness.request.context[TAG])
    for _, operator in ipairs { "ArnLike", "StringLike" } do
      found, witness = answer({}, { allow { Condition = { [operator] = { ["x:k"] = "arn:aws:s3:::x${aws:PrincipalTag/t}" } } },
        { Effect = "Deny", Principal = "*", Action = "*", Condition = { StringNotLike = { ["x:k"] = "arn:*:*:b:c:d:e:f" } } } })
      assert.equal("certain", found)
      assert.equal(":b:c:d:e:f", witness.request.context[TAG])
    end
  end)

  it("have one value of each class, so that there are not too many", function()
    local condition = { StringEquals = {}, StringLike = { ["x:k1"] = { "a*", "b*" } } }
    local before = { where("StringLike", "x:k1", "a*"), where("StringLike", "x:k1", "b*") }
    for i = 1, 3 do
      condition.StringEquals["x:k" .. i] = ("${aws:PrincipalTag/t%d}"):format(i)
      for pattern in (i > 1 and "a* b* c* d* e*" or ""):gmatch "%S+" do
        before[#before + 1] = where("StringLike", "x:k" .. i, pattern)
      end
    end
    assert.equal("none", (answer(before, { allow { Condition = condition } })))
  end)

  it("complete values of a form that other tests of the key distinguish", function()
    local KEY = "aws:SourceAccount"
    local found, witness = answer({}, { allow { Condition = { StringEquals = { [KEY] = "1111${aws:PrincipalTag/t}" },
      StringLike = { [KEY] = "11112*" } } } })
    assert.equal("certain", found)
    assert.equal("1111" .. witness.request.context[TAG], witness.request.context[KEY])
    found, witness = answer({}, { where("StringEquals", "aws:SecureTransport", "t${aws:PrincipalTag/t}") })
    assert.equal("certain", found)
    assert.equal("rue", witness.request.context[TAG])
  end)

  it("are what follows from the kind of a caller", function()
    for key, values in pairs {
      ["aws:PrincipalType"] = { "User", "AssumedRole", "Account" }, ["aws:PrincipalAccount"] = { "anonymous" },
      ["aws:userid"] = { "anonymous" }, ["aws:PrincipalIsAWSService"] = { "true", "false" },
    } do
      for _, value in ipairs(values) do
        local found, witness = answer({}, { on("arn:aws:s3:::${" .. key .. "}"), not_on("arn:aws:s3:::" .. value) })
        assert.equal("certain", found)
        assert.equal(value, witness.request.context[key])
      end
    end
    assert.equal("none", (answer({}, { on "arn:aws:s3:::${aws:PrincipalType}", not_on "arn:aws:s3:::X*" })))
    assert.equal("certain", (answer({}, { allow { Condition = { StringEquals = { ["aws:userid"] = "${x:k}" },
      StringLike = { ["x:k"] = "*${*}*" } } } })))
  end)

  it("are the name of a service with the names of its list", function()
    local found, witness = answer({}, { on("arn:aws:s3:::${aws:PrincipalServiceName}",
      { ["ForAnyValue:StringEquals"] = { ["aws:PrincipalServiceNamesList"] = "x.us-east-1.amazonaws.com" } }) })
    assert.equal("certain", found)
    assert.equal("x.amazonaws.com", witness.request.principal)
  end)

  it("are addresses, which are not complete beside keys of the caller", function()
    local found = answer({}, { on("arn:aws:s3:::${aws:SourceIp}", { StringNotEquals = { ["aws:username"] = "${aws:SourceIp}" } },
      { Principal = { AWS = "arn:aws:iam::" .. A .. ":user/a" } }), not_on "arn:aws:s3:::10.*" })
    assert.equal("a policy variable is an address", found)
  end)

  it("are the id of a user, a federated user and a session", function()
    for _, row in ipairs {
      { "arn:aws:sts::" .. A .. ":federated-user/f", A .. ":f*" }, { "arn:aws:iam::" .. A .. ":user/u", "AIDA*" },
      { "arn:aws:iam::" .. A .. ":role/r", "AROA*:s*" },
    } do
      local found, witness = answer({ on("arn:aws:s3:::x") }, { on("arn:aws:s3:::${aws:userid}",
        { StringLike = { ["aws:userid"] = row[2] } }, { Principal = { AWS = row[1] } }) })
      assert.equal("certain", found, row[1])
      assert.equal("arn:aws:s3:::" .. witness.request.context["aws:userid"], witness.request.resource)
    end
  end)
end)

describe("a question that needs too much memory", function()
  it("is undecided", function()
    local before, after = {}, { allow { Action = "t:*" } }
    for i = 1, 12000 do
      before[i] = allow { Action = "s:a" .. i }
      after[i + 1] = deny { Action = "s:d" .. i }
    end
    assert.equal("the search reached its limit of memory", (answer(before, after, { limit = 100000000 })))
  end)
end)

describe("a witness", function()
  it("has names that read like AWS's", function()
    local ID = "aws:PrincipalOrgID"
    local _, witness = answer({}, { { Effect = "Allow", Principal = "*", Action = "ecr:*", Resource = "*",
      Condition = { StringLike = { [ID] = "o-*" } } } })
    assert.equal("arn:aws:iam::123456789012:role/example", witness.request.principal)
    assert.equal("o-example000", witness.request.context[ID])
  end)
end)
