--- Writes to stdout and stderr: results, notes, colours, progress, and the question before a far-reaching change.
---
--- What is written for a person passes through `safe`, whatever it was joined from: a name or message from AWS, a file
--- or an argument cannot control the terminal. Line ends in values are escaped where values are joined (escape.format).

local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local progress = require "lanyard.cli.progress"
local prompt = require "lanyard.prompt"
local system = require "lanyard.system"

local M = {}

local STDOUT, STDERR = 1, 2

--- The number of the error of a write to a pipe that its reader has closed (EPIPE).
M.CLOSED_PIPE = 32

--- Whether the reader of stdout has closed it, as `| head` does. That is not an error: further results are dropped, and
--- the command continues to its end and its own exit status.
M.closed = false

--- Whether anything was printed, as a result or as a diagnostic.
M.used = false

-- true | nil, message, the number of the error
local function write(stream, text)
  M.used = true
  progress.erase()
  if text:sub(-1) ~= "\n" then
    text = text .. "\n"
  end
  local ok, message, number = stream:write(text)
  if ok then
    ok, message, number = stream:flush()
  end
  return ok, message, number
end

-- ---------------------------------------------------------------------------------------------
-- Colours

local COLOURS = { red = 31, green = 32, yellow = 33, blue = 34, cyan = 36, bold = 1, dim = 2 }

-- The beginning of a colour from `paint`: parameters that reset the style, written in a form that only this process
-- knows. So a colour in a value of AWS or a file is recognized, and escaped.
local COLOUR_START = "\27["
for _ = 1, 14 do
  COLOUR_START = COLOUR_START .. (math.random(2) == 1 and "0;" or ";")
end

-- Whether a variable is set, and not empty.
local function is_set(name)
  local value = os.getenv(name)
  return value ~= nil and value ~= ""
end

-- NO_COLOR takes precedence over CLICOLOR_FORCE, which takes precedence over the rest (https://no-color.org,
-- https://bixense.com/clicolors).
local function has_colours(descriptor)
  if is_set "NO_COLOR" then
    return false
  elseif is_set "CLICOLOR_FORCE" and os.getenv "CLICOLOR_FORCE" ~= "0" then
    return true
  end
  return os.getenv "CLICOLOR" ~= "0" and os.getenv "TERM" ~= "dumb" and system.isatty(descriptor)
end

--- Colours a text where stdout (or the descriptor given) is a terminal with colours.
---@param colour? string red, green, yellow, blue, cyan, bold or dim
---@param text string
---@param descriptor? integer  1 (stdout) by default; 2 is stderr
---@return string
function M.paint(colour, text, descriptor)
  if not colour or not has_colours(descriptor or STDOUT) then
    return text
  end
  return ("%s%dm%s%s0m"):format(COLOUR_START, COLOURS[colour], text, COLOUR_START)
end

-- Escapes a text for the terminal: nothing in it controls the terminal but line ends, tabs and the colours of `paint`,
-- which are left out where the descriptor has none.
local function safe(text, descriptor)
  if not text:find(COLOUR_START, 1, true) then
    return escape.lines(text)
  end
  local parts, position, coloured = {}, 1, nil
  while true do
    local first, last = text:find(COLOUR_START, position, true)
    parts[#parts + 1] = escape.lines(text:sub(position, (first or 0) - 1))
    if not first then
      return table.concat(parts)
    end
    local code, after = text:match("^(%d+)m()", last + 1)
    if coloured == nil then
      coloured = has_colours(descriptor)
    end
    parts[#parts + 1] = code and coloured and ("\27[%sm"):format(code) or ""
    position = after or last + 1
  end
end

-- ---------------------------------------------------------------------------------------------
-- Results and diagnostics

local function write_result(text)
  if text == "" or M.closed then
    return
  end
  local ok, message, number = write(io.stdout, text)
  M.closed = not ok and number == M.CLOSED_PIPE
  if not ok and not M.closed then
    exit.problem("OutputFailed", "cannot write the result: " .. message)
  end
end

--- Prints part of the result on stdout, for a person: characters that are not printable become escapes. A result that
--- cannot be written ends the script.
---@param text string
function M.out(text)
  write_result(safe(text, STDOUT))
end

--- Prints part of the result on stdout, for a program: CSV, HTML or another format with its own escapes. The text is
--- not changed.
---@param text string
function M.data(text)
  write_result(text)
end

--- Prints JSON on stdout. Characters in its strings that are not printable become JSON's escapes, so that a parser
--- reads the same values.
---@param text string
function M.json(text)
  write_result(escape.json(text))
end

--- Prints a diagnostic on stderr. Characters that are not printable become escapes.
---@param text string
function M.note(text)
  write(io.stderr, safe(text, STDERR))
end

--- Reports whether stdout is a terminal with colours.
---@return boolean
function M.colours()
  return has_colours(STDOUT)
end

--- Reports whether the user's locale has UTF-8: the first of LC_ALL, LC_CTYPE and LANG that is set decides.
---@return boolean
function M.has_utf8()
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    if is_set(name) then
      return os.getenv(name):lower():find "utf%-?8" ~= nil
    end
  end
  return false
end

-- The bounds of a width that is taken seriously.
local NARROWEST, WIDEST = 10, 10000

-- The width that COLUMNS gives. Shells export it if they are asked to, and it takes precedence as for other programs.
local function columns_given()
  local columns = math.tointeger(tonumber(os.getenv "COLUMNS"))
  return columns and columns >= 1 and columns <= WIDEST and math.max(columns, NARROWEST) or nil
end

--- The width of the terminal on stdout in columns; nil where stdout is not a terminal.
---@return integer?
function M.width()
  local columns = system.columns(STDOUT)
  return columns and (columns_given() or math.max(columns, NARROWEST))
end

--- The width to lay out text for: that of COLUMNS or the terminal, else 80.
---@return integer
function M.text_width()
  return columns_given() or M.width() or 80
end

--- Shows what is being waited for on stderr, as part of the line of progress; nil when it is over. Nothing is shown
--- where stderr is not a terminal.
---@type fun(text?: string)
M.progress = progress.text

--- Asks before a far-reaching change. `--yes` answers yes. Without a terminal the script ends with a usage error, so
--- that nothing waits for an answer that cannot come.
---@param options { yes?: boolean }  of `Command:parse`
---@param question string an imperative with its question mark: "Revoke in all 2 repositories?"
function M.confirm(options, question)
  if options.yes then
    return
  end
  if not prompt.possible() then
    exit.problem("ConfirmationRequired", ("this would %s; without a terminal, pass --yes to confirm"):format(
      question:gsub("^%u", string.lower):gsub("%?$", "")))
  end
  local answer = prompt.ask(escape.printable(question) .. " [y/N] ")
  if not answer or not answer:lower():match "^%s*y" then
    exit.problem("NotConfirmed", "nothing was changed")
  end
end

return M
