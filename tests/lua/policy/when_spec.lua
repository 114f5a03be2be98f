-- Under which conditions an answer that depends is allow.

local json = require "lanyard.json"
local policy = require "lanyard.policy"
local torture = require "torture"

local ROLE = "arn:aws:iam::111122223333:role/x"

local function document(statements)
  local list = {}
  for i, one in ipairs(statements) do
    list[i] = { Effect = one[1], Principal = one.principal or "*", Action = one.action or "*", Resource = one.resource,
      NotResource = one.not_resource, Condition = one[2] }
  end
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array(list) }))
end

local function ask(statements, more)
  local request = { principal = ROLE, action = "ecr:PutImage", context = {}, partial = true }
  for name, value in pairs(more or {}) do request[name] = value end
  return document(statements):can(request)
end

local function when(statements, more)
  local answer, _, _, found = ask(statements, more)
  assert.equal("depends", answer)
  return found
end

describe("the condition of an answer that depends", function()
  local ORG, NET = { ["aws:PrincipalOrgID"] = "o-x" }, { ["aws:SourceIp"] = "10.0.0.0/8" }
  local VPC = { ["aws:SourceVpc"] = json.array { "vpc-1", "vpc-2" } }

  for _, row in ipairs {
    { "is the test of an Allow", 'aws:PrincipalOrgID = "o-x"', { { "Allow", { StringEquals = ORG } } } },
    { "is the exception of a Deny", 'aws:PrincipalOrgID = "o-x"', { { "Allow" }, { "Deny", { StringNotEquals = ORG } } } },
    { "joins the tests of a statement, and the statements",
      'aws:PrincipalOrgID = "o-x" and (aws:SourceIp in 10.0.0.0/8 or aws:SourceVpc in ("vpc-1", "vpc-2"))',
      { { "Allow", { StringEquals = ORG, IpAddress = NET } },
        { "Allow", { StringEquals = { ["aws:PrincipalOrgID"] = "o-x", ["aws:SourceVpc"] = VPC["aws:SourceVpc"] } } } } },
    { "has no test twice", 'aws:PrincipalOrgID = "o-x"',
      { { "Allow", { StringEquals = ORG } }, { "Allow", { StringEquals = ORG, IpAddress = NET } } } },
    { "has no test that another one implies", 'aws:PrincipalOrgID = "o-x"',
      { { "Allow", { StringEquals = ORG, StringLike = { ["aws:PrincipalOrgID"] = "o-*" } } } } },
    { "joins the values of a key", 'aws:PrincipalOrgID in ("o-x", "o-y")',
      { { "Allow", { StringEquals = ORG } }, { "Allow", { StringEquals = { ["aws:principalorgid"] = "o-y" } } } } },
    { "joins the values of several statements, each once", 'aws:PrincipalOrgID in ("o-1", "o-2", "o-3", "o-x")',
      { { "Allow", { StringEquals = ORG } }, { "Allow", { StringEquals = { ["aws:PrincipalOrgID"] = json.array { "o-3", "o-1" } } } },
        { "Allow", { StringEquals = { ["aws:PrincipalOrgID"] = json.array { "o-1", "o-2", "o-3" } } } } } },
    { "removes values that a Deny has", 'aws:PrincipalOrgID = "o-y"',
      { { "Allow", { StringEquals = { ["aws:PrincipalOrgID"] = json.array { "o-x", "o-y" } } } }, { "Deny", { StringEquals = ORG } } } },
    { "contains smaller networks", "aws:SourceIp in 10.0.0.0/8",
      { { "Allow", { IpAddress = NET } }, { "Allow", { IpAddress = { ["aws:SourceIp"] = "10.1.0.0/16" } } } } },
    { "writes a negated test", 'aws:PrincipalOrgID like "o-*" and aws:PrincipalOrgID != "o-x"',
      { { "Allow", { StringLike = { ["aws:PrincipalOrgID"] = "o-*" } } }, { "Deny", { StringEquals = ORG } } } },
    { "writes IfExists as an absent key", 'aws:PrincipalOrgID is absent or aws:PrincipalOrgID = "o-x"',
      { { "Allow", { StringEqualsIfExists = ORG } } } },
    { "writes Null", "aws:SourceVpce is present", { { "Allow", { Null = { ["aws:SourceVpce"] = "false" } } } } },
    { "needs a Boolean once", "aws:SecureTransport = true",
      { { "Allow", { Bool = { ["aws:SecureTransport"] = "true" } } }, { "Deny", { Bool = { ["aws:SecureTransport"] = "false" } } } } },
    { "writes the complement of an order", "(aws:MultiFactorAuthAge >= 300 or is absent)",
      { { "Allow" }, { "Deny", { NumericLessThan = { ["aws:MultiFactorAuthAge"] = "300" } } } } },
    { "writes set operators", 'all of aws:TagKeys like "x*" and none of aws:TagKeys = "a"',
      { { "Allow", { ["ForAllValues:StringLike"] = { ["aws:TagKeys"] = "x*" } } },
        { "Deny", { ["ForAnyValue:StringEquals"] = { ["aws:TagKeys"] = "a" } } } } },
    { "replaces policy variables that are known", 'aws:PrincipalTag/team = "111122223333"',
      { { "Allow", { StringEquals = { ["aws:PrincipalTag/team"] = "${aws:PrincipalAccount}" } } } } },
    { "names policy variables that are unknown", 'aws:PrincipalTag/team = "${aws:PrincipalTag/other}"',
      { { "Allow", { StringEquals = { ["aws:PrincipalTag/team"] = "${aws:PrincipalTag/other}" } } } } },
    { "quotes quotes", [[aws:PrincipalTag/t = "a\"b"]], { { "Allow", { StringEquals = { ["aws:PrincipalTag/t"] = 'a"b' } } } } },
    { "is a resource that is not given", 'resource like "arn:aws:ecr:*:*:repository/x"',
      { { "Allow", resource = "arn:aws:ecr:*:*:repository/x" } } },
    { "is never, if no request is allowed", "never",
      { { "Allow", { StringEquals = ORG } }, { "Deny", { StringLike = { ["aws:PrincipalOrgID"] = "o-*" } } } } },
    { "is always, if each case is allowed", "always",
      { { "Allow", { StringEquals = ORG } }, { "Allow", { StringNotEquals = ORG } } } },
  } do
    local name, text, statements = table.unpack(row, 1, 3)
    it(name, function() assert.equal(text, when(statements).text) end)
  end

  it("says what AWS leaves open", function()
    assert.equal("a * matches a colon", when({ { "Allow", resource = "arn:aws:logs:*:log-stream:s:*" } },
      { resource = "arn:aws:logs:r:111122223333:log-group:g:log-stream:s:x" }).text)
    assert.equal("not (AWS decides that StringEquals holds for this aws:TagKeys)", when({ { "Allow" },
      { "Deny", { StringEquals = { ["aws:TagKeys"] = "a" } } } }, { context = { ["aws:TagKeys"] = { "a", "b" } } }).text)
    assert.equal("not (AWS accepts statement 2)", when { { "Allow" }, { "Deny", 5 } }.text)
    assert.equal("AWS decides that StringMatches holds for a", when { { "Allow", { StringMatches = { a = "1" } } } }.text)
  end)

  it("leaves operands of another type to AWS", function()
    local IP, WIDE = "aws:SourceIp", "AWS decides that IpAddress 10.0.0.0/40 holds for aws:SourceIp"
    for text, statements in pairs {
      [WIDE] = { { "Allow", { IpAddress = { [IP] = "10.0.0.0/40" } } } },
      ["aws:SourceIp in 10.0.0.0/8 or " .. WIDE] =
        { { "Allow", { IpAddress = { [IP] = { "10.0.0.0/40", "10.0.0.0/8" } } } } },
      ["not (" .. WIDE .. ")"] = { { "Allow", { NotIpAddress = { [IP] = "10.0.0.0/40" } } } },
      ["aws:SourceIp not in 10.0.0.0/8 and not (" .. WIDE .. ")"] =
        { { "Allow" }, { "Deny", { IpAddress = { [IP] = { "10.0.0.0/8", "10.0.0.0/40" } } } } },
      ["aws:SourceIp is absent or " .. WIDE] = { { "Allow", { IpAddressIfExists = { [IP] = "10.0.0.0/40" } } } },
      ["AWS decides that NumericLessThan (many, x) holds for a"] = { { "Allow", { NumericLessThan = { a = { "many", "x" } } } } },
      ["AWS decides that DateEquals soon holds for a"] = { { "Allow", { DateEquals = { a = "soon" } } } },
      ["AWS decides that Bool yes holds for a"] = { { "Allow", { Bool = { a = "yes" } } } },
      ['AWS decides that ArnLike "role" holds for a'] = { { "Allow", { ArnEquals = { a = "role" } } } },
      ["AWS decides that Null maybe holds for a"] = { { "Allow", { Null = { a = "maybe" } } } },
      ["a is absent or AWS decides that Null maybe holds for a"] = { { "Allow", { Null = { a = { "maybe", "true" } } } } },
      ['a like "*"'] = { { "Allow", { ArnLike = { a = "*" } } } },
      ['a like "${aws:PrincipalTag/arn}"'] = { { "Allow", { ArnLike = { a = "${aws:PrincipalTag/arn}" } } } },
      ['a = "x"'] = { { "Allow", { BinaryEquals = { a = "x" } } } },
      ["AWS decides that ForAllValues:IpAddress (192.0.2.1, x) holds for aws:Ips"] =
        { { "Allow", { ["ForAllValues:IpAddress"] = { ["aws:Ips"] = { "192.0.2.1", "x" } } } } },
      ["not (AWS decides that ForAllValues:IpAddress (192.0.2.1, x) holds for aws:Ips)"] =
        { { "Allow", { ["ForAnyValue:NotIpAddress"] = { ["aws:Ips"] = { "192.0.2.1", "x" } } } } },
      ["any of aws:Ips in 192.0.2.1 or AWS decides that ForAnyValue:IpAddress x holds for aws:Ips"] =
        { { "Allow", { ["ForAnyValue:IpAddress"] = { ["aws:Ips"] = { "x", "192.0.2.1" } } } } },
    } do
      assert.equal(text, when(statements).text)
    end
  end)

  it("has a form with operators of IAM", function()
    local function form(...)
      return when({ ... }).expression
    end
    assert.same({ key = "aws:SourceIp", operator = "NotIpAddress", values = { "10.0.0.0/8" } },
      form({ "Allow" }, { "Deny", { IpAddress = NET } }))
    assert.same({ key = "aws:SecureTransport", operator = "BoolIfExists", values = { "true" } },
      form({ "Allow" }, { "Deny", { Bool = { ["aws:SecureTransport"] = "false" } } }))
    assert.same({ key = "a", operator = "NumericGreaterThanIfExists", values = { "3" } },
      form({ "Allow" }, { "Deny", { NumericLessThanEquals = { a = 3 } } }))
    assert.same({ ["not"] = { key = "a", operator = "NumericLessThan", values = { "1", "3" } } },
      form({ "Allow" }, { "Deny", { NumericLessThan = { a = { "1", "3" } } } }))
    assert.same({ key = "k", operator = "ForAllValues:StringNotLike", values = { "a*" } },
      form({ "Allow" }, { "Deny", { ["ForAnyValue:StringLike"] = { k = "a*" } } }))
    assert.same({ open = "a * matches a colon" }, when({ { "Allow", resource = "arn:aws:logs:*:log-stream:s:*" } },
      { resource = "arn:aws:logs:r:111122223333:log-group:g:log-stream:s:x" }).expression)
  end)
  it("is only returned for an answer that depends", function()
    assert.is_nil((select(4, ask { { "Allow" } })))
    assert.is_nil((select(4, ask { { "Deny" } })))
  end)
end)

