-- Decisions by one resource policy, for each rule of IAM's documentation.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local A, B = "111122223333", "444455556666"
local ROLE, USER = "arn:aws:iam::111122223333:role/ci/build", "arn:aws:iam::111122223333:user/kim"
local SESSION = "arn:aws:sts::111122223333:assumed-role/build/job-1"
local REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/team/app"

local function can(text, request)
  return assert(policy.parse(text)):can(request)
end

-- Each row: the rule, a statement (Effect is added, and Action if it is missing), the principal, the decision, and the
-- action if it is not ecr:BatchGetImage.
local function rows(list)
  for _, row in ipairs(list) do
    local rule, statement, principal, answer, action = table.unpack(row, 1, 5)
    it(rule, function()
      local text = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow",%s%s}]}')
        :format(statement:find "Action\"" and "" or '"Action":"ecr:BatchGetImage",', statement)
      assert.equal(answer, (can(text, { principal = principal, action = action or "ecr:BatchGetImage", resource = REPOSITORY })))
    end)
  end
end

local function aws(value)
  return ('"Principal":{"AWS":"%s"}'):format(value)
end

describe("Principal", function()
  rows {
    { '"*" matches everyone', '"Principal":"*"', USER, "allow" },
    { '{"AWS":"*"} matches everyone', aws "*", USER, "allow" },
    { '"*" matches a request for any principal', '"Principal":"*"', "*", "allow" },
    { "a named principal does not match a request for any principal", aws(USER), "*", "implicit-deny" },
    { "an account ID matches the principals of the account", aws(A), USER, "allow" },
    { "a root ARN matches the principals of the account", aws "arn:aws:iam::111122223333:root", ROLE, "allow" },
    { "an account ID matches the root ARN of the account", aws(A), "arn:aws:iam::111122223333:root", "allow" },
    { "an account does not match another account", aws(B), USER, "implicit-deny" },
    { "a user matches itself", aws(USER), USER, "allow" },
    { "a user does not match another principal of its account", aws(USER), ROLE, "implicit-deny" },
    { "names are case-sensitive", aws(USER), USER:gsub("kim", "Kim"), "implicit-deny" },
    { "a role matches its sessions, whose ARNs omit the path", aws(ROLE), SESSION, "allow" },
    { "a session matches itself", aws(SESSION), SESSION, "allow" },
    { "a session does not match another session of its role", aws(SESSION), SESSION .. "2", "implicit-deny" },
    { "a session does not match its role", aws(SESSION), ROLE, "implicit-deny" },
    { "a role does not match sessions in another account", aws(ROLE), SESSION:gsub(A, B), "implicit-deny" },
    { "a role does not match sessions in another partition", aws(ROLE), SESSION:gsub("aws", "aws-cn"), "implicit-deny" },
    { "a unique ID matches itself", aws "AROAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE123", "allow" },
    { "a unique ID matches no other principal", aws "AROAEXAMPLEEXAMPLE123", ROLE, "implicit-deny" },
    { "* within an ARN is not a wildcard", aws "arn:aws:iam::111122223333:role/*", ROLE, "implicit-deny" },
    { "a list matches if any item does", '"Principal":{"AWS":["' .. B .. '","' .. USER .. '"]}', USER, "allow" },
    { "a service matches itself", '"Principal":{"Service":"ecs.amazonaws.com"}', "ecs.amazonaws.com", "allow" },
    { "a service does not match another service", '"Principal":{"Service":"ecs.amazonaws.com"}', "ec2.amazonaws.com", "implicit-deny" },
    { "a federated principal matches itself", '"Principal":{"Federated":"accounts.google.com"}', "accounts.google.com", "allow" },
    { "a service under AWS matches no role", aws "ecs.amazonaws.com", ROLE, "implicit-deny" },
    { "NotPrincipal matches everyone else", '"NotPrincipal":{"AWS":"' .. USER .. '"}', ROLE, "allow" },
    { "NotPrincipal excludes the principals that it names", '"NotPrincipal":{"AWS":"' .. USER .. '"}', USER, "implicit-deny" },
    { "NotPrincipal with an account does not decide about the principals of the account",
      '"NotPrincipal":{"AWS":"' .. A .. '"}', USER, "depends" },
    { "NotPrincipal with a role excludes the role's sessions", '"NotPrincipal":{"AWS":"' .. ROLE .. '"}', SESSION, "implicit-deny" },
    { "a root ARN does not match principals in another partition", aws "arn:aws-cn:iam::111122223333:root", USER, "implicit-deny" },
    { "an ARN under Service matches no user", '"Principal":{"Service":"' .. USER .. '"}', USER, "implicit-deny" },
    { "a service under AWS does not match that service", aws "ecs.amazonaws.com", "ecs.amazonaws.com", "implicit-deny" },
    { "an identity provider does not match under AWS", aws "arn:aws:iam::111122223333:saml-provider/x",
      "arn:aws:iam::111122223333:saml-provider/x", "implicit-deny" },
    { "an identity provider matches itself under Federated", '"Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/x"}',
      "arn:aws:iam::111122223333:saml-provider/x", "allow" },
    { '{"Federated":"*"} matches every SAML and OIDC provider', '"Principal":{"Federated":"*"}',
      "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", "allow" },
    { '{"Federated":"*"} matches providers without an ARN', '"Principal":{"Federated":"*"}', "accounts.google.com", "allow" },
    { '{"Federated":"*"} matches Amazon Cognito', '"Principal":{"Federated":"*"}', "cognito-identity.amazonaws.com", "allow" },
    { '{"Federated":"*"} matches no service', '"Principal":{"Federated":"*"}', "ecs.amazonaws.com", "implicit-deny" },
    { '{"Federated":"*"} matches no role', '"Principal":{"Federated":"*"}', ROLE, "implicit-deny" },
    { '{"Federated":"*"} does not match anyone', '"Principal":{"Federated":"*"}', "*", "implicit-deny" },
    { 'NotPrincipal {"Federated":"*"} excludes every provider', '"NotPrincipal":{"Federated":"*"}', "accounts.google.com", "implicit-deny" },
    { 'NotPrincipal {"Federated":"*"} excludes no user', '"NotPrincipal":{"Federated":"*"}', USER, "allow" },
    { '{"AWS":"*"} matches an identity provider', aws "*", "accounts.google.com", "allow" },
    { "* matches a service", '"Principal":"*"', "ecs.amazonaws.com", "allow" },
    { "a statement without Principal matches nobody", '"Sid":"x"', USER, "implicit-deny" },
  }
end)

