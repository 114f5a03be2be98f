local policy = require "lanyard.policy"

local function doc(...)
  local statements = {}
  for i, elements in ipairs { ... } do
    statements[i] = elements:find '^"Effect"' and ("{%s}"):format(elements) or ('{"Effect":"Allow",%s}'):format(elements)
  end
  return assert(policy.parse(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(statements, ","))))
end

local PULL = '"Action":"ecr:BatchGetImage"'
local ANYONE = '"Principal":"*",' .. PULL

local function if_holds(condition)
  return ANYONE .. ',"Condition":' .. condition
end

local function named(...)
  local texts = {}
  for i, text in ipairs { ... } do
    texts[i] = ('"%s"'):format(text)
  end
  return ('"Principal":{"AWS":[%s]},%s'):format(table.concat(texts, ","), PULL)
end

-- Asserts the texts of the classes that a document reaches, with "X except Y, Z".
local function reaches(expected, document, options)
  local texts = {}
  for i, class in ipairs(policy.reachable(document, options)) do
    local except = {}
    for j, inner in ipairs(class.except) do
      except[j] = inner.text
    end
    texts[i] = class.text .. (#except > 0 and " except " .. table.concat(except, ", ") or "")
    assert.is_nil(class.undecided)
  end
  assert.same(expected, texts)
end

describe("policy.reachable", function()
  it("names principals and accounts, and nobody where nothing is allowed", function()
    reaches({}, doc())
    reaches({}, doc('"Effect":"Deny",' .. ANYONE))
    reaches({}, doc(ANYONE, '"Effect":"Deny","Principal":"*","Action":"*"'))
    reaches({ "arn:aws:iam::111122223333:role/ci" }, doc(named "arn:aws:iam::111122223333:role/ci"))
    reaches({ "account 111122223333", "account 444455556666" },
      doc(named("arn:aws:iam::111122223333:root", "444455556666", "arn:aws:iam::111122223333:role/ci")))
    reaches({ "service lambda.amazonaws.com" }, doc('"Principal":{"Service":"lambda.amazonaws.com"},' .. PULL))
  end)

  it("restricts the answer to an action", function()
    local document = doc(named "111122223333", '"Principal":{"AWS":"444455556666"},"Action":"ecr:Put*"')
    reaches({ "account 111122223333" }, document, { action = "ecr:BatchGetImage" })
    reaches({ "account 444455556666" }, document, { action = "ecr:PutImage" })
    reaches({ "account 111122223333", "account 444455556666" }, document, { action = "ecr:*" })
    reaches({}, document, { action = "ecr:DeleteRepository" })
  end)

  it("is everyone under conditions that exclude nobody", function()
    for _, condition in ipairs {
      '{"Bool":{"aws:SecureTransport":"true"}}',
      '{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}',
      '{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}',
      '{"StringLike":{"aws:UserAgent":"*"}}',
    } do
      reaches({ "everyone" }, doc(if_holds(condition)))
    end
    reaches({ "everyone except organization o-a1b2c3d4e5" },
      doc(if_holds '{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'))
  end)

  it("reads organizations, accounts and patterns in conditions", function()
    reaches({ "every account of any organization" }, doc(if_holds '{"StringLike":{"aws:PrincipalOrgID":"*"}}'))
    reaches({ "organization o-a1b2c3d4e5", "organization o-b1b2c3d4e5" },
      doc(if_holds '{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","o-b1b2c3d4e5"]}}'))
    reaches({ "organization path o-a1b2c3d4e5/r-ab12/*" },
      doc(if_holds '{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}'))
    reaches({ "account 111122223333" }, doc(if_holds '{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}'))
    reaches({ "principals like arn:aws:iam::*:role/x" },
      doc(if_holds '{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}'))
    reaches({ "any AWS service" }, doc(if_holds '{"Bool":{"aws:PrincipalIsAWSService":"true"}}'))
  end)

  it("names sources and networks that restrict", function()
    reaches({ "service lambda.amazonaws.com for 111122223333" }, doc('"Principal":{"Service":"lambda.amazonaws.com"},'
      .. PULL .. ',"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}'))
    reaches({ "everyone from vpce-1" }, doc(if_holds '{"StringEquals":{"aws:SourceVpce":"vpce-1"}}'))
    reaches({ "everyone from 10.0.0.0/8, 192.0.2.0/24" },
      doc(if_holds '{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}'))
  end)

  it("takes no operand of Null for a caller", function()
    reaches({ "everyone except every account of any organization" },
      doc(if_holds '{"Null":{"aws:PrincipalOrgID":"true"}}'))
    reaches({ "every account of any organization" }, doc(if_holds '{"Null":{"aws:PrincipalOrgID":"false"}}'))
    for _, key in ipairs { "aws:SourceVpce", "aws:SourceAccount", "aws:SourceIp" } do
      reaches({ "everyone" }, doc(if_holds(('{"Null":{"%s":"false"}}'):format(key))))
    end
  end)

  it("is undecided, not wrong, where the question would be too long", function()
    local accounts, sources = {}, {}
    for i = 1, 60 do accounts[i] = ('"%012d"'):format(i) end
    for i = 1, 150 do sources[i] = ('"%012d"'):format(i) end
    local classes = policy.reachable(doc(('"Principal":{"AWS":[%s]},%s,"Condition":{"StringEquals":'
      .. '{"aws:SourceAccount":[%s]}}'):format(table.concat(accounts, ","), PULL, table.concat(sources, ","))))
    assert.is_true(#classes > 0)
    assert.equal("everyone", classes[1].text)
  end)

  it("names what a Deny excepts", function()
    reaches({ "everyone except account 444455556666" },
      doc(ANYONE, '"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"*"'))
    reaches({ "account 111122223333 except arn:aws:iam::111122223333:role/ci" }, doc(named "111122223333",
      '"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"*"'))
    reaches({ "organization o-a1b2c3d4e5" }, doc(ANYONE,
      '"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'))
  end)
end)
