--- Headers of requests and replies that carry members: single values, lists, maps with a common prefix, and JSON.
---
---     header.add(headers, shape, input, path)       -- adds the headers of an input
---     header.read(output, shape, headers, path)     -- adds the members that are headers of a reply

local crypto = require "lanyard.crypto"
local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"
local scalar = require "lanyard.protocol.scalar"

local M = {}

local DATE = "^%a%a%a,"

-- ---------------------------------------------------------------------------------------------
-- Requests

-- A text in a list is quoted if it contains what separates the items.
local function list_text(text)
  if type(text) == "string" and text:find '[",]' then
    return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
  end
  return text
end

local function value_of(shape, value, path)
  if shape.jsonvalue then
    return crypto.base64(fault.try(path, json.encode, value, { deep = true }))
  elseif shape.type ~= "list" then
    return scalar.encode(shape, value, path, "rfc822")
  elseif type(value) ~= "table" then
    fault.wrong_type(path, value, "a list")
  end
  local items = {}
  for i, item in ipairs(value) do
    path[#path + 1] = i - 1
    if item ~= json.null then
      local text = scalar.encode(shape.item, item, path, "rfc822")
      if type(text) ~= "string" then
        fault.raise(path, "a secret cannot be an item of a header")
      end
      items[#items + 1] = shape.item.type == "string" and list_text(text) or text
    end
    path[#path] = nil
  end
  return table.concat(items, ", ")
end

local function check(text, path)
  if type(text) == "string" and text:find "[%z\1-\8\10-\31\127]" then
    fault.raise(path, "the value is a header: it cannot have line breaks or control characters")
  end
  return text
end

local function add_map(headers, shape, value, path)
  if type(value) ~= "table" then
    fault.wrong_type(path, value, "a map")
  end
  for name, item in pairs(value) do
    path[#path + 1] = name
    if type(name) ~= "string" or not name:find "^[%w!#$%%&'*+.^_`|~-]+$" then
      fault.raise(path, "the name is a part of a header name: letters, digits and hyphens were expected")
    end
    if item ~= json.null then
      headers[(shape.locationName or "") .. name] = check(value_of(shape.value, item, path), path)
    end
    path[#path] = nil
  end
end

--- Adds the headers of an input.
---@param headers table<string, string|userdata>
---@param shape model.Shape  a structure
---@param input table
---@param path string[]
function M.add(headers, shape, input, path)
  for pass = 1, 2 do -- a member with a name of its own takes precedence over an entry of a map
    for _, member in ipairs(shape.members) do
      local value = input[member.member]
      if value ~= nil and value ~= json.null then
        path[#path + 1] = member.member
        if pass == 1 and member.location == "headers" then
          add_map(headers, member, value, path)
        elseif pass == 2 and member.location == "header" then
          headers[member.locationName or member.member] = check(value_of(member, value, path), path)
        end
        path[#path] = nil
      end
    end
  end
end

--- Returns the value of a header whose name may be written in any case.
---@param headers table<string, any>
---@param name string  in lower case
---@return any
function M.find(headers, name)
  for written, value in pairs(headers) do
    if written:lower() == name then
      return value
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Replies

-- Returns the first item of a list of texts from a position, and the position after the comma that follows it; nil if a
-- quoted item does not end.
local function next_item(text, position)
  position = text:find("[^ \t]", position) or #text + 1
  if text:sub(position, position) ~= '"' then
    local item, after = text:match("^([^,]*),?()", position)
    return item:match "^(.-)[ \t]*$", after
  end
  local last = position + 1
  while last <= #text and text:sub(last, last) ~= '"' do
    last = last + (text:sub(last, last) == "\\" and 2 or 1)
  end
  local after = text:match("^[ \t]*,?()", last + 1)
  if last > #text or after <= #text and text:sub(after - 1, after - 1) ~= "," then
    return nil
  end
  return text:sub(position + 1, last - 1):gsub("\\(.)", "%1"), after
end

-- Splits a list. A date of HTTP contains a comma itself.
local function split(shape, text, path)
  local items, position = {}, 1
  while position <= #text do
    if shape.type == "timestamp" and text:find(DATE, (text:find("[^ \t]", position))) then
      local item, after = text:match("^[ \t]*(%a%a%a,[^,]*),?()", position)
      items[#items + 1], position = item:match "^(.-)[ \t]*$", after
    else
      local item, after = next_item(text, position)
      if not item then
        fault.wrong_text(path, text, "a list")
      end
      items[#items + 1], position = item, after
    end
  end
  return items
end

local function json_of(text, path)
  local decoded = crypto.base64_decode(text)
  local value, err = json.decode(decoded or "", { nul = true, deep = true })
  if not decoded or err then
    fault.raise(path, "a text that is not JSON in base64")
  end
  return value
end

local function read_value(shape, text, path)
  if shape.jsonvalue then
    return json_of(text, path)
  elseif shape.type ~= "list" then
    return scalar.decode(shape, text, path)
  end
  local values = json.array {}
  for i, item in ipairs(split(shape.item, text, path)) do
    path[#path + 1] = i - 1
    values[i] = scalar.decode(shape.item, item, path)
    path[#path] = nil
  end
  return values
end

-- A reply without such headers has an empty map.
local function read_map(shape, headers, path)
  local prefix = (shape.locationName or ""):lower()
  local values = {}
  for name, text in pairs(headers) do
    if name:sub(1, #prefix) == prefix then
      path[#path + 1] = name
      values[name:sub(#prefix + 1)] = read_value(shape.value, text, path)
      path[#path] = nil
    end
  end
  return values
end

--- Adds the members that are headers of a reply.
---@param output table
---@param shape model.Shape  a structure
---@param headers table<string, string>  names in lower case
---@param path string[]
function M.read(output, shape, headers, path)
  for _, member in ipairs(shape.members) do
    path[#path + 1] = member.member
    local text = headers[(member.locationName or member.member):lower()]
    if member.location == "headers" then
      output[member.member] = read_map(member, headers, path)
    elseif member.location == "header" and text and (text ~= "" or member.type == "string") then
      output[member.member] = read_value(member, text, path)
    end
    path[#path] = nil
  end
end

return M
