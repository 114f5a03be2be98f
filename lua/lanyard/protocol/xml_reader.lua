--- Converts XML elements to values by the shapes of a model: the replies of Query, EC2 and REST XML.
---
---     xml_reader.decode(shape, element, path)   --> { DBInstances = { { Port = 5432 } } }
---
--- An element that the shape does not have keeps its name, as text and tables. A value that does not fit its shape
--- raises a fault.
--- https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings

local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"
local scalar = require "lanyard.protocol.scalar"
local xml = require "lanyard.text.xml"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Names

-- The name of a member on the wire is its own; a name of the shape that it refers to is the name of the shape as a
-- document.
local function own_name(member)
  return rawget(member, "locationName") or member.member
end

-- Adds the further names that services use for a member: of the items of a flattened list, and of its shape.
local function add_aliases(elements, member)
  local item = member.flattened and member.item
  for _, alias in ipairs { item and rawget(item, "locationName") or false, member.locationName or false } do
    elements[alias or 0] = elements[alias or 0] or member
  end
end

-- The members of a structure by the names of their elements, and the members that are attributes. A list takes
-- precedence over another member with the same name, its twin: notifications of S3 have `Event` and `Events` for the
-- elements <Event>.
local function add_member(known, name, member)
  local other = known.elements[name]
  if other and other.flattened and other.type == "list" then
    known.twins[name] = member
  else
    known.elements[name], known.twins[name] = member, other
  end
end

local function names_of(shape)
  local known = { elements = {}, attributes = {}, twins = {} }
  for _, member in ipairs(shape.members) do
    if member.xmlAttribute then
      table.insert(known.attributes, member)
    elseif not member.location then
      add_member(known, own_name(member), member)
    end
  end
  for _, member in ipairs(shape.members) do
    if not member.xmlAttribute and not member.location then
      add_aliases(known.elements, member)
    end
  end
  return known
end

-- ---------------------------------------------------------------------------------------------
-- Plans

local readers = {}

-- What reading a value of a shape needs, by the shape: a reference looks up the traits of its shape each time.
local plans = setmetatable({}, { __mode = "k" })

local function plan_of(shape)
  local plan = plans[shape]
  if not plan then
    plan = {
      read = readers[shape.type] or readers.scalar,
      names = shape.type == "structure" and names_of(shape),
      item = shape.type == "list" and shape.item,
      flattened = shape.flattened and (shape.type == "list" or shape.type == "map") and shape.type,
    }
    plans[shape] = plan
  end
  return plan
end

--- Converts an element to a value.
---@param shape? model.Shape  nil: not described
---@param element xml.Element
---@param path string[]
---@return any
function M.decode(shape, element, path)
  if not shape then
    return xml.value(element)
  end
  return plan_of(shape).read(shape, element, path)
end

-- ---------------------------------------------------------------------------------------------
-- Structures

-- A container without elements is empty; its text is white space.
local function expect_elements(element, path, expected)
  if #element == 0 and element.text:find "%S" then
    fault.raise(path, "a text; " .. expected .. " was expected")
  end
end

-- Attributes of XML itself say nothing about the value.
local function is_data(name)
  return name ~= "xmlns" and not name:find "^xmlns:" and not name:find "^xml:" and not name:find "^xsi:"
end

-- Adds what the shape does not have. If a member has its name, it gets another: nothing is lost.
local function keep(value, name, kept)
  while value[name] ~= nil do
    name = "<" .. name .. ">"
  end
  value[name] = kept
  return name
end

