-- Measures tasks that sleep 10 ms, all at the same time: the time and processor time beyond the sleep, and the memory
-- of each. asyncio does the same in turn, if Python is installed, and cqueues, if Lua has it.
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

-- Returns the three figures, or nil if the program does not run.
local function run(command, path)
  local pipe <close> = assert(io.popen(("%s %s %d 2>/dev/null"):format(command, path, count)))
  local time, cpu, memory = pipe:read("a"):match "^(%S+)%s+(%S+)%s+(%S+)"
  return tonumber(time), tonumber(cpu), tonumber(memory)
end

local programs = {
  { name = "lanyard", command = build .. "/lanyard", path = write(MEASURE:format(LANYARD)) },
  { name = "asyncio", command = "python3", path = write(PYTHON) },
  { name = "cqueues", command = "lua5.4", path = write(MEASURE:format(CQUEUES)) },
}

for _ = 1, ROUNDS do
  for _, program in ipairs(programs) do
    local time, cpu, memory = run(program.command, program.path)
    table.insert(program, time and { time = time, cpu = cpu, memory = memory })
  end
end
print(("%d tasks that sleep 10 ms, medians of %d runs"):format(count, ROUNDS))

local function median(program, field)
  table.sort(program, function(a, b) return a[field] < b[field] end)
  return program[1] and program[(#program + 1) // 2][field]
end

local own, asyncio, cqueues = table.unpack(programs)
for _, program in ipairs(programs) do os.remove(program.path) end
for _, figure in ipairs {
  { "ms beyond the sleep", "time", 1 }, { "ms of processor time", "cpu", 1 }, { "KiB each", "memory", count },
} do
  local name, field, divisor = table.unpack(figure)
  local function value(program)
    local middle = median(program, field)
    return middle and middle / divisor
  end
  bench.row { work = ("%d tasks that sleep, %s"):format(count, name), lanyard = assert(value(own)),
    peers = { { "asyncio", value(asyncio) }, { "cqueues", value(cqueues) } } }
end