-- ---------------------------------------------------------------------------------------------
-- The expression is true for the requests that are allowed, and for no others.

-- Operators, operands and values of a key; false: absent.
local KEYS = {
  ["aws:PrincipalOrgID"] = { { "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Null" },
    { "o-a", "o-b", "o-*", "*" }, { false, "o-a", "o-b", "o-c", "x" } },
  ["aws:SourceIp"] = { { "IpAddress", "NotIpAddress", "Null" }, { "10.0.0.0/8", "10.1.0.0/16", "192.0.2.1" },
    { false, "10.1.2.3", "10.2.0.1", "192.0.2.1", "203.0.113.1" } },
  ["aws:SecureTransport"] = { { "Bool" }, { "true", "false" }, { "true", "false" } },
  ["svc:Flag"] = { { "Bool", "Null" }, { "true", "false" }, { false, "true", "false" } },
  ["svc:Count"] = { { "NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals" }, { "1", "2", "5" },
    { false, "0", "1", "1.5", "2", "7" } },
  ["aws:TagKeys"] = { { "ForAnyValue:StringEquals", "ForAllValues:StringLike", "ForAnyValue:StringNotLike",
    "ForAllValues:StringNotEquals" }, { "a", "b", "a*" }, { false, { "a" }, { "a", "b" }, { "ab" }, { "c", "ab" } } },
}
local NAMES = {}
for name in pairs(KEYS) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

