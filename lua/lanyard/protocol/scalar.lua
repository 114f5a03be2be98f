--- Values that are one text: in the path, the query string and the headers of a request, in a form, and in XML.
---
---     scalar.encode(shape, 1398796238, path, "rfc822")   --> "Tue, 29 Apr 2014 18:30:38 GMT"
---     scalar.decode(shape, "12", path)                   --> 12

local crypto = require "lanyard.crypto"
local fault = require "lanyard.protocol.fault"
local number = require "lanyard.protocol.number"
local timestamp = require "lanyard.protocol.timestamp"

local M = {}

--- Whether a value is a sealed secret (lanyard.credentials), which can take the place of a string or blob.
---@param value any
---@return boolean
function M.is_secret(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return class and class.__name == "lanyard.secret" or false
end

local function integer_text(_, value, path)
  local whole = math.type(value) and number.integer(value)
  return whole and number.text(whole) or fault.wrong_type(path, value, "an integer")
end

local function float_text(_, value, path)
  return math.type(value) and number.text(value) or fault.wrong_type(path, value, "a number")
end

local ENCODERS = {
  string = function(_, value, path)
    local is_text = type(value) == "string" or M.is_secret(value)
    return is_text and value or fault.wrong_type(path, value, "a string")
  end,
  boolean = function(_, value, path)
    return type(value) == "boolean" and tostring(value) or fault.wrong_type(path, value, "a boolean")
  end,
  blob = function(_, value, path)
    return type(value) == "string" and crypto.base64(value) or fault.wrong_type(path, value, "bytes")
  end,
  timestamp = function(shape, value, path, format)
    local text, message = timestamp.encode(value, shape.timestampFormat or format)
    return text and (math.type(text) and number.text(text) or text) or fault.raise(path, message)
  end,
  integer = integer_text, long = integer_text, float = float_text, double = float_text,
}

--- Converts a value to text. Raises a fault if the value does not fit the shape.
---@param shape model.Shape
---@param value any
---@param path string[]
---@param format "iso8601"|"rfc822"|"unixTimestamp"  of a timestamp whose shape has no format
---@return string|userdata  a secret for a string that is one
function M.encode(shape, value, path, format)
  local encoder = ENCODERS[shape.type]
    or fault.raise(path, ("a %s cannot be sent as a text"):format(shape.type))
  return encoder(shape, value, path, format)
end

local function integer_of(_, text, path)
  return number.integer(text) or fault.wrong_text(path, text, "an integer")
end

local function float_of(_, text, path)
  return number.float(text) or fault.wrong_text(path, text, "a number")
end

local BOOLEANS = { ["true"] = true, ["false"] = false }

local DECODERS = {
  string = function(_, text) return text end,
  boolean = function(_, text, path)
    local value = BOOLEANS[text]
    if value == nil then
      fault.wrong_text(path, text, "true or false")
    end
    return value
  end,
  blob = function(_, text, path)
    return crypto.base64_decode(text) or fault.raise(path, "a text that is not base64")
  end,
  timestamp = function(shape, text, path)
    local seconds, message = timestamp.read(shape, text)
    return seconds or fault.raise(path, message)
  end,
  integer = integer_of, long = integer_of, float = float_of, double = float_of,
}

--- Converts a text to a value. Raises a fault if the text does not fit the shape.
---@param shape model.Shape
---@param text string
---@param path string[]
---@return any
function M.decode(shape, text, path)
  local decoder = DECODERS[shape.type] or fault.raise(path, ("a %s cannot be one text"):format(shape.type))
  return decoder(shape, text, path)
end

return M
