-- Rows laid out in columns, as wide as their widest cell; the last column runs free. Control
-- characters, which a name from elsewhere may carry to a terminal, are shown as escapes.

local escape = require "lanyard.report.escape"

local M = {}

local GAP = "  "

local function text_of(cell)
  return escape.printable(type(cell) == "table" and cell[1] or cell)
end

local function width_of(text)
  return utf8.len(text) or #text
end

-- columns: headings; rows: lists of cells, a cell a text or { text, colour }; paint(colour, text)
-- puts colour on. Without rows the result is empty.
function M.render(columns, rows, paint)
  if #rows == 0 then
    return ""
  end
  local widths = {}
  for i, heading in ipairs(columns) do
    widths[i] = width_of(heading)
    for _, row in ipairs(rows) do
      widths[i] = math.max(widths[i], width_of(text_of(row[i])))
    end
  end

  local lines = {}
  local function add(row, colour_of)
    local cells = {}
    for i = 1, #columns do
      local text = text_of(row[i])
      local padding = i < #columns and (" "):rep(widths[i] - width_of(text)) or ""
      cells[i] = paint(colour_of(row[i]), text) .. padding
    end
    lines[#lines + 1] = (table.concat(cells, GAP):gsub("%s+$", ""))
  end

  add(columns, function() return "bold" end)
  for _, row in ipairs(rows) do
    add(row, function(cell) return type(cell) == "table" and cell[2] or nil end)
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
