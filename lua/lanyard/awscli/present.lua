--- Makes a value for people and programs of an operation's output: blobs as base64, times as ISO 8601, members in the
--- order of the model.
---
---     present(operation.output, { createdAt = 1700000000, layer = "\1\2" })
---     --> { createdAt = "2023-11-14T22:13:20+00:00", layer = "AQI=" }
---     present(operation.output, reply, time_text.iso8601)   -- of timestamps as the service sent them
---
--- What the model does not describe stays as it came; bytes that are not UTF-8 are base64 there, too.

local credentials = require "lanyard.credentials"
local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local ordered = require "lanyard.awscli.ordered"
local time_text = require "lanyard.awscli.time_text"

local present -- a value of a shape

local NOT_FINITE = { [math.huge] = "Infinity", [-math.huge] = "-Infinity" }

local function scalar(shape, value, time)
  local kind = shape and shape.type
  if type(value) == "userdata" and value ~= json.null then
    value = credentials.unseal(value)
  end
  if kind == "timestamp" and (time or type(value) == "number") then
    return (time or time_text.utc)(value)
  elseif type(value) == "string" and (kind == "blob" or not utf8.len(value)) then
    return crypto.base64(value)
  elseif type(value) == "number" and (value ~= value or NOT_FINITE[value]) then
    return NOT_FINITE[value] or "NaN"
  end
  return value
end

local function structure(shape, value, time)
  local names, copy = {}, {}
  for i, member in ipairs(shape.members) do
    names[i] = member.member
  end
  for name, item in pairs(value) do
    copy[name] = present(shape.by_name[name], item, time)
  end
  return ordered.object(names, copy)
end

local function items_of(shape, value, time)
  local inner = shape and (shape.type == "map" and shape.value or shape.type == "list" and shape.item) or nil
  local copy = (json.is_array(value) or shape and shape.type == "list") and json.array {} or {}
  for name, item in pairs(value) do
    copy[name] = present(inner, item, time)
  end
  return copy
end

function present(shape, value, time)
  if type(value) ~= "table" then
    return scalar(shape, value, time)
  elseif shape and shape.type == "structure" and not shape.document and not json.is_array(value) then
    return structure(shape, value, time)
  end
  return items_of(shape, value, time)
end

---@param shape? model.Shape  of the output
---@param value table
---@param time? fun(timestamp: number|string): number|string  of lanyard.awscli.time_text (default: utc)
---@return table
return function(shape, value, time)
  return present(shape, value, time)
end