describe("Action", function()
  rows {
    { "matches the whole name", aws(USER) .. ',"Action":"ecr:BatchGet"', USER, "implicit-deny" },
    { "ignores letter case", aws(USER) .. ',"Action":"ECR:batchgetimage"', USER, "allow" },
    { "matches any characters with *", aws(USER) .. ',"Action":"ecr:*Image"', USER, "allow" },
    { "matches one character with ?", aws(USER) .. ',"Action":"ecr:BatchGetImag?"', USER, "allow" },
    { "does not match an empty string with ?", aws(USER) .. ',"Action":"ecr:BatchGetImage?"', USER, "implicit-deny" },
    { "matches every action with * alone", aws(USER) .. ',"Action":"*"', USER, "allow" },
    { "matches if any item of a list does", aws(USER) .. ',"Action":["ecr:PutImage","ecr:BatchGetImage"]', USER, "allow" },
    { "does not match the colon with * for certain", aws(USER) .. ',"Action":"ecr*"', USER, "depends" },
    { "does not exclude an action for certain with a * that matches the colon", aws(USER) .. ',"NotAction":"*GetImage"', USER, "depends" },
    { "matches every action with **", aws(USER) .. ',"Action":"**"', USER, "allow" },
    { "matches services and names with * on both sides of the colon", aws(USER) .. ',"Action":"e*:*Get*"', USER, "allow" },
    { "NotAction matches every other action", aws(USER) .. ',"NotAction":"ecr:Put*"', USER, "allow" },
    { "NotAction excludes the actions that it names", aws(USER) .. ',"NotAction":"ecr:Put*"', USER, "implicit-deny", "ecr:PutImage" },
  }
end)

