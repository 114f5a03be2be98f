-- A checkout for specs of what the current directory can do.

local helper = require "helper"
local system = require "lanyard.system"

local M = {}

local BINARY = assert(system.real_path(helper.lanyard))

--- Runs a shell command, and fails if it fails.
function M.sh(form, ...)
  assert(os.execute(form:format(...)))
end

-- A checkout with files below .lanyard, and an empty home beside it. Closing it removes both.
local Checkout = {}
Checkout.__index = Checkout

--- Creates a checkout.
---@param files? { [string]: string }  texts by path
function M.new(files)
  local self = setmetatable({ folder = helper.folder() }, Checkout)
  M.sh("chmod 755 %s && cd %s && mkdir -m 755 home co", self.folder, self.folder)
  self.path = self.folder .. "/co"
  self:write(files or {})
  return self
end

--- Writes files, which no other user can change.
function Checkout:write(files)
  local made = {}
  for name, text in pairs(files) do
    local folder = name:match "^(.*)/"
    if folder and not made[folder] then
      M.sh("mkdir -p '%s/%s'", self.path, folder)
      made[folder] = true
    end
    helper.write(self.path .. "/" .. name, text)
  end
  M.sh("chmod -R go-w %s", self.path)
end

-- Runs lanyard in the checkout. words: a list, or a text split at spaces.
function Checkout:run(words, environment, binary)
  local list = type(words) == "table" and words or {}
  for word in (type(words) == "string" and words or ""):gmatch "%S+" do
    list[#list + 1] = word
  end
  local all = { HOME = self.folder .. "/home" }
  for name, value in pairs(environment or {}) do
    all[name] = value
  end
  return helper.run({ "sh", "-c", 'cd "$0" && exec "$@"', self.path, binary or BINARY, table.unpack(list) }, all)
end

--- Trusts the checkout, and fails if that fails.
function Checkout:trust()
  local result = self:run "trust --yes"
  assert(result.status == 0, result.err)
end

function Checkout:__close()
  getmetatable(self.folder).__close()
end

return M
