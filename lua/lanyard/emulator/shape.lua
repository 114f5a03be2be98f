--- Validates requests against the shapes of AWS's models.
---
---     local input = shape.structure {
---       repositoryName = shape.string { required = true, min = 2, max = 256, regex = "...", check = f },
---       maxResults = shape.integer { min = 1, max = 1000 },
---     }
---     local violations, mistyped = shape.check(input, request)
---
--- `mistyped` is the path of a value of the wrong JSON type, which AWS rejects while it parses the request. Unknown
--- members are ignored.

local json = require "lanyard.json"

local M = {}

---@class emulator.Shape
---@field kind "string"|"integer"|"number"|"boolean"|"structure"|"list"|"map"

---@class emulator.Violation
---@field path string
---@field value any
---@field constraint string  in AWS's words

local function maker(kind)
  return function(rules)
    local shape = { kind = kind }
    for name, value in pairs(rules or {}) do
      shape[name] = value
    end
    return shape
  end
end

---@class emulator.StringRules
---@field required? boolean
---@field min? integer  characters
---@field max? integer  characters
---@field regex? string  the pattern, as AWS prints it
---@field check? fun(value: string): any  returns a true value when the string matches the pattern
---@field enum? string[]

--- Returns a string shape.
---@type fun(rules: emulator.StringRules?): emulator.Shape
M.string = maker "string"
--- Returns an integer shape.
---@type fun(rules: { required: boolean?, min: integer?, max: integer? }?): emulator.Shape
M.integer = maker "integer"
M.number = maker "number"
M.boolean = maker "boolean"

--- Returns a structure shape.
---@param members table<string, emulator.Shape>
---@param rules? { required: boolean? }
---@return emulator.Shape
function M.structure(members, rules)
  return { kind = "structure", members = members, required = rules and rules.required }
end

--- Returns a list shape.
---@param item emulator.Shape
---@param rules? { required: boolean?, min: integer?, max: integer? }
---@return emulator.Shape
function M.list(item, rules)
  rules = rules or {}
  return { kind = "list", item = item, min = rules.min, max = rules.max, required = rules.required }
end

--- Returns a map shape.
---@param key emulator.Shape
---@param value emulator.Shape
---@param rules? { required: boolean?, max: integer? }
---@return emulator.Shape
function M.map(key, value, rules)
  rules = rules or {}
  return { kind = "map", key = key, value = value, max = rules.max, required = rules.required }
end

local LUA_TYPES = { string = "string", integer = "number", number = "number", boolean = "boolean" }

-- A null in a list or a map is a value. As a member of a structure it means that the member is absent.
local NO_NULL = "Member must satisfy constraint: [Member must not be null]"

local check

