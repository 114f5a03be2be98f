-- Conditions and policy variables, for each rule of IAM's documentation.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

local json = require "lanyard.json"
local policy = require "lanyard.policy"

-- Decides a request of a user, whose name is aws:username if the context has it.
local function decide(condition, context, more)
  local statement = { Effect = "Allow", Principal = "*", Action = "ecr:*", Condition = condition }
  for name, value in pairs(more or {}) do statement[name] = value end
  local version = statement.Version or "2012-10-17"
  statement.Version = nil
  local doc = assert(policy.parse(json.encode { Version = version, Statement = json.array { statement } }))
  local name = context and (context["aws:username"] or context["aws:UserName"]) or "x"
  return (doc:can {
    principal = "arn:aws:iam::111122223333:user/" .. name, action = "ecr:PutImage", context = context,
    resource = "arn:aws:ecr:us-east-1:111122223333:repository/team/app",
  })
end

-- Each row: the case, the operator, its operands, the values of the key or nil, and whether the condition holds.
local function rows(list)
  for _, row in ipairs(list) do
    local name, operator, operand, value, holds = table.unpack(row, 1, 5)
    it(name, function()
      local answer = decide({ [operator] = { ["aws:Key"] = operand } }, { ["aws:key"] = value })
      assert.equal(holds == "?" and "depends" or holds and "allow" or "implicit-deny", answer)
    end)
  end
end

