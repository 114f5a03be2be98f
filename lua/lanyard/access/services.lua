--- Reads container services.

local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"
local names = require "lanyard.aws.names"
local suggester = require "lanyard.text.suggester"

local M = {}

--- A container service.
---@class access.Service
---@field name string  the name
---@field arn? string  of the service
---@field region string         the Region's name
---@field state string         "READY", "RUNNING", "DISABLED" and so on, as Lightsail has it
---@field detail? string        the state's detail: code and message
---@field detail_code? string  the code in `detail`
---@field role { active: boolean, arn: string? }  the ECR image puller role; no arn while it cannot be granted
---@field principal_arn? string the service's general role, which pulls nothing
---@field current? access.ServiceDeployment  the deployment that runs
---@field next? access.ServiceDeployment  the deployment that is being made
---@field tags table<string, string>  by key
---@field power? string         "nano" and so on
---@field scale? integer        the number of nodes
---@field disabled boolean      its containers are shut down; AWS bills it, too
---@field url? string           where its public endpoint answers
---@field created? number       seconds since 1970
---@field domains table<string, string[]>  its own domain names, by certificate; none that is empty
---@field raw table             Lightsail's description, without the values of environment variables

--- A deployment, as a container service names it.
---@class access.ServiceDeployment
---@field version integer  its number, from 1
---@field state string  as Lightsail has it
---@field images table<string, string>  by container
---@field created? number  seconds since 1970

-- ---------------------------------------------------------------------------------------------
-- A service

-- Lightsail returns "" where there is nothing, and leaves members out or null as well.
local function text(value)
  if type(value) == "string" and value ~= "" then
    return value
  end
  return nil
end

local function object(value)
  return type(value) == "table" and value or nil
end

local function number(value)
  return type(value) == "number" and value or nil
end

local function deployment(raw)
  if not object(raw) then
    return nil
  end
  local images = {}
  for name, container in pairs(object(raw.containers) or {}) do
    images[name] = text(object(container) and container.image)
  end
  return { version = raw.version, state = raw.state, images = images, created = number(raw.createdAt) }
end

