--- AWS Organizations: the organization of the emulated account. The account manages it, unless a seed says that another
--- one does; then only DescribeOrganization answers, or everything if the account is a delegated administrator.
---
--- Shapes: botocore's model of 2016-11-28. AWS retired `Status` of accounts for `State` on 2026-09-09, so that only
--- `State` is returned.
---
--- state.organization is { id, accounts = { { id, name, email, state, joined, parent } }, management, delegated,
--- units = { { id, name, parent } }, ... }, or false: the account is in no organization. A state without it has an
--- organization of the account alone. lanyard.emulator.organization_policies describes the members for policies.

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
--- The id of the root of every emulated organization.
M.ROOT = ROOT
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
    or constraint:find "enum value set" and "INVALID_ENUM_POLICY_TYPE"
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

--- Returns the account that manages an organization.
---@param world emulator.World
---@param organization table
---@return string
function M.management(world, organization)
  return organization.management or world.account
end

local function find_by_id(list, id)
  for _, one in ipairs(list or {}) do
    if one.id == id then
      return one
    end
  end
  return nil
end

--- Returns an account or organizational unit and what contains it, up to the root.
---@param organization table
---@param id string
---@return string[]? ids  nil if the organization does not have it
function M.lineage(organization, id)
  local ids = { id }
  while ids[#ids] ~= ROOT do
    local one = find_by_id(organization.accounts, ids[#ids]) or find_by_id(organization.units, ids[#ids])
    if not one then
      return nil
    end
    ids[#ids + 1] = one.parent or ROOT
  end
  return ids
end

-- Returns the path of an account, as aws:PrincipalOrgPaths has it.
local function path_of(organization, account)
  local ids = M.lineage(organization, account) or { account, ROOT }
  local path = organization.id .. "/"
  for i = #ids, 2, -1 do
    path = path .. ids[i] .. "/"
  end
  return path
end

--- Returns the path of the account in its organization, as aws:PrincipalOrgPaths has it, or nil.
---@param world emulator.World
---@return string?
function M.path(world)
  local organization = M.of(world)
  return organization and path_of(organization, world.account) or nil
end

--- Returns the ARN of something in an organization.
---@param world emulator.World
---@param organization table
---@param kind string  for example "account"
---@param id? string  nil: of the organization itself
---@return string
function M.arn(world, organization, kind, id)
  return ("arn:aws:organizations::%s:%s/%s%s"):format(M.management(world, organization), kind, organization.id,
    id and "/" .. id or "")
end
local arn_of = M.arn

local function describe(world, organization, account)
  return {
    Id = account.id,
    Arn = arn_of(world, organization, "account", account.id),
    Email = account.email or ("account-%s@example.com"):format(account.id),
    Name = account.name or account.id,
    State = account.state or "ACTIVE",
    JoinedMethod = account.id == M.management(world, organization) and "INVITED" or "CREATED",
    JoinedTimestamp = account.joined or JOINED,
    Paths = json.array { ("%s%s/"):format(path_of(organization, account.id), account.id) },
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

-- Only the management account and delegated administrators may call most operations. The message is AWS's.
local function is_refused(world, organization)
  return M.management(world, organization) ~= world.account and not organization.delegated
end

--- Returns an operation that needs an organization.
---@param members table<string, emulator.Shape>
---@param call fun(world: emulator.World, input: table, organization: table): table?, emulator.Exception?
---@param for_members? boolean  every account of the organization may call it
---@return emulator.Operation
function M.operation(members, call, for_members)
  return {
    input = shape.structure(members),
    call = function(world, input)
      local organization = M.of(world)
      if not organization then
        return nil, not_in_use()
      elseif not for_members and is_refused(world, organization) then
        local message = "You don't have permissions to access this resource."
        return nil, exception("AccessDeniedException", message, 400, { Message = message })
      end
      return call(world, input, organization)
    end,
  }
end
local operation = M.operation

--- Returns an operation with pages.
---@param member string  of the reply
---@param members table<string, emulator.Shape>
---@param list fun(world: emulator.World, input: table, organization: table): table[]?, emulator.Exception?
---@return emulator.Operation
function M.paged(member, members, list)
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

local paged = M.paged

local function all_accounts(world, _, organization)
  local list = {}
  for i, account in ipairs(organization.accounts) do
    list[i] = describe(world, organization, account)
  end
  return list
end

--- Returns the exception for something that does not exist.
---@param kind string  for example "Account"
---@param message string
---@return emulator.Exception
function M.not_found(kind, message)
  return exception(kind .. "NotFoundException", message, 400, { Message = message })
end
local not_found = M.not_found

local function find_account(organization, id)
  local account = find_by_id(organization.accounts, id)
  return account, not account and not_found("Account", "You specified an account that doesn't exist.") or nil
end

local account_id = shape.string { required = true, max = 12, regex = "^\\d{12}$", check = names.registry_id }
local any_id = shape.string { required = true, max = 100 }

M.operations.ListAccounts = paged("Accounts", {}, all_accounts)

M.operations.DescribeAccount = operation({ AccountId = account_id }, function(world, input, organization)
  local account, failure = find_account(organization, input.AccountId)
  return account and { Account = describe(world, organization, account) }, failure
end)

M.operations.DescribeOrganization = operation({}, function(world, _, organization)
  local management = M.management(world, organization)
  return { Organization = {
    Id = organization.id,
    Arn = arn_of(world, organization, "organization"),
    FeatureSet = "ALL",
    MasterAccountArn = arn_of(world, organization, "account", management),
    MasterAccountId = management,
    MasterAccountEmail = ("account-%s@example.com"):format(management),
    AvailablePolicyTypes = json.array {},
  } }
end, true)

M.operations.ListRoots = paged("Roots", {}, function(world, _, organization)
  local types = json.array {}
  for i, name in ipairs(organization.policy_types or {}) do
    types[i] = { Type = name, Status = "ENABLED" }
  end
  return { { Id = ROOT, Arn = arn_of(world, organization, "root", ROOT), Name = "Root", PolicyTypes = types } }
end)

M.operations.ListParents = paged("Parents", { ChildId = any_id }, function(_, input, organization)
  local lineage = input.ChildId ~= ROOT and M.lineage(organization, input.ChildId)
  if not lineage then
    return nil, not_found("Child", "You specified a child that doesn't exist.")
  end
  return { { Id = lineage[2], Type = lineage[2] == ROOT and "ROOT" or "ORGANIZATIONAL_UNIT" } }
end)

-- Returns what a root or organizational unit contains | nil, exception
local function children(organization, list, parent)
  if parent ~= ROOT and not find_by_id(organization.units, parent) then
    return nil, not_found("Parent", "You specified a parent that doesn't exist.")
  end
  local found = {}
  for _, one in ipairs(list or {}) do
    found[#found + 1] = (one.parent or ROOT) == parent and one or nil
  end
  return found
end

M.operations.ListAccountsForParent = paged("Accounts", { ParentId = any_id }, function(world, input, organization)
  local list, failure = children(organization, organization.accounts, input.ParentId)
  for i, account in ipairs(list or {}) do
    list[i] = describe(world, organization, account)
  end
  return list, failure
end)

M.operations.ListOrganizationalUnitsForParent = paged("OrganizationalUnits", { ParentId = any_id },
  function(world, input, organization)
    local list, failure = children(organization, organization.units, input.ParentId)
    for i, unit in ipairs(list or {}) do
      list[i] = { Id = unit.id, Arn = arn_of(world, organization, "ou", unit.id), Name = unit.name or unit.id }
    end
    return list, failure
  end)

require("lanyard.emulator.organization_policies").add(M)

return M
