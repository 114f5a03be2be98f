-- Which requests can exist: what the principal and the resource say about condition keys.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html

local policy = require "lanyard.policy"

local ROLE, OTHER = "arn:aws:iam::111122223333:role/ci/MyR", "arn:aws:iam::111122223333:role/Zzz"
local USER = "arn:aws:iam::111122223333:user/team/kim"
local SESSION = "arn:aws:sts::111122223333:assumed-role/MyR/job-1"
local FEDERATED = "arn:aws:sts::111122223333:federated-user/bob"
local ROOT, ACCOUNT = "arn:aws:iam::111122223333:root", "111122223333"
local SERVICE, SAML, WEB = "ecs.amazonaws.com", "arn:aws:iam::111122223333:saml-provider/x", "accounts.google.com"
local ROLE_ID, USER_ID = "AROAEXAMPLEEXAMPLE123", "AIDAEXAMPLEEXAMPLE123"
local CANONICAL = ("0123456789abcdef"):rep(4)
local REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/team/app"

local function possible(principal, context, more)
  local request = { principal = principal, action = "ecr:BatchGetImage", resource = REPOSITORY, context = context }
  for name, value in pairs(more or {}) do request[name] = value end
  return policy.possible(request)
end

-- Each row: a key, and for each principal a list of values that are possible and one of values that are not. The empty
-- list is the absent key.
local VALUES = {
  { "aws:PrincipalArn", {
    [USER] = { { USER }, { ROLE, "arn:aws:iam::111122223333:user/kim", {} } },
    [ROLE] = { { ROLE }, { OTHER, SESSION, {} } },
    [SESSION] = { { ROLE, "arn:aws:iam::111122223333:role/MyR" },
      { OTHER, SESSION, "arn:aws:iam::444455556666:role/MyR", "arn:aws:iam::111122223333:role/xMyR",
        "arn:aws-cn:iam::111122223333:role/MyR", "arn:aws:iam::111122223333:role//MyR", {} } },
    [FEDERATED] = { { FEDERATED }, { USER } },
    [ROOT] = { { ROOT }, { USER, "arn:aws-cn:iam::111122223333:root" } },
    [ACCOUNT] = { { ROOT, "arn:aws-cn:iam::111122223333:root" }, { USER, "arn:aws:iam::444455556666:root" } },
    [SERVICE] = { { {} }, { ROLE, "ecs.amazonaws.com" } },
    [SAML] = { { {} }, { SAML } },
    [WEB] = { { {} }, { ROLE } },
    ["*"] = { { {} }, { ROLE } },
    [ROLE_ID] = { { ROLE }, { USER, "arn:aws:iam::111122223333:role//x", {} } }, [CANONICAL] = { { ROOT }, { USER, ROLE } },
    [USER_ID] = { { USER }, { ROLE } },
  } },
  { "aws:PrincipalAccount", {
    [USER] = { { ACCOUNT }, { "444455556666", {} } }, [SESSION] = { { ACCOUNT }, { "444455556666" } },
    [ACCOUNT] = { { ACCOUNT }, { "444455556666" } }, ["*"] = { { "anonymous" }, { ACCOUNT, {} } },
    [SERVICE] = { { {} }, { ACCOUNT } }, [SAML] = { { {} }, { ACCOUNT } },
    [ROLE_ID] = { { "444455556666" }, { {}, "example", "11112222333x" } }, [CANONICAL] = { { ACCOUNT }, { "anonymous" } },
  } },
  { "aws:PrincipalType", {
    [USER] = { { "User" }, { "AssumedRole", "user", {} } }, [ROLE] = { { "AssumedRole" }, { "Role" } },
    [SESSION] = { { "AssumedRole" }, { "User" } }, [FEDERATED] = { { "FederatedUser" }, { "User" } },
    [ACCOUNT] = { { "Account" }, { "User" } }, ["*"] = { { "Anonymous" }, { "User", {} } },
    [ROLE_ID] = { { "AssumedRole" }, { "User" } }, [USER_ID] = { { "User" }, { "AssumedRole" } },
    [SERVICE] = { { "x" }, { "Anonymous", "User", "Account", {} } }, [WEB] = { { "x" }, { "Anonymous", "AssumedRole" } },
    [CANONICAL] = { { "Account" }, { "User" } },
  } },
  { "aws:userid", {
    [USER] = { { USER_ID }, { "AROAX:s", "kim", {} } }, [ROLE] = { { "AROAX:any" }, { "AROAX", USER_ID, ACCOUNT } },
    [SESSION] = { { "AROAX:job-1" }, { "AROAX:job-2", "AROAX" } },
    [FEDERATED] = { { "111122223333:bob" }, { "111122223333:eve", "bob" } },
    [ROOT] = { { ACCOUNT }, { "444455556666" } }, ["*"] = { { "anonymous" }, { USER_ID } },
    [ROLE_ID] = { { ROLE_ID .. ":s" }, { "AROAX:s", ROLE_ID } }, [USER_ID] = { { USER_ID }, { "AIDAX" } },
    [SERVICE] = { { "x", "x:y" }, { ACCOUNT, ACCOUNT .. ":x", USER_ID, "AROAX:s", "anonymous", {} } }, [CANONICAL] = { { ACCOUNT }, { "x" } },
  } },
  { "aws:username", {
    [USER] = { { "kim" }, { "ann", "team/kim", "Kim", {} } }, [ROLE] = { { {} }, { "MyR" } }, [SESSION] = { { {} }, { "job-1" } },
    [FEDERATED] = { { {} }, { "bob" } }, [ROOT] = { { {} }, { "root" } }, [SERVICE] = { { {} }, { "ecs" } },
    ["*"] = { { {} }, { "kim" } }, [WEB] = { { {} }, { "kim" } }, [ROLE_ID] = { { {} }, { "MyR" } }, [USER_ID] = { { "kim" }, { {} } },
  } },
  { "aws:PrincipalIsAWSService", {
    [SERVICE] = { { true, "true" }, { false, {} } }, [ROLE] = { { false, "False" }, { true, {} } },
    ["*"] = { { {} }, { false, true } }, [SAML] = { { {} }, { false } },
  } },
  { "aws:PrincipalServiceName", {
    [SERVICE] = { { SERVICE }, { "ec2.amazonaws.com", {} } }, [ROLE] = { { {} }, { SERVICE } }, ["*"] = { { {} }, { SERVICE } },
  } },
  { "aws:PrincipalServiceNamesList", {
    [SERVICE] = { { SERVICE, { SERVICE, "ecs.us-east-1.amazonaws.com" } },
      { {}, "ecs.us-east-1.amazonaws.com", "example", { SERVICE, "sns.amazonaws.com" } } },
    ["ecs.us-east-1.amazonaws.com"] = { { { SERVICE, "ecs.us-east-1.amazonaws.com" } }, { SERVICE } }, [USER] = { { {} }, { SERVICE } },
  } },
  { "aws:PrincipalOrgID", {
    [ROLE] = { { "o-1", {} }, {} }, ["*"] = { { {} }, { "o-1" } }, [SERVICE] = { { {} }, { "o-1" } }, [SAML] = { { {} }, { "o-1" } },
  } },
  { "aws:PrincipalOrgPaths", {
    [ROLE] = { { "o-1/r-1/", { "o-1/r-1/ou-1/", "o-1/r-1/ou-2/" }, {} }, {} }, ["*"] = { { {} }, { "o-1/r-1/" } },
  } },
  { "aws:PrincipalTag/team", { [ROLE] = { { "web", {} }, { { "a", "b" } } }, ["*"] = { { {} }, { "web" } }, [SERVICE] = { { {} }, { "web" } } } },
  { "aws:MultiFactorAuthPresent", { [USER] = { { true, {} }, {} }, ["*"] = { { {} }, { true } } } },
  { "aws:TokenIssueTime", { [SESSION] = { { "2026-01-01T00:00:00Z" }, {} }, [SERVICE] = { { {} }, { "2026-01-01T00:00:00Z" } } } },
  { "aws:ResourceAccount", { [ROLE] = { { ACCOUNT, {} }, { "444455556666" } }, ["*"] = { { ACCOUNT }, { "444455556666" } } } },
  { "aws:SourceArn", { [SERVICE] = { { "arn:aws:s3:::b", {} }, {} }, [ROLE] = { { "arn:aws:s3:::b" }, {} } } },
}

