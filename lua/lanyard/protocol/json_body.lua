--- Structures and documents in JSON: bodies of the JSON protocols and of rest-json, and payloads of events.
---
---     json_body.encode(shape, { size = 3 }, {})     --> '{"Size":3}'
---     json_body.decode(shape, '{"Size":3}', {})     --> { size = 3 }
---     json_body.surplus('{"Size":3}', nil)          --> { Size = 3 }

local crypto = require "lanyard.crypto"
local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"
local number = require "lanyard.protocol.number"
local sealed_json = require "lanyard.protocol.sealed_json"
local timestamp = require "lanyard.protocol.timestamp"
local tree = require "lanyard.protocol.tree"

local M = {}

--- How the data of services is decoded: strings can contain every character, and an item of DynamoDB is nested 67 deep.
M.DATA = { nul = true, deep = true }

local FORM = {
  write = {
    blob = function(value, path)
      return type(value) == "string" and crypto.base64(value) or fault.wrong_type(path, value, "bytes")
    end,
    timestamp = function(seconds, path, shape)
      local value, message = timestamp.encode(seconds, shape.timestampFormat or "unixTimestamp")
      return value or fault.raise(path, message)
    end,
    float = function(value)
      return number.name(value) or value
    end,
  },
  read = {
    blob = function(value, path)
      local bytes = type(value) == "string" and crypto.base64_decode(value)
      return bytes or fault.raise(path, "a text in base64 was expected")
    end,
    timestamp = function(value, path, shape)
      local seconds, message = timestamp.read(shape, value)
      return seconds or fault.raise(path, message)
    end,
  },
  unknown = function(value)
    return value
  end,
}

--- Encodes a value. The text is a secret if the value contains one. Raises a fault for a value that does not fit.
---@param shape? model.Shape  nil: not described
---@param value any
---@param path string[]
---@return string|userdata
function M.encode(shape, value, path)
  return fault.try(path, sealed_json.encode, tree.encode(shape, value, path, FORM))
end

--- Decodes a text. Raises a fault for a text that is not JSON or does not fit.
---@param shape? model.Shape
---@param text string
---@param path string[]
---@return any
function M.decode(shape, text, path)
  local value, err = json.decode(text, M.DATA)
  if err then
    fault.raise(path, "the reply is not JSON: " .. err.message)
  end
  return tree.decode(shape, value, path, FORM)
end

--- Decodes the body of a reply of which the output has no member. The call succeeded whatever the body is: some servers
--- send null or a text. An object is kept, because the model can be older than the service.
---@param text string
---@param shape? model.Shape  of the output
---@return table
function M.surplus(text, shape)
  local value = fault.catch(M.decode, shape, text, {})
  return type(value) == "table" and not json.is_array(value) and value or {}
end

--- Converts a value that json.decode returned. Raises a fault if it does not fit.
---@param shape? model.Shape
---@param value any
---@param path string[]
---@return any
function M.read(shape, value, path)
  return tree.decode(shape, value, path, FORM)
end

return M
