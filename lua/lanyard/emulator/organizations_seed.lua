--- Creates the organization of a seed (lanyard.emulator.seed).

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local members = require "lanyard.emulator.members"
local names = require "lanyard.aws.names"
local organization_policies = require "lanyard.emulator.organization_policies"
local organizations = require "lanyard.emulator.organizations"

local M = {}

--- The organization of a seed.
---@class emulator.SeedOrganization
---@field id? string  "o-a1b2c3d4e5"
---@field accounts? { id: string, name: string?, email: string?, state: string?, parent: string? }[]  besides the
---  emulator's own
---@field management? string  the account that manages it, unless the emulator's own does
---@field delegated? boolean  the emulator's own account is a delegated administrator
---@field units? { id: string, name: string?, parent: string? }[]  organizational units, parents first
---@field resource_control_policies? { name: string, content: string|table, targets: string[]? }[]  attached to the
---  root unless given

local function invalid(message)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. message }
end

local ORGANIZATION_MEMBERS = {
  id = "string", accounts = "list", management = "string", delegated = "boolean", units = "list",
  resource_control_policies = "list",
}
local ACCOUNT_MEMBERS = { id = "string", name = "string", email = "string", state = "string", parent = "string" }
local UNIT_MEMBERS = { id = "string", name = "string", parent = "string" }
local POLICY_MEMBERS = { name = "string", content = "string or table", targets = "list" }
local POLICY_TYPE = "RESOURCE_CONTROL_POLICY"

-- Returns what is wrong with an account of an organization, or nil.
local function account_fault(account)
  local fault = members.fault(account, ACCOUNT_MEMBERS, "an account of the organization")
  if fault then
    return fault
  elseif not names.registry_id(account.id) then
    return ("has an account of the organization with the invalid id '%s'"):format(tostring(account.id))
  elseif account.state ~= nil and not lists.contains(organizations.STATES, account.state) then
    return ("has the account %s in the unknown state '%s'"):format(account.id, tostring(account.state))
  end
  return nil
end

-- The lists whose items differ in a member.
local DISTINCT = {
  { "accounts", "id", "account" }, { "units", "id", "organizational unit" },
  { "resource_control_policies", "name", "resource control policy" },
}

-- Returns what the organization has twice, or nil.
local function repeated_fault(content)
  for _, row in ipairs(DISTINCT) do
    local value = members.repeated(content[row[1]] or {}, row[2])
    if value then
      return ("has the %s '%s' twice"):format(row[3], tostring(value))
    end
  end
  return nil
end

-- Returns what is wrong with the management account, or nil.
local function management_fault(content)
  if content.management ~= nil and not names.registry_id(content.management) then
    return ("has an organization with the invalid management account '%s'"):format(tostring(content.management))
  end
  return nil
end

-- Adds the organizational units. Returns what is wrong with one, or nil.
local function add_units(organization, units)
  organization.units = json.array {}
  for _, unit in ipairs(units or {}) do
    local fault = members.fault(unit, UNIT_MEMBERS, "an organizational unit")
    if fault then
      return fault
    elseif not tostring(unit.id):find "^ou%-[0-9a-z]+%-[a-z0-9]+$" then
      return "has an organizational unit without an id such as ou-a1b2-11111111"
    elseif unit.parent and not organizations.lineage(organization, unit.parent) then
      return ("has the organizational unit %s in the unknown parent '%s'"):format(unit.id, tostring(unit.parent))
    end
    table.insert(organization.units, unit)
  end
  return nil
end

-- Returns what is wrong with the place of an account, or nil.
local function place_fault(organization)
  for _, account in ipairs(organization.accounts) do
    if account.parent and not organizations.lineage(organization, account.parent) then
      return ("has the account %s in the unknown parent '%s'"):format(account.id, tostring(account.parent))
    end
  end
  return nil
end

-- Adds a resource control policy. Returns what is wrong with it, or nil.
local function add_policy(organization, one)
  local unknown = members.fault(one, POLICY_MEMBERS, "a resource control policy")
  if unknown then
    return unknown
  elseif one.name == nil or one.content == nil then
    return "has a resource control policy without name or content"
  end
  local text = type(one.content) == "table" and json.encode(one.content) or tostring(one.content)
  local fault = organization_policies.fault(POLICY_TYPE, text)
  if fault then
    return ("has the resource control policy '%s', which AWS refuses: %s"):format(one.name, fault)
  end
  local targets = json.array(table.move(one.targets or { organizations.ROOT }, 1, #(one.targets or { "" }), 1, {}))
  for _, target in ipairs(targets) do
    if not organizations.lineage(organization, target) then
      return ("attaches '%s' to the unknown target '%s'"):format(one.name, tostring(target))
    end
  end
  table.insert(organization.policies, {
    id = ("p-%08x"):format(#organization.policies + 1), name = one.name, type = POLICY_TYPE, content = text,
    targets = targets,
  })
  return nil
end

-- Adds the resource control policies, which enable their type. Returns what is wrong, or nil.
local function add_policies(organization, list)
  organization.policies, organization.policy_types = json.array {}, json.array {}
  for _, one in ipairs(list or {}) do
    local fault = add_policy(organization, one)
    if fault then
      return fault
    end
    organization.policy_types[1] = POLICY_TYPE
  end
  return nil
end

--- Creates the organization of a seed. Without one, or with false, the account has the default organization, or none.
---@param world emulator.World
---@param content? emulator.SeedOrganization|false
---@return true? ok
---@return lanyard.Error? err
function M.create(world, content)
  if not content then
    world.state.organization = content
    return true
  elseif type(content) ~= "table" then
    return invalid "must have a table for the organization"
  end
  local unknown = members.fault(content, ORGANIZATION_MEMBERS, "its organization") or repeated_fault(content)
  if unknown then
    return invalid(unknown)
  end
  local organization = organizations.of(world)
  organization.id = content.id or organization.id
  if type(organization.id) ~= "string" or not organization.id:find "^o%-[a-z0-9]+$" or #organization.id < 12 then
    return invalid(("has the invalid id '%s' of an organization; write o- and 10 to 32 letters or digits")
      :format(tostring(content.id)))
  end
  for _, account in ipairs(content.accounts or {}) do
    local fault = account_fault(account)
    if fault then
      return invalid(fault)
    end
    local own = account.id == world.account
    organization.accounts[own and 1 or #organization.accounts + 1] = account
  end
  local fault = management_fault(content) or add_units(organization, content.units) or place_fault(organization)
    or add_policies(organization, content.resource_control_policies)
  if fault then
    return invalid(fault)
  end
  organization.management, organization.delegated = content.management, content.delegated
  world.state.organization = organization
  return true
end

return M
