--- Reads container services as a desired-state file states them. Values of environment variables are kept, so that the
--- file has no secret.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local requests = require "lanyard.access.deployment.request"
local wants_of = require "lanyard.access.service.wants"

local M = {}

local KEEP = { keep = true }

-- The environment of a container | nil
local function environment_of(container)
  if not container.environment then
    return nil
  end
  local variables = {}
  for name in pairs(container.environment) do
    variables[name] = KEEP
  end
  return variables
end

local function containers_of(request)
  local containers = {}
  for name, container in pairs(request.containers) do
    containers[name] = {
      image = container.image, command = container.command, ports = container.ports,
      environment = environment_of(container),
    }
  end
  return containers
end

-- The tags that a file can state: AWS sets the ones whose keys begin with "aws:".
local function tags_of(service)
  local tags
  for key, value in pairs(service.tags) do
    if wants_of.tag(key, value) then
      tags = tags or {}
      tags[key] = value
    end
  end
  return tags
end

local function domains_of(service)
  local domains
  for certificate, names in pairs(service.domains) do
    domains = domains or {}
    domains[certificate] = json.array(names)
  end
  return domains
end

--- Returns the entry of a service, as JSON has it.
---@param service access.Service
---@return table
function M.entry(service)
  local entry = {
    name = service.name, power = service.power, scale = service.scale, disabled = service.disabled or nil,
    role = service.role.arn and true or nil, tags = tags_of(service), domains = domains_of(service),
  }
  local raw = service.raw.currentDeployment
  if type(raw) == "table" then
    local request = requests.from(raw)
    entry.containers = containers_of(request)
    entry.public = request.publicEndpoint
  end
  return entry
end

--- Returns the entries of all services but the ones that are being deleted, sorted by name.
---@param services access.Service[]
---@return table[]
function M.entries(services)
  local by_name, entries = lists.by_name(services), {}
  for _, name in ipairs(lists.sorted_names(by_name)) do
    entries[#entries + 1] = by_name[name].state ~= "DELETING" and M.entry(by_name[name]) or nil
  end
  return entries
end

return M
