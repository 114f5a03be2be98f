-- Runs the commands of scripts/ in this process, against a world (world.lua): for specs that run a command thousands of
-- times. Load this module before any other that prints.
--
--   local commands = require "commands"
--   local result = commands.run(world, { "grant", "web", "a", "--output", "json" })
--   result.status, result.out, result.err, result.internal   -- internal: the text of an internal error

local terminal = require "lanyard.cli.terminal"

local output
for _, name in ipairs { "out", "data", "json" } do
  terminal[name] = function(text) output.out[#output.out + 1] = text end
end
function terminal.note(text) output.err[#output.err + 1] = text end
function terminal.progress() end

local access = require "lanyard.access"
local aws = require "lanyard.aws"
local exit = require "lanyard.cli.exit"
local system = require "lanyard.system"

local M = {}

local current -- the world of the running command
local open_session, connect = aws.session, access.connect

-- Returns settings, with others in their place where both have them.
local function with(settings, others)
  local all = {}
  for name, value in pairs(settings or {}) do all[name] = value end
  for name, value in pairs(others) do all[name] = value end
  return all
end

function aws.session(settings)
  return open_session(current and with(settings, current:session_settings(current.clock_of_command)) or settings)
end

function access.connect(session, settings)
  return connect(session, current and with(settings, {
    clock = current.clock_of_command, journal_root = current.folder .. "/journal",
  }) or settings)
end

local chunks = {}

local function chunk_of(name)
  local path = ("scripts/%s.lua"):format(name)
  chunks[name] = chunks[name] or assert(load(assert(system.read_file(path)), "@" .. path, "t"))
  return chunks[name]
end

-- Returns the chunk of a command or sub-command, and the position of its first argument.
local function command_of(words)
  local name = ("%s/%s"):format(words[1], words[2])
  if system.read_file(("scripts/%s.lua"):format(name)) then
    return chunk_of(name), 3
  end
  return chunk_of(words[1]), 2
end

-- Runs a command.
function M.run(world, words)
  output = { out = {}, err = {} }
  world.clock_of_command = world:clock()
  current = world
  local chunk, first = command_of(words)
  local results = table.pack(xpcall(chunk, function(raised)
    return type(raised) == "string" and debug.traceback(raised, 2) or raised
  end, table.unpack(words, first)))
  current = nil
  local result = {}
  if results[1] then
    result.status, result.message = exit.of_results(table.unpack(results, 2, results.n))
  else
    result.status, result.message = exit.of_error(results[2], true)
    result.internal = type(results[2]) == "string" and results[2] or nil
  end
  output.err[#output.err + 1] = result.message
  result.out, result.err = table.concat(output.out), table.concat(output.err, "\n")
  return result
end

return M
