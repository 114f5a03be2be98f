--- Makes a value for people and programs of an operation's output: blobs as base64, times as ISO 8601, members in the
--- order of the model.
---
---     present(operation.output, { createdAt = 1700000000, layer = "\1\2" })
---     --> { createdAt = "2023-11-14T22:13:20+00:00", layer = "AQI=" }
---
--- What the model does not describe stays as it came; bytes that are not UTF-8 are base64 there, too.

local credentials = require "lanyard.credentials"
local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local ordered = require "lanyard.awscli.ordered"
local timestamp = require "lanyard.text.timestamp"

local present -- a value of a shape

-- Microseconds are shown if there are any, as Python's isoformat does.
local function time(seconds)
  local whole = math.floor(seconds)
  local micro = math.floor((seconds - whole) * 1000000 + 0.5)
  if micro == 1000000 then
    whole, micro = whole + 1, 0
  end
  return timestamp.format(whole):gsub("Z$", micro > 0 and (".%06d+00:00"):format(micro) or "+00:00")
end

local NOT_FINITE = { [math.huge] = "Infinity", [-math.huge] = "-Infinity" }

local function scalar(shape, value)
  local kind = shape and shape.type
  if type(value) == "userdata" and value ~= json.null then
    value = credentials.unseal(value)
  end
  if kind == "timestamp" and type(value) == "number" then
    return (time(value))
  elseif type(value) == "string" and (kind == "blob" or not utf8.len(value)) then
    return crypto.base64(value)
  elseif type(value) == "number" and (value ~= value or NOT_FINITE[value]) then
    return NOT_FINITE[value] or "NaN"
  end
  return value
end

local function structure(shape, value)
  local names, copy = {}, {}
  for i, member in ipairs(shape.members) do
    names[i] = member.member
  end
  for name, item in pairs(value) do
    copy[name] = present(shape.by_name[name], item)
  end
  return ordered.object(names, copy)
end

local function items_of(shape, value)
  local inner = shape and (shape.type == "map" and shape.value or shape.type == "list" and shape.item) or nil
  local copy = (json.is_array(value) or shape and shape.type == "list") and json.array {} or {}
  for name, item in pairs(value) do
    copy[name] = present(inner, item)
  end
  return copy
end

function present(shape, value)
  if type(value) ~= "table" then
    return scalar(shape, value)
  elseif shape and shape.type == "structure" and not shape.document and not json.is_array(value) then
    return structure(shape, value)
  end
  return items_of(shape, value)
end

---@param shape? model.Shape  of the output
---@param value table
---@return table
return function(shape, value)
  return present(shape, value)
end
