--- Escapes texts from AWS, policies and files for terminals and output formats.
---
--- ```lua
--- local escape = require "lanyard.text.escape"
--- print(escape.printable "a\27[2J")
--- --> a\x1b[2J
--- print(escape.markup "a < b")
--- --> a &lt; b
--- print(escape.format("%s: %d", "two\nlines", 2))
--- --> two\x0alines: 2
--- ```
---
--- Each function first makes the text printable: control characters, characters that are invisible or change the
--- direction of writing, and bytes that are not UTF-8 become escapes. Then it escapes what has a meaning in the format.

local M = {}

-- Characters that a terminal interprets, that are invisible or change the direction of writing, or that XML cannot
-- contain: first and last code points, sorted. Sources: the properties Default_Ignorable_Code_Point
-- (DerivedCoreProperties.txt) and Bidi_Control (PropList.txt) of Unicode 16.0, the general categories Cc, Zl and Zp,
-- the interlinear annotations, and the noncharacters. The last two code points of each plane are noncharacters, too.
local RANGES = {
  { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 },
  { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
  { 0x3164, 0x3164 }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
  { 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
}

local function is_unprintable(code)
  if code & 0xfffe == 0xfffe then
    return true
  end
  local low, high = 1, #RANGES
  while low <= high do
    local middle = (low + high) // 2
    local range = RANGES[middle]
    if code < range[1] then
      high = middle - 1
    elseif code > range[2] then
      low = middle + 1
    else
      return true
    end
  end
  return false
end

-- Returns the escape of a character, or nil to leave it unchanged.
local function escape_of(character)
  local code = utf8.codepoint(character)
  if not is_unprintable(code) then
    return nil
  end
  return (code < 0x80 and "\\x%02x" or "\\u{%x}"):format(code)
end

--- Replaces bytes that are not UTF-8 with escapes like \xff.
---@param text string
---@return string
function M.utf8(text)
  local parts, start = {}, 1
  while true do
    local length, bad = utf8.len(text, start)
    if length then
      parts[#parts + 1] = text:sub(start)
      return table.concat(parts)
    end
    parts[#parts + 1] = text:sub(start, bad - 1)
    parts[#parts + 1] = ("\\x%02x"):format(text:byte(bad))
    start = bad + 1
  end
end

--- Replaces characters that are not printable with escapes. The result is one line.
---@param text string|number
---@return string
function M.printable(text)
  text = tostring(text)
  if text:find "^[ -~]*$" then
    return text
  end
  return (M.utf8(text):gsub(utf8.charpattern, escape_of))
end

--- Like printable, for a text of several lines: line ends and tabs remain. A carriage return remains only before a line
--- end.
---@param text string
---@return string
function M.lines(text)
  if text:find "^[\t\n -~]*$" then -- a set at the beginning takes a third of the time of a set anywhere
    return text
  end
  return (text:gsub("([^\n\t]+)(\n?)", function(run, stop)
    if stop ~= "" and run:sub(-1) == "\r" then
      return M.printable(run:sub(1, -2)) .. "\r\n"
    end
    return M.printable(run) .. stop
  end))
end

--- Formats a line like string.format. Values that are not numbers are made printable, so that none can end the line or
--- control a terminal.
---@param text string  the format, which is trusted
---@param ... any      the values
---@return string
function M.format(text, ...)
  local values = table.pack(...)
  for i = 1, values.n do
    values[i] = math.type(values[i]) and values[i] or M.printable(values[i])
  end
  return text:format(table.unpack(values, 1, values.n))
end

-- Returns the escape of a character in a JSON string, or nil to leave it unchanged.
local function json_escape_of(character)
  local code = utf8.codepoint(character)
  if not is_unprintable(code) then
    return nil
  elseif code < 0x10000 then
    return ("\\u%04x"):format(code)
  end
  code = code - 0x10000
  return ("\\u%04x\\u%04x"):format(0xd800 | code >> 10, 0xdc00 | code & 0x3ff)
end

--- Escapes a JSON text for a terminal: characters in its strings that are not printable become \uXXXX. A parser reads
--- the same values.
---@param text string  JSON in UTF-8
---@return string
function M.json(text)
  local length = utf8.len(text)
  if not length or length == #text and not text:find("\127", 1, true) then
    return text
  end
  local mark = text:match "^\u{feff}" or "" -- not part of a string, so it has no escape
  return mark .. text:sub(#mark + 1):gsub("[\127\xc2-\xf4][\x80-\xbf]*", json_escape_of)
end

local function yaml_escape_of(character)
  local code = utf8.codepoint(character)
  return is_unprintable(code) and (code < 0x10000 and "\\u%04x" or "\\U%08x"):format(code) or nil
end

--- Escapes a text between the double quotes of YAML that is otherwise escaped as in JSON: characters that are not
--- printable become \uXXXX or \UXXXXXXXX.
---@param text string  in UTF-8
---@return string
function M.yaml(text)
  return (text:gsub("[\127\xc2-\xf4][\x80-\xbf]*", yaml_escape_of))
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Escapes for text and quoted attributes of XML and HTML.
---@param text string|number
---@return string
function M.markup(text)
  if type(text) == "string" and text:find "^[?-~(-;=!#-%% ]*$" then
    return text -- printable, without the characters of ENTITIES: one pass, as nearly all texts are like that
  end
  return (M.printable(text):gsub("[&<>\"']", ENTITIES))
end

--- Escapes for Markdown (CommonMark and GitHub's), also in cells of tables. Addresses do not become links.
---@param text string|number
---@return string
function M.markdown(text)
  text = M.printable(text):gsub("[\\`*_%[%]<>#|~&@$]", "\\%0"):gsub("^[-+=]", "\\%0"):gsub("://", "\\://")
  return (text:gsub("([Ww][Ww][Ww])%.", "%1\\."))
end

--- Formats as inline code of Markdown, outside of tables.
---@param text string|number
---@return string
function M.code(text)
  text = M.printable(text)
  local longest = 0
  for run in text:gmatch "`+" do
    longest = math.max(longest, #run)
  end
  local fence = ("`"):rep(longest + 1)
  return ("%s %s %s"):format(fence, text, fence)
end

-- Characters that make a spreadsheet read a cell as a formula, including their full-width forms.
local FORMULA = { "=", "+", "-", "@", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}" }

--- Escapes for a field of CSV (RFC 4180). A text that a spreadsheet would read as a formula is prefixed with an
--- apostrophe, which marks a text.
---@param text string|number
---@return string
function M.csv(text)
  text = M.printable(text)
  local first = text:match "^%s*(.*)"
  for _, sign in ipairs(FORMULA) do
    if first:sub(1, #sign) == sign then
      text = "'" .. text
      break
    end
  end
  if text:find '[",; ]' then
    text = '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

--- Formats as a quoted string of Graphviz.
---@param text string|number
---@return string
function M.dot(text)
  return '"' .. M.printable(text):gsub('[\\"]', "\\%0") .. '"'
end

--- Escapes for a quoted label of Mermaid, which has numeric character references.
---@param text string|number
---@return string
function M.mermaid(text)
  return (M.printable(text):gsub("[^%w ./_:,\128-\255-]", function(c) return ("#%d;"):format(c:byte()) end))
end

--- Escapes for the value of a label in the text format of Prometheus.
---@param text string|number
---@return string
function M.label(text)
  return (M.printable(text):gsub('[\\"]', "\\%0"))
end

return M
