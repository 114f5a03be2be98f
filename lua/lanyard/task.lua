--- Tasks: sequential code, parallel calls. A task is a coroutine on the event loop. A call that waits lets other tasks
--- run. Outside of any task, it runs the loop until it is done.
---
--- ```lua
--- local task = require "lanyard.task"
--- local t = task.spawn(function(n)
---   task.sleep(0.01)
---   return n + 1
--- end, 1)
--- print(t:status(), t:join())
--- --> ready	2
--- print(table.unpack(task.map({ 1, 2, 3 }, function(n) return n * n end)))
--- --> 1	4	9
--- ```
---
--- A task ends with the task that spawned it: a task whose result matters must be joined.

local errors = require "lanyard.errors"
local loop = require "lanyard.loop"
local scheduler = require "lanyard.task.scheduler"

local explain, fire, suspend = scheduler.explain, scheduler.fire, scheduler.suspend

local M = {
  await = scheduler.await,
  cancelled = scheduler.cancelled,
  current = scheduler.current,
  sleep = scheduler.sleep,
  spawn = scheduler.spawn,
  traceback = scheduler.traceback,
}

local DEFAULT_LIMIT = 16

--- Waits until a file descriptor (a terminal, a pipe) has something to read, or has ended.
---@param fd integer  the number of the descriptor: 0 is standard input
function M.readable(fd)
  M.await(loop.readable(fd))
end

-- ---------------------------------------------------------------------------------------------
-- Several functions

local function end_all(tasks)
  for _, t in ipairs(tasks) do t:cancel() end
  for _, t in ipairs(tasks) do pcall(t.join, t) end
end

-- Waits for `done`, and ends the tasks whichever way the wait ends.
local function wait_and_end(done, tasks)
  local _ <close> = setmetatable({}, { __close = function() end_all(tasks) end })
  suspend(done)
end

--- Calls f(item, index) for each item of a list in parallel tasks, and returns the results in order. If a call raises
--- an error, the others are cancelled and the error is raised.
---
--- ```lua
--- local ecr = lanyard.aws.client "ecr"
--- local repositories = assert(ecr:list("DescribeRepositories", "repositories"))
--- local sizes = task.map(repositories, function(repository)
---   return #assert(ecr:list("ListImages", "imageIds", {
---     repositoryName = repository.repositoryName }))
--- end, { limit = 8 })
--- print(#sizes)
--- --> 2
--- ```
---@param list any[]
---@param f fun(item: any, index: integer): any
---@param options? { limit?: integer }  calls in parallel; 16 by default
---@return any[] results
function M.map(list, f, options)
  local count = #list
  local limit = math.min(options and options.limit or DEFAULT_LIMIT, count)
  local results, tasks, taken = {}, {}, 0
  local failed, failure
  local done = {}
  local running = limit
  local function work()
    while taken < count and not failed do
      taken = taken + 1
      local index = taken
      results[index] = f(list[index], index)
    end
  end
  for n = 1, limit do
    tasks[n] = M.spawn(function()
      local ok, err = xpcall(work, explain)
      running = running - 1
      if not ok and not failed then failed, failure = true, err end
      if failed or running == 0 then fire(done) end
    end)
  end
  if limit == 0 then return results end
  wait_and_end(done, tasks)
  if failed then error(failure, 0) end
  return results
end

