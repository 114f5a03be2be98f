-- Where an emulator's world comes from: a state file that an earlier one left, or a seed.
--
-- A seed:
--   { regions = { ["us-east-1"] = {
--       services = { { name = "web", power = "nano", scale = 1, role = true, tags = { env = "prod" },
--                      containers = { web = { image = "..." } }, publicEndpoint = {} } },
--       repositories = { { name = "web", policy = TEXT or table, tags = {},
--                          images = { "1.0", { tag = "1.1", exits = true, log = { "no $DATABASE" } } } } } } },
--     roles = { ARN, ... }, users = { ARN, ... } }
-- Roles and users are those that policies name and AssumeRole takes. What is in an image answers every
-- health check, unless told otherwise: `exits` (it ends at once), `port` (the only one that it listens
-- on), `health` (the status that it answers), `log` (what it prints; $NAME is of its environment).

local ecr = require "lanyard.emulator.ecr"
local errors = require "lanyard.errors"
local iam = require "lanyard.emulator.iam"
local json = require "lanyard.json"
local lightsail = require "lanyard.emulator.lightsail"
local sandbox = require "lanyard.sandbox"
local system = require "lanyard.system"

local M = {}

local VERSION = 2

-- A world may have tens of thousands of repositories.
local LIMITS = { steps = 1e10, memory = 1 << 30, seconds = 60 }

-- A policy of other people, as a human wrote it.
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
      services = { { name = "my-container-service" } },
      repositories = {
        { name = "my-private-repo", images = { "1.0", "latest" } },
        { name = "shared-repo", images = { "latest" }, policy = SHARED_POLICY },
      },
    },
  },
  roles = { "arn:aws:iam::111122223333:role/ci-deploy" },
  users = { "arn:aws:iam::111122223333:user/auditor" },
}

-- A world's state with nothing in it.
function M.empty()
  return { version = VERSION, regions = {}, roles = {}, users = {} }
end

local function invalid(what)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. what }
end

local REGION_KEYS = { services = lightsail, repositories = ecr }
local ITEM_KEYS = {
  services = { name = true, power = true, scale = true, role = true, role_arn = true, containers = true,
    publicEndpoint = true, tags = true },
  repositories = { name = true, policy = true, images = true, tags = true },
}

local function plant_region(world, region, content)
  if type(content) ~= "table" then
    return invalid(("has no table for Region %s"):format(region))
  end
  for kind in pairs(content) do
    if not REGION_KEYS[kind] then
      return invalid(("has '%s' in Region %s: services and repositories are expected"):format(tostring(kind), region))
    end
  end
  for _, kind in ipairs { "services", "repositories" } do
    if content[kind] and not REGION_KEYS[kind].serves(region) then
      return invalid(("has %s in %s, where AWS has none"):format(kind, tostring(region)))
    end
    for _, item in ipairs(content[kind] or {}) do
      for key in pairs(type(item) == "table" and item or { [tostring(item)] = true }) do
        if not ITEM_KEYS[kind][key] then
          return invalid(("has '%s' among its %s, which none of them has"):format(tostring(key), kind))
        end
      end
      local ok, err = REGION_KEYS[kind].plant(world, region, item)
      if not ok then
        return nil, err
      end
    end
  end
  lightsail.finish_seed(world, region)
  return true
end

-- plant(world, seed) --> true | nil, err
function M.plant(world, seed)
  if type(seed) ~= "table" then
    return invalid "is no table"
  end
  for key in pairs(seed) do
    if key ~= "regions" and key ~= "roles" and key ~= "users" then
      return invalid(("has '%s': regions, roles and users are expected"):format(tostring(key)))
    end
  end
  for _, arn in ipairs(seed.roles or {}) do
    iam.create_role(world, arn)
  end
  for _, arn in ipairs(seed.users or {}) do
    iam.create_user(world, arn)
  end
  for region, content in pairs(seed.regions or {}) do
    local ok, err = plant_region(world, region, content)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- read_table(path) --> what a .lua file returns or a .json file holds | nil, err
-- Lua runs in a sandbox: it is data.
function M.read_table(path)
  local text, err = system.read_file(path)
  if not text then
    return nil, err
  end
  local value, why
  if path:find "%.lua$" then
    value, err = sandbox.value(text, path, LIMITS)
    why = err and err.message
  else
    value, why = json.decode(text)
    why = why and ("%s: %s"):format(path, why.message)
  end
  if why or type(value) ~= "table" then
    return nil, errors.new { code = "InvalidFile", message = why or path .. " gives no table" }
  end
  return value
end

-- load(path) --> state | nil when there is no such file | nil, err
function M.load(path)
  local text, err = system.read_file(path)
  if not text then
    return nil, err.code ~= "NotFound" and err or nil
  end
  local state
  state, err = json.decode(text)
  if not state then
    return nil, errors.new { code = "InvalidState", message = ("%s: %s"):format(path, err.message) }
  elseif type(state) ~= "table" or state.version ~= VERSION or type(state.regions) ~= "table" then
    return nil, errors.new { code = "InvalidState", message = path .. " is no state file of this emulator" }
  end
  return state
end

-- save(path, state) --> true | nil, err
function M.save(path, state)
  return system.write_file(path, json.encode(state, { pretty = true }) .. "\n")
end

return M
