--- What services expect of requests beyond their models, as botocore does it for them.
---
---     input = assert(customized.input(client, described, input))   -- before a request is encoded
---     assert(customized.request(plan))                             -- afterwards

local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local stream = require "lanyard.stream"

local M = {}

local function copied(input)
  local copy = {}
  for name, value in pairs(input) do
    copy[name] = value
  end
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Inputs

-- Keys of S3 for encryption are bytes; the request has them in base64, with their MD5.
-- https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
local function add_key(described, input, name)
  local key, members = input[name], described.model.input.by_name
  if type(key) ~= "string" or input[name .. "MD5"] ~= nil or not members[name .. "MD5"] then
    return input
  end
  local copy = copied(input)
  copy[name], copy[name .. "MD5"] = crypto.base64(key), crypto.base64(stream.digests(key, { "md5" }).md5)
  return copy
end

local INPUTS = {}

-- A name that AWS never gave to a bucket would change the URL.
local function check_bucket(bucket)
  if type(bucket) ~= "string" or bucket:find "^arn:" or bucket:find "^[%w._-]+$" and #bucket <= 255 then
    return true
  end
  return nil, errors.new {
    code = "InvalidValue", message = ("Bucket: '%s' is not the name or the ARN of a bucket"):format(bucket),
  }
end

INPUTS["S3"] = function(_, described, input)
  local ok, err = check_bucket(input.Bucket)
  if not ok then
    return nil, err
  end
  input = described.model.input and add_key(described, input, "SSECustomerKey") or input
  return described.model.input and add_key(described, input, "CopySourceSSECustomerKey") or input
end

-- A copy of an encrypted snapshot needs a URL with which EC2 reads it in the other Region.
-- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
INPUTS["EC2.CopySnapshot"] = function(client, described, input)
  if input.PresignedUrl or not input.SourceRegion or input.DestinationRegion then
    return input
  end
  local copy = copied(input)
  copy.DestinationRegion = client.region
  local source = setmetatable({ region = input.SourceRegion }, { __index = client })
  local url, err = require("lanyard.aws.presign")(source, described, copy, {})
  copy.PresignedUrl = url
  return url and copy, err
end

--- Completes an input.
---@param client aws.Client
---@param described aws.Operation  of a model
---@param input table
---@return table? input  a copy, if it changes
---@return lanyard.Error? err
function M.input(client, described, input)
  local id = described.service.metadata.serviceId or ""
  local change = INPUTS[id] or INPUTS[id .. "." .. described.model.name]
  if change then
    return change(client, described, input)
  end
  return input
end

-- ---------------------------------------------------------------------------------------------
-- Requests

local MIB = 1024 * 1024

local function sha256(bytes)
  return stream.digests(bytes, { "sha256" }).sha256
end

-- The hashes of parts of 1 MiB, joined in pairs until one is left.
-- https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html
local function tree_hash(read)
  local level, position = {}, 0
  repeat
    local part, err = read(position)
    if not part then
      return nil, err
    end
    level[#level + 1] = sha256(part)
    position = position + MIB
  until #part < MIB
  if #level > 1 and level[#level] == sha256 "" then
    level[#level] = nil -- the length is a multiple of 1 MiB
  end
  while #level > 1 do
    local above = {}
    for i = 1, #level, 2 do
      above[#above + 1] = level[i + 1] and sha256(level[i] .. level[i + 1]) or level[i]
    end
    level = above
  end
  return level[1]
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function has(headers, name)
  for written in pairs(headers) do
    if written:lower() == name then
      return true
    end
  end
  return false
end

local function add_tree_hash(plan)
  local body = plan.body or ""
  if has(plan.headers, "x-amz-sha256-tree-hash") then
    return true
  end
  local function read(position)
    if type(body) == "string" then
      return body:sub(position + 1, position + MIB)
    end
    return body:read(position, MIB)
  end
  local hash, err = tree_hash(read)
  if not hash then
    return nil, errors.is(err) and err or errors.new { code = err.code, message = err.message }
  end
  plan.headers["x-amz-sha256-tree-hash"] = hex(hash)
  return true
end

local HASHED = { UploadArchive = true, UploadMultipartPart = true }

--- Adds what a service expects to the request of a plan.
---@param plan aws.Plan
---@return true? ok
---@return lanyard.Error? err
function M.request(plan)
  local metadata = plan.service.metadata
  if metadata.serviceId == "API Gateway" then
    plan.headers.Accept = "application/json"
  elseif metadata.serviceId == "Glacier" then
    plan.headers["x-amz-glacier-version"] = metadata.apiVersion
    if HASHED[plan.operation.name] then
      return add_tree_hash(plan)
    end
  end
  return true
end

--- Returns the prefix of the host. The endpoint rules of S3 Control add the account themselves.
---@param service model.Service
---@param request { host_prefix?: string }
---@return string?
function M.host_prefix(service, request)
  return service.metadata.serviceId ~= "S3 Control" and request.host_prefix or nil
end

return M
