--- Compares a container service with what it is to be, and with what that costs. Nothing is changed.
---
---     local plan, err = region:plan_service("web", { power = "nano", scale = 2 })
---     print(plan.kind, #plan.differences)       --> update	1

local certificates = require "lanyard.access.service.certificates"
local differences = require "lanyard.access.service.differences"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local powers = require "lanyard.access.service.powers"
local service_names = require "lanyard.aws.names"
local service_state = require "lanyard.access.service.state"
local services = require "lanyard.access.services"
local wants_of = require "lanyard.access.service.wants"

local M = {}

--- What a service is, and what it is to be.
---@class access.service.Plan
---@field kind "create"|"update"|"unchanged"
---@field name string
---@field service? access.Service  as it is; nil if it does not exist
---@field before? access.service.State  nil if it does not exist
---@field after access.service.State
---@field differences access.service.Difference[]  all members of `after`, if the service does not exist
---@field unknown? string  why the prices are unknown

local function invalid(message)
  return nil, errors.new { code = "InvalidValue", message = message }
end

--- Checks the name of a service and what it is to be, without a call.
---@param name string
---@param wants access.service.Wants
---@return true? ok
---@return aws.Error? err  code InvalidName or InvalidValue
function M.check(name, wants)
  local ok, message = service_names.container_service(name)
  if not ok then
    return nil, errors.new { code = "InvalidName", message = message }
  end
  ok, message = wants_of.check(wants)
  if not ok then
    return invalid(message)
  end
  return true
end

-- The certificates whose domain names differ.
local function new_domains(plan)
  local domains = {}
  for _, one in ipairs(plan.differences) do
    if one.member == "domain" and one.after then
      domains[one.name] = one.after
    end
  end
  return domains
end

local function has(list, member)
  for _, one in ipairs(list) do
    if one.member == member then
      return true
    end
  end
  return false
end

-- Adds the prices, and checks a new power. Without the permission to read powers, Lightsail checks it.
local function add_prices(region, plan)
  local list, err = powers.list(region)
  if list and has(plan.differences, "power") then
    local ok, wrong = powers.check(list, plan.after.power)
    if not ok then
      return nil, wrong
    end
  end
  for _, one in ipairs { plan.after, plan.before } do
    one.monthly_price = powers.price(list, one.power, one.scale)
  end
  plan.unknown = err and "the monthly price: " .. tostring(err) or nil
  return true
end

-- Checks a plan with what only calls show, and adds the prices. plan | nil, err
local function complete(region, plan)
  local ok, err = wants_of.check_state(plan.after)
  if not ok then
    return invalid(err)
  elseif plan.kind == "unchanged" then
    return plan
  end
  ok, err = add_prices(region, plan)
  if ok then
    ok, err = certificates.check(region, new_domains(plan))
  end
  return ok and plan, err
end

--- Compares a service with what it is to be, without a call.
---@param service access.Service
---@param wants access.service.Wants
---@return access.service.Plan plan  without prices
function M.compare(service, wants)
  local before = service_state.of(service)
  local after = service_state.with(before, wants)
  local list = differences.between(before, after)
  return {
    kind = #list > 0 and "update" or "unchanged", name = service.name, service = service, before = before,
    after = after, differences = list,
  }
end

--- Plans the change of a service that exists.
---@param region access.Region
---@param service access.Service
---@param wants access.service.Wants
---@return access.service.Plan? plan
---@return aws.Error? err
function M.change(region, service, wants)
  return complete(region, M.compare(service, wants))
end

-- Without these a service cannot be created.
local function missing(wants)
  local names = {}
  for _, member in ipairs { "power", "scale" } do
    names[#names + 1] = wants[member] == nil and member or nil
  end
  return #names > 0 and names
end

--- Plans a new service.
---@param region access.Region
---@param name string
---@param wants access.service.Wants
---@return access.service.Plan? plan
---@return aws.Error? err
function M.creation(region, name, wants)
  local lacking = missing(wants)
  if lacking then
    return invalid(("container service '%s' does not exist in %s, and a new one needs %s"):format(name, region.name,
      lists.sentence(lacking)))
  end
  local empty = service_state.empty()
  local after = service_state.with(empty, wants)
  return complete(region, { kind = "create", name = name, after = after,
    differences = differences.between(empty, after) })
end

--- Compares a service with what it is to be. A service that does not exist is to be created.
---@param region access.Region
---@param name string
---@param wants access.service.Wants
---@return access.service.Plan? plan
---@return aws.Error? err
function M.plan(region, name, wants)
  local ok, err = M.check(name, wants)
  local service
  if ok then
    service, err = services.lookup(region, name)
  end
  if service then
    return M.change(region, service, wants)
  elseif service == false then
    return M.creation(region, name, wants)
  end
  return nil, err
end

--- Asks the rules about a change of a service.
---@param region access.Region
---@param plan access.service.Plan
---@param action "create"|"update"
---@param dry_run? boolean
---@return true? permitted
---@return aws.Error? err
function M.permit(region, plan, action, dry_run)
  return region:permit {
    on = "service", action = action, service = plan.service or {
      name = plan.name, region = region.name, tags = {}, role = { active = false },
    },
    before = plan.before, after = plan.after, unknown = plan.unknown, dry_run = dry_run,
  }
end

return M
