--- Converts values between the form that scripts use and the tree of a protocol that has JSON's types: JSON and CBOR.
--- The shapes of the model give the names on the wire and the types.
---
---     tree.encode(shape, { when = 1398796238 }, path, form)  --> { When = "2014-04-29T18:30:38Z" }
---     tree.decode(shape, { When = "2014-04-29T18:30:38Z" }, path, form)
---
--- A value that does not fit its shape raises a fault. A member that the shape does not have keeps its name, undecoded.

local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"
local number = require "lanyard.protocol.number"
local scalar = require "lanyard.protocol.scalar"

local M = {}

local DEEPEST = 200

--- What differs between the protocols. The functions raise faults.
---@class protocol.Form
---@field write table<"blob"|"timestamp"|"float", fun(value: any, path: string[], shape: model.Shape): any>
---@field read table<"blob"|"timestamp", fun(value: any, path: string[], shape: model.Shape): any>
---@field unknown fun(value: any): any  converts a document, and a member that the shape does not have

-- ---------------------------------------------------------------------------------------------
-- Writing

local writers = {}

--- Converts a value to the tree of the protocol.
---@param shape? model.Shape  nil: not described, the value stays as it is
---@param value any
---@param path string[]
---@param form protocol.Form
---@return any
function M.encode(shape, value, path, form)
  if not shape or shape.document then
    return value
  elseif #path > DEEPEST then
    fault.raise({}, ("a value is nested deeper than %d levels, or in itself"):format(DEEPEST))
  end
  local writer = writers[shape.type] or fault.raise(path, ("the type '%s' is unknown"):format(shape.type))
  return writer(shape, value, path, form)
end

local function expect_table(value, path, expected)
  return type(value) == "table" and value or fault.wrong_type(path, value, expected)
end

