--- What Glacier expects of requests beyond its model: the version of the API, the account, and the hashes of uploads.

local errors = require "lanyard.errors"
local stream = require "lanyard.stream"

local M = {}

local MIB = 1024 * 1024

--- Fills in the account: "-" is the account of the credentials.
--- https://docs.aws.amazon.com/amazonglacier/latest/dev/amazon-glacier-accessing.html
---@param operation model.Operation
---@param input table
---@return table
function M.defaults(operation, input)
  if input.accountId ~= nil or not (operation.input and operation.input.by_name.accountId) then
    return input
  end
  local copy = { accountId = "-" }
  for name, value in pairs(input) do
    copy[name] = value
  end
  return copy
end

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
  local hash, err = tree_hash(function(position)
    if type(body) == "string" then
      return body:sub(position + 1, position + MIB)
    end
    return body:read(position, MIB)
  end)
  if not hash then
    return nil, errors.is(err) and err or errors.new { code = err.code, message = err.message }
  end
  plan.headers["x-amz-sha256-tree-hash"] = hex(hash)
  return true
end

local HASHED = { UploadArchive = true, UploadMultipartPart = true }

--- Adds the headers.
---@param plan aws.Plan
---@return true? ok
---@return lanyard.Error? err
function M.request(plan)
  plan.headers["x-amz-glacier-version"] = plan.service.metadata.apiVersion
  if HASHED[plan.operation.name] then
    plan.shows_hash = true
    return add_tree_hash(plan)
  end
  return true
end

return M