local function add(found, path, value, constraint)
  found[#found + 1] = { path = path, value = value, constraint = constraint }
end

local function check_length(shape, path, value, length, found)
  if shape.min and length < shape.min then
    add(found, path, value, "Member must have length greater than or equal to " .. shape.min)
  elseif shape.max and length > shape.max then
    add(found, path, value, "Member must have length less than or equal to " .. shape.max)
  end
end

local function check_range(shape, path, value, found)
  if shape.min and value < shape.min then
    add(found, path, value, "Member must have value greater than or equal to " .. shape.min)
  elseif shape.max and value > shape.max then
    add(found, path, value, "Member must have value less than or equal to " .. shape.max)
  end
end

local function check_string(shape, path, value, found)
  check_length(shape, path, value, utf8.len(value) or #value, found)
  if shape.check and not shape.check(value) then
    add(found, path, value, "Member must satisfy regular expression pattern: " .. shape.regex)
  end
  if shape.enum then
    for _, one in ipairs(shape.enum) do
      if one == value then
        return
      end
    end
    add(found, path, value, ("Member must satisfy enum value set: [%s]"):format(table.concat(shape.enum, ", ")))
  end
end

local function check_members(shape, path, value, found)
  for name, member in pairs(shape.members) do
    local mistyped = check(member, path == "" and name or path .. "." .. name, value[name], found)
    if mistyped then
      return mistyped
    end
  end
end

local function check_items(shape, path, value, found)
  check_length(shape, path, value, #value, found)
  for i, item in ipairs(value) do
    if item == json.null then
      add(found, path, value, NO_NULL)
      return nil
    end
    local mistyped = check(shape.item, ("%s.%d.member"):format(path, i), item, found)
    if mistyped then
      return mistyped
    end
  end
end

local function check_entries(shape, path, value, found)
  local count = 0
  for key, item in pairs(value) do
    count = count + 1
    if type(key) ~= "string" then
      return path
    elseif item == json.null then
      add(found, path, value, NO_NULL)
      return nil
    end
    check_string(shape.key, path, key, found)
    local mistyped = check(shape.value, ("%s.%s.member"):format(path, key), item, found)
    if mistyped then
      return mistyped
    end
  end
  check_length(shape, path, value, count, found)
end

function check(shape, path, value, found)
  if value == nil or value == json.null then
    if shape.required then
      add(found, path, nil, "Member must not be null")
    end
    return nil
  end
  local kind = shape.kind
  if LUA_TYPES[kind] then
    if type(value) ~= LUA_TYPES[kind] or kind == "integer" and math.tointeger(value) == nil then
      return path
    elseif kind == "string" then
      check_string(shape, path, value, found)
    elseif kind ~= "boolean" then
      check_range(shape, path, value, found)
    end
    return nil
  elseif type(value) ~= "table" or (kind == "list") ~= json.is_array(value) then
    return path
  elseif kind == "structure" then
    return check_members(shape, path, value, found)
  elseif kind == "list" then
    return check_items(shape, path, value, found)
  end
  return check_entries(shape, path, value, found)
end

--- Checks an input.
---@param shape emulator.Shape
---@param input table
---@return emulator.Violation[]? violations  sorted by path
---@return string? mistyped  the path of a value of the wrong type
function M.check(shape, input)
  local found = {}
  local mistyped = check(shape, "", input, found)
  if mistyped then
    return nil, mistyped
  end
  table.sort(found, function(a, b)
    if a.path ~= b.path then
      return a.path < b.path
    end
    return a.constraint < b.constraint
  end)
  return found
end

--- Reports whether a value has a shape.
---@param shape emulator.Shape
---@param value any
---@return boolean
function M.accepts(shape, value)
  local violations = M.check(shape, value)
  return violations ~= nil and #violations == 0
end

--- Returns a copy of a valid input with the members of the shape that are not null: AWS treats null as absent.
---@param shape emulator.Shape
---@param value any  of this shape
---@return any
function M.clean(shape, value)
  local kind = shape.kind
  if kind == "integer" then
    return math.tointeger(value)
  elseif LUA_TYPES[kind] then
    return value
  elseif kind == "list" then
    local items = json.array {}
    for i, item in ipairs(value) do
      items[i] = M.clean(shape.item, item)
    end
    return items
  end
  local copy = {}
  for name, item in pairs(value) do
    local member = kind == "map" and shape.value or shape.members and shape.members[name]
    if member and item ~= json.null then
      copy[name] = M.clean(member, item)
    end
  end
  return copy
end

--- Returns the message of most services: "1 validation error detected: Value 'x' at 'y' failed ..."
---@param violations emulator.Violation[]
---@return string
function M.describe(violations)
  local parts = {}
  for i, one in ipairs(violations) do
    local value = one.value == nil and "null" or ("'%s'"):format(type(one.value) == "table" and "[...]" or one.value)
    parts[i] = ("Value %s at '%s' failed to satisfy constraint: %s"):format(value, one.path, one.constraint)
  end
  local what = #parts == 1 and "1 validation error" or #parts .. " validation errors"
  return ("%s detected: %s"):format(what, table.concat(parts, "; "))
end

return M