local function read_attributes(value, known, element, path)
  local read = {}
  for _, member in ipairs(known.attributes) do
    local text, written = xml.attribute(element, own_name(member))
    if text then
      path[#path + 1] = member.member
      value[member.member] = scalar.decode(member, text, path)
      path[#path] = nil
      read[written] = true
    end
  end
  for name, text in pairs(element.attributes) do
    if not read[name] and is_data(name) then
      keep(value, name, text)
    end
  end
end

-- The items of a flattened list, and the entries of a flattened map, are elements of the structure itself.
local function add_flattened(value, member, element, path)
  local name = member.member
  path[#path + 1] = name
  local plan = plan_of(member)
  if plan.flattened == "list" then
    local items = value[name] or json.array {}
    path[#path + 1] = #items
    items[#items + 1] = M.decode(plan.item, element, path)
    path[#path] = nil
    value[name] = items
  else
    value[name] = value[name] or {}
    M.add_entry(value[name], member, element, path)
  end
  path[#path] = nil
end

local function add_single(value, member, element, path)
  local name = member.member
  path[#path + 1] = name
  if value[name] ~= nil then
    fault.raise(path, "the element occurs twice")
  end
  value[name] = plan_of(member).read(member, element, path)
  path[#path] = nil
end

-- Adds the elements that the shape does not have; several with one name are a list.
local function add_unknown(value, unknown)
  local kept_as, counts = {}, {}
  for _, element in ipairs(unknown) do
    local name, kept = element.name, xml.value(element)
    counts[name] = (counts[name] or 0) + 1
    if counts[name] == 1 then
      kept_as[name] = keep(value, name, kept)
    else
      local place = kept_as[name]
      value[place] = counts[name] == 2 and { value[place] } or value[place]
      table.insert(value[place], kept)
    end
  end
end

--- Reads a structure from elements.
---@param shape model.Shape
---@param element xml.Element
---@param path string[]
---@param is_frame? fun(name: string): boolean?  whether an element that the shape does not have is of the protocol
---@return table
function M.structure(shape, element, path, is_frame)
  expect_elements(element, path, "a structure")
  local value, known, unknown = {}, plan_of(shape).names, nil
  for i = 1, #element do
    local child = element[i]
    local member = known.elements[child.name]
    if not member then
      if not (is_frame and is_frame(child.name)) then
        unknown = unknown or {}
        unknown[#unknown + 1] = child
      end
    elseif plan_of(member).flattened then
      add_flattened(value, member, child, path)
      local twin = known.twins[child.name]
      if twin and value[twin.member] == nil then
        add_single(value, twin, child, path)
      end
    else
      add_single(value, member, child, path)
    end
  end
  if unknown then
    add_unknown(value, unknown)
  end
  if element.attributes then
    read_attributes(value, known, element, path)
  end
  return value
end

function readers.structure(shape, element, path)
  return M.structure(shape, element, path)
end

-- ---------------------------------------------------------------------------------------------
-- Lists and maps

-- Each element of a list is an item, whatever its name: services do not always use the name of their model.
function readers.list(shape, element, path)
  local plan = plan_of(shape)
  local item = plan.item
  if plan.flattened then
    return json.array { M.decode(item, element, path) }
  end
  expect_elements(element, path, "a list")
  local items, read = json.array {}, plan_of(item).read
  for i = 1, #element do
    path[#path + 1] = i - 1
    items[i] = read(item, element[i], path)
    path[#path] = nil
  end
  return items
end

--- Adds an entry of a map: an element that contains a key and a value.
---@param entries table<string, any>
---@param shape model.Shape  the map
---@param element xml.Element
---@param path string[]
function M.add_entry(entries, shape, element, path)
  local key = xml.child(element, rawget(shape.key, "locationName") or "key")
  local value = xml.child(element, rawget(shape.value, "locationName") or "value")
  if not key or not value or #element > 2 then
    fault.raise(path, "an entry of a map that is not one key and one value")
  end
  path[#path + 1] = key.text
  if entries[key.text] ~= nil then
    fault.raise(path, "the key occurs twice")
  end
  entries[key.text] = M.decode(shape.value, value, path)
  path[#path] = nil
end

function readers.map(shape, element, path)
  local entries = {}
  if shape.flattened then
    M.add_entry(entries, shape, element, path)
    return entries
  end
  expect_elements(element, path, "a map")
  for _, entry in ipairs(element) do
    M.add_entry(entries, shape, entry, path)
  end
  return entries
end

-- ---------------------------------------------------------------------------------------------
-- Texts

function readers.string(_, element, path)
  if #element > 0 then
    fault.raise(path, "elements; a string was expected")
  end
  return element.text
end

-- The other forms of a boolean in XML (https://www.w3.org/TR/xmlschema-2/#boolean), and in some services.
local BOOLEANS = { ["1"] = "true", ["0"] = "false", True = "true", False = "false", TRUE = "true", FALSE = "false" }

function readers.boolean(shape, element, path)
  local text = readers.scalar_text(element, path)
  return scalar.decode(shape, BOOLEANS[text] or text, path)
end

function readers.scalar_text(element, path)
  if #element > 0 then
    fault.raise(path, "elements; a text was expected")
  end
  return element.text:match "^%s*(.-)%s*$"
end

function readers.blob(shape, element, path)
  return scalar.decode(shape, readers.scalar_text(element, path):gsub("%s+", ""), path)
end

function readers.scalar(shape, element, path)
  return scalar.decode(shape, readers.scalar_text(element, path), path)
end

return M
