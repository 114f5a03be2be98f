--- Reads the resource control policies (RCPs) of AWS Organizations that apply to the repositories of an account.
---
---     local reader = resource_controls.reader(session)
---     local controls, err = reader:of("111122223333")
---     for _, control in ipairs(controls and controls.list or {}) do print(control.name, control.doc) end
---
--- Only the management account and delegated administrators may read them, so that most callers get AccessDenied: one
--- call, whatever there is to audit. An RCP applies to the accounts below the root or unit to which it is attached, and
--- not to the management account.
--- https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
--- https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html

local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"
local policy = require "lanyard.policy"
local task = require "lanyard.task"

local M = {}

local FILTER = "RESOURCE_CONTROL_POLICY"

-- Errors that say that no RCP applies.
local NO_ORGANIZATION, NOT_ENABLED = "AWSOrganizationsNotInUseException", "PolicyTypeNotEnabledException"

-- An organization has at most five levels of units. Accounts are below them.
local MOST_LEVELS = 10

--- A resource control policy of a customer. Each has Denies only.
---@class access.ResourceControl
---@field id string  "p-1"
---@field name string  as its author called it
---@field doc policy.Document  its text

--- The policies that apply to the repositories of an account.
---@class access.Controls
---@field list access.ResourceControl[]  the policies
---@field context table<string, string|string[]>  the condition keys of callers of this account, as far as known
---@field organization? string  its id, if it is known

---@class access.ResourceControlReader
---@field private session aws.Session
---@field private options? table
---@field private gate task.Semaphore
local Reader = {}
Reader.__index = Reader

-- Calls an operation and returns its reply | nil, err
local function call(self, operation, input)
  local client, err = self.session:client("organizations", self.options)
  if not client then
    return nil, err
  end
  return client:call(operation, input)
end

-- Calls an operation with pages and returns the items | nil, err
local function list(self, operation, member, input)
  local client, err = self.session:client("organizations", self.options)
  if not client then
    return nil, err
  end
  return client:list(operation, member, input)
end

-- Returns the account in the ARN of a policy that a customer made, which manages the organization, and the id of the
-- organization.
local function owner_of(summary)
  return tostring(summary.Arn):match "^arn:[^:]*:organizations::(%d+):policy/(o%-[a-z0-9]+)/"
end