describe("string operators", function()
  rows {
    { "StringEquals matches exactly", "StringEquals", "a", "a", true },
    { "StringEquals is case-sensitive", "StringEquals", "a", "A", false },
    { "StringEquals does not expand *", "StringEquals", "a*", "ab", false },
    { "StringEquals matches a literal *", "StringEquals", "a*", "a*", true },
    { "several values match if any of them does", "StringEquals", json.array { "x", "a" }, "a", true },
    { "StringNotEquals", "StringNotEquals", "a", "b", true },
    { "a negated operator matches only if no value does", "StringNotEquals", json.array { "x", "a" }, "a", false },
    { "StringEqualsIgnoreCase", "StringEqualsIgnoreCase", "aB", "Ab", true },
    { "StringNotEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "aB", "Ab", false },
    { "StringLike expands * and ?", "StringLike", "a*c?", "abbcd", true },
    { "StringLike is anchored", "StringLike", "b*", "abb", false },
    { "StringNotLike", "StringNotLike", "a*", "b", true },
    -- "?" is "any single character": a character of UTF-8, of one to four bytes.
    { "StringLike: ? matches a character of two bytes", "StringLike", "caf?", "caf\u{E9}", true },
    { "StringLike: two ? do not match one character of two bytes", "StringLike", "caf??", "caf\u{E9}", false },
    { "StringLike: ? matches a character of four bytes", "StringLike", "*?y", "x\u{1F511}y", true },
    { "StringLike: ? matches one of two characters", "StringLike", "?", "\u{E9}\u{E9}", false },
    { "StringNotLike: ? matches a character of three bytes", "StringNotLike", "?", "\u{20AC}", false },
    { "ForAnyValue:StringLike: ? matches a character", "ForAnyValue:StringLike", "a?", { "x", "a\u{E9}" }, true },
    { "ArnLike: ? matches a character", "ArnLike", "arn:aws:s3:::b/?", "arn:aws:s3:::b/\u{E9}", true },
    { "ArnLike: ?? does not match one character", "ArnLike", "arn:aws:s3:::b/??", "arn:aws:s3:::b/\u{E9}", false },
  }
end)

describe("numeric operators", function()
  rows {
    { "NumericEquals compares numbers, not strings", "NumericEquals", "10", "1e1", true },
    { "a JSON number in the policy is compared as a number", "NumericEquals", 10, 10, true },
    { "NumericNotEquals", "NumericNotEquals", "10", "11", true },
    { "NumericLessThan", "NumericLessThan", "10", "9", true },
    { "NumericLessThan at the bound", "NumericLessThan", "10", "10", false },
    { "NumericLessThanEquals at the bound", "NumericLessThanEquals", "10", "10", true },
    { "NumericGreaterThan", "NumericGreaterThan", "10", "10.5", true },
    { "NumericGreaterThanEquals", "NumericGreaterThanEquals", "-1", "-1.0", true },
    { "large integers are compared exactly", "NumericEquals", "9007199254740993", "9007199254740992", false },
    { "an operand that is not a number is undecided", "NumericEquals", "ten", "10", "?" },
  }
end)

describe("date operators", function()
  rows {
    { "DateEquals compares times, not strings", "DateEquals", "2026-11-24T10:00:00Z", "2026-11-24T11:00+01:00", true },
    { "epoch seconds are dates", "DateEquals", "1970-01-02", "86400", true },
    { "DateNotEquals", "DateNotEquals", "2026-11-24", "2026-11-25", true },
    { "DateLessThan", "DateLessThan", "2027-01-31T00:00:00Z", "2026-11-24T10:00:00Z", true },
    { "DateLessThanEquals", "DateLessThanEquals", "2026-11-24", "2026-11-24T00:00:00Z", true },
    { "DateGreaterThan with a fraction", "DateGreaterThan", "2026-11-24T00:00:00Z", "2026-11-24T00:00:00.5Z", true },
    { "DateGreaterThanEquals", "DateGreaterThanEquals", "2024-02-29", "2024-02-28", false },
    { "an invalid calendar day is undecided", "DateEquals", "2023-02-29", "2023-03-01", "?" },
  }
end)

describe("Bool, BinaryEquals and Null", function()
  rows {
    { "Bool", "Bool", "true", "true", true },
    { "Bool of a JSON Boolean", "Bool", true, true, true },
    { "Bool false", "Bool", "false", "true", false },
    { "Bool with another operand than true or false is undecided", "Bool", "yes", "true", "?" },
    { "BinaryEquals", "BinaryEquals", "QmluYXJ5", "QmluYXJ5", true },
    { "Null true: the key is absent", "Null", "true", nil, true },
    { "Null true: the key is present", "Null", "true", "x", false },
    { "Null false: the key is present", "Null", "false", "x", true },
    { "Null false: the key is absent", "Null", "false", nil, false },
    { "Null true: the value is empty", "Null", "true", "", true },
    { "Null false: the value is empty", "Null", "false", "", false },
    { "Null false: a list with the empty value", "Null", "false", { "" }, false },
    { "Null with both operands holds with a value", "Null", json.array { "true", "false" }, "x", true },
    { "Null with both operands holds without a value", "Null", json.array { "true", "false" }, "", true },
    { "Bool true and a value that is not a Boolean", "Bool", "true", "yes", false },
    { "Bool false and a value that is not a Boolean is undecided", "Bool", "false", "yes", "?" },
  }
end)

-- AWS does not document Null with a set operator. With a value all sources decide it as Null. Without one, PMapper (compared
-- with AWS's policy simulator) tests no values, and iam-simulate decides it as Null: "?" where they differ.
-- https://github.com/nccgroup/PMapper/blob/master/tests/test_local_querying.py
-- https://github.com/cloud-copilot/iam-simulate/blob/main/src/condition/condition.test.ts
describe("Null with a set operator", function()
  local both = json.array { "true", "false" }
  for _, without in ipairs { "", {} } do
    local name = without == "" and "an empty value" or "no value"
    rows {
      { "ForAllValues, true: " .. name, "ForAllValues:Null", "true", without, true },
      { "ForAllValues, false: " .. name, "ForAllValues:Null", "false", without, "?" },
      { "ForAllValues, both: " .. name, "ForAllValues:Null", both, without, true },
      { "ForAnyValue, true: " .. name, "ForAnyValue:Null", "true", without, "?" },
      { "ForAnyValue, false: " .. name, "ForAnyValue:Null", "false", without, false },
      { "ForAnyValue, both: " .. name, "ForAnyValue:Null", both, without, "?" },
    }
  end
  rows {
    { "ForAllValues, true: absent", "ForAllValues:Null", "true", nil, true },
    { "ForAnyValue, false: absent", "ForAnyValue:Null", "false", nil, false },
    { "ForAllValues, true: a value", "ForAllValues:Null", "true", "x", false },
    { "ForAllValues, false: a value", "ForAllValues:Null", "false", "x", true },
    { "ForAnyValue, true: several values", "ForAnyValue:Null", "true", { "x", "y" }, false },
    { "ForAnyValue, false: several values", "ForAnyValue:Null", "false", { "x", "y" }, true },
    { "ForAllValues, both: a value", "ForAllValues:Null", both, "x", true },
  }
end)

-- AWS's reference requires a set operator for a key with several values, and does not say what happens without one.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
describe("an operator without a set operator, for several values", function()
  rows {
    { "is undecided, although a value matches", "StringEquals", "a", { "a", "b" }, "?" },
    { "is undecided, although no value matches", "StringLike", "a*", { "b", "c" }, "?" },
    { "is undecided if it is negated", "StringNotEquals", "a", { "b", "c" }, "?" },
    { "is undecided with IfExists", "StringEqualsIfExists", "a", { "a", "a" }, "?" },
    { "is undecided for addresses", "IpAddress", "192.0.2.0/24", { "192.0.2.1", "198.51.100.1" }, "?" },
    { "is undecided for ARNs", "ArnLike", "arn:aws:s3:::*", { "arn:aws:s3:::a", "arn:aws:s3:::b" }, "?" },
    { "is decided for Null", "Null", "false", { "a", "b" }, true },
    { "is decided for a list of one value", "StringEquals", "a", { "a" }, true },
    { "is decided for an empty list", "StringNotEquals", "a", {}, true },
  }
  it("decides nothing if the condition fails anyway", function()
    assert.equal("implicit-deny", decide({ StringEquals = { a = "1", b = "1" } }, { a = { "1", "2" }, b = "2" }))
  end)
end)

describe("Deny statements", function()
  it("may apply where the result is undecided", function()
    local doc = assert(policy.parse [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*"},
      {"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotLike":{"aws:PrincipalOrgPaths":"o-x/*"}}}]}]])
    local answer, statement = doc:can { principal = "arn:aws:iam::111122223333:user/x", action = "ecr:PutImage",
      context = { ["aws:PrincipalOrgPaths"] = { "o-x/r-1/a/", "o-x/r-1/b/" } } }
    assert.equal("depends", answer)
    assert.equal(2, statement.index)
  end)
