--- Runs a command without blocking the event loop, and passes on its output as it is printed.
---
--- ```lua
--- local process = require "lanyard.process"
--- local pieces = {}
--- local result = assert(process.run {
---   words = { "sort" }, input = "b\na\n",
---   output = function(piece) pieces[#pieces + 1] = piece end,
--- })
--- print(result.status, (table.concat(pieces):gsub("\n", " ")))
--- --> 0	a b
--- ```
---
--- The command runs without a shell. When the calling task is cancelled, the command receives SIGTERM, so that it can
--- end in a consistent state. After 10 seconds, or as soon as `output` raises an error before, the command and all
--- processes that it started are killed.

local clock = require "lanyard.clock"
local core = require "lanyard.process.core"
local task = require "lanyard.task"

local M = {}

--- Receives the standard error of commands that would inherit it, once they have ended: its last 64 KiB. nil: they
--- inherit it.
---@type fun(text: string)?
M.diagnostics = nil

local GRACE = 10
local NO_LIMIT = 0

local function read(op, output)
  local _ <close> = setmetatable({}, { __close = function() op:cancel() end })
  while true do
    local ended, err = task.await(op)
    if not (ended and ended.piece) then
      return ended, err
    end
    output(ended.piece)
    op:resume()
  end
end

-- Moves the standard error of a command from its result to a receiver, if there is one.
local function pass_errors(result, receive)
  if receive and result.errors and result.errors ~= "" then
    receive(result.errors)
  end
  result.errors = not receive and result.errors or nil
end

--- What `run` runs, and how.
---@class lanyard.Command
---@field words string[]          the command and its arguments
---@field input? string           its standard input; empty by default
---@field errors? "join"|"keep"   "join": standard error is a part of the output; "keep": its last 64 KiB are in the
---                               result; inherited by default
---@field timeout? number         seconds; no limit by default
---@field output fun(piece: string)  receives its standard output as it is printed, in pieces of any length
---@field interrupted? fun(result: lanyard.CommandResult)  receives how the command ended after its task was cancelled,
---                               before the cancellation is raised

--- How a command ended: with a status or by a signal.
---@class lanyard.CommandResult
---@field status? integer  the exit status
---@field signal? integer  the signal that terminated the command
---@field elapsed number   seconds
---@field errors? string   the end of its standard error, with errors = "keep"

--- Runs a command and waits for its end. A status that is not 0 is a result, not an error.
---@param options lanyard.Command
---@return lanyard.CommandResult? result
---@return lanyard.Error? err  code "CannotRun", "Timeout" or "SystemError"
function M.run(options)
  local started = clock.now()
  local receive = not options.errors and M.diagnostics
  local op, err = core.start {
    words = options.words, input = options.input, errors = receive and "keep" or options.errors,
    timeout = options.timeout or NO_LIMIT, stream = true,
  }
  if not op then
    return nil, err
  end
  local cancelled = false
  local reader <close> = task.spawn(read, op, function(piece)
    if cancelled then
      pcall(options.output, piece) -- an error here must not shorten the time that the command has to end
    else
      options.output(piece)
    end
  end)
  local ok, ended, failure = pcall(reader.join, reader)
  if ok then
    if ended then
      ended.elapsed = clock.now() - started
      pass_errors(ended, receive)
    end
    return ended, failure
  end
  if ended == task.cancelled then
    cancelled = true
    op:terminate()
    local result = task.timeout(GRACE, reader.join, reader)
    if result then
      pass_errors(result, receive)
    end
    if result and options.interrupted then
      options.interrupted(result)
    end
  end
  error(ended, 0)
end

--- Returns the words of a command that runs lanyard with these words: the binary that is running, or from stock Lua the
--- one in PATH. `run` takes the result as `words`.
---@param words string[]
---@return string[] words
function M.lanyard(words)
  local binary = package.preload["lanyard.embedded"] and require("lanyard.embedded").binary()
  return { binary or "lanyard", table.unpack(words) }
end

--- Describes how a command ended.
---
--- ```lua
--- print("tar " .. process.describe { status = 3 })
--- --> tar exited with status 3
--- ```
---@param ended { status?: integer, signal?: integer }
---@return string text
function M.describe(ended)
  if ended.signal then
    return ("was terminated by signal %d"):format(ended.signal)
  end
  return ("exited with status %d"):format(ended.status)
end

return M
