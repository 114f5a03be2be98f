-- The operator tests of PMapper (github.com/nccgroup/PMapper, tests/test_local_querying.py), some of which were compared with
-- AWS's policy simulator. Each row: the operator, its operands, the values of the key or false, and PMapper's answer. A row
-- with an argument is decided otherwise.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local USER1, USER2 = "arn:aws:iam::000000000000:user/test1", "arn:aws:iam::000000000000:user/test2"
local DAY = "2018-08-10T00:00:00Z"
local OPEN = "AWS documents true and false as values of a Boolean key; iam-simulate takes others for no match: open"

local ROWS = {
  { "ArnEquals", USER1, USER1, true }, { "ArnEquals", USER1, USER2, false },
  { "ArnEquals", "arn:aws:iam::*:user/test1", USER1, true }, { "ArnEquals", "arn:aws:iam::*:user/test1", USER2, false },
  { "ArnNotLike", "arn:aws:iam::*:user/test1", USER1, false }, { "ArnNotLike", "arn:aws:iam::*:user/test1", USER2, true },
  { "ArnNotLike", "arn:aws:iam::*:user/test1", "test2", false },
  { "Null", "true", "", true }, { "Null", "false", "", false }, { "Null", "false", "asdf", true },
  { "Null", json.array { "true", "false" }, "", true }, { "Null", json.array { "true", "false" }, "asdf", true },
  { "ForAllValues:Null", "false", "asdf", true },
  { "ForAllValues:Null", "false", "", true, "iam-simulate decides it as Null, which is false: open" },
  { "ForAllValues:Null", "true", "asdf", false }, { "ForAllValues:Null", "true", "", true },
  { "ForAnyValue:Null", "true", "asdf", false },
  { "ForAnyValue:Null", "true", "", false, "iam-simulate decides it as Null, which is true: open" },
  { "ForAnyValue:Null", "false", "asdf", true }, { "ForAnyValue:Null", "false", "", false },
  { "DateEquals", DAY, DAY, true }, { "DateEquals", DAY, "1533859200.0", true }, { "DateEquals", DAY, "1533859200", true },
  { "DateEquals", DAY, "1533859201", false }, { "DateEquals", DAY, "2018-08-10T00:00:01Z", false },
  { "DateNotEquals", DAY, DAY, false }, { "DateNotEquals", DAY, "2018-08-10T00:00:01Z", true },
  { "DateGreaterThan", DAY, DAY, false }, { "DateGreaterThan", DAY, "2018-08-10T00:00:01Z", true },
  { "DateGreaterThanEquals", DAY, "2018-08-09T23:59:59Z", false }, { "DateGreaterThanEquals", DAY, DAY, true },
  { "DateGreaterThanEquals", DAY, "2018-08-10T00:00:01Z", true }, { "DateLessThan", DAY, "2018-08-09T23:59:59Z", true },
  { "DateLessThan", DAY, "2018-08-10T00:00:01Z", false }, { "DateLessThanEquals", DAY, "2018-08-09T23:59:59Z", true },
  { "DateLessThanEquals", DAY, DAY, true }, { "DateLessThanEquals", DAY, "2018-08-10T00:00:01Z", false },
  { "IpAddress", "10.0.0.1", "10.0.0.1", true }, { "IpAddress", "10.0.0.1", "10.0.0.2", false },
  { "IpAddress", "10.0.0.0/8", "10.0.0.1", true }, { "IpAddress", "10.0.0.0/8", "127.0.0.1", false },
  { "IpAddress", json.array { "10.0.0.0/8", "127.0.0.0/8" }, "127.0.0.1", true },
  { "IpAddress", json.array { "10.0.0.0/8", "127.0.0.0/8" }, "192.168.0.1", false },
  { "Bool", "true", "true", true }, { "Bool", "true", "True", true }, { "Bool", "true", "tru", false }, { "Bool", "true", "", false },
  { "Bool", "true", "false", false }, { "Bool", "false", "false", true }, { "Bool", "false", "true", false },
  { "Bool", "false", "asdf", true, OPEN }, { "Bool", "false", "t", true, OPEN },
}
do
  local attributes = json.array { "ID", "Message", "Tags" }
  for _, row in ipairs {
    { "ForAllValues", attributes, true }, { "ForAllValues", { "ID", "Message" }, true }, { "ForAllValues", false, true },
    { "ForAllValues", { "ID", "Message", "Tags", "Password" }, false }, { "ForAnyValue", attributes, true },
    { "ForAnyValue", { "Tags", "Password" }, true }, { "ForAnyValue", { "Password" }, false }, { "ForAnyValue", false, false },
  } do
    ROWS[#ROWS + 1] = { row[1] .. ":StringEquals", attributes, row[2], row[3] }
  end
end

describe("PMapper's operator tests", function()
  for _, row in ipairs(ROWS) do
    local operator, operands, value, holds, argument = table.unpack(row, 1, 5)
    it(("%s %s with %s: %s%s"):format(operator, json.encode(operands), json.encode(value), holds,
        argument and ", but " .. argument or ""), function()
      local doc = assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array { {
        Effect = "Allow", Principal = "*", Action = "*", Condition = { [operator] = { ["svc:Key"] = operands } } } } }))
      local answer = doc:can { principal = "arn:aws:iam::000000000000:user/asdf", action = "iam:CreateUser",
        context = { ["svc:key"] = value or nil } }
      assert.equal(argument and "depends" or holds and "allow" or "implicit-deny", answer)
    end)
  end
