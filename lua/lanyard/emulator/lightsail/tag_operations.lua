--- The operations of Lightsail on tags, for container services and certificates.

local certificates = require "lanyard.emulator.lightsail.certificates"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local tags = require "lanyard.emulator.lightsail.tags"

---@type table<string, emulator.Operation>
local M = {}

local RESOURCE = shape.string {
  required = true, regex = "\\w[\\w\\-]*\\w", check = function(value) return value:find "^[%w_][%w_-]*[%w_]$" end,
}
local ARN = shape.string {
  regex = "^arn:(aws[^:]*):([a-zA-Z0-9-]+):([a-z0-9-]+):([0-9]+):([a-zA-Z]+)/([a-zA-Z0-9-]+)$",
  check = function(value) return value:find "^arn:aws[^:]*:[%w-]+:[a-z0-9-]+:%d+:%a+/[%w-]+$" end,
}

-- Finds a resource by name. Returns it and its type, or nil and an exception.
local function find(world, request, context)
  local name = request.resourceName
  local service, failure = services.find(world, context.region, name)
  local certificate = not service and certificates.of(world, context.region)[name]
  if not service and not certificate then
    return nil, failure
  end
  return service or certificate, service and "ContainerService" or "Certificate"
end

-- Describes the operation that Lightsail reports for a finished change. The model has no operation type for tags.
local function describe(request, kind, context)
  return { operations = json.array { {
    id = ids.uuid(),
    resourceName = request.resourceName,
    resourceType = kind,
    createdAt = context.now,
    location = { availabilityZone = "all", regionName = context.region },
    isTerminal = true,
    operationType = kind == "ContainerService" and "UpdateContainerService" or "CreateCertificate",
    status = "Succeeded",
    statusChangedAt = context.now,
  } } }
end

M.TagResource = {
  writes = true,
  input = shape.structure {
    resourceName = RESOURCE,
    resourceArn = ARN,
    tags = shape.list(shape.structure { key = shape.string(), value = shape.string() }, { required = true }),
  },
  call = function(world, request, context)
    local resource, kind = find(world, request, context)
    if not resource then
      return nil, kind
    end
    local merged, failure = tags.add(resource.tags, request.tags)
    if not merged then
      return nil, failure
    end
    resource.tags = merged
    return describe(request, kind, context)
  end,
}

M.UntagResource = {
  writes = true,
  input = shape.structure {
    resourceName = RESOURCE,
    resourceArn = ARN,
    tagKeys = shape.list(shape.string(), { required = true }),
  },
  call = function(world, request, context)
    local resource, kind = find(world, request, context)
    if not resource then
      return nil, kind
    end
    resource.tags = tags.remove(resource.tags, request.tagKeys)
    return describe(request, kind, context)
  end,
}

return M
