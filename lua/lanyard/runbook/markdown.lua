--- Finds the headings and fenced code blocks of a Markdown text, as CommonMark 0.30 defines them.
---
---     for _, item in ipairs(markdown.parse(text)) do print(item.line, item.kind, item.info or item.text) end
---
--- Fences may be in list items. Code in comments and in other HTML is skipped. Front matter (YAML between two lines of
--- `---`, which CommonMark does not define but many tools write) is skipped, too.
--- https://spec.commonmark.org/0.30/

local lines = require "lanyard.runbook.markdown_lines"

local M = {}

-- The depth of nested list items and quotes. What is nested deeper is read as text.
local MAX_DEPTH = 100

---@class runbook.MarkdownItem
---@field kind "heading" | "fence" | "quoted"  quoted: a fence inside a block quote
---@field line integer       line number of the heading's text, or of the opening fence
---@field level? integer     of a heading: 1 to 6
---@field text? string       of a heading or fence
---@field info? string       info string of a fence, also of a quoted one

local Parser = {}
Parser.__index = Parser

function Parser:add(item)
  self.found[#self.found + 1] = item
end

-- The column where the content of the innermost list item begins.
function Parser:base()
  return self.items[#self.items] or 0
end

function Parser:add_to_paragraph(text)
  self.paragraph = self.paragraph or {}
  table.insert(self.paragraph, text)
end

function Parser:end_fence()
  self.fence.item.text = table.concat(self.fence.lines)
  self.fence = nil
end

-- Reads a line inside a fence. Returns false when the line does not belong to it: the end of a list item also ends the
-- fences in it.
function Parser:read_in_fence(raw, line)
  local fence = self.fence
  local indent = lines.indent(line)
  if not lines.is_blank(line) and indent < fence.base then
    self:end_fence()
    return false
  end
  local mark, length, info = lines.fence(line:sub(indent + 1))
  if indent - fence.base < 4 and mark == fence.mark and length >= fence.length and info == "" then
    self:end_fence()
  else
    table.insert(fence.lines, lines.without_indent(raw, fence.base + fence.indent) .. "\n")
  end
  return true
end

-- Reads a line inside an HTML block. Returns false when the line does not belong to it.
function Parser:read_in_html(line)
  local html = self.html
  if not lines.is_blank(line) and lines.indent(line) < html.base then
    self.html = nil
    return false
  elseif html.is_end(line) then
    self.html = nil
  end
  return true
end

-- Reports a fence in a block quote without reading its content, which the caller refuses to run.
function Parser:read_quote(text, number)
  local inside, depth = text, 0
  repeat
    local width = inside:find "^>" and 1 or lines.item_marker(inside, false)
    inside = inside:sub((width or 0) + 1):gsub("^ +", "")
    depth = depth + 1
  until not width or depth > MAX_DEPTH
  local _, _, info = lines.fence(inside)
  if info then
    self:add { kind = "quoted", info = info, line = number }
  end
end

-- Turns the paragraph into a heading if the line underlines it. Returns whether it does.
function Parser:read_underline(text, number)
  local level = self.paragraph and lines.underline(text)
  if not level then
    return false
  end
  local text_line = number - #self.paragraph
  self:add { kind = "heading", level = level, text = table.concat(self.paragraph, " "), line = text_line }
  self.paragraph = nil
  return true
end

-- Reads a fence, heading, quote or HTML block that begins at this line. Returns whether one does.
function Parser:read_leaf(text, number, indent)
  local mark, length, info = lines.fence(text)
  local level, title = lines.heading(text)
  local is_end = lines.html_end(text, self.paragraph ~= nil)
  if mark then
    local item = { kind = "fence", info = info, text = "", line = number }
    self.fence = { mark = mark, length = length, indent = indent, base = self:base(), item = item, lines = {} }
    self:add(item)
  elseif level then
    self:add { kind = "heading", level = level, text = title, line = number }
  elseif text:find "^>" then
    self:read_quote(text, number)
  elseif is_end then
    self.html = not is_end(text) and { is_end = is_end, base = self:base() } or nil
  else
    return false
  end
  return true
end

-- Reads what begins at a column of the line, after the markers of list items.
function Parser:read_block(text, number, column)
  local indent = lines.indent(text)
  if indent >= 4 then -- indented code, or the continuation of a paragraph
    if self.paragraph then
      self:add_to_paragraph(lines.trim(text))
    end
    return
  end
  text, column = text:sub(indent + 1), column + indent
  if self:read_underline(text, number) then
    return
  end
  local width = #self.items < MAX_DEPTH and lines.item_marker(text, self.paragraph ~= nil)
  if self:read_leaf(text, number, indent) or lines.is_break(text) then
    self.paragraph = nil
  elseif width then
    self.paragraph = nil
    table.insert(self.items, column + width)
    local rest = text:sub(width + 1)
    if not lines.is_blank(rest) then
      self:read_block(rest, number, column + width)
    end
  else
    self:add_to_paragraph(lines.trim(text))
  end
end

-- Returns how many of the open list items contain a line of this indentation.
function Parser:open_items(indent)
  local count = #self.items
  while count > 0 and indent < self.items[count] do
    count = count - 1
  end
  return count
end

function Parser:read_line(raw, number)
  local line = lines.expand_tabs(raw)
  if self.fence and self:read_in_fence(raw, line) or self.html and self:read_in_html(line) then
    return
  elseif lines.is_blank(line) then
    self.paragraph = nil
    return
  end
  local indent = lines.indent(line)
  local open = self:open_items(indent)
  local base = self.items[open] or 0
  if open < #self.items then
    local is_text = indent - base >= 4 or not lines.begins_block(line:sub(base + 1):match "^ *(.*)$")
    if self.paragraph and is_text then -- continues the paragraph of an item although it is not indented for it
      self:add_to_paragraph(lines.trim(line))
      return
    end
    self.paragraph = nil
    self.items = table.move(self.items, 1, open, 1, {})
  end
  self:read_block(line:sub(base + 1), number, base)
end

-- Returns the number and the position of the first line after the front matter.
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

--- Returns the headings and fenced code blocks of a text in their order.
---@param text string
---@return runbook.MarkdownItem[]
function M.parse(text)
  text = text:gsub("^\u{feff}", ""):gsub("\r\n?", "\n"):gsub("\0", "\u{fffd}")
  local parser = setmetatable({ found = {}, items = {} }, Parser)
  local number, position = skip_front_matter(text)
  while position <= #text do
    local stop = text:find("\n", position, true) or #text + 1
    parser:read_line(text:sub(position, stop - 1), number)
    number, position = number + 1, stop + 1
  end
  if parser.fence then
    parser:end_fence()
  end
  return parser.found
end

return M
