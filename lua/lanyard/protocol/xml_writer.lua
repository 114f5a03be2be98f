--- Converts values to XML by the shapes of a model: the bodies of REST XML.
---
---     xml_writer.encode("Tagging", shape, { TagSet = { { Key = "k", Value = "v" } } }, path)
---     --> "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
---
--- A value that does not fit its shape raises a fault.
--- https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings

local credentials = require "lanyard.credentials"
local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local scalar = require "lanyard.protocol.scalar"
local xml = require "lanyard.text.xml"

local M = {}

local writers = {}

local function own_name(reference)
  return rawget(reference, "locationName")
end

-- A flattened list or map can have the name of its shape.
local function name_of(member)
  return own_name(member) or member.flattened and member.locationName or member.member
end

-- Adds an element. Its value is between the tags.
local function add(parts, name, shape, value, path)
  local writer = writers[shape.type] or writers.scalar
  writer(parts, name, shape, value, path)
end

local function expect_table(value, path, expected)
  return type(value) == "table" and value or fault.wrong_type(path, value, expected)
end

-- Adds a text, or a secret, which is escaped when the parts are joined.
local function add_text(parts, text, path, attribute)
  if type(text) ~= "string" then
    parts[#parts + 1], parts.is_sealed = text, true
  elseif text:find("\0", 1, true) then
    fault.raise(path, "the text contains NUL, which XML cannot have")
  else
    parts[#parts + 1] = attribute and xml.escape_attribute(text) or xml.escape(text)
  end
end

-- Adds a start tag up to its attributes.
local function open(parts, name, shape)
  parts[#parts + 1] = "<" .. name
  local namespace = shape.xmlNamespace
  if namespace then
    local uri, prefix = namespace, nil
    if type(namespace) == "table" then
      uri, prefix = namespace.uri, namespace.prefix
    end
    parts[#parts + 1] = (' xmlns%s="%s"'):format(prefix and ":" .. prefix or "", xml.escape_attribute(uri))
  end
end

local function close(parts, name)
  parts[#parts + 1] = ("</%s>"):format(name)
end

-- Calls a function for each member of a structure that has a value, in the order of the model.
local function each_member(shape, value, path, visit)
  for _, member in ipairs(shape.members) do
    local item = value[member.member]
    if item ~= nil and item ~= json.null then
      path[#path + 1] = member.member
      visit(member, item)
      path[#path] = nil
    end
  end
end

function writers.structure(parts, name, shape, value, path)
  for member in pairs(expect_table(value, path, "a structure")) do
    if not shape.by_name[member] then
      path[#path + 1] = member
      fault.raise(path, "the member is unknown")
    end
  end
  open(parts, name, shape)
  each_member(shape, value, path, function(member, item)
    if member.xmlAttribute then
      parts[#parts + 1] = (' %s="'):format(name_of(member))
      add_text(parts, scalar.encode(member, item, path, "iso8601"), path, true)
      parts[#parts + 1] = '"'
    end
  end)
  parts[#parts + 1] = ">"
  each_member(shape, value, path, function(member, item)
    if not member.xmlAttribute then
      add(parts, name_of(member), member, item, path)
    end
  end)
  close(parts, name)
end

function writers.list(parts, name, shape, value, path)
  local item_name = shape.flattened and name or own_name(shape.item) or "member"
  if #expect_table(value, path, "a list") == 0 and next(value) ~= nil then
    fault.wrong_type(path, value, "a list")
  end
  if not shape.flattened then
    open(parts, name, shape)
    parts[#parts + 1] = ">"
  end
  for i, item in ipairs(value) do
    path[#path + 1] = i - 1
    add(parts, item_name, shape.item, item, path)
    path[#path] = nil
  end
  if not shape.flattened then
    close(parts, name)
  end
end

local function add_entry(parts, shape, key, value, path)
  add(parts, own_name(shape.key) or "key", shape.key, key, path)
  add(parts, own_name(shape.value) or "value", shape.value, value, path)
end

function writers.map(parts, name, shape, value, path)
  local entry = shape.flattened and name or "entry"
  if not shape.flattened then
    open(parts, name, shape)
    parts[#parts + 1] = ">"
  end
  for _, key in ipairs(lists.sorted_names(expect_table(value, path, "a map"))) do
    path[#path + 1] = key
    open(parts, entry, shape.flattened and shape or {})
    parts[#parts + 1] = ">"
    add_entry(parts, shape, key, value[key], path)
    close(parts, entry)
    path[#path] = nil
  end
  if not shape.flattened then
    close(parts, name)
  end
end

function writers.scalar(parts, name, shape, value, path)
  open(parts, name, shape)
  parts[#parts + 1] = ">"
  add_text(parts, scalar.encode(shape, value, path, "iso8601"), path)
  close(parts, name)
end

--- Writes a document. It is a secret if a value in it is one.
---@param name string  of the root element
---@param shape model.Shape
---@param value any
---@param path string[]
---@return string|userdata
function M.encode(name, shape, value, path)
  local parts = { is_sealed = false }
  add(parts, name, shape, value, path)
  return parts.is_sealed and credentials.join(parts, "xml") or table.concat(parts)
end

return M
