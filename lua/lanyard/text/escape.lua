-- Texts that come from AWS, a policy or a file, made harmless for where they are shown. A text is first
-- made `printable` - no control characters, nothing that turns the direction of writing, nothing that
-- is not UTF-8 - and then spelled so that its place takes it for text.

local M = {}

-- What a terminal acts on, a reader does not see, or XML cannot hold.
local RANGES = {
  { 0x00, 0x1f }, { 0x7f, 0x9f }, -- control characters
  { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 }, -- ends of lines, directions
  { 0xfeff, 0xfeff }, { 0xfffe, 0xffff },
}

local function is_unseen(code)
  for _, range in ipairs(RANGES) do
    if code >= range[1] and code <= range[2] then
      return true
    end
  end
  return false
end

local function spell(character)
  local code = utf8.codepoint(character)
  if not is_unseen(code) then
    return nil
  end
  return (code < 0x80 and "\\x%02x" or "\\u{%x}"):format(code)
end

-- A text whose bytes that are no UTF-8 are spelled as \xff.
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

-- A text (or a number) with what is not meant to be seen as escapes; it is one line.
function M.printable(text)
  text = tostring(text)
  if not text:find "[%c\127-\255]" then
    return text
  end
  return (M.utf8(text):gsub(utf8.charpattern, spell))
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- As text or in a quoted attribute of XML and HTML.
function M.markup(text)
  return (M.printable(text):gsub("[&<>\"']", ENTITIES))
end

-- As text of Markdown (CommonMark and GitHub's), in a cell of a table too: every character that means
-- something is one that is meant as itself. Addresses are no links.
function M.markdown(text)
  text = M.printable(text):gsub("[\\`*_%[%]<>#|~&@$]", "\\%0"):gsub("^[-+=]", "\\%0"):gsub("://", "\\://")
  return (text:gsub("([Ww][Ww][Ww])%.", "%1\\."))
end

-- As a piece of code in a line of Markdown, outside of tables.
function M.code(text)
  text = M.printable(text)
  local longest = 0
  for run in text:gmatch "`+" do
    longest = math.max(longest, #run)
  end
  local fence = ("`"):rep(longest + 1)
  return ("%s %s %s"):format(fence, text, fence)
end

-- The characters that make a spreadsheet read a cell as a formula, the wide ones of East Asia too.
local FORMULA = { "=", "+", "-", "@", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}" }

-- As a field of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before
-- it, by which spreadsheets know a text.
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

-- As a quoted string of Graphviz.
function M.dot(text)
  return '"' .. M.printable(text):gsub('[\\"]', "\\%0") .. '"'
end

-- Inside the quotes of a label of Mermaid, which knows characters by their numbers.
function M.mermaid(text)
  return (M.printable(text):gsub("[^%w ./_:,\128-\255-]", function(c) return ("#%d;"):format(c:byte()) end))
end

-- As the value of a label in the text format of Prometheus.
function M.label(text)
  return (M.printable(text):gsub('[\\"]', "\\%0"))
end

return M
