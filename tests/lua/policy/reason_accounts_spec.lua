-- New access where the organizations of thousands of accounts are known.

local answers = require "reason.answers"
local policy = require "lanyard.policy"

local allow, where, parse = answers.allow, answers.where, answers.parse
local FIRST, SECOND = "o-a1b2c3d4e5", "o-f6g7h8i9j0"
local ORG, ACCOUNT, ARN = "aws:PrincipalOrgID", "aws:PrincipalAccount", "aws:PrincipalArn"

-- Returns accounts: each tenth has no organization, the others belong to one of two.
local function accounts_of(count)
  local accounts = {}
  for i = 1, count do
    accounts[("%012d"):format(100000000000 + 7919 * i)] = i % 10 > 0 and (i % 2 == 0 and FIRST or SECOND)
  end
  return accounts
end

local function ask(before, after, accounts)
  local found, undecided, reason = policy.new_access(parse(before), parse(after), { accounts = accounts })
  return found and found.request or undecided and reason or "none"
end

describe("new access with known accounts", function()
  for _, count in ipairs { 1, 32, 33, 1000, 10000 } do
    it(("answers for %d accounts"):format(count), function()
      local accounts = accounts_of(count)
      local named = { Principal = { AWS = "100000007919" } } -- of the second organization
      assert.equal("none", ask({ where("StringEquals", ORG, SECOND) }, { allow(named) }, accounts))
      assert.equal("100000007919", ask({ where("StringEquals", ORG, FIRST) }, { allow(named) }, accounts).principal:match "%d+")
      -- Whatever is known: an account that is not given may have any organization, or none.
      local request = ask({ where("StringEquals", ORG, { FIRST, SECOND }) },
        { where("StringLike", ORG, "o-*", { Principal = { AWS = "*" } }) }, accounts)
      assert.is_nil(accounts[request.principal:match "%d+"])
      if count >= 10 then
        request = ask({ where("Null", ORG, "false") }, { where("StringLike", ACCOUNT, "1000000*90") }, accounts)
        assert.matches("^1000000%d%d%d90$", request.principal:match "%d+")
        assert.is_true(not accounts[request.principal:match "%d+"])
      end
    end)
  end

  it("gives the organization of the account that it names", function()
    local accounts = accounts_of(1000)
    for _, row in ipairs {
      { { where("StringEquals", ORG, FIRST) }, { where("StringLike", ARN, "arn:aws:iam::1*:role/x") } },
      { { where("StringNotEquals", ORG, FIRST) }, { where("StringLike", ACCOUNT, "100000*") } },
      { { where("Null", ORG, "true") }, { where("StringLike", ACCOUNT, "*9") } },
      { { where("StringEquals", ORG, SECOND) }, { where("StringLike", ACCOUNT, "10000??????5") } },
    } do
      local request = ask(row[1], row[2], accounts)
      local account = request.principal:match "%d+"
      local organization = request.context[ORG]
      if accounts[account] ~= nil then
        assert.equal(accounts[account] or nil, type(organization) == "string" and organization or nil)
      end
    end
  end)

  it("names an account that is not given where that matters", function()
    local accounts = {}
    for i = 0, 9999 do accounts[("12345678%04d"):format(i)] = FIRST end
    local request = ask({ where("StringEquals", ORG, FIRST) }, { where("StringLike", ACCOUNT, "1234567*") }, accounts)
    assert.is_nil(accounts[request.principal:match "%d+"])
    assert.matches("^1234567", request.principal:match "%d+")
    assert.equal("no other account is like the given ones",
      ask({ where("StringEquals", ORG, FIRST) }, { where("StringLike", ACCOUNT, "12345678*") }, accounts))
  end)

  it("is undecided where the policies distinguish too many accounts", function()
    local accounts, named = accounts_of(1500), {}
    for account in pairs(accounts) do named[#named + 1] = account end
    local found, undecided, reason = policy.new_access(parse { where("StringEquals", ORG, FIRST) },
      parse { where("StringEquals", ACCOUNT, named, { Condition = { StringEquals = { [ORG] = FIRST, [ACCOUNT] = named } } }) },
      { accounts = accounts })
    assert.is_nil(found)
    assert.equal("undecided", undecided)
    assert.equal("there are too many accounts", reason)
  end)
end)
