--- Lays out rows in columns for a terminal.
---
--- ```lua
--- local columns = require "lanyard.text.columns"
--- local rows = { { "web", "1.0" }, { "api", 2 } }
--- io.write(columns.render({ "NAME", "TAG" }, rows))
--- --> NAME  TAG
--- --> web   1.0
--- --> api   2
--- ```
---
--- A column is as wide as its widest cell; the last one is not padded. If the table is wider than the terminal, the
--- widest columns become narrower, and their cells take several lines; on a narrow terminal a table that would break
--- words is a list of its cells. ARNs and URLs are never broken, so that they can
--- be copied: a cell with one that does not fit is printed below its row. Control characters in cells are printed as
--- escapes.

local escape = require "lanyard.text.escape"
local width = require "lanyard.text.width"

local M = {}

local GAP = "  "

-- The size of a piece of output in bytes.
local PIECE = 65536

-- The minimum width of a column.
local NARROWEST = 8

-- In place of a cell that is printed below its row.
local BELOW = "(below)"

-- Returns a text without spaces at its end. The pattern "%s+$" would take quadratic time for the padding of a long
-- cell.
local function without_end(text)
  local stop = #text
  while stop > 0 and text:byte(stop) == 32 do
    stop = stop - 1
  end
  return text:sub(1, stop)
end

local function text_of(cell)
  return escape.printable(type(cell) == "table" and cell[1] or cell)
end

-- Reports whether a word is, or contains, an ARN or a URL.
local function is_address(word)
  return word:find "arn:aws[%w-]*:" ~= nil or word:find "%a://" ~= nil
end

-- Returns the length in bytes of the first line of a text: up to the last space within so many cells, else up to the
-- end of an ARN or URL, else up to the last separator of names, else as many characters as fit.
local function break_of(text, cells)
  local limit = width.prefix(text, cells)
  if text:sub(limit + 1, limit + 1) == " " then
    return limit
  end
  local line = text:sub(1, limit)
  local words, first = line:match "^.*%S%s", text:match "^[^%s,]+,?"
  if not words and first and is_address(first) then
    return #first
  end
  return #(words or line:match "^.+[/:,-]" or line:match "^.+[_.]" or line)
end