describe("Resource", function()
  local function resource(value)
    return aws(USER) .. (',"Resource":"%s"'):format(value)
  end
  rows {
    { "matches the resource itself when it is absent", aws(USER), USER, "allow" },
    { "matches every resource with *", resource "*", USER, "allow" },
    { "matches part by part", resource "arn:aws:ecr:*:111122223333:repository/team/*", USER, "allow" },
    { "does not match a colon with * within a part", resource "arn:aws:ecr:us*3333:repository/team/app", USER, "implicit-deny" },
    { "matches colons with * at the end of a part", resource "arn:aws:ecr:us*:repository/team/app", USER, "allow" },
    { "is case-sensitive", resource(REPOSITORY:gsub("team", "Team")), USER, "implicit-deny" },
    { "NotResource matches every other resource", aws(USER) .. ',"NotResource":"arn:aws:ecr:us-east-1:111122223333:repository/x"', USER, "allow" },
    { "NotResource excludes the resources that it names", aws(USER) .. ',"NotResource":"*"', USER, "implicit-deny" },
  }
  -- IAM's reference lets a * at the end of a part match colons; the answers of AWS's published samples do not.
  it("matches for certain part by part, or if the pattern has fewer than six parts", function()
    local function with(element, pattern)
      local answer, _, reason = can(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","%s":"%s"}]}')
        :format(element, pattern), { principal = USER, action = "logs:GetLogEvents",
        resource = "arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:s" })
      return answer, reason
    end
    for pattern, answer in pairs {
      ["arn:aws:logs:*:*:*"] = "allow", ["arn:aws:logs:*:*:log-group:*"] = "allow", ["arn:aws:logs:*:*:*:s"] = "allow",
      ["arn:aws:logs:us-*:1111*:log-group:g:log-stream:s"] = "allow",
      ["arn:aws:logs:*"] = "allow", ["arn:*:log-stream:s"] = "allow", ["arn:aws:logs:*:s"] = "allow",
      ["arn:aws:logs:*:log-stream:s"] = "depends", ["arn:aws:*:*:log-group:g:log-stream:s"] = "depends",
      ["arn:aws:logs:us-*:log-group:g:log-stream:s"] = "depends",
      ["arn:aws:logs:us-*:log-group:x:log-stream:s"] = "implicit-deny", ["arn:aws:logs:eu-*:log-stream:s"] = "implicit-deny",
    } do
      local found, reason = with("Resource", pattern)
      assert.equal(answer, found, pattern)
      if answer == "depends" then
        assert.matches("to anyone if a %* in its Resource matches a colon, which AWS leaves open$", reason)
      end
    end
    local found, reason = with("NotResource", "arn:aws:logs:*:log-stream:s")
    assert.equal("depends", found)
    assert.matches("unless a %* in its NotResource matches a colon, which AWS leaves open$", reason)
    assert.equal("implicit-deny", (with("NotResource", "arn:aws:logs:*:*:*")))
  end)
  it("matches a character with ?, whatever the number of its bytes", function()
    local function with(pattern, object)
      return (can(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"%s"}]}')
        :format(pattern), { principal = USER, action = "s3:GetObject", resource = object }))
    end
    assert.equal("allow", with("arn:aws:s3:::b/caf?.txt", "arn:aws:s3:::b/caf\u{E9}.txt"))
    assert.equal("allow", with("arn:aws:s3:::b/*?", "arn:aws:s3:::b/\u{1F511}"))
    assert.equal("implicit-deny", with("arn:aws:s3:::b/??", "arn:aws:s3:::b/\u{E9}"))
    assert.equal("implicit-deny", with("arn:aws:s3:::b/?", "arn:aws:s3:::b/\u{E9}\u{E9}"))
  end)
  it("makes the decision depend on a resource that is not given", function()
    assert.equal("depends", (can('{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:ecr:r:a:repository/x"}]}',
      { principal = USER, action = "ecr:PutImage" })))
  end)
end)

describe("Effect", function()
  local BOTH = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"},{"Sid":"no","Effect":"Deny",%s}]}'
  it("Deny takes precedence over any Allow, and is named", function()
    local answer, statement, reason = can(BOTH:format(aws(ROLE) .. ',"Action":"ecr:batchgetimage"'),
      { principal = SESSION, action = "ecr:BatchGetImage" })
    assert.equal("deny", answer)
    assert.equal(2, statement.index)
    assert.matches("statement 2 %(no%) denies it", reason)
  end)
  it("Deny of an account applies to all its principals", function()
    assert.equal("deny", (can(BOTH:format(aws(A) .. ',"Action":"*"'), { principal = USER, action = "ecr:PutImage" })))
  end)
  it("Deny of others does not affect the Allow", function()
    assert.equal("allow", (can(BOTH:format(aws(B) .. ',"Action":"*"'), { principal = USER, action = "ecr:PutImage" })))
  end)
  it("a Deny with a condition makes the decision depend on it, and names the key", function()
    local answer, statement, reason = can(BOTH:format(aws(A) .. ',"Action":"*","Condition":{"Bool":{"aws:ViaAWSService":"true"}}'),
      { principal = USER, action = "ecr:PutImage" })
    assert.equal("depends", answer)
    assert.equal(2, statement.index)
    assert.is_truthy(reason:find("aws:ViaAWSService", 1, true))
  end)
  it("Deny with NotPrincipal excludes a principal only if its account and role are also named", function()
    local text = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"},'
      .. '{"Effect":"Deny","NotPrincipal":{"AWS":%s},"Action":"*"}]}'
    local function except(names, who)
      local answer, _, reason = can(text:format(json.encode(names)), { principal = who, action = "ecr:PutImage" })
      return answer, reason
    end
    assert.equal("allow", (except({ USER, A }, USER)))
    assert.equal("deny", (except({ USER, A }, USER:gsub("kim", "alice"))))
    assert.equal("deny", (except({ A }, USER)))
    assert.equal("allow", (except({ A }, A)))
    local answer, reason = except({ USER }, USER)
    assert.equal("depends", answer)
    assert.is_truthy(reason:find("it does not name all of this one", 1, true))
    assert.equal("allow", (except({ SESSION, ROLE, A }, SESSION)))
    assert.equal("depends", (except({ ROLE, A }, SESSION)))
    assert.equal("depends", (except({ SESSION, A }, SESSION)))
    assert.equal("allow", (except({ "*" }, USER)))
  end)
  it("is denied implicitly if no statement matches", function()
    local answer, statement, reason = can('{"Statement":[]}', { principal = USER, action = "ecr:PutImage" })
    assert.same({ "implicit-deny", "no statement allows it" }, { answer, reason })
    assert.is_nil(statement)
  end)
end)

