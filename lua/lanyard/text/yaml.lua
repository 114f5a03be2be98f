--- Writes a value as YAML 1.2, such that parsers of YAML 1.1 read the same value.
---
---     yaml.encode { name = "web", ports = json.array { 80 } }  --> "name: web\nports:\n- 80\n"
---
--- Names of members are sorted. A string is plain only if it is a word or words that no version of YAML reads as
--- something else; a text of several lines is a literal block where that keeps it. https://yaml.org/spec/1.2.2/

local escape = require "lanyard.text.escape"
local float = require "lanyard.text.float"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- Words that YAML 1.1 or 1.2 reads as a boolean or null (https://yaml.org/type/). Other scalars that are not strings
-- begin with a digit, a sign, a dot, "<", "=" or "~", and no plain string here does.
local RESERVED = lists.set "y n yes no on off true false null"

-- Longer names need the form "? name": parsers limit the others to 1024 characters.
local MOST_NAME = 1000

local function quoted(text)
  return escape.yaml(json.encode(text))
end

local function is_plain(text)
  return text:find "^[%a_/][%w_/.,@+=*%%()$:%- ]*$" and not RESERVED[text:lower()]
    and not text:find ": " and not text:find "[: ]$"
end

local function is_printable(text)
  return utf8.len(text) and escape.lines(text) == text and not text:find "[\t\r]"
end

-- A literal block keeps its text if it begins with neither a blank nor a line end, and ends with at most one line end.
local function is_block(text)
  return text:find "^[^ \n][^\n]*\n" and not text:find "\n\n$" and is_printable(text)
end

local function block(text, indent)
  local body = text:gsub("\n$", "")
  local lines = {}
  for line in (body .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line == "" and "" or indent .. line
  end
  return (text:sub(-1) == "\n" and "|\n" or "|-\n") .. table.concat(lines, "\n")
end

-- YAML 1.1 reads a float with an exponent only with a point.
local function number(value)
  return (float.text(value):gsub("^(%-?%d+)e", "%1.0e"))
end

-- indent: of the lines of a literal block
local function scalar(value, indent)
  if type(value) == "number" then
    return number(value)
  elseif type(value) ~= "string" then
    return json.encode(value)
  elseif is_plain(value) then
    return value
  end
  return indent and is_block(value) and block(value, indent) or quoted(value)
end

local function is_empty(value)
  return next(value) == nil
end

local add -- writes a value behind "name:" or "-"

-- Writes the elements of a list, each on lines that begin with `indent`; the first line is begun if `is_begun`.
local function add_list(out, list, indent, is_begun)
  for i, element in ipairs(list) do
    out[#out + 1] = (i > 1 or not is_begun) and indent .. "-" or "-"
    add(out, element, indent .. "  ", "-")
  end
end

local function add_object(out, object, indent, is_begun)
  for i, name in ipairs(lists.sorted_names(object)) do
    local start = (i > 1 or not is_begun) and indent or ""
    local key = scalar(name)
    out[#out + 1] = #key <= MOST_NAME and ("%s%s:"):format(start, key) or ("%s? %s\n%s:"):format(start, key, indent)
    add(out, object[name], indent, ":")
  end
end

-- after: ":" or "-", what the value follows. An element of a list begins on the line of its "-".
function add(out, value, indent, after)
  if type(value) ~= "table" or is_empty(value) then
    out[#out + 1] = (" %s\n"):format(type(value) == "table" and json.encode(value)
      or scalar(value, after == "-" and indent or indent .. "  "))
    return
  end
  out[#out + 1] = after == "-" and " " or "\n"
  if json.is_array(value) then
    add_list(out, value, indent, after == "-")
  else
    add_object(out, value, after == "-" and indent or indent .. "  ", after == "-")
  end
end

--- Encodes a value. Raises an error for what JSON cannot represent, as lanyard.json does.
---@param value any of lanyard.json
---@return string text with its line end
function M.encode(value)
  if type(value) ~= "table" or is_empty(value) then
    return (type(value) == "table" and json.encode(value) or scalar(value, "  ")) .. "\n"
  end
  local out = {}
  if json.is_array(value) then
    add_list(out, value, "")
  else
    add_object(out, value, "")
  end
  return table.concat(out)
end

return M
