--- Splits a text into lines. Its plain searches cost a fraction of a pattern, which is tried at each byte.
---
---     lines.of "one\n\ntwo\n"             --> { "one", "", "two" }
---     lines.joined "one \\\n  more\ntwo"  --> { "one    more", "two" }
---     lines.by_word("a 1\n b 2\n").b    --> "b 2"

local M = {}

local NEWLINE <const>, BACKSLASH <const> = 10, 92

--- Returns the lines of a text, without newlines. A missing newline at its end is ignored.
---@param text string
---@return string[]
function M.of(text)
  local list, start = {}, 1
  local newline = text:find("\n", 1, true)
  while newline do
    list[#list + 1] = text:sub(start, newline - 1)
    start = newline + 1
    newline = text:find("\n", start, true)
  end
  list[#list + 1] = start <= #text and text:sub(start) or nil
  return list
end

--- Returns the lines of a text, each line that ends in a backslash joined with the next by a blank.
---@param text string
---@return string[]
function M.joined(text)
  local list, first = {}, nil
  for _, line in ipairs(M.of(text)) do
    line = first and first .. " " .. line or line
    first = line:byte(-1) == BACKSLASH and line:sub(1, -2) or nil
    list[#list + 1] = not first and line or nil
  end
  list[#list + 1] = first
  return list
end

-- Reports whether a joined line begins at a position, apart from blanks.
local function begins_line(text, position)
  local before = position - 1
  while before > 0 do
    if text:byte(before) == NEWLINE then
      if text:byte(before - 1) ~= BACKSLASH then
        return true
      end
      before = before - 2
    elseif text:find("^%s", before) then
      before = before - 1
    else
      return false
    end
  end
  return true
end

-- Reports whether a position is the end of a line: the end of the text, or a newline.
local function is_end(text, position)
  return position > #text or text:byte(position) == NEWLINE
end

-- Reports whether a word ends with its last byte: what follows is a blank, or the end of the line, or the backslash
-- there, which does not belong to the word.
local function ends_word(text, last)
  if is_end(text, last + 1) then
    return text:byte(last) ~= BACKSLASH
  end
  return text:find("^%s", last + 1) ~= nil or text:byte(last + 1) == BACKSLASH and is_end(text, last + 2)
end

-- Returns the joined line from a position to its end.
local function rest_of(text, first)
  local ending = text:find("\n", first, true)
  while ending and text:byte(ending - 1) == BACKSLASH do
    ending = text:find("\n", ending + 1, true)
  end
  return M.joined(text:sub(first, ending))[1]
end

-- Returns the line that begins with a word | nil
local function line_of(text, word)
  local first, last = text:find(word, 1, true)
  while first do
    if ends_word(text, last) and begins_line(text, first) then
      return rest_of(text, first)
    end
    first, last = text:find(word, last + 1, true)
  end
  return nil
end

--- Returns a table of the joined lines of a text by their first words, each of which is looked for when it is read. It
--- has the first line that begins with a word. `pairs` finds all.
---@param text string
---@return table<string, string>
function M.by_word(text)
  return setmetatable({}, {
    __index = function(_, word)
      return type(word) == "string" and word:find "^%S+$" and line_of(text, word) or nil
    end,
    __pairs = function()
      local found = {}
      for _, line in ipairs(M.joined(text)) do
        local word = line:match "%S+"
        found[word or false] = word and (found[word] or line:match "^%s*(.*)")
      end
      found[false] = nil -- empty lines
      return next, found, nil
    end,
  })
end

return M
