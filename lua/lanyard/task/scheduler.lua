--- Schedules tasks on the event loop. Scripts use lanyard.task, which adds map, race, timeout and semaphores.
---
--- A wait is a table { done, values, task, yielded, failed, main, op }. suspend(wait) lets other tasks run until
--- fire(wait) ends it. Code outside any task runs the loop itself meanwhile.

local loop = require "lanyard.loop"

local M = {}

--- The value that is raised in a cancelled task. Code that catches errors must raise it again.
---@type lanyard.Error
M.cancelled = setmetatable({ code = "Cancelled", message = "the task was cancelled" }, {
  __tostring = function(self) return self.message end,
})

--- A running function. `local t <close> = task.spawn(f)` cancels and joins the task when the block ends.
---@class lanyard.Task
local Task = {}
Task.__index = Task

local current                       -- the running task, if any
local ready, first, last = {}, 1, 0 -- a queue of tasks to resume
local endings = {}                  -- [operation] = the wait that it ends, or a function to call
local tracebacks = setmetatable({}, { __mode = "k" }) -- [error value] = where it was raised

-- ---------------------------------------------------------------------------------------------
-- Waiting

local function enqueue(t)
  last = last + 1
  ready[last] = t
end

--- Ends a wait with values. Only the first call has an effect.
---@param wait table
function M.fire(wait, ...)
  if wait.done then return end
  wait.done = true
  if select("#", ...) > 0 then wait.values = table.pack(...) end
  if wait.task and wait.yielded then enqueue(wait.task) end
end
local fire = M.fire

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

local DEADLOCK = "every task waits for another, so none can continue"

-- Raises an error in a task at the point where it waits, if it does.
local function fail(t, err)
  local wait = t.wait
  if not wait or wait.done then return false end
  t.abort(wait)
  wait.failed = err
  fire(wait)
  return true
end

-- Runs the loop until a wait has ended, for code that cannot yield.
local function pump(wait)
  while not wait.done do
    if first <= last then
      resume_next()
    else
      local ended = loop.step(true)
      if not ended and not (wait.main and fail(wait.main, DEADLOCK)) then error(DEADLOCK, 0) end
      for _, op in ipairs(ended or {}) do
        local ending = endings[op]
        endings[op] = nil
        if type(ending) == "table" then
          fire(ending)
        elseif ending then
          ending()
        end
      end
    end
  end
end

--- Waits for fire(wait), and returns its values. Raises M.cancelled if the task is cancelled meanwhile.
---@param wait table
---@param abort fun(wait: table)  undoes what was begun if the task is cancelled
function M.suspend(wait, abort)
  local t = current
  wait.task = t
  if t then
    if t.cancel_requested then
      t.cancel_requested = false
      abort(wait)
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
  if wait.failed then error(wait.failed, 0) end
  local values = wait.values
  if values then return table.unpack(values, 1, values.n) end
end
local suspend = M.suspend

local function cancel_operation(wait)
  endings[wait.op] = nil
  wait.op:cancel()
end

--- Waits for an operation of the loop (a timer, a transfer) to end, and returns op:result(). An operation that nothing
--- can end raises an error. Other functions of lanyard call it; a script rarely needs it.
---@param op userdata
---@return any ...  the results of the operation
function M.await(op)
  if endings[op] then error("another task waits for the operation", 2) end
  if not op:pending() then return op:result() end
  local wait = { op = op, done = false, task = false, yielded = false } -- one allocation for all fields
  endings[op] = wait
  suspend(wait, cancel_operation)
  return op:result()
end

--- Calls a function when an operation ends, without waiting. Without a function, forgets the operation.
---@param op userdata
---@param ending? fun()
function M.when_ended(op, ending)
  endings[op] = ending
end

-- ---------------------------------------------------------------------------------------------
-- Tasks

--- Returns the running task, or nil outside any task.
---@return lanyard.Task?
function M.current()
  return current
end

--- Returns where an error was raised, if it is a table that was raised in a task.
---@param err any
---@return string?
function M.traceback(err)
  return tracebacks[err]
end

--- A message handler for xpcall: adds the traceback to a string, and records it for a table.
---@param err any
---@return any
function M.explain(err)
  if type(err) == "string" then
    if err:find("\nstack traceback:", 1, true) then return err end
    return debug.traceback(err, 2)
  end
  if type(err) == "table" and err ~= M.cancelled and not tracebacks[err] then
    tracebacks[err] = debug.traceback("", 2)
  end
  return err
end

-- Ends the children of a task, which do not outlive it. Returns a child that failed without being joined, if any.
local function end_children(t)
  local failed
  local child = next(t.children)
  while child do
    t.children[child] = nil
    if child.state == "failed" then
      failed = failed or child
    elseif not child:ended() then
      child:cancel()
      pcall(child.join, child)
    end
    child = next(t.children)
  end
  return failed
end

local function finish(t, ok, ...)
  local failed_child = end_children(t)
  if ok and failed_child then
    t.state, t.results = "failed", table.pack(failed_child.results[1])
  else
    t.results = table.pack(...)
    t.state = ok and "done" or (... == M.cancelled and "cancelled" or "failed")
  end
  if t.parent and t.state ~= "failed" then t.parent.children[t] = nil end
  for _, wait in ipairs(t.joiners) do fire(wait) end
end

--- Starts a task that runs f(...). It ends with the task that spawned it: a task whose result matters must be joined.
---@param f function
---@param ... any  the arguments of f
---@return lanyard.Task
function M.spawn(f, ...)
  local args = table.pack(...)
  local t = setmetatable({ state = "ready", children = {}, joiners = {}, parent = current }, Task)
  t.thread = coroutine.create(function()
    if t.cancel_requested then return finish(t, false, M.cancelled) end
    t.state = "started"
    finish(t, xpcall(f, M.explain, table.unpack(args, 1, args.n)))
  end)
  if current then current.children[t] = true end
  enqueue(t)
  return t
end

--- Reports whether the task has ended.
---@return boolean
function Task:ended()
  return self.state == "done" or self.state == "failed" or self.state == "cancelled"
end

--- Returns the state of the task.
---@return "ready"|"running"|"waiting"|"done"|"failed"|"cancelled"
function Task:status()
  if self.state ~= "started" then return self.state end
  return self.wait and "waiting" or "running"
end

local function join(t, wait)
  if not t:ended() then
    table.insert(t.joiners, wait)
    suspend(wait, function() fire(wait) end)
  end
  if t.parent then t.parent.children[t] = nil end
  if t.state == "done" then return table.unpack(t.results, 1, t.results.n) end
  error(t.results[1], 0)
end

--- Waits for the task, and returns the results of its function or raises its error. A string error contains both
--- tracebacks.
---@return any ...  the results
function Task:join()
  return join(self, {})
end

--- Joins the task of a whole program. If every task waits for another, that task raises the error, as code outside any
--- task would.
---@param t lanyard.Task
function M.join_main(t)
  return join(t, { main = t })
end

--- Raises `task.cancelled` in the task, at the point where it waits.
function Task:cancel()
  if not self:ended() and not fail(self, M.cancelled) then self.cancel_requested = true end
end

-- `local t <close> = task.spawn(f)`: the task is cancelled and joined when the block ends.
function Task:__close()
  self:cancel()
  pcall(self.join, self)
end

return M
