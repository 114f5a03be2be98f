-- ECR's layout of the policies that it returns, against recordings.

local layout = require "lanyard.emulator.ecr.layout"
local policy = require "lanyard.policy"
local world = require "world"

local function of(text)
  return layout.of(assert(policy.parse(text)))
end

describe("ECR's layout", function()
  -- The example of get-repository-policy in the AWS CLI's reference.
  it("is the layout of the CLI's example", function()
    assert.equal('{\n  "Version" : "2008-10-17",\n  "Statement" : [ {\n    "Sid" : "allow public pull",\n    "Effect" : "Allow",\n'
      .. '    "Principal" : "*",\n    "Action" : [ "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", '
      .. '"ecr:GetDownloadUrlForLayer" ]\n  } ]\n}', of [[
{
    "Version" : "2008-10-17",
    "Statement" : [
        {
            "Sid" : "allow public pull",
            "Effect" : "Allow",
            "Principal" : "*",
            "Action" : [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer"
            ]
        }
    ]
}]])
  end)

  it("has the item of a list of one", function()
    assert.equal('{\n  "Version" : "2012-10-17",\n  "Statement" : [ {\n    "Sid" : "LambdaECRPullPolicy",\n    "Effect" : "Allow",\n'
      .. '    "Principal" : {\n      "Service" : "lambda.amazonaws.com"\n    },\n    "Action" : "ecr:BatchGetImage"\n  } ]\n}',
      of('{"Version":"2012-10-17","Statement":{"Action":["ecr:BatchGetImage"],"Principal":{"Service":["lambda.amazonaws.com"]},'
        .. '"Effect":"Allow","Sid":"LambdaECRPullPolicy"}}'))
  end)

  it("orders members, and has several statements and conditions", function()
    assert.equal([[
{
  "Version" : "2012-10-17",
  "Id" : "x",
  "Statement" : [ {
    "Effect" : "Deny",
    "NotPrincipal" : {
      "AWS" : [ "arn:aws:iam::111122223333:root", "444455556666" ]
    },
    "NotAction" : "ecr:Get*",
    "Condition" : {
      "StringEquals" : {
        "aws:PrincipalOrgID" : [ "o-a", "o-b" ],
        "aws:SourceVpc" : "vpc-1"
      },
      "Bool" : {
        "aws:SecureTransport" : false
      }
    }
  }, {
    "Sid" : "second",
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : "ecr:*"
  } ]
}]], of([[{"Statement":[{"Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-a","o-b"],"aws:SourceVpc":["vpc-1"]},
      "Bool":{"aws:SecureTransport":false}},"NotAction":["ecr:Get*"],"NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root",
      "444455556666"]},"Effect":"Deny"},{"Action":"ecr:*","Principal":"*","Effect":"Allow","Sid":"second"}],
      "Id":"x","Version":"2012-10-17"}]]))
  end)

  it("places the Resource of a registry policy after Action", function()
    assert.equal('{\n  "Version" : "2012-10-17",\n  "Statement" : [ {\n    "Sid" : "ReplicationAccessCrossAccount",\n    "Effect" : '
      .. '"Allow",\n    "Principal" : {\n      "AWS" : "arn:aws:iam::123412341234:root"\n    },\n    "Action" : [ '
      .. '"ecr:CreateRepository", "ecr:ReplicateImage" ],\n    "Resource" : "arn:aws:ecr:us-west-2:123456123456:repository"\n'
      .. '  } ]\n}', of('{"Version":"2012-10-17","Statement":[{"Sid":"ReplicationAccessCrossAccount","Effect":"Allow","Principal":'
      .. '{"AWS":"arn:aws:iam::123412341234:root"},"Action":["ecr:CreateRepository","ecr:ReplicateImage"],"Resource":'
      .. '"arn:aws:ecr:us-west-2:123456123456:repository"}]}'))
  end)

  it("keeps the meaning, also of odd strings", function()
    for _, text in ipairs {
      '{"Statement":[{"Sid":"\\u00e9\\n\\"\\\\/ \\ud83d\\ude00","Effect":"Allow","Principal":"*","Action":"ecr:*"}]}',
      '{"Statement":[]}',
      '{"Statement":[{"Effect":"Allow","Principal":{},"Action":[],"Other":{"a":[1,2.50,null,true,[]]}}]}',
    } do
      local doc = assert(policy.parse(text))
      assert.is_true(doc:equivalent(assert(policy.parse(layout.of(doc)))), text)
      assert.equal(layout.of(doc), of(layout.of(doc)))
    end
  end)
