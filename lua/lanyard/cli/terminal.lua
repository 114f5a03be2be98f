--- Writes to stdout and stderr: results, notes, colours, progress, and the question before a far-reaching change.

local exit = require "lanyard.cli.exit"
local prompt = require "lanyard.prompt"
local system = require "lanyard.system"

local M = {}

local STDOUT, STDERR = 1, 2

local function write(stream, text)
  if text:sub(-1) ~= "\n" then
    text = text .. "\n"
  end
  local ok, message = stream:write(text)
  if ok then
    ok, message = stream:flush()
  end
  return ok, message
end

--- Prints part of the result on stdout. A result that cannot be written ends the script.
---@param text string
function M.out(text)
  if text == "" then
    return
  end
  local ok, message = write(io.stdout, text)
  if not ok then
    exit.leave(exit.STATUS.failed, "cannot write the result: " .. message)
  end
end

--- Prints a diagnostic on stderr.
---@param text string
function M.note(text)
  write(io.stderr, text)
end

local COLOURS = { red = 31, green = 32, yellow = 33, blue = 34, cyan = 36, bold = 1, dim = 2 }

local function has_colours(descriptor)
  local forbidden = os.getenv "NO_COLOR"
  return system.isatty(descriptor) and (forbidden == nil or forbidden == "") and os.getenv "TERM" ~= "dumb"
end

--- Colours a text where stdout (or the descriptor given) is a terminal with colours.
---@param colour? string red, green, yellow, blue, cyan, bold or dim
---@param text string
---@param descriptor? integer
---@return string
function M.paint(colour, text, descriptor)
  if not colour or not has_colours(descriptor or STDOUT) then
    return text
  end
  return ("\27[%dm%s\27[0m"):format(COLOURS[colour], text)
end

--- Reports whether stdout is a terminal with colours.
---@return boolean
function M.colours()
  return has_colours(STDOUT)
end

--- The width of the terminal on stdout in columns; nil where stdout is not a terminal.
---@return integer?
function M.width()
  return system.columns(STDOUT)
end

--- Reports whether lines of progress are shown.
---@return boolean
function M.shows_progress()
  return not prompt.open and system.isatty(STDERR)
end

--- Shows a line of progress on stderr, which the next one overwrites; nil clears it. Prints nothing where stderr is not
--- a terminal, and while a question is open.
---@param text? string
function M.progress(text)
  if not M.shows_progress() then
    return
  end
  local width = system.columns(STDERR) or 80
  io.stderr:write("\r\27[K", text and text:sub(1, width - 1) or "")
  io.stderr:flush()
end

--- Asks before a far-reaching change. `--yes` answers yes. Without a terminal the script ends with a usage error, so
--- that nothing waits for an answer that cannot come.
---@param options { yes?: boolean }
---@param question string an imperative with its question mark: "Revoke in all 2 repositories?"
function M.confirm(options, question)
  if options.yes then
    return
  end
  if not prompt.possible() then
    exit.leave(exit.STATUS.usage, ("this would %s; without a terminal, pass --yes to confirm"):format(
      question:gsub("^%u", string.lower):gsub("%?$", "")))
  end
  local answer = prompt.ask(question .. " [y/N] ")
  if not answer or not answer:lower():match "^%s*y" then
    exit.leave(exit.STATUS.failed, "nothing was changed")
  end
end

return M
