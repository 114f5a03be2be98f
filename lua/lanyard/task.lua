-- Tasks: sequential code, parallel calls. A task is a coroutine on the one event loop; a call that
-- waits lets the others run. Called outside any task, a waiting call runs the loop until it is done.
--
--   local t = task.spawn(f, ...)      t:join() --> f's results, or raises its error
--   t:cancel()                        raises task.cancelled in it, at the point where it waits
--   task.map(list, f, { limit = 16 }) --> f(item, index) of each, in order of the list
--   task.all { f, g }                 task.race { f, g } --> results of the first to end
--   task.sleep(seconds)               task.readable(file descriptor)
--   task.timeout(seconds, f) --> f's results | nil, err
--   task.semaphore(n)                 local guard <close> = semaphore:acquire()
--
-- A task ends with the one that spawned it: what must finish is joined.

local errors = require "lanyard.errors"
local loop = require "lanyard.loop"

local M = {}

local DEFAULT_LIMIT = 16

-- What a cancelled task sees raised. Code that catches errors lets this one pass.
M.cancelled = setmetatable({ code = "Cancelled", message = "the task was cancelled" }, {
  __tostring = function(self) return self.message end,
})

local Task = {}
Task.__index = Task

local current -- the task that runs, if any
local ready, first, last = {}, 1, 0 -- tasks to resume, a queue
local endings = {} -- [operation] = what to do when it has ended
local tracebacks = setmetatable({}, { __mode = "k" }) -- [error value] = where it was raised

local function enqueue(t)
  last = last + 1
  ready[last] = t
end

-- A wait ends once, by fire(); who waits is a task, or code outside any.
local function fire(wait, ...)
  if wait.done then return end
  wait.done, wait.values = true, table.pack(...)
  if wait.task and wait.yielded then enqueue(wait.task) end
end

local function resume_next()
  local t = ready[first]
  ready[first] = nil
  first = first + 1
  if first > last then first, last = 1, 0 end
  local outer = current
  current = t
  local ok, err = coroutine.resume(t.thread)
  current = outer
  assert(ok, err)
end

-- Runs the loop until the wait has ended: for code that cannot yield.
local function pump(wait)
  while not wait.done do
    if first <= last then
      resume_next()
    else
      local ended = loop.step(true)
      if not ended then error("every task waits for another: nothing can ever happen", 0) end
      for _, op in ipairs(ended) do
        local ending = endings[op]
        endings[op] = nil
        if ending then ending() end
      end
    end
  end
end

-- Waits; `abort` undoes what was begun, should the task be cancelled meanwhile.
local function suspend(wait, abort)
  local t = current
  wait.task = t
  if t then
    if t.cancel_requested then
      t.cancel_requested = false
      abort()
      error(M.cancelled, 0)
    end
    t.wait, t.abort = wait, abort
  end
  if t and coroutine.running() == t.thread and coroutine.isyieldable() then
    if not wait.done then
      wait.yielded = true
      coroutine.yield()
    end
  else
    pump(wait)
  end
  if t then t.wait, t.abort = nil, nil end
  if wait.cancelled then error(M.cancelled, 0) end
  return table.unpack(wait.values, 1, wait.values.n)
end

-- op:result() of a timer, a transfer or another operation, once it has ended
function M.await(op)
  local wait = {}
  endings[op] = function() fire(wait) end
  suspend(wait, function()
    endings[op] = nil
    op:cancel()
  end)
  return op:result()
end

function M.sleep(seconds)
  M.await(loop.timer(seconds))
end

-- Waits until there is something to read (or nothing ever will be): a terminal, a pipe.
function M.readable(fd)
  M.await(loop.readable(fd))
end

function M.current()
  return current
end

-- Where the error was raised, when it was raised inside a task and is a table.
function M.traceback(err)
  return tracebacks[err]
end

local function explain(err)
  if type(err) == "string" then
    if err:find("\nstack traceback:", 1, true) then return err end
    return debug.traceback(err, 2)
  end
  if type(err) == "table" and err ~= M.cancelled and not tracebacks[err] then
    tracebacks[err] = debug.traceback("", 2)
  end
  return err
end

