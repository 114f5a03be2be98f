-- The headings and the fenced blocks of a Markdown text, as CommonMark 0.30 has them.
-- https://spec.commonmark.org/0.30/
--
--   markdown.parse(text) --> list, in order, of
--     { kind = "heading", level = 2, text = "Turn it on", line = 7 }
--     { kind = "fence", info = "lua", text = "print(1)\n", line = 9 }      the line of its first fence
--     { kind = "quoted", info = "lua", line = 30 }                         a fence inside a block quote
--
-- Fences may stand in items of lists. What is commented out, or inside other HTML, is no fence. Front matter (YAML
-- between two lines of ---, which CommonMark does not know and everybody uses) is passed over.

local lists = require "lanyard.lists"

local M = {}

local Parser = {}
Parser.__index = Parser

-- ---------------------------------------------------------------------------------------------
-- Lines

-- The text with the tabs among its first blanks and markers as spaces; a tab goes to the next column that
-- four divides.
local function spread(line)
  local prefix, rest = line:match "^([%s%d>.)*+-]*)(.*)$"
  local out = {}
  for c in prefix:gmatch "." do
    out[#out + 1] = c == "\t" and (" "):rep(4 - #table.concat(out) % 4) or c
  end
  return table.concat(out) .. rest
end

local function indent_of(line)
  return #line:match "^ *"
end

-- The line without so many columns of blanks, as far as it has them. Of a tab that reaches further the rest is
-- left, as spaces.
local function without_indent(line, columns)
  local column, position = 0, 1
  while column < columns do
    local c = line:sub(position, position)
    if c ~= " " and c ~= "\t" then
      break
    end
    column = column + (c == " " and 1 or 4 - column % 4)
    position = position + 1
  end
  return (" "):rep(column - columns) .. line:sub(position)
end

local function is_blank(line)
  return not line:find "%S"
end

-- ---------------------------------------------------------------------------------------------
-- What a line begins, its indentation taken away

-- The fence's character, length and info string | nil
local function fence_of(text)
  local ticks, info = text:match "^(```+)([^`]*)$"
  if not ticks then
    ticks, info = text:match "^(~~~+)(.*)$"
  end
  if ticks then
    return ticks:sub(1, 1), #ticks, info:match "^%s*(.-)%s*$"
  end
end

local function heading_of(text)
  local marks, rest = text:match "^(#+)(.*)$"
  if marks and #marks <= 6 and (rest == "" or rest:find "^[ \t]") then
    return #marks, (" " .. rest):gsub("[ \t]+#+[ \t]*$", ""):match "^%s*(.-)%s*$"
  end
end

local function is_break(text)
  local marks = text:gsub("[ \t]", "")
  return marks:find "^%-%-%-+$" or marks:find "^%*%*%*+$" or marks:find "^___+$"
end

-- How wide the marker of an item is with the blanks behind it | nil
local function marker_of(text, in_paragraph)
  local marker, blanks, rest = text:match "^([-+*])( *)(.*)$"
  if not marker then
    marker, blanks, rest = text:match "^(%d+[.)])( *)(.*)$"
  end
  if not marker or #marker > 10 or blanks == "" and rest ~= "" or is_break(text) then
    return nil
  elseif in_paragraph and (rest == "" or marker:find "^%d" and tonumber(marker:match "%d+") ~= 1) then
    return nil
  elseif rest == "" or #blanks > 4 then
    return #marker + 1
  end
  return #marker + #blanks
end

local HTML_BLOCKS = lists.set [[
  address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt
  fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link
  main menu menuitem nav noframes ol optgroup option p param section source summary table tbody td tfoot th thead
  title tr track ul
]]

local RAW = lists.set "script pre style textarea"

local function ends_raw(line)
  for tag in line:lower():gmatch "</(%a+)>" do
    if RAW[tag] then
      return true
    end
  end
end

local function ends_with(pattern)
  return function(line) return line:find(pattern) end
end

local COMMENT, INSTRUCTION, CDATA = ends_with "%-%->", ends_with "%?>", ends_with "%]%]>"
local DECLARATION, BLANK = ends_with ">", ends_with "^%s*$"

local function is_one_tag(text)
  return text:find "^<%a[%w-]*/?>%s*$" or text:find "^<%a[%w-]*%s[^<>]*>%s*$" or text:find "^</%a[%w-]*%s*>%s*$"
end

-- What tells the line that ends the HTML which begins here | nil
local function html_of(text, in_paragraph)
  local tag = (text:match "^</?(%a[%w-]*)%f[%s/>\0]" or ""):lower()
  if RAW[tag] and text:find "^<%a+%f[%s>\0]" then
    return ends_raw
  elseif text:find "^<!%-%-" then
    return COMMENT
  elseif text:find "^<%?" then
    return INSTRUCTION
  elseif text:find "^<!%[CDATA%[" then
    return CDATA
  elseif text:find "^<!%a" then
    return DECLARATION
  elseif HTML_BLOCKS[tag] or not in_paragraph and is_one_tag(text) then
    return BLANK
  end
end

local function begins_block(text)
  return fence_of(text) or heading_of(text) or is_break(text) or text:find "^>" or marker_of(text, false)
    or html_of(text, true)
end

-- ---------------------------------------------------------------------------------------------
-- The document

function Parser:add(item)
  self.found[#self.found + 1] = item
end

-- The column at which the content of the innermost item begins.
function Parser:base()
  return self.items[#self.items] or 0
end

-- A line inside a fence. Whether it was one: an item that ends takes its fence with it.
function Parser:in_fence(raw, line)
  local fence = self.fence
  local indent = indent_of(line)
  if not is_blank(line) and indent < fence.base then
    self.fence = nil
    return false
  end
  local mark, length, info = fence_of(line:sub(indent + 1))
  if indent - fence.base < 4 and mark == fence.mark and length >= fence.length and info == "" then
    self.fence = nil
  else
    fence.item.text = fence.item.text .. without_indent(raw, fence.base + fence.indent) .. "\n"
  end
  return true
end

-- A line inside HTML, which ends with that line or, where a blank line ends it, before it.
function Parser:in_html(line)
  local html = self.html
  if not is_blank(line) and indent_of(line) < html.base then
    self.html = nil
    return false
  elseif html.ends(line) then
    self.html = nil
  end
  return true
end

-- A fence in a quote is told, not read.
function Parser:quote(text, number)
  self.paragraph = nil
  local inside = text
  repeat
    local width = inside:find "^>" and 1 or marker_of(inside, false)
    inside = inside:sub((width or 0) + 1):gsub("^ +", "")
  until not width
  local _, _, info = fence_of(inside)
  if info then
    self:add { kind = "quoted", info = info, line = number }
  end
end

-- Whether the line ends a paragraph as its underline.
function Parser:underline(text, number)
  local level = self.paragraph and (text:find "^=+%s*$" and 1 or text:find "^%-+%s*$" and 2)
  if level then
    self:add { kind = "heading", level = level, text = table.concat(self.paragraph, " "),
      line = number - #self.paragraph }
    self.paragraph = nil
  end
  return level
end

-- What begins at a column of the line, behind the markers of items.
function Parser:block(text, number, column)
  local indent = indent_of(text)
  if indent >= 4 then
    if self.paragraph then
      table.insert(self.paragraph, text:match "^%s*(.-)%s*$")
    end
    return
  end
  text, column = text:sub(indent + 1), column + indent
  if self:underline(text, number) then
    return
  end
  local mark, length, info = fence_of(text)
  local level, title = heading_of(text)
  local ends = html_of(text, self.paragraph)
  local width = marker_of(text, self.paragraph)
  if mark then
    local item = { kind = "fence", info = info, text = "", line = number }
    self.fence = { mark = mark, length = length, indent = indent, base = self:base(), item = item }
    self:add(item)
  elseif level then
    self:add { kind = "heading", level = level, text = title, line = number }
  elseif text:find "^>" then
    self:quote(text, number)
  elseif ends then
    self.html = not ends(text) and { ends = ends, base = self:base() } or nil
  elseif width then
    self.paragraph = nil
    table.insert(self.items, column + width)
    local rest = text:sub(width + 1)
    if not is_blank(rest) then
      self:block(rest, number, column + width)
    end
    return
  elseif not is_break(text) then
    self.paragraph = self.paragraph or {}
    table.insert(self.paragraph, text:match "^(.-)%s*$")
    return
  end
  self.paragraph = nil
end

function Parser:line(raw, number)
  local line = spread(raw)
  if self.fence and self:in_fence(raw, line) or self.html and self:in_html(line) then
    return
  elseif is_blank(line) then
    self.paragraph = nil
    return
  end
  local indent = indent_of(line)
  local kept = #self.items
  while kept > 0 and indent < self.items[kept] do
    kept = kept - 1
  end
  local base = self.items[kept] or 0
  local text = line:sub(base + 1)
  if kept < #self.items then
    local plain = indent - base >= 4 or not begins_block(text:match "^ *(.*)$")
    if self.paragraph and plain then -- goes on with the paragraph of an item that it is not indented for
      table.insert(self.paragraph, line:match "^%s*(.-)%s*$")
      return
    end
    self.paragraph = nil
    self.items = table.move(self.items, 1, kept, 1, {})
  end
  self:block(text, number, base)
end

-- The number of the line behind the front matter, and the position at which it begins.
local function skip_front_matter(text)
  local number = 1
  if text:find "^%-%-%-[ \t]*\r?\n" then
    for line, position in text:gmatch "([^\n]*)\n?()" do
      if number > 1 and (line:find "^%-%-%-%s*$" or line:find "^%.%.%.%s*$") then
        return number + 1, position
      elseif position > #text then
        break
      end
      number = number + 1
    end
  end
  return 1, 1
end

function M.parse(text)
  text = text:gsub("^\u{feff}", ""):gsub("\r\n?", "\n"):gsub("\0", "\u{fffd}")
  local self = setmetatable({ found = {}, items = {} }, Parser)
  local number, position = skip_front_matter(text)
  while position <= #text do
    local stop = text:find("\n", position, true) or #text + 1
    self:line(text:sub(position, stop - 1), number)
    number, position = number + 1, stop + 1
  end
  return self.found
end

return M