end)

describe("address operators", function()
  rows {
    { "IpAddress in a network", "IpAddress", "203.0.113.0/24", "203.0.113.77", true },
    { "IpAddress outside the network", "IpAddress", "203.0.113.0/25", "203.0.113.200", false },
    { "an address without a prefix length means /32", "IpAddress", "203.0.113.7", "203.0.113.7", true },
    { "/0 matches every address", "IpAddress", "0.0.0.0/0", "198.51.100.1", true },
    { "IPv6", "IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", true },
    { "IPv6 outside the network", "IpAddress", "2001:db8::/33", "2001:db8:8000::1", false },
    { "an IPv4 network does not match an IPv6 address", "IpAddress", "0.0.0.0/0", "2001:db8::1", false },
    { "NotIpAddress", "NotIpAddress", json.array { "10.0.0.0/8", "192.168.0.0/16" }, "203.0.113.1", true },
    { "an operand that is not a network is undecided", "IpAddress", "203.0.113.0/33", "203.0.113.1", "?" },
  }
end)

describe("ARN operators", function()
  local web = "arn:aws:lightsail:us-east-1:111122223333:ContainerService/web"
  rows {
    { "ArnEquals", "ArnEquals", web, web, true },
    { "ArnLike compares part by part", "ArnLike", "arn:aws:lightsail:*:111122223333:ContainerService/*", web, true },
    { "ArnEquals also expands wildcards", "ArnEquals", "arn:aws:lightsail:*:*:*", web, true },
    { "a wildcard does not match beyond its part", "ArnLike", "arn:aws:*:ContainerService/web:x:y", web, false },
    { "the last part can contain colons", "ArnLike", "arn:aws:logs:*:*:a*z", "arn:aws:logs:r:1:a:b:z", true },
    { "ArnNotEquals", "ArnNotEquals", web, web .. "2", true },
    { "ArnNotLike", "ArnNotLike", "arn:aws:lightsail:*:*:*", web, false },
    { "a value that is not an ARN does not match", "ArnLike", "arn:aws:*:*:*:*", "web", false },
    -- PMapper, compared with AWS's policy simulator: tests/test_local_querying.py, test_arn_condition
    { "a value that is not an ARN does not match ArnNotLike", "ArnNotLike", "arn:aws:iam::*:user/test1", "test2", false },
    { "a value that is not an ARN does not match ArnNotEquals", "ArnNotEquals", web, "arn:aws:s3:::", false },
    { "an empty value does not match ArnNotLike", "ArnNotLike", web, "", false },
    { "an absent key matches ArnNotLike", "ArnNotLike", web, nil, true },
    { "a value that is not an ARN does not match ArnNotLikeIfExists", "ArnNotLikeIfExists", web, "web", false },
    { "a value that is not an ARN does not match, even if the operand is none", "ArnNotLike", "web", "web", false },
    { "ForAllValues:ArnNotLike fails for a value that is not an ARN", "ForAllValues:ArnNotLike", web,
      { web .. "2", "web" }, false },
    { "ForAnyValue:ArnNotLike needs an ARN", "ForAnyValue:ArnNotLike", web, { "web", "x" }, false },
  }
end)

