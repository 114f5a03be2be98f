--- AWS Secrets Manager: the secrets that GetSecretValue reads.
---
--- Shapes: botocore's model of 2017-10-17. Texts: recorded in the issues and examples of projects that call it, and in
--- moto.
---
--- region.secrets[name] = { arn, deleted, versions = { { id, string, binary, created, stages = { [stage] = true } } } }

local exception = require "lanyard.emulator.exception"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local regions = require "lanyard.aws.regions"
local shape = require "lanyard.emulator.shape"

---@type emulator.Service
local M = {
  name = "secretsmanager",
  protocol = "json",
  target = "secretsmanager",
  operations = {},
}

M.serves = regions.exists

local CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"

-- The replies of this service write Message with a capital letter.
local function refusal(code, message)
  return exception(code, message, 400, { Message = message })
end

function M.invalid(violations)
  for _, one in ipairs(violations) do
    one.path = one.path:gsub("^%u", string.lower)
  end
  return refusal("ValidationException", shape.describe(violations))
end

--- Returns the secrets of a Region, by name.
function M.secrets(world, region)
  local state = world.region(region)
  state.secrets = state.secrets or {}
  return state.secrets
end

--- Adds a version of a secret, which becomes the current one, and creates the secret if it does not exist.
---@param options { string: string?, binary: string?, stages: string[]?, id: string? }  binary: in base64
function M.put(world, region, name, options)
  local secrets = M.secrets(world, region)
  local secret = secrets[name] or {
    arn = ("arn:aws:secretsmanager:%s:%s:secret:%s-%s"):format(region, world.account, name, ids.suffix()),
    versions = json.array {},
  }
  secrets[name] = secret
  local stages = lists.set(table.concat(options.stages or { CURRENT }, " "))
  for _, version in ipairs(secret.versions) do
    local was_current = stages[CURRENT] and version.stages[CURRENT]
    for stage in pairs(stages) do
      version.stages[stage] = nil
    end
    version.stages[PREVIOUS] = was_current or not stages[CURRENT] and version.stages[PREVIOUS] or nil
  end
  table.insert(secret.versions, {
    id = options.id or ids.uuid(), string = options.string, binary = options.binary, created = world.now(),
    stages = stages,
  })
end

-- Finds a secret by its name, its ARN, or its ARN without the hyphen and six characters at the end.
local function find(world, region, id)
  local secrets = M.secrets(world, region)
  for name, secret in pairs(secrets) do
    if name == id or secret.arn == id or secret.arn:sub(1, -8) == id then
      return secret, name
    end
  end
  return nil
end

local function find_version(secret, request)
  for _, version in ipairs(secret.versions) do
    if request.VersionId and version.id == request.VersionId
      or not request.VersionId and version.stages[request.VersionStage or CURRENT] then
      return version
    end
  end
  return nil
end

-- Returns the version that a request selects, or nil and an exception.
local function selected(secret, request)
  local version = find_version(secret, request)
  if not version then
    local what = request.VersionId and "VersionId: " .. request.VersionId
      or "staging label: " .. (request.VersionStage or CURRENT)
    return nil, refusal("ResourceNotFoundException",
      "Secrets Manager can't find the specified secret value for " .. what)
  elseif request.VersionId and request.VersionStage and not version.stages[request.VersionStage] then
    return nil, refusal("InvalidRequestException", "You provided a VersionStage that is not associated to the provided "
      .. "VersionId.")
  end
  return version
end

M.operations.GetSecretValue = {
  input = shape.structure {
    SecretId = shape.string { required = true, min = 1, max = 2048 },
    VersionId = shape.string { min = 32, max = 64 },
    VersionStage = shape.string { min = 1, max = 256 },
  },
  call = function(world, request, context)
    local secret, name = find(world, context.region, request.SecretId)
    if not secret then
      return nil, refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    elseif secret.deleted then
      return nil, refusal("InvalidRequestException", "You can't perform this operation on the secret because it was "
        .. "marked for deletion.")
    end
    local version, failure = selected(secret, request)
    if not version then
      return nil, failure
    end
    return {
      ARN = secret.arn,
      Name = name,
      VersionId = version.id,
      SecretString = version.string,
      SecretBinary = version.binary,
      VersionStages = json.array(lists.sorted_names(version.stages)),
      CreatedDate = version.created,
    }
  end,
}

return M
