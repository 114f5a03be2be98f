--- Reads the texts of policies ahead: while the rest of the repositories is listed, and services and what they deploy
--- are read. A limit on the rate of calls then passes no time without calls.
---
---     local texts <close> = ahead.reader(region, gate)
---     texts:add(repositories)                             -- as they are listed
---     texts:stop()
---     local doc, err = region:policy(repository, parse, texts:read())
---
--- Only the first texts are read ahead, so that they take little memory.

local repository_policy = require "lanyard.access.repository_policy"
local task = require "lanyard.task"

local M = {}

-- How many policies are read ahead. At 100 calls per second these are the ones of five seconds.
local MOST = 500

---@class audit.Ahead
---@field private names string[]       of the repositories to read, from `taken` + 1 on
---@field private results { [string]: { text?: string, err?: aws.Error } }  by name
local Ahead = {}
Ahead.__index = Ahead

local function work(self, region, gate)
  while true do
    self.waiting:acquire()
    self.taken = self.taken + 1
    local name = not self.stopped and self.names[self.taken]
    if not name then
      return
    end
    local _ <close> = gate and gate:acquire() or nil
    local text, err = repository_policy.text(region.ecr, name)
    self.results[name] = { text = text, err = err }
  end
end

--- Returns a reader that reads the policies of repositories as they are added.
---@param region access.Region
---@param gate? task.Semaphore  limits the repositories that are read in parallel
---@return audit.Ahead
function M.reader(region, gate)
  local self = setmetatable({ names = {}, taken = 0, waiting = task.semaphore(0), results = {}, tasks = {} }, Ahead)
  for i = 1, region.parallel do
    self.tasks[i] = task.spawn(work, self, region, gate)
  end
  return self
end

--- Adds the repositories of a list that has grown since the last time.
---@param list access.Repository[]
function Ahead:add(list)
  for i = #self.names + 1, math.min(#list, MOST) do
    self.names[i] = list[i].name
    self.waiting:release()
  end
end

--- Waits for the calls in progress, and makes no further ones.
function Ahead:stop()
  self.stopped = true
  for _ in ipairs(self.tasks) do
    self.waiting:release()
  end
  for _, one in ipairs(self.tasks) do
    one:join()
  end
end

--- Returns a function that returns the text of a policy, once: as it was read ahead, else as it reads it. See
--- lanyard.access.repository_policy.text.
---@return fun(client: aws.Client, name: string): string?, aws.Error?
function Ahead:read()
  return function(client, name)
    local result = self.results[name]
    self.results[name] = nil
    if result then
      return result.text, result.err
    end
    return repository_policy.text(client, name)
  end
end

function Ahead:__close()
  for _, one in ipairs(self.tasks) do
    one:cancel()
    pcall(one.join, one)
  end
end

return M