describe("a key that is absent from the request", function()
  rows {
    { "fails a positive operator", "StringEquals", "a", nil, false },
    { "passes a negated operator", "StringNotEquals", "a", nil, true },
    { "passes ...IfExists", "StringEqualsIfExists", "a", nil, true },
    { "...IfExists still compares a present key", "StringEqualsIfExists", "a", "b", false },
    { "passes NumericLessThanIfExists", "NumericLessThanIfExists", "1", nil, true },
  }
end)

describe("set operators", function()
  local both = json.array { "a", "b" }
  rows {
    { "ForAllValues: every value matches", "ForAllValues:StringEquals", both, { "a", "b", "a" }, true },
    { "ForAllValues: one value does not match", "ForAllValues:StringEquals", both, { "a", "c" }, false },
    { "ForAllValues of an absent key holds", "ForAllValues:StringEquals", both, nil, true },
    { "ForAllValues of an empty list holds", "ForAllValues:StringEquals", both, {}, true },
    { "ForAnyValue: one value matches", "ForAnyValue:StringEquals", both, { "x", "b" }, true },
    { "ForAnyValue: no value matches", "ForAnyValue:StringEquals", both, { "x", "y" }, false },
    { "ForAnyValue of an absent key fails", "ForAnyValue:StringEquals", both, nil, false },
    { "ForAnyValue of an absent key also fails if negated", "ForAnyValue:StringNotEquals", both, nil, false },
    { "ForAnyValue, negated: one value differs from all operands", "ForAnyValue:StringNotEquals", both, { "a", "x" }, true },
    { "ForAllValues, negated: no value matches an operand", "ForAllValues:StringNotLike", "a*", { "b", "c" }, true },
    { "ForAllValues of an empty string holds", "ForAllValues:StringEquals", both, "", true },
    { "ForAnyValue of an empty string also fails if negated", "ForAnyValue:StringNotEquals", both, "", false },
    { "an empty string is a value without a set operator", "StringNotEquals", "a", "", true },
    { "ForAllValues with IfExists", "ForAllValues:StringEqualsIfExists", both, nil, true },
  }
end)

describe("several keys and operators", function()
  it("must all hold", function()
    local condition = { StringEquals = { a = "1", b = "2" }, Bool = { c = "true" } }
    assert.equal("allow", decide(condition, { a = "1", b = "2", c = "true" }))
    assert.equal("implicit-deny", decide(condition, { a = "1", b = "3", c = "true" }))
    assert.equal("implicit-deny", decide(condition, { a = "1", b = "2", c = "false" }))
  end)
end)

describe("an unknown result", function()
  it("is reported without a context, and for an unknown operator", function()
    assert.equal("depends", decide({ StringEquals = { a = "1" } }, nil))
    assert.equal("depends", decide({ StringMatches = { a = "1" } }, { a = "1" }))
    assert.equal("depends", decide({ NullIfExists = { a = "true" } }, { a = "1" }))
  end)
  it("does not matter if something known decides", function()
    assert.equal("implicit-deny", decide({ StringMatches = { a = "1" }, StringEquals = { b = "1" } }, { b = "2" }))
  end)
end)

