-- Answers of policy.new_access about policies with variables.

local answers = require "reason.answers"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local deny, on, not_on, check = answers.deny, answers.on, answers.not_on, answers.check
local A, B = "111122223333", "444455556666"
local K, TAG, ORG = "svc:k", "aws:PrincipalTag/t", "o-a1b2c3d4e5"
local ROLE = "arn:aws:iam::" .. A .. ":role/r"

describe("new_access answers questions about", function()
  it("policy variables", function()
    check({ "principal", "resource" }, {
      { "certain arn:aws:iam::111122223333:role/example arn:aws:s3:::111122223333/x",
        {}, { on("arn:aws:s3:::${aws:PrincipalAccount}/x", nil, { Principal = { AWS = A } }) } },
      { "none",
        { on "arn:aws:s3:::111122223333/x" }, { on("arn:aws:s3:::${aws:PrincipalAccount}/x", nil, { Principal = { AWS = A } }) } },
      { "certain arn:aws:iam::444455556666:role/example arn:aws:s3:::444455556666/x",
        { on "arn:aws:s3:::111122223333/x" }, { on("arn:aws:s3:::${aws:PrincipalAccount}/x", nil, { Principal = { AWS = { A, B } } }) } },
      { "certain arn:aws:iam::111122223333:role/r arn:aws:s3:::x",
        {}, { on("arn:aws:s3:::x", { StringEquals = { [K] = "${aws:PrincipalArn}" } }, { Principal = { AWS = ROLE } }) } },
      { "none",
        { on("arn:aws:s3:::x", { StringEquals = { [K] = ROLE } }) },
        { on("arn:aws:s3:::x", { StringEquals = { [K] = "${aws:PrincipalArn}" } }, { Principal = { AWS = ROLE } }) } },
      { "none",
        { on "arn:aws:s3:::u" }, { on("arn:aws:s3:::${aws:username}", nil, { Principal = { AWS = "arn:aws:iam::" .. A .. ":user/u" } }) } },
      { "certain arn:aws:iam::111122223333:user/v arn:aws:s3:::v",
        { on "arn:aws:s3:::u" },
        { on("arn:aws:s3:::${aws:username}", nil, { Principal = { AWS = { "arn:aws:iam::" .. A .. ":user/u",
          "arn:aws:iam::" .. A .. ":user/v" } } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:sqs:r:111122223333:q",
        {}, { on("arn:aws:sqs:r:111122223333:q", { StringEquals = { [K] = "${aws:ResourceAccount}" } }) } },
      { "none",
        { on("arn:aws:sqs:r:111122223333:q", { StringEquals = { [K] = A } }) },
        { on("arn:aws:sqs:r:111122223333:q", { StringEquals = { [K] = "${aws:ResourceAccount}" } }) } },
      { "none", -- the pattern of the account matters to variables of the owner only
        { on("arn:aws:sqs:r:1*:q", { StringEquals = { [K] = "kim" } }) },
        { on("arn:aws:sqs:r:1*:q", { StringEquals = { [K] = "${aws:username}", ["aws:username"] = "kim" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:sqs:r:123456789012:q",
        { on("arn:aws:sqs:r:*:q", { StringEquals = { [K] = A } }) },
        { on("arn:aws:sqs:r:*:q", { StringEquals = { [K] = "${aws:ResourceAccount}" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:sqs:r:123456789012:q",
        {}, { on("arn:aws:sqs:r:*:q", { StringEquals = { ["aws:ResourceAccount"] = "${aws:PrincipalAccount}" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:ecr:us-east-1:123456789012:repository/example",
        {}, { on("*", { StringEquals = { [K] = "${aws:ResourceAccount}" }, StringLike = { ["aws:ResourceAccount"] = "12*" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::o-a1b2c3d4e5/x",
        {}, { on("arn:aws:s3:::${aws:PrincipalOrgID}/x", { StringEquals = { ["aws:PrincipalOrgID"] = ORG } }) } },
      { "none",
        { on "arn:aws:s3:::o-a1b2c3d4e5/x" }, { on("arn:aws:s3:::${aws:PrincipalOrgID}/x", { StringEquals = { ["aws:PrincipalOrgID"] = ORG } }) } },
      { "none",
        { on("arn:aws:s3:::x", { StringEquals = { [K] = "${aws:userid}" } }) },
        { on("arn:aws:s3:::x", { StringLike = { [K] = "${aws:userid}" } }) } },
      { "undecided: the policy variables have too many values",
        {},
        { on("arn:aws:s3:::x", { StringEquals = { a = "${svc:1}", b = "${svc:2}", c = "${svc:3}", d = "${svc:4}", e = "${svc:5}", f = "${svc:6}",
          g = "${svc:7}" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x",
        {},
        { on("arn:aws:s3:::x", { StringEquals = { a = "${svc:1}", b = "${svc:2}", c = "${svc:3}", d = "${svc:4}", e = "${svc:5}",
          f = "${svc:6}" } }) } },
      { "none",
        { on "arn:aws:s3:::x/*" }, { on "arn:aws:s3:::x/${svc:a}/${svc:b}" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x/example/example",
        { on "arn:aws:s3:::x/a*" }, { on "arn:aws:s3:::x/${svc:a}/${svc:b}" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x//example",
        { on "arn:aws:s3:::x/a*", on "arn:aws:s3:::x/e*" }, { on "arn:aws:s3:::x/${svc:a}/${svc:b}" } },
      { "undecided: a policy variable is in a pattern with wildcards before it, or others",
        { on "arn:aws:s3:::x/*/?*", on "arn:aws:s3:::x/*/" }, { on "arn:aws:s3:::x/${svc:a}/${svc:b}" } },
      { "undecided: a policy variable is in a pattern with wildcards before it, or others",
        { on "arn:aws:s3:::x/*/*" }, { on("arn:aws:s3:::x/*/${svc:a}", { StringEquals = { b = "c" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x/example/y",
        { on "arn:aws:s3:::x/a*" }, { on "arn:aws:s3:::x/${svc:a}/y*" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x/example/y",
        { on "arn:aws:s3:::x/*/y?*" }, { on "arn:aws:s3:::x/${svc:a}/y*" } },
      { "none",
        { on "arn:aws:s3:::x/*/y*" }, { on "arn:aws:s3:::x/${svc:a}/y*" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x/a",
        { on("arn:aws:s3:::x/*", { Null = { ["svc:a"] = "false" } }) }, { on "arn:aws:s3:::x/a${svc:a}" } },
      { "none",
        { on "arn:aws:s3:::x/${svc:a}" }, { on("arn:aws:s3:::x/b", { StringEquals = { ["svc:a"] = "b" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::xzzy",
        {}, { on("arn:aws:s3:::${aws:PrincipalTag/t}", { StringEquals = { [TAG] = "x${svc:a}y" } }), not_on "arn:aws:s3:::xzzy" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::zz",
        {},
        { on("arn:aws:s3:::${svc:a}", { StringEquals = { [TAG] = "x${svc:a}y" } }), deny { Condition = { StringNotLike = { [TAG] = "xz*zy" } } } } },
      { "undecided: the policy variables have too many values",
        { on { "arn:aws:s3:::a*", "arn:aws:s3:::b*", "arn:aws:s3:::c*" } },
        { on("arn:aws:s3:::${svc:a}", { StringEquals = { b = "${svc:b}", c = "${svc:c}", d = "${svc:d}", e = "${svc:e}" },
          StringLike = { ["svc:a"] = { "a*", "b*", "c*" } } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::pabCq",
        {}, { on("arn:aws:s3:::p${svc:a}q", { StringEqualsIgnoreCase = { ["svc:a"] = "AbC" } }), not_on "arn:aws:s3:::pabCq" } },
      { "none",
        {}, { on("arn:aws:s3:::p${svc:a}q", { StringEquals = { ["svc:a"] = "AbC" } }), not_on "arn:aws:s3:::pabCq" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::pABCq",
        {}, { on("arn:aws:s3:::p${svc:a}q", { StringLike = { ["svc:a"] = "A*" } }), not_on "arn:aws:s3:::pABCq" } },
      { "certain ecs.amazonaws.com arn:aws:s3:::x",
        {},
        { on("arn:aws:s3:::x", { StringEquals = { [K] = "${aws:PrincipalServiceName}", ["aws:PrincipalServiceName"] = "ecs.amazonaws.com" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x",
        { on("arn:aws:s3:::x", { ArnLike = { ["aws:PrincipalArn"] = "arn:aws:iam::*:role/a*" } }) },
        { on("arn:aws:s3:::x", { StringEquals = { [K] = "${aws:PrincipalArn}" }, ArnLike = { ["aws:PrincipalArn"] = "arn:aws:iam::*:role/*" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::xexample${",
        {}, { on("arn:aws:s3:::x${svc:a}${", { StringEquals = { b = "c"} }) } },
      { "undecided: a policy variable is in a pattern with wildcards before it, or others",
        { on "arn:aws:s3:::y*" }, { on "arn:aws:s3:::${${ svc:a}" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x1yyz",
        {}, { on "arn:aws:s3:::x${svc:a}y?z*", not_on "arn:aws:s3:::x1yyz" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::xb",
        {}, { on("arn:aws:s3:::x${svc:a}", { StringEquals = { ["svc:a"] = { json.null, "b" } } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::o-a1b2c3d4e5a/x",
        { on "arn:aws:s3:::o-a1b2c3d4e5/x" },
        { on("arn:aws:s3:::${aws:PrincipalOrgID}/x", { StringLike = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5*" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x",
        {}, { on("arn:aws:s3:::x", { StringEquals = { ["aws:PrincipalOrgID"] = "${aws:ResourceOrgID}", [K] = "${aws:PrincipalOrgID}" } }) } },
      { "none",
        { on "arn:aws:s3:::*" }, { on("arn:aws:s3:::${svc:a}", { StringEquals = { [K] = "a" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x",
        {}, { on("arn:aws:s3:::x", { StringEquals = { [K] = "${svc:a}", ["svc:a"] = "${svc:b}" } }) } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::example",
        {}, { on("arn:aws:s3:::${svc:k}", { StringEquals = { [K] = "${svc:b}", ["svc:b"] = "${svc:k}" } }) } },
    })
  end)

  it("escapes and texts that only look like a variable, without any variable", function()
    local agents = { StringLike = { ["aws:UserAgent"] = { "curl*", "${*}" } } }
    local function key(operator, text) return on("arn:aws:s3:::x", { [operator] = { [K] = text } }) end
    local FOUND = "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::x"
    check({ "principal", "resource" }, {
      { FOUND, {}, { on("arn:aws:s3:::x", agents) } },
      { "none", { on("arn:aws:s3:::x", agents) }, { on("arn:aws:s3:::x", agents) } },
      { FOUND, { on("arn:aws:s3:::x", { StringLike = { ["aws:UserAgent"] = "${*}" } }) }, { on("arn:aws:s3:::x", agents) } },
      { FOUND, {}, { key("StringEquals", "${*}") } },
      { FOUND, {}, { key("StringEquals", "${?}x${$}") } },
      { FOUND, {}, { key("StringLike", "${foo") } },
      { FOUND, {}, { key("ForAnyValue:StringLike", { "${*}", "b" }) } },
      { FOUND, { on "arn:aws:s3:::x", deny { Condition = { StringEquals = { [K] = "${*}" } } } }, { on "arn:aws:s3:::x" } },
      { FOUND, {}, { on("arn:aws:s3:::x", { ArnLike = { ["aws:SourceArn"] = { "arn:aws:s3:::${*}", "arn:aws:s3:::b" } } }) } },
      { "none", { key("StringEquals", "*") }, { key("StringEquals", "${*}") } },
    })
  end)

  it("two policy variables that one text depends on", function()
    local user = { Principal = { AWS = "arn:aws:iam::" .. A .. ":user/a" } }
    local function beyond(text) return { Effect = "Allow", Principal = "*", Action = "*", NotResource = text } end
    local function key(operator, text, elements) return on(nil, { [operator] = { [K] = text } }, elements) end
    check({ "principal", "resource" }, {
      { "certain arn:aws:iam::111122223333:user/a arn:aws:s3:::a",
        { beyond "arn:aws:s3:::${aws:username}" }, { on("arn:aws:s3:::${aws:PrincipalTag/t}", nil, user) } },
      { "certain arn:aws:iam::111122223333:user/a arn:aws:s3:::xa",
        { beyond "arn:aws:s3:::x${aws:username}" }, { on("arn:aws:s3:::${aws:PrincipalTag/t}", nil, user) } },
      { "none",
        { beyond "arn:aws:s3:::${aws:username}" }, { on("arn:aws:s3:::x${aws:PrincipalTag/t}", nil, user) } },
      { "certain arn:aws:iam::111122223333:user/a arn:aws:s3:::xa/y",
        { beyond "arn:aws:s3:::x${aws:username}/*" }, { on("arn:aws:s3:::${aws:PrincipalTag/t}/y", nil, user) } },
      { "certain arn:aws:iam::111122223333:user/a arn:aws:s3:::a/y",
        { beyond "arn:aws:s3:::${aws:username}/y" }, { on("arn:aws:s3:::${aws:PrincipalTag/t}/*", nil, user) } },
      { "certain arn:aws:iam::111122223333:user/a arn:aws:sqs:r:111122223333:q",
        { beyond "arn:aws:sqs:r:${aws:PrincipalAccount}:q" }, { on("arn:aws:sqs:r:${aws:PrincipalTag/t}:q", nil, user) } },
      { "certain arn:aws:iam::111122223333:user/a nil",
        { key("StringNotEquals", "${aws:username}") }, { key("StringEquals", "${aws:PrincipalTag/t}", user) } },
      { "none",
        { key("StringNotEquals", "${aws:username}") }, { key("StringEquals", "x${aws:PrincipalTag/t}", user) } },
      { "certain arn:aws:iam::111122223333:user/bc arn:aws:s3:::bc",
        { beyond "arn:aws:s3:::${aws:username}" },
        { on("arn:aws:s3:::${aws:PrincipalTag/t}", { StringLike = { [TAG] = "b*", ["aws:username"] = "*c" } }, { Principal = { AWS = A } }) } },
      { "none",
        { beyond "arn:aws:s3:::${aws:username}" },
        { on("arn:aws:s3:::${aws:PrincipalTag/t}", { StringLike = { [TAG] = "b*", ["aws:username"] = "c*" } }, { Principal = { AWS = A } }) } },
    })
  end)

  it("a policy variable in texts of two dimensions", function()
    local tag = { StringEquals = { [K] = "${svc:a}" }, StringLike = { [K] = "*q" } }
    check({ "principal", "resource" }, {
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::pq",
        {}, { on("arn:aws:s3:::${svc:a}", tag), deny { NotResource = "arn:aws:s3:::p*" } } },
      { "none",
        {}, { on("arn:aws:s3:::${svc:a}", tag), deny { NotResource = "arn:aws:s3:::*p" } } },
    })
  end)

  it("policy variables whose values must differ, although few texts represent all others", function()
    local likes = { StringLike = { ["svc:a"] = "q*", ["svc:b"] = "xq*" } }
    check({ "principal", "resource" }, {
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::xqa",
        { on "arn:aws:s3:::${svc:b}" }, { on("arn:aws:s3:::x${svc:a}", likes) } },
      { "none",
        { on "arn:aws:s3:::${svc:b}" },
        { on("arn:aws:s3:::x${svc:a}", { StringEquals = { ["svc:a"] = "q", ["svc:b"] = "xq" } }) } },
    })
  end)

  it("policy variables before wildcards in texts that both match", function()
    local function beyond(text) return deny { NotResource = text } end
    local function like(a, b) return { StringLike = { ["svc:a"] = a, ["svc:b"] = b } } end
    check({ "principal", "resource" }, {
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::xq/y",
        {}, { on("arn:aws:s3:::x${svc:a}/*", like("q*", "*")), beyond "arn:aws:s3:::${svc:b}/y*" } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::xq/z/y",
        {}, { on("arn:aws:s3:::x${svc:a}/*", like("q", "xq/z*")), beyond "arn:aws:s3:::${svc:b}/y*" } },
      { "undecided: the values of policy variables depend on each other without end",
        {}, { on("arn:aws:s3:::x${svc:a}/*", like("q", "xp*")), beyond "arn:aws:s3:::${svc:b}/y*" } },
      { "undecided: a policy variable is compared with too many patterns",
        {}, { on("arn:aws:s3:::x${svc:a}/*", like("q", "*z")), beyond "arn:aws:s3:::${svc:b}/y*", beyond "arn:aws:s3:::xq/y" } },
    })
  end)

  it("a policy variable whose key may have several values", function()
    local both = { ["ForAnyValue:StringEquals"] = { ["svc:k"] = "a" }, StringEquals = { ["svc:m"] = "${svc:k, 'x'}" } }
    check({ "principal", "resource" }, {
      { "undecided: a policy variable is a key that may have several values",
        { on("arn:aws:s3:::x", { StringEquals = { ["svc:m"] = "a" } }) }, { on("arn:aws:s3:::x", both) } },
      { "none",
        { on "arn:aws:s3:::x" }, { on("arn:aws:s3:::x", both) } },
    })
  end)

  it("operands with a policy variable beside others", function()
    local both = { "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::*/a" }
    local function key(operator, name, texts, resource) return on(resource, { [operator] = { [name] = texts } }) end
    check({ "principal", "resource" }, {
      { "certain arn:aws:iam::123456789012:user/web arn:aws:s3:::/a",
        { key("StringNotEquals", "aws:username", { "web", "${aws:PrincipalTag/t}" }, both) },
        { key("StringNotEquals", "aws:username", { "${aws:PrincipalTag/t}" }, both) } },
      { "none",
        { key("StringNotEquals", "aws:username", { "${aws:PrincipalTag/t}" }, both) },
        { key("StringNotEquals", "aws:username", { "web", "${aws:PrincipalTag/t}" }, both) } },
      { "certain arn:aws:iam::123456789012:user/web arn:aws:s3:::web/",
        { key("StringNotLike", "aws:username", { "w?b", "${aws:PrincipalTag/t}" }, "arn:aws:s3:::${aws:username}/*"), },
        { key("StringNotEquals", "aws:username", "${aws:PrincipalTag/t}", "arn:aws:s3:::${aws:username}/*"),
          deny { Condition = { StringNotEquals = { ["aws:username"] = "web" } } } } },
      { "certain arn:aws:iam::123456789012:role/example arn:aws:s3:::web",
        { key("StringNotEquals", TAG, { "web", "${svc:a}" }, "arn:aws:s3:::${aws:PrincipalTag/t}") },
        { key("StringNotEquals", TAG, { "${svc:a}" }, "arn:aws:s3:::${aws:PrincipalTag/t}") } },
    })
  end)
end)

describe("new_access with a policy variable beside characters of several bytes", function()
  local function value_in(frame, ...)
    local after = { on("arn:aws:s3:::" .. frame) }
    for i, other in ipairs { ... } do after[i + 1] = not_on("arn:aws:s3:::" .. other) end
    local found = policy.new_access(answers.parse {}, answers.parse(after))
    return found and found.certain and found.request.context[TAG] or nil
  end

  it("takes ? for one character", function()
    for _, row in ipairs {
      { "ab", "é${aws:PrincipalTag/t}", "?ab" }, { "ab", "${aws:PrincipalTag/t}€", "ab?" }, { "ab", "é${aws:PrincipalTag/t}ü", "?ab?" },
      { "éa", "?${aws:PrincipalTag/t}", "*éa", "???" }, { "b", "${*}é${aws:PrincipalTag/t}", "*?b" }, { "xé", "€é${aws:PrincipalTag/t}", "???é", "*xé" },
    } do
      assert.equal(row[1], value_in(table.unpack(row, 2)), row[2])
    end
    assert.is_nil(value_in("éa${aws:PrincipalTag/t}", "?"))
    assert.is_nil(value_in("é${aws:PrincipalTag/t}", "??ab", "*é?"))
  end)
end)

describe("new_access with a policy variable that a key of a certain form is compared with", function()
  local function compared(operator, key, operand)
    return answers.allow { Condition = { [operator] = { [key] = operand } } }
  end

  for _, row in ipairs {
    { "StringEquals", "aws:SourceAccount", "", "", "^%d+$" }, { "StringEquals", "aws:SourceAccount", "1111", "22", "^%d%d%d%d%d%d$" },
    { "StringEquals", "aws:SourceVpc", "", "", "^vpc%-%w+$" }, { "StringEquals", "aws:SourceVpce", "vpce-", "", "^%w+$" },
    { "StringEquals", "aws:SourceOrgID", "", "", "^o%-%w+$" }, { "StringEquals", "aws:ResourceOrgID", "o-", "", "^%w+$" },
    { "StringEquals", "aws:PrincipalOrgID", "", "", "^o%-%w+$" }, { "StringEquals", "aws:PrincipalOrgPaths", "", "", "^o%-%w+/r%-" },
    { "ArnLike", "aws:SourceArn", "arn:aws:sns:us-east-1:", "", ":" }, { "ArnEquals", "aws:SourceArn", "", "", "^arn:" },
    { "StringEquals", "aws:CalledViaFirst", "", "", "%.amazonaws%.com$" }, { "StringEquals", "aws:ViaAWSService", "", "", "^true$" },
    { "StringEquals", "aws:SourceVpcArn", "", "", "^arn:" },
  } do
    local operator, key, before, after, form = table.unpack(row)
    local operand = before .. "${aws:RequestTag/x}" .. after
    it(("finds a value for which the key has its form: %s %s %s"):format(operator, key, operand), function()
      local found = assert(policy.new_access(answers.parse {}, answers.parse { compared(operator, key, operand) }))
      local value = found.request.context["aws:RequestTag/x"]
      assert.matches(form, value)
      assert.is_true(found.certain)
      assert.equal(before .. value .. after, found.request.context[key])
    end)
  end

  it("finds none if no value has the form", function()
    assert.is_nil(policy.new_access(answers.parse {}, answers.parse { compared("StringEquals", "aws:SourceAccount", "${aws:RequestTag/x}-a") }))
  end)
end)
