--- The canonical form of a model: what the readers return, checked, and without texts for people.
---
---     local data, message = clean.service(json, order)
---
--- It is botocore's form (lanyard.model), with the members of structures as lists. What a file contains is not
--- trusted: a model whose parts do not fit together is an error that names the place.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local trait_checks = require "lanyard.model.traits"

local M = {}

-- Documentation, and what has no meaning for calls.
local DROPPED = lists.set [[documentation documentationUrl deprecatedMessage deprecatedSince box synthetic description
  examples smokeTests]]

-- Types that AWS's own tools treat like another type.
local TYPES = {
  structure = "structure", list = "list", map = "map", string = "string", boolean = "boolean", integer = "integer",
  long = "long", float = "float", double = "double", blob = "blob", timestamp = "timestamp", character = "string",
  byte = "integer", short = "integer", biginteger = "long", bigdecimal = "double",
}

local function fail(format, ...)
  error({ problem = format:format(...) }, 0)
end

-- Fails with the problem that a check found.
local function refuse(problem)
  if problem then
    fail("%s", problem)
  end
end

local function is_object(value)
  return type(value) == "table" and (not json.is_array(value) or next(value) == nil)
end

local function check_object(value, ...)
  if not is_object(value) then
    fail("%s is not an object", table.concat({ ... }, "."))
  end
  return value
end

--- Returns a copy of a value without texts for people.
---@param value any
---@return any
function M.without_texts(value)
  if type(value) ~= "table" then
    return value
  end
  local result = setmetatable({}, getmetatable(value))
  for name, item in pairs(value) do
    if not DROPPED[name] then
      result[name] = type(item) == "table" and M.without_texts(item) or item
    end
  end
  return result
end

-- A copy of a reference to a shape, which has to exist.
local function reference_of(value, shapes, ...)
  if not is_object(value) or type(value.shape) ~= "string" then
    fail("%s does not name a shape", table.concat({ ... }, "."))
  elseif not shapes[value.shape] then
    fail("%s names the shape '%s', which does not exist", table.concat({ ... }, "."), value.shape)
  end
  return M.without_texts(value)
end

