--- Runs one spec in the process that lanyard.testing.process starts for it, and reports each test on stdout, as lines
--- that begin with the process's token. What the spec prints goes to stderr.

local emulator = require "lanyard.emulator"
local clock = require "lanyard.clock"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local search_path = require "lanyard.cli.search_path"
local system = require "lanyard.system"
local task = require "lanyard.task"
local testing = require "lanyard.testing"
local suite = require "lanyard.testing.suite"

local M = { shown = "" }

local INTERRUPTED = 130 -- the exit status

-- Where calls go while no test runs: nothing answers there.
local NOWHERE = "http://127.0.0.1:1"

-- The lines of a traceback that are in the user's files: the ones below the spec's folder, or the spec itself.
local function shortened(text, shown)
  local message, trace = text:match "^(.-)\nstack traceback:\n(.*)$"
  if not message then
    return text
  end
  local kept = { message }
  for line in trace:gmatch "[^\n]+" do
    if line:find(shown, 1, true) or line:find(suite.spec_folder, 1, true) then
      kept[#kept + 1] = "  at" .. line:gsub("^%s*", " ")
    end
  end
  return table.concat(kept, "\n")
end

-- Returns how a raised value is reported: { message, location }.
local function failure_of(raised)
  if testing.assert.is_failure(raised) then
    return { message = raised.message, location = raised.location }
  elseif errors.is(raised) then
    return { message = require("lanyard.cli.exit").describe(raised) }
  end
  return { message = shortened(tostring(raised), M.shown), is_error = true }
end

-- A string that is raised gets its traceback; other values stay as they are.
local function explain(raised)
  if type(raised) ~= "string" or raised:find("\nstack traceback:\n", 1, true) then
    return raised
  end
  return debug.traceback(raised, 2)
end

-- Calls the functions of a list. Returns nil, or the first failure.
local function call_all(functions)
  local first
  for _, f in ipairs(functions) do
    local ok, raised = xpcall(f, explain)
    if not ok then
      if raised == task.cancelled then
        error(raised, 0)
      end
      first = first or failure_of(raised)
    end
  end
  return first
end

-- Runs the body of a test. Returns nil, or its failure.
local function run_body(test)
  for _, f in ipairs(test.before) do
    local failure = call_all { f }
    if failure then
      return failure
    end
  end
  return call_all { test.f }
end

-- Gives the test an empty home folder and a new emulator. Closing the result removes both.
local function surroundings(test, options)
  local folder = assert(system.temp_folder "lanyard-test")
  local em, err = emulator.start {
    seed = test.seed or options.seed, faults = test.faults, activation_delay = 0, reformat = true,
  }
  if not em then
    system.remove_tree(folder)
    error(errors.new { code = err.code, message = err.message }, 0)
  end
  for name, below in pairs { HOME = "", TMPDIR = "", XDG_STATE_HOME = "/.state", XDG_CONFIG_HOME = "/.config",
    XDG_CACHE_HOME = "/.cache", XDG_DATA_HOME = "/.data" } do
    system.setenv(name, folder .. below)
  end
  emulator.use(em)
  suite.current = { folder = folder, emulator = em }
  return setmetatable({}, { __close = function()
    suite.current = nil
    system.setenv("AWS_ENDPOINT_URL", NOWHERE)
    em:stop()
    system.setenv("TMPDIR", options.temporary)
    system.remove_tree(folder)
  end })
end

-- Runs one test. Returns nil, or its failure.
local function run_test(test, options)
  local _ <close> = surroundings(test, options)
  local failure, err = task.timeout(options.timeout, function()
    return run_body(test) or false
  end)
  if failure == nil then
    failure = { message = ("the test is %s (--timeout)"):format(err.message), timed_out = true }
  end
  local after = call_all(test.after)
  return failure or after or nil
end

-- Prints a line for the parent.
local function reporter(token)
  local stdout = io.stdout
  return function(event)
    stdout:write(token, json.encode(event), "\n")
    stdout:flush()
  end
end

-- What the spec prints must not be mixed with the lines for the parent.
local function redirect_output()
  io.output(io.stderr)
  function _G.print(...)
    local parts = table.pack(...)
    for i = 1, parts.n do
      parts[i] = tostring(parts[i])
    end
    io.stderr:write(table.concat(parts, "\t"), "\n")
  end
end

-- Loads the spec. Its globals include describe, it and assert, which modules of the library do not see.
local function load_spec(path)
  local text = assert(system.read_file(path))
  local globals = setmetatable({}, { __index = _G, __newindex = _G })
  for _, name in ipairs { "describe", "it", "pending", "before_each", "after_each", "assert" } do
    rawset(globals, name, testing[name])
  end
  local chunk, message = load((text:gsub("^#![^\n]*", "")), "@" .. M.shown, "t", globals)
  if not chunk then
    error(message, 0)
  end
  return chunk
end

local function collect(path)
  local ok, result = xpcall(function() return suite.collect(load_spec(path)) end, explain)
  if not ok and result == task.cancelled then
    error(result, 0)
  end
  return ok and result or nil, not ok and failure_of(result) or nil
end

-- Runs the tests that match. Returns once all are reported.
local function run_tests(tests, options, report)
  for _, test in ipairs(tests) do
    if not options.filter or test.name:find(options.filter) then
      report { kind = "begin", name = test.name }
      local started = clock.now()
      local failure
      if test.f then
        local ok, raised = pcall(function() failure = run_test(test, options) end)
        if not ok and raised == task.cancelled then
          error(raised, 0)
        end
        failure = not ok and failure_of(raised) or failure
      end
      report { kind = "end", name = test.name, pending = not test.f, failure = failure,
        seconds = clock.now() - started }
    end
  end
end

--- Runs a spec. The process ends with exit status 0 when all tests are reported.
---@param path string  an absolute path
---@param text string  the options as JSON: token, shown (the name of the spec), filter, timeout, seed, temporary
---@return integer
function M.main(path, text)
  local options = json.decode(text)
  local report = reporter(options.token)
  M.shown = options.shown
  redirect_output()
  suite.spec_folder = path:match "^(.*)/"
  search_path.beside(suite.spec_folder)
  system.setenv("AWS_ENDPOINT_URL", NOWHERE)
  local ok, raised = pcall(function()
    local tests, failure = collect(path)
    if tests then
      run_tests(tests, options, report)
    end
    report { kind = "done", failure = failure }
  end)
  if not ok and raised ~= task.cancelled then
    error(raised, 0)
  end
  return ok and 0 or INTERRUPTED
end

return M
