--- The services of a saved plan: writes them, reads them, and plans again what they come to now.
---
--- A saved plan has no secret: a variable has a reference with its version, the deployed value, or a literal value,
--- which apply reads from the desired-state file again.

local describe = require "lanyard.desired.services.describe"
local encode = require "lanyard.desired.services.encode"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local plans = require "lanyard.desired.services.plan"
local problems = require "lanyard.desired.problems"
local service_state = require "lanyard.access.service.state"
local stale = require "lanyard.desired.services.stale"
local validate = require "lanyard.desired.services.validate"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Writing

local function state_of(plan)
  if not plan.service then
    return nil
  end
  local state = service_state.of(plan.service)
  local domains = {}
  for certificate, list in pairs(state.domains) do
    domains[certificate] = json.array(list)
  end
  return { power = state.power, scale = state.scale, disabled = state.disabled, role = state.role.active,
    tags = state.tags, domains = domains }
end

local function newest_of(plan)
  local list = plan.deletion and plan.deletion.deployments
  return list and list[1] and list[1].version or plan.newest
end

local function encode_plan(plan)
  local images, references = stale.evidence(plan.deployment)
  local before, after
  if plan.kind ~= "unchanged" then
    before, after = describe.prices(plan)
  end
  return {
    service = plan.name, result = plan.kind == "unchanged" and "deploy" or plan.kind,
    changes = json.array(describe.lines(plan)),
    arn = plan.service and plan.service.arn, before = state_of(plan), newest = newest_of(plan),
    deploys = plan.deploys, entry = plan.entry and encode.entry(plan) or nil, images = images,
    references = json.array(references), monthly_price_before = before, monthly_price = after,
  }
end