describe("policy variables", function()
  local function like(operand, context, more)
    return decide({ StringLike = { k = operand } }, context, more)
  end
  it("expand to the value of a key", function()
    assert.equal("allow", like("home/${aws:username}/*", { k = "home/ann/x", ["aws:UserName"] = "ann" }))
    assert.equal("implicit-deny", like("home/${aws:username}/*", { k = "home/bob/x", ["aws:username"] = "ann" }))
  end)
  it("leave a ? beside them one character", function()
    assert.equal("allow", like("${aws:username}/?", { k = "ann/\u{E9}", ["aws:username"] = "ann" }))
    assert.equal("implicit-deny", like("${aws:username}/??", { k = "ann/\u{E9}", ["aws:username"] = "ann" }))
  end)
  it("cannot add wildcards", function()
    assert.equal("implicit-deny", like("home/${aws:username}", { k = "home/bob", ["aws:username"] = "*" }))
    assert.equal("allow", like("home/${aws:username}", { k = "home/*", ["aws:username"] = "*" }))
  end)
  it("cannot add bytes that are not UTF-8, which could act as wildcards", function()
    assert.equal("implicit-deny", like("home/${aws:username}", { k = "home/bob", ["aws:username"] = "\xFF" }))
  end)
  it("have defaults", function()
    assert.equal("allow", like("${aws:PrincipalTag/team, 'all'}/x", { k = "all/x" }))
    assert.equal("allow", like("${aws:PrincipalTag/team, 'all'}/x", { k = "red/x", ["aws:PrincipalTag/team"] = "red" }))
  end)
  it("take the default for an empty value", function()
    assert.equal("allow", like("${aws:PrincipalTag/team, 'all'}/x", { k = "all/x", ["aws:PrincipalTag/team"] = "" }))
    assert.equal("implicit-deny", like("${aws:PrincipalTag/team, 'all'}/x", { k = "/x", ["aws:PrincipalTag/team"] = "" }))
    assert.equal("allow", like("${aws:PrincipalTag/team}/x", { k = "/x", ["aws:PrincipalTag/team"] = "" }))
    local resource = "arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team, 'team'}/*"
    assert.equal("allow", decide(nil, { ["aws:PrincipalTag/team"] = "" }, { Resource = resource }))
  end)
  it("match nothing without a value", function()
    assert.equal("implicit-deny", like("${aws:username}", { k = "" }))
    assert.equal("allow", decide({ StringNotEquals = { k = "${aws:username}" } }, { k = "d" }))
    assert.equal("allow", decide({ StringNotLike = { k = "${aws:username}" } }, { k = "" }))
  end)
  it("are plain text unless strings or ARNs are compared", function()
    local function with(operator, value, tag)
      return decide({ [operator] = { k = "${aws:PrincipalTag/x}" } }, { k = value, ["aws:PrincipalTag/x"] = tag })
    end
    assert.equal("depends", with("IpAddress", "203.0.113.9", "0.0.0.0/0"))
    assert.equal("depends", with("NumericLessThan", "5", "9"))
    assert.equal("depends", with("DateLessThan", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"))
    assert.equal("depends", with("Bool", "true", "true"))
    assert.equal("allow", with("ArnLike", "arn:aws:sns:::t", "arn:aws:sns:::t"))
  end)
  it("can express *, ? and $", function()
    assert.equal("allow", like("${*}${?}${$}", { k = "*?$" }))
    assert.equal("implicit-deny", like("${*}", { k = "x" }))
  end)
  it("are plain text under Version 2008-10-17", function()
    assert.equal("allow", like("${aws:username}", { k = "${aws:username}", ["aws:username"] = "ann" }, { Version = "2008-10-17" }))
  end)
  it("work in resources", function()
    local resource = "arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}/*"
    assert.equal("allow", decide(nil, { ["aws:PrincipalTag/team"] = "team" }, { Resource = resource }))
    assert.equal("implicit-deny", decide(nil, { ["aws:PrincipalTag/team"] = "*" }, { Resource = resource }))
    assert.equal("implicit-deny", decide(nil, {}, { Resource = resource }))
    assert.equal("depends", decide(nil, nil, { Resource = resource }))
  end)
end)
