--- Checks the input of an operation against its shape, as AWS's SDKs do before they send it.
---
---     validate(operation.input, { repositoryname = "web" })
---     --> nil, "repositoryname: an unknown member (did you mean repositoryName?)"
---
--- The first fault in the order of the model is reported, with its path: "containers.app.ports: expected a map,
--- got a string". Positions in lists count from 0, as in AWS's own messages. Like botocore, it checks names, required
--- members, types and minimum sizes. AWS knows more, and its limits change without new models.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"
local timestamp = require "lanyard.text.timestamp"

-- Shapes can contain themselves, and so can a table of a caller.
local DEEPEST = 200

local EXPECTED = {
  structure = "a table of members", list = "a list", map = "a map", string = "a string", boolean = "a boolean",
  integer = "an integer", long = "an integer", float = "a number", double = "a number", blob = "a string of bytes",
  timestamp = "a number of seconds since 1970 or an ISO 8601 text",
}

local function is_list(value)
  local count = 0
  for position in pairs(value) do
    if math.type(position) ~= "integer" or position < 1 or position > #value then
      return false
    end
    count = count + 1
  end
  return count == #value
end

local function is_map(value)
  for name in pairs(value) do
    if type(name) ~= "string" then
      return false
    end
  end
  return true
end

-- Returns the class of a userdata: "lanyard.secret", "lanyard.stream", ...
local function class_of(value)
  local class = type(value) == "userdata" and value ~= json.null and getmetatable(value)
  return type(class) == "table" and class.__name or nil
end

local CLASSES = { ["lanyard.secret"] = "a sealed secret", ["lanyard.stream"] = "a file" }

local function kind_of(value)
  if value == json.null then
    return "null"
  elseif CLASSES[class_of(value)] then
    return CLASSES[class_of(value)]
  elseif type(value) == "table" then
    return not is_map(value) and (is_list(value) and "a list" or "a table with names and positions") or "a map"
  elseif type(value) == "number" then
    return math.type(value) == "integer" and "an integer" or "a number"
  end
  return type(value) == "userdata" and "an object" or "a " .. type(value)
end

local function join(path, name)
  return path == "" and tostring(name) or path .. "." .. tostring(name)
end

local function fault(path, text, ...)
  return (path == "" and "" or path .. ": ") .. text:format(...)
end

local function wrong_type(path, shape, value)
  return fault(path, "expected %s, got %s", EXPECTED[shape.type] or shape.type, kind_of(value))
end

local function too_small(path, shape, size, what)
  if shape.min and size < shape.min then
    return fault(path, "%s is less than the minimum of %s", what:format(tostring(size)), tostring(shape.min))
  end
end

local check

-- ---------------------------------------------------------------------------------------------
-- Scalars

local CHECKS = {}