local function pick(random, list)
  return list[random(#list)]
end

local function random_condition(random)
  local condition = {}
  for _ = 1, random(3) do
    local key = pick(random, NAMES)
    local operators, operands = table.unpack(KEYS[key])
    local operator = pick(random, operators)
    if operator ~= "Null" and random(5) == 1 then
      operator = operator .. "IfExists"
    end
    condition[operator] = condition[operator] or {}
    condition[operator][key] = operator == "Null" and pick(random, { "true", "false" })
      or random(3) == 1 and json.array { pick(random, operands), pick(random, operands) } or pick(random, operands)
  end
  return condition
end

local function holds(expression, context)
  if type(expression) == "boolean" then
    return expression
  elseif expression["not"] then
    return not holds(expression["not"], context)
  elseif expression["and"] or expression["or"] then
    local neutral = expression["and"] ~= nil
    for _, one in ipairs(expression["and"] or expression["or"]) do
      if holds(one, context) ~= neutral then return not neutral end
    end
    return neutral
  end
  return (document { { "Allow", { [expression.operator] = { [expression.key] = json.array(expression.values) } } } }:can {
    principal = ROLE, action = "ecr:PutImage", context = context }) == "allow"
end

local function random_context(random)
  local context = {}
  for _, name in ipairs(NAMES) do
    context[name] = pick(random, KEYS[name][3]) or nil
  end
  return context
end

describe("the condition of random policies", function()
  it("holds for the requests that are allowed, and for no others", function()
    local random, cases = torture.random(), torture.choose(150, 20000)
    for _ = 1, cases do
      local statements = {}
      for i = 1, random(4) do
        statements[i] = { random(3) == 1 and "Deny" or "Allow", random_condition(random) }
      end
      local doc = document(statements)
      local answer, _, _, found = doc:can { principal = ROLE, action = "ecr:PutImage", context = {}, partial = true }
      for _ = 1, answer == "depends" and 12 or 0 do
        local context = random_context(random)
        local allowed = doc:can { principal = ROLE, action = "ecr:PutImage", context = context } == "allow"
        assert.equal(allowed, holds(found.expression, context), ("%s\n%s\n%s"):format(doc:format(), found.text,
          json.encode(context)))
      end
    end
    torture.report("conditions of answers", cases)
  end)

  it("holds for all layers of policies, too", function()
    local random, cases = torture.random(), torture.choose(100, 5000)
    local OTHER = "arn:aws:iam::444455556666:role/x"
    local function text(principal)
      local list = json.array {}
      for i = 1, random(3) do
        list[i] = { Effect = i > 1 and random(2) == 1 and "Deny" or "Allow", Principal = principal and pick(random, principal),
          Action = "*", Resource = "*", Condition = random(2) == 1 and random_condition(random) or nil }
      end
      return json.encode { Version = "2012-10-17", Statement = list }
    end
    local PRINCIPALS = { "*", { AWS = ROLE }, { AWS = OTHER }, { AWS = "111122223333" }, { AWS = "444455556666" } }
    for _ = 1, cases do
      local options = { principal = pick(random, { ROLE, OTHER, "arn:aws:iam::111122223333:user/kim" }), action = "ecr:PutImage",
        resource = "arn:aws:ecr:us-east-1:111122223333:repository/a", context = {}, partial = true }
      options.resource_policy = random(3) > 1 and text(PRINCIPALS) or nil
      options.identity_policies = random(4) > 1 and { text() } or nil
      options.boundaries = random(4) == 1 and { text() } or nil
      options.session_policies = random(4) == 1 and { text(), text() } or nil
      options.scps = random(3) == 1 and { { text() }, { text(), text() } } or nil
      options.rcps = random(4) == 1 and { { text { "*" } } } or nil
      options.vpc_endpoint_policies = random(4) == 1 and { text { "*" } } or nil
      local answer, _, _, details = policy.decide(options)
      options.partial = nil
      for _ = 1, answer == "depends" and 10 or 0 do
        options.context = random_context(random)
        local allowed = policy.decide(options) == "allow"
        assert.equal(allowed, holds(details.when.expression, options.context), ("%s\n%s"):format(details.when.text,
          json.encode(options)))
      end
    end
    torture.report("conditions of decisions", cases)
  end)
end)