function writers.structure(shape, value, path, form)
  local tree, by_name = {}, shape.by_name
  for name, item in pairs(expect_table(value, path, "a structure")) do
    local member = by_name[name]
    path[#path + 1] = name
    if not member then
      fault.raise(path, "the member is unknown")
    elseif item ~= json.null then
      tree[member.locationName or name] = M.encode(member, item, path, form)
    end
    path[#path] = nil
  end
  return tree
end

-- null is an item of a list and a value of a map: models do not say which lists and maps may have it.
function writers.list(shape, value, path, form)
  local tree, item_shape = json.array {}, shape.item
  for i in pairs(expect_table(value, path, "a list")) do
    if math.type(i) ~= "integer" or i < 1 or i > #value then
      fault.raise(path, ("the entry '%s' is not a position; a list was expected"):format(tostring(i)))
    end
  end
  for i, item in ipairs(value) do
    path[#path + 1] = i - 1
    tree[i] = item == json.null and item or M.encode(item_shape, item, path, form)
    path[#path] = nil
  end
  return tree
end

function writers.map(shape, value, path, form)
  local tree, item_shape = {}, shape.value
  for name, item in pairs(expect_table(value, path, "a map")) do
    path[#path + 1] = name
    if type(name) ~= "string" then
      fault.raise(path, "a position of a list; the name of a map was expected")
    end
    tree[name] = item == json.null and item or M.encode(item_shape, item, path, form)
    path[#path] = nil
  end
  return tree
end

function writers.string(_, value, path)
  if type(value) == "string" then
    return utf8.len(value) and value or fault.raise(path, "the text is not UTF-8")
  end
  return scalar.is_secret(value) and value or fault.wrong_type(path, value, "a string")
end

function writers.boolean(_, value, path)
  return type(value) == "boolean" and value or value ~= false and fault.wrong_type(path, value, "a boolean")
end

function writers.integer(_, value, path)
  return math.type(value) and number.integer(value) or fault.wrong_type(path, value, "an integer")
end
writers.long = writers.integer

function writers.float(shape, value, path, form)
  return math.type(value) and form.write.float(value, path, shape) or fault.wrong_type(path, value, "a number")
end
writers.double = writers.float

function writers.blob(shape, value, path, form)
  return form.write.blob(value, path, shape)
end

function writers.timestamp(shape, value, path, form)
  return form.write.timestamp(value, path, shape)
end

-- ---------------------------------------------------------------------------------------------
-- Reading

local readers = {}

local function read_document(_, tree, _, form)
  return form.unknown(tree)
end

local function read_unknown(shape, _, path)
  fault.raise(path, ("the type '%s' is unknown"):format(shape.type))
end

-- Returns the function that reads a shape.
local function reader_of(shape)
  if not shape or shape.document then
    return read_document
  end
  return readers[shape.type] or read_unknown
end

--- Converts a tree of the protocol to a value.
---@param shape? model.Shape  nil: not described
---@param tree any
---@param path string[]
---@param form protocol.Form
---@return any
function M.decode(shape, tree, path, form)
  return reader_of(shape)(shape, tree, path, form)
end

-- The members of a structure by their names on the wire, with their readers: a reply can have thousands of structures
-- of one shape. A structure is known by its list of members, which all references to it share.
local on_wire = setmetatable({}, { __mode = "k" })

local function members_on_wire(shape)
  local members = on_wire[shape.members]
  if not members then
    members = {}
    for _, member in ipairs(shape.members) do
      if not member.location then
        members[member.locationName or member.member] = {
          name = member.member, shape = member, read = reader_of(member),
        }
      end
    end
    on_wire[shape.members] = members
  end
  return members
end

local function is_object(tree)
  return type(tree) == "table" and not json.is_array(tree)
end

-- The name of the shape, which services with AWS's own protocols add to structures, is not a member.
local TYPE = "__type"

function readers.structure(shape, tree, path, form)
  if not is_object(tree) then
    fault.wrong_type(path, tree, "a structure")
  end
  local value, members = {}, members_on_wire(shape)
  for name, item in pairs(tree) do
    local member = members[name]
    if item ~= json.null and member then
      path[#path + 1] = member.name
      value[member.name] = member.read(member.shape, item, path, form)
      path[#path] = nil
    elseif item ~= json.null and name ~= TYPE and value[name] == nil then
      value[name] = form.unknown(item)
    end
  end
  return value
end

function readers.list(shape, tree, path, form)
  if not json.is_array(tree) then
    fault.wrong_type(path, tree, "a list")
  end
  local value, item_shape = json.array {}, shape.item
  local read = reader_of(item_shape)
  for i = 1, #tree do
    path[#path + 1] = i - 1
    value[i] = tree[i] == json.null and tree[i] or read(item_shape, tree[i], path, form)
    path[#path] = nil
  end
  return value
end

function readers.map(shape, tree, path, form)
  if not is_object(tree) then
    fault.wrong_type(path, tree, "a map")
  end
  local value, item_shape = {}, shape.value
  for name, item in pairs(tree) do
    path[#path + 1] = name
    value[name] = item == json.null and item or M.decode(item_shape, item, path, form)
    path[#path] = nil
  end
  return value
end

function readers.string(_, tree, path)
  return type(tree) == "string" and tree or fault.wrong_type(path, tree, "a string")
end

readers.boolean = writers.boolean

-- Returns a number as it was sent, where the service keeps it so (model.Service.keep_as_sent).
local function kept(shape, tree, value)
  local reading = shape.reading
  return reading and reading.numbers_as_sent and tree or value
end

function readers.integer(shape, tree, path)
  return kept(shape, tree, writers.integer(shape, tree, path))
end
readers.long = readers.integer

function readers.float(shape, tree, path)
  return kept(shape, tree, number.float(tree) or fault.wrong_type(path, tree, "a number"))
end
readers.double = readers.float

function readers.blob(_, tree, path, form)
  return form.read.blob(tree, path)
end

function readers.timestamp(shape, tree, path, form)
  return form.read.timestamp(tree, path, shape)
end

return M