describe("an unknown condition key", function()
  local function ask(condition, request)
    request.principal, request.action = request.principal or USER, "ecr:PutImage"
    return can(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Condition":%s}]}')
      :format(condition), request)
  end
  local ORG = '{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}'
  local TIME = '{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}'

  it("makes a decision depend on it, not allow", function()
    local answer, _, reason = ask(ORG, {})
    assert.equal("depends", answer)
    assert.is_truthy(reason:find("aws:PrincipalOrgID", 1, true))
  end)
  it("is absent from the request if a context is given", function()
    assert.equal("implicit-deny", (ask(ORG, { context = {} })))
    assert.equal("allow", (ask(ORG, { context = { ["aws:principalorgid"] = "o-1" } })))
  end)
  it("stays unknown if the context is partial", function()
    assert.equal("depends", (ask(ORG, { context = { ["aws:CurrentTime"] = "2026-11-24T00:00:00Z" }, partial = true })))
    assert.equal("allow", (ask(TIME, { context = { ["aws:CurrentTime"] = "2026-11-24T00:00:00Z" }, partial = true })))
    assert.equal("implicit-deny", (ask(TIME, { context = { ["aws:CurrentTime"] = "2027-11-24T00:00:00Z" }, partial = true })))
    assert.equal("depends", (ask('{"Null":{"aws:SourceVpc":"true"}}', { context = {}, partial = true })))
    assert.equal("depends", (ask('{"StringEquals":{"aws:PrincipalArn":"${aws:x}"}}', {})))
  end)
  it("is derived from the request if possible", function()
    assert.equal("allow", (ask('{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}', {})))
    assert.equal("implicit-deny", (ask('{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}', {})))
    assert.equal("allow", (ask('{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci/*"}}', { principal = ROLE })))
    assert.equal("allow", (ask('{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:root"}}', { principal = A })))
    assert.equal("allow", (ask('{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}', { resource = REPOSITORY })))
    assert.equal("allow", (ask('{"StringEquals":{"aws:ResourceAccount":"444455556666"}}', { account = B })))
  end)
end)

describe("a key that follows from the principal", function()
  local function ask(condition, principal, more)
    local request = { principal = principal, action = "ecr:PutImage" }
    for name, value in pairs(more or {}) do request[name] = value end
    return (can(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Condition":%s}]}')
      :format(condition), request))
  end
  it("is known without a context", function()
    for _, row in ipairs {
      { '{"StringEquals":{"aws:username":"kim"}}', USER, "allow" },
      { '{"StringEquals":{"aws:username":"Kim"}}', USER, "implicit-deny" },
      { '{"Null":{"aws:username":"true"}}', ROLE, "allow" },
      { '{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}', SESSION, "allow" },
      { '{"StringEquals":{"aws:userid":"111122223333"}}', A, "allow" },
      { '{"StringLike":{"aws:userid":"AROAX:*"}}', SESSION, "depends" },
      { '{"Null":{"aws:userid":"false"}}', SESSION, "allow" },
      { '{"Bool":{"aws:PrincipalIsAWSService":"true"}}', "ecs.amazonaws.com", "allow" },
      { '{"Bool":{"aws:PrincipalIsAWSService":"true"}}', ROLE, "implicit-deny" },
      { '{"StringEquals":{"aws:PrincipalServiceName":"ecs.amazonaws.com"}}', "ecs.amazonaws.com", "allow" },
      { '{"StringNotEquals":{"aws:PrincipalServiceName":"ecs.amazonaws.com"}}', ROLE, "allow" },
      { '{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}', "ecs.amazonaws.com", "implicit-deny" },
      { '{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}', ROLE, "depends" },
      { '{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}', "*", "depends" },
    } do
      assert.equal(row[3], ask(row[1], row[2]), row[1] .. row[2])
    end
  end)
  it("is known for an anonymous caller if the context is complete", function()
    assert.equal("allow", ask('{"StringEquals":{"aws:PrincipalAccount":"anonymous"}}', "*", { context = {} }))
    assert.equal("allow", ask('{"StringEquals":{"aws:PrincipalType":"Anonymous"}}', "*", { context = {} }))
    assert.equal("depends", ask('{"StringEquals":{"aws:PrincipalType":"Anonymous"}}', "*"))
  end)
end)

