--- Escapes texts from AWS, policies and files for terminals and output formats.
---
---     escape.printable "a\27[2J"   --> "a\\x1b[2J"
---     escape.markup "a < b"        --> "a &lt; b"
---
--- Each function first makes the text printable: control characters, characters that change the direction of writing,
--- and bytes that are not UTF-8 become escapes. Then it escapes what has a meaning in the format.

local M = {}

-- Characters that a terminal interprets, that are invisible, or that XML cannot contain.
local RANGES = {
  { 0x00, 0x1f }, { 0x7f, 0x9f }, -- control characters
  { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 }, -- line separators, directions
  { 0xfeff, 0xfeff }, { 0xfffe, 0xffff },
}

local function is_unprintable(code)
  for _, range in ipairs(RANGES) do
    if code >= range[1] and code <= range[2] then
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
  if not text:find "[%c\127-\255]" then
    return text
  end
  return (M.utf8(text):gsub(utf8.charpattern, escape_of))
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Escapes for text and quoted attributes of XML and HTML.
---@param text string|number
---@return string
function M.markup(text)
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
