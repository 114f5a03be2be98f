--- Schedules tasks on the event loop. Scripts use lanyard.task, which adds map, race, timeout and semaphores.
---
--- A wait is a table { done, task, failed, main }. suspend(wait) lets other tasks run until fire(wait) ends it. Code
--- outside any task runs the loop itself meanwhile. A task that waits for an operation of the loop has the operation in
--- place of a wait, because most waits are such ones, and there can be thousands.

local loop = require "lanyard.loop"

local is_yieldable, running, yield = coroutine.isyieldable, coroutine.running, coroutine.yield

local M = {}

--- The value that is raised in a cancelled task. Code that catches errors must raise it again.
---@type lanyard.Error
M.cancelled = setmetatable({ code = "Cancelled", message = "the task was cancelled" }, {
  __tostring = function(self) return self.message end,
})

--- A running function. `local t <close> = task.spawn(f)` cancels and joins the task when the block ends.
---@class lanyard.Task
---@field private state "ready"|"started"|"done"|"failed"|"cancelled"
---@field private parent? lanyard.Task
---@field private children? { [lanyard.Task]: true }  that have not ended, or failed without being joined
---@field private thread? thread    until it ends
---@field private wait? table|userdata  what it waits for: a wait or an operation
---@field private failure? any      the error to raise where it waits for an operation
---@field private cancel_requested? boolean  the next wait raises M.cancelled
---@field private joiners? table[]  waits that the end of the task ends
---@field private results? table    after the end: the results, or the error
local Task = {}
Task.__index = Task

local current                       -- the running task, if any
local ready, first, last = {}, 1, 0 -- a queue of tasks to resume
local endings = {}                  -- [operation] = function to call, or task to resume, when it has ended
local tracebacks = setmetatable({}, { __mode = "k" }) -- [error value] = where it was raised

-- ---------------------------------------------------------------------------------------------
-- Waiting

local function enqueue(t)
  last = last + 1
  ready[last] = t
end

--- Ends a wait. Only the first call has an effect.
---@param wait table
function M.fire(wait)
  if wait.done then return end
  wait.done = true
  if wait.task then enqueue(wait.task) end
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
  if type(wait) == "userdata" then
    if endings[wait] ~= t then return false end
    endings[wait] = nil
    wait:cancel()
    t.failure = err
    enqueue(t)
    return true
  elseif not wait or wait.done then
    return false
  end
  if wait.op then
    endings[wait.op] = nil
    wait.op:cancel()
  end
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
        if getmetatable(ending) == Task then
          enqueue(ending)
        elseif ending then
          ending()
        end
      end
    end
  end
end

-- Raises M.cancelled if the task was cancelled while it did not wait.
local function check_cancelled(t)
  if t.cancel_requested then
    t.cancel_requested = nil
    error(M.cancelled, 0)
  end
end

local function can_yield(t)
  return t and running() == t.thread and is_yieldable()
end

--- Waits for fire(wait). Raises M.cancelled if the task is cancelled meanwhile; the wait is then done, too.
---@param wait table
function M.suspend(wait)
  local t = current
  if t then
    if t.cancel_requested then wait.done = true end
    check_cancelled(t)
    t.wait = wait
  end
  if not can_yield(t) then
    pump(wait)
  elseif not wait.done then
    wait.task = t
    yield()
  end
  if t then t.wait = nil end
  if wait.failed then error(wait.failed, 0) end
end
local suspend = M.suspend

-- Waits for an operation in code that cannot yield.
local function pump_operation(op)
  local wait = { op = op }
  endings[op] = function() fire(wait) end
  suspend(wait)
end

local function await(op)
  local t = current
  if endings[op] then error("another task waits for the operation", 3) end
  if not op:pending() then
    return
  elseif t and t.cancel_requested then
    op:cancel()
    check_cancelled(t)
  elseif not can_yield(t) then
    return pump_operation(op)
  end
  t.wait, endings[op] = op, t
  yield()
  t.wait = nil
  if t.failure then
    local err = t.failure
    t.failure = nil
    error(err, 0)
  end
end

--- Waits for an operation of the loop (a timer, a transfer) to end, and returns op:result(). An operation that nothing
--- can end raises an error. Other functions of lanyard call it; a script rarely needs it.
---@param op userdata
---@return any ...  the results of the operation
function M.await(op)
  await(op)
  return op:result()
end

--- Waits for a number of seconds.
---@param seconds number
function M.sleep(seconds)
  return await(loop.timer(seconds))
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
  local child = t.children and next(t.children)
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

-- Forgets a task that has ended, so that its parent does not end it.
local function leave_parent(t)
  local siblings = t.parent and t.parent.children
  if siblings then siblings[t] = nil end
end

local NOTHING = table.pack()

local function finish(t, ok, ...)
  local failed_child = end_children(t)
  if ok and failed_child then
    t.state, t.results = "failed", table.pack(failed_child.results[1])
  else
    t.results = select("#", ...) > 0 and table.pack(...) or NOTHING
    t.state = ok and "done" or (... == M.cancelled and "cancelled" or "failed")
  end
  if t.state ~= "failed" then leave_parent(t) end
  for _, wait in ipairs(t.joiners or {}) do fire(wait) end
  t.thread = nil
end

-- Runs a task. Its function and arguments remain on the stack of the coroutine until its turn comes.
local function body(t, f, ...)
  yield()
  if t.cancel_requested then return finish(t, false, M.cancelled) end
  t.state = "started"
  finish(t, xpcall(f, M.explain, ...))
end

--- Starts a task that runs f(...). It ends with the task that spawned it: a task whose result matters must be joined.
---@param f function
---@param ... any  the arguments of f
---@return lanyard.Task
function M.spawn(f, ...)
  local t = setmetatable({ state = "ready", parent = current, thread = coroutine.create(body), wait = nil }, Task)
  assert(coroutine.resume(t.thread, t, f, ...))
  if current then
    current.children = current.children or {}
    current.children[t] = true
  end
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
    t.joiners = t.joiners or {}
    table.insert(t.joiners, wait)
    suspend(wait)
  end
  leave_parent(t)
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