local function finish(t, ok, ...)
  -- The children go first: none outlives its parent.
  local orphan_error
  local child = next(t.children)
  while child do
    t.children[child] = nil
    if child.state == "failed" then
      orphan_error = orphan_error or child
    elseif not child:ended() then
      child:cancel()
      pcall(child.join, child)
    end
    child = next(t.children)
  end
  if ok and orphan_error then
    t.state, t.results = "failed", table.pack(orphan_error.results[1])
  else
    t.results = table.pack(...)
    t.state = ok and "done" or (... == M.cancelled and "cancelled" or "failed")
  end
  if t.parent and t.state ~= "failed" then t.parent.children[t] = nil end
  for _, wait in ipairs(t.joiners) do fire(wait) end
end

function M.spawn(f, ...)
  local args = table.pack(...)
  local t = setmetatable({ state = "ready", children = {}, joiners = {}, parent = current }, Task)
  t.thread = coroutine.create(function()
    if t.cancel_requested then return finish(t, false, M.cancelled) end
    t.state = "started"
    finish(t, xpcall(f, explain, table.unpack(args, 1, args.n)))
  end)
  if current then current.children[t] = true end
  enqueue(t)
  return t
end

function Task:ended()
  return self.state == "done" or self.state == "failed" or self.state == "cancelled"
end

-- "ready" | "running" | "waiting" | "done" | "failed" | "cancelled"
function Task:status()
  if self.state ~= "started" then return self.state end
  return self.wait and "waiting" or "running"
end

-- The results of the task's function; raises its error, a string with both tracebacks in it.
function Task:join()
  if not self:ended() then
    local wait = {}
    table.insert(self.joiners, wait)
    suspend(wait, function() fire(wait) end)
  end
  if self.parent then self.parent.children[self] = nil end
  if self.state == "done" then return table.unpack(self.results, 1, self.results.n) end
  error(self.results[1], 0)
end

function Task:cancel()
  if self:ended() then return end
  local wait = self.wait
  if not wait or wait.done then
    self.cancel_requested = true
    return
  end
  self.abort()
  wait.cancelled = true
  fire(wait)
end

-- `local t <close> = task.spawn(f)`: cancelled, and waited for, when the block ends.
function Task:__close()
  self:cancel()
  pcall(self.join, self)
end

local function end_all(tasks)
  for _, t in ipairs(tasks) do t:cancel() end
  for _, t in ipairs(tasks) do pcall(t.join, t) end
end

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
  do
    local _ <close> = setmetatable({}, { __close = function() end_all(tasks) end })
    suspend(done, function() fire(done) end)
  end
  if failed then error(failure, 0) end
  return results
end

function M.all(functions)
  return M.map(functions, function(f) return f() end, { limit = math.max(#functions, 1) })
end

function M.race(functions)
  local done, tasks, winner = {}, {}, nil
  for index, f in ipairs(functions) do
    tasks[index] = M.spawn(function()
      local outcome = table.pack(xpcall(f, explain))
      winner = winner or outcome
      fire(done)
    end)
  end
  do
    local _ <close> = setmetatable({}, { __close = function() end_all(tasks) end })
    suspend(done, function() fire(done) end)
  end
  if not winner[1] then error(winner[2], 0) end
  return table.unpack(winner, 2, winner.n)
end

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

local Semaphore = {}
Semaphore.__index = Semaphore

function M.semaphore(count)
  return setmetatable({ free = count, waits = {} }, Semaphore)
end

-- --> a guard to keep in a <close> variable, or to release by semaphore:release()
function Semaphore:acquire()
  if self.free > 0 then
    self.free = self.free - 1
  else
    local wait = {}
    table.insert(self.waits, wait)
    suspend(wait, function()
      for index, other in ipairs(self.waits) do
        if other == wait then return table.remove(self.waits, index) end
      end
      self:release() -- it had been given already
    end)
  end
  return setmetatable({}, { __close = function() self:release() end })
end

function Semaphore:release()
  local wait = table.remove(self.waits, 1)
  if wait then return fire(wait) end
  self.free = self.free + 1
end

-- Runs f as the main task until it ends, and gives its results or raises its error. With
-- options.signals, SIGINT, SIGTERM and SIGHUP (unless it is ignored) cancel it; an error with code "Interrupted" is
-- raised then.
function M.run(f, options)
  local main = M.spawn(f)
  local interrupted
  local signals = {}
  if options and options.signals then
    for _, name in ipairs { "INT", "TERM", "HUP" } do
      local op = loop.signal(name)
      if op then
        table.insert(signals, op)
        endings[op] = function()
          interrupted = interrupted or name
          main:cancel()
        end
      end
    end
  end
  local outcome = table.pack(pcall(main.join, main))
  for _, op in ipairs(signals) do
    endings[op] = nil
    op:cancel()
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
