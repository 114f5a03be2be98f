--- Writes pages of a manual in mdoc, the language of man pages: data in, text out.
---
---     mdoc.page {
---       name = "lanyard-size", section = 1, summary = "Print the size of a policy.", date = "2026-01-31",
---       synopsis = { "lanyard size <repository> [OPTION ...]" },
---       sections = {
---         { title = "DESCRIPTION", blocks = { "Prints the size in `characters`.", { literal = "  1024" } } },
---         { title = "EXIT STATUS", blocks = { { kind = "status", items = { { "0", "the size was printed" } } } } },
---       },
---       see = { "lanyard 1" },
---     }
---
--- Sections have the order in which mdoc(7) lists them. Texts are plain, with backquotes around what is literal.

local escape = require "lanyard.text.escape"
local prose = require "lanyard.text.prose"

local M = {}

---@class manual.Page
---@field name string               the name of the file without its section
---@field section integer           1 for commands, 3 for Lua
---@field summary string            one sentence
---@field date? string              YYYY-MM-DD
---@field synopsis (string|{ literal: string })[]  usages ("<argument>", "[optional]", "--option"), or literal lines
---@field sections manual.Section[]
---@field see? string[]             other pages: "lanyard-grant 1"

---@class manual.Section
---@field title string              in capitals
---@field blocks manual.Block[]

---@alias manual.Block
---| string                                     a paragraph
---| { literal: string }                        lines to keep as they are
---| { heading: string }                        the beginning of a subsection
---| { items: manual.Item[], kind?: manual.Kind } a list of terms and their descriptions

---@alias manual.Item { [1]: string, [2]: string|manual.Block[] }  a term, and a paragraph or blocks
---@alias manual.Kind "option"|"argument"|"command"|"variable"|"status"|"file"

local MONTHS = {
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December",
}

-- The maximum length of a line of the source.
local WIDTH = 78

-- ---------------------------------------------------------------------------------------------
-- Text

-- Escapes text: backslashes, the hyphens of options, and what is not ASCII. A name with () would look to mandoc like a
-- function that needs markup.
local function plain(text)
  local escaped = escape.printable(text):gsub("\\", "\\e"):gsub("%-%-", "\\-\\-"):gsub("%(%)", "(\\&)")
  return (escaped:gsub(utf8.charpattern, function(character)
    return #character > 1 and ("\\[u%04X]"):format(utf8.codepoint(character)) or nil
  end))
end

-- Escapes a line of text, which may begin with a character that makes it a macro.
local function line_of(text)
  return (text:gsub("^[.']", "\\&%0"))
end

-- Escapes a word that is an argument of a macro, where it could be another macro or punctuation.
local function word_of(text)
  local word = plain(text):gsub('"', "\\(dq")
  return #word <= 3 and "\\&" .. word or (word:gsub("^[.']", "\\&%0"))
end

-- Escapes hyphens, which would become typographic ones.
local function literal(text)
  return (plain(text):gsub("\\?%-", "\\-"))
end