--- Wraps a text into lines of at most so many cells, without spaces at their ends. A line with an ARN or a URL can be
--- longer.
---@param text string
---@param cells integer  the width of a terminal's character is one cell, or two for wide ones
---@return string[] lines
function M.wrap(text, cells)
  local lines = {}
  while width.of(text) > cells do
    local stop = break_of(text, cells)
    if stop == #text then
      break -- a single character that is wider than the line
    end
    lines[#lines + 1] = without_end(text:sub(1, stop))
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

-- Returns the widths of the columns. `below` has the cells that are printed below their rows.
local function natural_widths(headings, each, below)
  local widths = {}
  for i, heading in ipairs(headings) do
    widths[i] = width.of(heading)
  end
  each(function(row, number)
    for i in ipairs(headings) do
      widths[i] = math.max(widths[i], width.of(below[number] and below[number][i] and BELOW or text_of(row[i])))
    end
  end)
  return widths
end

-- Returns the cells with an ARN or URL that does not fit its column: by number of the row and of the column.
local function too_long(each, widths)
  local below = {}
  each(function(row, number)
    for i, cells_wide in ipairs(widths) do
      for word in text_of(row[i]):gmatch "[^%s,]+,?" do
        if width.of(word) > cells_wide and is_address(word) then
          below[number] = below[number] or {}
          below[number][i] = true
        end
      end
    end
  end)
  return below
end

-- Returns the lines of one row. colour_of(cell) returns the colour of a cell.
local function lines_of(row, widths, paint, colour_of, below)
  local cells, height, lines = {}, 1, {}
  for i, cells_wide in ipairs(widths) do
    cells[i] = M.wrap(below[i] and BELOW or text_of(row[i]), cells_wide)
    height = math.max(height, #cells[i])
  end
  for line = 1, height do
    local parts = {}
    for i, cells_wide in ipairs(widths) do
      local text = cells[i][line] or ""
      local padding = i < #widths and (" "):rep(cells_wide - width.of(text)) or ""
      parts[i] = (text ~= "" and paint(colour_of(row[i]), text) or "") .. padding
    end
    lines[line] = without_end(table.concat(parts, GAP))
  end
  for i in ipairs(widths) do
    lines[#lines + 1] = below[i] and GAP .. paint(colour_of(row[i]), text_of(row[i])) or nil
  end
  return lines
end

-- On a terminal narrower than this, a table of several columns that would break words is a list of its cells.
local NARROW = 60

-- Reports whether a text has a word that does not fit, and that no separator divides.
local function breaks_word(text, cells_wide)
  for word in text:gmatch "[^%s,]+" do
    for piece in (is_address(word) and "" or word):gmatch "[^/:_.-]+" do
      if width.of(piece) >= cells_wide + (word:sub(-#piece) == piece and 1 or 0) then
        return true
      end
    end
  end
  return false
end

-- Reports whether a table is better read as a list of its cells: its columns do not fit, or break words.
local function is_too_narrow(headings, each, widths, below, available)
  if #headings < 3 or available >= NARROW then
    return false
  end
  local sum, is_broken = #GAP * (#widths - 1), false
  for i, heading in ipairs(headings) do
    sum = sum + widths[i]
    is_broken = is_broken or breaks_word(heading, widths[i])
  end
  each(function(row, number)
    for i in ipairs(headings) do
      local is_below = below[number] and below[number][i]
      is_broken = is_broken or not is_below and breaks_word(text_of(row[i]), widths[i])
    end
  end)
  return is_broken or sum > available
end

-- Adds the cells of all rows, each with its heading. Empty cells are left out.
local function add_list(add, headings, each, paint, available)
  each(function(row, number)
    local lines = { number > 1 and "" or nil }
    for i, heading in ipairs(headings) do
      local text = text_of(row[i])
      local parts = M.wrap(heading .. ": " .. text, available)
      if width.of(parts[1]) < #heading + 2 or #parts > 1 then -- the heading alone, and the text below it
        parts = { heading .. ":" }
        for _, line in ipairs(M.wrap(text, math.max(available - #GAP, 1))) do
          parts[#parts + 1] = GAP .. paint(type(row[i]) == "table" and row[i][2] or nil, line)
        end
      else
        parts[1] = heading .. ": " .. paint(type(row[i]) == "table" and row[i][2] or nil, text)
      end
      table.move(parts, 1, text ~= "" and #parts or 0, #lines + 1, lines)
    end
    add(lines)
  end)
end

--- A cell of a table: a text, or a text and its colour.
---@alias columns.Cell string|number|{ [1]: string|number, [2]?: string }

local function plain(_, text)
  return text
end

-- Returns a function that calls f(row, number) for each row.
local function visitor(rows)
  return function(f)
    local number = 0
    local function visit(row)
      number = number + 1
      f(row, number)
    end
    if type(rows) == "function" then
      return rows(visit)
    end
    for _, row in ipairs(rows) do
      visit(row)
    end
  end
end

-- Returns a function that adds lines to a piece of output, and one that ends the last piece.
local function pieces(out)
  local piece, size = {}, 0
  local function flush()
    if size > 0 then
      piece[#piece + 1] = "" -- for the end of the last line
      out(table.concat(piece, "\n"))
      piece, size = {}, 0
    end
  end
  return function(lines)
    for _, line in ipairs(lines) do
      piece[#piece + 1] = line
      size = size + #line + 1
    end
    if size > PIECE then
      flush()
    end
  end, flush
end

local function bold()
  return "bold"
end

local function colour_of(cell)
  return type(cell) == "table" and cell[2] or nil
end

local function add_table(add, headings, each, paint, available)
  local below = {}
  local widths = natural_widths(headings, each, below)
  if available then
    below = too_long(each, fitting(widths, available))
    widths = fitting(natural_widths(headings, each, below), available)
    if is_too_narrow(headings, each, widths, below, available) then
      return add_list(add, headings, each, paint, available)
    end
  end
  each(function(row, number)
    if number == 1 then
      add(lines_of(headings, widths, paint, bold, {}))
    end
    add(lines_of(row, widths, paint, colour_of, below[number] or {}))
  end)
end

--- Writes a table in pieces of several lines, which need not be in memory at once. Without rows nothing is written.
---@param headings string[]
---@param rows columns.Cell[][]|fun(visit: fun(row: columns.Cell[]))  a list, or a function that calls `visit` for each
---  row; it is called several times
---@param out fun(text: string)  receives whole lines
---@param paint? fun(colour: string?, text: string): string  adds the escape sequences of a colour, such as
---  `lanyard.cli.paint`; no colours by default
---@param available? integer  the width of the terminal in cells; nil for no limit
function M.write(headings, rows, out, paint, available)
  local add, flush = pieces(out)
  add_table(add, headings, visitor(rows), paint or plain, available)
  flush()
end

--- Renders a table. Without rows the result is empty.
---@param headings string[]
---@param rows columns.Cell[][]|fun(visit: fun(row: columns.Cell[]))  see `write`
---@param paint? fun(colour: string?, text: string): string  see `write`
---@param available? integer  the width of the terminal in cells; nil for no limit
---@return string
function M.render(headings, rows, paint, available)
  local parts = {}
  M.write(headings, rows, function(text) parts[#parts + 1] = text end, paint, available)
  return table.concat(parts)
end

return M
