-- A command that runs beside the loop, its output handed on as it comes.
--
--   child.run { words = { "sort" }, input = text, errors = "join", timeout = 60, output = function(piece) end }
--     --> { status = N | nil, signal = N | nil, elapsed = seconds, errors } | nil, err
--   err.code is CannotRun, Timeout or SystemError.
--
-- No shell reads the words; it reads `input`, or nothing. Its standard error is ours; with errors = "join" it
-- comes with its output, with "keep" in the result (its last 64 KiB).
-- When the task is cancelled the command is asked to end (SIGTERM), so that it can leave things whole; it is
-- killed, with all that it started, when it has not in 10 s, and at once when `output` raises before.

local clock = require "lanyard.clock"
local core = require "lanyard.process.core"
local task = require "lanyard.task"

local M = {}

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

function M.run(options)
  local started = clock.now()
  local op, err = core.start {
    words = options.words, input = options.input, errors = options.errors,
    timeout = options.timeout or NO_LIMIT, stream = true,
  }
  if not op then
    return nil, err
  end
  local cancelled = false
  local reader <close> = task.spawn(read, op, function(piece)
    if cancelled then
      pcall(options.output, piece) -- what raises here must not cut short the time that it has to end
    else
      options.output(piece)
    end
  end)
  local ok, ended, why = pcall(reader.join, reader)
  if ok then
    if ended then
      ended.elapsed = clock.now() - started
    end
    return ended, why
  end
  if ended == task.cancelled then
    cancelled = true
    op:terminate()
    task.timeout(GRACE, reader.join, reader)
  end
  error(ended, 0)
end

-- lanyard(words) --> the words of a command that has the lanyard which runs this do it; from stock Lua, the one
-- that is in PATH.
function M.lanyard(words)
  local binary = package.preload["lanyard.embedded"] and require("lanyard.embedded").binary()
  return { binary or "lanyard", table.unpack(words) }
end

-- What its end was, in words: "ended with status 3", "was terminated by signal 9".
function M.describe(ended)
  if ended.signal then
    return ("was terminated by signal %d"):format(ended.signal)
  end
  return ("ended with status %d"):format(ended.status)
end

return M
