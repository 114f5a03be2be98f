-- The linter: every check of its catalogue, with a policy that it reports.

local lint = require "lanyard.policy.lint"
local lint_cases = require "lint_cases"
local policy = require "lanyard.policy"

local catalogue = lint.catalogue

local ROLE = '"arn:aws:iam::111122223333:role/x"'
local OWNER = "111122223333"

-- A policy with one statement: principal, action, and further members.
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

-- Each row: the id of a check, the case, a policy that it reports, and a part of the message or fix.
local ROWS = {
  { "unknown-element", "a mistyped element, with a suggestion", aws(ROLE, nil, '"Resorce":"*"'), "write Resource" },
  { "unknown-element", "an unknown type of principal", one('{"Aws":"111122223333"}', '"ecr:*"'), "write AWS" },
  { "wrong-type", "a number for a string", aws(ROLE, nil, '"Sid":1'), "a string" },
  { "wrong-type", "a condition operator without keys", condition '{"Bool":"x"}', "an object of condition keys" },
  { "wrong-type", "null in a condition", condition '{"Bool":{"aws:SecureTransport":null}}', "of type null" },
  { "both-elements", "Action together with NotAction", aws(ROLE, nil, '"NotAction":"ecr:PutImage"'), "keep one" },
  { "no-statement", "an empty list of statements", '{"Version":"2012-10-17","Statement":[]}', "no statement" },
  { "no-effect", "a statement without Effect", '{"Version":"2012-10-17","Statement":{"Principal":"*","Action":"ecr:*"}}', "no Effect" },
  { "bad-effect", "an Effect in lower case", (aws(ROLE):gsub("Allow", "allow")), "case-sensitive" },
  { "no-action", "a statement without Action", '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":' .. ROLE .. "}}}", "no Action" },
  { "no-principal", "a statement without Principal", '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*"}}', "applies to nobody" },
  { "no-principal", "an empty Principal", one("{}", '"ecr:BatchGetImage"'), "Principal is empty" },
  { "empty-list", "an empty list of actions", aws(ROLE, "[]"), "Action is an empty list" },
  { "empty-list", "a condition key without values", condition '{"StringEquals":{"aws:x":[]}}', "compared with an empty list" },
  { "no-version", "no Version", (aws(ROLE):gsub('"Version":"2012%-10%-17",', "")), "2008-10-17" },
  { "bad-version", "an unknown Version", (aws(ROLE):gsub("2012", "2020")), "2012-10-17" },
  { "bad-sid", "a Sid with a slash", aws(ROLE, nil, '"Sid":"a/b"'), "letters" },
  { "bad-sid", "an empty Sid", aws(ROLE, nil, '"Sid":""'), "empty" },
  { "repeated-sid", "two statements with one Sid", statements(statement("Allow", ROLE, '"ecr:PutImage"', ',"Sid":"a"'),
    statement("Deny", ROLE, '"ecr:ListImages"', ',"Sid":"a"')), "statement 1 has the same Sid" },
  { "public", "everyone", one('"*"', '"ecr:BatchGetImage"'), "everyone in the world" },
  { "public", "everyone as AWS", aws '"*"', "everyone in the world" },
  { "public", "everyone under an empty condition", one('"*"', '"ecr:BatchGetImage"', '"Condition":{"Bool":{}}'),
    "everyone in the world" },
  { "public-conditional", "everyone of an organization", one('"*"', '"ecr:BatchGetImage"',
    '"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}'), "aws:PrincipalOrgID" },
  { "allow-not-principal", "everyone but one", (aws(ROLE):gsub('"Principal"', '"NotPrincipal"')), "everyone else" },
  { "bad-principal", "a wildcard in an ARN", aws '"arn:aws:iam::111122223333:role/*"', "wildcard" },
  { "bad-principal", "a plain text", aws '"me"', "neither an account id nor an ARN" },
  { "bad-principal", "the ARN of a policy", aws '"arn:aws:iam::111122223333:policy/x"', "not an account, user" },
  { "bad-principal", "a space after a name", aws '"arn:aws:iam::111122223333:role/x "', "not an account, user" },
  { "bad-principal", "a Region", aws '"arn:aws:iam:us-east-1:111122223333:role/x"', "a Region" },
  { "bad-principal", "an unknown partition", aws '"arn:foo:iam::111122223333:role/x"', "has a partition" },
  { "bad-principal", "a variable", aws '"arn:aws:iam::111122223333:user/${aws:username}"', "policy variable" },
  { "bad-principal", "a name that is not a service principal", service "ecs", "not a service principal" },
  { "orphan", "the id of a deleted role", aws '"AROAEXAMPLEEXAMPLE123"', "deleted role" },
  { "other-account", "a role of another account", aws '"arn:aws:iam::444455556666:role/x"', "another account" },
  { "other-account", "another account", aws '"444455556666"', "another account" },
  { "source-arn", "a service without a source condition", service "ecs.amazonaws.com", "aws:SourceArn" },
  { "source-arn", "a service with a condition that only excludes a source", service("ecs.amazonaws.com",
    '"Condition":{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}'), "aws:SourceArn" },
  { "bad-action", "a name without a service", aws(ROLE, '"GetImage"'), "SERVICE:ACTION" },
  { "unknown-action", "a mistyped action", aws(ROLE, '"ecr:BatchGetImages"'), "write ecr:BatchGetImage" },
  { "foreign-action", "an action of S3", aws(ROLE, '"s3:GetObject"'), "not an action of ECR" },
  { "allow-not-action", "all except one", (aws(ROLE):gsub('"Action"', '"NotAction"')), "including future ones" },
  { "broad-action", "all actions", aws(ROLE, '"ecr:*"'), "change the settings, and for every other action that it matches" },
  { "wider-than-pull", "a Sid that indicates a pull", aws(ROLE, '"ecr:*"', '"Sid":"AllowPull"'), "indicates a pull" },
  { "bad-resource", "a name", aws(ROLE, nil, '"Resource":"my-repo"'), "not an ARN" },
  { "bad-resource", "a wildcard for the service", aws(ROLE, nil, '"Resource":"arn:aws:*:us-east-1:111122223333:x"'), "wildcard for its service" },
  { "unknown-operator", "a mistyped operator", condition '{"StringEqual":{"a":"b"}}', "write StringEquals" },
  { "unknown-operator", "Null with a suffix", condition '{"NullIfExists":{"a":"true"}}', "neither prefix nor suffix" },
  { "unknown-operator", "an unknown set operator", condition '{"ForEachValue:StringEquals":{"a":"b"}}', "ForEachValue" },
  { "bad-operand", "a text for a number", condition '{"NumericEquals":{"a":"ten"}}', "a number" },
  { "bad-operand", "a day that does not exist", condition '{"DateLessThan":{"aws:CurrentTime":"2026-02-30"}}', "a date" },
  { "bad-operand", "an invalid network", condition '{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","10.0.0.0/33"]}}', "10.0.0.0/33" },
  { "bad-operand", "yes for true", condition '{"BoolIfExists":{"aws:SecureTransport":"yes"}}', "true or false" },
  { "bad-operand", "a name for an ARN", condition '{"ArnLike":{"aws:SourceArn":"*"}}', "an ARN" },
  { "bad-operand", "invalid base64", condition '{"BinaryEquals":{"a":"Zm9v="}}', "base64" },
  { "bad-operand", "a policy variable where it is not supported", condition '{"NumericEquals":{"a":"${aws:x}"}}', "not a policy variable" },
  { "dead-variable", "a policy variable under the old Version", condition('{"StringEquals":{"a":"${aws:username}"}}', "2008-10-17"), "plain text" },
  { "dead-variable", "a policy variable in a resource", (aws(ROLE, nil, '"Resource":"arn:aws:ecr:r:a:repository/${aws:username}"')
    :gsub("2012", "2008")), "plain text" },
  { "shadowed-allow", "an Allow under a Deny", statements(statement("Allow", ROLE, PULL),
    statement("Deny", ROLE, '"ecr:*"')), "statement 2 denies" },
  { "shadowed-allow", "a role under the Deny of its account", statements(statement("Allow", ROLE, PULL),
    statement("Deny", '"111122223333"', '"*"')), "statement 2 denies" },
  { "shadowed-allow", "an action that a Deny does not except", statements(statement("Allow", ROLE, '"ecr:BatchGetImage"'),
    '{"Effect":"Deny","Principal":"*","NotAction":"ecr:Put*"}'), "statement 2 denies" },
  { "shadowed-allow", "a service under a Deny of everyone", statements(
    '{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"ecr:BatchGetImage"}',
    statement("Deny", '"*"', '"*"')), "statement 2 denies" },
  { "shadowed-allow", "a principal that a Deny with NotPrincipal does not except", statements(statement("Allow", ROLE, PULL),
    '{"Effect":"Deny","NotPrincipal":{"AWS":"444455556666"},"Action":"*"}'), "statement 2 denies" },
  { "repeated-statement", "two equal statements", statements(statement("Allow", ROLE, PULL), statement("Allow", ROLE, PULL)),
    "statement 1 already covers" },
  { "repeated-statement", "a statement that a later one covers", statements(statement("Allow", ROLE, PULL),
    statement("Allow", "[" .. ROLE .. ',"444455556666"]', '["ecr:Get*","ecr:Batch*"]')), "statement 2 already covers" },
  { "nearly-full", "8,200 characters", aws(ROLE, nil, '"Sid":"' .. ("a"):rep(8200) .. '"'), "10240" },
  { "too-large", "10,241 characters", aws(ROLE, nil, '"Sid":"' .. ("a"):rep(10241) .. '"'), "ECR accepts 10240" },
}

