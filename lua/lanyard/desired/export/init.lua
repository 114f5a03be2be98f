--- Collects what another tool needs to manage the same pull access: whole policies, and the services whose roles they
--- name.
---
---     local exported = assert(export.from_account(region))
---     io.write(json.encode(require("lanyard.desired.export.terraform").template(exported), { pretty = true }))

local container_services = require "lanyard.access.services"
local exported_deployment = require "lanyard.desired.export.deployment"
local inventory = require "lanyard.desired.inventory"
local lists = require "lanyard.lists"
local plans = require "lanyard.desired.plan"
local service_plans = require "lanyard.desired.services.plan"

local M = { FORMATS = { "terraform", "cloudformation" } }

---@class desired.ExportedService
---@field name string
---@field role_arn string  a placeholder, also in the policies, until the role exists
---@field power string
---@field scale integer
---@field disabled boolean
---@field domains table<string, string[]>  by certificate
---@field tags table<string, string>
---@field role boolean  its puller role is on
---@field exists boolean
---@field deployment? desired.ExportedDeployment  nil unless a file describes it

---@class desired.ExportedPolicy
---@field repository string
---@field text string
---@field exists boolean  whether the repository has a policy now

---@class desired.Exported
---@field region string
---@field account string
---@field services desired.ExportedService[]
---@field policies desired.ExportedPolicy[]
---@field failures desired.Failure[]

local function export_service(service, role_arn)
  local raw = service.raw
  return {
    name = service.name, role_arn = role_arn, power = raw.power, scale = raw.scale,
    disabled = raw.isDisabled == true, tags = service.tags,
    domains = type(raw.publicDomainNames) == "table" and raw.publicDomainNames or {}, role = true, exists = true,
  }
end

-- Returns a service as it would be after the entry of a file is applied.
local function export_entry(one, plan, is_named)
  local after = one.settings.after
  local service = plan.services[one.name] or one.service or service_plans.future(one, plan.region)
  return {
    name = one.name, role_arn = container_services.puller_arn(service), power = after.power, scale = after.scale,
    disabled = after.disabled, tags = after.tags, domains = after.domains, exists = one.service ~= nil,
    role = is_named or after.role.active or lists.contains(plan.enable, one.name),
    deployment = one.deployment and exported_deployment.of(one.name, one.deployment),
  }
end

-- Adds the services that a file describes, in place of what they are now.
local function add_entries(by_name, plan)
  for _, one in ipairs(plan.service_plans or {}) do
    if not one.err and one.entry then
      by_name[one.name] = export_entry(one, plan, by_name[one.name] ~= nil)
    end
  end
end

-- Adds the services whose roles a policy names to `by_name`. Returns whether it names any.
local function add_services(by_name, text, services)
  local found = false
  for _, name in ipairs(lists.sorted_names(services)) do
    local service = services[name]
    local role_arn = service and container_services.puller_arn(service)
    if role_arn and text:find('"' .. role_arn .. '"', 1, true) then
      found = true
      by_name[name] = by_name[name] or export_service(service, role_arn)
    end
  end
  return found
end

local function sorted_services(by_name)
  local services = {}
  for i, name in ipairs(lists.sorted_names(by_name)) do
    services[i] = by_name[name]
  end
  return services
end

--- Returns the policies as they would be after a desired-state file is applied, and their services.
---@param region access.Region
---@param desired desired.Desired
---@param meter? lanyard.Meter  counts repositories
---@return desired.Exported?
---@return lanyard.Error? err
function M.from_file(region, desired, meter)
  local plan, err = plans.make(region, desired, { meter = meter })
  if not plan then
    return nil, err
  end
  local by_name, policies = {}, {}
  for _, entry in ipairs(plan.entries) do
    local text = entry.change and entry.change.after
    if text then
      add_services(by_name, text, plan.services)
      table.insert(policies, {
        repository = entry.repository.name, text = text, exists = entry.change.before ~= nil,
      })
    end
  end
  add_entries(by_name, plan)
  return {
    region = plan.region, account = plan.account, services = sorted_services(by_name), policies = policies,
    failures = plan.failures,
  }
end

local function services_with_role(services)
  local by_name = {}
  for _, service in ipairs(services) do
    by_name[service.name] = service.role.arn and service or nil
  end
  return by_name
end

--- Returns the policies that grant a service's role now, and these services.
---@param region access.Region
---@return desired.Exported?
---@return lanyard.Error? err
function M.from_account(region)
  local account, err = region:account()
  if not account then
    return nil, err
  end
  local services, repositories = inventory.read(region)
  if not services then
    return nil, repositories
  end
  local enabled, by_name, policies, failures = services_with_role(services), {}, {}, {}
  for _, one in ipairs(region:policies(repositories)) do
    local text = one.doc and tostring(one.doc)
    if one.err then
      table.insert(failures, { repository = one.repository.name, err = one.err })
    elseif text and add_services(by_name, text, enabled) then
      table.insert(policies, { repository = one.repository.name, text = text, exists = true })
    end
  end
  return {
    region = region.name, account = account, services = sorted_services(by_name), policies = policies,
    failures = failures,
  }
end

--- Returns a unique label for each item of a list, by name.
---@param list table[]
---@param member string  the member with the item's name
---@param clean fun(name: string): string  reduces a name to the characters that the tool accepts
---@return table<string, string>
function M.labels(list, member, clean)
  local labels, taken = {}, {}
  for _, item in ipairs(list) do
    local name, number = item[member], 1
    local label = clean(name)
    while taken[label] do
      number = number + 1
      label = clean(name) .. number
    end
    taken[label] = true
    labels[name] = label
  end
  return labels
end

return M
