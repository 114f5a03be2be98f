--- Lets a watch run only once per user and machine, by a lock in the state directory.
---
---     local lock <close> = assert(single_instance.acquire("nightly", { "audit" }))
---
--- The kernel releases the lock when the process ends.

local crypto = require "lanyard.crypto"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"

local M = {}

-- Two watches of one command are different if these variables differ.
local VARIABLES = { "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL" }

local function key_of(name, words)
  local parts = { name or "" }
  if not name then
    table.move(words, 1, #words, 2, parts)
    for _, variable in ipairs(VARIABLES) do
      parts[#parts + 1] = variable .. "=" .. (environment.get(variable) or "")
    end
  end
  return crypto.sha256_hex(table.concat(parts, "\0")):sub(1, 32)
end

--- Acquires the lock of a watch.
---@param name string?     of the watch; without one, its command and AWS settings identify it
---@param words string[]   the watched command
---@param root? string     the state directory, instead of $XDG_STATE_HOME/lanyard
---@return userdata? lock  a to-be-closed value
---@return lanyard.Error? err  code Locked if the watch is running
function M.acquire(name, words, root)
  local folder, err = state_directory.root(root)
  local ok = folder
  if folder then
    folder = folder .. "/watch"
    ok, err = system.mkdirs(folder)
  end
  if not ok then
    return nil, err
  end
  local path = ("%s/%s.lock"):format(folder, key_of(name, words))
  local lock
  lock, err = system.lock(path)
  if not lock and not err then
    err = errors.new {
      code = "Locked",
      message = ("this watch is already running, in the process that holds %s"):format(path),
      tip = "stop that process, or pass another --name",
    }
  end
  return lock, err
end

return M