--- Calls functions in parallel, and returns the first result of each.
---@param functions (fun(): any)[]
---@return any[] results  in the order of the functions
function M.all(functions)
  return M.map(functions, function(f) return f() end, { limit = math.max(#functions, 1) })
end

--- Calls functions in parallel, returns the results of the first one to end (or raises its error), and cancels the
--- others.
---
--- ```lua
--- local function slow() task.sleep(5) end
--- print(task.race { slow, function() return "fast" end })
--- --> fast
--- ```
---@param functions (fun(): any)[]
---@return any ...  the results of the first one
function M.race(functions)
  local done, tasks, winner = {}, {}, nil
  for index, f in ipairs(functions) do
    tasks[index] = M.spawn(function()
      local outcome = table.pack(xpcall(f, explain))
      winner = winner or outcome
      fire(done)
    end)
  end
  wait_and_end(done, tasks)
  if not winner[1] then error(winner[2], 0) end
  return table.unpack(winner, 2, winner.n)
end

--- Calls f(...) and returns its results, or cancels it after a number of seconds and returns nil and an error with code
--- "Timeout".
---
--- ```lua
--- local result, err = task.timeout(0.01, task.sleep, 5)
--- print(result, err.code)
--- --> nil	Timeout
--- ```
---@param seconds number
---@param f function
---@param ... any  the arguments of f
---@return any ... the results of f; or nil and the error
function M.timeout(seconds, f, ...)
  local args = table.pack(...)
  local timed_out = {}
  local results = table.pack(M.race {
    function() return f(table.unpack(args, 1, args.n)) end,
    function()
      M.sleep(seconds)
      return timed_out
    end,
  })
  if results[1] == timed_out then
    return nil, errors.new {
      code = "Timeout",
      message = ("not done after %g seconds"):format(seconds),
    }
  end
  return table.unpack(results, 1, results.n)
end

-- ---------------------------------------------------------------------------------------------
-- Semaphores

--- Limits how many tasks do something at the same time.
---@class lanyard.Semaphore
---@field private free integer   how often it can be acquired at once
---@field private waits table[]  from `first` to `last`; the ones of cancelled tasks are done
local Semaphore = {}
Semaphore.__index = Semaphore

--- Creates a semaphore that can be acquired `count` times at the same time.
---
--- ```lua
--- local semaphore = task.semaphore(2)
--- task.map({ 1, 2, 3, 4 }, function()
---   local guard <close> = semaphore:acquire()
---   task.sleep(0.01) -- at most two tasks are here at the same time
--- end)
--- ```
---@param count integer
---@return lanyard.Semaphore
function M.semaphore(count)
  return setmetatable({ free = count, waits = {}, first = 1, last = 0 }, Semaphore)
end

--- Waits until the semaphore can be acquired. The result is for a `<close>` variable: it releases the semaphore when the
--- block ends. `release` does the same.
---@return lanyard.Semaphore
function Semaphore:acquire()
  if self.free > 0 then
    self.free = self.free - 1
  else
    local wait = {}
    self.last = self.last + 1
    self.waits[self.last] = wait
    suspend(wait)
  end
  return self
end

--- Releases the semaphore for the next waiting task.
function Semaphore:release()
  while self.first <= self.last do
    local wait = self.waits[self.first]
    self.waits[self.first] = nil
    self.first = self.first + 1
    if not wait.done then return fire(wait) end
  end
  self.free = self.free + 1
end

Semaphore.__close = Semaphore.release

-- ---------------------------------------------------------------------------------------------
-- The main task

local on_interrupt -- what SIGINT calls instead of cancelling the main task | nil

--- Calls f at each SIGINT from now on; the main task is not cancelled. For programs that run one thing after another at
--- a terminal. nil ends this.
---@param f? fun()
function M.on_interrupt(f)
  on_interrupt = f
end

-- Calls interrupt(name) on SIGINT, SIGTERM and SIGHUP. Returns the operations, to cancel, by name. A signal that is
-- ignored has no operation.
local function watch_signals(interrupt)
  local operations = {}
  local function watch(name)
    local op = loop.signal(name, true)
    operations[name] = op
    if op then
      scheduler.when_ended(op, function()
        if name == "INT" and on_interrupt then
          watch(name)
          on_interrupt()
        else
          interrupt(name)
        end
      end)
    end
  end
  for _, name in ipairs { "INT", "TERM", "HUP" } do
    watch(name)
  end
  return operations
end

-- Joins the main task in protected mode. A signal also ends code that does not wait.
local function run_main(main, signals)
  if signals then
    return loop.interruptible(M.cancelled, scheduler.join_main, main)
  end
  return pcall(scheduler.join_main, main)
end

--- How the main task is run.
---@class task.RunOptions
---@field signals? boolean  SIGINT, SIGTERM and SIGHUP (unless ignored) cancel the task, and an error with code
---  "Interrupted" is raised. In the binary, code that computes without waiting is cancelled, too

--- Runs f as the main task until it ends, and returns its results or raises its error. Scripts that the binary runs are
--- in a main task already; programs in stock Lua call it to react to signals.
---@param f function
---@param options? task.RunOptions
---@return any ...  the results of f
function M.run(f, options)
  local main = M.spawn(f)
  local interrupted
  local signals = options and options.signals and watch_signals(function(name)
    interrupted = interrupted or name
    main:cancel()
  end) or {}
  local outcome = table.pack(run_main(main, options and options.signals))
  for _, op in pairs(signals) do
    scheduler.when_ended(op, nil)
    op:cancel()
  end
  if not outcome[1] and outcome[2] == M.cancelled and options and options.signals then
    interrupted = interrupted or loop.interrupted()
  end
  if interrupted and not outcome[1] and outcome[2] == M.cancelled then
    error(errors.new {
      code = "Interrupted",
      message = "interrupted by SIG" .. interrupted,
      signal = interrupted,
    }, 0)
  end
  if not outcome[1] then error(outcome[2], 0) end
  return table.unpack(outcome, 2, outcome.n)
end

return M