-- "IAM federated user sessions": the session of a user who calls sts:GetFederationToken.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
describe("a federated user session", function()
  local SESSION_OF_KIM = "arn:aws:sts::111122223333:federated-user/app"
  local LEE = "arn:aws:iam::111122223333:user/path/lee"
  local function ask(statements, issuer, principal)
    return can(('{"Version":"2012-10-17","Statement":[%s]}'):format(statements),
      { principal = principal or SESSION_OF_KIM, action = "ecr:PutImage", resource = REPOSITORY, issuer = issuer })
  end
  local function statement(effect, element, ...)
    local names = {}
    for i, name in ipairs { ... } do names[i] = '"' .. name .. '"' end
    return ('{"Effect":"%s","%s":{"AWS":[%s]},"Action":"*"}'):format(effect, element, table.concat(names, ","))
  end
  local ALL = '{"Effect":"Allow","Principal":"*","Action":"*"}'
  it("may be reached by an Allow for a user of its account", function()
    local answer, found, reason = ask(statement("Allow", "Principal", USER))
    assert.equal("depends", answer)
    assert.equal(1, found.index)
    assert.equal("statement 1 allows it if " .. USER .. " federated the session", reason)
    assert.equal("depends", (ask(statement("Allow", "Principal", "AIDAEXAMPLEEXAMPLE123"))))
    assert.equal("allow", (ask(statement("Allow", "Principal", USER, A))))
    assert.equal("allow", (ask(statement("Allow", "Principal", USER, SESSION_OF_KIM))))
  end)
  it("may be stopped by a Deny for a user of its account", function()
    local answer, found, reason = ask(ALL .. "," .. statement("Deny", "Principal", USER))
    assert.equal("depends", answer)
    assert.equal("Deny", found.effect)
    assert.matches("statement 2 denies it if " .. USER .. " federated the session$", reason)
  end)
  it("is reached where the issuer says so", function()
    assert.equal("allow", (ask(statement("Allow", "Principal", USER), USER)))
    assert.equal("implicit-deny", (ask(statement("Allow", "Principal", USER), LEE)))
    assert.equal("implicit-deny", (ask(statement("Allow", "Principal", USER), "arn:aws:iam::111122223333:root")))
    assert.equal("deny", (ask(ALL .. "," .. statement("Deny", "Principal", LEE, USER), USER)))
    assert.equal("allow", (ask(ALL .. "," .. statement("Deny", "Principal", LEE), USER)))
    local _, _, reason = ask(statement("Allow", "Principal", USER), USER)
    assert.equal("statement 1 allows it to the user that federated the session", reason)
  end)
  it("may be excluded by NotPrincipal", function()
    assert.equal("depends", (ask(statement("Allow", "NotPrincipal", USER))))
    assert.equal("implicit-deny", (ask(statement("Allow", "NotPrincipal", USER), USER)))
    assert.equal("allow", (ask(statement("Allow", "NotPrincipal", USER), LEE)))
    assert.equal("depends", (ask(ALL .. "," .. statement("Deny", "NotPrincipal", USER))))
    assert.equal("depends", (ask(ALL .. "," .. statement("Deny", "NotPrincipal", USER), USER)))
    assert.equal("deny", (ask(ALL .. "," .. statement("Deny", "NotPrincipal", USER), LEE)))
    local _, _, reason = ask(statement("Allow", "NotPrincipal", USER))
    assert.matches(" unless " .. USER .. " federated the session$", reason)
  end)
  it("is not reached by a statement for a user of another account or partition, or for a role", function()
    for _, other in ipairs { "arn:aws:iam::444455556666:user/kim", "arn:aws-cn:iam::111122223333:user/kim", ROLE,
        "AROAEXAMPLEEXAMPLE123" } do
      assert.equal("implicit-deny", (ask(statement("Allow", "Principal", other))), other)
    end
  end)
  it("has an issuer of its own account, and no other principal has one", function()
    for _, row in ipairs {
      { "arn:aws:iam::444455556666:user/kim", SESSION_OF_KIM, "expected a user of account 111122223333, found" },
      { "arn:aws-cn:iam::111122223333:user/kim", SESSION_OF_KIM, "expected a user of account 111122223333, found" },
      { ROLE, SESSION_OF_KIM, "expected the ARN of an IAM user, found" },
      { USER, ROLE, "expected none for '" .. ROLE .. "', which is not a federated user session" },
    } do
      local ok, err = pcall(ask, ALL, row[1], row[2])
      assert.is_false(ok)
      assert.truthy(err:find("such a request cannot exist: issuer: " .. row[3], 1, true), err)
    end
  end)
end)

