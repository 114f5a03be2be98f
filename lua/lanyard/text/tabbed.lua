--- Writes a value as the AWS CLI writes it with --output text: rows of cells between tabs.
---
---     tabbed.encode { name = "web", tags = { { key = "a", value = "b" } } }  --> "web\nTAGS\ta\tb\n"
---
---     tabbed.encode { name = "web", tags = json.array { { key = "a" } } }  --> "web\nTAGS\ta\n"
--- its name in upper case. Objects in one list have the same columns. null is None, and booleans are True and False.
--- https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html

local escape = require "lanyard.text.escape"
local float = require "lanyard.text.float"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

local WORDS = { [true] = "True", [false] = "False", [json.null] = "None" }

-- A cell is one line: a name of AWS cannot begin another row.
local function cell(value)
  return WORDS[value] or type(value) == "number" and float.text(value) or escape.printable(value)
end

local add -- writes a value

local function add_row(rows, tag, cells)
  if tag then
    table.insert(cells, 1, cell(tag:upper()))
  end
  rows[#rows + 1] = table.concat(cells, "\t")
end

-- columns: the names of the scalars in a row | nil for the object's own
local function add_object(rows, object, tag, columns)
  local cells, names = {}, lists.sorted_names(object)
  for _, name in ipairs(columns or names) do
    local value = object[name]
    if type(value) ~= "table" then
      cells[#cells + 1] = value == nil and "" or cell(value)
    elseif columns then
      cells[#cells + 1] = ""
    end
  end
  if #cells > 0 then
    add_row(rows, tag, cells)
  end
  for _, name in ipairs(names) do
    if type(object[name]) == "table" then
      add(rows, object[name], name)
    end
  end
end

-- The names of the scalars in the objects of a list, sorted.
local function columns_of(list)
  local found = {}
  for _, element in ipairs(list) do
    if type(element) == "table" and not json.is_array(element) then
      for name, value in pairs(element) do
        found[name] = type(value) ~= "table" or found[name]
      end
    end
  end
  for name, is_scalar in pairs(found) do
    found[name] = is_scalar or nil
  end
  return lists.sorted_names(found)
end

local function has_object(list)
  for _, element in ipairs(list) do
    if type(element) == "table" and not json.is_array(element) then
      return true
    end
  end
  return false
end

-- Scalars are one row, or with a tag a row each; lists follow.
local function add_plain_list(rows, list, tag)
  local cells = {}
  for _, element in ipairs(list) do
    cells[#cells + 1] = type(element) ~= "table" and cell(element) or nil
  end
  if tag then
    for _, text in ipairs(cells) do
      add_row(rows, tag, { text })
    end
  elseif #cells > 0 then
    add_row(rows, nil, cells)
  end
  for _, element in ipairs(list) do
    if type(element) == "table" then
      add(rows, element, tag)
    end
  end
end

local function add_list(rows, list, tag)
  if not has_object(list) then
    return add_plain_list(rows, list, tag)
  end
  local columns = columns_of(list)
  for _, element in ipairs(list) do
    add(rows, element, tag, columns)
  end
end

function add(rows, value, tag, columns)
  if type(value) ~= "table" then
    rows[#rows + 1] = cell(value)
  elseif json.is_array(value) then
    add_list(rows, value, tag)
  else
    add_object(rows, value, tag, columns)
  end
end

--- Encodes a value. A value that is one string is written with its lines; in rows, a line end is an escape.
---@param value any of lanyard.json
---@return string text lines, or nothing for an empty list or object
function M.encode(value)
  if type(value) == "string" then
    return value .. "\n"
  end
  local rows = {}
  add(rows, value)
  return #rows > 0 and table.concat(rows, "\n") .. "\n" or ""
end

return M
