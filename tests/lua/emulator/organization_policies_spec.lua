local json = require "lanyard.json"
local world = require "world"

local OTHER, UNIT = "444455556666", "ou-a1b2-11111111"
local RCP = "RESOURCE_CONTROL_POLICY"

-- A policy that denies everyone outside the organization the use of ECR.
local PERIMETER = {
  Version = "2012-10-17",
  Statement = json.array { {
    Sid = "Perimeter", Effect = "Deny", Principal = "*", Action = "ecr:*", Resource = "*",
    Condition = { StringNotEqualsIfExists = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" },
      BoolIfExists = { ["aws:PrincipalIsAWSService"] = "false" } },
  } },
}

local function open(organization)
  local w = world.new { seed = { organization = organization, regions = { ["us-east-1"] = {
    repositories = { { name = "web" } } } } } }
  return w, w.region.session:client "organizations"
end

local function code_of(_, err)
  return err.code, err.message
end

describe("the policies of the emulated organization", function()
  it("are AWS's own at first, attached to nothing until their type is enabled", function()
    local _ <close>, client = open {}
    local listed = assert(client:ListPolicies { Filter = RCP }).Policies
    assert.same({ "p-RCPFullAWSAccess", true, "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess" },
      { listed[1].Id, listed[1].AwsManaged, listed[1].Arn })
    assert.same({}, assert(client:ListPoliciesForTarget { TargetId = "r-a1b2", Filter = RCP }).Policies)
    assert(client:EnablePolicyType { RootId = "r-a1b2", PolicyType = RCP })
    assert.equal("PolicyTypeAlreadyEnabledException", code_of(client:EnablePolicyType { RootId = "r-a1b2", PolicyType = RCP }))
    assert.equal(1, #assert(client:ListPoliciesForTarget { TargetId = "r-a1b2", Filter = RCP }).Policies)
    assert.same({ { Type = RCP, Status = "ENABLED" } }, assert(client:ListRoots()).Roots[1].PolicyTypes)
  end)

  it("are created, attached once their type is enabled, and detached", function()
    local _ <close>, client = open { accounts = { { id = OTHER } } }
    local made = assert(client:CreatePolicy { Content = json.encode(PERIMETER), Description = "", Name = "perimeter", Type = RCP })
    local id = made.Policy.PolicySummary.Id
    assert.equal("PolicyTypeNotEnabledException", code_of(client:AttachPolicy { PolicyId = id, TargetId = OTHER }))
    assert(client:EnablePolicyType { RootId = "r-a1b2", PolicyType = RCP })
    assert(client:AttachPolicy { PolicyId = id, TargetId = OTHER })
    assert.equal("DuplicatePolicyAttachmentException", code_of(client:AttachPolicy { PolicyId = id, TargetId = OTHER }))
    assert.equal(2, #assert(client:ListPoliciesForTarget { TargetId = OTHER, Filter = RCP }).Policies)
    local targets = assert(client:ListTargetsForPolicy { PolicyId = id }).Targets
    assert.same({ 1, OTHER, "ACCOUNT" }, { #targets, targets[1].TargetId, targets[1].Type })
    assert.same(PERIMETER, json.decode(assert(client:DescribePolicy { PolicyId = id }).Policy.Content))
    assert(client:DetachPolicy { PolicyId = id, TargetId = OTHER })
    assert.equal("PolicyNotAttachedException", code_of(client:DetachPolicy { PolicyId = id, TargetId = OTHER }))
    assert.equal("InvalidInputException", code_of(client:DetachPolicy { PolicyId = "p-RCPFullAWSAccess", TargetId = OTHER }))
  end)

  it("are listed in pages of 20", function()
    local policies = {}
    for i = 1, 24 do policies[i] = { name = "p" .. i, content = PERIMETER, targets = {} } end
    local _ <close>, client = open { resource_control_policies = policies }
    local first = assert(client:ListPolicies { Filter = RCP })
    assert.equal(20, #first.Policies)
    assert.equal(5, #assert(client:ListPolicies { Filter = RCP, NextToken = first.NextToken }).Policies)
  end)

  it("are refused as AWS refuses them", function()
    local _ <close>, client = open {}
    assert.equal("InvalidInputException", code_of(client:ListPolicies { Filter = "RCP" }))
    assert.equal("TargetNotFoundException", code_of(client:ListPoliciesForTarget { TargetId = OTHER, Filter = RCP }))
    assert.equal("InvalidInputException", code_of(client:ListPoliciesForTarget { TargetId = "web", Filter = RCP }))
    assert.equal("PolicyNotFoundException", code_of(client:DescribePolicy { PolicyId = "p-12345678" }))
    assert.equal("PolicyNotFoundException", code_of(client:ListTargetsForPolicy { PolicyId = "p-12345678" }))
    for _, change in ipairs { { Effect = "Allow" }, { Principal = { AWS = OTHER } }, { Action = "*" } } do
      local statement = { Effect = "Deny", Principal = "*", Action = "ecr:*", Resource = "*" }
      for name, value in pairs(change) do statement[name] = value end
      local content = json.encode { Version = "2012-10-17", Statement = json.array { statement } }
      assert.equal("MalformedPolicyDocumentException",
        code_of(client:CreatePolicy { Content = content, Description = "", Name = "x", Type = RCP }))
    end
  end)

  it("are readable by the management account and delegated administrators only", function()
    local _ <close>, client = open { management = OTHER, accounts = { { id = OTHER } } }
    for _, call in ipairs {
      function() return client:ListPolicies { Filter = RCP } end,
      function() return client:ListPoliciesForTarget { TargetId = "111122223333", Filter = RCP } end,
      function() return client:ListTargetsForPolicy { PolicyId = "p-RCPFullAWSAccess" } end,
      function() return client:DescribePolicy { PolicyId = "p-RCPFullAWSAccess" } end,
      function() return client:ListParents { ChildId = "111122223333" } end,
      function() return client:ListAccounts() end,
    } do
      local code, message = code_of(call())
      assert.equal("AccessDeniedException", code)
      assert.matches("You don't have permissions to access this resource%.", message)
    end
    assert.equal(OTHER, assert(client:DescribeOrganization()).Organization.MasterAccountId)
    local _ <close>, delegated = open { management = OTHER, delegated = true, accounts = { { id = OTHER } } }
    assert.equal(1, #assert(delegated:ListPolicies { Filter = RCP }).Policies)
    local _ <close>, client_of_none = open(false)
    assert.equal("AWSOrganizationsNotInUseException", code_of(client_of_none:ListPolicies { Filter = RCP }))
  end)

  it("have organizational units above an account, which ListParents and the paths name", function()
    local _ <close>, client = open { management = OTHER, delegated = true,
      units = { { id = UNIT, name = "Workloads" } },
      accounts = { { id = "111122223333", parent = UNIT }, { id = OTHER } } }
    assert.same({ Id = UNIT, Type = "ORGANIZATIONAL_UNIT" }, assert(client:ListParents { ChildId = "111122223333" }).Parents[1])
    assert.same({ Id = "r-a1b2", Type = "ROOT" }, assert(client:ListParents { ChildId = UNIT }).Parents[1])
    assert.equal("ChildNotFoundException", code_of(client:ListParents { ChildId = "999999999999" }))
    assert.equal("Workloads", assert(client:ListOrganizationalUnitsForParent { ParentId = "r-a1b2" }).OrganizationalUnits[1].Name)
    assert.same({ "o-a1b2c3d4e5/r-a1b2/" .. UNIT .. "/111122223333/" },
      assert(client:DescribeAccount { AccountId = "111122223333" }).Account.Paths)
  end)

  it("deny requests to the repositories of a member account, and none of the management account", function()
    local function describe_repositories(management)
      local w <close> = world.new { seed = {
        organization = { management = management, resource_control_policies = { {
          name = "closed", content = { Version = "2012-10-17", Statement = json.array { {
            Effect = "Deny", Principal = "*", Action = "ecr:DescribeRepositories", Resource = "*" } } } } } },
        regions = { ["us-east-1"] = { repositories = { { name = "web" } } } },
      } }
      return w.region.ecr:DescribeRepositories { repositoryNames = json.array { "web" } }
    end
    local code, message = code_of(describe_repositories(OTHER))
    assert.equal("AccessDeniedException", code)
    assert.matches("with an explicit deny in a resource control policy", message)
    assert.equal("web", assert(describe_repositories(nil)).repositories[1].repositoryName)
  end)
end)

describe("a seed with an organization that cannot exist", function()
  it("is rejected with what is wrong", function()
    for _, case in ipairs {
      { { management = "x" }, "invalid management account 'x'" },
      { { units = { { id = "ou" } } }, "organizational unit without an id" },
      { { units = { { id = UNIT, parent = "ou-none-1" } } }, "unknown parent 'ou%-none%-1'" },
      { { accounts = { { id = OTHER, parent = UNIT } } }, "unknown parent" },
      { { resource_control_policies = { { name = "x", content = "{}" } } }, "which AWS refuses" },
      { { resource_control_policies = { { name = "x", content = PERIMETER, targets = { "x" } } } }, "unknown target 'x'" },
    } do
      local emulator = require "lanyard.emulator"
      local made, err = emulator.world { seed = { organization = case[1] } }
      assert.is_nil(made)
      assert.matches(case[2], tostring(err))
    end
  end)
end)
