-- The linter: each entry of its catalogue, shown by a policy that has it.

local catalogue = require "lanyard.policy.lint.catalogue"
local policy = require "lanyard.policy"

local ROLE = '"arn:aws:iam::111122223333:role/x"'
local LIGHTSAIL = '"arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/%s"'
local PULLER = LIGHTSAIL:format "private-repo-access/abc"
local OWNER = "111122223333"

-- A policy of one statement: who, what, and further members.
local function one(principal, action, more)
  return ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":%s,"Action":%s%s}]}')
    :format(principal, action, more and "," .. more or "")
end

local function aws(value, action, more)
  return one(('{"AWS":%s}'):format(value), action or '"ecr:BatchGetImage"', more)
end

local function service(value, more)
  return one(('{"Service":"%s"}'):format(value), '"ecr:BatchGetImage"', more)
end

local function condition(text, version)
  return (aws(ROLE, nil, '"Condition":' .. text):gsub("2012%-10%-17", version or "2012-10-17"))
end

local function statements(...)
  return ('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat({ ... }, ","))
end

local function statement(effect, principal, action, more)
  return ('{"Effect":"%s","Principal":{"AWS":%s},"Action":%s%s}'):format(effect, principal, action, more or "")
end

local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

-- Each row: an id, what it is about, a policy that has it, and what its message or fix says.
local ROWS = {
  { "unknown-element", "a mistyped element, with the one that is meant", aws(ROLE, nil, '"Resorce":"*"'), "write Resource" },
  { "unknown-element", "a principal type that is none", one('{"Aws":"111122223333"}', '"ecr:*"'), "write AWS" },
  { "wrong-type", "a number for a string", aws(ROLE, nil, '"Sid":1'), "a string" },
  { "wrong-type", "a condition operator without keys", condition '{"Bool":"x"}', "an object of condition keys" },
  { "wrong-type", "null in a condition", condition '{"Bool":{"aws:SecureTransport":null}}', "of type null" },
  { "both-elements", "Action beside NotAction", aws(ROLE, nil, '"NotAction":"ecr:PutImage"'), "keep one" },
  { "no-statement", "an empty list of statements", '{"Version":"2012-10-17","Statement":[]}', "no statement" },
  { "no-effect", "a statement without Effect", '{"Version":"2012-10-17","Statement":{"Principal":"*","Action":"ecr:*"}}', "no Effect" },
  { "bad-effect", "an Effect in small letters", (aws(ROLE):gsub("Allow", "allow")), "case counts" },
  { "no-action", "a statement without Action", '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":' .. ROLE .. "}}}", "no Action" },
  { "no-principal", "a statement about nobody", '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*"}}', "about nobody" },
  { "no-principal", "a principal without types", one("{}", '"ecr:BatchGetImage"'), "names nobody" },
  { "empty-list", "no action at all", aws(ROLE, "[]"), "names nothing" },
  { "empty-list", "a key compared with nothing", condition '{"StringEquals":{"aws:x":[]}}', "compared with nothing" },
  { "no-version", "no Version", (aws(ROLE):gsub('"Version":"2012%-10%-17",', "")), "2008-10-17" },
  { "bad-version", "a date of its own", (aws(ROLE):gsub("2012", "2020")), "2012-10-17" },
  { "bad-sid", "a Sid with a slash", aws(ROLE, nil, '"Sid":"a/b"'), "letters" },
  { "bad-sid", "an empty Sid", aws(ROLE, nil, '"Sid":""'), "empty" },
  { "repeated-sid", "two statements of one name", statements(statement("Allow", ROLE, '"ecr:PutImage"', ',"Sid":"a"'),
    statement("Deny", ROLE, '"ecr:ListImages"', ',"Sid":"a"')), "statement 1 has" },
  { "public", "everyone", one('"*"', '"ecr:BatchGetImage"'), "everyone in the world" },
  { "public", "everyone as AWS", aws '"*"', "everyone in the world" },
  { "public", "everyone under a condition that has none", one('"*"', '"ecr:BatchGetImage"', '"Condition":{"Bool":{}}'),
    "everyone in the world" },
  { "public-conditional", "everyone of an organization", one('"*"', '"ecr:BatchGetImage"',
    '"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}'), "aws:PrincipalOrgID" },
  { "allow-not-principal", "everyone but one", (aws(ROLE):gsub('"Principal"', '"NotPrincipal"')), "everyone else" },
  { "bad-principal", "a wildcard in an ARN", aws '"arn:aws:iam::111122223333:role/*"', "wildcard" },
  { "bad-principal", "a text", aws '"me"', "neither an account id nor an ARN" },
  { "bad-principal", "an ARN of something else", aws '"arn:aws:iam::111122223333:policy/x"', "no account, user" },
  { "bad-principal", "a blank behind a name", aws '"arn:aws:iam::111122223333:role/x "', "no account, user" },
  { "bad-principal", "a Region", aws '"arn:aws:iam:us-east-1:111122223333:role/x"', "a Region" },
  { "bad-principal", "a partition that is none", aws '"arn:foo:iam::111122223333:role/x"', "another partition" },
  { "bad-principal", "a variable", aws '"arn:aws:iam::111122223333:user/${aws:username}"', "policy variable" },
  { "bad-principal", "a service that is none", service "ecs", "no service" },
  { "orphan", "a role that was deleted", aws '"AROAEXAMPLEEXAMPLE123"', "was deleted" },
  { "other-account", "a role elsewhere", aws '"arn:aws:iam::444455556666:role/x"', "another account" },
  { "other-account", "an account", aws '"444455556666"', "another account" },
  { "general-role", "the role beside the puller", aws(LIGHTSAIL:format "abc"), "private-repo-access" },
  { "lightsail-service", "the service itself", service "lightsail.amazonaws.com", "Canceled" },
  { "source-arn", "a service for anyone", service "ecs.amazonaws.com", "aws:SourceArn" },
  { "source-arn", "a service for whom it does not act for one", service("ecs.amazonaws.com",
    '"Condition":{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}'), "aws:SourceArn" },
  { "bad-action", "a name without service", aws(ROLE, '"GetImage"'), "SERVICE:ACTION" },
  { "unknown-action", "a mistyped action", aws(ROLE, '"ecr:BatchGetImages"'), "write ecr:BatchGetImage" },
  { "foreign-action", "an action of S3", aws(ROLE, '"s3:GetObject"'), "no action of ECR" },
  { "allow-not-action", "all but one", (aws(ROLE):gsub('"Action"', '"NotAction"')), "those to come" },
  { "broad-action", "all", aws(ROLE, '"ecr:*"'), "what else it fits" },
  { "wider-than-pull", "a Lightsail role that pushes", aws(PULLER, '"ecr:PutImage"'), "ecr:PutImage, which no pull needs" },
  { "wider-than-pull", "a statement that calls itself a pull", aws(ROLE, '"ecr:*"', '"Sid":"AllowPull"'), "a pull is meant" },
  { "bad-resource", "a name", aws(ROLE, nil, '"Resource":"my-repo"'), "no ARN" },
  { "bad-resource", "a wildcard for the service", aws(ROLE, nil, '"Resource":"arn:aws:*:us-east-1:111122223333:x"'), "wildcard for its service" },
  { "unknown-operator", "a mistyped operator", condition '{"StringEqual":{"a":"b"}}', "write StringEquals" },
  { "unknown-operator", "Null with a suffix", condition '{"NullIfExists":{"a":"true"}}', "neither prefix nor suffix" },
  { "unknown-operator", "a set operator that is none", condition '{"ForEachValue:StringEquals":{"a":"b"}}', "ForEachValue" },
  { "bad-operand", "a text for a number", condition '{"NumericEquals":{"a":"ten"}}', "a number" },
  { "bad-operand", "a day that is none", condition '{"DateLessThan":{"aws:CurrentTime":"2026-02-30"}}', "a date" },
  { "bad-operand", "a network that is none", condition '{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","10.0.0.0/33"]}}', "10.0.0.0/33" },
  { "bad-operand", "yes for true", condition '{"BoolIfExists":{"aws:SecureTransport":"yes"}}', "true or false" },
  { "bad-operand", "a name for an ARN", condition '{"ArnLike":{"aws:SourceArn":"*"}}', "an ARN" },
  { "bad-operand", "what is no base64", condition '{"BinaryEquals":{"a":"Zm9v="}}', "base64" },
  { "bad-operand", "a variable where none is taken", condition '{"NumericEquals":{"a":"${aws:x}"}}', "no policy variable" },
  { "dead-variable", "a variable under the old Version", condition('{"StringEquals":{"a":"${aws:username}"}}', "2008-10-17"), "plain text" },
  { "dead-variable", "one in a resource", (aws(ROLE, nil, '"Resource":"arn:aws:ecr:r:a:repository/${aws:username}"')
    :gsub("2012", "2008")), "plain text" },
  { "shadowed-allow", "an Allow under a Deny", statements(statement("Allow", ROLE, PULL),
    statement("Deny", ROLE, '"ecr:*"')), "statement 2 denies" },
  { "shadowed-allow", "a role under the Deny of its account", statements(statement("Allow", ROLE, PULL),
    statement("Deny", '"111122223333"', '"*"')), "statement 2 denies" },
  { "shadowed-allow", "an action that is not excepted from a Deny", statements(statement("Allow", ROLE, '"ecr:BatchGetImage"'),
    '{"Effect":"Deny","Principal":"*","NotAction":"ecr:Put*"}'), "statement 2 denies" },
  { "shadowed-allow", "a service under a Deny of everyone", statements(
    '{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"ecr:BatchGetImage"}',
    statement("Deny", '"*"', '"*"')), "statement 2 denies" },
  { "shadowed-allow", "whom a Deny of all but another does not except", statements(statement("Allow", ROLE, PULL),
    '{"Effect":"Deny","NotPrincipal":{"AWS":"444455556666"},"Action":"*"}'), "statement 2 denies" },
  { "repeated-statement", "the same twice", statements(statement("Allow", ROLE, PULL), statement("Allow", ROLE, PULL)),
    "statement 1 says all" },
  { "repeated-statement", "less than a later one says", statements(statement("Allow", ROLE, PULL),
    statement("Allow", "[" .. ROLE .. ',"444455556666"]', '["ecr:Get*","ecr:Batch*"]')), "statement 2 says all" },
  { "nearly-full", "8,200 characters", aws(ROLE, nil, '"Sid":"' .. ("a"):rep(8200) .. '"'), "10240" },
  { "too-large", "10,241 characters", aws(ROLE, nil, '"Sid":"' .. ("a"):rep(10241) .. '"'), "ECR takes 10240" },
}

local function lint(text)
  return assert(policy.parse(text)):lint { account = OWNER }
end

local function find(text, id)
  for _, finding in ipairs(lint(text)) do
    if finding.id == id then return finding end
  end
  return nil
end

describe("the linter finds", function()
  local shown = {}
  for _, row in ipairs(ROWS) do
    local id, about, text, says = table.unpack(row)
    shown[id] = true
    it(id .. ": " .. about, function()
      local finding = assert(find(text, id), "not found")
      assert.equal(catalogue[id][1], finding.severity)
      assert.is_truthy((finding.message .. " | " .. finding.fix):find(says, 1, true), finding.message)
      assert.equal(1, finding.line)
      assert.is_true(finding.first >= 1 and finding.last <= #text and finding.first <= finding.last)
      assert.is_nil(finding.message:find "\n")
    end)
  end

  it("all that its catalogue lists", function()
    for id in pairs(catalogue) do
      assert.is_true(shown[id], id)
    end
  end)
end)

describe("the linter passes", function()
  for about, text in pairs {
    ["a grant"] = aws(PULLER, PULL, '"Sid":"AllowLightsailPull-web"'),
    ["a list of roles that push"] = aws("[" .. ROLE .. ',"111122223333"]', '["ecr:PutImage","ecr:UploadLayerPart"]'),
    ["a service that says for whom"] = service("ecs.amazonaws.com",
      '"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ecs:*:111122223333:*"}}'),
    ["every kind of condition"] = condition [[{"ForAnyValue:StringLike":{"a":["b*"]},"NumericLessThanIfExists":{"c":5},
      "DateGreaterThan":{"d":["2026-01-01T00:00:00Z",1767225600]},"Null":{"e":true},"BinaryEquals":{"f":"Zm9v"},
      "NotIpAddress":{"g":["2001:db8::/32","10.1.2.3"]},"ArnNotLike":{"h":"arn:aws:iam::*:role/${aws:x}"},
      "ForAllValues:StringNotEquals":{"i":"${aws:username, 'none'}"}}]],
    ["an Allow that a Deny cancels in part"] = statements(statement("Allow", ROLE, PULL),
      statement("Deny", ROLE, '"ecr:Get*"')),
    ["a Sid that says push and pull"] = aws(ROLE, '["ecr:BatchGetImage","ecr:PutImage"]', '"Sid":"AllowPushPull"'),
    ["an account, one role of which a Deny excepts"] = statements(statement("Allow", '"111122223333"', PULL),
      '{"Effect":"Deny","NotPrincipal":{"AWS":' .. ROLE .. '},"Action":"*"}'),
    ["an action that a Deny may except"] = statements(statement("Allow", ROLE, PULL),
      '{"Effect":"Deny","Principal":"*","NotAction":"ecr:*Image"}'),
    ["an Allow to an account beside one to its role"] = statements(statement("Allow", ROLE, PULL),
      statement("Allow", '"111122223333"', PULL)),
    ["the same under other conditions"] = statements(
      statement("Allow", ROLE, PULL, ',"Condition":{"Bool":{"aws:SecureTransport":"true"}}'),
      statement("Deny", ROLE, PULL, ',"Condition":{"Bool":{"aws:SecureTransport":"false"}}')),
  } do
    it(about, function()
      local ids = {}
      for i, finding in ipairs(lint(text)) do ids[i] = finding.id .. ": " .. finding.message end
      assert.same({}, ids)
    end)
  end
end)

it("the linter tells strangers only where it knows the owner", function()
  local text = aws '"444455556666"'
  assert.same({}, assert(policy.parse(text)):lint())
end)

it("a finding has its place in lines, columns and bytes", function()
  local text = '{"Version":"2012-10-17",\r\n "Statement":\n {"Effect":"Allow","Sid":"é","Principal":"*",\n  "Action":"ecr:BatchGetImage"}}'
  local public = find(text, "public")
  assert.same({ 3, 42, 3, 45 }, { public.line, public.column, public.end_line, public.end_column })
  assert.equal('"*"', text:sub(public.first, public.last))
  local shadowed = find('{"Version":"2012-10-17","Statement":[\n {"Effect":"Allow","Principal":{"AWS":"111122223333"},\n "Action":"ecr:Get*"},'
    .. '{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"*"}]}', "shadowed-allow")
  assert.same({ 2, 2, 3, 22 }, { shadowed.line, shadowed.column, shadowed.end_line, shadowed.end_column })
  assert.equal(1, shadowed.statement)
end)
