--- Checks the replies of AWS against a service's description, before anything reads them.
---
---     local shapes = shapes.parse "Repository repositoryName:string! createdAt:time"
---     local members = shapes.members("repositories:Repository[]! nextToken:string", shapes)
---     local fault = shapes.check(members, reply, { input = request })
---
--- A type is one of
---
---     string number integer boolean   a JSON value; integer: a whole number
---     time                            seconds since 1970, as a number
---     echo                            the text that the request has in the member of the same name
---     table                           a structure or map whose members are not checked
---     list                            a list whose items are not checked
---     NAME                            a structure, described by a line of `shapes`: its name and its members
---     TYPE[]                          a list of this type
---     TYPE{}                          a map with values of this type
---
--- An exclamation mark after a type says that AWS always sends the member. Members that are not described are not
--- checked. XML has texts in place of numbers, and an empty text in place of an empty list.

local lines = require "lanyard.text.lines"
local lists = require "lanyard.lists"

local M = {}

--- What a value must be.
---@class aws.Type
---@field kind string          string, number, integer, boolean, time, echo, table, list, map or structure
---@field always? boolean      AWS always sends it
---@field item? aws.Type       of a list or map
---@field members? table<string, aws.Type>  of a structure

local SIMPLE = lists.set "string number integer boolean time echo table list"
local simple_types = {} -- by their texts: many members have the same
local CONTAINERS = { ["[]"] = "list", ["{}"] = "map" }

-- 9999-12-31T23:59:59Z, the last time that a timestamp can have.
local LAST_SECOND = 253402300799

-- ---------------------------------------------------------------------------------------------
-- Parsing

--- Parses a type.
---@param text string
---@param shapes table<string, aws.Type>  the structures that it can name
---@return aws.Type
function M.type(text, shapes)
  if simple_types[text] then
    return simple_types[text]
  end
  local always = text:sub(-1) == "!"
  local name = always and text:sub(1, -2) or text
  local container, found = CONTAINERS[name:sub(-2)], nil
  if container then
    found = { kind = container, item = M.type(name:sub(1, -3), shapes) }
  elseif SIMPLE[name] then
    found = { kind = name }
    simple_types[text] = found
  elseif shapes[name] then
    found = { kind = "structure", members = shapes[name].members }
  else
    error(("the type '%s' is not described"):format(text), 0)
  end
  found.always = always
  return found
end

--- Parses the members of a structure: NAME:TYPE, separated by blanks.
---@param text string
---@param shapes table<string, aws.Type>
---@return table<string, aws.Type>
function M.members(text, shapes)
  local members = {}
  for name, type_name in text:gmatch "([%w_]+):(%S+)" do
    members[name] = M.type(type_name, shapes)
  end
  return members
end

--- Parses lines with the name of a structure and its members, each when it is first read. A line that ends in a
--- backslash continues in the next. No structure can contain itself.
---@param text string
---@return table<string, aws.Type>
function M.parse(text)
  local is_begun, shapes = {}, nil
  shapes = lists.made_when_read(lines.by_word(text), function(line, name)
    if is_begun[name] then
      return nil -- for its own members, it is not described
    end
    is_begun[name] = true
    return { kind = "structure", members = M.members(line, shapes) }
  end)
  return shapes
end

-- ---------------------------------------------------------------------------------------------
-- Checking

local NAMES = {
  string = "a string", number = "a number", integer = "a whole number", boolean = "true or false", time = "a time",
  echo = "a string", table = "a structure", structure = "a structure", map = "a map", list = "a list",
}
local FOUND = { string = "a string", number = "a number", boolean = "a boolean", userdata = "null" }

local function is_list(value)
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  return count == #value
end

-- Returns how a message calls a value.
local function name_of(value)
  if type(value) ~= "table" then
    return FOUND[type(value)] or "null"
  end
  return value[1] ~= nil and "a list" or next(value) == nil and "empty" or "a structure"
end

local function is_number(value, context)
  return type(value) == "number" or context.xml and type(value) == "string" and tonumber(value) ~= nil
end

local function is_text(value)
  return type(value) == "string" or type(value) == "userdata" -- a sealed secret
end

