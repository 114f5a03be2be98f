-- policy.new_access and policy.equal_access: what they answer, and which requests they show. reason_brute_spec compares
-- them with an enumeration, reason_vectors_spec with AWS's answers.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local A, B = "111122223333", "444455556666"
local ROLE = "arn:aws:iam::" .. A .. ":role/ci"

local function parse(statements, version)
  return assert(policy.parse(json.encode { Version = version or "2012-10-17", Statement = json.array(statements) }))
end

local NOTHING = parse {}

-- A statement that allows an action to everyone, with some elements replaced.
local function allow(elements)
  local statement = { Effect = "Allow", Principal = "*", Action = "ecr:BatchGetImage" }
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

-- Returns the request that only `after` allows.
local function witness(before, after, options)
  local found, undecided, reason = policy.new_access(parse(before), parse(after), options)
  assert.is_nil(undecided, reason)
  assert.truthy(found, "no new access")
  assert.truthy(policy.possible(found.request))
  return found.request, found
end

local function assert_none(before, after, options)
  local found, undecided, reason = policy.new_access(parse(before), parse(after), options)
  assert.is_nil(undecided, reason)
  assert.is_nil(found and json.encode(found))
end

describe("new_access", function()
  it("names the request, the statement and why each document decides as it does", function()
    local _, found = witness({ allow { Principal = { AWS = ROLE } } }, { allow { Principal = { AWS = A } } })
    assert.same({
      request = { principal = "arn:aws:iam::111122223333:role/example", action = "ecr:BatchGetImage", context = {} },
      statement = 1, certain = true,
      because = "statement 1 allows it to its account, whose own policies decide for its principals",
      before = "no statement allows it",
    }, found)
  end)

  it("returns nothing for equal documents, also in another order and with split lists", function()
    local one, two = allow { Action = { "ecr:Get*", "ecr:List*" } }, deny { Principal = { AWS = B } }
    assert_none({ one, two }, { two, allow { Action = "ecr:List*" }, allow { Action = "ecr:Get*" } })
    assert.is_true(policy.equal_access(parse { one, two }, parse { two, one }))
  end)

  it("finds what a removed Deny allows", function()
    local request = witness({ allow(), deny { Principal = { AWS = B } } }, { allow() })
    assert.equal("arn:aws:iam::444455556666:role/example", request.principal)
    assert_none({ allow(), deny { Action = "ecr:PutImage" } }, { allow() })
  end)

  it("ignores the case of actions, and treats them as an open set", function()
    assert_none({ allow { Action = "ecr:Get*" } }, { allow { Action = "ECR:getimage" } })
    assert.equal("ecr:GetAccountSetting",
      witness({ allow { Action = "ecr:GetImage" } }, { allow { Action = "ecr:Get*" } }).action)
    assert.equal("lightsail:Getexample",
      witness({ allow { Action = "lightsail:GetX" } }, { allow { Action = "lightsail:Get*" } }).action)
    assert.equal("example:example", witness({ allow { Action = "ecr:*" } }, { allow { Action = false, NotAction = "ecr:*" } }).action)
  end)

  it("finds resources outside and inside of patterns", function()
    local function on(resource) return allow { Resource = resource } end
    assert_none({ on "arn:aws:s3:::a*" }, { on { "arn:aws:s3:::ab", "arn:aws:s3:::a?c" } })
    assert.equal("arn:aws:s3:::ab", witness({ on { "arn:aws:s3:::a", "arn:aws:s3:::a?c*" } }, { on { "arn:aws:s3:::ab" } }).resource)
    assert.equal("*", witness({}, { allow { NotResource = "arn:*:*:*:*:*" } }).resource)
  end)

  it("takes no account for a statement of another principal, service or provider", function()
    local named = { allow { Principal = { AWS = A, Service = "ecs.amazonaws.com", Federated = "*" } } }
    assert_none(named, { allow { Principal = { Federated = "accounts.google.com" } } })
    assert.equal("sns.amazonaws.com", witness(named, { allow { Principal = { Service = "sns.amazonaws.com" } } }).principal)
  end)

  it("knows sessions by the name of their role", function()
    local session = "arn:aws:sts::" .. A .. ":assumed-role/ci/build"
    assert_none({ allow { Principal = { AWS = "arn:aws:iam::" .. A .. ":role/team/ci" } } }, { allow { Principal = { AWS = session } } })
    witness({ allow { Principal = { AWS = session } } }, { allow { Principal = { AWS = ROLE } } })
  end)

  it("knows that the names of roles are unique, whatever their paths", function()
    for _, role in ipairs { ROLE, "arn:aws:iam::" .. A .. ":role/team/ci" } do
      local named, tested = { allow { Principal = { AWS = role } } }, allow()
      tested.Condition = { ArnEquals = { ["aws:PrincipalArn"] = role } }
      assert_none(named, { tested })
      assert_none({ tested }, named)
    end
    assert.equal("arn:aws:iam::" .. A .. ":role/team/ci", witness({ allow { Principal = { AWS = ROLE } } },
      { allow { Principal = { AWS = { ROLE, "arn:aws:iam::" .. A .. ":role/team/ci" } } } }).principal)
  end)

  it("knows that a federated user is the user that federated it", function()
    local user, other = "arn:aws:iam::" .. A .. ":user/kim", "arn:aws:iam::" .. A .. ":user/ann"
    local session = "arn:aws:sts::" .. A .. ":federated-user/build"
    local request, found = witness({ allow { Principal = { AWS = user } } }, { allow { Principal = { AWS = { user, session } } } })
    assert.equal(session, request.principal)
    assert.not_equal(user, request.issuer)
    assert.is_true(found.certain)
    request = witness({ allow { Principal = { AWS = session } } }, { allow { Principal = { AWS = user } },
      deny { Principal = { AWS = "*" }, Condition = { StringEquals = { ["aws:PrincipalType"] = "User" } } } })
    assert.equal(user, request.issuer)
    assert_none({ allow { Principal = { AWS = { user, other } } } }, { allow { Principal = { AWS = user } }, allow { Principal = { AWS = other } } })
    assert_none({}, { allow { Principal = { AWS = user } }, deny { Principal = { AWS = user } } })
    local id = "AIDAEXAMPLEEXAMPLE123"
    assert_none({ allow { Principal = { AWS = { id, A } } } }, { allow { Principal = { AWS = id } }, allow { Principal = { AWS = A } } })
  end)

  it("shows requests with paths that IAM has", function()
    local exception = deny()
    exception.Condition = { StringNotEquals = { ["aws:username"] = "a" } }
    local request = witness({ allow { Principal = { AWS = "arn:aws:iam::" .. A .. ":user/a" } } },
      { allow { Principal = { AWS = A } }, exception })
    assert.matches(":user/[^/]+/a$", request.principal)
  end)
end)