-- Fills a paragraph. A sentence begins on a new line, as mdoc wants it.
local function filled(text)
  local parts = {}
  for i, span in ipairs(prose.spans(text)) do
    parts[i] = span.code and ("\\(oq%s\\(cq"):format(literal(span[1])) or plain(span[1])
  end
  local lines, line = {}, nil
  for word in table.concat(parts):gmatch "%S+" do
    if line and (#line + 1 + #word > WIDTH or line:find "[.!?]['\")%]]*$" or line:find "[.!?]\\%(cq%)?$") then
      lines[#lines + 1] = line_of(line)
      line = word
    else
      line = line and line .. " " .. word or word
    end
  end
  lines[#lines + 1] = line and line_of(line)
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------------------------------------
-- Macros

local BRACKETS = { ["["] = "Oo", ["]"] = "Oc", ["("] = "Po", [")"] = "Pc" }

-- Returns a word of a usage or a term as a macro with its argument.
local function macro_of(word)
  if BRACKETS[word] or word == "|" or word == "," then
    return BRACKETS[word] or word
  elseif word:find "^%-%-?%w" then
    return "Fl " .. word_of(word:sub(2))
  elseif word == "--" then
    return "Fl \\&-"
  elseif word == "..." then
    return "No ..."
  end
  local name, suffix = word:match "^<(.+)>(%.%l+)$"
  if name then
    return ("Ar %s Ns Cm %s"):format(word_of(name), word_of(suffix))
  end
  local operand = word:match "^<(.+)>$" or word:match "^%u[%u%d_|#/=,:*'.-]*$"
  return (operand and "Ar " or "Cm ") .. word_of(operand or word)
end

-- Splits a usage into words and brackets.
local function words_of(usage)
  local spaced = usage:gsub("[%[%]()]", " %0 "):gsub(",%f[%s]", " ,")
  local words = {}
  for word in spaced:gmatch "%S+" do
    words[#words + 1] = word
  end
  return words
end

-- Returns the lines of a usage: the name of the program, then each group in brackets.
local function usage_lines(usage)
  local words = words_of(usage)
  local lines, macros, depth = { ".Nm " .. table.remove(words, 1) }, {}, 0
  local function flush()
    lines[#lines + 1] = #macros > 0 and "." .. table.concat(macros, " ") or nil
    macros = {}
  end
  for _, word in ipairs(words) do
    if BRACKETS[word] and depth == 0 then
      flush()
    end
    depth = depth + ((word == "[" or word == "(") and 1 or (word == "]" or word == ")") and -1 or 0)
    macros[#macros + 1] = macro_of(word)
  end
  flush()
  return lines
end

-- Returns names and the words between them: "A_FILE with A_ROLE". A single word is a name.
local function names_of(group, macro)
  local words, parts = words_of(group), {}
  for i, word in ipairs(words) do
    local is_name = #words == 1 or word:find "[_/]" or word:find "^%-%-"
    parts[i] = is_name and macro .. " " .. word_of(word) or macro_of(word):gsub("^Cm ", "No ")
  end
  return table.concat(parts, " ")
end

-- Returns the head of an item. Without a kind the term is literal text.
local function head_of(term, kind)
  local names = { variable = "Ev", file = "Pa", command = "Cm" }
  local parts = {}
  if kind == "option" or kind == "argument" then
    for i, word in ipairs(words_of(term)) do
      parts[i] = macro_of(word)
    end
  elseif names[kind] then
    for group in term:gmatch "[^,]+" do
      parts[#parts + 1] = (#parts > 0 and ", " or "") .. names_of(group, names[kind])
    end
  else
    parts[1] = literal(term)
  end
  return ".It " .. table.concat(parts, " ")
end

local add_blocks

local function add_items(lines, block)
  lines[#lines + 1] = ".Bl -tag -width Ds"
  for _, item in ipairs(block.items) do
    lines[#lines + 1] = head_of(item[1], block.kind)
    add_blocks(lines, type(item[2]) == "table" and item[2] or { item[2] })
  end
  lines[#lines + 1] = ".El"
end

local function add_literal(lines, text)
  lines[#lines + 1] = ".Bd -literal"
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line_of(literal(line))
  end
  lines[#lines + 1] = ".Ed"
end

function add_blocks(lines, blocks)
  local previous
  for _, block in ipairs(blocks) do
    if type(block) == "string" then
      lines[#lines + 1] = previous and not previous.heading and ".Pp" or nil
      lines[#lines + 1] = filled(block)
    elseif block.literal then
      add_literal(lines, block.literal)
    elseif block.heading then
      lines[#lines + 1] = ".Ss " .. plain(block.heading)
    else
      add_items(lines, block)
    end
    previous = type(block) == "table" and block or {}
  end
end

-- ---------------------------------------------------------------------------------------------
-- Pages

--- Returns a sentence as the description of a page's name: without a full stop, and not capitalized.
---@param summary string
---@return string
function M.description(summary)
  return (summary:gsub("%.$", ""):gsub("^%u%l", string.lower))
end

local function date_of(day)
  local year, month, number = (day or ""):match "^(%d+)%-(%d+)%-(%d+)$"
  return year and ("%s %d, %d"):format(MONTHS[tonumber(month)], tonumber(number), tonumber(year)) or "$Mdocdate$"
end

local function add_synopsis(lines, synopsis)
  lines[#lines + 1] = ".Sh SYNOPSIS"
  for _, usage in ipairs(synopsis) do
    if type(usage) == "table" then
      add_literal(lines, usage.literal)
    else
      local parts = usage_lines(usage)
      table.move(parts, 1, #parts, #lines + 1, lines)
    end
  end
end

--- Returns a page in mdoc.
---@param page manual.Page
---@return string
function M.page(page)
  local lines = {
    ".Dd " .. date_of(page.date), (".Dt %s %d"):format(page.name:upper(), page.section), ".Os",
    ".Sh NAME", ".Nm " .. page.name, ".Nd " .. plain(M.description(page.summary)),
  }
  if #page.synopsis > 0 then
    add_synopsis(lines, page.synopsis)
  end
  for _, section in ipairs(page.sections) do
    lines[#lines + 1] = ".Sh " .. section.title
    add_blocks(lines, section.blocks)
  end
  if page.see and page.see[1] then
    lines[#lines + 1] = ".Sh SEE ALSO"
    for i, other in ipairs(page.see) do
      lines[#lines + 1] = ".Xr " .. other .. (i < #page.see and " ," or "")
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

return M