-- A sealed secret can take the place of a text.
function CHECKS.string(shape, value, path)
  if shape.jsonvalue and type(value) ~= "function" then
    return nil
  elseif class_of(value) == "lanyard.secret" then
    return nil
  elseif type(value) ~= "string" then
    return wrong_type(path, shape, value)
  end
  return too_small(path, shape, utf8.len(value) or #value, "a length of %s")
end

function CHECKS.blob(shape, value, path)
  if class_of(value) == "lanyard.secret" then
    return nil
  elseif class_of(value) == "lanyard.stream" then
    return fault(path, "expected a string of bytes, got a file, which only the body of a request can be")
  elseif type(value) ~= "string" then
    return wrong_type(path, shape, value)
  end
  return too_small(path, shape, #value, "a length of %s bytes")
end

function CHECKS.integer(shape, value, path)
  if type(value) ~= "number" or not math.tointeger(value) then
    return wrong_type(path, shape, value)
  end
  return too_small(path, shape, value, "%s")
end
CHECKS.long = CHECKS.integer

function CHECKS.double(shape, value, path)
  if type(value) ~= "number" then
    return wrong_type(path, shape, value)
  end
  return too_small(path, shape, value, "%s")
end
CHECKS.float = CHECKS.double

function CHECKS.boolean(shape, value, path)
  return type(value) ~= "boolean" and wrong_type(path, shape, value) or nil
end

local function is_time(text)
  return timestamp.parse(text) or timestamp.parse(text .. "Z") or timestamp.parse(text .. "T00:00Z")
    or timestamp.parse_http(text)
end

function CHECKS.timestamp(shape, value, path)
  if type(value) == "string" and not is_time(value) then
    return fault(path, "expected %s, got '%s'", EXPECTED.timestamp, value)
  elseif type(value) ~= "number" and type(value) ~= "string" then
    return wrong_type(path, shape, value)
  elseif type(value) == "number" and (value ~= value or math.abs(value) == math.huge) then
    return fault(path, "expected %s, got %s", EXPECTED.timestamp, tostring(value))
  end
end

-- ---------------------------------------------------------------------------------------------
-- Lists, maps and structures

function CHECKS.list(shape, value, path, depth)
  if type(value) ~= "table" or not is_list(value) then
    return wrong_type(path, shape, value)
  end
  for i, item in ipairs(value) do
    local found = not (item == json.null and shape.sparse)
      and check(shape.item, item, join(path, i - 1), depth)
    if found then
      return found
    end
  end
  return too_small(path, shape, #value, "a list of %s items")
end

function CHECKS.map(shape, value, path, depth)
  if type(value) ~= "table" or not is_map(value) or json.is_array(value) and #value > 0 then
    return wrong_type(path, shape, value)
  end
  local names = lists.sorted_names(value)
  for _, name in ipairs(names) do
    local found = check(shape.key, name, join(path, name), depth)
      or not (value[name] == json.null and shape.sparse) and check(shape.value, value[name], join(path, name), depth)
    if found then
      return found
    end
  end
  return too_small(path, shape, #names, "a map of %s entries")
end

local function unknown_member(shape, value, path)
  for _, name in ipairs(lists.sorted_names(value)) do
    if not shape.by_name[name] then
      local near = suggest(name, lists.sorted_names(shape.by_name))
      return fault(join(path, name), "an unknown member%s", near and (" (did you mean %s?)"):format(near) or "")
    end
  end
end

local function check_union(shape, value, path)
  local names = lists.sorted_names(value)
  if shape.union and #names ~= 1 then
    return fault(path, "expected one member of %s, got %s", shape.name,
      #names == 0 and "none" or lists.sentence(names))
  end
end

-- Documents are free-form JSON.
function CHECKS.structure(shape, value, path, depth)
  if shape.document then
    return nil
  elseif type(value) ~= "table" or not is_map(value) or json.is_array(value) and #value > 0 then
    return wrong_type(path, shape, value)
  end
  local found = unknown_member(shape, value, path) or check_union(shape, value, path)
  for _, member in ipairs(found and {} or shape.members) do
    local name = member.member
    if name == shape.payload and member.type == "blob" and class_of(value[name]) == "lanyard.stream" then
      found = not pcall(value[name].length, value[name]) and fault(join(path, name), "the file is closed") or nil
    elseif value[name] ~= nil then
      found = check(member, value[name], join(path, name), depth)
    elseif shape.is_required[name] then
      found = fault(join(path, name), "required, but missing")
    end
    if found then
      return found
    end
  end
  return found
end

-- Returns the first fault of a value, or nil.
function check(shape, value, path, depth)
  if depth >= DEEPEST then
    return fault(path:match "^[^.]*%.?[^.]*%.?[^.]*" .. "...", "nested deeper than %d levels", DEEPEST)
  end
  local by_type = CHECKS[shape.type]
  return by_type and by_type(shape, value, path, depth + 1)
end

--- Checks the input of an operation.
---@param shape? model.Shape  of the input; nil if the operation takes none
---@param input table
---@return true? ok
---@return string? message  the first fault
return function(shape, input)
  if not shape then
    local name = lists.sorted_names(input)[1]
    return not name or nil, name and tostring(name) .. ": the operation takes no members"
  end
  local found = check(shape, input, "", 0)
  return not found or nil, found or nil
end
