local emulator = require "lanyard.emulator"
local world = require "world"

local OTHER = "444455556666"

local function open(w)
  return w.region.session:client "organizations"
end

local function with_accounts(count)
  local accounts = {}
  for i = 1, count do accounts[i] = { id = ("2%011d"):format(i) } end
  return world.new { seed = { organization = { id = "o-abcdefghij", accounts = accounts } } }
end

describe("the emulated organization", function()
  it("has the own account alone unless a seed says otherwise", function()
    local w <close> = world.new()
    local accounts = assert(open(w):ListAccounts()).Accounts
    assert.equal(1, #accounts)
    assert.same({ "111122223333", "ACTIVE" }, { accounts[1].Id, accounts[1].State })
    assert.is_nil(accounts[1].Status)
    local organization = assert(open(w):DescribeOrganization()).Organization
    assert.equal("111122223333", organization.MasterAccountId)
    assert.matches("^o%-[a-z0-9]+$", organization.Id)
    assert.equal(10, #organization.Id - 2)
    assert.equal("arn:aws:organizations::111122223333:organization/" .. organization.Id, organization.Arn)
    assert.equal("arn:aws:organizations::111122223333:account/" .. organization.Id .. "/111122223333", accounts[1].Arn)
  end)

  it("lists its accounts in pages of 20", function()
    local w <close> = with_accounts(44)
    local first = assert(open(w):ListAccounts())
    assert.equal(20, #first.Accounts)
    assert.equal(5, #assert(open(w):ListAccounts { NextToken = assert(open(w):ListAccounts { NextToken = first.NextToken }).NextToken }).Accounts)
    assert.equal(45, #assert(open(w):list("ListAccounts", "Accounts")))
    assert.equal(3, #assert(open(w):ListAccounts { MaxResults = 3 }).Accounts)
    for _, input in ipairs { { MaxResults = 21 }, { MaxResults = 0 }, { NextToken = "x" }, { NextToken = "page-46" } } do
      local reply, err = open(w):ListAccounts(input)
      assert.is_nil(reply)
      assert.equal("InvalidInputException", err.code)
    end
  end)

  it("describes accounts, the root and parents", function()
    local w <close> = world.new { seed = { organization = { accounts = { { id = OTHER, name = "test", state = "SUSPENDED" } } } } }
    local client = open(w)
    local account = assert(client:DescribeAccount { AccountId = OTHER }).Account
    assert.same({ "test", "SUSPENDED" }, { account.Name, account.State })
    local _, err = client:DescribeAccount { AccountId = "999999999999" }
    assert.equal("AccountNotFoundException", err.code)
    local root = assert(client:ListRoots()).Roots[1].Id
    assert.equal(root, assert(client:ListParents { ChildId = OTHER }).Parents[1].Id)
    assert.equal(2, #assert(client:ListAccountsForParent { ParentId = root }).Accounts)
    assert.equal(0, #assert(client:ListOrganizationalUnitsForParent { ParentId = root }).OrganizationalUnits)
    _, err = client:ListAccountsForParent { ParentId = "r-none" }
    assert.equal("ParentNotFoundException", err.code)
  end)

  it("does not exist if the seed says so", function()
    local w <close> = world.new { seed = { organization = false } }
    for _, operation in ipairs { "ListAccounts", "DescribeOrganization", "ListRoots" } do
      local client = open(w)
      local reply, err = client[operation](client)
      assert.is_nil(reply)
      assert.equal("AWSOrganizationsNotInUseException", err.code)
    end
  end)

  for message, organization in pairs {
    ["must have a table for the organization"] = "o-abcdefghij",
    ["has an unknown member 'name' in its organization"] = { name = "x" },
    ["has the invalid id 'o%-1' of an organization"] = { id = "o-1" },
    ["has an unknown member 'Id' in an account of the organization"] = { accounts = { { Id = OTHER } } },
    ["has an account of the organization with the invalid id '12'"] = { accounts = { { id = "12" } } },
    ["has the account 444455556666 in the unknown state 'active'"] = { accounts = { { id = OTHER, state = "active" } } },
  } do
    it("is rejected: the seed " .. message, function()
      local none, err = emulator.world { seed = { organization = organization } }
      assert.is_nil(none)
      assert.matches("^the seed " .. message, err.message)
    end)
  end
end)

describe("a condition on the organization", function()
  local function deny(key, value)
    return ('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:ListImages",'
      .. '"Condition":{"StringNotEquals":{"%s":"%s"}}}]}'):format(key, value)
  end

  it("holds for the operator of the account and the repository", function()
    local w <close> = with_accounts(1)
    local ecr = w.region.ecr
    assert(ecr:CreateRepository { repositoryName = "web" })
    for key, value in pairs { ["aws:PrincipalOrgID"] = "o-abcdefghij", ["aws:ResourceOrgID"] = "o-abcdefghij",
      ["aws:SecureTransport"] = "true", ["aws:RequestedRegion"] = "us-east-1", ["aws:PrincipalAccount"] = "111122223333" } do
      assert(ecr:SetRepositoryPolicy { repositoryName = "web", policyText = deny(key, value) })
      assert(ecr:ListImages { repositoryName = "web" })
      assert(ecr:SetRepositoryPolicy { repositoryName = "web", policyText = deny(key, "other") })
      local _, err = ecr:ListImages { repositoryName = "web" }
      assert.equal("AccessDeniedException", err.code, key)
    end
  end)

  it("does not hold for Lightsail's role", function()
    local w <close> = world.new { seed = { organization = { id = "o-abcdefghij" }, regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } }, repositories = { { name = "web", images = { "1" } } },
    } } } }
    assert(w.region:grant(assert(w.region:service "web"), w:repository "web"))
    local function deploy()
      local lightsail = w.region.lightsail
      assert(lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = { app = {
        image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1" } } })
      return assert(lightsail:GetContainerServiceDeployments { serviceName = "web" }).deployments[1].state
    end
    assert.equal("ACTIVE", deploy())
    local text = deny("aws:PrincipalOrgID", "o-abcdefghij"):gsub("ecr:ListImages", "ecr:BatchGetImage"):gsub('"Condition"', '"Resource":"*",%0')
    assert(w.region.ecr:PutRegistryPolicy { policyText = text })
    assert.equal("FAILED", deploy())
  end)
end)
