--- Lays out text for a terminal of any width: paragraphs, and terms with their descriptions.
---
---     layout.text("A paragraph.\n\n  literal   lines", 40)
---     layout.rows({ { "--all", "Select every repository." } }, 80, 26)
---
--- A word is broken only where it does not fit a line alone, as in tables (lanyard.text.columns). On a narrow terminal
--- a description is below its term.

local columns = require "lanyard.text.columns"
local prose = require "lanyard.text.prose"
local width_of = require("lanyard.text.width").of

local M = {}

-- The minimum room for a description beside its term.
local LEAST_ROOM = 24

-- The most blanks before a line on a narrow terminal.
local NARROW_INDENT = 4

-- A line of a text with fixed line ends is prose that continues on the next line, if it is longer than this.
local FULL_LINE = 60

-- Returns a text with one blank between its words.
local function single_spaced(text)
  if text:find("  ", 1, true) or text:byte(1) == 32 or text:byte(-1) == 32 or not text:find "^[^\t-\r]*$" then
    text = text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  end
  return text
end

--- Fills a paragraph: returns its lines.
---@param text string
---@param width integer
---@return string[]
function M.fill(text, width)
  return columns.wrap(single_spaced(text), math.max(width, 1))
end

--- Fills a paragraph. The lines after the first are indented.
---@param text string
---@param width integer   of the terminal
---@param indent integer  also the length of what is before the first line
---@return string
function M.hanging(text, width, indent)
  return table.concat(M.fill(text, width - indent), "\n" .. (" "):rep(indent))
end

-- Returns a paragraph with all lines indented.
local function indented(text, width, indent)
  return (" "):rep(indent) .. M.hanging(text, width, indent)
end

-- Returns a term, and its description below it.
local function stacked(term, text, width, indent)
  local below = math.min(indent + 2, NARROW_INDENT)
  return indented(term, width, indent) .. (text ~= "" and "\n" .. indented(text, width, below) or "")
end

--- Lays out terms and their descriptions in two columns. A term too wide for its column has a line of its own.
---@param items { [1]: string, [2]: string }[]
---@param width integer   of the terminal
---@param column integer  where the descriptions begin
---@return string
function M.rows(items, width, column)
  local lines = {}
  for _, item in ipairs(items) do
    local term = "  " .. item[1]
    if width - column < LEAST_ROOM then
      lines[#lines + 1] = stacked(item[1], item[2], width, 2)
    else
      if width_of(term) + 2 > column then
        lines[#lines + 1] = term
        term = ""
      end
      local gap = item[2] ~= "" and (" "):rep(column - width_of(term)) or ""
      lines[#lines + 1] = term .. gap .. M.hanging(item[2], width, column)
    end
  end
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------------------------------------
-- Texts with fixed line ends

local function fits(text, width)
  for line in text:gmatch "[^\n]+" do
    if width_of(line) > width then
      return false
    end
  end
  return true
end

-- Reports whether a line can be prose that continues on the next line.
local function continues(line)
  return width_of(line) > FULL_LINE and not line:find "[={}]" and not line:find "%w%(" and not line:find "%-%->"
end

-- Joins lines that belong together: the description of a term, and prose. Returns { indent, term?, text }.
local function items_of(text)
  local items, last = {}, nil
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    local blanks, content = line:match "^( *)(.-) *$"
    local term, gap, description = content:match "^(%S.-)(%s%s+)(%S.*)$"
    if content == "" then
      last = nil
      items[#items + 1] = { indent = 0, text = "" }
    elseif last and (last.term and #blanks == last.column or not term and last.is_full and #blanks == last.indent) then
      last.text, last.is_full = last.text .. " " .. content, continues(line)
    else
      last = {
        indent = #blanks, term = term, text = term and description or content,
        column = term and #blanks + width_of(term .. gap), is_full = not term and continues(line),
      }
      items[#items + 1] = last
    end
  end
  return items
end

--- Lays out lines that are kept as they are where they fit. Where one does not, terms and descriptions that are aligned
--- with blanks are laid out again.
---@param text string
---@param width integer
---@return string
function M.literal(text, width)
  if fits(text, width) then
    return text
  end
  local lines, items, has_term = {}, items_of(text), {}
  for _, item in ipairs(items) do
    has_term[item.indent] = has_term[item.indent] or item.term ~= nil
  end
  for i, item in ipairs(items) do
    local indent = math.min(item.indent, has_term[item.indent] and 2 or NARROW_INDENT)
    lines[i] = item.term and stacked(item.term, item.text, width, indent)
      or item.text == "" and "" or indented(item.text, width, indent)
  end
  return table.concat(lines, "\n")
end

--- Lays out a text: fills its paragraphs, and keeps lines that begin with two blanks where they fit.
---@param text string
---@param width integer
---@return string
function M.text(text, width)
  local parts = {}
  for i, block in ipairs(prose.blocks(text)) do
    local is_literal = type(block) == "table"
    local laid_out = is_literal and M.literal(block.literal, width) or table.concat(M.fill(block, width), "\n")
    -- A heading is directly above its lines.
    parts[i] = (block.adjacent and "\n" or i > 1 and "\n\n" or "") .. laid_out
  end
  return table.concat(parts)
end

--- Lays out a text whose lines end where they fit 80 columns; it stays as it is where they fit.
---@param text string
---@param width integer
---@return string
function M.refit(text, width)
  return fits(text, width) and text or M.text(text, width) .. "\n"
end

return M
