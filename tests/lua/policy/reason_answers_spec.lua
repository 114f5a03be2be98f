-- Answers of policy.new_access, each with the parts of the witness that its group is about: callers, organizations, places,
-- numbers, dates, addresses, and policy variables. tests/reason/mutants.lua relies on them.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local A, B = "111122223333", "444455556666"
local ARN, ID, K, RA, TAG = "aws:PrincipalArn", "aws:userid", "svc:k", "aws:ResourceAccount", "aws:PrincipalTag/t"
local ORG_ID, PATHS, ORG = "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5"
local N, D, IP = "aws:MultiFactorAuthAge", "aws:TokenIssueTime", "aws:SourceIp"
local SESSION, ROLE = "arn:aws:sts::" .. A .. ":assumed-role/r/s", "arn:aws:iam::" .. A .. ":role/r"
local FEDERATED = "arn:aws:sts::" .. A .. ":federated-user/fa"

local function parse(statements)
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array(statements) }))
end

-- A statement that allows an action to everyone, with some elements replaced; false removes one.
local function allow(elements)
  local statement = { Effect = "Allow", Principal = "*", Action = "s:a" }
  for name, value in pairs(elements or {}) do statement[name] = value or nil end
  return statement
end

local function deny(elements)
  local statement = allow(elements)
  statement.Effect, statement.Action = "Deny", "*"
  return statement
end

local function where(operator, key, value, elements)
  local statement = allow(elements)
  statement.Condition = { [operator] = { [key] = value } }
  return statement
end

local function on(resource, condition, elements)
  local statement = allow(elements)
  statement.Resource, statement.Condition = resource, condition
  return statement
end

local function not_on(resource)
  return deny { NotResource = resource }
end

-- Describes an answer, with some fields of the request.
local function answer(before, after, options, fields)
  local found, undecided, reason = policy.new_access(parse(before), parse(after), options)
  if not found then
    return undecided and "undecided: " .. reason or "none"
  end
  local text = found.certain and "certain" or "possible"
  for _, field in ipairs(fields) do
    local value = found.request[field]
    text = text .. " " .. (type(value) == "table" and json.encode(value) or tostring(value))
  end
  return text
end

-- Compares answers: { expected, before, after, options }.
local function check(fields, rows)
  for _, row in ipairs(rows) do
    assert.equal(row[1], answer(row[2], row[3], row[4], fields), json.encode { before = row[2], after = row[3] })
  end
end