local function findings_of(text, kind)
  return assert(policy.parse(text)):lint { account = OWNER, type = kind }
end

local function find(text, id, kind)
  for _, finding in ipairs(findings_of(text, kind)) do
    if finding.id == id then return finding end
  end
  return nil
end

describe("the linter reports", function()
  local shown = {}
  for _, row in ipairs(ROWS) do
    local id, case, text, part = table.unpack(row)
    shown[id] = true
    it(id .. ": " .. case, function()
      local finding = assert(find(text, id), "not reported")
      assert.equal(catalogue[id].severity, finding.severity)
      assert.is_truthy((finding.message .. " | " .. finding.fix):find(part, 1, true), finding.message)
      assert.equal(1, finding.line)
      assert.is_true(finding.first >= 1 and finding.last <= #text and finding.first <= finding.last)
      assert.is_nil(finding.message:find "\n")
    end)
  end

  for _, case in ipairs(lint_cases) do
    shown[case.id] = true
    it(("%s: %s (%s)"):format(case.id, case.name, case.kind), function()
      local finding = assert(find(case.text, case.id, case.kind), "not reported")
      assert.equal(case.severity or catalogue[case.id].severity, finding.severity, finding.message)
      assert.is_truthy((finding.message .. " | " .. finding.fix):find(case.part, 1, true),
        finding.message .. " | " .. finding.fix)
    end)
  end

  it("every check of its catalogue", function()
    for id in pairs(catalogue) do
      -- The command reports a text that is not a policy (policy_lint_spec).
      assert.is_true(shown[id] or id == "example-service" or id == "not-a-policy", id)
    end
  end)
end)

describe("the linter accepts", function()
  for case, text in pairs {
    ["a list of roles that push"] = aws("[" .. ROLE .. ',"111122223333"]', '["ecr:PutImage","ecr:UploadLayerPart"]'),
    ["a service with a source condition"] = service("ecs.amazonaws.com",
      '"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ecs:*:111122223333:*"}}'),
    ["every kind of condition"] = condition [[{"ForAnyValue:StringLike":{"saml:a":["b*"]},
      "NumericLessThanIfExists":{"saml:c":5},
      "DateGreaterThan":{"saml:d":["2026-01-01T00:00:00Z"],"aws:EpochTime":1767225600},
      "Null":{"saml:e":true,"saml:i":false},"BinaryEquals":{"saml:f":"Zm9v"},
      "NotIpAddress":{"saml:g":["2001:db8::/32","10.1.2.3"]},
      "ArnNotLike":{"saml:h":"arn:aws:iam::*:role/${aws:userid}"},
      "ForAllValues:StringNotEquals":{"saml:i":"${aws:username, 'none'}"}}]],
    ["an Allow that a Deny cancels partly"] = statements(statement("Allow", ROLE, PULL),
      statement("Deny", ROLE, '"ecr:Get*"')),
    ["a Sid that indicates push and pull"] = aws(ROLE, '["ecr:BatchGetImage","ecr:PutImage"]', '"Sid":"AllowPushPull"'),
    ["an account with one role that a Deny excepts"] = statements(statement("Allow", '"111122223333"', PULL),
      '{"Effect":"Deny","NotPrincipal":{"AWS":' .. ROLE .. '},"Action":"*"}'),
    ["an action that a Deny can except"] = statements(statement("Allow", ROLE, PULL),
      '{"Effect":"Deny","Principal":"*","NotAction":"ecr:*Image"}'),
    ["an Allow for an account and one for its role"] = statements(statement("Allow", ROLE, PULL),
      statement("Allow", '"111122223333"', PULL)),
    ["the same access under different conditions"] = statements(
      statement("Allow", ROLE, PULL, ',"Condition":{"Bool":{"aws:SecureTransport":"true"}}'),
      statement("Deny", ROLE, PULL, ',"Condition":{"Bool":{"aws:SecureTransport":"false"}}')),
  } do
    it(case, function()
      local ids = {}
      for i, finding in ipairs(findings_of(text)) do ids[i] = finding.id .. ": " .. finding.message end
      assert.same({}, ids)
    end)
  end
end)

it("the linter reports a statement that several others cover together, and an Allow that several Denies cancel", function()
  local function network(effect, range)
    return statement(effect, '"*"', PULL, (',"Condition":{"IpAddress":{"aws:SourceIp":"%s"}}'):format(range))
  end
  local repeated = find(statements(network("Allow", "10.0.0.0/9"), network("Allow", "10.128.0.0/9"),
    network("Allow", "10.0.0.0/8")), "repeated-statement")
  assert.same({ 3, "other statements together already cover this statement" }, { repeated.statement, repeated.message })
  local shadowed = find(statements(network("Deny", "10.0.0.0/9"), network("Deny", "10.128.0.0/9"),
    network("Allow", "10.0.0.0/8")), "shadowed-allow")
  assert.same({ 3, "the Deny statements together deny everything that this statement allows" },
    { shadowed.statement, shadowed.message })
end)

it("the linter reports other accounts only when it knows the owner", function()
  local text = aws '"444455556666"'
  assert.same({}, assert(policy.parse(text)):lint())
end)

it("a finding has its location in lines, columns and bytes", function()
  local text = '{"Version":"2012-10-17",\r\n "Statement":\n {"Effect":"Allow","Sid":"é","Principal":"*",\n  "Action":"ecr:BatchGetImage"}}'
  local public = find(text, "public")
  assert.same({ 3, 42, 3, 45 }, { public.line, public.column, public.end_line, public.end_column })
  assert.equal('"*"', text:sub(public.first, public.last))
  local shadowed = find('{"Version":"2012-10-17","Statement":[\n {"Effect":"Allow","Principal":{"AWS":"111122223333"},\n "Action":"ecr:Get*"},'
    .. '{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"*"}]}', "shadowed-allow")
  assert.same({ 2, 2, 3, 22 }, { shadowed.line, shadowed.column, shadowed.end_line, shadowed.end_column })
  assert.equal(1, shadowed.statement)
end)

describe("a registered service", function()
  local EXAMPLE = '"arn:aws:iam::444455556666:role/amazon/example/%s"'
  lint.register {
    roles = {
      { pattern = "^role/amazon/example/", subject = "an Example role", pulls_only = true, service_owned = true },
    },
    unusable = { {
      type = "Service", pattern = "^example%.", message = "Example never calls ECR", fix = "name its role",
      check = { id = "example-service", severity = "high", summary = "Example as a service principal" },
    } },
  }

  it("has roles that are not foreign and only pull", function()
    assert.same({}, findings_of(aws(EXAMPLE:format "a", PULL)))
    local finding = assert(find(aws(EXAMPLE:format "a", '"ecr:PutImage"'), "wider-than-pull"))
    assert.equal("an Example role is allowed ecr:PutImage, which a pull does not need", finding.message)
  end)

  it("has principals that are reported by their own check", function()
    local finding = assert(find(service "example.amazonaws.com", "example-service"))
    assert.same({ "high", "Example never calls ECR", "name its role" }, { finding.severity, finding.message, finding.fix })
    assert.is_nil(find(service "example.amazonaws.com", "source-arn"))
    assert.equal("Example as a service principal", catalogue["example-service"].summary)
  end)

  it("cannot define a check twice", function()
    local ok, err = pcall(lint.register, { unusable = { {
      type = "Service", pattern = "^x", message = "", fix = "", check = { id = "public", severity = "low", summary = "" },
    } } })
    assert.is_false(ok)
    assert.match("'public' is defined twice", err)
  end)
end)

it("the linter says once that a date cannot be read", function()
  local ids = {}
  for _, finding in ipairs(findings_of(condition '{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00+0200"}}')) do
    ids[#ids + 1] = finding.id
  end
  assert.same({ "bad-operand" }, ids)
end)
