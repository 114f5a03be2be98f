--- Turns a service of a desired-state file into what lanyard.access changes it to.
---
--- What an entry does not name stays as it is, so that both functions take what there is.

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local requests = require "lanyard.access.deployment.request"

local M = {}

-- Returns the domain names by certificate that the service is to have, with the ones that an entry does not name.
local function domains_after(entry, before)
  local after, moved = {}, {}
  for certificate, names in pairs(entry.domains) do
    after[certificate] = names or nil
    for _, name in ipairs(names or {}) do
      moved[name] = true
    end
  end
  for certificate, names in pairs(before) do
    local kept = {}
    for _, name in ipairs(names) do
      kept[#kept + 1] = not moved[name] and name or nil
    end
    if entry.domains[certificate] == nil and #kept > 0 then
      after[certificate] = kept
    end
  end
  return after
end

--- Returns what a service is to be, without its role: region:enable turns that on, and asks the rules about it.
---@param entry desired.Service
---@param service? access.Service  as it is; nil if it does not exist
---@return access.service.Wants
function M.settings(entry, service)
  local wants = { power = entry.power, scale = entry.scale, disabled = entry.disabled }
  for _, key in ipairs(lists.sorted_names(entry.tags or {})) do
    if entry.tags[key] then
      wants.tags = wants.tags or {}
      wants.tags[key] = entry.tags[key]
    else
      wants.untag = wants.untag or {}
      table.insert(wants.untag, key)
    end
  end
  if entry.no_domains then
    wants.domains, wants.no_domains = {}, true
  elseif entry.domains then
    wants.domains, wants.no_domains = domains_after(entry, service and service.domains or {}), true
  end
  return wants
end

-- ---------------------------------------------------------------------------------------------
-- Containers

local function invalid(path, message, tip)
  return nil, errors.new { code = "InvalidDeployment", message = ("%s: %s"):format(path, message), tip = tip }
end

local function nothing_to_keep(path, service_name)
  return invalid(path, ("keep needs a deployed value, and '%s' has none"):format(service_name),
    "write the value or a reference, or remove the member")
end

-- Adds the variables of a container. true | nil, err
local function add_environment(wants, entry, name, container, deployed)
  local path = container.path .. ".environment"
  if container.keeps_environment then
    if not deployed then
      return nothing_to_keep(path, entry.name)
    end
    return true
  end
  for _, variable in ipairs(lists.sorted_names(container.environment or {})) do
    local value = container.environment[variable]
    local before = deployed and deployed.environment and deployed.environment[variable]
    if value == false then
      table.insert(wants.unset, { option = path, container = name, name = variable })
    elseif value.keep and before == nil then
      return nothing_to_keep(path .. "." .. variable, entry.name)
    elseif not value.keep then
      table.insert(wants.variables, { option = path, container = name, name = variable, value = value.value,
        reference = value.reference })
    end
  end
  return true
end

-- Adds one container. true | nil, err
local function add_container(wants, entry, name, container, deployed)
  if container == false then
    wants.containers[name] = nil
    return true
  end
  wants.containers[name] = wants.containers[name] or { image = container.image }
  if container.image and not (deployed and deployed.image == container.image) then
    table.insert(wants.images, { container = name, text = container.image })
  elseif not container.image and not deployed then
    return invalid(container.path, ("'%s' has no container '%s' yet, and a new one needs an image"):format(entry.name,
      name))
  end
  if container.command ~= nil then
    wants.containers[name].command = container.command or nil
  end
  if container.ports then
    local ports = wants.containers[name].ports or {}
    for port, protocol in pairs(container.ports) do
      ports[port] = protocol or nil
    end
    wants.containers[name].ports = next(ports) and ports or nil
  end
  return add_environment(wants, entry, name, container, deployed)
end

-- The container of the endpoint if the entry does not name it | nil: the deployment's only container
local function endpoint_container(entry, current)
  local endpoint = current and current.publicEndpoint
  return entry.public.containerName or endpoint and endpoint.containerName
end

-- Adds the public endpoint. true | nil, err
local function add_public(wants, entry, current)
  local public = entry.public
  if public == nil then
    -- A public endpoint of a container that is removed would be invalid.
    return true
  elseif public == false then
    wants.no_public = true
    return true
  end
  local before = current and current.publicEndpoint
  local port = public.containerPort or before and before.containerPort
  if not port then
    return invalid(public.path, ("'%s' has no public endpoint yet, and a new one needs a containerPort")
      :format(entry.name))
  end
  wants.public_endpoint = { containerName = endpoint_container(entry, current), containerPort = port }
  wants.health = public.healthCheck
  return true
end

--- Reports whether an entry describes a deployment.
---@param entry desired.Service
---@return boolean
function M.has_deployment(entry)
  return entry.public ~= nil or entry.containers ~= nil and next(entry.containers) ~= nil
end

--- Returns the deployment that an entry describes, for region:plan_deployment.
---@param entry desired.Service
---@param current? access.deployment.Request  of the deployment that runs
---@return access.deployment.Wants? wants
---@return lanyard.Error? err  code InvalidDeployment
function M.deployment(entry, current)
  local copy = requests.from(current or {})
  local wants = { images = {}, containers = copy.containers, variables = {}, unset = {} }
  for _, name in ipairs(lists.sorted_names(entry.containers or {})) do
    local ok, err = add_container(wants, entry, name, entry.containers[name], current and current.containers[name])
    if not ok then
      return nil, err
    end
  end
  local ok, err = add_public(wants, entry, current)
  return ok and wants, err
end

return M
