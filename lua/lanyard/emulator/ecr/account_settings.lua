--- The account settings of an emulated registry, by Region: GetAccountSetting and PutAccountSetting.
---
--- state.regions[region].account_settings[name] has the values that were set. Names and values are from botocore's
--- model of 2015-09-21 (PutAccountSetting), V1 is from "Switching to the extended registry policy scope" in the user
--- guide. AWS no longer offers CLAIR for basic scans. The messages of the exceptions are not recorded; they follow
--- ECR's pattern.

local invalid = require "lanyard.emulator.ecr.invalid"
local shape = require "lanyard.emulator.shape"

local M = {}

-- The values of each setting by its name; the first one is the default of a new registry.
local SETTINGS = {}
for line in ([[
  BASIC_SCAN_TYPE_VERSION AWS_NATIVE
  BLOB_MOUNTING DISABLED ENABLED
  REGISTRY_POLICY_SCOPE V2 V1
]]):gmatch "[^\n]+" do
  local name, values = line:match "(%S+)%s+(.*)"
  SETTINGS[name] = {}
  for value in values:gmatch "%S+" do
    table.insert(SETTINGS[name], value)
  end
end

--- Returns the value of a setting.
---@param world emulator.World
---@param region string
---@param name string  a setting that exists
---@return string
function M.get(world, region, name)
  local stored = world.region(region).account_settings
  return stored and stored[name] or SETTINGS[name][1]
end

--- Sets a setting.
---@param world emulator.World
---@param region string
---@param name string
---@param value string
---@return true? ok
---@return emulator.Exception? failure
function M.set(world, region, name, value)
  local values = SETTINGS[name]
  if not values then
    return nil, invalid("name", "Invalid account setting name provided")
  end
  for _, one in ipairs(values) do
    if one == value then
      local state = world.region(region)
      state.account_settings = state.account_settings or {}
      state.account_settings[name] = value
      return true
    end
  end
  return nil, invalid("value", "Invalid account setting value provided")
end

local name_shape = shape.string { required = true, min = 1, max = 64 }

---@type table<string, emulator.Operation>
M.operations = {}

M.operations.GetAccountSetting = {
  input = shape.structure { name = name_shape },
  call = function(world, request, context)
    if not SETTINGS[request.name] then
      return nil, invalid("name", "Invalid account setting name provided")
    end
    return { name = request.name, value = M.get(world, context.region, request.name) }
  end,
}

M.operations.PutAccountSetting = {
  writes = true,
  input = shape.structure { name = name_shape, value = shape.string { required = true } },
  call = function(world, request, context)
    local ok, failure = M.set(world, context.region, request.name, request.value)
    if not ok then
      return nil, failure
    end
    return { name = request.name, value = request.value }
  end,
}

return M