-- https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
describe("sts:GetCallerIdentity", function()
  local DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*"}]}'
  it("is allowed, even where a statement denies it", function()
    for _, action in ipairs { "sts:GetCallerIdentity", "STS:getcalleridentity" } do
      local answer, statement, reason = can(DENY, { principal = USER, action = action })
      assert.equal("allow", answer)
      assert.is_nil(statement)
      assert.equal("AWS allows sts:GetCallerIdentity even where a policy denies it", reason)
    end
  end)
  it("needs an identity", function()
    assert.equal("deny", (can(DENY, { principal = "*", action = "sts:GetCallerIdentity", context = {} })))
  end)
  it("says nothing about other actions of sts", function()
    assert.equal("deny", (can(DENY, { principal = USER, action = "sts:GetSessionToken" })))
  end)
end)

describe("a context that contradicts the principal or the resource", function()
  local doc = assert(policy.parse '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}')
  local function refused(context, principal, more)
    local request = { principal = principal, action = "ecr:PutImage", resource = REPOSITORY, context = context }
    for name, value in pairs(more or {}) do request[name] = value end
    local ok, err = pcall(doc.can, doc, request)
    assert.is_false(ok)
    return err:gsub("^[^ ]*: ", "")
  end
  it("is refused with the key, the expected value and the found one", function()
    assert.equal("such a request cannot exist: aws:PrincipalArn: expected 'arn:aws:iam::111122223333:role/ci/build' for a role, "
      .. "found 'arn:aws:iam::111122223333:role/Zzz'", (refused({ ["aws:PrincipalArn"] = "arn:aws:iam::111122223333:role/Zzz" }, ROLE)))
    assert.equal("such a request cannot exist: aws:username: expected no value for a role, found 'kim'",
      (refused({ ["aws:username"] = "kim" }, ROLE)))
    assert.equal("such a request cannot exist: aws:PrincipalOrgID: expected no value for an anonymous caller, found 'o-1'",
      (refused({ ["aws:PrincipalOrgID"] = "o-1" }, "*")))
    assert.equal("such a request cannot exist: aws:ResourceAccount: expected '111122223333', the owner of the resource, "
      .. "found '444455556666'", (refused({ ["aws:ResourceAccount"] = B }, ROLE)))
    assert.matches("the owner of the resource: expected '111122223333'", (refused({}, ROLE, { account = B })))
  end)
  it("is refused whether or not a statement has a condition, in any letter case and with a partial context", function()
    assert.matches("AWS:PRINCIPALACCOUNT: expected '111122223333'",
      (refused({ ["AWS:PRINCIPALACCOUNT"] = B }, USER, { partial = true })))
    assert.matches("aws:SecureTransport: expected one value, found 2", (refused({ ["aws:SecureTransport"] = { true, false } }, USER)))
    assert.matches("aws:CurrentTime: expected a value in every request", (refused({ ["aws:CurrentTime"] = {} }, USER)))
  end)
  it("is refused by doc:weigh, which the other questions use", function()
    local ok, err = pcall(doc.weigh, doc, { principal = USER, action = "ecr:PutImage", context = { ["aws:username"] = "ann" } })
    assert.is_false(ok)
    assert.matches("aws:username: expected 'kim' for a user, found 'ann'", err)
  end)
  it("is not refused if it says what follows anyway", function()
    assert.equal("allow", (doc:can { principal = SESSION, action = "ecr:PutImage", resource = REPOSITORY, account = A, context = {
      ["aws:PrincipalArn"] = ROLE, ["aws:PrincipalAccount"] = A, ["aws:userid"] = "AROAX:job-1", ["aws:username"] = {},
      ["aws:PrincipalIsAWSService"] = false, ["aws:ResourceAccount"] = A, ["aws:PrincipalType"] = "AssumedRole" } }))
  end)
end)

