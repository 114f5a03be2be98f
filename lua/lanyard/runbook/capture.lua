--- Captures what Lua code of this process writes to stdout and stderr.
---
---     local _ <close> = capture.start(function(text) transcript[#transcript + 1] = text end)
---
--- Until it is closed, io.stdout, io.stderr, io.write, print and os.exit are replaced: file descriptors cannot be
--- redirected instead, because the runbook itself writes to them meanwhile. os.exit ends the block, not the runbook.

local cli = require "lanyard.cli"

local M = {}

-- Returns an object that can be used like the stream: writes go to `output`, other methods to the stream.
local function substitute(stream, output)
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

--- Starts a capture. It ends when the returned value is closed.
---@param output fun(text: string)  must not itself write with io.stdout, io.write or print
---@return table guard  a to-be-closed value
function M.start(output)
  local stdout, stderr, write, printer, exit = io.stdout, io.stderr, io.write, print, os.exit
  local captured = substitute(stdout, output)
  set_globals(captured, substitute(stderr, output),
    function(...) return captured:write(...) end,
    function(...) print_to(output, ...) end,
    leave)
  return setmetatable({}, { __close = function() set_globals(stdout, stderr, write, printer, exit) end })
end

return M
