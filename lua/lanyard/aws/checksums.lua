--- Checksums of requests and replies, as the models of services ask for them.
---
---     local checksum = checksums.of_request(plan, { calculation = "when_supported" })
---     --> { algorithm = "crc32", header = "x-amz-checksum-crc32" }
---     local message = checksums.fault(plan, reply, body)   --> nil: the reply is intact
---
--- https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html

local crc32 = require("lanyard.deflate").crc32
local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local stream = require "lanyard.stream"

local M = {}

local PREFIX = "x-amz-checksum-"

-- The algorithms that can be computed; the default is the one of the SDKs.
local ALGORITHMS = lists.set "crc32 crc32c crc64nvme sha1 sha256 sha512 md5"
local DEFAULT = "crc32"

-- Reports whether the caller gives a checksum.
local function is_given(headers)
  for name in pairs(headers) do
    local lower = name:lower()
    if lower:find("^" .. PREFIX:gsub("%-", "%%-")) and lower ~= PREFIX .. "type" or lower == "content-md5" then
      return true
    end
  end
  return false
end

-- Adds the header that names the algorithm, as the member of the input would.
local function name_algorithm(plan, member, algorithm)
  if member and member.location == "header" then
    plan.headers[member.locationName or member.member] = algorithm:upper()
  end
end

--- Chooses the checksum of a request.
---@param plan aws.Plan
---@param calculation? "when_supported"|"when_required"
---@return { algorithm: string, header: string }? checksum  nil without an error if the request has none
---@return lanyard.Error? err
function M.of_request(plan, calculation)
  local traits = plan.operation.traits
  local described = traits.httpChecksum or {}
  local member_name = described.requestAlgorithmMember
  local member = member_name and plan.operation.input.by_name[member_name]
  if not (traits.httpChecksum or traits.httpChecksumRequired) or is_given(plan.headers) then
    return nil
  elseif member and type(plan.input[member_name]) == "string" then
    local algorithm = plan.input[member_name]:lower()
    if not ALGORITHMS[algorithm] then
      return nil, errors.new { code = "NotSupported", message = ("the checksum '%s' (%s) is not supported: use %s")
        :format(plan.input[member_name], member_name, "CRC32, CRC32C, CRC64NVME, SHA1 or SHA256") }
    end
    return { algorithm = algorithm, header = PREFIX .. algorithm }
  elseif described.requestChecksumRequired or member and calculation ~= "when_required" then
    name_algorithm(plan, member, DEFAULT)
    return { algorithm = DEFAULT, header = PREFIX .. DEFAULT }
  elseif traits.httpChecksumRequired then
    return { algorithm = "md5", header = "Content-MD5" }
  end
end

--- Returns an input that asks for the checksums of the reply, if the operation has them.
---@param operation model.Operation
---@param input table
---@param validation? "when_supported"|"when_required"
---@return table
function M.with_mode(operation, input, validation)
  local described = operation.traits.httpChecksum
  local member = described and described.requestValidationModeMember
  if not member or validation == "when_required" or input[member] ~= nil then
    return input
  end
  local copy = {}
  for name, value in pairs(input) do
    copy[name] = value
  end
  copy[member] = "ENABLED"
  return copy
end

--- Checks the checksum that a service sends with each reply, successful or not. DynamoDB does, with the checksum of the
--- compressed bytes if the reply is compressed, which gzip checks itself.
--- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
---@param plan aws.Plan
---@param reply table
---@return string? message  what is wrong
function M.transfer_fault(plan, reply)
  local sent = plan.service.metadata.serviceId == "DynamoDB" and reply.headers["x-amz-crc32"]
  local encoding = reply.headers["content-encoding"] or "identity"
  if not sent or encoding ~= "identity" or type(reply.body) ~= "string" then
    return nil
  end
  local computed = crc32(reply.body)
  return math.tointeger(tonumber(sent)) ~= computed
    and ("the checksum of the reply (x-amz-crc32) is %s, but its bytes have %d"):format(sent, computed) or nil
end

--- Checks the checksums of a reply that the request asks for. One of several parts ("...-3") is about the parts, which
--- are not known. A device or FIFO that the reply was written to cannot be read again, and is not checked.
---@param plan aws.Plan
---@param reply table
---@param body string|userdata  a text or a stream
---@return string? message  what is wrong
function M.fault(plan, reply, body)
  local described = plan.operation.traits.httpChecksum or {}
  local member = described.requestValidationModeMember
  if not member or plan.input[member] == nil or plan.to and not plan.to:is_temporary() then
    return nil
  end
  for _, name in ipairs(described.responseAlgorithms or {}) do
    local algorithm = name:lower()
    local sent = ALGORITHMS[algorithm] and reply.headers[PREFIX .. algorithm]
    if sent and not sent:find "%-%d+$" then
      local found, err = stream.digests(body, { algorithm })
      local computed = found and crypto.base64(found[algorithm])
      return not found and err.message or computed ~= sent
        and ("the checksum of the reply (%s) is %s, but its bytes have %s"):format(algorithm, sent, computed) or nil
    end
  end
end

return M