describe("the resource of an answer", function()
  local IDENTITY = { kind = "identity" }
  local function on(resource, action)
    return { Effect = "Allow", Action = action or "sqs:*", Resource = resource }
  end

  it("looks like AWS's", function()
    local function resource(pattern) return witness({}, { on(pattern) }, IDENTITY).resource end
    assert.equal("arn:aws:sqs:us-east-1:444455556666:q", resource "arn:aws:sqs:*:444455556666:q")
    assert.equal("arn:aws:s3:::b", resource "arn:aws:s3:*:*:b")
    assert.matches("^arn:aws:iam::%d+:role/", resource "arn:aws:iam::*:role/*")
    assert.matches("^arn:aws:%w+:us%-east%-1:%d+:", witness({ on "arn:aws:ecr:*:*:repository/*" }, { on "*" }, IDENTITY).resource)
    assert.matches("^arn:aws:sqs:us%-east%-1:%d+:", witness({ on "arn:aws:sqs:*:*:a" }, { on "arn:aws:sqs:*:*:*" }, IDENTITY).resource)
  end)

  it("is * only for an action that can have no other one", function()
    assert_none({ on("arn:*", { "ecr:BatchGetImage", "ecr:putimage" }) }, { on("*", { "ecr:BatchGetImage", "ecr:PutImage" }) }, IDENTITY)
    local request = witness({ on("arn:*", "ecr:*") }, { on("*", "ecr:*") }, IDENTITY)
    assert.same({ "ecr:GetAuthorizationToken", "*" }, { request.action, request.resource })
    assert.equal("*", witness({ on "arn:*" }, { on "*" }, IDENTITY).resource)
  end)
end)

