--- Answers the scripts of `lanyard completion`: lanyard __complete SHELL ARGUMENT...
---
--- The first line of the answer says what the shell completes itself: files, folders or nothing. A line for each
--- candidate follows: for bash what is inserted; for zsh and fish the word, a tab, and what it is. A candidate that is
--- not printable is left out, so that no line has more than one.

local completion = require "lanyard.cli.completion"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local terminal = require "lanyard.cli.terminal"

local M = {}

local function print_answer(items, files, line_of)
  local lines = { files or "nothing" }
  for _, item in ipairs(items) do
    if escape.printable(item[1]) == item[1] then
      lines[#lines + 1] = line_of(item)
    end
  end
  terminal.data(table.concat(lines, "\n") .. "\n")
  return exit.STATUS.ok
end

-- LINE BREAKS: the line up to the cursor, and $COMP_WORDBREAKS.
local function bash(line, breaks)
  local bash_line = require "lanyard.cli.completion.bash_line"
  local read = bash_line.read(line or "", breaks or "")
  local items, files = completion.candidates(table.move(read.words, 2, #read.words, 1, {}), read.prefix)
  return print_answer(items, files, function(item) return bash_line.insertion(read, item[1]) end)
end

-- WORD... PREFIX: the words after the program, and the one at the cursor, without quotes.
local function described(...)
  local words = table.pack(...)
  local prefix = table.remove(words) or ""
  local items, files = completion.candidates(words, prefix)
  return print_answer(items, files, function(item)
    return item[1]:sub(1, #prefix) == prefix and item[1] .. "\t" .. escape.printable(item[2] or "") or nil
  end)
end

local SHELLS = { bash = bash, zsh = described, fish = described }

--- Answers a request.
---@param words string[]  the shell, and its arguments
---@return integer status
function M.answer(words)
  local shell = SHELLS[words[1]]
  if not shell then
    exit.problem("Usage", "__complete is for the scripts of 'lanyard completion'")
  end
  return shell(table.unpack(words, 2))
end

return M
