--- Converts inputs to the fields of a form, by the shapes of a model: the requests of Query and EC2.
---
---     form.encode(shape, { Names = { "a", "b" } }, form.QUERY)   --> { "Names.member.1", "a", "Names.member.2", "b" }
---
--- A value that does not fit its shape raises a fault.

local credentials = require "lanyard.credentials"
local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local number = require "lanyard.protocol.number"
local scalar = require "lanyard.protocol.scalar"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Names

-- Joins the prefix of a structure and the name of a member.
local function joined(prefix, name)
  return prefix == "" and name or prefix .. "." .. name
end

local function own_name(reference)
  return rawget(reference, "locationName")
end

local function capitalized(name)
  return (name:gsub("^%l", string.upper))
end

--- How a protocol names the fields of a value.
---@class protocol.FormNames
---@field member fun(member: model.Shape): string             of a member of a structure
---@field items fun(list: model.Shape, prefix: string): string  before the position of an item
---@field empty_lists boolean                                 an empty list is sent as a field without a value

--- https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#query-key-resolution
M.QUERY = {
  empty_lists = true,
  -- The items of a flattened list, or its shape, give it their name, unless it has one (SimpleDB, SQS).
  member = function(member)
    local item = member.type == "list" and member.flattened and member.item
    return own_name(member) or item and own_name(item) or member.flattened and member.locationName or member.member
  end,
  items = function(list, prefix)
    return list.flattened and prefix or prefix .. "." .. (own_name(list.item) or "member")
  end,
}

--- https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#query-key-resolution
M.EC2 = {
  empty_lists = false,
  member = function(member)
    return rawget(member, "queryName") or capitalized(own_name(member) or member.member)
  end,
  items = function(_, prefix)
    return prefix
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Values

local writers = {}

local function add(fields, shape, value, prefix, path, names)
  local writer = writers[shape.type]
  if writer then
    writer(fields, shape, value, prefix, path, names)
  else
    table.insert(fields, prefix)
    table.insert(fields, scalar.encode(shape, value, path, "iso8601"))
  end
end

local function expect_table(value, path, expected)
  return type(value) == "table" and value or fault.wrong_type(path, value, expected)
end

function writers.structure(fields, shape, value, prefix, path, names)
  for _, name in ipairs(lists.sorted_names(expect_table(value, path, "a structure"))) do
    local member = shape.by_name[name]
    path[#path + 1] = name
    if not member then
      fault.raise(path, "the member is unknown")
    elseif value[name] ~= json.null then
      add(fields, member, value[name], joined(prefix, names.member(member)), path, names)
    end
    path[#path] = nil
  end
end

function writers.list(fields, shape, value, prefix, path, names)
  if #expect_table(value, path, "a list") == 0 then
    if next(value) ~= nil then
      fault.wrong_type(path, value, "a list")
    elseif names.empty_lists then
      table.move({ prefix, "" }, 1, 2, #fields + 1, fields)
    end
    return
  end
  local before = names.items(shape, prefix)
  for i, item in ipairs(value) do
    path[#path + 1] = i - 1
    add(fields, shape.item, item, ("%s.%d"):format(before, i), path, names)
    path[#path] = nil
  end
end

function writers.map(fields, shape, value, prefix, path, names)
  local before = shape.flattened and prefix or prefix .. ".entry"
  for i, name in ipairs(lists.sorted_names(expect_table(value, path, "a map"))) do
    path[#path + 1] = name
    add(fields, shape.key, name, ("%s.%d.%s"):format(before, i, own_name(shape.key) or "key"), path, names)
    add(fields, shape.value, value[name], ("%s.%d.%s"):format(before, i, own_name(shape.value) or "value"), path, names)
    path[#path] = nil
  end
end

local DEEPEST = 200 -- a table can contain itself

local function undescribed_text(value, prefix)
  if type(value) == "string" or scalar.is_secret(value) then
    return value
  elseif math.type(value) then
    return number.text(value)
  end
  return type(value) == "boolean" and tostring(value)
    or fault.raise({ prefix }, ("a %s cannot be sent"):format(value == json.null and "null" or type(value)))
end

-- Adds the fields of a value that no shape describes: a table with positions is a list, as in the Query protocol.
local function add_undescribed(fields, value, prefix, depth)
  if depth > DEEPEST then
    fault.raise({ prefix }, ("a value is nested deeper than %d levels, or in itself"):format(DEEPEST))
  elseif type(value) ~= "table" then
    table.move({ prefix, undescribed_text(value, prefix) }, 1, 2, #fields + 1, fields)
  elseif json.is_array(value) or #value > 0 then
    for i, item in ipairs(value) do
      add_undescribed(fields, item, ("%s.member.%d"):format(prefix, i), depth + 1)
    end
    if #value == 0 then
      table.move({ prefix, "" }, 1, 2, #fields + 1, fields)
    end
  else
    for _, name in ipairs(lists.sorted_names(value)) do
      add_undescribed(fields, value[name], joined(prefix, name), depth + 1)
    end
  end
end

--- Returns the fields of an input: names and values in turn. Raises a fault if a value does not fit its shape.
---@param shape? model.Shape  nil: not described
---@param input table
---@param names protocol.FormNames
---@return (string|userdata)[]
function M.fields(shape, input, names)
  local fields = {}
  if shape then
    writers.structure(fields, shape, input, "", {}, names)
  else
    add_undescribed(fields, input, "", 0)
  end
  return fields
end

-- ---------------------------------------------------------------------------------------------
-- The text

local function escape(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Returns the text of a form. It is a secret if a value is one.
---@param fields (string|userdata)[]  names and values in turn
---@return string|userdata
function M.text(fields)
  local parts, is_sealed = {}, false
  for i = 1, #fields, 2 do
    parts[#parts + 1] = (i > 1 and "&" or "") .. escape(fields[i]) .. "="
    local value = fields[i + 1]
    is_sealed = is_sealed or type(value) ~= "string"
    parts[#parts + 1] = type(value) == "string" and escape(value) or value
  end
  return is_sealed and credentials.join(parts, "form") or table.concat(parts)
end

return M
