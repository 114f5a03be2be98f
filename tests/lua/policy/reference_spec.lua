local policy = require "lanyard.policy"

-- Returns a document with statements. Each is a text of its elements after "Effect".
local function doc(...)
  local statements = {}
  for i, elements in ipairs { ... } do
    statements[i] = elements:find '^"Effect"' and ("{%s}"):format(elements) or ('{"Effect":"Allow",%s}'):format(elements)
  end
  return assert(policy.parse(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(statements, ","))))
end

local PULL = '"Action":"ecr:BatchGetImage"'
local ANYONE = '"Principal":"*",' .. PULL
local ACCOUNT = "111122223333"

-- A statement for everyone with a condition.
local function if_holds(condition)
  return ANYONE .. ',"Condition":' .. condition
end

-- Asserts the answer of a question: "no", or "yes" with a witness that the document allows.
local function answers(expected, document, options, found, undecided, reason)
  assert.is_nil(undecided, reason)
  assert.equal(expected, found and "yes" or "no", tostring(document))
  if found then
    local request = found.request
    assert.is_true(policy.possible(request))
    local matches = document:weigh {
      principal = request.principal, action = request.action, resource = request.resource, context = request.context,
      identity = options ~= nil and options.kind == "identity",
    }
    assert.truthy(next(matches.allow))
    assert.is_nil(matches.deny)
  end
end

describe("policy.public", function()
  local function is(expected, document)
    answers(expected, document, nil, policy.public(document))
  end

  it("finds a request of anyone where nothing restricts it", function()
    is("yes", doc(ANYONE))
    is("yes", doc(if_holds '{"Bool":{"aws:SecureTransport":"true"}}'))
    is("yes", doc('"Principal":{"AWS":"*"},' .. PULL))
    is("no", doc(('"Principal":{"AWS":"%s"},%s'):format(ACCOUNT, PULL)))
    is("no", doc('"Principal":{"Service":"lambda.amazonaws.com"},' .. PULL))
    is("no", doc(ANYONE, '"Effect":"Deny","Principal":"*","Action":"*"'))
  end)

  it("accepts fixed values of the keys that restrict the source", function()
    for key, value in pairs {
      ["aws:SourceVpc"] = "vpc-1", ["aws:SourceVpce"] = "vpce-1", ["aws:SourceAccount"] = ACCOUNT,
      ["aws:SourceOwner"] = ACCOUNT, ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5", ["aws:PrincipalAccount"] = ACCOUNT,
      ["aws:SourceArn"] = "arn:aws:sns:us-east-1:111122223333:t",
      ["aws:PrincipalArn"] = "arn:aws:iam::111122223333:role/ci",
    } do
      is("no", doc(if_holds(('{"StringEquals":{"%s":"%s"}}'):format(key, value))))
      is("yes", doc(if_holds(('{"StringNotEquals":{"%s":"%s"}}'):format(key, value))))
      is("yes", doc(if_holds(('{"StringEqualsIfExists":{"%s":"%s"}}'):format(key, value))))
      is("yes", doc(if_holds(('{"StringLike":{"%s":"*"}}'):format(key))))
      is("yes", doc(if_holds(('{"ForAllValues:StringEquals":{"%s":"%s"}}'):format(key, value))))
    end
    is("yes", doc(if_holds '{"StringEquals":{"aws:UserAgent":"curl"}}'))
    is("yes", doc(if_holds '{"StringLike":{"aws:PrincipalOrgID":"o-*"}}'))
    is("yes", doc(if_holds '{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}'))
  end)

  it("accepts no value that every anonymous caller has", function()
    for _, key in ipairs { "aws:PrincipalAccount", "aws:userid" } do
      is("yes", doc(if_holds(('{"StringEquals":{"%s":["AIDAEXAMPLEID1234567","anonymous"]}}'):format(key))))
    end
  end)

  it("accepts networks that are not wider than /8 and /32", function()
    is("no", doc(if_holds '{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}'))
    is("no", doc(if_holds '{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}'))
    is("yes", doc(if_holds '{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}'))
    is("yes", doc(if_holds '{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}'))
    is("yes", doc(if_holds '{"IpAddress":{"aws:SourceIp":"2000::/31"}}'))
    is("yes", doc(if_holds '{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}'))
  end)

  it("accepts an access point of a fixed account", function()
    local arn = "arn:aws:s3:us-west-2:%s:accesspoint/*"
    is("no", doc(if_holds(('{"ArnLike":{"s3:DataAccessPointArn":"%s"}}'):format(arn:format(ACCOUNT)))))
    is("yes", doc(if_holds(('{"ArnLike":{"s3:DataAccessPointArn":"%s"}}'):format(arn:format "*"))))
  end)
end)

