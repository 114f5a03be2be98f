-- Lets a watch run once on a machine, for a user: a lock in the state folder, which goes with the process.

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local crypto = require "lanyard.crypto"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"

local M = {}

-- What makes two runs of one command different watches.
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

-- one(name | nil, words [, root]) --> lock (to be closed) | nil, err { code = "Locked" }
-- root: the state folder instead of $XDG_STATE_HOME/lanyard.
function M.one(name, words, root)
  local folder, err = state_directory.root(root)
  local made = folder
  if folder then
    folder = folder .. "/watch"
    made, err = system.mkdirs(folder)
  end
  if not made then
    return nil, err
  end
  local path = ("%s/%s.lock"):format(folder, key_of(name, words))
  local lock
  lock, err = system.lock(path)
  if not lock and not err then
    err = errors.new {
      code = "Locked",
      message = ("this is watched already, by the process that holds %s"):format(path),
      tip = "end that one, or give this one another --name",
    }
  end
  return lock, err
end

return M
