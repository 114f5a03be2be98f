local classes = require "lanyard.policy.classes"
local json = require "lanyard.json"
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

  it("reads a variable under a negated operator as one value, not as all", function()
    reaches({ "everyone except organization ${aws:SourceOrgID}" },
      doc(if_holds '{"StringNotEquals":{"aws:PrincipalOrgID":"${aws:SourceOrgID}"}}'))
    reaches({ "organization o-a1b2c3d4e5" }, doc(if_holds('{"StringNotEquals":{"aws:PrincipalOrgID":"${aws:SourceOrgID}"},'
      .. '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}')))
    reaches({ "everyone for 111122223333" }, doc(if_holds(
      '{"StringNotEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"},'
      .. '"StringEquals":{"aws:SourceAccount":"111122223333"}}')))
    reaches({}, doc(if_holds('{"StringNotEquals":{"aws:SourceAccount":"${aws:SourceAccount}"},'
      .. '"StringEquals":{"aws:SourceAccount":"111122223333"}}')))
  end)

  it("reaches callers without a key that two conditions forbid", function()
    for _, condition in ipairs {
      '{"Null":{"aws:SourceAccount":"true"},"StringNotEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}}',
      '{"Null":{"aws:SourceAccount":"true"},"StringNotLike":{"aws:SourceAccount":"*"}}',
    } do
      reaches({ "everyone" }, doc(if_holds(condition)))
    end
    reaches({ "everyone except every account of any organization" },
      doc(if_holds '{"StringNotLike":{"aws:PrincipalOrgID":"*"},"Null":{"aws:PrincipalOrgID":"true"}}'))
  end)

  it("reads variables as text under an earlier Version", function()
    local text = tostring(doc(if_holds '{"StringEquals":{"aws:PrincipalTag/a":"x"}}',
      if_holds '{"StringEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/a}"}}'))
    reaches({ "everyone with aws:PrincipalTag/a = ${aws:PrincipalTag/a}" }, assert(policy.parse(text)))
    reaches({ "everyone with aws:PrincipalTag/a = x", "everyone with aws:PrincipalTag/a = ${aws:PrincipalTag/a}" },
      assert(policy.parse((text:gsub("2012%-10%-17", "2008-10-17")))))
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

  it("names every account with its restriction, however many there are", function()
    local accounts, sources, expected = {}, {}, {}
    for i = 1, 150 do
      accounts[i], sources[i] = ('"%012d"'):format(i), ("%012d"):format(i)
      expected[i] = ("account %012d"):format(i)
    end
    reaches(expected, doc(('"Principal":{"AWS":[%s]},%s'):format(table.concat(accounts, ","), PULL)))
    for i = 1, 150 do expected[i] = expected[i] .. " for " .. table.concat(sources, ", ") end
    reaches(expected, doc(('"Principal":{"AWS":[%s]},%s,"Condition":{"StringEquals":{"aws:SourceAccount":["%s"]}}')
      :format(table.concat(accounts, ","), PULL, table.concat(sources, '","'))))
  end)

  it("takes no role that an exception of a Deny names for the session that an Allow names", function()
    local session, role = "arn:aws:sts::111122223333:assumed-role/ci/s1", "arn:aws:iam::111122223333:role/"
    local function deny_others(principal)
      return '"Effect":"Deny","NotPrincipal":{"AWS":"' .. principal .. '"},"Action":"*",'
        .. '"Condition":{"StringEquals":{"x:y":"z"}}'
    end
    for _, name in ipairs { "ci", "team/ci", "other" } do
      reaches({ session }, doc(named(session), deny_others(role .. name)))
    end
    reaches({ role .. "other" }, doc(named(role .. "other"), deny_others(session)))
    reaches({}, doc(named(session), '"Effect":"Deny","Principal":{"AWS":"' .. role .. 'team/ci"},"Action":"*"'))
  end)

  it("keeps a class beside an equal one whose account is a wildcard under an operator without wildcards", function()
    for _, principal in ipairs { "111122223333", "arn:aws:sts::111122223333:assumed-role/ci/s1" } do
      local text = principal == "111122223333" and "account 111122223333" or principal
      for _, operator in ipairs { "StringEquals", "StringEqualsIgnoreCase", "ArnLike" } do
        local document = doc(named(principal)
          .. ',"Condition":{"' .. operator .. '":{"aws:PrincipalAccount":"*"}}', named(principal))
        reaches({ text }, document)
      end
      reaches({}, doc(named(principal) .. ',"Condition":{"StringEquals":{"aws:PrincipalAccount":"1111*"}}'))
      reaches({ text }, doc(named(principal) .. ',"Condition":{"StringLike":{"aws:PrincipalAccount":"1111*"}}'))
    end
  end)

  it("names all restrictions of a class", function()
    local LAMBDA = '"Principal":{"Service":"lambda.amazonaws.com"},' .. PULL
    reaches({ "service lambda.amazonaws.com for 111122223333 from vpce-1" }, doc(LAMBDA
      .. ',"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333","aws:SourceVpce":"vpce-1"}}'))
    reaches({ "organization o-a1b2c3d4e5 from vpc-1 from 192.0.2.0/24" }, doc(if_holds('{"StringEquals":'
      .. '{"aws:SourceVpc":"vpc-1","aws:PrincipalOrgID":"o-a1b2c3d4e5"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}')))
    reaches({ "arn:aws:iam::111122223333:role/ci in organization o-a1b2c3d4e5" },
      doc(named "arn:aws:iam::111122223333:role/ci" .. ',"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'))
    reaches({ "account 111122223333 with aws:PrincipalTag/team = web" },
      doc(named "111122223333" .. ',"Condition":{"StringEquals":{"aws:PrincipalTag/team":"web"}}'))
    local class = policy.reachable(doc(LAMBDA
      .. ',"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333","aws:SourceVpce":"vpce-1"}}'))[1]
    assert.same({ key = "aws:SourceAccount", values = { "111122223333" } }, class.source)
    assert.same({ key = "aws:SourceVpce", values = { "vpce-1" } }, class.network)
  end)

  it("reads a Deny as what its exceptions let through", function()
    local function denied(condition)
      return '"Effect":"Deny","Principal":"*","Action":"*","Condition":' .. condition
    end
    reaches({ "everyone from vpce-1" }, doc(ANYONE, denied '{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}'))
    reaches({ "any AWS service", "organization o-a1b2c3d4e5" }, doc(ANYONE, denied(
      '{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},'
      .. '"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}')))
    reaches({ "the root user of account 111122223333" }, doc(ANYONE,
      '"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"*"'))
    reaches({ "account 111122223333" }, doc(named "111122223333",
      '"Effect":"Deny","Principal":"*","Action":"ecr:Put*"'))
    reaches({ "organization o-a1b2c3d4e5" }, doc('"Principal":"*","Action":["ecr:BatchGetImage","ecr:PutImage"]',
      '"Effect":"Deny","Principal":"*","Action":"ecr:Batch*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}',
      '"Effect":"Deny","Principal":"*","Action":"ecr:Put*"'))
    reaches({}, doc(named "111122223333", denied '{"StringNotEquals":{"aws:PrincipalAccount":"444455556666"}}'))
    reaches({ "everyone" }, doc('"Principal":"*","Action":"*"',
      '"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"ecr:Put*"',
      '"Effect":"Deny","Principal":{"AWS":"444455556666"},"NotAction":"ecr:*"'))
    local unless = ',"Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'
    reaches({ "organization o-a1b2c3d4e5" }, doc('"Principal":"*","Action":"ecr:*"',
      '"Effect":"Deny","Action":"ecr:Get*"' .. unless, '"Effect":"Deny","NotAction":"ecr:Get*"' .. unless))
    reaches({ "everyone" }, doc('"Principal":"*","Action":"ecr:*"',
      '"Effect":"Deny","Action":"ecr:Get*"' .. unless, '"Effect":"Deny","Action":"ecr:Put*"' .. unless))
  end)

  -- An account in the NotPrincipal of a Deny exempts its root user; a role or user is exempt beside its account.
  -- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
  it("names whom the NotPrincipal of a Deny exempts, as the evaluator decides", function()
    local N, OTHER = "111122223333", "444455556666"
    local R, S = "arn:aws:iam::111122223333:role/ci", "arn:aws:sts::111122223333:assumed-role/ci/s1"
    local U, ROOT = "arn:aws:iam::111122223333:user/web/joe", "the root user of account 111122223333"
    local ECS, EC2 = '"Service":"ecs.amazonaws.com"', '"Service":["ecs.amazonaws.com","ec2.amazonaws.com"]'
    local function others(...)
      return '"Effect":"Deny","NotPrincipal":{"AWS":["' .. table.concat({ ... }, '","') .. '"]},"Action":"*"'
    end
    local function all_but(members)
      return '"Effect":"Deny","NotPrincipal":{' .. members .. '},"Action":"*"'
    end
    local NOT_R = '"NotPrincipal":{"AWS":"' .. R .. '"},' .. PULL
    for _, row in ipairs {
      { ANYONE, others(N, R), ROOT, R }, { ANYONE, others(N, U), ROOT, U }, { ANYONE, others(N, R, S), ROOT, R, S },
      { ANYONE, others("arn:aws:iam::111122223333:root", R), ROOT, R }, { ANYONE, others(R), R .. " ?" },
      { ANYONE, others(N, S), ROOT, S .. " ?" },
      { ANYONE, others(N, OTHER, R), ROOT, "the root user of account " .. OTHER, R },
      { ANYONE, all_but(ECS), "service ecs.amazonaws.com" }, { ANYONE, others "*", "everyone" },
      { ANYONE, all_but '"Federated":"*"', "any identity provider" },
      { ANYONE, all_but(ECS .. ',"AWS":"' .. N .. '"'), "service ecs.amazonaws.com", ROOT },
      { named(N), others(N), ROOT }, { named(N), others(N, R), ROOT, R }, { named(N), others(OTHER) },
      { named(R), others(N) }, { named(R), others(N, R), R }, { named(R), others(R), R .. " ?" },
      { named(S), others(N, R), S .. " ?" }, { named(S), others(N, R, S), S }, { named(U), others(N, R) },
      { NOT_R, others(N, R), ROOT }, { '"NotPrincipal":{"AWS":"' .. N .. '"},' .. PULL, others(N, R), R .. " ?" },
      { '"NotPrincipal":{' .. ECS .. "}," .. PULL, all_but(EC2), "service ec2.amazonaws.com" },
    } do
      local document, texts = doc(row[1], row[2]), {}
      for i, class in ipairs(policy.reachable(document)) do
        texts[i] = class.text .. (class.certain and "" or " ?")
        local answer = document:can(class.witness.request)
        assert.equal(class.certain, answer == "allow", row[2])
      end
      assert.same(table.move(row, 3, #row, 1, {}), texts, row[1] .. row[2])
    end
  end)

  it("names a user beside the pattern of its ARN, because the user includes the sessions that it federates", function()
    local USER = "arn:aws:iam::111122223333:user/a"
    local pattern = if_holds '{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/a"}}'
    reaches({ "principals like arn:aws:iam::*:user/a", USER }, doc(pattern, named(USER)))
    reaches({ "principals like arn:aws:iam::*:user/a" },
      doc(pattern, if_holds('{"ArnEquals":{"aws:PrincipalArn":"' .. USER .. '"}}')))
    reaches({ "account 111122223333" }, doc(named("111122223333", USER)))
    reaches({ "principals like arn:aws:iam::*:role/*" }, doc(
      if_holds '{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}', named "arn:aws:iam::111122223333:role/a"))
  end)

  it("names whom a change takes out of the NotPrincipal of a Deny", function()
    local R = "arn:aws:iam::111122223333:role/ci"
    local before = doc(named "111122223333", '"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"*"')
    local after = doc(named "111122223333",
      '"Effect":"Deny","NotPrincipal":{"AWS":["111122223333","' .. R .. '"]},"Action":"*"')
    reaches({ R }, after, { before = before })
    reaches({}, before, { before = after })
    reaches({ "account 111122223333" }, doc(named "111122223333"), { before = before })
  end)

  it("names a class as undecided, not as unreached, if a limit ends the question", function()
    local class = policy.reachable(doc(named "111122223333"), { limit = 1 })[1]
    assert.equal("account 111122223333", class.text)
    assert.is_false(class.certain)
    assert.equal("the search reached its limit", class.undecided)
  end)

  it("compares patterns of ARNs only with ones that end alike", function()
    local values = {}
    for i = 1, 200 do values[i] = ("arn:aws:iam::*:role/*-%d"):format(i) end
    values[201] = "arn:aws:iam::*:role/a-7"
    local wide = assert(policy.parse(json.encode { Version = "2012-10-17", Statement = { Effect = "Allow", Principal = "*",
      Action = "ecr:*", Condition = { ArnLike = { ["aws:PrincipalArn"] = json.array(values) } } } }))
    local within, compared = classes.is_identity_within, 0
    classes.is_identity_within = function(...)
      compared = compared + 1
      return within(...)
    end
    local ok, found = pcall(policy.reachable, wide)
    classes.is_identity_within = within
    assert.same({ true, 200 }, { ok, #found })
    assert.is_true(compared < 1000, compared)
  end)

  it("joins what several statements allow", function()
    reaches({ "everyone" }, doc('"NotPrincipal":{"AWS":"111122223333"},' .. PULL, named "111122223333"))
    reaches({ "organization o-a1b2c3d4e5" }, doc(
      if_holds '{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":"false"}}'))
    reaches({ "everyone from 10.0.0.0/8" }, doc(if_holds '{"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}}',
      if_holds '{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}'))
  end)

  it("names nobody whom a class with exceptions includes", function()
    local LAMBDA, OTHER = "lambda.amazonaws.com", "arn:aws:iam::444455556666:role/ci"
    local except, secure = '"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"*"',
      if_holds '{"Bool":{"aws:SecureTransport":"true"}}'
    local everyone = "everyone except account 111122223333"
    reaches({ everyone }, doc(secure, except, named("444455556666", OTHER),
      '"Principal":{"Service":"' .. LAMBDA .. '"},' .. PULL))
    reaches({ everyone }, doc(secure, except, if_holds '{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}'))
    local function all_but(principal) return '"NotPrincipal":' .. principal .. "," .. PULL end
    reaches({ "everyone" }, doc(all_but '{"AWS":"111122223333"}', all_but '{"AWS":"444455556666"}'))
    reaches({ "everyone" }, doc(all_but '{"AWS":"111122223333"}', all_but '{"Service":"lambda.amazonaws.com"}'))
    reaches({ "everyone except account 111122223333" }, doc(all_but '{"AWS":["111122223333","444455556666"]}',
      all_but '{"AWS":"111122223333"}'))
  end)

  it("names what a Deny excepts", function()
    reaches({ "everyone except account 444455556666" },
      doc(ANYONE, '"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"*"'))
    reaches({ "account 111122223333 except arn:aws:iam::111122223333:role/ci" }, doc(named "111122223333",
      '"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"*"'))
    reaches({ "organization o-a1b2c3d4e5" }, doc(ANYONE,
      '"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'))
  end)

  -- Returns a document of an Allow for everyone and Denies with three conditions each, on some of `count` keys.
  local function many_denies(operator, key, count)
    local statements = { ANYONE }
    for i = 1, 90 do
      local conditions = {}
      for j, factor in ipairs { 7, 11, 13 } do
        conditions[j] = ('"%s%d":"true"'):format(key, i * factor % count + (j - 1) * count)
      end
      statements[i + 1] = ('"Effect":"Deny","Principal":"*","Action":"ecr:*","Condition":{"%s":{%s}}'):format(operator,
        table.concat(conditions, ","))
    end
    return doc(table.unpack(statements))
  end

  it("asks one question if no Deny excludes some callers and not others", function()
    local budget = require("lanyard.policy.budget").new(3000000)
    local found = require "lanyard.policy.reachable"(many_denies("Bool", "ecr:k", 90), { budget = budget })
    assert.equal("everyone", found[1].text)
    assert.is_true(found[1].certain)
    assert.is_nil(found[1].undecided)
    assert.is_false(budget:is_spent())
    reaches({ "organization o-a1b2c3d4e5" }, doc(ANYONE,
      '"Effect":"Deny","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"true"},'
      .. '"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}',
      '"Effect":"Deny","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}'))
    reaches({}, doc(ANYONE, '"Effect":"Deny","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}',
      '"Effect":"Deny","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}'))
  end)

  it("ends at its budget, and says so", function()
    local steps = 20000000
    local budget = require("lanyard.policy.budget").new(steps)
    local found = require "lanyard.policy.reachable"(many_denies("StringEquals", "aws:PrincipalTag/k", 90), { budget = budget })
    assert.equal("everyone", found[1].text)
    assert.is_false(found[1].certain)
    assert.equal("the policy has too many Denies to decide which callers of this class they exclude", found[1].undecided)
    assert.is_true(budget.left > -steps)
    budget = require("lanyard.policy.budget").new(1)
    found = require "lanyard.policy.reachable"(many_denies("StringEquals", "aws:PrincipalTag/k", 90), { budget = budget })
    assert.equal("the policy has too many statements for a question about each caller", found[1].undecided)
  end)

  it("reads the Denies with one condition first", function()
    local statements = { ANYONE }
    for i = 1, 30 do
      statements[i + 1] = ('"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringEquals":'
        .. '{"aws:PrincipalOrgID":"o-%d","aws:PrincipalTag/a%d":"x"}}'):format(i, i)
    end
    statements[32] = '"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotEquals":'
      .. '{"aws:PrincipalAccount":"111122223333"}}'
    for _, class in ipairs(policy.reachable(doc(table.unpack(statements)))) do
      assert.matches("^account 111122223333", class.text)
    end
  end)
end)
