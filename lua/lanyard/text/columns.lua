-- Rows laid out in columns, as wide as their widest cell; the last column runs free. Where they are
-- wider than the terminal, the widest columns give way and their cells take several lines. What a
-- name from elsewhere may carry to a terminal is shown as escapes.

local escape = require "lanyard.text.escape"

local M = {}

local GAP = "  "

-- A column is not made narrower than this.
local NARROWEST = 8

local function text_of(cell)
  return escape.printable(type(cell) == "table" and cell[1] or cell)
end

local function width_of(text)
  return utf8.len(text) or #text
end

-- The place (in bytes) where a line of at most `width` characters ends: behind the last space in it, or
-- else behind the last of the marks that part ARNs and names, or in the middle of a word.
local function break_of(text, width)
  local limit = utf8.offset(text, width + 1) - 1
  if text:sub(limit + 1, limit + 1) == " " then
    return limit
  end
  local line = text:sub(1, limit)
  return #(line:match "^.*%S%s" or line:match "^.+[/:,-]" or line)
end

-- wrap(text, width) --> lines of at most that many characters, without spaces at their ends
function M.wrap(text, width)
  local lines = {}
  while width_of(text) > width do
    local stop = break_of(text, width)
    lines[#lines + 1] = text:sub(1, stop):gsub("%s+$", "")
    text = text:sub(stop + 1):gsub("^%s+", "")
  end
  lines[#lines + 1] = text
  return lines
end

-- The widths that fit: all columns wider than some width are made that wide.
local function fitting(widths, width)
  local room = width - #GAP * (#widths - 1)
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

local function natural_widths(columns, rows)
  local widths = {}
  for i, heading in ipairs(columns) do
    widths[i] = width_of(heading)
    for _, row in ipairs(rows) do
      widths[i] = math.max(widths[i], width_of(text_of(row[i])))
    end
  end
  return widths
end

-- columns: headings; rows: lists of cells, a cell a text or { text, colour }; paint(colour, text)
-- puts colour on; width: the terminal's, nil for no limit. Without rows the result is empty.
function M.render(columns, rows, paint, width)
  if #rows == 0 then
    return ""
  end
  local widths = natural_widths(columns, rows)
  if width then
    widths = fitting(widths, width)
  end

  local lines = {}
  local function add(row, colour_of)
    local cells, height = {}, 1
    for i = 1, #columns do
      cells[i] = M.wrap(text_of(row[i]), widths[i])
      height = math.max(height, #cells[i])
    end
    for line = 1, height do
      local parts = {}
      for i = 1, #columns do
        local text = cells[i][line] or ""
        local padding = i < #columns and (" "):rep(widths[i] - width_of(text)) or ""
        parts[i] = (text ~= "" and paint(colour_of(row[i]), text) or "") .. padding
      end
      lines[#lines + 1] = (table.concat(parts, GAP):gsub("%s+$", ""))
    end
  end

  add(columns, function() return "bold" end)
  for _, row in ipairs(rows) do
    add(row, function(cell) return type(cell) == "table" and cell[2] or nil end)
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