describe("new_access answers questions about", function()
  it("callers", function()
    check({ "principal", "context" }, {
      { "certain arn:aws:iam::111122223333:role/example {}",
        {}, { allow { Principal = { AWS = "arn:aws:iam::" .. A .. ":role/example" } }, allow() } },
      { "certain arn:aws:iam::123456789013:role/example2 {}",
        { allow { Principal = { AWS = "arn:aws:iam::123456789012:role/example" } } }, { allow() } },
      { "certain arn:aws:iam::123456789013:role/example {}",
        { allow { Principal = { AWS = "123456789012" } } }, { allow() } },
      { "certain arn:aws:iam::123456789014:role/example {}",
        { allow { Principal = { AWS = "123456789013" } } },
        { where("Null", "aws:PrincipalOrgID", "true", { Principal = "*" }) }, { accounts = { ["123456789012"] = "o-a1b2c3d4e5" } } },
      { "certain arn:aws-cn:iam::111122223333:role/b {}",
        { allow { Principal = { AWS = "arn:aws-cn:iam::" .. A .. ":role/a" } } },
        { allow { Principal = { AWS = { "arn:aws-cn:iam::" .. A .. ":role/a", "arn:aws-cn:iam::" .. A .. ":role/b" } } } } },
      { "certain arn:aws-us-gov:iam::111122223333:user/b {}",
        {}, { allow { Principal = { AWS = "arn:aws-us-gov:iam::" .. A .. ":user/b" } } } },
      { "certain arn:aws-iso:iam::111122223333:role/example {}",
        {}, { allow { Principal = { AWS = "arn:aws-iso:iam::" .. A .. ":root" } } } },
      { 'certain arn:aws-cn:iam::123456789012:role/example {"aws:PrincipalArn":"arn:aws-cn:iam::123456789012:role/example"}',
        { where("ArnLike", ARN, "arn:aws:iam::*:role/*") }, { where("ArnLike", ARN, "arn:aws*:iam::*:role/*") } },
      { 'certain arn:aws-cn:iam::123456789012:role/example {"aws:PrincipalArn":"arn:aws-cn:iam::123456789012:role/example"}',
        { where("ArnLike", ARN, "arn:aws:iam::*:role/*") }, { where("ArnLike", ARN, "arn:aws?cn:iam::*:role/*") } },
      { "none",
        { where("ArnLike", ARN, "arn:aws:iam::*:role/*") }, { where("ArnLike", ARN, "arn:aws:iam::1*:role/*") } },
      { "certain arn:aws:sts::111122223333:assumed-role/r/s {}",
        {}, { allow { Principal = { AWS = SESSION } } } },
      { "certain arn:aws:sts::111122223333:assumed-role/r/s2 {}",
        { allow { Principal = { AWS = SESSION } } }, { allow { Principal = { AWS = { SESSION, "arn:aws:sts::" .. A .. ":assumed-role/r/s2" } } } } },
      { "certain arn:aws:iam::111122223333:role/r {}",
        { allow { Principal = { AWS = SESSION } } }, { allow { Principal = { AWS = ROLE } } } },
      { 'certain arn:aws:iam::111122223333:role/r {"aws:userid":"AROAEXAMPLE:session"}',
        { where("StringLike", ID, "*:s", { Principal = { AWS = ROLE } }) }, { allow { Principal = { AWS = { SESSION, ROLE } } } } },
      { "none",
        { where("StringLike", ID, "*:s", { Principal = { AWS = ROLE } }) }, { allow { Principal = { AWS = { SESSION } } } } },
      { "none",
        {}, { allow { Principal = { AWS = { SESSION } } }, deny { Condition = { StringLike = { [ID] = "*:s" } } } } },
      { 'certain arn:aws:sts::111122223333:assumed-role/r/s {"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x/r"}',
        {}, { where("ArnEquals", ARN, "arn:aws:iam::" .. A .. ":role/x/r", { Principal = { AWS = SESSION } }) } },
      { "none",
        {}, { where("ArnEquals", ARN, "arn:aws:iam::" .. A .. ":role/x/q", { Principal = { AWS = SESSION } }) } },
      { 'certain arn:aws:iam::111122223333:role/r {"aws:userid":"AROAEXAMPLE:session"}',
        {},
        { allow { Principal = { AWS = ROLE } }, deny { Principal = { AWS = SESSION } },
          deny { Condition = { StringLike = { [ID] = "AROA*:[a-r]*" } } } } },
      { 'certain arn:aws:iam::111122223333:root {"aws:userid":"111122223333"}',
        {}, { where("StringEquals", ID, A) } },
      { 'certain arn:aws:iam::111122223333:role/example {"aws:userid":"AROAEXAMPLE:session"}',
        { where("StringEquals", ID, A) }, { allow { Principal = { AWS = "arn:aws:iam::" .. A .. ":root" } } } },
      { 'certain arn:aws:sts::111122223333:federated-user/f {"aws:userid":"111122223333:f"}',
        {}, { where("StringLike", ID, A .. ":f*") } },
      { "none",
        { where("StringLike", ID, A .. ":f*") }, { allow { Principal = { AWS = FEDERATED } } } },
      { "none",
        { where("StringLike", ID, "*?f*") }, { allow { Principal = { AWS = FEDERATED } } } },
      { 'certain arn:aws:sts::111122223333:federated-user/fa {"aws:userid":"111122223333:fa"}',
        { where("StringLike", ID, A .. "?g*") }, { allow { Principal = { AWS = FEDERATED } } } },
      { "undecided: aws:userid is compared with an ARN or a policy variable",
        {}, { where("ArnLike", ID, "arn:*", { Principal = { AWS = FEDERATED } }) } },
      { 'certain arn:aws:sts::111122223333:federated-user/fa {"aws:userid":"111122223333:fa"}',
        {}, { where("StringEqualsIgnoreCase", ID, A .. ":FA", { Principal = { AWS = FEDERATED } }) } },
      { 'certain arn:aws:sts::111122223333:federated-user/fa {"aws:userid":"111122223333:fa"}',
        { where("StringEquals", ID, A .. ":f*") }, { allow { Principal = { AWS = FEDERATED } } } },
      { 'certain arn:aws:iam::123456789012:user/aa {"aws:username":"aa"}',
        { where("StringEquals", "aws:username", "a") }, { where("StringLike", "aws:username", "a*") } },
      { 'certain arn:aws:iam::123456789012:user/a {"aws:username":"a"}',
        { allow { Principal = { AWS = "arn:aws:iam::" .. A .. ":user/a" } } }, { where("StringEquals", "aws:username", "a") } },
      { "none",
        { where("Null", "aws:username", "false") },
        { where("Null", "aws:username", "true", { Principal = { AWS = "arn:aws:iam::" .. A .. ":user/a" } }) } },
      { "none",
        { where("StringEquals", "aws:PrincipalServiceName", "ecs.amazonaws.com") }, { allow { Principal = { Service = { "ecs.amazonaws.com" } } } } },
      { 'certain s.amazonaws.com {"aws:PrincipalServiceName":"s.amazonaws.com"}',
        { where("StringLike", "aws:PrincipalServiceName", "e*") }, { where("StringLike", "aws:PrincipalServiceName", "*s.amazonaws.com") } },
      { "none",
        {},
        { allow { Principal = { Service = "ecs.amazonaws.com" } },
          deny { Condition = { StringLike = { ["aws:PrincipalServiceName"] = "ecs*" } } } } },
    })
  end)

  it("organizations", function()
    check({ "context" }, {
      { 'certain {"aws:PrincipalOrgID":"o-example000"}',
        { where("StringEquals", ORG_ID, ORG) }, { where("StringLike", ORG_ID, "o-*") } },
      { 'certain {"aws:PrincipalOrgID":"o-1a"}',
        { where("StringEquals", ORG_ID, "o-1") }, { where("StringLike", ORG_ID, "o-1*") } },
      { "none",
        { where("StringLike", ORG_ID, "*") }, { where("StringLike", ORG_ID, "?*") } },
      { 'certain {"aws:PrincipalOrgID":"O-A1B2C3D4E5"}',
        {}, { where("StringEquals", ORG_ID, "O-A1B2C3D4E5") } },
      { "none",
        { where("StringLike", ORG_ID, "o-a*") }, { where("StringLike", ORG_ID, "o-[a*") } },
      { 'certain {"aws:PrincipalOrgID":"o-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
        {}, { where("StringEquals", ORG_ID, "o-"..("a"):rep(33)) } },
      { "none",
        { where("StringEquals", ORG_ID, ORG) }, { where("StringLike", ORG_ID, "o-"..("?"):rep(9)) } },
      { 'certain {"aws:PrincipalOrgID":"O-a1b2c3d4e5"}',
        { where("StringEquals", ORG_ID, ORG) }, { where("StringEqualsIgnoreCase", ORG_ID, ORG:upper()) } },
      { 'certain {"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/"}',
        { where("ForAnyValue:StringLike", PATHS, ORG .. "/r-ab/*") }, { where("ForAnyValue:StringLike", PATHS, ORG .. "/*") } },
      { "none",
        { where("StringEquals", ORG_ID, ORG) }, { where("ForAnyValue:StringLike", PATHS, ORG .. "/*") } },
      { 'certain {"aws:PrincipalOrgID":"o-example000","aws:PrincipalOrgPaths":"o-example000/r-root/"}',
        { where("StringEquals", ORG_ID, ORG) }, { where("ForAnyValue:StringLike", PATHS, "o-*/r-*") } },
      { "none",
        { where("Null", ORG_ID, "true") }, { where("Null", PATHS, "true") } },
      { "none",
        { where("Null", ORG_ID, "false") }, { where("Null", PATHS, "false") } },
      { "none",
        {}, { where("Null", ORG_ID, "false", { Principal = { Service = "ecs.amazonaws.com" } }) } },
      { "none",
        { where("StringNotEquals", ORG_ID, ORG) }, { where("StringNotEquals", ORG_ID, { ORG, "o-b1b2c3d4e5" }) } },
      { 'certain {"aws:PrincipalOrgID":"o-b1b2c3d4e5"}',
        { where("StringNotEquals", ORG_ID, { ORG, "o-b1b2c3d4e5" }) }, { where("StringNotEquals", ORG_ID, ORG) } },
      { "none",
        { where("StringEquals", ORG_ID, ORG) }, { allow { Principal = { AWS = A } } }, { accounts = { [A] = ORG } } },
      { 'certain {"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/"}',
        { where("ForAnyValue:StringLike", PATHS, ORG .. "/r-1/*") }, { allow { Principal = { AWS = A } } }, { accounts = { [A] = ORG } } },
      { 'possible {"aws:PrincipalOrgID":"o-example000"}',
        {}, { where("NumericEquals", ORG_ID, "1") } },
      { 'certain {"aws:PrincipalOrgPaths":"o-example000/r-root/"}',
        { where("Null", PATHS, "true") }, { allow { Principal = { AWS = A } } } },
    })
  end)

  it("actions and resources", function()
    check({ "action", "resource", "context" }, {
      { "certain s:aa nil {}",
        { allow { Action = "s:?" } }, { allow { Action = "s:??" } } },
      { "certain s:bb nil {}",
        { allow { Action = "s:a?" } }, { allow { Action = "s:?b" } } },
      { "certain s:b nil {}",
        { allow { Action = false, NotAction = "s:*" } }, { allow { Action = false, NotAction = { "s:a*", "t:*" } } } },
      { "certain s:c nil {}",
        { allow { Action = { "s:a", "s:b" } } }, { allow { Action = { "s:a", "s:b", "s:c" } } } },
      { "certain s:a arn:aws:ecr:us-east-1:123456789012:repository/example {}",
        { on "arn:aws:s3:::a" }, { on "arn:*:*:*:*:*" } },
      { "certain s:a arn:aws:a3:::a {}",
        { on "arn:aws:s3:::a" }, { on "arn:aws:?3:::a" } },
      { "certain s:a arn:aws:s3:::b {}",
        { on "arn:aws:s3:::a" }, { on "arn:aws:s3:::?" } },
      { "certain s:a arn:aws:s3a:::a {}",
        { on "arn:aws:s3:::*" }, { on "arn:aws:s3*" } },
      { "none",
        { on "arn:aws:s3*" }, { on "arn:aws:s3:::*" } },
      { "none",
        { on "arn:aws:*:a" }, { on "arn:aws:s3:::x:a" } },
      { "none",
        { on "arn:aws:sqs:*" }, { on("arn:aws:sqs:r:" .. A .. ":q") } },
      { "certain s:a arn:aws:sqs:::a {}",
        {}, { on "arn:aws:sqs:*" } },
      { "certain s:a * {}",
        { on "arn:*:*:*:*:*" }, { on "*" } },
      { "none",
        { on "*" }, { allow() } },
      { "certain t:b arn:aws:ecr:us-east-1:123456789012:repository/example {}",
        { on "*" }, { allow(), allow { Action = "t:b", NotResource = "arn:aws:s3:::*" } } },
      { 'certain s:a nil {"aws:ResourceAccount":"444455556666"}',
        { where("StringEquals", RA, A) }, { where("StringEquals", RA, { A, B }) } },
      { 'certain s:a arn:aws:sqs:r::q {"aws:ResourceAccount":"111122223333"}',
        { on("arn:aws:sqs:r:" .. A .. ":*") }, { where("StringEquals", RA, A, { Resource = "arn:aws:sqs:r:*:q" }) } },
      { "none",
        { on("arn:aws:sqs:r:" .. A .. ":*") }, { where("StringEquals", RA, A, { Resource = "arn:aws:sqs:r:" .. A .. ":q" }) } },
      { "none",
        {}, { where("StringEquals", RA, B, { Resource = "arn:aws:sqs:r:" .. A .. ":q" }) } },
      { 'certain s:a arn:aws:s3:::b {"aws:ResourceAccount":"444455556666"}',
        {}, { where("StringEquals", RA, B, { Resource = "arn:aws:s3:::b" }) } },
      { "certain s:a arn:aws:sqs:r:444455556666:q {}",
        { where("Null", RA, "true", { Resource = "*" }) }, { where("StringNotEquals", RA, A, { Resource = "arn:aws:sqs:r:" .. B .. ":q" }) } },
      { "certain s:a arn:aws:sqs:r:111122223333:q {}",
        {}, { where("NumericEquals", RA, A, { Resource = "arn:aws:sqs:r:" .. A .. ":q" }) } },
      { "certain s:a arn:aws:sqs::111122223333:q {}",
        { where("StringNotEquals", RA, A, { Resource = "*" }) }, { on("arn:aws:sqs:*:*:q") } },
    })
  end)

  it("numbers, dates and addresses", function()
    check({ "context" }, {
      { 'certain {"aws:MultiFactorAuthAge":"1.5"}',
        { allow { Condition = { NumericLessThanEquals = { [N] = "1" } } }, allow { Condition = { NumericGreaterThanEquals = { [N] = "2" } } } },
        { where("Null", N, "false") } },
      { "none",
        { allow { Condition = { NumericLessThanEquals = { [N] = "1" } } }, allow { Condition = { NumericGreaterThan = { [N] = "1" } } } },
        { where("Null", N, "false") } },
      { 'certain {"aws:MultiFactorAuthAge":"1"}',
        { allow { Condition = { NumericLessThan = { [N] = "1" } } }, allow { Condition = { NumericGreaterThan = { [N] = "1" } } } },
        { where("Null", N, "false") } },
      { 'certain {"aws:MultiFactorAuthAge":"1e+300"}',
        {}, { where("NumericEquals", N, "1e300") } },
      { 'certain {"aws:MultiFactorAuthAge":"2e+300"}',
        { where("NumericLessThanEquals", N, "1e300") }, { where("NumericGreaterThan", N, "1e299") } },
      { 'certain {"aws:MultiFactorAuthAge":"1e+400"}',
        {}, { where("NumericEquals", N, "1e400") } },
      { 'certain {"aws:MultiFactorAuthAge":"0.1"}',
        {}, { where("NumericEquals", N, "0.1") } },
      { 'certain {"aws:MultiFactorAuthAge":"0.15"}',
        { where("NumericLessThanEquals", N, "0.1") }, { where("NumericLessThan", N, "0.2") } },
      { 'certain {"aws:MultiFactorAuthAge":"0.1234567890123456789"}',
        {}, { where("NumericEquals", N, "0.1234567890123456789") } },
      { 'certain {"aws:MultiFactorAuthAge":"1.234567890123456789e+22"}',
        {}, { where("NumericEquals", N, "12345678901234567890123") } },
      { 'certain {"aws:MultiFactorAuthAge":"-6"}',
        { where("NumericGreaterThanEquals", N, "-5") }, { where("Null", N, "false") } },
      { 'certain {"aws:MultiFactorAuthAge":"6"}',
        { where("NumericLessThanEquals", N, "5") }, { where("Null", N, "false") } },
      { 'certain {"aws:MultiFactorAuthAge":"-2e+300"}',
        { where("NumericGreaterThanEquals", N, "-1e300") }, { where("NumericLessThan", N, "0") } },
      { 'certain {"aws:TokenIssueTime":"2026-01-01T00:00:00Z"}',
        {}, { where("DateEquals", D, "2026-01-01") } },
      { 'certain {"aws:TokenIssueTime":"2026-01-01T00:00:00.5Z"}',
        { where("DateLessThanEquals", D, "2026-01-01T00:00:00Z"), where("DateGreaterThanEquals", D, "2026-01-01T00:00:01Z") },
        { where("Null", D, "false") } },
      { 'certain {"aws:TokenIssueTime":"2026-01-01T00:00:00Z"}',
        { where("DateLessThan", D, "2026-01-01T00:00:00Z"), where("DateGreaterThan", D, "2026-01-01T00:00:00Z") }, { where("Null", D, "false") } },
      { 'certain {"aws:TokenIssueTime":"1970-01-01T00:00:05Z"}',
        {}, { where("DateEquals", D, "5") } },
      { 'certain {"aws:TokenIssueTime":"9999-01-01T00:00:00Z"}',
        {}, { where("DateEquals", D, "9999") } },
      { 'certain {"aws:TokenIssueTime":"1970-01-01T02:46:40Z"}',
        {}, { where("DateEquals", D, "10000") } },
      { 'certain {"aws:TokenIssueTime":"0000-12-31T00:00:00Z"}',
        {}, { where("DateLessThan", D, "0001-01-01") } },
      { 'certain {"aws:TokenIssueTime":"253402387199"}',
        { where("DateLessThanEquals", D, "9999-12-31T23:59:59Z") }, { where("Null", D, "false") } },
      { 'certain {"aws:TokenIssueTime":"-62167305600"}',
        { where("DateGreaterThanEquals", D, "0000-01-01T00:00:00Z") }, { where("Null", D, "false") } },
      { 'certain {"aws:TokenIssueTime":"1767225600.1499999999"}',
        { where("DateLessThanEquals", D, "1767225600.1"), where("DateGreaterThanEquals", D, "1767225600.2") }, { where("Null", D, "false") } },
      { 'certain {"aws:TokenIssueTime":"100000000086399"}',
        {}, { where("DateGreaterThan", D, "99999999999999") } },
      { 'certain {"aws:CurrentTime":"2026-01-01T00:00:00Z","aws:EpochTime":"1767225600"}',
        { where("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z") }, { where("DateLessThanEquals", "aws:EpochTime", "1767225600") } },
      { "none",
        { where("DateLessThanEquals", "aws:CurrentTime", "2026-01-01T00:00:00Z") }, { where("DateLessThanEquals", "aws:EpochTime", "1767225600") } },
      { 'certain {"aws:CurrentTime":"2026-01-01T00:00:00Z","aws:EpochTime":"1767225600"}',
        {}, { where("StringLike", "aws:CurrentTime", "2026*") } },
      { 'certain {"aws:SourceIp":"10.128.0.0"}',
        { where("IpAddress", IP, "10.0.0.0/9") }, { where("IpAddress", IP, "10.0.0.0/8") } },
      { "none",
        { where("IpAddress", IP, { "10.0.0.0/9", "10.128.0.0/9" }) }, { where("IpAddress", IP, "10.0.0.0/8") } },
      { 'certain {"aws:SourceIp":"10.128.0.0"}',
        { where("IpAddress", IP, { "10.0.0.0/9", "10.128.0.1/32", "10.128.0.2/31", "10.128.0.4/30", "10.128.0.8/29" }) },
        { where("IpAddress", IP, "10.128.0.0/28") } },
      { 'certain {"aws:SourceIp":"198.51.100.1"}',
        { where("IpAddress", IP, { "0.0.0.0/1" }) }, { where("IpAddress", IP, "0.0.0.0/0") } },
      { "none",
        { where("IpAddress", IP, { "0.0.0.0/1", "128.0.0.0/1" }) }, { where("IpAddress", IP, "0.0.0.0/0") } },
      { 'certain {"aws:SourceIp":"2001:db8::1"}',
        { where("IpAddress", IP, { "0.0.0.0/0" }) }, { where("Null", IP, "false") } },
      { "none",
        { where("IpAddress", IP, { "0.0.0.0/0", "::/0" }) }, { where("Null", IP, "false") } },
      { 'certain {"aws:SourceIp":"2001:db8:8000::"}',
        { where("IpAddress", IP, { "2001:db8::/33" }) }, { where("IpAddress", IP, "2001:db8::/32") } },
      { 'certain {"aws:SourceIp":"2001:db8::2"}',
        { where("IpAddress", IP, { "2001:db8::/127" }) }, { where("IpAddress", IP, "2001:db8::/126") } },
      { 'certain {"aws:SourceIp":"255.255.255.254"}',
        { where("IpAddress", IP, { "255.255.255.255" }) }, { where("IpAddress", IP, "255.255.255.254/31") } },
      { 'possible {"aws:SourceIp":"198.51.100.1"}',
        {}, { where("IpAddress", IP, "10.0.0.300") } },
      { 'certain {"aws:SourceIp":"10.0.0.0"}',
        {}, { allow { Condition = { IpAddress = { [IP] = "10.0.0.0/8" }, StringLike = { [IP] = "10.*" } } } } },
      { 'certain {"svc:n":"1"}',
        {}, { allow { Condition = { NumericEquals = { ["svc:n"] = "1" }, StringLike = { ["svc:n"] = "1*" } } } } },
      { 'possible {"svc:n":"1"}',
        {}, { allow { Condition = { NumericEquals = { ["svc:n"] = "1" }, IpAddress = { ["svc:n"] = "::" } } } } },
      { 'possible {"svc:n":"true"}',
        {}, { allow { Condition = { NumericEquals = { ["svc:n"] = "1" }, Bool = { ["svc:n"] = "true" } } } } },
      { 'certain {"aws:SourceIp":"10.128.0.0"}',
        { where("NotIpAddress", IP, "10.0.0.0/8") }, { where("NotIpAddress", IP, "10.0.0.0/9") } },
    })
  end)

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
      { "undecided: a policy variable is in a pattern with wildcards before it, or others",
        { on "arn:aws:s3:::x/a*", on "arn:aws:s3:::x/e*" }, { on "arn:aws:s3:::x/${svc:a}/${svc:b}" } },
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
    })
  end)
end)
