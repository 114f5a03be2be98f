--- The policies of the emulated organization: service and resource control policies.
---
---     organization_policies.add(organizations)         -- adds the operations
---     organization_policies.resource_controls(world)   --> the RCPs that apply to the account's resources
---
--- state.organization.policies is a list of { id, name, description, type, content, targets = { ID, ... } };
--- state.organization.policy_types lists the types that are enabled in the root. AWS attaches its policy that allows
--- everything to the root, every unit and every account when a type is enabled.
--- https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html

local exception = require "lanyard.emulator.exception"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local shape = require "lanyard.emulator.shape"

local M = {}

local SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"

-- Botocore's model of 2016-11-28.
local TYPES = { SCP, RCP, "TAG_POLICY", "BACKUP_POLICY", "AISERVICES_OPT_OUT_POLICY", "CHATBOT_POLICY",
  "DECLARATIVE_POLICY_EC2", "SECURITYHUB_POLICY", "INSPECTOR_POLICY", "UPGRADE_ROLLOUT_POLICY", "BEDROCK_POLICY",
  "S3_POLICY", "NETWORK_SECURITY_DIRECTOR_POLICY" }

-- The policies that AWS manages. AWS documents the text of RCPFullAWSAccess in its page on the syntax of RCPs.
local MANAGED = {
  [SCP] = { id = "p-FullAWSAccess", name = "FullAWSAccess", type = SCP, managed = true,
    description = "Allows access to every operation", targets = {},
    content = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}' },
  [RCP] = { id = "p-RCPFullAWSAccess", name = "RCPFullAWSAccess", type = RCP, managed = true,
    description = "Allows access to every operation on every resource", targets = {},
    content = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}' },
}

-- The lint types, and what may be attached to one target.
-- https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
local LINT_TYPES = { [SCP] = "scp", [RCP] = "rcp" }
local MOST_ATTACHED = 5

local target_id = shape.string { required = true, max = 100,
  regex = "^(r-[0-9a-z]{4,32})|(\\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$",
  check = function(value)
    return value:find "^r%-[0-9a-z]+$" or value:find "^%d+$" and #value == 12
      or value:find "^ou%-[0-9a-z]+%-[a-z0-9]+$"
  end }
