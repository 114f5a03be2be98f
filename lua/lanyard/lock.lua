--- Serializes work of the lanyard processes on one machine with a lock file.
---
---     local lock <close> = assert(lock.wait(path, clock, 10))
---
--- The kernel releases the lock when its process ends. Tasks of one process wait for each other in the same way.

local errors = require "lanyard.errors"
local system = require "lanyard.system"

local M = {}

local FIRST_PAUSE = 0.02
local LONGEST_PAUSE = 0.25

--- Takes a lock, and waits for it if another task or process holds it.
---@param path string
---@param clock lanyard.Clock
---@param seconds number  how long to wait
---@return userdata? lock  to be closed
---@return lanyard.Error? err  code "Locked" after the timeout
function M.wait(path, clock, seconds)
  local deadline = clock.now() + seconds
  local pause = FIRST_PAUSE
  while true do
    local lock, err = system.lock(path)
    if lock or err then
      return lock, err
    end
    if clock.now() >= deadline then
      return nil, errors.new {
        code = "Locked",
        message = ("another lanyard process has held %s for %d s"):format(path, seconds),
        tip = "wait for it to end, or terminate it: the lock ends with its process",
      }
    end
    clock.sleep(pause * (0.5 + clock.random() / 2))
    pause = math.min(pause * 1.5, LONGEST_PAUSE)
  end
end

return M
