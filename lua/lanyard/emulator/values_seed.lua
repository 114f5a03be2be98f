--- Creates the parameters and secrets of a seed (lanyard.emulator.seed).

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local secretsmanager = require "lanyard.emulator.secretsmanager"
local ssm = require "lanyard.emulator.ssm"

local M = {}

local function invalid(message)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. message }
end

--- A parameter of a seed.
---@class emulator.SeedParameter
---@field name string
---@field value string
---@field type? string            "String" by default
---@field previous? string[]      the values of its versions before, the oldest first
---@field labels? table<string, integer>  the version that a label is on

--- The members of a parameter of a seed, and their types.
---@type table<string, string>
M.PARAMETER_MEMBERS = { name = "string", value = "string", type = "string", previous = "list", labels = "table" }

local TYPES = { String = true, StringList = true, SecureString = true }
local MAX_PARAMETER = 8192 -- bytes of an advanced parameter

-- Returns what is wrong with a parameter, or nil.
local function parameter_fault(item)
  local name = item.name or ""
  if not name:find "^[%w_./-]+$" or name:lower():find "^/?aws" or name:lower():find "^/?ssm"
    or name:find("/", 2, true) and not name:find "^/" then
    return ("has an invalid parameter: '%s' is not a valid name"):format(name)
  elseif not TYPES[item.type or "String"] then
    return ("has an invalid type for the parameter '%s'; expected String, StringList or SecureString"):format(name)
  elseif not item.value or item.value == "" or #item.value > MAX_PARAMETER then
    return ("has an invalid value for the parameter '%s'; expected 1 to %d bytes"):format(name, MAX_PARAMETER)
  end
  for label, version in pairs(item.labels or {}) do
    if type(label) ~= "string" or not label:find "^[%a_.-][%w_.-]*$" or math.type(version) ~= "integer"
      or version < 1 or version > #(item.previous or {}) + 1 then
      return ("has an invalid label for the parameter '%s': %s"):format(name, tostring(label))
    end
  end
  for _, value in ipairs(item.previous or {}) do
    if type(value) ~= "string" then
      return ("has an invalid previous value for the parameter '%s'; expected strings"):format(name)
    end
  end
  return nil
end

--- Creates a parameter of a seed.
---@param world emulator.World
---@param region string
---@param item emulator.SeedParameter
---@return true? ok
---@return lanyard.Error? err
function M.create_parameter(world, region, item)
  local fault = parameter_fault(item)
  if fault then
    return invalid(fault)
  end
  local values = table.move(item.previous or {}, 1, #(item.previous or {}), 1, {})
  values[#values + 1] = item.value
  for i, value in ipairs(values) do
    local labels = {}
    for label, version in pairs(item.labels or {}) do
      labels[#labels + 1] = version == i and label or nil
    end
    ssm.put(world, region, item.name, { type = item.type, value = value, labels = labels })
  end
  return true
end

--- A secret of a seed.
---@class emulator.SeedSecret
---@field name string
---@field value? string|table     a table becomes JSON
---@field binary? string          instead of a value: bytes in base64
---@field previous? string|table  the value of the version before
---@field deleted? boolean        it is marked for deletion

--- The members of a secret of a seed, and their types.
---@type table<string, string>
M.SECRET_MEMBERS = { name = "string", value = "string or table", binary = "string", previous = "string or table",
  deleted = "boolean" }

local MAX_SECRET = 65536

local function text_of(value)
  return type(value) == "table" and json.encode(value) or value
end

-- Returns what is wrong with a secret, or nil.
local function secret_fault(item)
  local name = item.name or ""
  if not name:find "^[%w/_+=.@-]+$" or #name > 512 then
    return ("has an invalid secret: '%s' is not a valid name"):format(name)
  elseif (item.value == nil) == (item.binary == nil) then
    return ("must have either value or binary for the secret '%s'"):format(name)
  elseif item.binary and not (item.binary:find "^[%w+/]+=?=?$" and #item.binary % 4 == 0) then
    return ("has an invalid binary for the secret '%s'; expected base64"):format(name)
  end
  local text = item.value and text_of(item.value)
  if text and (text == "" or #text > MAX_SECRET) then
    return ("has an invalid value for the secret '%s'; expected 1 to %d bytes"):format(name, MAX_SECRET)
  end
  return nil
end

--- Creates a secret of a seed.
---@param world emulator.World
---@param region string
---@param item emulator.SeedSecret
---@return true? ok
---@return lanyard.Error? err
function M.create_secret(world, region, item)
  local fault = secret_fault(item)
  if fault then
    return invalid(fault)
  end
  if item.previous then
    secretsmanager.put(world, region, item.name, { string = text_of(item.previous) })
  end
  secretsmanager.put(world, region, item.name, { string = item.value and text_of(item.value), binary = item.binary })
  secretsmanager.secrets(world, region)[item.name].deleted = item.deleted or nil
  return true
end

return M
