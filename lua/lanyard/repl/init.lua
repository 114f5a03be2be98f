--- Reads, runs and prints lines of Lua, each in a task of its own.
---
---     repl.run { interactive = true, globals = globals, history = path }
---
--- A line that is an expression is printed. Input that is not complete is continued on the next line. An interrupt ends
--- the line that runs, and nothing else.

local complete = require "lanyard.repl.complete"
local editor = require "lanyard.repl.editor"
local errors = require "lanyard.errors"
local exit = require "lanyard.cli.exit"
local history = require "lanyard.repl.history"
local pretty = require "lanyard.text.pretty"
local system = require "lanyard.system"
local task = require "lanyard.task"
local terminal = require "lanyard.cli.terminal"

local M = {}

local STDIN = 0
local PROMPT, CONTINUED = "> ", ">> "

---@class repl.Options
---@field globals table
---@field interactive boolean  stdin and stdout are a terminal: with an editor, history and prompts
---@field history? string      the file of the history

-- ---------------------------------------------------------------------------------------------
-- Evaluation

-- Compiles a line: as an expression, or as statements. Returns the chunk, or nil, the message and whether more lines
-- could complete it.
local function compile(text, globals, name)
  local chunk = load("return " .. text, name, "t", globals)
  if chunk then
    return chunk
  end
  local message
  chunk, message = load(text, name, "t", globals)
  return chunk, message, message ~= nil and message:find "<eof>$" ~= nil
end

-- The name of a chunk, in messages of Lua: at a terminal "line"; else "stdin:N", where N is its first line.
local function name_of(number, options)
  return options.interactive and "=line" or "=stdin:" .. number
end

-- Replaces the first line of a chunk and the line in it, which Lua gives, by the line of the input.
local function with_lines(text)
  return (text:gsub("stdin:(%d+):(%d+):", function(first, line) return ("stdin:%d:"):format(first + line - 1) end))
end

-- Prints a message. Without a terminal the run ends, and the line is one that a command would end with.
local function print_failure(text, code, options)
  text = text:match "^(.-)\nstack traceback:\n" or text
  terminal.note(options.interactive and text or "lanyard: " .. exit.with_code(with_lines(text), code))
end

-- Prints a failure as a command would.
local function report(raised, options)
  if errors.is(raised) or exit.is_exit(raised) then
    terminal.note((options.interactive and "" or "lanyard: ")
      .. (errors.is(raised) and exit.describe(raised) or raised.message))
  else
    print_failure(type(raised) == "table" and pretty.render(raised) or tostring(raised), "ScriptError", options)
  end
end

local function print_results(results, globals)
  if results.n == 0 then
    return
  end
  local failed = results[1] == nil and errors.is(results[2])
  local parts, count = {}, results.n
  while count > 1 and results[count] == nil do -- a call of AWS returns its reply, and nil for the error
    count = count - 1
  end
  for i = 1, failed and 1 or count do
    parts[i] = pretty.render(results[i], terminal.width())
  end
  terminal.out(table.concat(parts, "\n"))
  if failed then
    terminal.note(exit.describe(results[2]))
  elseif results[1] ~= nil then
    globals._ = results[1]
  end
end

-- Runs a chunk in a task, and prints its results. Returns whether it succeeded.
local function evaluate(chunk, options)
  local running <close> = task.spawn(function()
    print_results(table.pack(chunk()), options.globals)
  end)
  if options.interactive then
    task.on_interrupt(function() running:cancel() end)
  end
  local ok, raised = pcall(running.join, running)
  if options.interactive then
    task.on_interrupt(function() end)
  end
  if ok then
    return true
  elseif raised == task.cancelled and options.interactive then
    terminal.note "interrupted"
  elseif raised == task.cancelled or exit.is_exit(raised) and not raised.message then
    error(raised, 0)
  else
    report(raised, options)
  end
  return false
end

-- ---------------------------------------------------------------------------------------------
-- Input

-- Returns a function that reads lines from standard input, without a buffer of the C library.
local function line_reader()
  local pending, start = "", 1
  return function()
    local searched = start
    while true do
      local stop = pending:find("\n", searched, true)
      if stop then
        local line = pending:sub(start, stop - 1)
        start = stop + 1
        return line
      end
      task.readable(STDIN)
      local bytes, err = system.read(STDIN)
      if not bytes then
        error(err, 0)
      end
      pending = pending:sub(start)
      if bytes == "" then
        local line = pending
        pending, start = "", 1
        return line ~= "" and line or nil
      end
      searched, start, pending = #pending + 1, 1, pending .. bytes
    end
  end
end

-- Like line_reader, for a person at a terminal that has no escape sequences: the terminal edits the lines.
local function prompted_reader()
  local read = line_reader()
  return function(prompt)
    io.stdout:write(prompt)
    io.stdout:flush()
    local line = read()
    if not line then
      io.stdout:write "\n"
    end
    return line
  end
end

-- Returns a function that reads lines with the editor. The terminal is raw only while a line is edited, so that a line
-- that runs gets interrupts and can ask questions.
local function edited_reader(options, record)
  local edit = editor.new {
    history = record,
    complete = function(text) return complete.at(text, options.globals) end,
    input = function()
      task.readable(STDIN)
      return (exit.check(system.read(STDIN)))
    end,
    output = function(text)
      io.stdout:write(text)
      io.stdout:flush()
    end,
    columns = function() return terminal.width() or 80 end,
  }
  return function(prompt)
    local _ <close> = exit.check(system.raw_terminal(STDIN))
    return edit:read(prompt)
  end
end

-- Reads lines until they are complete. Returns the text and its chunk, or the text, nil and the message; nil at the end
-- of the input; false if the input was discarded.
-- name: of the chunk
local function read_chunk(read, globals, name)
  local text
  while true do
    local line = read(text and CONTINUED or PROMPT)
    if not line then
      if line == nil and text then
        return text, nil, select(2, compile(text, globals, name))
      end
      return line
    end
    text = text and text .. "\n" .. line or line
    local chunk, message, open = compile(text, globals, name)
    if chunk or not open then
      return text, chunk, message
    end
  end
end

--- Runs lines until the end of the input.
---@param options repl.Options
---@return boolean ok  whether every line succeeded; always true for a person at a terminal
function M.run(options)
  local _ <close> = setmetatable({}, { __close = function() task.on_interrupt(nil) end })
  local record = history.open(options.interactive and options.history or nil)
  local read = not options.interactive and line_reader()
    or os.getenv "TERM" == "dumb" and prompted_reader() or edited_reader(options, record)
  local failed, number = false, 1
  if options.interactive then
    task.on_interrupt(function() end)
  end
  while true do
    local text, chunk, message = read_chunk(read, options.globals, name_of(number, options))
    if text == nil then
      return options.interactive or not failed
    elseif text and options.interactive then
      record:add(text)
    end
    number = number + 1 + select(2, (text or ""):gsub("\n", ""))
    if message then
      print_failure(message, "InvalidScript", options)
    end
    local ok = not text or chunk and evaluate(chunk, options)
    failed = failed or not ok
    if failed and not options.interactive then
      return false
    end
  end
end

return M
