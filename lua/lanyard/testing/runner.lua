--- Runs specs, each in a process of its own, with an environment that has nothing of this machine but PATH and the
--- language: no credentials, profiles, proxies or settings.
---
---     for _, result in ipairs(runner.run(files, { timeout = 60, jobs = 4 })) do print(result.file, #result.tests) end

local clock = require "lanyard.clock"
local crypto = require "lanyard.crypto"
local files = require "lanyard.testing.files"
local json = require "lanyard.json"
local process = require "lanyard.process"
local system = require "lanyard.system"
local task = require "lanyard.task"

local M = {}

---@class testing.Options
---@field timeout number   seconds for each test
---@field jobs integer     specs in parallel
---@field filter? string   a pattern of Lua for the names of tests
---@field seed? table      for tests without a seed of their own
---@field note fun(text: string)  receives what a spec prints

---@class testing.FileResult
---@field file string
---@field tests { name: string, seconds: number, pending: boolean?, failure: testing.Failure? }[]
---@field failure? testing.Failure  why the file could not be run to its end

---@class testing.Failure
---@field message string
---@field location? string     FILE:LINE
---@field is_error? boolean    it is not a failed assertion
---@field timed_out? boolean

-- Variables of this machine that specs have.
local KEPT = { "PATH", "LANG", "LC_ALL", "ASAN_OPTIONS", "LUA_PATH", "LUA_CPATH" }

-- How much longer than its timeout a test may take before its process is ended: code that computes without waiting
-- does not end by itself.
local GRACE, TICK = 2, 0.1

-- Runs words in another directory: in the one of the caller, ./.lanyard/rules.lua would refuse every change, because an
-- empty home folder trusts nothing.
local IN_FOLDER = 'cd "$1" && shift && exec "$@"'

local CODE = "return require('lanyard.testing.child').main(...)"

local function words_of(file, real, options, temporary, token)
  local words = { "env", "-i", "TZ=UTC", "AWS_EC2_METADATA_DISABLED=true", "HOME=" .. temporary,
    "TMPDIR=" .. temporary, "LANYARD_PATH=" .. table.concat(files.command_folders(real), ":") }
  for _, name in ipairs(KEPT) do
    local value = os.getenv(name)
    words[#words + 1] = value and name .. "=" .. value or nil
  end
  local child = process.lanyard { "-e", CODE, real, json.encode {
    token = token, shown = file, filter = options.filter, timeout = options.timeout, seed = options.seed,
    temporary = temporary,
  } }
  table.move({ "sh", "-c", IN_FOLDER, "sh", temporary }, 1, 5, #words + 1, words)
  return table.move(child, 1, #child, #words + 1, words)
end

-- Returns a function that takes pieces of a child's output. state.running is the name of the test that runs.
local function receiver(result, state, token, note)
  local rest = {} -- pieces of a line that has not ended yet
  local function take(line)
    local at, stop = line:find(token, 1, true)
    if not at then
      return note(line)
    elseif at > 1 then -- after a program of the spec that wrote no line end
      note(line:sub(1, at - 1))
    end
    local event = json.decode(line:sub(stop + 1))
    state.since, state.running = clock.now(), event.kind == "begin" and event.name or nil
    if event.kind == "end" then
      table.insert(result.tests, event)
    elseif event.kind == "done" then
      state.done, result.failure = true, event.failure
    end
  end
  return function(piece)
    local start = 1
    for stop in piece:gmatch "()\n" do
      rest[#rest + 1] = piece:sub(start, stop - 1)
      take(table.concat(rest))
      rest, start = {}, stop + 1
    end
    rest[#rest + 1] = start <= #piece and piece:sub(start) or nil
  end
end

-- Runs a child until it ends, or until one of its tests takes too long. Returns how it ended, or nil and why not.
local function run_child(words, options, state, output)
  local t <close> = task.spawn(process.run, { words = words, output = output })
  local stuck = false
  local watch <close> = task.spawn(function()
    while clock.now() - state.since < options.timeout + GRACE do
      task.sleep(TICK)
    end
    stuck = true
    t:cancel()
  end)
  local ok, ended, err = pcall(t.join, t)
  watch:cancel()
  if not ok and not stuck then
    error(ended, 0)
  end
  return ok and ended or nil, err, stuck
end

-- Records a test that ended with its process, or why the file did.
local function note_end(result, state, ended, err, stuck, options)
  if state.done and not stuck then
    return
  end
  local message = stuck and ("the test is not done after %g seconds (--timeout)"):format(options.timeout)
    or ended and "the process of the spec " .. process.describe(ended) or tostring(err)
  message = message .. "; tests after it did not run"
  local failure = { message = message, is_error = true, timed_out = stuck or nil }
  if state.running then
    table.insert(result.tests, { name = state.running, seconds = clock.now() - state.since, failure = failure })
  else
    result.failure = failure
  end
end

--- Runs one spec.
---@param file string
---@param options testing.Options
---@return testing.FileResult
function M.run_file(file, options)
  local result = { file = file, tests = {} }
  local temporary, err = system.temp_folder "lanyard-spec"
  local real = system.real_path(file)
  if not temporary or not real then
    result.failure = { message = err and tostring(err) or file .. " cannot be read", is_error = true }
    return result
  end
  local _ <close> = setmetatable({}, { __close = function() system.remove_tree(temporary) end })
  local token = ("lanyard-test %s "):format(crypto.sha256_hex(system.random(16)):sub(1, 16))
  local state = { since = clock.now() }
  local ended, failure, stuck = run_child(words_of(file, real, options, temporary, token), options, state,
    receiver(result, state, token, options.note))
  note_end(result, state, ended, failure, stuck, options)
  return result
end

--- Runs specs in parallel, and returns their results in order.
---@param list string[]
---@param options testing.Options
---@param finished? fun(result: testing.FileResult, index: integer)
---@return testing.FileResult[]
function M.run(list, options, finished)
  return task.map(list, function(file, index)
    local result = M.run_file(file, options)
    if finished then
      finished(result, index)
    end
    return result
  end, { limit = options.jobs })
end

return M
