--- Creates the container services and certificates of a seed (lanyard.emulator.seed).

local certificates = require "lanyard.emulator.lightsail.certificates"
local crypto = require "lanyard.crypto"
local deployments = require "lanyard.emulator.lightsail.deployments"
local errors = require "lanyard.errors"
local iam = require "lanyard.emulator.iam"
local images = require "lanyard.emulator.lightsail.images"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local members = require "lanyard.emulator.members"
local names = require "lanyard.aws.names"
local programs = require "lanyard.emulator.program"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local shapes = require "lanyard.emulator.lightsail.shapes"

local M = {}

--- A container service of a seed.
---@class emulator.SeedService
---@field name string  the name
---@field power? string         "nano"
---@field scale? integer        the number of nodes
---@field disabled? boolean     whether it is disabled
---@field role? boolean         whether the puller role is on
---@field role_arn? string      of the puller role, instead of one that is made up
---@field containers? table     of a deployment: as CreateContainerServiceDeployment has them
---@field publicEndpoint? table of the deployment
---@field domains? table<string, string[]>  as UpdateContainerService has publicDomainNames
---@field images? (string|table)[]  of its own registry: labels; or tables with `label`, `digest` and the members of an
---  emulator.Program
---@field metrics? table<string, number>  the usual percentage of CPUUtilization and MemoryUtilization
---@field age? number           seconds since it was created and deployed
---@field tags? table<string, string>  of the service

--- The members of a service of a seed, and their types.
---@type table<string, string>
M.SERVICE_MEMBERS = { name = "string", power = "string", scale = "integer", disabled = "boolean", role = "boolean",
  role_arn = "string", containers = "table", publicEndpoint = "table", domains = "table", images = "list",
  metrics = "table", age = "number", tags = "texts" }

--- A certificate of a seed.
---@class emulator.SeedCertificate
---@field name string
---@field domain string
---@field alternatives? string[]
---@field status? string  "ISSUED" by default
---@field failure? string the reason of the status FAILED
---@field tags? table<string, string>

--- The members of a certificate of a seed, and their types.
---@type table<string, string>
M.CERTIFICATE_MEMBERS = { name = "string", domain = "string", alternatives = "texts", status = "string",
  failure = "string", tags = "texts" }

-- What a deployment of these members must look like, as CreateContainerService validates it.
local SHAPE = shape.structure {
  power = shape.string { enum = shapes.powers },
  scale = shape.integer { min = 1, max = 20 },
  containers = shapes.containers,
  publicEndpoint = shapes.endpoint,
  domains = shapes.domains,
}
local IMAGE_MEMBERS = { label = "string", digest = "string" }
for name, kind in pairs(programs.MEMBERS) do
  IMAGE_MEMBERS[name] = kind
end
local METRIC_MEMBERS = { CPUUtilization = "number", MemoryUtilization = "number" }
local OLDEST = 10 * 366 * 24 * 60 * 60

local function invalid(message)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. message }
end

-- Returns what is wrong with the metrics or the age of a service, or nil.
local function metrics_fault(item)
  local fault = item.metrics and members.fault(item.metrics, METRIC_MEMBERS, ("the metrics of '%s'"):format(item.name))
  if fault then
    return fault
  end
  for name, value in pairs(item.metrics or {}) do
    if not (value >= 0 and value <= 100) then
      return ("has an invalid %s for '%s'; expected 0 to 100"):format(name, item.name)
    end
  end
  if item.age and not (item.age >= 0 and item.age <= OLDEST) then
    return ("has an invalid age for '%s'; expected seconds"):format(item.name)
  end
  return nil
end

-- Returns the members of a service that CreateContainerService has, without null, or nil and what is wrong with it.
local function read_service(item)
  local given = { power = item.power, scale = item.scale, containers = item.containers,
    publicEndpoint = item.publicEndpoint, domains = item.domains }
  local violations, mistyped = shape.check(SHAPE, given)
  if mistyped then
    return nil, ("has the wrong type for %s in the service '%s'"):format(mistyped, item.name)
  elseif violations[1] then
    return nil, ("has an invalid service '%s': %s"):format(item.name, shape.describe(violations))
  end
  local content = shape.clean(SHAPE, given)
  local refusal = content.containers and deployments.check(content)
  if refusal then
    return nil, ("has an invalid service '%s': %s"):format(item.name, refusal.message)
  end
  local fault = metrics_fault(item)
  return not fault and content or nil, fault
