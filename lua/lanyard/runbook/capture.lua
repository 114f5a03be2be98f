--- Captures what Lua code of this process writes to stdout and stderr.
---
---     local _ <close> = capture.start(function(text) transcript[#transcript + 1] = text end)
---
--- Until it is closed, io.stdout, io.stderr, io.write, print and os.exit are replaced: file descriptors cannot be
--- redirected instead, because the runbook itself writes to them meanwhile. os.exit ends the block, not the runbook.
---
--- The output of commands is captured, too: os.execute runs them beside the event loop and without stdin, and the
--- standard error of io.popen and lanyard.process is passed on (with mode "w", standard output as well).

local cli = require "lanyard.cli"
local process = require "lanyard.process"
local system = require "lanyard.system"

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

-- Like os.execute, but passes on the output of the command.
local function execute_to(output, command)
  if command == nil then
    return true -- there is a shell
  end
  local result = process.run { words = { "sh", "-c", tostring(command) }, errors = "join", output = output }
  if not result then
    return nil, "exit", 127 -- as a shell reports a command that cannot be run
  end
  local number = result.signal or result.status
  return number == 0 and not result.signal or nil, result.signal and "signal" or "exit", number
end

-- The files to which commands of io.popen write what is not for the block.
local Files = {}
Files.__index = Files

-- Passes on what was written since the last call.
function Files:drain()
  for _, file in ipairs(self) do
    local text = file.stream:read "a"
    if text ~= "" then
      self.output(text)
    end
  end
end

function Files:close()
  self:drain()
  for i, file in ipairs(self) do
    file.stream:close()
    system.remove(file.path)
    self[i] = nil
  end
end

-- Like io.popen, but what the command writes to standard error, and with mode "w" to standard output, goes to a file.
function Files:popen(command, mode)
  local path = os.tmpname()
  local stream = assert(self.open(path, "rb"))
  table.insert(self, { path = path, stream = stream })
  local redirection = mode == "w" and "exec >>'%s' 2>&1\n" or "exec 2>>'%s'\n"
  return self.real_popen(redirection:format(path) .. tostring(command), mode)
end

local GLOBALS = { { io, "stdout" }, { io, "stderr" }, { io, "write" }, { io, "popen" }, { _G, "print" }, { os, "exit" },
  { os, "execute" }, { process, "diagnostics" } }

-- Returns the values of GLOBALS in their order.
local function get_globals()
  local values = {}
  for i, place in ipairs(GLOBALS) do
    values[i] = rawget(place[1], place[2]) or false
  end
  return values
end

local function set_globals(values)
  for i, place in ipairs(GLOBALS) do
    rawset(place[1], place[2], values[i] or nil)
  end
end

--- Starts a capture. It ends when the returned value is closed.
---@param output fun(text: string)  must not itself write with io.stdout, io.write or print
---@return table guard  a to-be-closed value
function M.start(output)
  local before = get_globals()
  local files = setmetatable({ output = output, real_popen = io.popen, open = io.open }, Files)
  local function write(text)
    files:drain()
    output(text)
  end
  local captured = substitute(io.stdout, write)
  set_globals {
    captured, substitute(io.stderr, write),
    function(...) return captured:write(...) end,
    function(command, mode) return files:popen(command, mode) end,
    function(...) print_to(write, ...) end,
    leave,
    function(command) return execute_to(write, command) end,
    write,
  }
  return setmetatable({}, {
    __close = function()
      set_globals(before)
      files:close()
    end,
  })
end

return M