-- The members in the order of the file. Members that an extra file added have no place in it.
local function members_of(name, members, shapes, order)
  local list, rest = json.array {}, {}
  for member, reference in pairs(members) do
    rest[member] = reference_of(reference, shapes, "shapes", name, member)
    rest[member].name = member
  end
  local function add(names)
    for _, member in ipairs(names) do
      list[#list + 1], rest[member] = rest[member], nil
    end
  end
  add(order[members] or {})
  add(lists.sorted_names(rest))
  return list
end

-- The required members in the order of the members.
local function required_of(name, required, members)
  local set, result = {}, json.array {}
  if type(required) ~= "table" or not json.is_array(required) then
    fail("shapes.%s.required is not a list", name)
  end
  for _, member in ipairs(required) do
    set[member] = true
  end
  for _, member in ipairs(members) do
    if set[member.name] then
      result[#result + 1] = member.name
    end
  end
  return result[1] and result or nil
end

local function shape_of(name, value, shapes, order)
  check_object(value, "shapes", name)
  local traits = {}
  for trait, item in pairs(value) do
    if not DROPPED[trait] and trait ~= "members" then
      traits[trait] = M.without_texts(item)
    end
  end
  traits.type = TYPES[value.type]
  if not traits.type then
    fail("shapes.%s has the type '%s', which is unknown", name, tostring(value.type))
  elseif traits.type == "structure" then
    local members = check_object(value.members or {}, "shapes", name, "members")
    traits.members = members_of(name, members, shapes, order)
    traits.required = value.required and required_of(name, value.required, traits.members)
  elseif traits.type == "list" then
    traits.member = reference_of(value.member, shapes, "shapes", name, "member")
  elseif traits.type == "map" then
    traits.key = reference_of(value.key, shapes, "shapes", name, "key")
    traits.value = reference_of(value.value, shapes, "shapes", name, "value")
  elseif value.enum and not (type(value.enum) == "table" and json.is_array(value.enum)) then
    fail("shapes.%s.enum is not a list", name)
  end
  refuse(trait_checks.shape(name, traits))
  return traits
end

-- Checks what becomes a part of the URL: a model must not lead a signed request to another host.
local function check_http(name, http)
  for _, part in ipairs { "method", "requestUri" } do
    if type(http[part]) ~= "string" then
      fail("operations.%s.http.%s is not a text", name, part)
    end
  end
  if not http.method:find "^%u+$" then
    fail("operations.%s.http.method is not a method of HTTP", name)
  elseif not http.requestUri:find "^/[!-~]*$" then
    fail("operations.%s.http.requestUri is not a path that begins with /", name)
  end
end

-- Letters, digits and hyphens, and members in braces, in labels that end with dots.
local function check_prefix(name, endpoint)
  local prefix = check_object(endpoint, "operations", name, "endpoint").hostPrefix
  if prefix ~= nil and (type(prefix) ~= "string" or not prefix:gsub("{%w+}", "x"):find "^[%w.-]+$") then
    fail("operations.%s.endpoint.hostPrefix is not the beginning of a host name", name)
  end
end

-- A copy of a reference to a structure.
local function structure_of(value, shapes, ...)
  local reference = reference_of(value, shapes, ...)
  local shape = shapes[value.shape]
  if type(shape) ~= "table" or shape.type ~= "structure" then
    fail("%s names the shape '%s', which is not a structure", table.concat({ ... }, "."), value.shape)
  end
  return reference
end

local function operation_of(name, value, shapes)
  check_object(value, "operations", name)
  local traits = M.without_texts(value)
  traits.name = nil
  traits.http = check_object(value.http or { method = "POST", requestUri = "/" }, "operations", name, "http")
  check_http(name, traits.http)
  if value.endpoint ~= nil then
    check_prefix(name, value.endpoint)
  end
  for _, direction in ipairs { "input", "output" } do
    traits[direction] = value[direction] and structure_of(value[direction], shapes, "operations", name, direction)
  end
  if traits.errors and not (type(traits.errors) == "table" and json.is_array(traits.errors)) then
    fail("operations.%s.errors is not a list", name)
  end
  for i, item in ipairs(value.errors or {}) do
    traits.errors[i] = structure_of(item, shapes, "operations", name, "errors", i - 1)
  end
  refuse(trait_checks.operation(name, traits))
  return traits
end

--- Makes the canonical form of paginators or waiters: an object of objects.
---@param value any
---@param name string  of the part in its file, for the problem
---@return table? part, string? problem
function M.part(value, name)
  if not is_object(value) then
    return nil, name .. " is not an object"
  end
  for key, item in pairs(value) do
    if not is_object(item) then
      return nil, ("%s.%s is not an object"):format(name, key)
    end
  end
  return M.without_texts(value)
end

--- Makes the canonical form of botocore's service-2.json.
---@param service table  the decoded JSON
---@param order table    the order of names, as lanyard.json returns it
---@return table? data, string? problem
function M.service(service, order)
  local is_valid, result = pcall(function()
    local data = {
      metadata = M.without_texts(check_object(service.metadata, "metadata")), operations = {}, shapes = {},
    }
    if type(data.metadata.protocol) ~= "string" then
      fail "metadata.protocol is not a text"
    end
    refuse(trait_checks.metadata(data.metadata))
    local shapes = check_object(service.shapes or {}, "shapes")
    for name, value in pairs(shapes) do
      data.shapes[name] = shape_of(name, value, shapes, order)
    end
    for name, value in pairs(check_object(service.operations, "operations")) do
      data.operations[name] = operation_of(name, value, shapes)
    end
    data.names = lists.sorted_names(data.operations)
    return data
  end)
  if is_valid then
    return result
  elseif type(result) == "table" and result.problem then
    return nil, result.problem
  end
  error(result, 0)
end

return M