-- Returns the policies of the organization that are attached to something, and the account that manages it | nil, err
local function read_organization(self)
  local summaries, err = list(self, "ListPolicies", "Policies", { Filter = FILTER })
  if not summaries then
    local is_none = answers.rejected(err, NO_ORGANIZATION) or answers.rejected(err, NOT_ENABLED)
    return is_none and { policies = {} } or nil, err
  end
  local found = { policies = {} }
  for _, summary in ipairs(summaries) do
    -- AWS's own policy allows everything, and is attached to everything.
    if not summary.AwsManaged then
      local targets
      targets, err = list(self, "ListTargetsForPolicy", "Targets", { PolicyId = summary.Id })
      if not targets then
        return nil, err
      end
      found.management, found.id = owner_of(summary)
      local by_id = {}
      for _, target in ipairs(targets) do
        by_id[target.TargetId or ""] = true
      end
      found.policies[#found.policies + 1] = next(by_id)
        and { id = summary.Id, name = summary.Name or summary.Id, targets = by_id } or nil
    end
  end
  return found
end

-- Returns the account and what contains it, up to the root, as a list and a set | nil, err
local function lineage_of(self, account)
  local ids, child = { account, [account] = true }, account
  for _ = 1, MOST_LEVELS do
    local parent = self.parents[child]
    if not parent then
      local parents, err = list(self, "ListParents", "Parents", { ChildId = child })
      if not parents then
        return nil, err
      elseif not parents[1] then
        return answers.invalid({ service = "organizations", operation = "ListParents" },
          ("the reply names no parent of %s"):format(child))
      end
      parent = parents[1].Id
      self.parents[child] = parent
    end
    ids[#ids + 1], ids[parent], child = parent, true, parent
    if parent:find "^r%-" then
      return ids
    end
  end
  return answers.invalid({ service = "organizations", operation = "ListParents" },
    ("the parents of %s do not end in a root"):format(account))
end

local function applies(one, lineage)
  for target in pairs(one.targets) do
    if lineage[target] then
      return true
    end
  end
  return false
end

-- Reads the text of a policy, once. document | nil, err
local function document_of(self, one)
  if not one.doc then
    local reply, err = call(self, "DescribePolicy", { PolicyId = one.id })
    if not reply then
      return nil, err
    end
    one.doc, err = policy.parse(reply.Policy.Content)
    if not one.doc then
      return nil, errors.new { code = "UnreadablePolicy",
        message = ("cannot read %s: %s"):format(M.describe(one), err.message) }
    end
  end
  return one.doc
end

-- Returns the path of an account, as aws:PrincipalOrgPaths has it.
local function path_of(organization, lineage)
  local path = organization.id .. "/"
  for i = #lineage, 2, -1 do
    path = path .. lineage[i] .. "/"
  end
  return path
end

-- Returns the policies of an account | nil, err
local function read_account(self, account, is_member)
  local organization = self.organization
  if is_member and #organization.policies == 0 or account == organization.management then
    return { list = {}, context = {} }
  end
  local lineage, err = lineage_of(self, account)
  if answers.rejected(err, "ChildNotFoundException") then
    return nil, errors.new { code = "ChildNotFoundException",
      message = ("account %s is not in the caller's organization"):format(account) }
  elseif not lineage then
    return nil, err
  end
  local found = { list = {}, context = {}, organization = organization.id }
  if organization.id then
    found.context["aws:PrincipalOrgID"] = organization.id
    found.context["aws:PrincipalOrgPaths"] = { path_of(organization, lineage) }
  end
  for _, one in ipairs(organization.policies) do
    if applies(one, lineage) then
      local doc
      doc, err = document_of(self, one)
      if not doc then
        return nil, err
      end
      found.list[#found.list + 1] = { id = one.id, name = one.name, doc = doc }
    end
  end
  return found
end

-- Returns the account that a function returns; "" without a policy, because then it does not matter | nil, err
local function id_of(organization, get)
  if #organization.policies == 0 then
    return ""
  end
  return get()
end

--- Returns the policies that apply to the repositories of an account. Reads them once; if the policies of the
--- organization cannot be read, no other account is tried.
---@param account string|fun(): string?, lanyard.Error?  a function returns the account, and is called if the
---  organization has policies that the caller may read
---@param is_member? boolean  the account is the caller's, or is known to be in the caller's organization
---@return access.Controls? controls
---@return lanyard.Error? err
function Reader:of(account, is_member)
  local _ <close> = self.gate:acquire()
  if not self.organization and not self.err then
    self.organization, self.err = read_organization(self)
  end
  if not self.organization then
    return nil, self.err
  elseif type(account) == "function" then
    local err
    account, err = id_of(self.organization, account)
    if not account then
      return nil, err
    end
  end
  local known = self.accounts[account]
  if not known then
    local controls, err = read_account(self, account, is_member)
    known = { controls = controls, err = err }
    self.accounts[account] = known
  end
  return known.controls, known.err
end

--- Returns a reader that calls AWS with the credentials of a session.
---@param session aws.Session
---@param options? table  of the session's client
---@return access.ResourceControlReader
function M.reader(session, options)
  return setmetatable({
    session = session, options = options, gate = task.semaphore(1), accounts = {}, parents = {},
  }, Reader)
end

--- Returns how a policy is named in messages: "the resource control policy 'perimeter' (p-examplepolicyid)".
---@param control { id: string, name: string }
---@return string
function M.describe(control)
  return ("the resource control policy '%s' (%s)"):format(control.name, control.id)
end

return M