describe("policy.outside", function()
  local function is(expected, document, inside, options)
    answers(expected, document, options, policy.outside(document, inside, options))
  end
  local OURS = { accounts = { ACCOUNT } }

  it("finds principals of other accounts", function()
    is("no", doc(('"Principal":{"AWS":["%s","arn:aws:iam::%s:role/ci"]},%s'):format(ACCOUNT, ACCOUNT, PULL)), OURS)
    is("yes", doc('"Principal":{"AWS":"444455556666"},' .. PULL), OURS)
    is("yes", doc('"Principal":{"AWS":"arn:aws:iam::444455556666:role/ci"},' .. PULL), OURS)
    is("no", doc('"Principal":{"AWS":"444455556666"},' .. PULL,
      '"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"ecr:*"'), OURS)
    is("yes", doc(ANYONE), OURS)
  end)

  it("reads accounts and organizations in conditions", function()
    local organization = '{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'
    is("no", doc(if_holds(('{"StringEquals":{"aws:PrincipalAccount":"%s"}}'):format(ACCOUNT))), OURS)
    is("yes", doc(if_holds '{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}'), OURS)
    is("yes", doc(if_holds(organization)), OURS)
    is("no", doc(if_holds(organization)), { organizations = { "o-a1b2c3d4e5" } })
    is("yes", doc(if_holds(organization)), { organizations = { "o-zzzzzzzzzz" } })
    is("no", doc(if_holds '{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-*"}}'),
      { organizations = { "o-a1b2c3d4e5" } })
    is("no", doc('"Principal":{"Service":"lambda.amazonaws.com"},' .. PULL .. ',"Condition":{"ForAnyValue:StringLike":'
      .. '{"aws:SourceOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}'), { organizations = { "o-a1b2c3d4e5" } })
    is("yes", doc(('"Principal":{"AWS":"%s"},%s'):format(ACCOUNT, PULL)), { organizations = { "o-a1b2c3d4e5" } })
    is("no", doc(('"Principal":{"AWS":"%s"},%s'):format(ACCOUNT, PULL)), { organizations = { "o-a1b2c3d4e5" } },
      { accounts = { [ACCOUNT] = "o-a1b2c3d4e5" } })
  end)

  it("counts a service as inside if it must act for one of the accounts", function()
    local service = '"Principal":{"Service":"lambda.amazonaws.com"},' .. PULL
    is("yes", doc(service), OURS)
    is("no", doc(service .. (',"Condition":{"StringEquals":{"aws:SourceAccount":"%s"}}'):format(ACCOUNT)), OURS)
    is("no", doc(service .. (',"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:%s:function:*"}}')
      :format(ACCOUNT)), OURS)
    is("yes", doc(service .. ',"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:*:function:f"}}'), OURS)
  end)
end)

describe("policy.grants", function()
  local function is(expected, document, asked, options)
    answers(expected, document, options, policy.grants(document, asked, options))
  end

  it("finds a granted action in any case and pattern", function()
    local document = doc('"Principal":"*","Action":["ecr:Batch*","ecr:PutImage"]')
    is("yes", document, { actions = { "ECR:putimage" } })
    is("yes", document, { actions = { "ecr:*Image" } })
    is("no", document, { actions = { "ecr:Delete*", "s3:*" } })
    is("yes", doc('"Principal":"*","NotAction":"ecr:Delete*"'), { actions = { "ecr:PutImage" } })
    is("no", doc('"Principal":"*","NotAction":"ecr:Delete*"'), { actions = { "ecr:DeleteRepository" } })
    is("no", doc('"Principal":"*","Action":"ecr:*"', '"Effect":"Deny","Principal":"*","Action":"ecr:Put*"'),
      { actions = { "ecr:PutImage" } })
  end)

  it("restricts the question to resources and principals", function()
    local document = doc('"Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"s3:*",'
      .. '"Resource":"arn:aws:s3:::b/*"')
    is("yes", document, { resources = { "arn:aws:s3:::b/x" }, principals = { ACCOUNT } })
    is("no", document, { resources = { "arn:aws:s3:::c/*" } })
    is("no", document, { principals = { "444455556666" } })
    is("yes", document, { principals = { "arn:aws:iam::111122223333:role/*" } })
    is("no", document, { principals = { "arn:aws:iam::111122223333:user/*", "ecs-tasks.amazonaws.com" } })
    is("yes", doc('"Principal":{"Service":"ecs-tasks.amazonaws.com"},' .. PULL),
      { principals = { "ecs-tasks.amazonaws.com" } })
  end)

  it("rejects a question that is not one", function()
    local document = doc(ANYONE)
    for expected, asked in pairs {
      ["has no field 'action'"] = { action = { "ecr:Put*" } },
      ["actions: a list that is not empty"] = { actions = {} },
      ["'PutImage' is not an action"] = { actions = { "PutImage" } },
      ["'AROAEXAMPLEID' is not an account id"] = { principals = { "AROAEXAMPLEID" } },
      ["assumed%-role/ci/s' is not"] = { principals = { "arn:aws:sts::111122223333:assumed-role/ci/s" } },
      ["saml%-provider/x' is not"] = { principals = { "arn:aws:iam::111122223333:saml-provider/x" } },
      ["'%*' is not"] = { principals = { "*" } },
      ["'accounts.google.com' is not"] = { principals = { "accounts.google.com" } },
    } do
      local ok, err = pcall(policy.grants, document, asked)
      assert.is_false(ok, expected)
      assert.matches(expected, err)
    end
  end)

  it("asks about identity policies", function()
    local document = doc('"Action":"s3:*","Resource":"*"')
    is("yes", document, { actions = { "s3:PutObject" } }, { kind = "identity" })
    is("no", document, { actions = { "ecr:*" } }, { kind = "identity" })
  end)
end)
