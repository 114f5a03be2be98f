--- Writes the files of journals, so that changes that wait for the disk at the same time wait for one fsync.
---
---     assert(group.save(directory, "01795165200056435.open.json", text))
---     assert(group.save(directory, "01795165200056435.json", text, "01795165200056435.open.json"))
---
--- The first task that saves a file leads: it makes all waiting files durable, and wakes their tasks. A task that came
--- meanwhile leads next. The files of a few changes are flushed one by one. More of them are written to a log with one
--- fsync for all (lanyard.access.journal.log).

local log = require "lanyard.access.journal.log"
local scheduler = require "lanyard.task.scheduler"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"
local task = require "lanyard.task"

local M = {}

local MODE = 384 -- 0600

-- From how many files at once, or of one process, a log is worth its own cost.
local MANY_AT_ONCE, MANY = 4, 8

-- The journals of an account and Region.
---@class journal.Group
---@field directory string
---@field waiting journal.group.Item[]
---@field is_led boolean
---@field log? journal.Log
---@field saved integer

---@class journal.group.Item
---@field folder string
---@field file string
---@field text string
---@field replaces? string  a file that is removed
---@field wait? table  of the task, unless it leads; `leads` is set if it leads then
---@field ok? true
---@field err? lanyard.Error

local groups = {}

-- The group of a repository's directory, and the name of that directory in it.
local function group_of(directory)
  local parent, folder = directory:match "^(.*)/([^/]+)$"
  local group = groups[parent]
  if not group then
    group = { directory = parent, waiting = {}, is_led = false, saved = 0 }
    groups[parent] = group
  end
  return group, folder
end

-- Ends the use of a log that failed. A task may still wait for it.
local function forget_log(group, one)
  if group.log == one then
    group.log = nil
  end
end

-- ---------------------------------------------------------------------------------------------
-- Writing

-- Writes one file, and removes the one that it replaces.
local function place(group, item, flush)
  local folder = group.directory .. "/" .. item.folder .. "/"
  local ok, err = system.write_file(folder .. item.file, item.text, MODE, flush)
  if ok and flush then
    ok, err = state_directory.flush()
  end
  if ok and item.replaces then
    ok, err = system.remove(folder .. item.replaces)
  end
  return ok, err
end

-- Gives each task its result.
local function complete(batch, results)
  for _, item in ipairs(batch) do
    item.ok, item.err = results(item)
    if item.wait then
      scheduler.fire(item.wait)
    end
  end
end

local function records_of(batch)
  local records = {}
  for _, item in ipairs(batch) do
    records[#records + 1] = { name = item.folder .. "/" .. item.file, text = item.text }
    if item.replaces then
      records[#records + 1] = { name = item.folder .. "/" .. item.replaces }
    end
  end
  return records
end

-- Writes the files of a batch to the log. The batch is completed even if the task is cancelled.
local function write_to_log(group, batch)
  local one = group.log
  local ok, err = one:append(records_of(batch))
  local is_flushed = false
  local _ <close> = setmetatable({}, { __close = function()
    if ok and not is_flushed then
      ok, err = one:sync()
    end
    if not ok then
      forget_log(group, one)
    end
    complete(batch, function(item)
      if ok then
        return place(group, item, false)
      end
      return nil, err
    end)
  end })
  if ok then
    ok, err = one:flush()
    is_flushed = true
  end
end

-- The log, if one is worth its cost. log | nil | nil, err
local function log_for(group, batch)
  if group.log and group.log:is_full() then
    group.log:close()
    group.log = nil
  end
  if not group.log and (#batch >= MANY_AT_ONCE or group.saved >= MANY) then
    local err
    group.log, err = log.create(group.directory)
    return group.log, err
  end
  return group.log
end

local function commit(group, batch)
  local one, err = log_for(group, batch)
  group.saved = group.saved + #batch
  if one then
    return write_to_log(group, batch)
  end
  complete(batch, function(item)
    if err then
      return nil, err
    end
    return place(group, item, true)
  end)
end

-- ---------------------------------------------------------------------------------------------
-- Leading

-- Makes a waiting task the leader. Without one, what cancelled tasks have left is not needed.
local function pass_on(group)
  group.is_led = false
  for _, item in ipairs(group.waiting) do
    if item.wait and not item.wait.done then
      group.is_led = true
      item.wait.leads = true
      return scheduler.fire(item.wait)
    end
  end
  group.waiting = {}
end

-- Commits what is waiting, after the tasks that can run have added theirs.
local function lead(group)
  group.is_led = true
  local _ <close> = setmetatable({}, { __close = function() pass_on(group) end })
  if task.current() then
    task.sleep(0)
  end
  local batch = group.waiting
  group.waiting = {}
  commit(group, batch)
end

--- Writes a file. It is on the disk when the function returns.
---@param directory string  of a repository's journal
---@param file string       the name of the file
---@param text string
---@param replaces? string  the name of a file that is removed after that
---@return true? ok
---@return lanyard.Error? err
function M.save(directory, file, text, replaces)
  local group, folder = group_of(directory)
  local item = { folder = folder, file = file, text = text, replaces = replaces }
  table.insert(group.waiting, item)
  local leads = not group.is_led
  if not leads then
    item.wait = {}
    scheduler.suspend(item.wait)
    leads = item.wait.leads
  end
  if leads then
    lead(group)
  end
  return item.ok, item.err
end

--- Removes a file. After a crash of the system it may exist again.
---@param directory string  of a repository's journal
---@param file string       the name of the file
---@return true? ok
---@return lanyard.Error? err
function M.remove(directory, file)
  local group, folder = group_of(directory)
  local one = group.log
  if one and not one:append { { name = folder .. "/" .. file } } then
    forget_log(group, one)
  end
  return system.remove(directory .. "/" .. file)
end

return M
