-- What other tools need to hold the same: policies as a whole, and the services whose roles they name.
--
--   local exported = assert(export.of_account(region))
--   io.write(json.encode(require("lanyard.desired.export.terraform").template(exported), { pretty = true }))
--
-- exported: { region, account, services = { { name, role_arn, power, scale, disabled, domains = { [certificate] =
-- { names } }, tags } }, policies = { { repository, text, exists } }, failures = { { service | nil, repository |
-- nil, err } } }. A role_arn that is not known yet is made up, and stands so in the texts; `exists` is whether
-- the repository has a policy now.

local container_services = require "lanyard.access.services"
local listing = require "lanyard.desired.listing"
local lists = require "lanyard.lists"
local plans = require "lanyard.desired.plan"

local M = { FORMATS = { "terraform", "cloudformation" } }

local function plain_service(service, role_arn)
  local raw = service.raw
  return {
    name = service.name, role_arn = role_arn, power = raw.power, scale = raw.scale,
    disabled = raw.isDisabled == true, tags = service.tags,
    domains = type(raw.publicDomainNames) == "table" and raw.publicDomainNames or {},
  }
end

-- Adds the services that a policy names, each once; whether it names one.
local function add_services(exported, text, services)
  local named = false
  for _, name in ipairs(lists.sorted_names(services)) do
    local service = services[name]
    local role_arn = service and container_services.puller_arn(service)
    if role_arn and text:find('"' .. role_arn .. '"', 1, true) then
      named = true
      exported.by_name[name] = exported.by_name[name] or plain_service(service, role_arn)
    end
  end
  return named
end

local function new_export(of, failures)
  return { region = of.region, account = of.account, by_name = {}, services = {}, policies = {}, failures = failures }
end

local function finish(exported)
  for _, name in ipairs(lists.sorted_names(exported.by_name)) do
    table.insert(exported.services, exported.by_name[name])
  end
  return exported
end

-- of_file(region, desired) --> exported, as it would be when the desired file is applied | nil, err
function M.of_file(region, desired)
  local plan, err = plans.make(region, desired)
  if not plan then
    return nil, err
  end
  local exported = new_export(plan, plan.failures)
  for _, entry in ipairs(plan.entries) do
    local text = entry.change and entry.change.after
    if text then
      add_services(exported, text, plan.services)
      table.insert(exported.policies, {
        repository = entry.repository.name, text = text, exists = entry.change.before ~= nil,
      })
    end
  end
  return finish(exported)
end

-- { [name] = service } of those whose role is on
local function switched_on(services)
  local on = {}
  for _, service in ipairs(services) do
    on[service.name] = service.role.arn and service or nil
  end
  return on
end

-- of_account(region) --> exported, of the repositories that grant a service's role now | nil, err
function M.of_account(region)
  local account, err = region:account()
  if not account then
    return nil, err
  end
  local services, repositories = listing.read(region)
  if not services then
    return nil, repositories
  end
  local on = switched_on(services)
  local exported = new_export({ region = region.name, account = account }, {})
  for _, one in ipairs(region:policies(repositories)) do
    local text = one.doc and tostring(one.doc)
    if one.err then
      table.insert(exported.failures, { repository = one.repository.name, err = one.err })
    elseif text and add_services(exported, text, on) then
      table.insert(exported.policies, { repository = one.repository.name, text = text, exists = true })
    end
  end
  return finish(exported)
end

-- labels(list, member, clean) --> { [name] = label } for what each item has as that member, no two alike;
-- clean(name) gives a label of the letters that a tool takes.
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
