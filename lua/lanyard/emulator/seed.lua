--- Creates what an emulator has at first.
---
---     local ok, err = seed.create(world, {
---       regions = { ["us-east-1"] = {
---         services = { { name = "web", power = "nano", scale = 1, role = true, tags = { env = "prod" },
---                        images = { "web", { label = "api", health = 503 } }, age = 86400,
---                        metrics = { CPUUtilization = 20 }, domains = { shop = { "shop.example" } },
---                        containers = { web = { image = "..." } }, publicEndpoint = {} } },
---         repositories = { { name = "web", policy = TEXT or table, tags = {},
---                            images = { "1.0", { tag = "1.1", exits = true, log = { "no $DATABASE" } } } } },
---         certificates = { { name = "shop", domain = "shop.example", status = "ISSUED" } },
---         parameters = { { name = "/shop/color", value = "blue", type = "String", previous = { "red" } } },
---         secrets = { { name = "shop", value = TEXT or table, previous = TEXT } },
---         registry_policy = TEXT or table, account_settings = { REGISTRY_POLICY_SCOPE = "V1" } } },
---       roles = { ARN, ... }, users = { ARN, ... }, programs = { ["nginx:1"] = { health = 503 } },
---       organization = { id = "o-a1b2c3d4e5", accounts = { { id = "444455556666", state = "ACTIVE" } } },
---     })
---
--- Roles and users are what policies can name and AssumeRole accepts. The program of an image answers every request
--- with the status 200, unless the seed says otherwise (lanyard.emulator.program): the table of an image in ECR or in
--- Lightsail's own registry has the members of a program, and `programs` has them for images of other registries.

local ecr = require "lanyard.emulator.ecr"
local ecr_seed = require "lanyard.emulator.ecr.seed"
local errors = require "lanyard.errors"
local iam = require "lanyard.emulator.iam"
local lightsail = require "lanyard.emulator.lightsail"
local lightsail_seed = require "lanyard.emulator.lightsail.seed"
local members = require "lanyard.emulator.members"
local organizations_seed = require "lanyard.emulator.organizations_seed"
local programs = require "lanyard.emulator.program"
local regions = require "lanyard.aws.regions"
local values_seed = require "lanyard.emulator.values_seed"

local M = {}

--- What exists in an emulator at the start.
---@class emulator.Seed
---@field regions? table<string, emulator.SeedRegion>  by name
---@field roles? string[]  ARNs of roles that policies can name and AssumeRole accepts
---@field users? string[]  ARNs of users that policies can name
---@field organization? emulator.SeedOrganization|false  false: the account is in no organization
---@field programs? table<string, emulator.Program>  of images in other registries, by their reference

--- What exists in one Region at the start.
---@class emulator.SeedRegion
---@field services? emulator.SeedService[]  container services of Lightsail
---@field certificates? emulator.SeedCertificate[]  certificates of Lightsail
---@field repositories? emulator.SeedRepository[]  repositories of ECR
---@field parameters? emulator.SeedParameter[]  parameters of Systems Manager
---@field secrets? emulator.SeedSecret[]  secrets of Secrets Manager
---@field registry_policy? string|table             its text, or a table that becomes JSON
---@field account_settings? table<string, string>   { REGISTRY_POLICY_SCOPE = "V1" }

-- A policy with statements of other tools, in a person's layout.
local SHARED_POLICY = [[
{
    "Version": "2012-10-17",
    "Statement": [
        { "Effect": "Allow",
          "Sid": "CI may push",
          "Principal": { "AWS": "arn:aws:iam::111122223333:role/ci-deploy" },
          "Action": [ "ecr:BatchCheckLayerAvailability", "ecr:PutImage",
                      "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload" ]
        },
        {
          "Sid"      : "Audit-Team Read",
          "Effect"   : "Allow",
          "Action"   : "ecr:DescribeImages",
          "Principal": {"AWS": ["arn:aws:iam::111122223333:user/auditor", "444455556666"]}
        }
    ]
}
]]

M.DEFAULT_SEED = {
  regions = {
    ["us-east-1"] = {
      certificates = { { name = "my-certificate", domain = "example.com", alternatives = { "www.example.com" } } },
      services = { { name = "my-container-service", images = {
        { label = "my-app", log = { "listening" }, prints = "request $COUNT", every = 5 },
      } } },
      parameters = {
        { name = "/my-app/log-level", value = "info" },
        { name = "/my-app/database-url", type = "SecureString", value = "postgres://my-app:example@database/my-app" },
      },
      secrets = { { name = "my-app", value = { username = "my-app", password = "example" } } },
      repositories = {
        { name = "my-private-repo", images = { "1.0", "latest" } },
        { name = "shared-repo", images = { "latest" }, policy = SHARED_POLICY },
      },
    },
  },
  roles = { "arn:aws:iam::111122223333:role/ci-deploy" },
  users = { "arn:aws:iam::111122223333:user/auditor" },
}

