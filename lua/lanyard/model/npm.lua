--- Reads models in the form of the aws-sdk package of npm (version 2): apis/NAME-VERSION.min.json and companions.
---
---     local folder = npm.open "/usr/lib/node_modules/aws-sdk/apis"
---     folder.read "ecr"   --> as lanyard.model.botocore's
---
--- The form abbreviates botocore's: shapes that are used once are written where they are used, a shape without a type
--- is a string, an operation without `http` is POST /. It lacks the errors of operations, the documentation and the
--- endpoint rules; such a service has the endpoint of its prefix.

local clean = require "lanyard.model.clean"
local files = require "lanyard.model.files"
local json = require "lanyard.json"
local names = require "lanyard.model.names"
local lists = require "lanyard.lists"
local system = require "lanyard.system"

local M = {}

-- Traits that belong to a shape; the others belong to the reference to it.
local OF_SHAPE = lists.set [[type members required payload xmlOrder member key value enum min max pattern union document
  eventstream event exception error wrapper sparse fault retryable]]

-- What describes a structure, a list or a map.
local COMPOSITE = { { "members", "structure" }, { "member", "list" }, { "key", "map" }, { "value", "map" } }

-- Parts of a model, the ends of their files, and the member that has the part.
local COMPANIONS = { { "paginators", ".paginators.json", "pagination" }, { "waiters", ".waiters2.json", "waiters" } }

local function type_of(shape)
  for _, pair in ipairs(COMPOSITE) do
    if not shape.type and shape[pair[1]] then
      return pair[2]
    end
  end
  return shape.type or "string"
end

---@class model.npm.Expander
---@field shapes table<string, table>   the shapes so far
---@field order table                   the order of names, of the tables of the file and of new ones
local Expander = {}
Expander.__index = Expander

local function is_object(value)
  return type(value) == "table" and not (json.is_array(value) and value[1] ~= nil)
end

-- Returns a name that no shape has yet.
function Expander:free(name)
  local free, number = name, 1
  while self.shapes[free] or self.source[free] do
    number = number + 1
    free = name .. number
  end
  return free
end

-- Returns the reference in place of an abbreviated one, whose shape can be inside of it.
function Expander:reference(value, name)
  if not is_object(value) then
    return value -- the canonical form reports it
  elseif value.shape then
    return value
  end
  local reference, shape, kind = {}, {}, type_of(value)
  if kind ~= "structure" and kind ~= "list" and kind ~= "map" then
    for trait, item in pairs(value) do
      reference[trait] = trait ~= "type" and item or nil
    end
    reference.shape = "_" .. kind
    self.shapes[reference.shape] = { type = kind }
    return reference
  end
  for trait, item in pairs(value) do
    if OF_SHAPE[trait] then
      shape[trait] = item
    else
      reference[trait] = item
    end
  end
  reference.shape = self:free(name)
  self.shapes[reference.shape] = shape
  self:shape(reference.shape, shape)
  return reference
end

-- Completes a shape and what is inside of it.
function Expander:shape(name, shape)
  if not is_object(shape) then
    return
  end
  shape.type = type_of(shape)
  if shape.type == "structure" and is_object(shape.members) then
    local members, order = {}, self.order[shape.members]
    for member, value in pairs(shape.members) do
      members[member] = self:reference(value, name .. member:sub(1, 1):upper() .. member:sub(2))
    end
    shape.members, self.order[members] = members, order
  elseif shape.type == "list" then
    shape.member = self:reference(shape.member or {}, name .. "Item")
  elseif shape.type == "map" then
    shape.key = self:reference(shape.key or {}, name .. "Key")
    shape.value = self:reference(shape.value or {}, name .. "Value")
  end
end

-- Writes out what a file abbreviates.
local function expand(service, order)
  local source = is_object(service.shapes) and service.shapes or {}
  local self = setmetatable({ shapes = {}, source = source, order = order }, Expander)
  for _, name in ipairs(lists.sorted_names(source)) do
    self.shapes[name] = source[name]
    self:shape(name, source[name])
  end
  for _, name in ipairs(is_object(service.operations) and lists.sorted_names(service.operations) or {}) do
    local operation = service.operations[name]
    if is_object(operation) then
      operation.input = operation.input and self:reference(operation.input, name .. "Input")
      operation.output = operation.output and self:reference(operation.output, name .. "Output")
      operation.http = operation.http or {}
      if is_object(operation.http) then
        operation.http.method = operation.http.method or "POST"
        operation.http.requestUri = operation.http.requestUri or "/"
      end
    end
  end
  service.shapes = self.shapes
end

--- Reads a service.
---@param stem string  the path without .min.json
---@return table? data, lanyard.Error? err
function M.read(stem)
  local service, order = files.json(stem .. ".min.json")
  if not service then
    return nil, order or files.missing(stem .. ".min.json")
  end
  expand(service, order)
  local data, problem = clean.service(service, order)
  if not data then
    return nil, files.invalid(stem .. ".min.json", problem)
  end
  for _, companion in ipairs(COMPANIONS) do
    local part, file, member = table.unpack(companion)
    local value, err = files.json(stem .. file)
    if not value and err then
      return nil, err
    end
    if value and value[member] ~= nil then
      data[part], problem = clean.part(value[member], member)
    end
    if problem then
      return nil, files.invalid(stem .. file, problem)
    end
  end
  return data
end

-- The newest file of each service: { [name] = path without .min.json }, by the ids in the files. The name of a file is
-- not the name of the service.
local function newest(folder)
  local versions, found = {}, {}
  for _, file in ipairs(system.list(folder) or {}) do
    local version = file:match "%-(%d%d%d%d%-%d%d%-%d%d)%.min%.json$"
    if version then
      local stem = folder .. "/" .. file:sub(1, -#".min.json" - 1)
      local service = files.json(stem .. ".min.json")
      local id = service and is_object(service.metadata) and service.metadata.serviceId
      local name = names.of(type(id) == "string" and id or file:match "^(.-)%-%d%d%d%d%-")
      if version > (versions[name] or "") then
        versions[name], found[name] = version, stem
      end
    end
  end
  return found
end

--- Opens a folder of models: `apis`, or the package around it.
---@param folder string
---@return model.Folder? models  nil if no service is in it
function M.open(folder)
  folder = system.exists(folder .. "/apis") and folder .. "/apis" or folder
  local found = newest(folder)
  if not next(found) then
    return nil
  end
  local version = (system.read_file(folder .. "/../package.json") or ""):match '"version": *"([%w.]+)"'
  return {
    source = version and "aws-sdk " .. version or "aws-sdk",
    names = lists.sorted_names(found),
    read = function(name)
      return M.read(found[name])
    end,
    partitions = function() end,
  }
end

return M
