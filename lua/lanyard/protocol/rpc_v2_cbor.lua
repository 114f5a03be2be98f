--- The Smithy RPC v2 protocol with CBOR.
--- https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html

local cbor = require "lanyard.protocol.cbor"
local fault = require "lanyard.protocol.fault"
local http = require "lanyard.protocol.http"
local json_error = require "lanyard.protocol.json_error"
local timestamp = require "lanyard.protocol.timestamp"
local tree = require "lanyard.protocol.tree"

local M = { FORMAT = "cbor" }

local TIME = 1 -- the tag of seconds since 1970

local FORM = {
  write = {
    blob = function(value, path)
      return type(value) == "string" and cbor.bytes(value) or fault.wrong_type(path, value, "bytes")
    end,
    timestamp = function(seconds, path)
      local value, message = timestamp.encode(seconds, "unixTimestamp")
      return value and cbor.tagged(TIME, value) or fault.raise(path, message)
    end,
    float = function(value)
      return value + 0.0
    end,
  },
  read = {
    blob = function(value, path)
      return cbor.is_bytes(value) and value.bytes or fault.raise(path, "bytes were expected")
    end,
    timestamp = function(value, path, shape)
      local number = cbor.is_tagged(value, TIME) and value.value or value
      local seconds = math.type(number) and timestamp.read(shape, number)
      return seconds or fault.raise(path, "a timestamp was expected")
    end,
  },
  unknown = cbor.plain,
}

local function encode(service, operation, input)
  local metadata = service.metadata
  local request = {
    method = "POST",
    target = ("/service/%s/operation/%s"):format(metadata.targetPrefix, operation.name),
    headers = {
      ["Smithy-Protocol"] = "rpc-v2-cbor",
      Accept = "application/cbor",
      ["X-Amzn-Query-Mode"] = metadata.awsQueryCompatible and "true" or nil,
    },
    host_prefix = http.host_prefix(operation, input),
  }
  if operation.input then
    request.body = fault.try({}, cbor.encode, tree.encode(operation.input, input, {}, FORM))
    request.headers["Content-Type"] = "application/cbor"
  elseif next(input) ~= nil then
    fault.raise({ (next(input)) }, "the member is unknown")
  end
  return request
end

--- Encodes a request.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return protocol.Request?
---@return string? message  why a value cannot be sent
function M.encode(service, operation, input)
  return fault.catch(encode, service, operation, input)
end

-- Returns the object of a reply. Raises a fault.
local function object_of(text)
  local value, message = cbor.decode(text)
  if message then
    fault.raise({}, "the reply is not CBOR: " .. message)
  elseif type(value) ~= "table" or getmetatable(value) then
    fault.raise({}, "the reply is not a map of CBOR")
  end
  return value
end

-- The body of a reply whose operation has no output can be anything: the call succeeded.
local function surplus(text)
  local value = fault.catch(object_of, text)
  return value and cbor.plain(value) or {}
end

local function decode(operation, text)
  return tree.decode(operation.output, object_of(text), {}, FORM)
end

--- Decodes a reply.
---@param operation model.Operation
---@param reply protocol.Reply
---@return table? output
---@return string? message
function M.decode(_, operation, reply)
  if reply.body == "" then
    return {}
  elseif not operation.output or #operation.output.members == 0 then
    return surplus(reply.body)
  elseif reply.headers["smithy-protocol"] ~= "rpc-v2-cbor" then
    return nil, "the reply is not of the protocol rpc-v2-cbor: the header Smithy-Protocol is missing"
  end
  return fault.catch(decode, operation, reply.body)
end

--- Decodes the reply to a failed call, as far as possible.
---@param operation model.Operation
---@param reply protocol.Reply
---@return protocol.Error
function M.decode_error(_, operation, reply)
  local value = fault.catch(object_of, reply.body or "") or {}
  return json_error.of(operation, reply, cbor.plain(value), function(shape)
    return tree.decode(shape, value, {}, FORM)
  end)
end

return M