end)

-- The tests of whole requests: test_local_policy_sim.py, test_resource_policy_evaluation.py, test_cross_account_checks.py,
-- test_permissions_boundaries.py, test_org_trees.py, test_local_querying.py. PMapper answers yes or no.
describe("PMapper's tests of requests", function()
  local ACCOUNT = "000000000000"
  local USER, ROLE = "arn:aws:iam::000000000000:user/asdf1", "arn:aws:iam::000000000000:role/test1"
  local OTHER = "arn:aws:iam::999999999999:role/test_other"

  local function doc(...)
    local list = {}
    for i, one in ipairs { ... } do
      list[i] = { Effect = one[1], Action = one[2], NotAction = one.except, Resource = one.of or not one.by and "*" or nil,
        NotResource = one.not_of, Principal = one.by, Condition = one.when }
      if one.not_of then list[i].Resource = nil end
    end
    return json.encode { Version = "2012-10-17", Statement = json.array(list) }
  end
  local ALL, READS = doc { "Allow", "*" }, doc { "Allow", json.array { "s3:Get*", "s3:List*" } }
  local ASSUME = doc { "Allow", "sts:AssumeRole" }
  local function trust(account) return doc { "Allow", "sts:AssumeRole", by = { AWS = ("arn:aws:iam::%s:root"):format(account) } } end
  local BUCKET = json.array { "arn:aws:s3:::bucket/*", "arn:aws:s3:::*/object", "arn:aws:s3:::${aws:SourceAccount}/win" }
  local MFA = doc({ "Allow", "s3:ListAllMyBuckets" }, { "Allow", json.array { "iam:EnableMFADevice", "iam:GetUser" },
    of = "arn:aws:iam::*:user/${aws:username}" }, { "Deny", except = json.array { "iam:EnableMFADevice", "iam:GetUser" },
    when = { BoolIfExists = { ["aws:MultiFactorAuthPresent"] = "false" } } })
  local SCPS = { { ALL }, { ALL, doc { "Deny", "s3:*" } } }

  for i, row in ipairs {
    { true, "ec2:RunInstances", { doc { "Allow", json.array { "ec2:RunInstances", "s3:*", "iam:Get*" } } } },
    { true, "s3:GetObject", { doc { "Allow", json.array { "ec2:RunInstances", "s3:*" } } } },
    { false, "ec2:DescribeInstances", { doc { "Allow", json.array { "ec2:RunInstances", "s3:*" } } } },
    { false, "iam:GetRole", { doc { "Allow", except = "*" } } },
    { false, "s3:PutObject", { doc { "Allow", except = json.array { "iam:*", "s3:Put*" } } } },
    { true, "ec2:RunInstances", { doc { "Allow", except = json.array { "iam:*", "s3:Put*" } } } },
    { true, "s3:GetObject", { doc { "Allow", "*", of = BUCKET } }, "arn:aws:s3:::bucket/anything" },
    { true, "s3:GetObject", { doc { "Allow", "*", of = BUCKET } }, "arn:aws:s3:::anything/object" },
    { true, "s3:GetObject", { doc { "Allow", "*", of = BUCKET } }, "arn:aws:s3:::000000000000/win",
      context = { ["aws:SourceAccount"] = ACCOUNT } },
    { false, "s3:GetObject", { doc { "Allow", "*", not_of = BUCKET } }, "arn:aws:s3:::bucket/anything" },
    { false, "s3:GetObject", { doc { "Allow", "*", not_of = BUCKET } }, "arn:aws:s3:::000000000000/win",
      context = { ["aws:SourceAccount"] = ACCOUNT } },
    { true, "iam:GetUser", { doc { "Allow", "*", of = "arn:aws:iam::000000000000:user/${aws:username}" } }, USER },
    { true, "s3:GetObject", { doc { "Allow", "*", when = { IpAddress = { ["aws:SourceIp"] = "128.223.0.0/16" } } } },
      context = { ["aws:sourceip"] = "128.223.0.1" } },
    -- The role trusts the account, and the user's policies decide.
    { true, "sts:AssumeRole", { ASSUME }, ROLE, resource_policy = trust(ACCOUNT) },
    { false, "sts:AssumeRole", { ASSUME }, ROLE, resource_policy = trust "999999999999" },
    { false, "sts:AssumeRole", { READS }, ROLE, resource_policy = trust(ACCOUNT) },
    { false, "sts:AssumeRole", { READS }, ROLE, resource_policy = trust "999999999999" },
    { false, "sts:AssumeRole", { ASSUME }, ROLE, principal = OTHER, resource_policy = trust(ACCOUNT) },
    { true, "sts:AssumeRole", { ASSUME }, ROLE, principal = OTHER, resource_policy = trust "999999999999" },
    { true, "s3:GetObject", { READS }, "arn:aws:s3:::bucket/object",
      resource_policy = doc { "Allow", "s3:GetObject", of = "arn:aws:s3:::bucket/object", by = "*" } },
    { false, "s3:GetObject", { READS }, "arn:aws:s3:::bucket/object",
      resource_policy = doc { "Deny", "s3:GetObject", of = "arn:aws:s3:::bucket/object", by = "*" } },
    -- Boundaries
    { true, "s3:GetObject", { ALL }, boundaries = { READS } }, { false, "s3:PutObject", { ALL }, boundaries = { READS } },
    { true, "sts:AssumeRole", { ALL }, ROLE, boundaries = { ASSUME }, resource_policy = trust(ACCOUNT) },
    { true, "sts:AssumeRole", {}, ROLE, boundaries = {},
      resource_policy = doc { "Allow", "sts:AssumeRole", by = { AWS = USER } } },
    -- Organizations. PMapper recognizes a service-linked role by its name; here its path does.
    { false, "s3:CreateBucket", { ALL }, scps = SCPS }, { true, "ec2:RunInstances", { ALL }, scps = SCPS },
    { true, "s3:CreateBucket", { ALL }, scps = SCPS,
      principal = "arn:aws:iam::000000000000:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport" },
    -- A request without the key, and with each value
    { false, "s3:ListAllMyBuckets", { MFA }, context = {} },
    { false, "s3:ListAllMyBuckets", { MFA }, context = { ["aws:MultiFactorAuthPresent"] = "false" } },
    { true, "s3:ListAllMyBuckets", { MFA }, context = { ["aws:MultiFactorAuthPresent"] = "true" } },
    { true, "iam:EnableMFADevice", { MFA }, USER, context = { ["aws:MultiFactorAuthPresent"] = "false" } },
  } do
    it(("%d: %s is %s"):format(i, row[2], row[1] and "allowed" or "not allowed"), function()
      local answer, _, reason = policy.decide {
        principal = row.principal or USER, action = row[2], resource = row[4] or "*", resource_account = ACCOUNT,
        identity_policies = row[3], resource_policy = row.resource_policy, boundaries = row.boundaries, scps = row.scps,
        context = row.context or {},
      }
      assert.equal(row[1], answer == "allow", reason)
    end)
  end
end)
