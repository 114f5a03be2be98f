--- Rehearses a plan: which roles it enables and what it changes in each repository. Nothing is written.
---
---     preview.run(region, plan)  -- fills in plan.enable, entry.change, entry.err and plan.failures

local change = require "lanyard.desired.change"
local edit = require "lanyard.desired.edit"
local lists = require "lanyard.lists"
local meters = require "lanyard.meter"
local task = require "lanyard.task"

local M = {}

-- Returns a function that reports whether a plan may turn on the role of a service: a saved plan lists the services.
local function turns_on(plan)
  local listed = plan.saved_roles and lists.set(table.concat(plan.saved_roles, " "))
  return function(name) return not listed or listed[name] end
end

-- Adds the services whose entry asks for a role, or whose deployment needs one.
local function add_service_roles(plan, may_turn_on, names)
  for _, one in ipairs(plan.service_plans or {}) do
    local service = plan.services[one.name]
    local wanted = not one.err and one.entry
      and (one.entry.role or one.deploys and one.deployment.needs_role)
      and may_turn_on(one.name)
    if wanted and service and not service.role.arn then
      names[one.name] = true
    end
  end
end

-- Returns the services whose role has to be turned on: it is off, and a grant of these entries is effective now.
local function roles_to_enable(plan, entries)
  local names, may_turn_on = {}, turns_on(plan)
  add_service_roles(plan, may_turn_on, names)
  for _, entry in ipairs(entries) do
    for _, grant in ipairs(entry.grants) do
      local service = plan.services[grant.service]
      if service and may_turn_on(grant.service) and not service.role.arn and edit.is_effective(grant, plan) then
        names[grant.service] = true
      end
    end
  end
  return lists.sorted_names(names)
end

-- Removes the services whose role a user rule keeps off.
local function apply_rules(region, plan)
  local permitted = {}
  for _, name in ipairs(plan.enable) do
    local ok, err = region:permit { on = "enable", service = plan.services[name], dry_run = true }
    if ok then
      permitted[#permitted + 1] = name
    else
      plan.services[name] = false
      table.insert(plan.failures, { service = name, err = err })
    end
  end
  plan.enable = permitted
end

--- Fills in what a plan would do. An entry whose dry run fails is added to the failures, and a role is not turned on
--- for entries that all fail.
---@param region access.Region
---@param plan desired.Plan
---@param meter? lanyard.Meter  counts repositories
---@return desired.Plan
function M.run(region, plan, meter)
  meter = meter or meters.new { what = "repositories" }
  meter:set_total(#plan.entries)
  plan.enable = roles_to_enable(plan, plan.entries)
  apply_rules(region, plan)
  local results = task.map(plan.entries, function(entry)
    local result, err = change.apply(region, plan, entry, { dry_run = true })
    meter:step()
    return { change = result, err = err }
  end, { limit = region.parallel })
  local possible = {}
  for i, entry in ipairs(plan.entries) do
    entry.change, entry.err = results[i].change, results[i].err
    if entry.err then
      table.insert(plan.failures, { repository = entry.repository.name, err = entry.err })
    else
      possible[#possible + 1] = entry
    end
  end
  plan.enable = roles_to_enable(plan, possible)
  return plan
end

return M
