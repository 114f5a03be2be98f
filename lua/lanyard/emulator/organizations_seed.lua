--- Creates the organization of a seed (lanyard.emulator.seed).

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local organizations = require "lanyard.emulator.organizations"

local M = {}

---@class emulator.SeedOrganization
---@field id? string
---@field accounts? { id: string, name: string?, email: string?, state: string? }[]  besides the emulator's own

local function invalid(message)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. message }
end

local ORGANIZATION_MEMBERS = lists.set "id accounts"
local ACCOUNT_MEMBERS = lists.set "id name email state"

-- Returns what is wrong with an account of an organization, or nil.
local function account_fault(account)
  for key in pairs(type(account) == "table" and account or { [tostring(account)] = true }) do
    if not ACCOUNT_MEMBERS[key] then
      return ("has an unknown member '%s' in an account of the organization"):format(tostring(key))
    end
  end
  if not names.registry_id(account.id) then
    return ("has an account of the organization with the invalid id '%s'"):format(tostring(account.id))
  elseif account.state ~= nil and not lists.contains(organizations.STATES, account.state) then
    return ("has the account %s in the unknown state '%s'"):format(account.id, tostring(account.state))
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
  for key in pairs(content) do
    if not ORGANIZATION_MEMBERS[key] then
      return invalid(("has an unknown member '%s' in its organization"):format(tostring(key)))
    end
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
  world.state.organization = organization
  return true
end

return M