describe("an unknown value", function()
  local function ask(statement, request)
    request.principal, request.action = request.principal or USER, "ecr:PutImage"
    return can(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*"},'
      .. '{"Effect":"Deny","Principal":"*","Action":"*",%s}]}'):format(statement), request)
  end
  it("is the path of a session's role, unless the context has it", function()
    local by_path = '"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci/*"}}'
    for _, context in ipairs { false, {} } do
      local answer, _, reason = ask(by_path, { principal = SESSION, context = context or nil })
      assert.equal("depends", answer)
      assert.matches("under a condition on aws:PrincipalArn$", reason)
    end
    assert.equal("deny", (ask(by_path, { principal = SESSION, context = { ["aws:principalarn"] = ROLE } })))
    assert.equal("deny", (ask('"Condition":{"Null":{"aws:PrincipalArn":"false"}}', { principal = SESSION })))
  end)
  it("is named by its unknown keys, including the keys of variables", function()
    local _, _, reason = ask('"Condition":{"StringEquals":{"aws:SourceVpc":"v","aws:PrincipalAccount":["${aws:x}","1"],'
      .. '"aws:x":"${aws:y, \'d\'}"},"Bool":{"aws:sourcevpc":"true"}}', {})
    assert.matches("under a condition on aws:SourceVpc, aws:x$", reason)
    _, _, reason = ask('"Resource":"arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}/*"', { resource = REPOSITORY })
    assert.matches("under a condition on aws:PrincipalTag/team$", reason)
    _, _, reason = ask('"Resource":"arn:aws:ecr:*:*:repository/x"', {})
    assert.matches("for certain resources$", reason)
  end)
end)

describe("a request with a principal, an action and a resource only", function()
  local DOCUMENTS = {
    { '"Effect":"Allow",' .. aws(USER) .. ',"Action":"*"' }, { '"Effect":"Allow",' .. aws(A) .. ',"Action":"*"' },
    { '"Effect":"Allow","Principal":"*","Action":"*"', '"Effect":"Deny",' .. aws(USER) .. ',"Action":"*"' },
    { '"Effect":"Allow",' .. aws(B) .. ',"Action":"ecr:*","Resource":"arn:aws:ecr:*:*:repository/web"' },
    { '"Effect":"Allow","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}' },
  }
  it("is decided as one with other fields that say the same", function()
    for _, statements in ipairs(DOCUMENTS) do
      local doc = assert(policy.parse('{"Statement":[{' .. table.concat(statements, "},{") .. "}]}"))
      for _, principal in ipairs { USER, ROLE, SESSION, A, B, "*", "arn:aws:iam::" .. B .. ":user/kim" } do
        for _, action in ipairs { "ecr:PutImage", "sts:GetCallerIdentity" } do
          for _, resource in ipairs { false, REPOSITORY } do
            local request = { principal = principal, action = action, resource = resource or nil }
            local quick = table.pack(doc:can(request))
            request.partial = true
            assert.same(table.pack(doc:can(request)), quick)
          end
        end
      end
    end
  end)
  it("is decided with a note about the account of a foreign principal", function()
    local doc = assert(policy.parse('{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}'))
    local function reason(principal)
      return select(3, doc:can { principal = principal, action = "ecr:PutImage", resource = REPOSITORY })
    end
    assert.equal("statement 1 allows it to anyone; account " .. B .. " must allow it too", reason(B))
    assert.equal("statement 1 allows it to anyone", reason(A))
  end)
end)

describe("the account that owns the resource", function()
  it("can allow a principal of another account, which must also allow the request", function()
    local text = '{"Statement":[{"Effect":"Allow",' .. aws(USER) .. ',"Action":"*"}]}'
    local answer, _, reason = can(text, { principal = USER, action = "ecr:PutImage", account = B })
    assert.equal("allow", answer)
    assert.is_truthy(reason:find("account 111122223333 must allow it too", 1, true))
    _, _, reason = can(text, { principal = USER, action = "ecr:PutImage", account = A })
    assert.is_nil(reason:find("must allow", 1, true))
  end)
  it("leaves the decision about its principals to an account", function()
    local _, _, reason = can('{"Statement":[{"Effect":"Allow",' .. aws(A) .. ',"Action":"*"}]}',
      { principal = USER, action = "ecr:PutImage", account = A })
    assert.is_truthy(reason:find("whose own policies decide", 1, true))
  end)
end)

it("a request with a mistyped field raises an error", function()
  for _, request in ipairs {
    { principal = USER, action = "a", ressource = "x" }, { principal = USER, action = "a", ressource = "x", context = {} },
    { principal = USER }, { action = "a" }, { principal = USER, action = "a", context = { k = "1", K = "2" } },
    { principal = USER, action = "a", unknown = "k", context = {} }, { principal = USER, action = "a", context = { a = {  {} } } },
  } do
    assert.is_false((pcall(can, '{"Statement":[]}', request)))
  end
end)

