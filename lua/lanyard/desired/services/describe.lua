--- Describes in lines what a plan changes of a service. Values of environment variables are not shown.
---
---     describe.title(plan)   --> "~ change web"
---     describe.lines(plan)   --> { "~ scale: 1 -> 2", "~ app: image web:1.3 -> web:1.4" }

local changes = require "lanyard.access.deployment.changes"
local differences = require "lanyard.access.service.differences"
local lists = require "lanyard.lists"
local service_state = require "lanyard.access.service.state"

local M = {}

local TITLES = { create = "+ create %s", update = "~ change %s", delete = "- delete %s", unchanged = "~ deploy to %s" }

--- Returns a heading for a service that a plan changes.
---@param plan desired.ServicePlan
---@return string
function M.title(plan)
  return TITLES[plan.kind]:format(plan.name)
end

--- Returns a monthly price for people.
---@param price? number  in USD
---@return string
function M.price(price)
  if not price then
    return "an unknown price"
  end
  return (math.tointeger(price) and "%d USD a month" or "%.2f USD a month"):format(price)
end

-- How the service itself differs.
local function add_settings(lines, plan)
  for _, one in ipairs(plan.settings.differences) do
    local label, before, after = differences.texts(one)
    if plan.kind == "create" or one.before == nil then
      lines[#lines + 1] = ("+ %s: %s"):format(label, after)
    elseif one.after == nil then
      lines[#lines + 1] = ("- %s: %s"):format(label, before)
    else
      lines[#lines + 1] = ("~ %s: %s -> %s"):format(label, before, after)
    end
  end
end

-- "app: image a -> b" --> "~ app: image a -> b"; "app: variable + KEY" --> "+ app: variable KEY = ***"
local function marked(line)
  if line:find "^[+-] " then
    return line
  end
  local before, mark, after = line:match "^(.-) ([+-]) (.*)$"
  if not mark or line:find " %-> " then
    return "~ " .. line
  end
  local is_new = mark == "+" and before:find ": variable$"
  return ("%s %s %s%s"):format(mark, before, after, is_new and " = ***" or "")
end

-- The settings of a container that is new.
local function add_new_container(lines, name, container)
  local stub = { containers = { [name] = { image = container.image } } }
  for _, line in ipairs(changes.between(stub, { containers = { [name] = container } })) do
    lines[#lines + 1] = marked(line)
  end
end

-- The reference of each variable, by container and name.
local function references_of(deployment)
  local found = {}
  for _, one in ipairs(deployment.references or {}) do
    found[one.container .. ": variable " .. one.name] = one.reference
  end
  return found
end

-- Adds where the value of a variable comes from.
local function with_reference(line, references)
  local container, name = line:match "^. (%S+): variable [+-]? ?(%S+)"
  local reference = container and not line:find "^%-" and references[container .. ": variable " .. name]
  return reference and ("%s from %s, version %s"):format(line, reference.text, reference.version or "unknown") or line
end

-- How the deployment differs.
local function add_deployment(lines, deployment)
  local before, found = deployment.current and deployment.current.request, {}
  for _, line in ipairs(changes.between(before, deployment.request)) do
    found[#found + 1] = marked(line)
  end
  for _, name in ipairs(lists.sorted_names(deployment.request.containers)) do
    if not (before and before.containers[name]) then
      add_new_container(found, name, deployment.request.containers[name])
    end
  end
  local references = references_of(deployment)
  for _, line in ipairs(found) do
    lines[#lines + 1] = with_reference(line, references)
  end
  if deployment.in_progress then
    lines[#lines + 1] = ("~ version %d is being deployed"):format(deployment.in_progress)
  elseif deployment.why then
    lines[#lines + 1] = "~ deployed again: " .. deployment.why
  end
end

local function count(number, one, many)
  return ("%d %s"):format(number, number == 1 and one or many)
end

--- Returns what a service takes along when it is deleted.
---@param deletion access.service.Deletion
---@return string[]
function M.deletion(deletion)
  local lines, repositories = {}, {}
  if deletion.deployments then
    lines[1] = "- " .. count(#deletion.deployments, "deployment", "deployments")
  else
    lines[1] = "- its deployments, which could not be read"
  end
  local domains = service_state.domain_names(deletion.before.domains)
  if #domains > 0 then
    lines[#lines + 1] = "- domain names: " .. table.concat(domains, ", ")
  end
  for i, grant in ipairs(deletion.grants) do
    repositories[i] = grant.repository.name
  end
  if #repositories > 0 then
    lines[#lines + 1] = ("- %s: %s"):format(count(#repositories, "grant", "grants"), table.concat(repositories, ", "))
  end
  return lines
end

--- Returns the prices of a service before and after a plan.
---@param plan desired.ServicePlan
---@return number? before  nil: unknown
---@return number? after
function M.prices(plan)
  if plan.kind == "delete" then
    return plan.deletion.before.monthly_price, 0
  elseif plan.kind == "create" then
    return 0, plan.settings.after.monthly_price
  end
  return plan.settings.before.monthly_price, plan.settings.after.monthly_price
end

local function add_prices(lines, plan)
  if plan.kind == "unchanged" then
    return
  end
  local before, after = M.prices(plan)
  if plan.kind ~= "update" then
    lines[#lines + 1] = "  price: " .. M.price(plan.kind == "create" and after or before)
  elseif before ~= after then
    lines[#lines + 1] = ("  price: %s -> %s"):format(M.price(before), M.price(after))
  end
  if plan.kind ~= "delete" and plan.settings.after.disabled and not (plan.settings.before or {}).disabled then
    lines[#lines + 1] = "  AWS bills a disabled service, too"
  end
end

--- Returns what a plan changes of a service, one line for each part.
---@param plan desired.ServicePlan
---@return string[] lines  each begins with "+", "-", "~" or a blank
function M.lines(plan)
  if plan.kind == "delete" then
    local lines = M.deletion(plan.deletion)
    add_prices(lines, plan)
    return lines
  end
  local lines = {}
  add_settings(lines, plan)
  add_prices(lines, plan)
  if plan.deploys then
    add_deployment(lines, plan.deployment)
  end
  if plan.skipped then
    lines[#lines + 1] = "  " .. plan.skipped
  end
  return lines
end

return M
