--- What a spec of a user's command has: tests against a fresh emulator, and assertions. `lanyard test` runs specs.
---
--- ```lua
--- local testing = require "lanyard.testing"
--- local assert = testing.assert -- a spec has it without this line
--- assert.same({ "web", { 1 } }, { "web", { 1 } })
--- local failure = assert.has_error(function() assert.equal(1, 2) end)
--- print((failure.message:gsub("%s+", " ")))
--- --> expected 1 got 2
--- ```
---
--- A spec has describe, it, pending, before_each, after_each and assert as globals; other modules take them from here.
--- `lanyard help test` shows a spec. Each test has its own emulator, home folder and journal, and no
--- credentials of this machine, so that no call reaches AWS, neither from the test nor from a command that it runs.

local data_file = require "lanyard.emulator.data_file"
local process = require "lanyard.process"
local shellwords = require "lanyard.text.shellwords"
local suite = require "lanyard.testing.suite"
local system = require "lanyard.system"

local M = {
  describe = suite.describe,
  it = suite.it,
  pending = suite.pending,
  before_each = suite.before_each,
  after_each = suite.after_each,
  --- The module lanyard.assertions. `assert(value, message)` fails like Lua's own.
  ---@type table
  assert = require "lanyard.assertions",
}

local function current()
  return suite.current or error("no test is running: call it from a test, before_each or after_each", 3)
end

-- Returns a table, or what a file beside the spec contains.
local function value_of(value)
  if type(value) == "string" then
    local path = value:find "^/" and value or M.path(value)
    local read, err = data_file.read(path)
    if not read then
      error(tostring(err), 3)
    end
    return read
  elseif type(value) ~= "table" then
    error("expected a table, or the name of a file", 3)
  end
  return value
end

--- Sets what the emulators of the tests of this block have at first: a table, or a .lua or .json file beside the spec.
--- `lanyard help emulate` describes seeds.
---@param value table|string
function M.seed(value)
  suite.set("seed", value_of(value))
end

--- Sets the faults that the emulators of the tests of this block inject: a fault plan, or a file beside the spec.
---@param value table|string
function M.faults(value)
  suite.set("faults", value_of(value))
end

--- How a command ended, and what it printed.
---@class testing.Result
---@field status integer|string  the exit status, or "signal N"
---@field out string
---@field err string

--- Runs a lanyard command against the emulator of the test.
---@param words string|string[]  "size web", or { "size", "web" }
---@param options? { input?: string, environment?: table<string, string> }
---@return testing.Result
function M.run(words, options)
  current()
  options = options or {}
  if type(words) == "string" then
    local message
    words, message = shellwords.split(words)
    if not words then
      error(message, 2)
    end
  end
  local command = process.lanyard(words)
  local assignments = {}
  for name, value in pairs(options.environment or {}) do
    assignments[#assignments + 1] = name .. "=" .. value
  end
  if #assignments > 0 then
    command = { "env", table.unpack(table.move(command, 1, #command, #assignments + 1, assignments)) }
  end
  local parts = {}
  local result, err = process.run {
    words = command, input = options.input, errors = "keep", output = function(piece) parts[#parts + 1] = piece end,
  }
  if not result then
    error(tostring(err), 2)
  end
  return {
    status = result.status or "signal " .. result.signal, out = table.concat(parts), err = result.errors or "",
  }
end

--- Returns the empty folder of the test, which is removed after it.
---@return string
function M.folder()
  return current().folder
end

--- Writes a file in the folder of the test.
---@param name string
---@param text string
---@return string path
function M.write(name, text)
  local path = current().folder .. "/" .. name
  local folder = path:match "^(.*)/"
  local ok, err = system.mkdirs(folder)
  if ok then
    ok, err = system.write_file(path, text)
  end
  if not ok then
    error(tostring(err), 2)
  end
  return path
end

--- Returns the path of a file beside the spec.
---@param name string
---@return string path
function M.path(name)
  return suite.spec_folder .. "/" .. name
end

--- Returns the address of the test's emulator, for programs other than lanyard. AWS_ENDPOINT_URL has it, too.
---@return string
function M.url()
  return current().emulator.url
end

--- Returns how many calls the test's emulator has received.
---@return integer
function M.calls()
  return current().emulator.world.calls
end

return M