local policy_id = shape.string { required = true, max = 130, regex = "^p-[0-9a-zA-Z_]{8,128}$",
  check = function(value) return #value >= 10 and value:find "^p%-[%w_]+$" end }
local policy_type = shape.string { required = true, enum = TYPES }

local function failure(code, message, reason)
  return exception(code, message, 400, { Message = message, Reason = reason })
end

local function is_enabled(organization, kind)
  return lists.contains(organization.policy_types or {}, kind)
end

-- The policies of a type, AWS's own first.
local function all_of(organization, kind)
  local found = { MANAGED[kind] }
  for _, one in ipairs(organization.policies or {}) do
    found[#found + 1] = one.type == kind and one or nil
  end
  return found
end

local function find(organization, id)
  for _, kind in ipairs(TYPES) do
    for _, one in ipairs(all_of(organization, kind)) do
      if one.id == id then
        return one
      end
    end
  end
  return nil, failure("PolicyNotFoundException", "You specified a policy that doesn't exist.")
end

local function is_attached(organization, one, target)
  return is_enabled(organization, one.type) and (one.managed or lists.contains(one.targets, target))
end

local function attached_to(organization, kind, target)
  local found = {}
  for _, one in ipairs(all_of(organization, kind)) do
    found[#found + 1] = is_attached(organization, one, target) and one or nil
  end
  return found
end

--- Returns the customer's resource control policies that apply to the resources of the account: the ones attached to
--- the root, its units and the account itself. None applies to the resources of the management account.
---@param world emulator.World
---@return { id: string, name: string, content: string }[]
function M.resource_controls(world)
  if not world.state.organization then
    return {} -- there is none, or the account manages the one of an emulator without a seed
  end
  local organizations = require "lanyard.emulator.organizations"
  local organization, found, known = organizations.of(world), {}, {}
  if not organization or organizations.management(world, organization) == world.account then
    return found
  end
  for _, target in ipairs(organizations.lineage(organization, world.account) or {}) do
    for _, one in ipairs(attached_to(organization, RCP, target)) do
      found[#found + 1] = not one.managed and not known[one.id] and one or nil
      known[one.id] = true
    end
  end
  return found
end

--- Returns why AWS refuses the text of a policy, or nil.
---@param kind string  the type of the policy
---@param text string
---@return string?
function M.fault(kind, text)
  local doc = policy.parse(text)
  if not doc then
    return "it is not a policy"
  elseif not LINT_TYPES[kind] then
    return nil
  end
  for _, finding in ipairs(doc:lint { type = LINT_TYPES[kind] }) do
    if finding.severity == "high" or finding.severity == "critical" then
      return finding.message
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- Operations

local function summary_of(organizations, world, organization, one)
  local kind = one.type:lower()
  return {
    Id = one.id, Name = one.name, Description = one.description or "", Type = one.type,
    AwsManaged = one.managed or false,
    Arn = one.managed and ("arn:aws:organizations::aws:policy/%s/%s"):format(kind, one.id)
      or ("arn:aws:organizations::%s:policy/%s/%s/%s"):format(organizations.management(world, organization),
        organization.id, kind, one.id),
  }
end

local function check_target(organizations, organization, id)
  if not organizations.lineage(organization, id) then
    return failure("TargetNotFoundException", "You specified a target that doesn't exist.")
  end
  return nil
end

local function add_reads(organizations)
  local operations, paged = organizations.operations, organizations.paged
  local function summaries(world, organization, list)
    for i, one in ipairs(list) do
      list[i] = summary_of(organizations, world, organization, one)
    end
    return list
  end
  operations.ListPolicies = paged("Policies", { Filter = policy_type }, function(world, input, organization)
    return summaries(world, organization, all_of(organization, input.Filter))
  end)
  operations.ListPoliciesForTarget = paged("Policies", { TargetId = target_id, Filter = policy_type },
    function(world, input, organization)
      local fault = check_target(organizations, organization, input.TargetId)
      if fault then
        return nil, fault
      end
      return summaries(world, organization, attached_to(organization, input.Filter, input.TargetId))
    end)
  operations.DescribePolicy = organizations.operation({ PolicyId = policy_id }, function(world, input, organization)
    local one, fault = find(organization, input.PolicyId)
    return one and { Policy = {
      PolicySummary = summary_of(organizations, world, organization, one), Content = one.content,
    } }, fault
  end)
end

local function add_targets(organizations)
  local function targets_of(organization)
    local found = { { id = organizations.ROOT, name = "Root", kind = "ROOT", word = "root" } }
    for _, unit in ipairs(organization.units or {}) do
      found[#found + 1] = { id = unit.id, name = unit.name or unit.id, kind = "ORGANIZATIONAL_UNIT", word = "ou" }
    end
    for _, account in ipairs(organization.accounts) do
      found[#found + 1] = { id = account.id, name = account.name or account.id, kind = "ACCOUNT", word = "account" }
    end
    return found
  end
  organizations.operations.ListTargetsForPolicy = organizations.paged("Targets", { PolicyId = policy_id },
    function(world, input, organization)
      local one, fault = find(organization, input.PolicyId)
      local found = {}
      for _, target in ipairs(one and targets_of(organization) or {}) do
        found[#found + 1] = is_attached(organization, one, target.id) and {
          TargetId = target.id, Name = target.name, Type = target.kind,
          Arn = organizations.arn(world, organization, target.word, target.id),
        } or nil
      end
      return one and found, fault
    end)
end

-- Stores the organization, which a state has only if it is not the default one.
local function store(world, organization)
  world.state.organization = organization
  organization.policies, organization.policy_types = organization.policies or {}, organization.policy_types or {}
end

local function create(organizations)
  return function(world, input, organization)
    if M.fault(input.Type, input.Content) then
      return nil, failure("MalformedPolicyDocumentException",
        "The provided policy document does not meet the requirements of the specified policy type.")
    end
    store(world, organization)
    for _, one in ipairs(organization.policies) do
      if one.name == input.Name then
        return nil, failure("DuplicatePolicyException", "A policy with the same name already exists.")
      end
    end
    local one = { id = ("p-%08x"):format(#organization.policies + 1), name = input.Name, type = input.Type,
      description = input.Description, content = input.Content, targets = json.array {} }
    table.insert(organization.policies, one)
    return { Policy = { PolicySummary = summary_of(organizations, world, organization, one), Content = one.content } }
  end
end

local function attach(organizations)
  return function(world, input, organization)
    local one, fault = find(organization, input.PolicyId)
    fault = fault or check_target(organizations, organization, input.TargetId)
    if fault then
      return nil, fault
    elseif not is_enabled(organization, one.type) then
      return nil, failure("PolicyTypeNotEnabledException",
        "This operation can be performed only for enabled policy types.")
    elseif is_attached(organization, one, input.TargetId) then
      return nil, failure("DuplicatePolicyAttachmentException",
        "The selected policy is already attached to the specified target.")
    elseif #attached_to(organization, one.type, input.TargetId) >= MOST_ATTACHED then
      return nil, failure("ConstraintViolationException", "You have attached the maximum number of policies to the "
        .. "specified target.", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    end
    store(world, organization)
    table.insert(one.targets, input.TargetId)
    return {}
  end
end

local function detach(organizations)
  return function(_, input, organization)
    local one, fault = find(organization, input.PolicyId)
    fault = fault or check_target(organizations, organization, input.TargetId)
    if fault then
      return nil, fault
    elseif one.managed then
      return nil, failure("InvalidInputException", "You can't detach this policy.", "NON_DETACHABLE_POLICY")
    end
    for i, target in ipairs(one.targets) do
      if target == input.TargetId then
        table.remove(one.targets, i)
        return {}
      end
    end
    return nil, failure("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
  end
end

-- Returns an operation that enables or disables a type in the root.
local function switch(organizations, enables)
  return organizations.operation({
    RootId = shape.string { required = true, max = 34 }, PolicyType = policy_type,
  }, function(world, input, organization)
    if input.RootId ~= organizations.ROOT then
      return nil, failure("RootNotFoundException", "You specified a root that doesn't exist.")
    elseif is_enabled(organization, input.PolicyType) == enables then
      return nil, failure(enables and "PolicyTypeAlreadyEnabledException" or "PolicyTypeNotEnabledException",
        ("The specified policy type is %s enabled."):format(enables and "already" or "not"))
    end
    store(world, organization)
    local types = json.array {}
    for _, name in ipairs(organization.policy_types) do
      types[#types + 1] = name ~= input.PolicyType and name or nil
    end
    types[#types + 1] = enables and input.PolicyType or nil
    organization.policy_types = types
    return { Root = organizations.operations.ListRoots.call(world, {}).Roots[1] }
  end)
end

--- Adds the operations on policies.
---@param organizations emulator.Service
function M.add(organizations)
  local operations, operation = organizations.operations, organizations.operation
  add_reads(organizations)
  add_targets(organizations)
  operations.CreatePolicy = operation({
    Content = shape.string { required = true, min = 1 }, Description = shape.string { required = true, max = 512 },
    Name = shape.string { required = true, min = 1, max = 128 }, Type = policy_type,
  }, create(organizations))
  operations.AttachPolicy = operation({ PolicyId = policy_id, TargetId = target_id }, attach(organizations))
  operations.DetachPolicy = operation({ PolicyId = policy_id, TargetId = target_id }, detach(organizations))
  operations.EnablePolicyType, operations.DisablePolicyType = switch(organizations, true), switch(organizations, false)
end

return M
