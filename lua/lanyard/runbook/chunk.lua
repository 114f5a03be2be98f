-- A `lua` block: run in this process, so that blocks of a runbook share what they assign to globals, and with all
-- that it prints handed on, so that it can be kept.
--
--   chunk.load(text, name, line, environment) --> function | nil, err { code = "InvalidFile", line }
--   chunk.run(f, output) --> { status = N, message = text | nil }      output(text) takes what it prints
--
-- It ends as a script does: with the integer that it returns, with 1 where it returns false or nil, err, by cli.leave,
-- cli.fail or os.exit, or by an error.

local cli = require "lanyard.cli"
local command_line = require "lanyard.cli.command"
local endings = require "lanyard.cli.exit"
local errors = require "lanyard.errors"
local task = require "lanyard.task"

local M = {}

-- environment(vars): the globals that the blocks of a runbook share, with `vars` among them.
function M.environment(vars)
  local checked = setmetatable({}, {
    __index = function(_, name)
      return vars[name] or error(("vars.%s has no value: pass --set %s=VALUE"):format(name, name), 2)
    end,
  })
  return setmetatable({ vars = checked }, { __index = _G })
end

-- `line`: where its first line stands in the file, so that errors tell that.
function M.load(text, name, line, environment)
  local f, why = load(("\n"):rep(line - 1) .. text, "@" .. name, "t", environment)
  if not f then
    return nil, errors.new { code = "InvalidFile", message = why }
  end
  return f
end

-- Stands in the place of a stream; what is not writing goes to the stream itself.
local function stand_in(stream, output)
  local file = {}
  function file:write(...)
    for i = 1, select("#", ...) do
      output(tostring((select(i, ...))))
    end
    return self
  end
  function file:flush()
    return self
  end
  return setmetatable(file, {
    __index = function(_, name)
      return function(_, ...) return stream[name](stream, ...) end
    end,
  })
end

local function print_to(output, ...)
  local parts = table.pack(...)
  for i = 1, parts.n do
    parts[i] = tostring(parts[i])
  end
  output(table.concat(parts, "\t") .. "\n")
end

-- In the place of os.exit: the block ends, not the runbook.
local function leave(code)
  cli.leave(math.tointeger(code) or code == false and cli.exit.failed or cli.exit.ok)
end

local function set_globals(stdout, stderr, write, printer, exit)
  rawset(io, "stdout", stdout)
  rawset(io, "stderr", stderr)
  rawset(io, "write", write)
  rawset(_G, "print", printer)
  rawset(os, "exit", exit)
end

-- Lets output(text) have all that Lua code of this process writes to stdout and stderr, until it is closed.
local function divert(output)
  local stdout, stderr, write, printer, exit = io.stdout, io.stderr, io.write, print, os.exit
  local diverted = stand_in(stdout, output)
  set_globals(diverted, stand_in(stderr, output),
    function(...) return diverted:write(...) end,
    function(...) print_to(output, ...) end,
    leave)
  return setmetatable({}, { __close = function() set_globals(stdout, stderr, write, printer, exit) end })
end

local function with_traceback(raised)
  return type(raised) == "string" and command_line.debug and debug.traceback(raised, 2) or raised
end

function M.run(f, output)
  local _ <close> = divert(output)
  local outcome = table.pack(xpcall(f, with_traceback))
  if outcome[2] == task.cancelled then
    error(task.cancelled, 0)
  end
  local status, message
  if outcome[1] then
    status, message = endings.of_results(table.unpack(outcome, 2, outcome.n))
  else
    status, message = endings.of_error(outcome[2], command_line.debug)
  end
  return { status = status, message = message }
end

return M
