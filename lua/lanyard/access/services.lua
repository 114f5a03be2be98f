-- Container services, as the workflows see them.
--
-- A service: { name, arn, region, state, detail, role = { active, arn }, principal_arn, current,
-- next, tags, raw }. `role` is the ECR image puller role; its arn is nil while there is none to
-- grant. `principal_arn` is the service's general role, which pulls nothing. A deployment
-- (`current`, `next`) is { version, state, images = { [container] = image } }.

local errors = require "lanyard.errors"
local names = require "lanyard.aws.names"

local M = {}

-- Lightsail says "" where there is nothing, and leaves members out or null as well.
local function text(value)
  if type(value) == "string" and value ~= "" then
    return value
  end
  return nil
end

local function object(value)
  return type(value) == "table" and value or nil
end

local function deployment(raw)
  if not object(raw) then
    return nil
  end
  local images = {}
  for name, container in pairs(object(raw.containers) or {}) do
    images[name] = text(object(container) and container.image)
  end
  return { version = raw.version, state = raw.state, images = images }
end

-- A copy of an answer without the values of environment variables, which hold secrets.
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

-- service(raw, region) --> the service of an answer's `containerService`
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
    raw = without_secrets(raw),
  }
end

-- In the place of a role's id, and of the general role where that is not known either.
local UNKNOWN = "private-repo-access/NOT-KNOWN-YET"
local GENERAL_ROLE = "arn:aws:iam::000000000000:role/amazon/lightsail/%s/containers/%s/"

-- puller_arn(service) --> the ARN of its puller role; where that is off one made up, of the form that it will
-- have, for a change that is only shown
function M.puller_arn(service)
  local general = service.principal_arn or GENERAL_ROLE:format(service.region, service.name)
  return service.role.arn or (general:gsub("[^/]*$", UNKNOWN))
end

-- with_role(service) --> the service, though its role be off: then with an ARN made up
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

local function check_name(name)
  local ok, why = names.container_service(name)
  if not ok then
    return nil, errors.new { code = "InvalidName", message = why }
  end
  return true
end

local function not_found(name, region)
  return errors.new {
    code = "NotFoundException",
    message = ("there is no container service '%s' in %s"):format(name, region),
    tip = "lanyard status lists the services of a Region",
    service = "lightsail",
  }
end

local function described(region, input)
  local reply, err = region.lightsail:GetContainerServices(input)
  if not reply then
    return nil, err
  end
  if type(reply.containerServices) ~= "table" then
    return nil, errors.new {
      code = "InvalidResponse",
      message = "Lightsail's answer has no containerServices",
      operation = "GetContainerServices",
    }
  end
  return reply.containerServices
end

-- find(region, name) --> service | nil, err
function M.find(region, name)
  local ok, err = check_name(name)
  if not ok then
    return nil, err
  end
  local raw
  raw, err = described(region, { serviceName = name })
  if err and err.code == "NotFoundException" or raw and not raw[1] then
    return nil, not_found(name, region.name)
  elseif not raw then
    return nil, err
  end
  return M.service(raw[1], region.name)
end

-- list(region [, service_names]) --> services, in the order of the names given | nil, err
function M.list(region, service_names)
  for _, name in ipairs(service_names or {}) do
    local ok, err = check_name(name)
    if not ok then
      return nil, err
    end
  end
  local raw, err = described(region, {})
  if not raw then
    return nil, err
  end
  local all, by_name = {}, {}
  for i, one in ipairs(raw) do
    all[i] = M.service(one, region.name)
    by_name[all[i].name] = all[i]
  end
  if not service_names then
    table.sort(all, function(a, b) return a.name < b.name end)
    return all
  end
  local chosen = {}
  for i, name in ipairs(service_names) do
    if not by_name[name] then
      return nil, not_found(name, region.name)
    end
    chosen[i] = by_name[name]
  end
  return chosen
end

return M
