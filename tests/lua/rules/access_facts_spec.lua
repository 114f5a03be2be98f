local access_facts = require "lanyard.rules.access_facts"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

-- Returns the classes of `reach` for an Allow of a pull to a principal under a condition.
local function reach(condition, principal)
  local change = { repository_details = { account = "111122223333" } }
  local after = assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array { {
    Effect = "Allow", Principal = principal or "*", Action = "ecr:BatchGetImage", Condition = condition } } }))
  assert.is_nil(access_facts.add(change, nil, after))
  return change.reach, change.new_access
end

local function described(list)
  local texts = {}
  for i, one in ipairs(list) do
    texts[i] = ("%s %s%s%s"):format(one.kind, one.text, one.public and " public" or "",
      (one.network or one.source) and " restricted" or "")
  end
  return table.concat(texts, "; ")
end

describe("the audience that a rule gets as change.reach and change.new_access", function()
  it("counts a condition by whom it excludes", function()
    for _, case in ipairs {
      { { Bool = { ["aws:SecureTransport"] = "true" } }, "everyone everyone public" },
      { { IpAddress = { ["aws:SourceIp"] = "0.0.0.0/0" } }, "everyone everyone public" },
      { { IpAddress = { ["aws:SourceIp"] = json.array { "0.0.0.0/1", "128.0.0.0/1" } } }, "everyone everyone public" },
      { { IpAddress = { ["aws:SourceIp"] = "192.0.2.0/24" } }, "everyone everyone from 192.0.2.0/24 restricted" },
      { { StringLike = { ["aws:PrincipalOrgID"] = "*" } }, "any-organization everyone in any organization public" },
      { { ["ForAllValues:StringEquals"] = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } }, "everyone everyone public" },
      { { StringEqualsIfExists = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } }, "everyone everyone public" },
      { { StringNotEquals = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } },
        "everyone everyone, except organization o-a1b2c3d4e5 public" },
      { { StringLike = { ["aws:PrincipalArn"] = "*" } }, "everyone everyone with aws:PrincipalArn public" },
      { { ArnLike = { ["aws:PrincipalArn"] = "arn:aws:iam::*:role/some" } },
        "pattern everyone with an ARN like arn:aws:iam::*:role/some public" },
      { { StringEquals = { ["aws:PrincipalAccount"] = "111122223333" } }, "account account 111122223333 (this account)" },
      { { StringEquals = { ["aws:PrincipalAccount"] = "444455556666" } }, "account account 444455556666 (another account)" },
      { { StringEquals = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } },
        "organization organization o-a1b2c3d4e5 (another organization)" },
      { { StringEquals = { ["aws:PrincipalOrgID"] = "o-*" } }, "" }, -- plain text, which no organization has as its id
    } do
      local reached, gained = reach(case[1])
      assert.equal(case[2], described(reached), json.encode(case[1]))
      assert.equal(case[2], described(gained), json.encode(case[1]))
    end
  end)

  it("has the relation to the repository's account, and the sources of a service that restrict it", function()
    local one = reach({ StringEquals = { ["aws:SourceAccount"] = "444455556666" } }, { Service = "lambda.amazonaws.com" })[1]
    assert.equal("service lambda.amazonaws.com for 444455556666 (another account)", one.text)
    assert.same({ "444455556666" }, one.source.values)
    one = reach({ StringLike = { ["aws:SourceArn"] = "*" } }, { Service = "lambda.amazonaws.com" })[1]
    assert.equal("service lambda.amazonaws.com for anyone", one.text)
    assert.is_nil(one.source)
    assert.equal("own", reach(nil, { AWS = "111122223333" })[1].relation)
    assert.equal("other", reach(nil, { AWS = "444455556666" })[1].relation)
  end)
end)
