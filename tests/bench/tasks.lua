-- Measures tasks that sleep 10 ms, all at the same time: the time and processor time beyond the sleep, and the memory
-- of each, beside asyncio and cqueues.
--   lua5.4 tests/bench/tasks.lua BUILD [TASKS]       default: 10000

package.path = "./tests/support/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
package.cpath = (arg[1] or "build") .. "/?.so;" .. package.cpath
local bench = require "bench"

local build, count = arg[1] or "build", math.tointeger(tonumber(arg[2] or 10000))
local ROUNDS = 5

-- Each program prints milliseconds beyond the sleep, milliseconds of the processor, and kilobytes of memory for the
-- count of tasks that is its argument.
local LANYARD = [[
  local loop, task = require "lanyard.loop", require "lanyard.task"
  local count = tonumber(arg and arg[1] or ...)
  local function sleep() task.sleep(0.01) end
  return function()
    local tasks = {}
    for i = 1, count do tasks[i] = task.spawn(sleep) end
    for i = 1, count do tasks[i]:join() end
  end, loop.now]]
local CQUEUES = [[
  local cqueues = require "cqueues"
  local count = tonumber(arg[1])
  local function sleep() cqueues.sleep(0.01) end
  return function()
    local queue = cqueues.new()
    for _ = 1, count do queue:wrap(sleep) end
    assert(queue:loop())
  end, cqueues.monotime]]
local MEASURE = [[
  local function peak()
    for line in io.lines "/proc/self/status" do
      local kilobytes = line:match "^VmHWM:%%s+(%%d+)"
      if kilobytes then return tonumber(kilobytes) end
    end
  end
  local run, now = (function(...) %s end)(...)
  local memory, clock, start = peak(), os.clock(), now()
  run()
  print((now() - start) * 1e3 - 10, (os.clock() - clock) * 1e3, peak() - memory)
]]
local PYTHON = [[
import asyncio, sys, time
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
async def sleep():
    await asyncio.sleep(0.01)
async def main():
    tasks = [asyncio.create_task(sleep()) for _ in range(int(sys.argv[1]))]
    for task in tasks:
        await task
memory, clock, start = peak(), time.process_time(), time.monotonic()
asyncio.run(main())
print((time.monotonic() - start) * 1e3 - 10, (time.process_time() - clock) * 1e3, peak() - memory)
]]

local function write(text)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
  return path
end

-- Returns a function that runs a program and returns milliseconds of the processor; it keeps the other two figures in
-- `kept`, which nil figures leave empty.
local function program(command, path, kept, tasks)
  return function()
    local pipe <close> = assert(io.popen(("%s %s %d 2>/dev/null"):format(command, path, tasks or count)))
    local time, cpu, memory = pipe:read("a"):match "^(%S+)%s+(%S+)%s+(%S+)"
    if not time then return nil end
    table.insert(kept.time, tonumber(time))
    table.insert(kept.memory, tonumber(memory))
    return tonumber(cpu)
  end
end

local function new() return { time = {}, memory = {} } end

local names = { "lanyard", "asyncio", "cqueues" }
local commands = { lanyard = build .. "/lanyard", asyncio = "python3", cqueues = "lua5.4" }
local paths = { lanyard = write(MEASURE:format(LANYARD)), asyncio = write(PYTHON), cqueues = write(MEASURE:format(CQUEUES)) }
local kept, functions = {}, {}
for _, name in ipairs(names) do
  kept[name] = new()
  functions[name] = program(commands[name], paths[name], kept[name])
end

print "tasks that sleep at the same time"
local cpu = bench.medians(ROUNDS, functions)

local function row(what, unit, value, aim, readme)
  bench.row { work = ("%s tasks that sleep 10 ms, %s"):format(bench.figure(count), what), unit = unit, lanyard = value "lanyard",
    peers = { { "asyncio", value "asyncio" }, { "cqueues", value "cqueues" } }, aim = aim, readme = readme }
end

row("time beyond the sleep", "ms", function(name) return bench.median(kept[name].time) end, "60 ms")
row("processor time", "ms", function(name) return cpu[name] end, nil, "10,000 tasks that sleep at the same time")
row("memory of each", "KiB", function(name)
  local middle = bench.median(kept[name].memory)
  return middle and middle / count
end, "2 KiB")

local points = {}
for i, tasks in ipairs { 1000, 10000, 100000 } do
  points[i] = { tasks, bench.medians(3, { own = program(commands.lanyard, paths.lanyard, new(), tasks) }).own }
end
bench.series("tasks", points)
for _, path in pairs(paths) do os.remove(path) end
