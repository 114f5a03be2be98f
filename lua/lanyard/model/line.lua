--- The lines of the index: an operation or a shape as a short text.
---
---     line.shape { type = "list", member = { shape = "Tag", flattened = true } }  --> [:Tag{"flattened":true}
---
--- An operation is `HTTP INPUT OUTPUT ERRORS TRAITS`. HTTP is the method and the URI, or nothing for POST and /.
--- INPUT and OUTPUT are names of shapes, or `-`; `~Request` is the name of the operation and `Request`. ERRORS are
--- names between commas. TRAITS are JSON.
---
--- A shape is a sign for its type, and what the type needs: the values of an enumeration between commas, or entries
--- between semicolons, for the members of a structure, the item of a list, and the key and value of a map. An entry is
--- `NAME!:SHAPE{TRAITS}`. The sign ! marks a required member. Without a SHAPE its name is the member's with a capital
--- letter; `~List` is that name and `List`. TRAITS of the shape follow at the end.
---
--- Anything else is JSON: what has an unusual form is written as JSON as a whole, behind a `=`.

local json = require "lanyard.json"

local M = {}

local SIGNS = {
  structure = "{", list = "[", map = "(", string = "s", integer = "i", long = "l", boolean = "b", timestamp = "t",
  blob = "B", double = "d", float = "f",
}
local TYPES = {}
for type, sign in pairs(SIGNS) do
  TYPES[sign] = type
end

-- ---- write ----

local function copy(traits)
  local result = {}
  for name, value in pairs(traits) do
    result[name] = value
  end
  return result
end

-- A copy in which strings have signs in place of braces.
local function without_braces(value)
  if type(value) == "string" then
    return (value:gsub("[{}]", { ["{"] = "\1", ["}"] = "\2" }))
  elseif type(value) ~= "table" then
    return value
  end
  local result = setmetatable({}, getmetatable(value))
  for name, item in pairs(value) do
    result[name] = without_braces(item)
  end
  return result
end

-- JSON in ASCII, without braces in strings, so that %b{} finds the end; nothing for an empty table.
local function traits_text(traits)
  if next(traits) == nil then
    return ""
  end
  return M.ascii((json.encode(without_braces(traits)):gsub("\\u000([12])", { ["1"] = "\\u007b", ["2"] = "\\u007d" })))
end

--- Writes the characters of a JSON text beyond ASCII as \u escapes.
---@param text string
---@return string
function M.ascii(text)
  return (text:gsub("[\xc2-\xf4][\x80-\xbf]*", function(character)
    local point = utf8.codepoint(character)
    if point < 0x10000 then
      return ("\\u%04x"):format(point)
    end
    return ("\\u%04x\\u%04x"):format(0xd800 + (point - 0x10000 >> 10), 0xdc00 + (point & 0x3ff))
  end))
end

local function capital(name)
  return name:sub(1, 1):upper() .. name:sub(2)
end

-- The name of a shape, shortened if it begins with `start`.
local function shortened(shape, start)
  return start ~= "" and shape:sub(1, #start) == start and "~" .. shape:sub(#start + 1) or nil
end

local function entry_text(name, reference, is_required)
  local traits = copy(reference)
  traits.shape, traits.name = nil, nil
  local start = capital(name)
  local shape = reference.shape == start and "" or shortened(reference.shape, start) or ":" .. reference.shape
  return name .. (is_required and "!" or "") .. shape .. traits_text(traits)
end

local function add_members(parts, traits)
  local required = {}
  for _, name in ipairs(traits.required or {}) do
    required[name] = true
  end
  for _, member in ipairs(traits.members or {}) do
    parts[#parts + 1] = entry_text(member.name, member, required[member.name])
  end
  traits.members, traits.required = nil, nil
end

-- The text of a shape in its short form. It does not have to be right for unusual shapes: the caller compares.
local function short_shape(shape)
  local traits, parts = copy(shape), {}
  local sign = SIGNS[shape.type]
  traits.type = nil
  if shape.type == "structure" then
    add_members(parts, traits)
  elseif shape.type == "list" then
    parts[1], traits.member = entry_text("", shape.member), nil
  elseif shape.type == "map" then
    parts[1], parts[2] = entry_text("", shape.key), entry_text("", shape.value)
    traits.key, traits.value = nil, nil
  elseif shape.enum and #shape.enum > 0 then
    parts[1], traits.enum = table.concat(shape.enum, ","), nil
    return sign .. parts[1] .. traits_text(traits)
  end
  local rest = traits_text(traits)
  if rest ~= "" and TYPES[sign] and #parts > 0 then
    rest = ";" .. rest
  end
  return sign .. table.concat(parts, ";") .. rest
end

local function short_operation(name, operation)
  local traits = copy(operation)
  local fields = {}
  local http = operation.http
  local uri = http.method .. http.requestUri
  fields[1] = uri == "POST/" and "" or uri
  traits.http = copy(http)
  traits.http.method, traits.http.requestUri = nil, nil
  for i, direction in ipairs { "input", "output" } do
    local reference = operation[direction]
    fields[1 + i] = reference and (shortened(reference.shape, name) or reference.shape) or "-"
    traits[direction] = reference and copy(reference)
    if reference then
      traits[direction].shape = nil
    end
  end
  local names = {}
  for i, reference in ipairs(operation.errors or {}) do
    names[i] = reference.shape
  end
  fields[4], traits.errors = table.concat(names, ","), nil
  for _, trait in ipairs { "http", "input", "output" } do
    if traits[trait] and next(traits[trait]) == nil then
      traits[trait] = nil
    end
  end
  return table.concat(fields, " ") .. " " .. traits_text(traits)
end

local function equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b and math.type(a) == math.type(b)
  end
  for name, value in pairs(a) do
    local other = b[name]
    if (type(value) ~= "string" or value ~= other) and not equal(value, other) then
      return false
    end
  end
  for name in pairs(b) do
    if a[name] == nil then
      return false
    end
  end
  return json.is_array(a) == json.is_array(b) or next(a) == nil and next(b) == nil
end

-- Returns the short text if reading it gives the same value, and JSON otherwise.
local function checked(value, write, read)
  local is_short, text = pcall(write)
  if is_short and not text:find "[\n\x80-\xff]" then
    local is_read, result = pcall(read, text)
    if is_read and equal(value, result) then
      return text
    end
  end
  return "=" .. M.ascii(json.encode(value))
end

--- Returns the text of a shape.
---@param shape table  its traits, with members as a list
---@return string
function M.shape(shape)
  return checked(shape, function() return short_shape(shape) end, M.read_shape)
end

--- Returns the text of an operation.
---@param name string
---@param operation table  its traits
---@return string
function M.operation(name, operation)
  return checked(operation, function() return short_operation(name, operation) end, function(text)
    return M.read_operation(name, text)
  end)
end

-- ---- read ----

local function read_traits(text)
  return text ~= "" and assert(json.decode(text)) or {}
end

-- Returns the entry at a position, or the traits of the shape as a second result, and the position after it.
local function read_entry(text, position)
  if text:byte(position) == 123 then -- {
    return nil, assert(json.decode(text:sub(position))), #text + 1
  end
  local name, mark, kind, shape, next_position = text:match("^([^!:~{;]*)(!?)([:~]?)([^{;]*)()", position)
  local reference = {}
  if text:byte(next_position) == 123 then
    local traits = text:match("^%b{}", next_position)
    reference = assert(json.decode(traits))
    next_position = next_position + #traits
  end
  reference.name = name ~= "" and name or nil
  reference.shape = kind == ":" and shape or capital(name) .. shape
  return reference, mark == "!", next_position + 1
end

local function read_entries(text)
  local entries, required, traits, position = {}, {}, {}, 2
  while position <= #text do
    local entry, extra
    entry, extra, position = read_entry(text, position)
    if not entry then
      traits = extra
    else
      entries[#entries + 1] = entry
      if extra then
        required[#required + 1] = entry.name
      end
    end
  end
  return entries, required, traits
end

--- Reads the text of a shape. Raises an error if it is none.
---@param text string
---@return table traits
function M.read_shape(text)
  local sign = text:sub(1, 1)
  if sign == "=" then
    return assert(json.decode(text:sub(2)))
  end
  local type = TYPES[sign]
  local entries, required, traits
  if sign == "{" or sign == "[" or sign == "(" then
    entries, required, traits = read_entries(text)
  else
    local values, rest = text:match "^.([^{]*)(.*)$"
    traits = read_traits(rest)
    if values ~= "" then
      traits.enum = json.array {}
      for value in values:gmatch "[^,]+" do
        table.insert(traits.enum, value)
      end
    end
  end
  traits.type = type or error("unknown type", 0)
  if type == "structure" then
    traits.members, traits.required = json.array(entries), required[1] and json.array(required) or nil
  elseif type == "list" then
    traits.member = entries[1]
  elseif type == "map" then
    traits.key, traits.value = entries[1], entries[2]
  end
  return traits
end

local function read_reference(name, field, traits)
  if field == "-" then
    return nil
  end
  traits = traits or {}
  traits.shape = field:gsub("^~", name)
  return traits
end

--- Reads the text of an operation. Raises an error if it is none.
---@param name string
---@param text string
---@return table traits
function M.read_operation(name, text)
  if text:sub(1, 1) == "=" then
    return assert(json.decode(text:sub(2)))
  end
  local uri, input, output, errors, rest = text:match "^(%S*) (%S+) (%S+) (%S*) (.*)$"
  local traits = read_traits(rest)
  local http = traits.http or {}
  http.method, http.requestUri = (uri == "" and "POST/" or uri):match "^(%u+)(.*)$"
  traits.http = http
  traits.input = read_reference(name, input, traits.input)
  traits.output = read_reference(name, output, traits.output)
  if errors ~= "" then
    traits.errors = json.array {}
    for shape in errors:gmatch "[^,]+" do
      table.insert(traits.errors, { shape = shape })
    end
  end
  return traits
end

return M
