-- Documents that ECR is known to refuse are not sent.
local policy = require "lanyard.policy"
local world = require "world"
local write = require "lanyard.access.write"

local function document(...)
  return '{"Version":"2012-10-17","Statement":[{' .. table.concat({ ... }, "},{") .. "}]}"
end

local PULL = '"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:BatchGetImage"'

local function with(action)
  return (PULL:gsub("ecr:BatchGetImage", action))
end

-- Replaces the policy of a repository by a text, and returns result, err and the number of writes.
local function replace(w, text, options)
  local all = { action = "fix", record = {} }
  for name, value in pairs(options or {}) do all[name] = value end
  local result, err = write.change_policy(w.region, w:repository "shared-repo", function()
    return assert(policy.parse(text))
  end, all)
  return result, err, w:count "SetRepositoryPolicy"
end

describe("a document that ECR refuses", function()
  for text, expected in pairs {
    [document(PULL .. ',"Resource":"*"')] = "statement #1: it has the element Resource or NotResource: remove the element",
    [document(PULL, '"Sid":"b","NotResource":"*",' .. PULL)] = "statement b: it has the element Resource or NotResource: ",
    [document(with "s3:BatchGetImage")] = "statement #1: 's3:BatchGetImage' is not an action of ECR: remove it",
    [document(with "e*:BatchGetImage")] = "'e%*:BatchGetImage' is not an action of ECR",
    [document(with "ecr:GetAuthorizationToken")] = "ecr:GetAuthorizationToken does not belong to a "
      .. "repository: allow it in an identity policy",
    [document((with("s3:*"):gsub('"Action"', '"NotAction"')))] = "'s3:%*' is not an action of ECR",
    [document((PULL:gsub('"Allow"', '"allow"')))] = "statement #1: 'allow' is not an Effect: ",
    [document((PULL:gsub("444455556666", "90120")))] = "statement #1: '90120' is neither an account id nor an ARN: ",
    [document '"Effect":"Allow","Action":"ecr:*"'] = "statement #1: ",
    [document(PULL .. ',"Condition":{"stringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}')] = "stringEquals",
    [document(PULL .. ',"Extra":1')] = "Extra",
  } do
    it("is not sent: " .. text, function()
      for _, dry_run in ipairs { false, true } do
        local w <close> = world.new()
        local before = w:text "shared-repo"
        local result, err, writes = replace(w, text, { dry_run = dry_run })
        assert.is_nil(result)
        assert.equal("RefusedPolicy", err.code)
        assert.matches("^ECR would refuse this policy of 'shared%-repo': [^\n]*; nothing was written$", err.message)
        assert.matches(expected, err.message)
        assert.same({ 0, before }, { writes, w:text "shared-repo" })
      end
    end)
  end

  it("is sent if ECR holds a policy with the same fault, and by an undo", function()
    local text = document(PULL .. ',"Resource":"*"')
    local w <close> = world.new()
    local _, err, writes = replace(w, text, { action = "undo" })
    assert.same({ 1, "InvalidParameterException" }, { writes, err.code })
    local held = document('"Sid":"old",' .. PULL .. ',"Resource":"*"')
    local proposals = require "lanyard.access.write.proposal"
    local change = { name = "shared-repo", region = w.region, options = { action = "fix" }, edit = function()
      return assert(policy.parse(text))
    end }
    assert.is_true(assert(proposals.make(change, policy.parse(held))).changed)
    local none
    none, err = proposals.make(change, policy.parse(document(PULL)))
    assert.same({ nil, "RefusedPolicy" }, { none, err.code })
  end)
end)

describe("a document that ECR accepts", function()
  for _, action in ipairs { "ecr:*", "*", "ECR:batchgetimage", "ecr:Get*", "ecr:NewAction" } do
    it("is sent with the action " .. action, function()
      local w <close> = world.new()
      assert.equal(1, (select(3, replace(w, document(with(action))))))
    end)
  end
end)
