--- Draws a value as the AWS CLI does with --output table: a section for each object and list, with its scalars in
--- columns.
---
---     drawn("DescribeRepositories", { repositories = { { repositoryName = "web" } } }, 80)
---
--- A table that is wider than the terminal has the names of its columns at the left of each value, where a section has
--- one row. https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html

local escape = require "lanyard.text.escape"
local float = require "lanyard.text.float"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local width_of = require("lanyard.text.width").of

local PADDING = 4
local WORDS = { [true] = "True", [false] = "False", [json.null] = "None" }

---@class awscli.Section
---@field title? string
---@field indent integer
---@field headers? string[]
---@field rows string[][]

-- ---------------------------------------------------------------------------------------------
-- Sections

local function is_scalar(value)
  return type(value) ~= "table"
end

local function cell(value)
  return WORDS[value] or type(value) == "number" and float.text(value) or escape.printable(value)
end

local function new_section(sections, title, indent)
  sections[#sections + 1] = { title = title and escape.printable(title) or "", indent = indent, rows = {} }
end

local function add_row(sections, values)
  local row = {}
  for i, value in ipairs(values) do
    row[i] = cell(value)
  end
  table.insert(sections[#sections].rows, row)
end

-- Returns the names of scalars and of other values in objects, sorted.
local function split_names(objects)
  local scalars, others = {}, {}
  for _, object in ipairs(objects) do
    for name, value in pairs(object) do
      (is_scalar(value) and scalars or others)[name] = true
    end
  end
  return lists.sorted_names(scalars), lists.sorted_names(others)
end

local add -- adds a value

local function add_object(sections, object, indent)
  local headers, others = split_names { object }
  if #headers == 1 then
    add_row(sections, { headers[1], object[headers[1]] })
  elseif #headers > 1 then
    local row = {}
    for i, name in ipairs(headers) do
      row[i] = object[name]
    end
    sections[#sections].headers = headers
    add_row(sections, row)
  end
  for _, name in ipairs(others) do
    add(sections, name, object[name], indent + 1)
  end
end

local function add_objects(sections, title, objects, indent)
  local headers, others = split_names(objects)
  for i, object in ipairs(objects) do
    if i > 1 and others[1] then
      new_section(sections, title, indent)
    end
    if i == 1 or others[1] then
      sections[#sections].headers = headers
    end
    local row = {}
    for column, name in ipairs(headers) do
      local value = object[name]
      if value == nil or not is_scalar(value) then
        value = ""
      end
      row[column] = value
    end
    add_row(sections, row)
    for _, name in ipairs(others) do
      if type(object[name]) == "table" then
        add(sections, name, object[name], indent + 1)
      end
    end
  end
end

local function all_scalars(list)
  for _, value in ipairs(list) do
    if not is_scalar(value) then
      return false
    end
  end
  return json.is_array(list)
end

local function add_items(sections, list)
  for _, item in ipairs(list) do
    if is_scalar(item) then
      add_row(sections, { item })
    elseif all_scalars(item) then
      add_row(sections, item)
    else
      add(sections, nil, item, 0)
    end
  end
end

local function has_objects(list)
  for _, item in ipairs(list) do
    if type(item) ~= "table" or json.is_array(item) then
      return false
    end
  end
  return true
end

function add(sections, title, value, indent)
  if is_scalar(value) or next(value) == nil then
    return
  end
  if title or not sections[1] then
    new_section(sections, title, indent)
  end
  if not json.is_array(value) then
    add_object(sections, value, indent)
  elseif has_objects(value) then
    add_objects(sections, title, value, indent)
  else
    add_items(sections, value)
  end
end

-- ---------------------------------------------------------------------------------------------
-- Widths

local function column_widths(section)
  local widths = {}
  local function count(row)
    for i, text in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, width_of(text))
    end
  end
  count(section.headers or {})
  for _, row in ipairs(section.rows) do
    count(row)
  end
  return widths
end

local function total_width(section)
  local total = 2 + 2 * section.indent
  for _, width in ipairs(column_widths(section)) do
    total = total + width + PADDING
  end
  return math.max(total, width_of(section.title) + 2 + 2 * section.indent)
end

local function widest(sections)
  local most = 0
  for _, section in ipairs(sections) do
    most = math.max(most, total_width(section))
  end
  return most
end

-- Rounds half to even.
local function round(number)
  local floor = math.floor(number)
  local rest = number - floor
  return rest > 0.5 and floor + 1 or rest < 0.5 and floor or floor + floor % 2
end

-- Returns the widths of the columns such that they fill the table.
local function scaled_widths(section, whole)
  local widths, sum = column_widths(section), 0
  for i, width in ipairs(widths) do
    widths[i] = width + PADDING
    sum = sum + widths[i]
  end
  local off = -whole
  for i, width in ipairs(widths) do
    widths[i] = round(width * (whole / sum))
    off = off + widths[i]
  end
  while off ~= 0 and #widths > 0 do
    local step = off > 0 and -1 or 1
    for i = off > 0 and 1 or #widths, off > 0 and #widths or 1, off > 0 and 1 or -1 do
      widths[i], off = widths[i] + step, off + step
      if off == 0 then
        break
      end
    end
  end
  return widths
end

-- Makes the names of columns the first column of sections with one row.
local function turn(sections)
  for _, section in ipairs(sections) do
    if #section.rows == 1 and section.headers then
      local rows = {}
      for i, header in ipairs(section.headers) do
        rows[i] = { header, section.rows[1][i] }
      end
      section.headers, section.rows = nil, rows
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Drawing

local function centered(text, width, left)
  local before = math.max(0, width // 2 - width_of(text) // 2 - 1)
  local after = math.max(0, width - 1 - #left - before - width_of(text))
  return left .. (" "):rep(before) .. text .. (" "):rep(after) .. "|"
end

local function left_aligned(text, width, left)
  local edges = #left + 1
  local padding = width - width_of(text) - 2 - edges >= 0 and 2 or 0
  local after = math.max(0, width - #left - padding - width_of(text) - 1)
  return left .. (" "):rep(padding) .. text .. (" "):rep(after) .. "|"
end

local function line_of(widths)
  local parts = {}
  for i, width in ipairs(widths) do
    parts[i] = (i == 1 and "+" or "") .. ("-"):rep(width - (i == 1 and 2 or 1)) .. "+"
  end
  return table.concat(parts)
end

local function row_of(row, widths, draw)
  local parts = {}
  for i, width in ipairs(widths) do
    parts[i] = draw(row[i] or "", width, i == 1 and "|" or "")
  end
  return table.concat(parts)
end

local function draw_section(lines, section, whole)
  local edge = ("|"):rep(section.indent)
  local width = whole - 2 * section.indent
  local function line(text)
    lines[#lines + 1] = edge .. text .. edge
  end
  if section.title ~= "" then
    line(centered(section.title, width, "|"))
    if not section.headers and not section.rows[1] then
      line("+" .. ("-"):rep(width - 2) .. "+")
    end
  end
  local widths = scaled_widths(section, width)
  if section.headers and section.headers[1] then
    line(line_of(widths))
    line(row_of(section.headers, widths, centered))
  end
  if section.rows[1] and widths[1] then
    line(line_of(widths))
    for _, row in ipairs(section.rows) do
      line(row_of(row, widths, left_aligned))
    end
    line(line_of(widths))
  end
end

--- Draws a value.
---@param title string
---@param value any of lanyard.json
---@param width integer  of the terminal
---@return string text  "" for an empty value
return function(title, value, width)
  local sections, lines = {}, {}
  if is_scalar(value) then
    value = { [title] = value }
  end
  add(sections, title, value, 0)
  if not sections[1] then
    return ""
  end
  local whole = widest(sections)
  if whole > width then
    turn(sections)
    whole = widest(sections)
  end
  lines[1] = ("-"):rep(whole)
  for _, section in ipairs(sections) do
    draw_section(lines, section, whole)
  end
  return table.concat(lines, "\n") .. "\n"
end