describe("new_access with conditions", function()
  local TAG = "aws:PrincipalTag/team"

  it("considers the absent key, the empty text and literal stars", function()
    assert.same({}, witness({ where("StringEquals", TAG, "a") }, { where("StringEqualsIfExists", TAG, "a") }).context)
    assert.same({ [TAG] = "" }, witness({ where("StringLike", TAG, "?*") }, { where("StringLike", TAG, "*") }).context)
    assert.same({ [TAG] = "a*" }, witness({}, { where("StringEquals", TAG, "a*") }).context)
  end)

  it("ties keys to the principal", function()
    assert_none({ allow { Principal = { AWS = A } } }, { where("StringEquals", "aws:PrincipalAccount", A) })
    assert_none({ allow { Principal = { AWS = A } } }, { where("ArnLike", "aws:PrincipalArn", "arn:aws:iam::" .. A .. ":role/*") })
    assert_none({}, { where("StringEquals", "aws:username", "kim", { Principal = { AWS = ROLE } }) })
    local request = witness({}, { where("StringLike", "aws:userid", "AROA*:kim") })
    assert.truthy(request.principal:find ":role/", request.principal)
    assert.truthy(request.context["aws:userid"]:find "^AROA.*:kim$")
  end)

  it("ties keys to services, identity providers and anonymous callers", function()
    local function type_is(value, elements) return where("StringEquals", "aws:PrincipalType", value, elements) end
    assert.equal("*", witness({}, { type_is "Anonymous" }).principal)
    assert_none({}, { type_is("Anonymous", { Principal = { AWS = A, Service = "ecs.amazonaws.com", Federated = "*" } }) })
    assert_none({ allow { Principal = { AWS = A } } }, { where("StringEquals", "aws:userid", A) })
    for _, provider in ipairs { "accounts.google.com", "cognito-identity.amazonaws.com" } do
      assert_none({}, { where("StringEquals", "aws:PrincipalServiceName", provider) })
    end
    assert.equal("sns.amazonaws.com", witness({}, { where("StringEquals", "aws:PrincipalServiceName", "sns.amazonaws.com") }).principal)
    local names = "aws:PrincipalServiceNamesList"
    local request = witness({ where("ForAnyValue:StringEquals", names, "ecs.amazonaws.com") },
      { where("ForAnyValue:StringEquals", names, "ecs.us-east-1.amazonaws.com") })
    assert.equal("ecs.us-east-1.amazonaws.com", request.principal)
    assert_none({ where("ForAnyValue:StringEquals", names, { "ecs.amazonaws.com", "ecs.us-east-1.amazonaws.com" }) },
      { allow { Principal = { Service = { "ecs.amazonaws.com", "ecs.us-east-1.amazonaws.com" } } } })
  end)

  it("ties keys to unique ids, whose account, name and ARN agree", function()
    local function id(name, operator, key, value) return where(operator, key, value, { Principal = { AWS = name } }) end
    local role, user = "AROAEXAMPLEEXAMPLE123", "AIDAEXAMPLEEXAMPLE123"
    local after = id(role, "StringEquals", "aws:PrincipalAccount", B)
    after.Condition.ArnLike = { ["aws:PrincipalArn"] = "arn:aws:iam::*:role/x*" }
    local request = witness({}, { after })
    assert.same({ role, B }, { request.principal, request.context["aws:PrincipalAccount"] })
    assert.matches("::" .. B .. ":role/x", request.context["aws:PrincipalArn"])
    after.Condition.ArnLike = { ["aws:PrincipalArn"] = "arn:aws:iam::" .. A .. ":role/*" }
    assert_none({}, { after })
    assert.equal("kim", witness({}, { id(user, "StringEquals", "aws:username", "kim") }).context["aws:username"])
    assert_none({}, { id(role, "StringLike", "aws:username", "*") })
    assert_none({}, { id(role, "StringLike", "aws:userid", "AROAX*") })
    local organization = id(user, "StringEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz")
    organization.Condition.StringEquals["aws:PrincipalAccount"] = A
    witness({}, { organization })
    assert_none({}, { organization }, { accounts = { [A] = "o-a1b2c3d4e5" } })
  end)

  it("uses what is known about accounts", function()
    local before = { where("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5") }
    local after = { allow { Principal = { AWS = A } } }
    witness(before, after)
    assert_none(before, after, { accounts = { [A] = "o-a1b2c3d4e5" } })
    assert.same({}, witness(before, after, { accounts = { [A] = false } }).context)
  end)

  it("compares numbers, dates and networks", function()
    local function max(operator, value) return where(operator, "s3:max-keys", value) end
    assert.same({ ["s3:max-keys"] = "100" }, witness({ max("NumericLessThan", "100") }, { max("NumericLessThanEquals", "100") }).context)
    assert_none({ max("NumericLessThan", "1e2") }, { max("NumericLessThan", "100") })
    local date = witness({ where("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z") }, { where("DateLessThan", "aws:EpochTime", "1767225601") })
    assert.same({ ["aws:CurrentTime"] = "2026-01-01T00:00:00Z", ["aws:EpochTime"] = "1767225600" }, date.context)
    local function from(list) return where("IpAddress", "aws:SourceIp", list) end
    assert_none({ from "10.0.0.0/8" }, { from { "10.0.0.0/9", "10.128.0.0/9" } })
    assert.same({ ["aws:SourceIp"] = "10.128.0.0" }, witness({ from "10.0.0.0/9" }, { from "10.0.0.0/8" }).context)
  end)

  it("finds lists of values for keys that have several", function()
    local function every(value) return where("ForAllValues:StringEquals", "aws:TagKeys", value) end
    local function any(value) return where("ForAnyValue:StringEquals", "aws:TagKeys", value) end
    local request = witness({ every { "a" }, every { "b" } }, { any "a" })
    assert.equal(2, #request.context["aws:TagKeys"])
    request = witness({ where("ForAnyValue:StringNotLikeIfExists", "aws:TagKeys", "*") }, { where("StringEquals", "aws:TagKeys", "") })
    assert.equal(2, #request.context["aws:TagKeys"], "the empty text alone is not a value for a set operator")
    assert_none({ any "a" }, { where("ForAllValues:StringEquals", "aws:TagKeys", "a", {}), deny() })
  end)

  it("counts characters, not bytes, for ?", function()
    local function named(pattern) return where("StringLike", TAG, pattern) end
    assert_none({ named "??" }, { where("StringEquals", TAG, "\u{E9}\u{20AC}") })
    assert.same({ [TAG] = "\u{E9}" }, witness({ named "??" }, { where("StringEquals", TAG, "\u{E9}") }).context)
    assert_none({ named "?" }, { named "?", where("StringLike", TAG, "\u{E9}", { Action = "ecr:batchGetImage" }) })
    local function at(pattern) return allow { Resource = "arn:aws:s3:::b/" .. pattern } end
    assert_none({ at "?" }, { at "\u{E9}" })
    assert.equal("arn:aws:s3:::b/\u{E9}", witness({ at "??" }, { at "\u{E9}" }).resource)
    assert.equal("arn:aws:s3:::b/\u{E9}", witness({}, { at "?", deny { Resource = "arn:aws:s3:::b/??*" },
      deny { NotResource = "arn:aws:s3:::b/\u{E9}*" } }).resource)
  end)

  it("lets a value that is not an ARN fail every ARN operator", function()
    local function source(operator, value) return where(operator, "aws:SourceArn", value) end
    local not_bucket = { ["aws:SourceArn"] = "arn:aws:s3:::*" }
    assert_none({}, { allow { Condition = { StringEquals = { ["aws:SourceArn"] = "x" }, ArnNotLike = not_bucket } } })
    local topic = witness({ source("StringLike", "arn:aws:s3:::*") },
      { allow { Condition = { ArnNotLike = not_bucket, Null = { ["aws:SourceArn"] = "false" } } } })
    assert.matches("^arn:[^:]+:[^:]+:[^:]*:[^:]*:.", topic.context["aws:SourceArn"])
    local request = witness({ source("ArnNotLike", "arn:aws:s3:::*"), source("ArnLike", "*:*:*:*:*:*") }, { allow() })
    assert.truthy(request.context["aws:SourceArn"])
  end)

  it("says which user federated a session, where a policy names users", function()
    local KIM, APP = "arn:aws:iam::" .. A .. ":user/kim", "arn:aws:sts::" .. A .. ":federated-user/app"
    local request, found = witness({ allow { Principal = { AWS = KIM } } }, { allow { Principal = { AWS = { KIM, APP } } } })
    assert.is_true(found.certain)
    assert.equal(APP, request.principal)
    assert.equal("arn:aws:iam::" .. A .. ":user/example", request.issuer)
    assert.is_nil(witness({}, { allow { Principal = { AWS = APP } } }).issuer)
    assert_none({ allow { Principal = { AWS = { KIM, A } } } }, { allow { Principal = { AWS = KIM } }, allow { Principal = { AWS = A } } })
  end)

  it("takes an empty value for no value in Null", function()
    assert_none({ where("Null", TAG, "true") }, { where("StringEquals", TAG, "") })
    assert_none({}, { allow { Condition = { StringEquals = { [TAG] = "" }, Null = { [TAG] = "false" } } } })
  end)

  it("says that an absent key is absent, where the resource would determine it", function()
    local request = witness({ where("StringLike", "aws:ResourceAccount", "*", { Resource = "*" }) },
      { allow { Resource = "arn:aws:sqs:us-east-1:" .. A .. ":q" } })
    assert.same({ ["aws:ResourceAccount"] = {} }, request.context)
  end)

  it("gives policy variables values, and none under Version 2008-10-17", function()
    local function home(pattern) return allow { Resource = "arn:aws:s3:::home/" .. pattern } end
    assert_none({ home "*" }, { home "${aws:username}/*" })
    assert_none({ home "${aws:username}/*" }, { home "${aws:username}/a" })
    local request = witness({ home "${aws:username}/*" }, { home "kim/*" })
    assert.not_equal("kim", request.context["aws:username"])
    assert.truthy(policy.new_access(parse { home "${aws:username}/*" }, parse({ home "${aws:username}/*" }, "2008-10-17")))
  end)

  it("ties variables to the principal and the resource", function()
    local request = witness({}, { where("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}", { Resource = "arn:aws:sqs:*:*:q" }) })
    assert.equal(request.context["aws:PrincipalAccount"], request.resource:match "^arn:aws:sqs:[^:]*:(%d+):q$")
    local organizations = where("StringEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}")
    request = witness({}, { organizations })
    assert.equal(request.context["aws:ResourceOrgID"], request.context["aws:PrincipalOrgID"])
    assert_none({ organizations }, { organizations, where("StringEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}", { Action = "ecr:batchGetImage" }) })
  end)

  it("gives variables the values of callers of every kind", function()
    local function tagged(variable, key, value)
      return where("StringEquals", "aws:RequestTag/x", "${aws:" .. variable .. "}", { Condition = {
        StringEquals = { ["aws:RequestTag/x"] = "${aws:" .. variable .. "}", [key] = value } } })
    end
    for _, case in ipairs {
      { "PrincipalType", "User", "User" }, { "PrincipalType", "Account", "Account" }, { "PrincipalType", "Anonymous", "Anonymous" },
      { "PrincipalArn", "User", "^arn:aws:iam::%d+:user/" }, { "PrincipalArn", "FederatedUser", "^arn:aws:sts::%d+:federated%-user/" },
      { "PrincipalArn", "Account", "^arn:aws:iam::%d+:root$" }, { "userid", "Account", "^%d+$" }, { "userid", "User", "^AIDA" },
      { "userid", "FederatedUser", "^%d+:" }, { "userid", "Anonymous", "^anonymous$" }, { "PrincipalAccount", "Anonymous", "^anonymous$" },
      { "username", "User", "^%w+$" }, { "PrincipalIsAWSService", "Account", "^false$" },
    } do
      local after = tagged(case[1], "aws:PrincipalType", case[2])
      after.Condition = { StringEquals = { ["aws:RequestTag/x"] = "${aws:" .. case[1] .. "}", ["aws:PrincipalType"] = case[2] } }
      assert.matches(case[3], witness({}, { after }).context["aws:RequestTag/x"], nil, nil, case[1])
    end
    local service = witness({}, { where("StringEquals", "aws:RequestTag/x", "${aws:PrincipalServiceName}") })
    assert.equal(service.principal, service.context["aws:RequestTag/x"])
    assert.equal("true", witness({}, { where("StringEquals", "aws:RequestTag/x", "${aws:PrincipalIsAWSService}",
      { Principal = { Service = "ecs.amazonaws.com" } }) }).context["aws:RequestTag/x"])
  end)

  it("gives variables values that the callers' other tests and the patterns of resources distinguish", function()
    local function home(pattern) return allow { Resource = "arn:aws:s3:::home/" .. pattern } end
    assert.not_equal("e", witness({ home "e*" }, { home "${aws:username}" }).context["aws:username"]:sub(1, 1))
    assert.not_equal("1", witness({ home "1*" }, { home "${aws:PrincipalAccount}" }).context["aws:PrincipalAccount"]:sub(1, 1))
    local after = where("StringEquals", "aws:RequestTag/x", "${aws:username}")
    after.Condition.ArnLike = { ["aws:PrincipalArn"] = "arn:aws:iam::*:user/team/*m" }
    after.Condition.StringLike = { ["aws:RequestTag/x"] = "k*" }
    assert.matches("^k.*m$", witness({}, { after }).context["aws:username"])
    local self, users = "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/"
    assert_none({ allow { Resource = users .. "*" } }, { allow { Resource = self } })
    witness({ allow { Resource = users .. "k*" } }, { allow { Resource = self } })
    assert_none({ allow { Resource = self } }, { allow { Resource = "arn:aws:iam::" .. A .. ":user/${aws:username}" } })
  end)

  it("gives variables that a caller's key is compared with the values of callers", function()
    local user = "arn:aws:iam::" .. A .. ":user/team/kim"
    for key, value in pairs { PrincipalArn = user, username = "kim", PrincipalAccount = A, PrincipalType = "User" } do
      local request = witness({}, { where("StringEquals", "aws:" .. key, "${aws:RequestTag/x}", { Principal = { AWS = user } }) })
      assert.equal(value, request.context["aws:RequestTag/x"])
    end
    local request = witness({}, { where("ArnEquals", "aws:PrincipalArn", "${aws:SourceArn}", { Principal = { AWS = user } }) })
    assert.equal(user, request.context["aws:SourceArn"])
    request = witness({}, { where("StringEquals", "aws:ResourceAccount", "${aws:PrincipalTag/x}",
      { Resource = "arn:aws:sqs:*:" .. B .. ":q" }) })
    assert.equal(B, request.context["aws:PrincipalTag/x"])
  end)

  it("gives variables of organizations what is known about accounts", function()
    for key, variable in pairs { ["aws:ResourceOrgID"] = "aws:PrincipalOrgID", ["aws:PrincipalOrgID"] = "aws:ResourceOrgID" } do
      local after = where("StringEquals", key, "${" .. variable .. "}", { Principal = { AWS = A } })
      local request = witness({}, { after }, { accounts = { [A] = "o-a1b2c3d4e5" } })
      assert.equal("o-a1b2c3d4e5", request.context["aws:ResourceOrgID"])
      assert.equal("o-a1b2c3d4e5", request.context["aws:PrincipalOrgID"])
      assert_none({}, { after }, { accounts = { [A] = false } })
      assert.matches("^o%-%w+$", witness({}, { after }).context["aws:PrincipalOrgID"])
    end
  end)

  it("shows values of the form that a key has", function()
    for key, form in pairs {
      ["aws:SourceAccount"] = "^%d+$", ["aws:SourceOrgID"] = "^o%-%w+$", ["aws:SourceArn"] = "^arn:aws:[^:]+:[^:]+:%d+:.",
      ["aws:SecureTransport"] = "^true$", ["aws:SourceIp"] = "^[%d.]+$", ["aws:TokenIssueTime"] = "^%d+%-", ["aws:ResourceOrgPaths"] = "^o%-%w+/r%-",
    } do
      local request = witness({}, { where("StringEquals", "aws:RequestTag/x", "${" .. key .. "}") })
      assert.matches(form, request.context[key])
      request = witness({}, { where("Null", key, "false") })
      assert.matches(form, request.context[key] or (key == "aws:SecureTransport" and "true"))
    end
    assert_none({ where("Bool", "aws:SecureTransport", { "true", "false" }) }, { allow() })
    assert_none({}, { where("StringEquals", "aws:SecureTransport", "yes") })
    local after = where("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:topic")
    assert.matches("^arn:aws:sns:[%w-]+:%d+:topic$", witness({}, { after }).context["aws:SourceArn"])
    assert.equal("arn:aws:s3:::b", witness({}, { where("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:b") }).context["aws:SourceArn"])
  end)

  it("issues temporary credentials before the time of the request", function()
    local issued, now = "aws:TokenIssueTime", "aws:CurrentTime"
    local function between(from, to)
      local one = where("DateGreaterThan", issued, from)
      one.Condition.DateLessThan = { [now] = to }
      return one
    end
    assert_none({}, { between("2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z") })
    local request = witness({}, { between("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z") })
    assert.is_true(request.context[issued] <= request.context[now])
    assert_none({}, { where("DateGreaterThan", issued, "2025-01-01T00:00:00Z", { Principal = { Service = "ecs.amazonaws.com" } }) })
  end)

  it("ties the ids and the paths of organizations, of which a request has both or none", function()
    for _, side in ipairs { "Principal", "Resource", "Source", "Vpce" } do
      local id, paths = ("aws:%sOrgID"):format(side), ("aws:%sOrgPaths"):format(side)
      local function both(value, pattern)
        local one = where("StringEquals", id, value)
        one.Condition["ForAnyValue:StringLike"] = { [paths] = pattern }
        return one
      end
      assert_none({}, { both("o-a1b2c3d4e5", "o-f6g7h8i9j0/*") })
      local request = witness({}, { both("o-a1b2c3d4e5", "*/r-ab12/*") })
      assert.matches("^o%-a1b2c3d4e5/r%-ab12/", request.context[paths])
      assert_none({ where("Null", id, "false") }, { where("Null", paths, "false") })
      request = witness({ where("Null", paths, "true") }, { where("ForAnyValue:StringLike", paths, "o-*"), where("Null", id, "true") })
      assert.equal(request.context[id], request.context[paths]:match "^[^/]*")
      assert_none({ where("StringLike", id, "*") }, { allow { Principal = { AWS = A } } }, { always = { paths }, accounts = {} })
    end
  end)

  it("knows that an action is the name of a service, a colon and a name", function()
    assert_none({ deny { Action = "*:a" }, allow { Action = "s:*" } }, { deny { Action = { "s:?", "S:a*" } }, allow { Action = "s:*" } })
    assert_none({ deny { Action = "s:*" }, allow { Action = { "*:a", "s:A" } } },
      { deny { Action = { "s:A", "t:*" } }, allow { Action = { "*:a", "s:A" } } })
    for _, pattern in ipairs { "*:?:?", "s:a:b", "s::*", ":a", "s:", "s", "??" } do
      local found = policy.new_access(NOTHING, parse { allow { Action = pattern } })
      assert.is_nil(found and found.request.action, pattern)
    end
    assert.matches("^[^:]:[^:]$", witness({}, { allow { Action = "???" } }).action)
  end)

  it("knows that the id of an organization has 10 to 32 letters and digits after o-", function()
    for _, key in ipairs { "aws:PrincipalOrgID", "aws:ResourceOrgID" } do
      local before = where("StringEquals", key, "o-a1b2c3d4e5")
      for _, length in ipairs { 10, 11, 32 } do
        local pattern = "o-" .. ("?"):rep(length)
        assert.equal(#pattern, #witness({ before }, { where("StringLike", key, pattern) }).context[key])
      end
      for _, length in ipairs { 9, 33, 60 } do
        assert_none({ before }, { where("StringLike", key, "o-" .. ("?"):rep(length)) })
      end
      assert_none({ before }, { where("StringLike", key, "*" .. ("x"):rep(33)) })
    end
    local path = witness({}, { where("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-" .. ("?"):rep(40) .. "/*") }).context["aws:PrincipalOrgPaths"]
    assert.is_true(#path:match "^o%-(%w+)/r%-" <= 32)
  end)

  it("takes keys of the option `always` as present", function()
    local before, after = { where("Null", "svc:k", "false") }, { allow() }
    assert.same({}, witness(before, after).context)
    assert_none(before, after, { always = { "svc:K" } })
  end)
end)

describe("new_access where AWS leaves the result open", function()
  it("is not certain", function()
    local _, found = witness({}, { allow(), deny { Principal = false, NotPrincipal = { AWS = ROLE } } })
    assert.is_false(found.certain)
    local function on(name) return { Resource = "arn:aws:ecs:*:*:task-definition/" .. name .. ":*" } end
    _, found = witness({ allow(), deny(on "a") }, { allow(on "b") })
    assert.is_false(found.certain)
    _, found = witness({ allow(), { Effect = "Deny", Principal = "*", Action = 5 } }, { allow() })
    assert.is_false(found.certain)
  end)

  it("is not certain for an ARN operator whose operand is not an ARN", function()
    for _, key in ipairs { "aws:SourceArn", "aws:PrincipalArn" } do
      for _, operator in ipairs { "ArnLike", "ArnNotLike", "ArnEqualsIfExists" } do
        local _, found = witness({ where("Null", key, "true"), allow { Principal = "*", Condition = { StringNotLike = { [key] = "arn:*" } } } },
          { where(operator, key, "arn:*") })
        assert.is_false(found.certain, key .. operator)
      end
    end
  end)

  it("is not certain for an action that a pattern without a colon matches", function()
    for pattern, expected in pairs { ["ecr*"] = "^ecr:example$", ["s*"] = "^s[^:]+:[^:]+$", ["e?r*"] = "^ear:example$", ["*a"] = "^[^:]+:[^:]*a$" } do
      local request, found = witness({ allow { Action = "s:*" } }, { allow { Action = pattern } })
      assert.matches(expected, request.action)
      assert.is_false(found.certain, pattern)
    end
    assert.is_true(select(2, witness({}, { allow { Action = { "ecr*", "*" } } })).certain)
  end)

  it("is not certain for several values under an operator without a set operator", function()
    local _, found = witness({ where("StringLike", "aws:TagKeys", "a*") }, { where("ForAnyValue:StringLike", "aws:TagKeys", "a*") })
    assert.is_false(found.certain)
    assert.equal(2, #found.request.context["aws:TagKeys"])
    assert_none({ where("StringLike", "aws:TagKeys", "a*") }, { where("StringLike", "aws:TagKeys", "ab*") })
  end)

  it("is not certain for a key with operators of different types", function()
    local _, found = witness({ where("StringLike", "svc:k", "?*") }, { where("NumericGreaterThan", "svc:k", "5") })
    assert.is_false(found.certain)
  end)

  it("prefers a certain request", function()
    local _, found = witness({}, { allow(), deny { Principal = false, NotPrincipal = { AWS = { ROLE, A } } } })
    assert.is_true(found.certain)
    assert.equal(ROLE, found.request.principal)
  end)

  it("does not find a difference between equal documents", function()
    for _, statement in ipairs {
      deny { Principal = false, NotPrincipal = { AWS = ROLE } }, { Effect = "Deny", Principal = "*", Action = 5 },
      where("StringSounds", "svc:k", "a"), where("NumericEquals", "svc:k", "x"), deny { Resource = "arn:aws:s3:*:*:*:a" },
    } do
      assert_none({ allow(), statement }, { statement, allow() })
    end
  end)
end)

describe("new_access is undecided", function()
  local function assert_undecided(pattern, ...)
    local found, undecided, reason = policy.new_access(...)
    assert.is_nil(found)
    assert.equal("undecided", undecided)
    assert.truthy(reason:find(pattern), reason)
  end

  it("for a policy variable behind a wildcard", function()
    assert_undecided("policy variable", parse { allow { Resource = "arn:aws:s3:::?*" } },
      parse { allow { Resource = "arn:aws:s3:::a*${aws:username}" } })
  end)

  it("for a policy variable whose values are not modelled", function()
    for _, variable in ipairs { "aws:CurrentTime", "aws:PrincipalOrgPaths" } do
      assert_undecided("policy variable", NOTHING, parse { where("StringEquals", "svc:k", "${" .. variable .. "}") })
    end
  end)

  it("past the limit", function()
    local list, always = { allow() }, {}
    for i = 1, 60 do always[i] = "svc:k" .. i end
    for i = 1, 240 do
      local values = {}
      for j = 1, 3 do values[always[(i * (7 * j + 1) + j * j * i // 3) % 60 + 1]] = (i * j) % 3 == 0 and "true" or "false" end
      list[#list + 1] = deny()
      list[#list].Condition = { Bool = values }
    end
    assert_undecided("limit", NOTHING, parse(list), { always = always, limit = 2000 })
  end)
end)

describe("equal_access", function()
  it("names the document that allows more", function()
    local equal, found = policy.equal_access(parse { allow() }, NOTHING)
    assert.is_false(equal)
    assert.equal("a", found.which)
    equal, found = policy.equal_access(NOTHING, parse { allow() })
    assert.is_false(equal)
    assert.equal("b", found.which)
  end)
end)

describe("the options of new_access", function()
  it("are checked", function()
    assert.error_matches(function() policy.new_access(NOTHING, NOTHING, { kinds = "x" }) end, "unknown option 'kinds'")
    assert.error_matches(function() policy.new_access(NOTHING, NOTHING, { kind = "x" }) end, "'resource' or 'identity' expected")
    assert.error_matches(function() policy.new_access(NOTHING, NOTHING, { accounts = { ["1"] = "o" } }) end, "12 digits")
    assert.error_matches(function() policy.new_access(NOTHING, "x") end, "lanyard.policy expected")
  end)

  it("include identity policies, which name no principal", function()
    local doc = parse { { Effect = "Allow", Action = "s3:*", Resource = "*" } }
    assert.is_nil((policy.new_access(NOTHING, doc)))
    assert.truthy(policy.new_access(NOTHING, doc, { kind = "identity" }))
  end)
end)
