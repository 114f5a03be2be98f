-- Waits for a lock file, so that the lanyards of one machine do a thing one after another.
-- The kernel frees a lock when its holder ends, however it ends; rivals in this process wait the
-- same way as those in another.

local errors = require "lanyard.errors"
local system = require "lanyard.system"

local M = {}

local FIRST_PAUSE = 0.02
local LONGEST_PAUSE = 0.25

-- wait(path, clock, seconds) --> lock (to be closed) | nil, err
function M.wait(path, clock, seconds)
  local give_up = clock.now() + seconds
  local pause = FIRST_PAUSE
  while true do
    local lock, err = system.lock(path)
    if lock or err then
      return lock, err
    end
    if clock.now() >= give_up then
      return nil, errors.new {
        code = "Locked",
        message = ("another lanyard has held %s for %d s"):format(path, seconds),
        tip = "wait for it to end, or end it: the lock goes with its process",
      }
    end
    clock.sleep(pause * (0.5 + clock.random() / 2))
    pause = math.min(pause * 1.5, LONGEST_PAUSE)
  end
end

return M
