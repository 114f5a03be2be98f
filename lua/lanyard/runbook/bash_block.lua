--- Checks and runs a `bash` block of a runbook.
---
---     local words = bash_block.words("aws sts get-caller-identity", { service = "web" })
---     process.run { words = words, errors = "join", output = io.write }
---
--- The text of the block is not changed: values reach it as environment variables only, so that none is read as shell
--- code. It runs with -e, -u and -o pipefail: the first command that fails, and a variable without a value, end it.

local lists = require "lanyard.lists"
local process = require "lanyard.process"

local M = {}

local NOT_FOUND = 127 -- the exit status of env if there is no such program

-- Variables that change what bash or the dynamic linker runs, or that bash does not take from the environment.
local RESERVED = lists.set "PATH ENV SHELLOPTS IFS UID EUID PPID"

--- Returns why a variable of --set cannot be an environment variable of a block; nil if it can.
---@param name string
---@return string? message
function M.refused_name(name)
  if not name:find "^[%a_][%w_]*$" then
    return ("'%s' is not the name of a shell variable: use letters, digits and _"):format(name)
  elseif RESERVED[name] or name:find "^BASH" or name:find "^LD_" then
    return ("bash gives '%s' a meaning: use another name"):format(name)
  end
end

--- Returns the first placeholder in a block, which would not be replaced, and its line in the block; nil without one.
---@param text string
---@return string? placeholder
---@return integer? line
---@return string? name  the name in it, if it has one
function M.placeholder(text)
  local position, placeholder = text:match "()({{%s*[%w_-]*%s*}})"
  if not position then
    return nil
  end
  local _, line_ends = text:sub(1, position):gsub("\n", "")
  return placeholder, line_ends + 1, placeholder:match "^{{%s*([%a_][%w_]*)%s*}}$"
end

--- Returns the words of a command that runs a block.
---@param text string
---@param vars table<string, string>
---@return string[]
function M.words(text, vars)
  local words = { "env" }
  for _, name in ipairs(lists.sorted_names(vars)) do
    words[#words + 1] = ("%s=%s"):format(name, vars[name])
  end
  return table.move({ "bash", "-eu", "-o", "pipefail", "-c", text, "bash" }, 1, 7, #words + 1, words)
end

--- Checks the syntax of a block, without running it.
---@param text string
---@return true? ok
---@return string? message  why it is invalid, or why it cannot be checked
---@return integer? line    the line in the block; nil if there is no bash
function M.check(text)
  local parts = {}
  local result, err = process.run {
    words = { "env", "LC_ALL=C", "bash", "-n", "-c", text, "bash" }, errors = "join",
    output = function(piece) parts[#parts + 1] = piece end,
  }
  if not result then
    return nil, err.message
  elseif result.status == 0 then
    return true
  elseif result.status == NOT_FOUND then
    return nil, "bash blocks need bash, which is not in PATH"
  end
  -- bash: line 2: syntax error near unexpected token `fi'
  local line, message = table.concat(parts):match "^[^\n]- line (%d+): ([^\n]*)"
  local _, lines = text:gsub("\n", "") -- an unexpected end is reported after the last line
  return nil, "bash: " .. (message or process.describe(result)), math.min(math.tointeger(tonumber(line)) or 1, lines)
end

return M
