--- Runs a `lua` block of a runbook in this process, so that the blocks share their globals.
---
---     local environment = lua_block.environment { service = "web" }
---     local f = assert(lua_block.load("print(vars.service)", "restore.md", 12, environment))
---     local result = lua_block.run(f, io.write)
---
--- A block ends like a script: by returning, with cli.leave, cli.fail or os.exit, or with an error. See
--- lanyard.cli.exit for the exit statuses.

local capture = require "lanyard.runbook.capture"
local command_line = require "lanyard.cli.command"
local errors = require "lanyard.errors"
local exit = require "lanyard.cli.exit"
local task = require "lanyard.task"

local M = {}

--- Returns the globals that the blocks of a runbook share.
---@param vars table<string, string>  the values of --set; reading another name from the global `vars` is an error
---@return table
function M.environment(vars)
  local checked = setmetatable({}, {
    __index = function(_, name)
      return vars[name] or error(("vars.%s has no value: pass --set %s=VALUE"):format(name, name), 2)
    end,
  })
  return setmetatable({ vars = checked }, { __index = _G })
end

--- Compiles a block.
---@param text string
---@param name string        the runbook's file name, for messages
---@param line integer       the line in the runbook where the text begins, for messages
---@param environment table  from `environment`
---@return function?
---@return lanyard.Error? err  code InvalidFile
function M.load(text, name, line, environment)
  local f, message = load(("\n"):rep(line - 1) .. text, "@" .. name, "t", environment)
  if not f then
    return nil, errors.new { code = "InvalidFile", message = message }
  end
  return f
end

local function with_traceback(raised)
  return type(raised) == "string" and command_line.debug and debug.traceback(raised, 2) or raised
end

--- Runs a compiled block. Raises only when the task is cancelled.
---@param f function
---@param output fun(text: string)  receives what the block writes to stdout and stderr
---@return { status: integer, message: string? }  # message: why it failed, when it says so
function M.run(f, output)
  local _ <close> = capture.start(output)
  local results = table.pack(xpcall(f, with_traceback))
  if results[2] == task.cancelled then
    error(task.cancelled, 0)
  end
  local status, message
  if results[1] then
    status, message = exit.of_results(table.unpack(results, 2, results.n))
  else
    status, message = exit.of_error(results[2], command_line.debug)
  end
  return { status = status, message = message }
end

return M
