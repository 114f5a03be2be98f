--- Creates the registry, repositories and images of a seed (lanyard.emulator.seed).

local account_settings = require "lanyard.emulator.ecr.account_settings"
local crypto = require "lanyard.crypto"
local encryption = require "lanyard.emulator.ecr.encryption"
local errors = require "lanyard.errors"
local images = require "lanyard.emulator.ecr.images"
local json = require "lanyard.json"
local members = require "lanyard.emulator.members"
local names = require "lanyard.aws.names"
local policies = require "lanyard.emulator.ecr.policy"
local programs = require "lanyard.emulator.program"
local repositories = require "lanyard.emulator.ecr.repositories"
local shape = require "lanyard.emulator.shape"

local M = {}

local function invalid(message)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. message }
end

local IMAGE_MEMBERS = { tag = "string" }
for name, kind in pairs(programs.MEMBERS) do
  IMAGE_MEMBERS[name] = kind
end

-- Adds an image to a repository: a tag, or a table with a tag. Returns true, or nil and an error.
local function create_image(world, repository, name, item)
  local program = type(item) == "table" and item or { tag = item }
  local where = ("an image of '%s'"):format(name)
  local fault = members.fault(program, IMAGE_MEMBERS, where) or programs.fault(program, where)
  if fault then
    return invalid(fault)
  end
  local ok, message = names.image_tag(program.tag)
  if not ok then
    return invalid(("has an invalid image in '%s': %s"):format(name, message))
  end
  local manifest = json.encode {
    schemaVersion = 2,
    mediaType = images.MANIFEST_TYPE,
    config = { mediaType = "application/vnd.docker.container.image.v1+json", size = 2,
      digest = "sha256:" .. crypto.sha256_hex(name .. ":" .. program.tag) },
    layers = json.array {},
  }
  local digest = images.put(world, repository, manifest, nil, program.tag)
  repository.images[digest].program = type(item) == "table" and item or nil
  return true
end

-- Returns the first tag that two images have; nil if all differ.
local function repeated_tag(items)
  local tagged = {}
  for i, item in ipairs(items) do
    tagged[i] = type(item) == "table" and item or { tag = item }
  end
  return members.repeated(tagged, "tag")
end

-- Returns the stored form of a policy, a text or a table, or nil and an error.
local function accept(world, value, options, name)
  local text = type(value) == "string" and value or json.encode(value, { pretty = true })
  options.caller = world.caller.arn
  local stored, failure = policies.accept(world, text, options)
  if not stored then
    return invalid(("has a policy for %s that ECR rejects: %s"):format(name, failure.message))
  end
  return stored
end

local function set_policy(world, repository, item)
  if not item.policy then
    return true
  end
  local stored, err = accept(world, item.policy, { force = true }, "'" .. item.name .. "'")
  repository.policy = stored
  return stored ~= nil, err
end

--- Creates the registry of a seed: its account settings and its policy. The repositories need not exist.
---@param world emulator.World
---@param region string
---@param content emulator.SeedRegion
---@return boolean ok
---@return lanyard.Error? err
function M.create_registry(world, region, content)
  local settings = content.account_settings or {}
  if type(settings) ~= "table" then
    return invalid(("must have a table for the account settings of Region %s"):format(region))
  end
  for name, value in pairs(settings) do
    local ok, failure = account_settings.set(world, region, name, value)
    if not ok then
      return invalid(("has the account setting %s = %s, which ECR rejects: %s"):format(tostring(name), tostring(value),
        failure.message))
    end
  end
  if content.registry_policy then
    local scope = account_settings.get(world, region, "REGISTRY_POLICY_SCOPE")
    local stored, err = accept(world, content.registry_policy, { kind = "registry", scope = scope }, "the registry")
    world.region(region).registry_policy = stored
    return stored ~= nil, err
  end
  return true
end

--- A repository of a seed.
---@class emulator.SeedRepository
---@field name string  the name
---@field policy? string|table      its text, or a table that becomes JSON
---@field images? (string|table)[]  tags; or tables with `tag` and the members of an emulator.Program
---@field tags? table<string, string>  of the repository
---@field encryptionConfiguration? { encryptionType: string, kmsKey: string? }  as CreateRepository has it

--- Creates a repository of a seed.
---@param world emulator.World
---@param region string
---@param item emulator.SeedRepository
---@return true? ok
---@return lanyard.Error? err
function M.create(world, region, item)
  local ok, message = names.repository(item.name)
  if not ok then
    return invalid("has an invalid repository: " .. message)
  end
  local configuration = item.encryptionConfiguration
  if configuration ~= nil and not shape.accepts(encryption.shape, configuration) then
    return invalid(("has an invalid encryptionConfiguration for '%s'"):format(item.name))
  end
  local repository, failure = repositories.create(world, region, item.name, { encryptionConfiguration = configuration })
  if not repository then
    return invalid(("has an encryptionConfiguration for '%s' that ECR rejects: %s"):format(item.name, failure.message))
  end
  for key, value in pairs(item.tags or {}) do
    repository.tags[key] = value
  end
  local repeated = repeated_tag(item.images or {})
  if repeated then
    return invalid(("has the image '%s' twice in '%s'"):format(tostring(repeated), item.name))
  end
  for _, image in ipairs(item.images or {}) do
    local created, err = create_image(world, repository, item.name, image)
    if not created then
      return nil, err
    end
  end
  return set_policy(world, repository, item)
end

return M