end

-- Registers an image to a service: a label, or a table with a label. Returns true, or nil and an error.
local function create_image(world, service, name, item)
  local image = type(item) == "table" and item or { label = item }
  local where = ("an image of '%s'"):format(name)
  local fault = members.fault(image, IMAGE_MEMBERS, where) or programs.fault(image, where)
  if fault then
    return invalid(fault)
  elseif not names.container(image.label) then
    return invalid(("has an invalid label in %s"):format(where))
  elseif image.digest and not names.digest(image.digest) then
    return invalid(("has an invalid digest in %s"):format(where))
  end
  local number = (service.image_count or 0) + 1
  local digest = image.digest or "sha256:" .. crypto.sha256_hex(("%s.%s.%d"):format(name, image.label, number))
  local stored, failure = images.register(world, service, image.label, digest)
  if not stored then
    return invalid(("has too many images in '%s': %s"):format(name, failure.message))
  end
  stored.program, stored.created = type(item) == "table" and item or nil, service.created
  return true
end

local function create_images(world, service, item)
  for _, image in ipairs(item.images or {}) do
    local ok, err = create_image(world, service, item.name, image)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- Sets what a service has besides its capacity.
local function set_state(world, region, service, item, content)
  service.disabled = item.disabled or false
  service.metrics, service.domains = item.metrics, content.domains
  service.created = world.now() - (item.age or 0)
  service.pauses = item.disabled and json.array { { from = service.created } } or nil
  for key, value in pairs(item.tags or {}) do
    service.tags[key] = value
  end
  service.role_on = item.role or false
  if service.role_on then
    service.role_arn = item.role_arn or services.role_arn(world, region, item.name, "private-repo-access/")
    iam.create_role(world, service.role_arn)
  end
  if content.containers then
    service.planned = { containers = content.containers, publicEndpoint = content.publicEndpoint, age = item.age }
  end
end

--- Creates a container service of a seed.
---@param world emulator.World
---@param region string
---@param item emulator.SeedService
---@return true? ok
---@return lanyard.Error? err
function M.create(world, region, item)
  local ok, message = names.container_service(item.name)
  if not ok then
    return invalid("has an invalid service: " .. message)
  end
  local content, fault = read_service(item)
  if not content then
    return invalid(fault)
  end
  content.domains = certificates.merge({}, content.domains)
  local refusal = certificates.check(world, region, content.domains, content.domains)
  if refusal then
    return invalid(("has invalid domains for '%s': %s"):format(item.name, refusal.message))
  end
  local service = services.create(world, region, item.name, content, 0)
  set_state(world, region, service, item, content)
  return create_images(world, service, item)
end

--- Creates a certificate of a seed.
---@param world emulator.World
---@param region string
---@param item emulator.SeedCertificate
---@return true? ok
---@return lanyard.Error? err
function M.create_certificate(world, region, item)
  if type(item.name) ~= "string" or not item.name:find "^[%w_][%w_-]*[%w_]$" then
    return invalid(("has an invalid certificate: '%s' is not a valid name"):format(tostring(item.name)))
  end
  for _, domain in ipairs { item.domain or "", table.unpack(item.alternatives or {}) } do
    if not domain:find "^[%w*][%w.-]*%.[%w-]+$" or #domain > 253 then
      return invalid(("has an invalid domain for the certificate '%s': '%s'"):format(item.name, domain))
    end
  end
  if not lists.contains(certificates.STATUSES, item.status or "ISSUED") then
    return invalid(("has an invalid status for the certificate '%s'; expected %s"):format(item.name,
      table.concat(certificates.STATUSES, ", ")))
  end
  certificates.create(world, region, item.name, item)
  return true
end

--- Deploys the containers of the seed's services. The repositories must exist already.
---@param world emulator.World
---@param region string
function M.deploy(world, region)
  for name, service in pairs(services.of(world, region)) do
    if service.planned then
      local age = math.max(service.planned.age or 0, world.options.activation_delay)
      deployments.deploy(world, region, name, service, service.planned, world.now() - age)
      service.planned = nil
    end
  end
end

return M