local MEMBERS = { regions = "table", roles = "texts", users = "texts", organization = "any", programs = "table" }

-- The members of a Region, in the order in which they are created: services name certificates.
local KINDS = {
  { name = "certificates", one = "certificate", serves = lightsail.serves, create = lightsail_seed.create_certificate,
    members = lightsail_seed.CERTIFICATE_MEMBERS },
  { name = "services", one = "service", serves = lightsail.serves, create = lightsail_seed.create,
    members = lightsail_seed.SERVICE_MEMBERS },
  { name = "repositories", one = "repository", serves = ecr.serves, create = ecr_seed.create, members = {
    name = "string", policy = "string or table", images = "list", tags = "texts", encryptionConfiguration = "any",
  } },
  { name = "parameters", one = "parameter", serves = regions.exists, create = values_seed.create_parameter,
    members = values_seed.PARAMETER_MEMBERS },
  { name = "secrets", one = "secret", serves = regions.exists, create = values_seed.create_secret,
    members = values_seed.SECRET_MEMBERS },
}
local REGION_MEMBERS = {
  certificates = "list", services = "list", repositories = "list", parameters = "list", secrets = "list",
  registry_policy = "string or table", account_settings = "any",
}

local function invalid(message)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. message }
end

local function create_items(world, region, kind, items)
  local repeated = members.repeated(items, "name")
  if repeated then
    return invalid(("has the %s '%s' twice in Region %s"):format(kind.one, tostring(repeated), tostring(region)))
  end
  for _, item in ipairs(items) do
    local fault = members.fault(item, kind.members, "its " .. kind.name)
    if fault then
      return invalid(fault)
    end
    local ok, err = kind.create(world, region, item)
    if not ok then
      return nil, err
    end
  end
  return true
end

local function create_region(world, region, content)
  if type(content) ~= "table" then
    return invalid(("must have a table for Region %s"):format(region))
  end
  local fault = members.fault(content, REGION_MEMBERS, "Region " .. tostring(region))
  if fault then
    return invalid(fault)
  end
  if (content.registry_policy or content.account_settings) and not ecr.serves(region) then
    return invalid(("has a registry in %s, where AWS does not offer ECR"):format(tostring(region)))
  end
  local ok, err = ecr_seed.create_registry(world, region, content)
  if not ok then
    return nil, err
  end
  for _, kind in ipairs(KINDS) do
    local items = content[kind.name]
    if items and not kind.serves(region) then
      return invalid(("has %s in %s, where AWS does not offer them"):format(kind.name, tostring(region)))
    end
    ok, err = create_items(world, region, kind, items or {})
    if not ok then
      return nil, err
    end
  end
  lightsail_seed.deploy(world, region)
  return true
end

-- Stores the programs of images in other registries. Returns what is wrong with them, or nil.
local function set_programs(world, given)
  for reference, program in pairs(given or {}) do
    local where = ("the program of '%s'"):format(tostring(reference))
    local fault = type(reference) ~= "string" and ("must have %s by its image"):format(where)
      or members.fault(program, programs.MEMBERS, where) or programs.fault(program, where)
    if fault then
      return fault
    end
  end
  world.state.programs = given
  return nil
end

--- Reports whether a value is like a seed: a table that has a member of one.
---@param value any
---@return boolean
function M.is_like(value)
  for name in pairs(MEMBERS) do
    if type(value) == "table" and rawget(value, name) ~= nil then
      return true
    end
  end
  return false
end

--- Creates everything in a seed.
---@param world emulator.World
---@param seed emulator.Seed
---@return true? ok
---@return lanyard.Error? err
function M.create(world, seed)
  if type(seed) ~= "table" then
    return invalid "is not a table"
  end
  local fault = members.fault(seed, MEMBERS, "", "regions, roles, users, organization or programs")
    or members.unstorable(seed) or set_programs(world, seed.programs)
  if fault then
    return invalid(fault)
  end
  for _, arn in ipairs(seed.roles or {}) do
    iam.create_role(world, arn)
  end
  for _, arn in ipairs(seed.users or {}) do
    iam.create_user(world, arn)
  end
  local ok, err = organizations_seed.create(world, seed.organization)
  if not ok then
    return nil, err
  end
  for region, content in pairs(seed.regions or {}) do
    ok, err = create_region(world, region, content)
    if not ok then
      return nil, err
    end
  end
  return true
end

return M
