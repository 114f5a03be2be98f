--- Names the user's scripts that a built-in command of the same name hides, each once.

local escape = require "lanyard.text.escape"
local shellwords = require "lanyard.text.shellwords"
local store = require "lanyard.trust.store"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"

local M = {}

local FILE, MAX_BYTES = "hidden-commands", 1 << 20

--- Says which command hides a script, and how to run it.
---@param script cli.Script
---@return string
function M.describe(script)
  return ("%s is hidden by the built-in command '%s'; run it with: lanyard %s"):format(
    escape.printable(script.path), script.name, escape.printable(shellwords.quote(script.path)))
end

-- Records a line in the user's folder. Returns false if the file has it; true also if it cannot be recorded.
local function is_new(line)
  local folder = store.open(true)
  if not folder then
    return true
  end
  local path = folder .. "/" .. FILE
  local known = system.read_regular(path, MAX_BYTES) or ""
  if ("\n" .. known):find("\n" .. line .. "\n", 1, true) then
    return false
  end
  system.append_file(path, line .. "\n")
  return true
end

--- Prints a note about a hidden script, unless it was printed before.
---@param script cli.Script
function M.note(script)
  local path = script.place and script.place.root .. script.path:gsub("^%.", "") or script.path
  if is_new(escape.printable(path)) then
    terminal.note("lanyard: " .. M.describe(script))
  end
end

return M
