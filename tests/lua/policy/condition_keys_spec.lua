local condition_keys = require "lanyard.policy.condition_keys"
local helper = require "helper"

describe("the catalogue of condition keys", function()
  it("finds a key in any case, with the key of a tag", function()
    assert.equal("aws:PrincipalOrgID", condition_keys.find("AWS:principalorgid").name)
    assert.equal("aws:PrincipalTag/", condition_keys.find("aws:principaltag/a/b").name)
    for _, name in ipairs { "aws:PrincialOrgID", "PrincipalOrgID", "aws:PrincipalTag", "aws:PrincipalTag/", "s3:prefix", "" } do
      assert.is_nil(condition_keys.find(name), name)
    end
  end)

  it("recognizes a key that lacks the key of a tag", function()
    assert.equal("aws:RequestTag/", condition_keys.without_tag("aws:requesttag").name)
    assert.is_nil(condition_keys.without_tag "aws:RequestTag/a")
    assert.is_nil(condition_keys.without_tag "aws:username")
  end)

  it("suggests the nearest key", function()
    for mistyped, expected in pairs {
      ["aws:PrincialOrgID"] = "aws:PrincipalOrgID", ["aws:PrincipalOrg"] = "aws:PrincipalOrgID",
      ["PrincipalOrgID"] = "aws:PrincipalOrgID", ["sourceip"] = "aws:SourceIp", ["aws:ResourceTags/a"] = "aws:ResourceTag/a",
      ["aws:SourceVpcs"] = "aws:SourceVpc", ["aws:UserName1"] = "aws:username",
    } do
      assert.equal(expected, condition_keys.nearest(mistyped))
    end
    assert.is_nil(condition_keys.nearest "ecr:RepositoryName")
  end)

  it("says where each key exists", function()
    for _, name in ipairs(condition_keys.NAMES) do
      local key = condition_keys.find(name .. (name:sub(-1) == "/" and "a" or ""))
      assert.is_true(#key.where > 0, name)
    end
  end)

  it("has the types of the evaluator's keys", function()
    local TYPES = {
      STRING = "string", ARN = "arn", BOOLEAN = "boolean", DATE = "date", NUMBER = "number", ADDRESS = "address",
    }
    local count = 0
    for macro, name, kind in helper.read("core/policy/caller_table.c"):gmatch '(%u+)%("([%w:/]+)", (%u+)' do
      local key = condition_keys.find((name:gsub("/$", "/a")))
      if name:find "^aws:" then
        assert.is_truthy(key, name)
        assert.equal(macro == "MANY" and "string" or TYPES[kind], key.type, name)
        assert.equal(macro == "MANY", key.multivalued or false, name)
      else
        assert.is_nil(key, name) -- of role sessions of a service: not a global key
      end
      count = count + 1
    end
    assert.is_true(count > 40)
  end)
end)

describe("the global key that a key of a service is meant to be", function()
  it("is about the principal or the source of a request", function()
    for name, expected in pairs {
      ["iam:PrincipalOrgID"] = "aws:PrincipalOrgID", ["S3:sourcevpce"] = "aws:SourceVpce", ["kms:SourceIp"] = "aws:SourceIp",
      ["sts:PrincipalTag/team"] = "aws:PrincipalTag/team", ["ecr:SecureTransport"] = "aws:SecureTransport",
    } do
      assert.equal(expected, condition_keys.global_twin(name))
    end
    for _, name in ipairs {
      "aws:PrincipalOrgID", "sts:SourceIdentity", "ec2:SourceInstanceARN", "lambda:SourceFunctionArn", "s3:ResourceAccount",
      "kms:PrincipalOrg", "accounts.google.com:sub", "iam:ResourceTag/a", "PrincipalOrgID",
    } do
      assert.is_nil(condition_keys.global_twin(name), name)
    end
  end)
end)
