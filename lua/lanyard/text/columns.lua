--- Lays out rows in columns for a terminal.
---
---     io.write(columns.render({ "NAME", "TAG" }, { { "web", { "1.0", "green" } } }, paint, 80))
---
--- A column is as wide as its widest cell; the last one is not padded. If the table is wider than the terminal, the
--- widest columns become narrower, and their cells take several lines. Control characters in cells are printed as
--- escapes.

local escape = require "lanyard.text.escape"
local width = require "lanyard.text.width"

local M = {}

local GAP = "  "

-- The minimum width of a column.
local NARROWEST = 8

local function text_of(cell)
  return escape.printable(type(cell) == "table" and cell[1] or cell)
end

-- Returns the length in bytes of the first line of a text: up to the last space within so many cells, else up to the
-- last separator of ARNs and names, else as many characters as fit.
local function break_of(text, cells)
  local limit = width.prefix(text, cells)
  if text:sub(limit + 1, limit + 1) == " " then
    return limit
  end
  local line = text:sub(1, limit)
  return #(line:match "^.*%S%s" or line:match "^.+[/:,-]" or line)
end

--- Wraps a text into lines of at most so many cells, without spaces at their ends.
---@param text string
---@param cells integer
---@return string[] lines
function M.wrap(text, cells)
  local lines = {}
  while width.of(text) > cells do
    local stop = break_of(text, cells)
    if stop == #text then
      break -- a single character that is wider than the line
    end
    lines[#lines + 1] = text:sub(1, stop):gsub("%s+$", "")
    text = text:sub(stop + 1):gsub("^%s+", "")
  end
  lines[#lines + 1] = text
  return lines
end

-- Returns widths that fit: all columns wider than some width become that wide.
local function fitting(widths, available)
  local room = available - #GAP * (#widths - 1)
  local function total(most)
    local sum = 0
    for _, one in ipairs(widths) do
      sum = sum + math.min(one, most)
    end
    return sum
  end
  local most = math.max(table.unpack(widths))
  while most > NARROWEST and total(most) > room do
    most = most - 1
  end
  local fitted = {}
  for i, one in ipairs(widths) do
    fitted[i] = math.min(one, most)
  end
  return fitted
end

local function natural_widths(headings, rows)
  local widths = {}
  for i, heading in ipairs(headings) do
    widths[i] = width.of(heading)
    for _, row in ipairs(rows) do
      widths[i] = math.max(widths[i], width.of(text_of(row[i])))
    end
  end
  return widths
end

-- Returns the lines of one row. colour_of(cell) returns the colour of a cell.
local function lines_of(row, widths, paint, colour_of)
  local cells, height, lines = {}, 1, {}
  for i, cells_wide in ipairs(widths) do
    cells[i] = M.wrap(text_of(row[i]), cells_wide)
    height = math.max(height, #cells[i])
  end
  for line = 1, height do
    local parts = {}
    for i, cells_wide in ipairs(widths) do
      local text = cells[i][line] or ""
      local padding = i < #widths and (" "):rep(cells_wide - width.of(text)) or ""
      parts[i] = (text ~= "" and paint(colour_of(row[i]), text) or "") .. padding
    end
    lines[line] = table.concat(parts, GAP):gsub("%s+$", "")
  end
  return lines
end

---@alias columns.Cell string|number|{ [1]: string|number, [2]?: string }  a text, or a text and its colour

--- Renders a table. Without rows the result is empty.
---@param headings string[]
---@param rows columns.Cell[][]
---@param paint fun(colour: string?, text: string): string  adds the escape sequences of a colour
---@param available? integer  the width of the terminal in cells; nil for no limit
---@return string
function M.render(headings, rows, paint, available)
  if #rows == 0 then
    return ""
  end
  local widths = natural_widths(headings, rows)
  if available then
    widths = fitting(widths, available)
  end
  local lines = {}
  local function add(row, colour_of)
    local row_lines = lines_of(row, widths, paint, colour_of)
    table.move(row_lines, 1, #row_lines, #lines + 1, lines)
  end
  add(headings, function() return "bold" end)
  for _, row in ipairs(rows) do
    add(row, function(cell) return type(cell) == "table" and cell[2] or nil end)
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
