--- The shapes of a service model: what the values of requests and replies must be.
---
---     local shape = shape.resolver(shapes)("GetObjectRequest")
---     shape.type                     --> "structure"
---     shape.by_name.Bucket.location  --> "uri"
---
--- A shape has the traits of its model under their botocore names: `type`, `min`, `max`, `enum`, `sensitive`, `union`,
--- `document`, `locationName`, `flattened`, `timestampFormat`, ... A member of a structure, the item of a list, and the
--- key and value of a map are references: a reference has its own traits, and the traits of the shape that it refers
--- to. A shape is resolved when it is first used, because services have thousands, and some contain themselves.

local lists = require "lanyard.lists"

local M = {}

--- A shape, or a reference to one.
---@class model.Shape
---@field name string  of the shape in its model: "BucketName"
---@field type "structure"|"list"|"map"|"string"|"boolean"|"integer"|"long"|"float"|"double"|"blob"|"timestamp"
---@field member? string              of a reference in a structure: the name of the member
---@field members? model.Shape[]      of a structure: references, in the order of the model
---@field by_name? table<string, model.Shape>  of a structure: the members by name
---@field is_required? table<string, boolean>  of a structure: by the name of a member
---@field item? model.Shape           of a list
---@field key? model.Shape            of a map
---@field value? model.Shape          of a map
---@field reading? { as_sent: boolean, numbers_as_sent: boolean }  of a number or timestamp: the same table in all
---shapes of a service
---@field [string] any                the other traits

-- A reference inherits all traits of its shape. No shape has `member`, the name in a structure.
local function new_reference(traits, resolve, member)
  local own = { member = member }
  for name, value in pairs(traits) do
    own[name] = name ~= "shape" and name ~= "name" and value or nil
  end
  return setmetatable(own, {
    __index = function(_, name)
      local shape = resolve(traits.shape)
      getmetatable(own).__index = shape -- from now on without a function
      return shape[name]
    end,
  })
end

-- The members of a structure are a list of references with names, or a table of references by name, whose order is
-- unknown.
local function add_members(shape, members, resolve)
  shape.members, shape.by_name, shape.is_required = {}, {}, {}
  local function add(name, traits)
    local reference = new_reference(traits, resolve, name)
    table.insert(shape.members, reference)
    shape.by_name[name] = reference
  end
  if members[1] then
    for _, traits in ipairs(members) do
      add(traits.name, traits)
    end
  else
    for _, name in ipairs(lists.sorted_names(members)) do
      add(name, members[name])
    end
  end
  for _, name in ipairs(shape.required or {}) do
    shape.is_required[name] = true
  end
end

-- Types whose values can be kept as they are sent.
local HAS_FORMS = { timestamp = true, integer = true, long = true, float = true, double = true }

local function new_shape(name, traits, resolve, reading)
  local shape = { name = name, reading = HAS_FORMS[traits.type] and reading or nil }
  for trait, value in pairs(traits) do
    shape[trait] = value
  end
  if shape.type == "structure" then
    add_members(shape, traits.members or {}, resolve)
  elseif shape.type == "list" then
    shape.member, shape.item = nil, new_reference(traits.member, resolve)
  elseif shape.type == "map" then
    shape.key, shape.value = new_reference(traits.key, resolve), new_reference(traits.value, resolve)
  end
  return shape
end

--- Returns a function that returns the shape of a name, always the same table. It raises an error if the model has no
--- such shape.
---@param shapes table<string, table>  the traits of each shape, as in botocore's models
---@param reading? { as_sent: boolean, numbers_as_sent: boolean }  how replies are read
---@return fun(name: string): model.Shape resolve
function M.resolver(shapes, reading)
  local resolved = {}
  local function resolve(name)
    local shape = resolved[name]
    if not shape then
      local traits = shapes[name] or error(("the model has no shape '%s'"):format(tostring(name)), 0)
      shape = new_shape(name, traits, resolve, reading)
      resolved[name] = shape
    end
    return shape
  end
  return resolve
end

--- Returns a reference to a shape, with own traits: what an operation has as input, output and errors.
---@param traits { shape: string, [string]: any }
---@param resolve fun(name: string): model.Shape
---@return model.Shape
function M.reference(traits, resolve)
  return new_reference(traits, resolve)
end

return M