-- A copy without the values of environment variables, which hold secrets.
local function without_secrets(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do
    if name == "environment" and type(member) == "table" then
      copy[name] = {}
      for variable in pairs(member) do
        copy[name][variable] = "***"
      end
    else
      copy[name] = without_secrets(member)
    end
  end
  return copy
end

local function tags_of(raw)
  local tags = {}
  for _, tag in ipairs(object(raw) or {}) do
    tags[tag.key] = text(tag.value) or ""
  end
  return tags
end

-- A certificate that was detached can remain with an empty list.
local function domains_of(raw)
  local domains = {}
  for certificate, attached in pairs(object(raw) or {}) do
    local list = {}
    for _, name in ipairs(object(attached) or {}) do
      list[#list + 1] = text(name)
    end
    table.sort(list)
    domains[certificate] = #list > 0 and list or nil
  end
  return domains
end

--- Returns the service that Lightsail describes.
---@param raw table  `containerService` of a reply
---@param region string  the Region's name, if the description has none
---@return access.Service
function M.service(raw, region)
  local access = object(raw.privateRegistryAccess)
  local role = object(access and access.ecrImagePullerRole) or {}
  local detail = object(raw.stateDetail)
  local code = detail and text(detail.code)
  local location = object(raw.location)
  return {
    name = raw.containerServiceName,
    arn = text(raw.arn),
    region = location and text(location.regionName) or region,
    state = raw.state,
    detail = code and (text(detail.message) and code .. ": " .. detail.message or code),
    detail_code = code,
    role = { active = role.isActive == true, arn = role.isActive == true and text(role.principalArn) or nil },
    principal_arn = text(raw.principalArn),
    current = deployment(raw.currentDeployment),
    next = deployment(raw.nextDeployment),
    tags = tags_of(raw.tags),
    power = text(raw.power),
    scale = math.tointeger(raw.scale),
    disabled = raw.isDisabled == true,
    url = text(raw.url),
    created = number(raw.createdAt),
    domains = domains_of(raw.publicDomainNames),
    raw = without_secrets(raw),
  }
end

-- ---------------------------------------------------------------------------------------------
-- A role that does not exist

-- In place of a role's id, and of the general role if that is not known either.
local UNKNOWN = "private-repo-access/NOT-KNOWN-YET"
local GENERAL_ROLE = "arn:aws:iam::000000000000:role/amazon/lightsail/%s/containers/%s/"

--- Returns the ARN of a service's puller role. If the role is off, the ARN is a placeholder of the same form, for a
--- change that is only shown.
---@param service access.Service
---@return string
function M.puller_arn(service)
  local general = service.principal_arn or GENERAL_ROLE:format(service.region, service.name)
  return service.role.arn or (general:match "^.*/" or "") .. UNKNOWN
end

--- Returns a service as it would be with its role on; the ARN of a role that is off is a placeholder.
---@param service access.Service
---@return access.Service
function M.with_role(service)
  if service.role.arn then
    return service
  end
  local copy = {}
  for name, value in pairs(service) do
    copy[name] = value
  end
  copy.role = { active = true, arn = M.puller_arn(service) }
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Reading

--- Checks that the reply to a change is about the service that was to be changed.
---@param reply table
---@param name string
---@param operation string
---@return true? ok
---@return aws.Error? err
function M.check_changed(reply, name, operation)
  local request = { service = "lightsail", operation = operation }
  local changed = reply.containerService and reply.containerService.containerServiceName
  if not changed then
    return answers.invalid(request, ("the reply describes no container service; '%s' was to be changed"):format(name))
  elseif changed ~= name then
    return answers.invalid(request,
      ("the reply is about the container service '%s'; '%s' was to be changed"):format(changed, name))
  end
  return true
end

local function check_name(name)
  local ok, message = names.container_service(name)
  if not ok then
    return nil, errors.new { code = "InvalidName", message = message }
  end
  return true
end

-- Returns a function that suggests one of the services of a Region.
local function nearest_of(all)
  local existing = {}
  for i, one in ipairs(all) do
    existing[i] = one.name
  end
  return suggester(existing)
end

-- near: the name of the nearest service of the Region | nil
local function not_found(name, region, near)
  return errors.new {
    code = "NotFoundException",
    status = 400,
    message = ("container service '%s' does not exist in %s%s"):format(name, region,
      near and ("; did you mean '%s'?"):format(near) or ""),
    tip = "lanyard status lists the services of a Region",
    service = "lightsail",
  }
end

local ANSWER = {
  service = "lightsail", operation = "GetContainerServices", what = "container service",
  member = "containerServiceName",
}

-- The services of a Region, and the same by name | nil, err
local function all_services(region)
  local reply, err = region.lightsail:GetContainerServices {}
  if not reply then
    return nil, err
  end
  local all, found = {}, {}
  for i, raw in ipairs(reply.containerServices) do
    local one = M.service(raw, region.name)
    if not one.name or found[one.name] then
      return answers.invalid(ANSWER, one.name and ("the reply has the container service '%s' twice"):format(one.name)
        or "the reply has a container service without a name")
    end
    all[i], found[one.name] = one, one
  end
  return all, found
end

-- Reads one container service. service | nil, rejection, if it does not exist | nil, err
local function read(region, name)
  local ok, err = check_name(name)
  if not ok then
    return nil, err
  end
  local reply, found
  reply, err = region.lightsail:GetContainerServices { serviceName = name }
  if reply then
    found, err = answers.by_name(reply.containerServices, { name }, ANSWER)
  end
  if not found then
    return nil, err
  end
  return M.service(found[name], region.name)
end

--- Reads one container service that may not exist.
---@param region access.Region
---@param name string
---@return access.Service|false|nil service  false if it does not exist
---@return aws.Error? err
function M.lookup(region, name)
  local service, err = read(region, name)
  if answers.rejected(err, "NotFoundException") then
    return false
  end
  return service, err
end

--- Reads one container service.
---@param region access.Region
---@param name string
---@return access.Service? service
---@return aws.Error? err  code NotFoundException if it does not exist
function M.find(region, name)
  local service, err = read(region, name)
  if answers.rejected(err, "NotFoundException") then
    local all = all_services(region) -- nil where listing is refused
    return nil, not_found(name, region.name, all and nearest_of(all)(name))
  end
  return service, err
end

local function by_name(a, b)
  return a.name < b.name
end

--- Reads container services: all of them sorted by name, or the named ones in the given order.
---@param region access.Region
---@param service_names? string[]
---@param missing? aws.Error[]  receives an error for each name that does not exist; without it, the first one is an
---  error of the call
---@return access.Service[]? services
---@return aws.Error? err
function M.list(region, service_names, missing)
  for _, name in ipairs(service_names or {}) do
    local ok, err = check_name(name)
    if not ok then
      return nil, err
    end
  end
  local all, found = all_services(region)
  if not all then
    return nil, found
  elseif not service_names then
    table.sort(all, by_name)
    return all
  end
  local chosen, nearest = {}, nearest_of(all)
  for _, name in ipairs(service_names) do
    local err = not found[name] and not_found(name, region.name, nearest(name))
    if err and not missing then
      return nil, err
    elseif err then
      missing[#missing + 1] = err
    end
    chosen[#chosen + 1] = found[name]
  end
  return chosen
end

return M
