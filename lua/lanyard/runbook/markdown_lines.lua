--- Recognizes what a single line of Markdown begins, by the rules of CommonMark 0.30.
---
---     lines.fence "```lua exit=0,3"      --> "`", 3, "lua exit=0,3"
---     lines.heading "## Grant ##"        --> 2, "Grant"
---     lines.item_marker("10. ten")       --> 4
---
--- The functions below "Block starts" expect a line without its indentation.
--- Each function takes time linear in the length of the line: no pattern tries a part of it again from each of its
--- positions.
--- https://spec.commonmark.org/0.30/

local lists = require "lanyard.lists"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Indentation

--- Replaces the tabs among the leading blanks and markers with spaces. Tab stops are four columns apart.
---@param line string
---@return string
function M.expand_tabs(line)
  local prefix, rest = line:match "^([%s%d>.)*+-]*)(.*)$"
  if not prefix:find("\t", 1, true) then
    return line
  end
  local out, column = {}, 0
  for c in prefix:gmatch "." do
    out[#out + 1] = c == "\t" and (" "):rep(4 - column % 4) or c
    column = column + #out[#out]
  end
  return table.concat(out) .. rest
end

--- Returns the number of leading spaces of a line without tabs.
---@param line string
---@return integer columns
function M.indent(line)
  return #line:match "^ *"
end

--- Removes up to `columns` columns of indentation. A tab that reaches beyond them leaves its remaining columns as
--- spaces.
---@param line string
---@param columns integer
---@return string
function M.without_indent(line, columns)
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

--- Removes the blanks at both ends of a text.
---@param text string
---@return string
function M.trim(text)
  local first = text:find "%S"
  return first and text:match("^.*%S", first) or ""
end

--- Reports whether a line has no visible character.
---@param line string
---@return boolean
function M.is_blank(line)
  return not line:find "%S"
end

-- ---------------------------------------------------------------------------------------------
-- Block starts

--- Returns the character, length and info string of a code fence, or nil.
---@param text string
---@return string? character  "`" or "~"
---@return integer? length
---@return string? info  without surrounding blanks
function M.fence(text)
  local ticks, info = text:match "^(```+)([^`]*)$"
  if not ticks then
    ticks, info = text:match "^(~~~+)(.*)$"
  end
  if ticks then
    return ticks:sub(1, 1), #ticks, M.trim(info)
  end
end

--- Returns the level and text of a heading that begins with #, or nil.
---@param text string
---@return integer? level
---@return string? title
function M.heading(text)
  local marks, rest = text:match "^(#+)(.*)$"
  if marks and #marks <= 6 and (rest == "" or rest:find "^[ \t]") then
    rest = " " .. M.trim(rest)
    local without_marks = rest:match "^(.*[^#])#+$" -- only after a blank do the marks at the end close the heading
    return #marks, M.trim(without_marks and without_marks:find "[ \t]$" and without_marks or rest)
  end
end

--- Returns the level of a heading that this line underlines, or nil. The caller knows whether a paragraph precedes it.
---@param text string
---@return integer? level
function M.underline(text)
  return text:find "^=+%s*$" and 1 or text:find "^%-+%s*$" and 2 or nil
end

--- Reports whether a line is a thematic break.
---@param text string
---@return boolean
function M.is_break(text)
  local marks = text:gsub("[ \t]", "")
  return (marks:find "^%-%-%-+$" or marks:find "^%*%*%*+$" or marks:find "^___+$") ~= nil
end

--- Returns the width of a list item's marker with the blanks after it, or nil.
---@param text string
---@param in_paragraph boolean  the line before is part of a paragraph, which not every marker may interrupt
---@return integer? columns
function M.item_marker(text, in_paragraph)
  local marker, blanks, rest = text:match "^([-+*])( *)(.*)$"
  if not marker then
    marker, blanks, rest = text:match "^(%d+[.)])( *)(.*)$"
  end
  if not marker or #marker > 10 or blanks == "" and rest ~= "" or M.is_break(text) then
    return nil
  elseif in_paragraph and (rest == "" or marker:find "^%d" and tonumber(marker:match "%d+") ~= 1) then
    return nil
  elseif rest == "" or #blanks > 4 then
    return #marker + 1
  end
  return #marker + #blanks
end

-- ---------------------------------------------------------------------------------------------
-- HTML blocks

local BLOCK_TAGS = lists.set [[
  address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt
  fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link
  main menu menuitem nav noframes ol optgroup option p param section source summary table tbody td tfoot th thead
  title tr track ul
]]

local RAW_TAGS = lists.set "script pre style textarea"

local function closes_raw_tag(line)
  for tag in line:lower():gmatch "</(%a+)>" do
    if RAW_TAGS[tag] then
      return true
    end
  end
  return false
end

local function contains(pattern)
  return function(line) return line:find(pattern) ~= nil end
end

local COMMENT_END, INSTRUCTION_END, CDATA_END = contains "%-%->", contains "%?>", contains "%]%]>"
local DECLARATION_END, BLANK_LINE = contains ">", contains "^%s*$"

local function is_one_tag(text)
  return text:find "^<%a[%w-]*/?>%s*$" or text:find "^<%a[%w-]*%s[^<>]*>%s*$" or text:find "^</%a[%w-]*%s*>%s*$"
end

--- Returns, for a line that begins an HTML block, the function that recognizes the last line of that block; else nil.
---@param text string
---@param in_paragraph boolean  the line before is part of a paragraph, which a single tag cannot interrupt
---@return (fun(line: string): boolean)?
function M.html_end(text, in_paragraph)
  local tag = (text:match "^</?(%a[%w-]*)%f[%s/>\0]" or ""):lower()
  if RAW_TAGS[tag] and text:find "^<%a+%f[%s>\0]" then
    return closes_raw_tag
  elseif text:find "^<!%-%-" then
    return COMMENT_END
  elseif text:find "^<%?" then
    return INSTRUCTION_END
  elseif text:find "^<!%[CDATA%[" then
    return CDATA_END
  elseif text:find "^<!%a" then
    return DECLARATION_END
  elseif BLOCK_TAGS[tag] or not in_paragraph and is_one_tag(text) then
    return BLANK_LINE
  end
end

--- Reports whether a line begins a block that can interrupt a paragraph.
---@param text string
---@return boolean
function M.begins_block(text)
  return (M.fence(text) or M.heading(text) or M.is_break(text) or text:find "^>" or M.item_marker(text, false)
    or M.html_end(text, true)) and true or false
end

return M
