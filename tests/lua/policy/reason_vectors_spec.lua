-- New access in the pairs of ../shared/vectors/reasoning, read in place: pairs written for this project, and AWS's
-- published reference policies with AWS's answers.

local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local witness = require "reason.witness"

local FOLDER = helper.vectors .. "/reasoning"

local function parse(value)
  return assert(policy.parse(json.encode(value)))
end

-- Returns "new access", "none" or "undecided: REASON". A witness is confirmed.
local function answer(before, after, options)
  local found, undecided, reason = policy.new_access(before, after, options)
  if found then
    assert.is_nil(witness.fault(before, after, found, options))
    return found.certain and "new access" or "perhaps", found
  end
  return undecided and ("undecided: %s"):format(reason) or "none"
end

describe("the pairs of policies", function()
  if not helper.exists(FOLDER .. "/pairs.json") then
    pending("are not here (" .. FOLDER .. ")")
    return
  end
  for _, case in ipairs(json.decode(helper.read(FOLDER .. "/pairs.json"))) do
    it(case.id, function()
      local found = answer(parse(case.before), parse(case.after), { kind = case.kind })
      assert.equal(case.new_access and "new access" or "none", found, case.why)
    end)
  end

  it("account-under-organization has no new access if the account is known to be in the organization", function()
    for _, case in ipairs(json.decode(helper.read(FOLDER .. "/pairs.json"))) do
      if case.id == "account-under-organization" then
        local accounts = { ["111122223333"] = "o-a1b2c3d4e5" }
        assert.equal("none", (answer(parse(case.before), parse(case.after), { kind = "resource", accounts = accounts })))
      end
    end
  end)
end)

-- Samples that this project answers otherwise than AWS, and the reason.
local CROSSING = "its resource is in the denied one only if a * matches a colon, which IAM's reference leaves open"
local OTHERWISE = {
  ["identity-policies/check-access-to-sensitive-resource/cloudformation-stack 1"] = { answer = "perhaps", reason = CROSSING },
  ["identity-policies/check-access-to-sensitive-resource/ecs-task-definition 1"] = { answer = "perhaps", reason = CROSSING },
  ["identity-policies/check-access-to-sensitive-resource/ec2-network-acl 3"] = {
    answer = "none",
    reason = "the reference denies acl-sensitive, and allows everything else; the policy allows acl-123456, a typo of the sample",
  },
}

describe("AWS's samples", function()
  if not helper.exists(FOLDER .. "/aws-samples.json") then
    pending("are not here (" .. FOLDER .. ")")
    return
  end
  for _, case in ipairs(json.decode(helper.read(FOLDER .. "/aws-samples.json"))) do
    local name = ("%s %d"):format(case.file, case.candidate)
    local otherwise = OTHERWISE[name] or {}
    it(otherwise.reason and ("%s (%s)"):format(name, otherwise.reason) or name, function()
      local before, after = parse(case.reference), parse(case.policy)
      local found = answer(before, after, { kind = case.kind })
      local expected = case.result == "PASS" and "none" or "new access"
      assert.equal(otherwise.answer or expected, found)
      assert.equal("none", (answer(after, after, { kind = case.kind })), "a policy against itself")
      assert.equal("none", (answer(before, before, { kind = case.kind })), "a policy against itself")
    end)
  end
end)