describe("the context of a question", function()
  local doc = policy.parse '{"Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"a:b"}]}'

  it("is read once and without metamethods, whatever tostring does", function()
    local strings = getmetatable ""
    local context = {}
    for i = 1, 50 do context["k" .. i] = { "a", i, true } end
    local function grow()
      for i = 1, 500 do context["new" .. i] = { "x", "y" } end
      return "x"
    end
    strings.__tostring = grow
    debug.setmetatable(1, { __tostring = grow })
    -- The method of the C module; can of lanyard.policy looks into the context, too.
    local ok, answer = pcall(doc.weigh, doc, { principal = "*", action = "a:b", context = setmetatable(context, {
      __index = grow, __len = grow, __pairs = grow, __tostring = grow }) })
    strings.__tostring = nil
    debug.setmetatable(1, nil)
    assert.is_true(ok, answer)
    assert.equal(1, answer.allow.anyone)
    assert.is_nil(rawget(context, "new1"))
  end)

  it("is rejected if a value is not a string, number or boolean, or a list lies about its length", function()
    local sparse = {}
    for bit = 0, 61 do sparse[1 << bit] = "x" end
    for _, wrong in ipairs { {}, sparse, io.stdout, print } do
      local context = { k = { "a", wrong }, other = wrong }
      assert.error_matches(function() doc:can { principal = "*", action = "a:b", context = context } end, "context: ")
    end
    assert.error_matches(function() doc:can { principal = "*", action = "a:b", context = { k = sparse } } end, "context: ")
    assert.error_matches(function() doc:allow { principal = "*", actions = sparse } end, "actions: ")
  end)
end)

describe("a request without a context", function()
  local DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Condition":%s}]}'

  it("has the keys that follow from the principal and the resource", function()
    local users = DENY:format '{"StringEquals":{"aws:PrincipalType":"User"}}'
    assert.equal("deny", (can(users, { principal = USER, action = "ecr:BatchGetImage" })))
    assert.equal("implicit-deny", (can(users, { principal = ROLE, action = "ecr:BatchGetImage" })))
    local owner = DENY:format '{"StringEquals":{"aws:ResourceAccount":"111122223333"}}'
    assert.equal("deny", (can(owner, { principal = USER, action = "ecr:BatchGetImage", resource = REPOSITORY })))
    assert.equal("deny", (can(owner, { principal = USER, action = "ecr:BatchGetImage", account = A })))
    assert.equal("implicit-deny", (can(owner, { principal = USER, action = "ecr:BatchGetImage", account = B })))
  end)

  it("cannot be about a resource of another account than its ARN has", function()
    assert.error_matches(function()
      can('{"Statement":[]}', { principal = USER, action = "ecr:BatchGetImage", resource = REPOSITORY, account = B })
    end, "the owner of the resource: expected '111122223333'")
  end)
end)

describe("a request with a context", function()
  it("is decided by the keys that it has, and by their absence unless it is partial", function()
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Condition":'
      .. '{"StringEquals":{"a:b":["x","y"]}}}]}'
    local function decide(context, partial)
      return (can(text, { principal = USER, action = "ecr:BatchGetImage", context = context, partial = partial }))
    end
    assert.equal("allow", decide { ["A:B"] = "y" })
    assert.equal("implicit-deny", decide { ["a:b"] = "z" })
    assert.equal("implicit-deny", decide {})
    assert.equal("depends", decide({}, true))
    assert.equal("depends", decide(nil, false))
    assert.error_matches(function() decide { ["aws:username"] = "x" } end, "such a request cannot exist: aws:username")
    assert.error_matches(function() decide { "x" } end, "^can: context: keys must be strings, got 1$")
    assert.error_matches(function() decide { ["a:b"] = "x", ["A:B"] = "x" } end, "is given twice")
  end)
end)

describe("a context of many keys", function()
  local core = require "lanyard.policy.core"

  local function tags(count)
    local context = {}
    for i = 1, count do context["aws:PrincipalTag/k" .. i] = "v" .. i end
    return context
  end

  it("is read in any letter case", function()
    local context = tags(60)
    for i = 1, 60 do
      local text = ('{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Condition":{"StringEquals":'
        .. '{"AWS:PRINCIPALTAG/K%d":"v%d"}}}]}'):format(i, i)
      assert.equal("allow", (can(text, { principal = ROLE, action = "ecr:BatchGetImage", context = context })))
    end
  end)

  it("has each key once", function()
    local context = tags(60)
    context["AWS:principaltag/k30"] = "v30"
    local ok, err = pcall(core.possible, { principal = ROLE, context = context })
    assert.is_false(ok)
    assert.matches("^context: aws:principaltag/k30 is given twice, in different letter cases$", err:lower())
  end)
end)