end)

describe("an edit of a policy in ECR's layout", function()
  local ROLE = "arn:aws:iam::111122223333:role/x"
  local edits = {
    allow = function(doc) return doc:allow { sid = "b", principal = ROLE, actions = { "ecr:BatchGetImage", "ecr:ListImages" } } end,
    ["set a list"] = function(doc) return doc:set { sid = "a", element = "Action", value = { "ecr:BatchGetImage", "ecr:PutImage" } } end,
    ["set a nested list"] = function(doc) return doc:set { sid = "a", element = "Principal", value = { AWS = { ROLE, ROLE .. "y" } } } end,
    ["set a condition"] = function(doc)
      return doc:set { sid = "a", element = "Condition", value = { StringEquals = { ["aws:PrincipalOrgID"] = { "o-a", "o-b" } } } }
    end,
    remove = function(doc) return doc:remove { sid = "c" } end,
  }
  for _, others in ipairs { "", ',{"Sid":"c","Effect":"Allow","Principal":{"AWS":["1","2"]},"Action":["ecr:*"]}' } do
    for name, edit in pairs(edits) do
      it(("keeps the layout: %s%s"):format(name, others == "" and ", of one statement" or ""), function()
        local doc = assert(policy.parse(of('{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*",'
          .. '"Action":"ecr:ListImages"}' .. others .. "]}")))
        edit(doc)
        assert.equal(layout.of(doc), tostring(doc))
      end)
    end
  end
end)

describe("the emulated ECR", function()
  local SENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage"]}]}'

  it("returns policies in its layout, or as they were sent", function()
    local w <close> = world.new { reformat = true }
    local set = assert(w.region.ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = SENT })
    assert.equal(of(SENT), set.policyText)
    assert.equal(of(SENT), assert(w.region.ecr:GetRepositoryPolicy { repositoryName = "shared-repo" }).policyText)
    assert.equal(of(SENT), assert(w.region.ecr:DeleteRepositoryPolicy { repositoryName = "shared-repo" }).policyText)
    local plain <close> = world.new { reformat = false }
    assert.equal(SENT, assert(plain.region.ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = SENT }).policyText)
  end)

  it("counts the characters that are sent, and not its layout", function()
    local w <close> = world.new { reformat = true }
    local function text(size)
      return SENT:sub(1, -2) .. (" "):rep(size - #SENT) .. "}"
    end
    assert(w.region.ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text(10240) })
    local sid = text(10239):gsub("^{", '{"Id":"' .. ("\u{e9}"):rep(3) .. '",'):gsub((" "):rep(10), "", 1)
    assert.equal(10240, utf8.len(sid))
    assert(w.region.ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = sid })
    local _, err = w.region.ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text(10241) }
    assert.equal("InvalidParameterException", err.code)
  end)

  it("shows the unique ID of a role that was deleted, in its layout", function()
    local w <close> = world.new { reformat = true }
    local arn = "arn:aws:iam::111122223333:role/ci-deploy"
    local id = w.world.state.roles[arn].id
    local sent = SENT:gsub('"%*"', '{"AWS":"' .. arn .. '"}')
    assert(w.region.ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = sent })
    w.world.state.roles[arn] = nil
    assert.equal(of((sent:gsub(arn:gsub("%p", "%%%0"), id))),
      assert(w.region.ecr:GetRepositoryPolicy { repositoryName = "shared-repo" }).policyText)
  end)
end)
