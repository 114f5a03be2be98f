--- Gives texts of a command line the types of a model.
---
---     typed.scalar(shape, "5")                       --> 5
---     typed.convert(shape, { Port = "80", Tags = "a" })  --> { Port = 80, Tags = { "a" } }
---     typed.encoded(shape, value, "base64")          --> the value with its blobs decoded
---
--- What does not fit its shape stays as it is, so that lanyard.model.validate names it with its path.

local crypto = require "lanyard.crypto"
local file_value = require "lanyard.awscli.file_value"
local json = require "lanyard.json"
local time_value = require "lanyard.awscli.time_value"

local M = {}

local NUMBERS = { nan = 0 / 0, infinity = math.huge, inf = math.huge }

-- ---------------------------------------------------------------------------------------------
-- Scalars

local SCALARS = {}

function SCALARS.integer(text)
  local digits = text:match "^%s*([+-]?%d+)%s*$"
  local value = digits and tonumber((digits:gsub("^%+", "")))
  if math.type(value) == "integer" then
    return value
  end
  return nil, digits and ("'%s' is too large for 64 bits"):format(digits) or ("'%s' is not an integer"):format(text)
end
SCALARS.long = SCALARS.integer

function SCALARS.double(text)
  local sign, word = text:lower():match "^%s*([+-]?)(%a+)%s*$"
  local value = word and NUMBERS[word]
    or text:find "^[%s%d.+-]+[eE]?[+-]?%d*%s*$" and tonumber((text:gsub("^%s*%+", "")))
  if not value then
    return nil, ("'%s' is not a number"):format(text)
  end
  return sign == "-" and -value or value + 0.0
end
SCALARS.float = SCALARS.double

function SCALARS.boolean(text)
  local word = text:lower()
  if word ~= "true" and word ~= "false" then
    return nil, ("'%s' is neither true nor false"):format(text)
  end
  return word == "true"
end

--- Returns a text as the type of its shape.
---@param shape model.Shape
---@param text any  the bytes of a file stay as they are
---@return any value
---@return string? message
function M.scalar(shape, text)
  local convert = type(text) == "string" and SCALARS[shape.type]
  if not convert then
    return text
  end
  return convert(text)
end

-- ---------------------------------------------------------------------------------------------
-- Values with members

-- Raises { message }, which `walked` returns.
local function fail(path, message)
  error({ message = path == "" and message or path .. ": " .. message })
end

local function join(path, name)
  return path == "" and tostring(name) or path .. "." .. tostring(name)
end

-- Returns a copy of a value in which a function has replaced scalars. each: is called with shape, value and path.
local function walk(shape, value, path, each)
  value = each(shape, value, path)
  if type(value) ~= "table" or file_value.is_bytes(value) or shape.document then
    return value
  end
  local copy = json.is_array(value) and json.array {} or {}
  for name, item in pairs(value) do
    local inner
    if shape.type == "structure" then
      inner = shape.by_name[name]
    elseif shape.type == "map" then
      inner = shape.value
    elseif shape.type == "list" then
      inner = shape.item
    end
    local at = join(path, type(name) == "number" and name - 1 or name)
    copy[name] = not inner and item or walk(inner, item, at, each)
  end
  return copy
end

local function walked(shape, value, each)
  local ok, result = pcall(walk, shape, value, "", each)
  if ok then
    return result
  elseif type(result) == "table" and result.message then
    return nil, result.message
  end
  error(result, 0)
end

-- A list of one item can be written without brackets.
local function converted(shape, value, path)
  if shape.type == "list" and not json.is_array(value) then
    return json.array { value }
  elseif shape.document then
    fail(path, "shorthand cannot express a document; write the whole option as JSON")
  end
  local result, message = M.scalar(shape, value)
  if result == nil then
    fail(path, message)
  end
  return result
end

--- Returns a value of the shorthand syntax with the types of its shape.
---@param shape model.Shape
---@param value any
---@return any value
---@return string? message
function M.convert(shape, value)
  return walked(shape, value, converted)
end

-- ---------------------------------------------------------------------------------------------
-- Blobs and times

local function blob_of(text, format, path)
  if format == "raw-in-base64-out" then
    return text
  end
  return crypto.base64_decode((text:gsub("%s+", "")))
    or fail(path, "not valid base64; fileb://FILE or --cli-binary-format raw-in-base64-out takes bytes as they are")
end

--- Returns a value as a call takes it: blobs as bytes, and times as numbers. The bytes of a file are never decoded.
---@param shape model.Shape
---@param value any
---@param format string  "base64" or "raw-in-base64-out"
---@return any value
---@return string? message  with the path
function M.encoded(shape, value, format)
  return walked(shape, value, function(inner, item, path)
    if file_value.is_bytes(item) then
      return item.bytes
    elseif type(item) ~= "string" then
      return item
    elseif inner.type == "blob" then
      return blob_of(item, format, path)
    elseif inner.type == "timestamp" then
      return time_value.read(item)
        or fail(path, ("'%s' is not a time: write 2026-01-31T12:00:00Z or seconds since 1970"):format(item))
    end
    return item
  end)
end

return M