-- Whether a value that is not a list, map or structure has its type.
local MATCHES = {
  string = is_text,
  echo = is_text,
  number = is_number,
  integer = function(value, context) return is_number(value, context) and math.tointeger(tonumber(value)) ~= nil end,
  boolean = function(value, context)
    return type(value) == "boolean" or context.xml and (value == "true" or value == "false")
  end,
  time = function(value, context)
    return context.xml and is_text(value)
      or type(value) == "number" and value == value and value >= 0 and value <= LAST_SECOND
  end,
}

-- Makes a whole number an integer: a service can write it with a decimal point, with which it must not be printed.
local function to_integer(type_, container, key)
  if type_.kind == "integer" and math.type(container[key]) == "float" then
    container[key] = math.tointeger(container[key])
  end
end

-- Returns the items of a list in XML whose elements are not called `member`: one element is a member of a table then,
-- and several are a list in it (lanyard.text.xml).
local function items_of(type_, value)
  local name, found = next(value)
  if type(name) ~= "string" or next(value, name) ~= nil then
    return value
  end
  local are_several = type(found) == "table" and found[1] ~= nil and not (type_.item and type_.item.kind == "list")
  return are_several and found or { found }
end

-- [the members of a structure] = their names, sorted: the first fault in this order is reported
local sorted_names = setmetatable({}, { __mode = "k" })

local function names_of(members)
  local names = sorted_names[members]
  if not names then
    names = lists.sorted_names(members)
    sorted_names[members] = names
  end
  return names
end

-- The functions that find a fault return the path from the checked value to it, and what is wrong. The path is made
-- only then.
local find

-- Joins the path to a value and the path from there.
local function join(path, rest)
  return (rest == "" or rest:find "^%[") and path .. rest or path .. "." .. rest
end

-- `input` is the request, whose members are compared; nil within a member.
local function find_in_members(members, value, context, input)
  local is_xml = context.xml
  for _, name in ipairs(names_of(members)) do
    local type_, member = members[name], value[name]
    if member == nil then
      if type_.always then
        return name, " of the reply is missing"
      end
    else
      -- XML has an empty text for an empty list, map or structure.
      if is_xml and not MATCHES[type_.kind] and type(member) == "string" and not member:find "%S" then
        member = {}
        value[name] = member
      elseif is_xml and type_.kind == "list" and type(member) == "table" then
        member = items_of(type_, member)
        value[name] = member
      end
      local path, message = find(type_, member, context, input and input[name])
      if path then
        return join(name, path), message
      end
      to_integer(type_, value, name)
    end
  end
  return nil
end

local function find_in_items(type_, value, context)
  local item_type = type_.item
  local dropped = context.dropped and context.dropped[value]
  if dropped then
    return ("[%d]"):format(dropped - 1), (" of the reply is null; %s was expected"):format(NAMES[item_type.kind])
  end
  for key, item in pairs(value) do
    local path, message = find(item_type, item, context)
    if path then
      local name = type_.kind == "list" and tostring(key - 1) or key
      return join(("[%s]"):format(name), path), message
    end
    to_integer(item_type, value, key)
  end
  return nil
end

-- `requested` is the member of the request with the name of this one of the reply.
function find(type_, value, context, requested)
  local kind = type_.kind
  local matches
  if MATCHES[kind] then
    matches = MATCHES[kind](value, context)
  elseif kind == "list" then
    matches = type(value) == "table" and is_list(value)
  else
    matches = type(value) == "table" and value[1] == nil
  end
  if not matches then
    return "", (" of the reply is %s; %s was expected"):format(name_of(value), NAMES[kind])
  elseif kind == "echo" and requested ~= nil and requested ~= value then
    return "", (" of the reply is '%s'; '%s' was requested"):format(tostring(value), tostring(requested))
  elseif kind == "structure" then
    return find_in_members(type_.members, value, context)
  elseif type_.item then
    return find_in_items(type_, value, context)
  end
  return nil
end

--- Checks the members of a reply. An absent list that AWS does not always send becomes an empty one. Returns what is
--- wrong, or nil.
---@param members table<string, aws.Type>
---@param output table  the reply; changed
---@param context { input: table?, xml: boolean?, dropped: table<table, integer>? }  input: the request; dropped: the
---  position of an item that was null, by list
---@return string? message
function M.check(members, output, context)
  local path, message = find_in_members(members, output, context, context.input)
  if path then
    return path .. message
  end
  for name, type_ in pairs(members) do
    if type_.kind == "list" and output[name] == nil then
      output[name] = {}
    end
  end
  return nil
end

return M
