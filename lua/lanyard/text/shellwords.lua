--- Splits command lines into words and quotes words, without a shell.
---
--- ```lua
--- local shellwords = require "lanyard.text.shellwords"
--- local words = assert(shellwords.split "grant web 'team/*'")
--- print(#words, words[3], shellwords.join(words))
--- --> 3	team/*	grant web 'team/*'
--- ```

local M = {}

--- Reads the piece of a word at a position: a quoted text, a backslash with its character, a run of characters without
--- a meaning in a shell, or a character with one.
---@private
---@param text string
---@param position integer
---@return integer? length   the bytes that the piece takes; nil if it is not terminated
---@return string? addition  what it adds to the word
function M.piece(text, position)
  local c = text:sub(position, position)
  if c == "'" then
    local inside = text:match("^'([^']*)'", position)
    return inside and #inside + 2, inside
  elseif c == '"' then
    local last = position + 1
    while true do
      last = text:find('["\\]', last)
      if not last then
        return nil
      elseif text:sub(last, last) == '"' then
        local inside = text:sub(position + 1, last - 1)
        return last - position + 1, (inside:gsub('\\(["\\])', "%1"))
      end
      last = last + 2
    end
  elseif c == "\\" then
    return position < #text and 2, text:sub(position + 1, position + 1)
  end
  local run = text:match("^[^%s'\"\\|&;<>()$`#]+", position)
  return run and #run or 1, run or c
end

--- Returns the message for a position where piece() returns nil.
---@private
---@param text string
---@param position integer
---@return string
function M.unended(text, position)
  return text:sub(position, position) == "\\" and "it ends with a backslash" or "a quote is not closed"
end

--- Splits a text into words like a POSIX shell and the AWS CLI: quotes and backslashes are interpreted, nothing is
--- expanded.
---@param text string
---@return string[]? words   nil if a quote is not closed
---@return string? message
function M.split(text)
  local list, word, position = {}, nil, 1
  while position <= #text do
    if text:find("^[ \t\r\n]", position) then
      list[#list + 1] = word and table.concat(word)
      word, position = nil, position + 1
    else
      local length, addition = M.piece(text, position)
      if not length then
        return nil, M.unended(text, position)
      end
      word = word or {}
      word[#word + 1], position = addition, position + length
    end
  end
  list[#list + 1] = word and table.concat(word)
  if #list == 0 then
    return nil, "it is empty"
  end
  return list
end

--- Quotes a word for a shell if it needs quotes.
---@param word string
---@return string
function M.quote(word)
  if word:find "^[%w_./:=@%%+-]+$" then
    return word
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Returns a command line with these words.
---@param list string[]
---@return string
function M.join(list)
  local quoted = {}
  for i, word in ipairs(list) do
    quoted[i] = M.quote(word)
  end
  return table.concat(quoted, " ")
end

return M
