--- The encryption of an emulated repository: checks encryptionConfiguration and resolves its KMS key.
---
---     local encryption, failure = encryption.resolve(world, region, request.encryptionConfiguration)
---
--- ECR shows the ARN of the key, also of the one that it uses when none is named (botocore's model of 2015-09-21,
--- EncryptionConfiguration). KMS_DSSE is available in the GovCloud Regions only ("Creating an Amazon ECR private
--- repository"). The emulator has no KMS: a key in the own Region exists. The messages are not recorded.

local arn = require "lanyard.arn"
local crypto = require "lanyard.crypto"
local exception = require "lanyard.emulator.exception"
local invalid = require "lanyard.emulator.ecr.invalid"
local shape = require "lanyard.emulator.shape"

local M = {}

--- The shape of encryptionConfiguration.
M.shape = shape.structure {
  encryptionType = shape.string { required = true, enum = { "AES256", "KMS", "KMS_DSSE" } },
  kmsKey = shape.string { min = 1, max = 2048 },
}

-- The alias of the key that AWS manages for ECR.
local DEFAULT_KEY = "alias/aws/ecr"

-- Returns the ID of the key that an alias names: always the same one.
local function id_of_alias(world, region, alias)
  local hex = crypto.sha256_hex(("%s %s %s"):format(world.account, region, alias))
  return ("%s-%s-4%s-a%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21, 32))
end

-- Returns the ARN of the key that a text names: an ID, an alias, or the ARN of either. nil and an exception if it
-- is not the name of a key of this Region.
local function key_arn(world, region, name)
  local parsed = arn.parse(name)
  if parsed and (parsed.service ~= "kms" or not parsed.resource:find "^%l+/.") then
    return nil, invalid("kmsKey", "Invalid KMS key provided")
  elseif parsed and parsed.region ~= region then
    return nil, exception("KmsException", ("The KMS key %s is not in the Region %s"):format(name, region), 400,
      { kmsError = "NotFoundException" })
  end
  local account = parsed and parsed.account or world.account
  local resource = parsed and parsed.resource or name
  local id = resource:match "^key/([%w-]+)$" or not parsed and (name:match "^[%x-]+$" or name:match "^mrk%-%x+$")
  if not id and resource:find "^alias/[%w/_-]+$" then
    id = id_of_alias(world, region, resource)
  end
  if not id then
    return nil, invalid("kmsKey", "Invalid KMS key provided")
  end
  return ("arn:aws:kms:%s:%s:key/%s"):format(region, account, id)
end

--- Returns the encryption of a new repository.
---@param world emulator.World
---@param region string
---@param configuration? { encryptionType: string, kmsKey: string? }
---@return { encryptionType: string, kmsKey: string? }? encryption  as DescribeRepositories shows it
---@return emulator.Exception? failure
function M.resolve(world, region, configuration)
  local kind, key = "AES256", nil
  if configuration then
    kind, key = configuration.encryptionType, configuration.kmsKey
  end
  if kind == "KMS_DSSE" then
    return nil, invalid("encryptionType", "KMS_DSSE is not available in this Region")
  elseif kind == "AES256" and key then
    return nil, invalid("kmsKey", "A KMS key cannot be specified for the encryption type AES256")
  elseif kind == "AES256" then
    return { encryptionType = kind }
  end
  local resolved, failure = key_arn(world, region, key or DEFAULT_KEY)
  if not resolved then
    return nil, failure
  end
  return { encryptionType = kind, kmsKey = resolved }
end

return M