--- Returns the services that a plan changes, ready for lanyard.json.
---@param list desired.ServicePlan[]
---@return table services
---@return table unchanged  names
function M.encode(list)
  local changed, unchanged = json.array {}, json.array {}
  for _, one in ipairs(list) do
    if plans.is_change(one) then
      changed[#changed + 1] = encode_plan(one)
    elseif not one.err then
      unchanged[#unchanged + 1] = one.name
    end
  end
  return changed, unchanged
end

-- ---------------------------------------------------------------------------------------------
-- Reading

-- What becomes of a service, by the result of a document.
local KINDS = { create = "create", update = "update", delete = "delete", deploy = "unchanged" }

local function is_map(value, check)
  if type(value) ~= "table" or json.is_array(value) then
    return false
  end
  for _, one in pairs(value) do
    if not check(one) then
      return false
    end
  end
  return true
end

local function is_string(value)
  return type(value) == "string"
end

local function is_names(value)
  if not json.is_array(value) then
    return false
  end
  for _, one in ipairs(value) do
    if not is_string(one) then
      return false
    end
  end
  return true
end

local function is_state(value)
  return type(value) == "table" and is_string(value.power) and math.type(value.scale) == "integer"
    and type(value.disabled) == "boolean" and type(value.role) == "boolean" and is_map(value.tags, is_string)
    and is_map(value.domains, is_names)
end

local function is_reference(value)
  return type(value) == "table" and is_string(value.container) and is_string(value.variable)
    and is_string(value.reference) and (value.version == nil or is_string(value.version))
end

local function is_references(value)
  for _, one in ipairs(json.is_array(value) and value or {}) do
    if not is_reference(one) then
      return false
    end
  end
  return json.is_array(value)
end

-- The name of a member that is not what it must be | nil
local function invalid_member(value)
  local exists = value.result ~= "create"
  local checks = {
    { "service", names.container_service(value.service) },
    { "result", KINDS[value.result] },
    { "arn", not exists and value.arn == nil or is_string(value.arn) },
    { "before", not exists and value.before == nil or is_state(value.before) },
    { "newest", math.type(value.newest) == "integer" },
    { "deploys", type(value.deploys) == "boolean" },
    { "images", is_map(value.images, is_string) },
    { "references", is_references(value.references) },
    { "entry", (value.result == "delete") == (value.entry == nil)
      and (value.entry == nil or type(value.entry) == "table" and value.entry.name == value.service) },
  }
  for _, check in ipairs(checks) do
    if not check[2] then
      return check[1]
    end
  end
  return nil
end

--- Returns the path of an invalid member of the services of a plan, or nil.
---@param list any
---@return string?
function M.invalid_path(list)
  if not json.is_array(list) then
    return "services"
  end
  for i, value in ipairs(list) do
    local path = ("services[%d]"):format(i)
    local member = type(value) ~= "table" and path or invalid_member(value)
    if member then
      return member == path and path or path .. "." .. member
    end
    local found = problems.new("", "")
    if value.entry then
      validate.entry(found, { is_list = json.is_array, saved = true }, path .. ".entry", value.entry)
    end
    if found:error() then
      return path .. ".entry"
    end
  end
  return nil
end

local function versions_of(references)
  local versions = {}
  for _, one in ipairs(references) do
    versions[one.container .. " " .. one.variable] = one.version
  end
  return versions
end

local function decode_plan(value)
  local before = value.before
  local entry = value.entry and validate.entry(problems.new("", ""), { is_list = json.is_array, saved = true },
    "the plan's entry of " .. value.service, value.entry)
  return {
    name = value.service, entry = entry,
    saved = {
      kind = KINDS[value.result], arn = value.arn, newest = value.newest, deploys = value.deploys,
      images = value.images,
      references = versions_of(value.references),
      before = before and { power = before.power, scale = before.scale, disabled = before.disabled,
        role = { active = before.role }, tags = before.tags, domains = before.domains },
    },
  }
end

--- Returns the services of a document that `invalid_path` accepts.
---@param list table[]
---@return { name: string, entry: desired.Service?, saved: desired.SavedService }[]
function M.decode(list)
  local found = {}
  for i, value in ipairs(list) do
    found[i] = decode_plan(value)
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- Literal values

local function missing_literal(file, name, container, variable)
  return errors.new {
    code = "StalePlan",
    message = ("the plan has no value for the variable %s of container '%s' of '%s', and '%s' does not have it either")
      :format(variable, container, name, file),
    tip = "a saved plan has no values: keep the desired-state file beside it, or write references",
  }
end

-- The entry of a service in a desired-state file | nil
local function entry_in(desired, name)
  for _, entry in ipairs(desired and desired.services or {}) do
    if entry.name == name then
      return entry
    end
  end
  return nil
end

local function has_literals(entry)
  for _, container in pairs(entry.containers or {}) do
    for _, variable in pairs(container and container.environment or {}) do
      if variable and variable.literal then
        return true
      end
    end
  end
  return false
end

-- Takes the literal values from the desired-state file. err
local function fill(entry, read, file)
  local source = has_literals(entry) and entry_in(read(), entry.name)
  for name, container in pairs(entry.containers or {}) do
    local other = source and source.containers and source.containers[name]
    for key, variable in pairs(container and container.environment or {}) do
      local value = variable and variable.literal and other and other.environment and other.environment[key]
      if variable and variable.literal and not (value and value.value) then
        return missing_literal(file, entry.name, name, key)
      elseif value then
        container.environment[key] = { value = value.value }
      end
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- Planning again

-- Plans a service that is deleted. plan | nil: it is gone
local function resume_deletion(region, one, service)
  if not service then
    return { name = one.name, kind = "unchanged", deploys = false, newest = 0, service = service, saved = one.saved }
  end
  local list, err = plans.deletions(region, { one.name })
  local plan = list and list[1] or { name = one.name, kind = "unchanged", deploys = false, newest = 0, err = err }
  plan.saved, plan.service = one.saved, service
  if service.state ~= "DELETING" then
    plan.err = plan.err or stale.settings(plan) or stale.deletion(plan)
  end
  return plan
end

--- Plans what a saved service comes to now. A plan that does not fit any more has an error.
---@param region access.Region
---@param one { name: string, entry: desired.Service?, saved: desired.SavedService }
---@param service? access.Service  as it is now
---@param context { file: string, read: fun(): desired.Desired?, granted: function }  read: reads the desired-state file
---@return desired.ServicePlan
function M.resume(region, one, service, context)
  if one.saved.kind == "delete" then
    return resume_deletion(region, one, service)
  end
  local plan = { name = one.name, kind = "unchanged", entry = one.entry, service = service, deploys = false, newest = 0,
    saved = one.saved }
  plan.err = fill(one.entry, context.read, context.file) or stale.settings(plan)
  if plan.err then
    return plan
  end
  plan = plans.entry(region, one.entry, service, { granted = context.granted })
  plan.saved = one.saved
  if plan.deployment and not plan.err then
    plan.err = stale.deployment(plan, plan.deployment, plan.newest)
  end
  return plan
end

return M
