-- Runs the emulators of a spec, which would each take as long to start as three commands. Reads requests from stdin until
-- it ends, and prints a line for each:
--
--     start WORDS    the options of `lanyard emulate`, separated by tabs; prints the number and the URL of a new emulator
--     stop NUMBER    prints what went wrong inside of it

local data_file = require "lanyard.emulator.data_file"
local emulator = require "lanyard.emulator"
local task = require "lanyard.task"

-- Each option of `lanyard emulate`: the option of emulator.start, and how its value is read.
local OPTIONS = {
  ["--activation-delay"] = { "activation_delay", tonumber },
  ["--faults"] = { "faults", data_file.read },
  ["--seed"] = { "seed", data_file.read },
  ["--state"] = { "state_file", tostring },
}

local running = {}

local function check(value, err)
  return value or error(err and tostring(err) or "a value is missing or invalid", 0)
end

local function read_options(text)
  local options, next_word = { reformat = true }, text:gmatch "[^\t]+"
  for word in next_word do
    if word == "--no-reformat" then
      options.reformat = false
    else
      local option = check(OPTIONS[word])
      options[option[1]] = check(option[2](next_word() or ""))
    end
  end
  return options
end

local function start(text)
  local problems = {}
  local options = read_options(text)
  function options.on_error(problem) problems[#problems + 1] = problem end
  local one = check(emulator.start(options))
  running[#running + 1] = { emulator = one, problems = problems }
  return ("%d %s"):format(#running, one.url)
end

local function stop(text)
  local one = running[tonumber(text)]
  one.emulator:stop()
  return table.concat(one.problems, "\n")
end

local REQUESTS = { start = start, stop = stop }

while true do
  task.readable(0) -- meanwhile, the emulators answer
  local request, rest = (io.read "l" or ""):match "^(%l+) (.*)$"
  if not request then
    break
  end
  local _, reply = pcall(REQUESTS[request], rest)
  io.write((tostring(reply):gsub("\n", "; ")), "\n")
  io.flush()
end
