--- AWS Organizations: the organization of the emulated account, which is its management account.
---
--- Shapes: botocore's model of 2016-11-28. AWS retired `Status` of accounts for `State` on 2026-09-09, so that only
--- `State` is returned.
---
--- state.organization is { id, accounts = { { id, name, email, state, joined } } }, or false: the account is in no
--- organization. A state without it has an organization of the account alone.

local exception = require "lanyard.emulator.exception"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local regions = require "lanyard.aws.regions"
local shape = require "lanyard.emulator.shape"

---@type emulator.Service
local M = {
  name = "organizations",
  protocol = "json",
  target = "AWSOrganizationsV20161128",
  operations = {},
}

local ID, ROOT = "o-a1b2c3d4e5", "r-a1b2"
local JOINED = 1577836800 -- 2020-01-01T00:00:00Z
local PAGE = 20

-- With an endpoint that is configured, SDKs sign for their own Region and not for us-east-1.
M.serves = regions.exists

--- The states of an account.
---@type string[]
M.STATES = { "PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED" }

local function invalid(message, reason)
  return exception("InvalidInputException", message, 400, { Message = message, Reason = reason })
end

function M.invalid(violations)
  local first = violations[1]
  local constraint = first.constraint
  local limit = constraint:find "less than" and "MAX" or constraint:find "greater than" and "MIN"
  local reason = first.value == nil and "INPUT_REQUIRED"
    or limit and ("%s_%s_EXCEEDED"):format(limit, type(first.value) == "number" and "VALUE" or "LENGTH")
    or "INVALID_PATTERN"
  return invalid(shape.describe(violations), reason)
end

--- Returns the organization of the account, or nil.
---@param world emulator.World
---@return { id: string, accounts: table[] }?
function M.of(world)
  local stored = world.state.organization
  if stored == nil then
    return { id = ID, accounts = { { id = world.account, name = "emulator", state = "ACTIVE" } } }
  end
  return stored or nil
end

--- Returns the path of the account in its organization, as aws:PrincipalOrgPaths has it, or nil.
---@param world emulator.World
---@return string?
function M.path(world)
  local organization = M.of(world)
  return organization and ("%s/%s/"):format(organization.id, ROOT) or nil
end

local function arn_of(world, organization, kind, id)
  return ("arn:aws:organizations::%s:%s/%s%s"):format(world.account, kind, organization.id, id and "/" .. id or "")
end

local function describe(world, organization, account)
  return {
    Id = account.id,
    Arn = arn_of(world, organization, "account", account.id),
    Email = account.email or ("account-%s@example.com"):format(account.id),
    Name = account.name or account.id,
    State = account.state or "ACTIVE",
    JoinedMethod = account.id == world.account and "INVITED" or "CREATED",
    JoinedTimestamp = account.joined or JOINED,
    Paths = json.array { ("%s/%s/%s/"):format(organization.id, ROOT, account.id) },
  }
end

local function not_in_use()
  local message = "Your account is not a member of an organization."
  return exception("AWSOrganizationsNotInUseException", message, 400, { Message = message })
end

-- Returns a page of a list and the token of the next one, or nil and an exception.
local function page(items, input)
  local first = not input.NextToken and 1 or math.tointeger(tonumber(input.NextToken:match "^page%-(%d+)$"))
  if not first or first < 1 or first > math.max(1, #items) then
    return nil, invalid("You provided a pagination token that is not valid.", "INVALID_NEXT_TOKEN")
  end
  local last = math.min(first + (input.MaxResults or PAGE) - 1, #items)
  return json.array(table.move(items, first, last, 1, {})), last < #items and ("page-%d"):format(last + 1) or nil
end

-- Returns an operation that needs an organization. call: function(world, input, organization)
local function operation(members, call)
  return {
    input = shape.structure(members),
    call = function(world, input)
      local organization = M.of(world)
      if not organization then
        return nil, not_in_use()
      end
      return call(world, input, organization)
    end,
  }
end

-- Returns an operation with pages. list: function(world, input, organization) returns items, or nil and an exception
local function paged(member, members, list)
  members.NextToken = shape.string { max = 100000 }
  members.MaxResults = shape.integer { min = 1, max = PAGE }
  return operation(members, function(world, input, organization)
    local items, failure = list(world, input, organization)
    if not items then
      return nil, failure
    end
    local chosen, token = page(items, input)
    if not chosen then
      return nil, token
    end
    return { [member] = chosen, NextToken = token }
  end)
end

local function all_accounts(world, _, organization)
  local list = {}
  for i, account in ipairs(organization.accounts) do
    list[i] = describe(world, organization, account)
  end
  return list
end

local function not_found(kind, message)
  return exception(kind .. "NotFoundException", message, 400, { Message = message })
end

local function find_account(organization, id)
  for _, account in ipairs(organization.accounts) do
    if account.id == id then
      return account
    end
  end
  return nil, not_found("Account", "You specified an account that doesn't exist.")
end

local account_id = shape.string { required = true, max = 12, regex = "^\\d{12}$", check = names.registry_id }
local any_id = shape.string { required = true, max = 100 }

M.operations.ListAccounts = paged("Accounts", {}, all_accounts)

M.operations.DescribeAccount = operation({ AccountId = account_id }, function(world, input, organization)
  local account, failure = find_account(organization, input.AccountId)
  return account and { Account = describe(world, organization, account) }, failure
end)

M.operations.DescribeOrganization = operation({}, function(world, _, organization)
  return { Organization = {
    Id = organization.id,
    Arn = arn_of(world, organization, "organization"),
    FeatureSet = "ALL",
    MasterAccountArn = arn_of(world, organization, "account", world.account),
    MasterAccountId = world.account,
    MasterAccountEmail = ("account-%s@example.com"):format(world.account),
    AvailablePolicyTypes = json.array {},
  } }
end)

M.operations.ListRoots = paged("Roots", {}, function(world, _, organization)
  return { { Id = ROOT, Arn = arn_of(world, organization, "root", ROOT), Name = "Root", PolicyTypes = json.array {} } }
end)

M.operations.ListParents = paged("Parents", { ChildId = any_id }, function(_, input, organization)
  if not find_account(organization, input.ChildId) then
    return nil, not_found("Child", "You specified a child that doesn't exist.")
  end
  return { { Id = ROOT, Type = "ROOT" } }
end)

-- Whether an ID names the root, which has all accounts and no organizational units.
local function check_parent(input)
  if input.ParentId ~= ROOT then
    return nil, not_found("Parent", "You specified a parent that doesn't exist.")
  end
  return true
end

M.operations.ListAccountsForParent = paged("Accounts", { ParentId = any_id }, function(world, input, organization)
  local ok, failure = check_parent(input)
  return ok and all_accounts(world, input, organization), failure
end)

M.operations.ListOrganizationalUnitsForParent = paged("OrganizationalUnits", { ParentId = any_id }, function(_, input)
  local ok, failure = check_parent(input)
  return ok and {}, failure
end)

return M