describe("a request can exist if the principal and the resource allow its keys:", function()
  for _, row in ipairs(VALUES) do
    local key, principals = row[1], row[2]
    for principal, values in pairs(principals) do
      it(key .. " of " .. principal, function()
        for _, value in ipairs(values[1]) do
          assert.is_true(possible(principal, { [key] = value }))
          assert.is_true(possible(principal, { [key:upper()] = value }))
        end
        for _, value in ipairs(values[2]) do
          local answer, reason = possible(principal, { [key] = value })
          assert.is_false(answer)
          assert.equal(key .. ": expected ", reason:sub(1, #key + 11))
        end
      end)
    end
  end
end)

describe("a key of every request", function()
  it("cannot be absent", function()
    for _, key in ipairs {
      "aws:CurrentTime", "aws:EpochTime", "aws:RequestedRegion", "aws:SecureTransport", "aws:UserAgent", "aws:ViaAWSService",
    } do
      local answer, reason = possible(ROLE, { [key] = {} })
      assert.is_false(answer)
      assert.equal(key .. ": expected a value in every request, found none", reason)
      assert.is_true(possible("*", { [key] = key == "aws:ViaAWSService" and "false" or "x" }))
    end
    assert.is_true(possible(ROLE, { ["aws:SourceIp"] = {}, ["aws:SourceVpce"] = {}, ["aws:x"] = {}, ["s3:prefix"] = {} }))
  end)
  it("is missed only if the context is said to be complete", function()
    assert.is_true(possible(ROLE, {}))
    assert.is_true(possible(ROLE, nil, { complete = true }))
    local context = { ["aws:PrincipalArn"] = ROLE, ["aws:PrincipalAccount"] = ACCOUNT, ["aws:PrincipalType"] = "AssumedRole",
      ["aws:userid"] = "AROAX:s", ["aws:PrincipalIsAWSService"] = false, ["aws:CurrentTime"] = "2026-01-01T00:00:00Z",
      ["aws:EpochTime"] = 1767225600, ["aws:RequestedRegion"] = "us-east-1", ["aws:UserAgent"] = "x",
      ["aws:ViaAWSService"] = false, ["AWS:securetransport"] = true }
    assert.is_true(possible(ROLE, context, { complete = true }))
    for key in pairs(context) do
      local value = context[key]
      context[key] = nil
      assert.is_true(possible(ROLE, context), key)
      assert.is_false(possible(ROLE, context, { complete = true }), key)
      assert.is_true(possible(ROLE, context, { complete = true, partial = true }), key)
      context[key] = value
    end
  end)
end)

describe("a key", function()
  it("has one value, unless AWS documents several", function()
    for _, key in ipairs { "aws:SourceIp", "aws:RequestTag/a", "aws:SecureTransport", "aws:ResourceOrgID", "aws:referer" } do
      local answer, reason = possible(ROLE, { [key] = { "a", "b" } })
      assert.is_false(answer)
      assert.equal(key .. ": expected one value, found 2", reason)
    end
    for _, key in ipairs { "aws:TagKeys", "aws:CalledVia", "aws:ResourceOrgPaths", "aws:SourceOrgPaths", "aws:VpceOrgPaths",
      "ecr:x", "aws:NewKey", "aws:RequestTag/" } do
      assert.is_true(possible(ROLE, { [key] = { "a", "b" } }), key)
    end
  end)
  it("is an address if AWS documents one", function()
    for _, key in ipairs { "aws:SourceIp", "AWS:VPCSOURCEIP" } do
      for _, text in ipairs { "192.0.2.1", "2001:db8::1", "" } do
        assert.is_true(policy.possible { principal = ROLE, context = { [key] = text } }, text)
      end
      for _, text in ipairs { "home", "192.0.2.0/24", "192.0.2.256", "192.0.2.1\0" } do
        local ok, reason = policy.possible { principal = ROLE, context = { [key] = text } }
        assert.is_false(ok)
        assert.equal(("%s: expected an IP address, found '%s'"):format(key, text:gsub("%z", "?")), reason)
      end
    end
  end)
  it("agrees with the keys that say the same", function()
    local function times(now, epoch)
      return possible(ROLE, { ["aws:CurrentTime"] = now, ["aws:EpochTime"] = epoch })
    end
    assert.is_true(times("2026-01-01T00:00:00Z", 1767225600))
    local issued = { ["aws:TokenIssueTime"] = "2026-01-01T00:00:00Z", ["aws:CurrentTime"] = "2026-01-01T00:00:00Z" }
    assert.is_true(possible(ROLE, issued))
    for key, time in pairs { ["aws:CurrentTime"] = "2025-12-31T23:59:59Z", ["aws:EpochTime"] = "1767225599" } do
      local later, why = possible(ROLE, { ["aws:TokenIssueTime"] = "2026-01-01T00:00:00Z", [key] = time })
      assert.is_false(later)
      assert.matches("^aws:TokenIssueTime: expected a time before aws:CurrentTime", why)
    end
    assert.is_true(times("2026-01-01T01:00:00.5+01:00", "1767225600"))
    assert.is_true(times("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"))
    local answer, reason = times("2026-01-01T00:00:00Z", 1767225601)
    assert.is_false(answer)
    assert.equal("aws:EpochTime: expected 1767225600, which is aws:CurrentTime '2026-01-01T00:00:00Z', found '1767225601'", reason)
    for _, side in ipairs { "Principal", "Resource", "Source", "Vpce" } do
      local id, paths = ("aws:%sOrgID"):format(side), ("aws:%sOrgPaths"):format(side)
      assert.is_true(possible(ROLE, { [id] = "o-1", [paths] = { "o-1/r-1/", "o-1/r-1/ou-1/" } }))
      for _, found in ipairs { "o-2/r-1/", "o-11/r-1/", "o-1", {}, { { "o-1/r-1/", "o-2/r-1/" } } } do
        assert.is_false(possible(ROLE, { [id] = "o-1", [paths] = found[1] or found }))
      end
      assert.is_false(possible(ROLE, { [id] = {}, [paths] = "o-1/r-1/" }))
      assert.is_true(possible(ROLE, { [id] = {}, [paths] = {} }))
    end
  end)
end)

describe("the ARN of a unique ID", function()
  it("agrees with the account and the name", function()
    local function with(arn, key, value) return possible(arn:find ":role/" and ROLE_ID or USER_ID, { ["aws:PrincipalArn"] = arn, [key] = value }) end
    assert.is_true(with(ROLE, "aws:PrincipalAccount", ACCOUNT))
    assert.is_true(with(USER, "aws:username", "kim"))
    local answer, reason = with(ROLE, "aws:PrincipalAccount", "444455556666")
    assert.is_false(answer)
    assert.equal("aws:PrincipalAccount: expected '111122223333' for a role, found '444455556666'", reason)
    assert.is_false((with(USER, "aws:username", "ann")))
    assert.is_false((possible(CANONICAL, { ["aws:PrincipalArn"] = ROOT, ["aws:userid"] = "444455556666" })))
    assert.is_true(possible(CANONICAL, { ["aws:PrincipalArn"] = ROOT, ["aws:userid"] = ACCOUNT }))
  end)
end)

describe("the owner of a resource", function()
  it("is the account in its ARN", function()
    assert.is_true(possible(ROLE, nil, { account = ACCOUNT }))
    local answer, reason = possible(ROLE, nil, { account = "444455556666" })
    assert.is_false(answer)
    assert.equal("the owner of the resource: expected '111122223333' as in its ARN, found '444455556666'", reason)
  end)
  it("is free if the ARN has no account", function()
    for _, resource in ipairs { "arn:aws:s3:::b", "arn:aws:iam::aws:policy/x", "*" } do
      assert.is_true(possible(ROLE, { ["aws:ResourceAccount"] = "444455556666" }, { resource = resource, account = "444455556666" }))
      assert.is_false(possible(ROLE, { ["aws:ResourceAccount"] = ACCOUNT }, { resource = resource, account = "444455556666" }))
    end
    assert.is_true(possible(ROLE, { ["aws:ResourceAccount"] = "444455556666" }, { resource = "arn:aws:s3:::b" }))
  end)
end)

describe("policy.possible", function()
  it("knows which principals make requests", function()
    for _, principal in ipairs { "arn:aws:iam::111122223333:group/x", "arn:aws:s3:::b", "somebody", "",
      "arn:aws:iam::111122223333:user//a", "arn:aws:iam::111122223333:role/a//b", "arn:aws:iam::111122223333:role/a/", "AGPAEXAMPLEEXAMPLE123",
      "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:user/a?", "arn:aws:iam::111122223333:role/x/a b",
      "arn:aws:sts::111122223333:assumed-role/*/s", "arn:aws:sts::111122223333:assumed-role/a/*", "arn:aws:sts::111122223333:federated-user/*",
    } do
      local answer, reason = policy.possible { principal = principal }
      assert.is_false(answer)
      assert.matches("^principal: expected a user, role", reason)
    end
    assert.is_true(policy.possible { principal = ("0123456789abcdef"):rep(4) })
  end)
  it("shortens long values and replaces control characters", function()
    for _, first in ipairs { "", "x" } do
      local _, reason = possible(ROLE, { ["aws:username"] = "a\nb\27" .. first .. ("é"):rep(500) })
      assert.matches("found 'a%?b%?" .. first .. "é", reason)
      assert.is_true(#reason < 300)
      assert.is_truthy(utf8.len(reason))
    end
  end)
  it("raises an error for a request that is not one", function()
    assert.has_error(function() policy.possible(5) end, "possible: a table expected, got number")
    assert.has_error(function() policy.possible { principal = ROLE, contex = {} } end, "possible has no field 'contex'")
    assert.is_false((pcall(policy.possible, { action = "ecr:PutImage" })))
    assert.is_false((pcall(policy.possible, { principal = ROLE, context = 5 })))
    for _, name in ipairs { "action", "resource", "account", "issuer" } do
      assert.has_error(function() policy.possible { principal = ROLE, [name] = 5 } end,
        "possible: " .. name .. ": a string expected, got number")
    end
    assert.is_false((pcall(policy.possible, { principal = ROLE, context = { ["aws:x"] = "1", ["AWS:X"] = "2" } })))
  end)
end)

-- Each row: a key, what it needs or excludes, values of the other key that are possible beside it, and that are not.
local RELATIONS = {
  { "aws:CalledVia", "ecs.amazonaws.com", "aws:ViaAWSService", { true, "TRUE" }, { false, "x" } },
  { "aws:CalledViaFirst", "ecs.amazonaws.com", "aws:ViaAWSService", { true }, { false } },
  { "aws:CalledViaLast", "ecs.amazonaws.com", "aws:ViaAWSService", { true }, { false } },
  { "aws:CalledVia", { "a.amazonaws.com", "b.amazonaws.com" }, "aws:CalledViaFirst", { "a.amazonaws.com" }, { "b.amazonaws.com", {} } },
  { "aws:CalledVia", { "a.amazonaws.com", "b.amazonaws.com" }, "aws:CalledViaLast", { "b.amazonaws.com" }, { "a.amazonaws.com", {} } },
  { "aws:CalledViaFirst", "a.amazonaws.com", "aws:CalledVia", { "a.amazonaws.com" }, { {} } },
  { "aws:CalledViaFirst", "a.amazonaws.com", "aws:CalledViaLast", { "b.amazonaws.com" }, { {} } },
  { "aws:CalledViaAWSMCP", "aws-mcp.amazonaws.com", "aws:ViaAWSMCPService", { true }, { false, {} } },
  { "aws:MultiFactorAuthAge", "5", "aws:MultiFactorAuthPresent", { true, "true" }, { false, {} } },
  { "aws:MultiFactorAuthAge", "5", "aws:TokenIssueTime", { "2026-01-01T00:00:00Z" }, { {} }, USER },
  { "aws:MultiFactorAuthPresent", false, "aws:TokenIssueTime", { "2026-01-01T00:00:00Z" }, { {} }, USER },
  { "aws:FederatedProvider", "accounts.google.com", "aws:MultiFactorAuthPresent", { {} }, { true, false } },
  { "aws:FederatedProvider", "accounts.google.com", "aws:MultiFactorAuthAge", { {} }, { "5" } },
  { "aws:Ec2InstanceSourceVpc", "vpc-1", "aws:Ec2InstanceSourcePrivateIPv4", { "10.0.0.1" }, { {} } },
  { "aws:Ec2InstanceSourcePrivateIPv4", "10.0.0.1", "aws:Ec2InstanceSourceVpc", { "vpc-1" }, { {} } },
  { "aws:SourceVpce", "vpce-1", "aws:SourceIp", { {} }, { "192.0.2.1" } },
  { "aws:SourceVpcArn", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1", "aws:SourceIp", { {} }, { "192.0.2.1" } },
  { "aws:VpceAccount", ACCOUNT, "aws:SourceIp", { {} }, { "192.0.2.1" } },
  { "aws:VpceOrgID", "o-1", "aws:SourceIp", { {} }, { "192.0.2.1" } },
  { "aws:VpceOrgPaths", "o-1/r-1/", "aws:SourceIp", { {} }, { "192.0.2.1" } },
  { "aws:VpcSourceIp", "10.0.0.1", "aws:SourceIp", { {} }, { "192.0.2.1" } },
}

describe("keys of one request", function()
  for _, row in ipairs(RELATIONS) do
    it(("agree: %s and %s"):format(row[1], row[3]), function()
      local function with(value) return possible(row[6] or ROLE, { [row[1]] = row[2], [row[3]] = value }) end
      assert.is_true(possible(row[6] or ROLE, { [row[1]] = row[2] }))
      for _, value in ipairs(row[4]) do
        assert.is_true(with(value))
      end
      for _, value in ipairs(row[5]) do
        local answer, reason = with(value)
        assert.is_false(answer)
        assert.equal(row[3] .. ": expected ", reason:sub(1, #row[3] + 11))
        assert.is_truthy(reason:find(row[1], 1, true), reason)
      end
    end)
  end
  it("say what contradicts them", function()
    for _, row in ipairs {
      { { ["aws:SourceVpce"] = "vpce-1", ["aws:SourceIp"] = "192.0.2.1" },
        "aws:SourceIp: expected no value with aws:SourceVpce, found '192.0.2.1'" },
      { { ["aws:MultiFactorAuthAge"] = "5", ["aws:MultiFactorAuthPresent"] = false },
        "aws:MultiFactorAuthPresent: expected 'true' with aws:MultiFactorAuthAge, found 'false'" },
      { { ["aws:CalledVia"] = { "a.amazonaws.com", "b.amazonaws.com" }, ["aws:CalledViaFirst"] = "b.amazonaws.com" },
        "aws:CalledViaFirst: expected 'a.amazonaws.com', the first of aws:CalledVia, found 'b.amazonaws.com'" },
      { { ["aws:Ec2InstanceSourceVpc"] = "vpc-1", ["aws:Ec2InstanceSourcePrivateIPv4"] = {} },
        "aws:Ec2InstanceSourcePrivateIPv4: expected a value with aws:Ec2InstanceSourceVpc, found none" },
    } do
      local answer, reason = possible(ROLE, row[1])
      assert.is_false(answer)
      assert.equal(row[2], reason)
    end
  end)
end)

describe("a key of sessions", function()
  -- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-role-session-properties
  it("is there for the sessions that have it only", function()
    local role_keys = { "aws:SourceIdentity", "aws:ChatbotSourceArn", "aws:Ec2InstanceSourceVpc", "aws:FederatedProvider",
      "ec2:SourceInstanceArn", "ec2:RoleDelivery", "lambda:SourceFunctionArn", "ssm:SourceInstanceArn", "codebuild:BuildArn",
      "codebuild:ProjectArn", "glue:RoleAssumedBy", "glue:CredentialIssuingService" }
    for _, key in ipairs(role_keys) do
      for _, principal in ipairs { ROLE, SESSION, ROLE_ID } do
        assert.is_true(possible(principal, { [key] = "x" }), key)
        assert.is_true(possible(principal, { [key] = {} }), key)
      end
      for _, principal in ipairs { USER, ROOT, FEDERATED, USER_ID, CANONICAL, SERVICE, "*" } do
        assert.is_false((possible(principal, { [key] = "x" })), key .. principal)
      end
    end
    assert.is_true(possible(WEB, { ["aws:FederatedProvider"] = "accounts.google.com" }))
    assert.is_false((possible(WEB, { ["aws:SourceIdentity"] = "x" })))
    for principal, expected in pairs { [ROOT] = true, [ACCOUNT] = true, [CANONICAL] = true, [USER] = false, [ROLE] = false, ["*"] = false } do
      assert.equal(expected, (possible(principal, { ["aws:AssumedRoot"] = true })), principal)
    end
  end)
  it("is there for every session that has it", function()
    for principal, expected in pairs { [ROLE] = false, [SESSION] = false, [ROLE_ID] = false, [FEDERATED] = false, [USER] = true, [ROOT] = true,
      [USER_ID] = true, [CANONICAL] = true, [SERVICE] = true, [WEB] = true, ["*"] = true } do
      assert.equal(expected, (possible(principal, { ["aws:TokenIssueTime"] = {} })), principal)
    end
    local _, reason = possible(SESSION, { ["aws:TokenIssueTime"] = {} })
    assert.equal("aws:TokenIssueTime: expected a value for a role session, found none", reason)
  end)
  it("does not say that federated users used MFA", function()
    for _, key in ipairs { "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge" } do
      assert.is_false((possible(FEDERATED, { [key] = "1" })))
      assert.is_true(possible(FEDERATED, { [key] = {} }))
    end
  end)
  it("says that a service acts for callers with an account only", function()
    for _, principal in ipairs { "*", SERVICE, WEB } do
      assert.is_false((possible(principal, { ["aws:ViaAWSService"] = true })))
      assert.is_true(possible(principal, { ["aws:ViaAWSService"] = false }))
      assert.is_false((possible(principal, { ["aws:CalledVia"] = "ecs.amazonaws.com" })))
    end
    assert.is_true(possible(USER, { ["aws:ViaAWSService"] = true, ["aws:CalledVia"] = "ecs.amazonaws.com" }))
  end)
end)
