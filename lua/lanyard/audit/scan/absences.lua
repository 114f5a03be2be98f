--- Confirms that a repository or service does not exist, where a list lacks it.
---
---     inventory.absences = absences.new(region)
---     inventory.absences:ask("repository", "web")
---     if inventory.absences:confirmed("repository", "web") then ... end
---
--- A list that lacks a name proves nothing: a proxy can have emptied it, and the item can be newer than the list. AWS
--- rejects a call that names what does not exist, and that is certain. Where such a call fails otherwise, nothing is
--- known of the item, and `unknown` says why.

local repositories = require "lanyard.access.repositories"
local services = require "lanyard.access.services"
local task = require "lanyard.task"

local M = {}

---@class audit.Absences
---@field unknown? string  why the first item could not be asked for
---@field private region access.Region
---@field private gates { [string]: task.Semaphore }  by kind and name: several tasks ask the same question
---@field private known { [string]: boolean }  by kind and name; absent: not asked
local Absences = {}
Absences.__index = Absences

-- Each calls AWS with a name: item | false, if it does not exist | nil, err
local LOOKUPS = { repository = repositories.lookup, service = services.lookup }

--- Returns the absences of a Region, of which none is confirmed.
---@param region access.Region
---@return audit.Absences
function M.new(region)
  return setmetatable({ region = region, gates = {}, known = {} }, Absences)
end

--- Asks AWS for an item that a list lacks, once.
---@param kind "repository"|"service"
---@param name string
function Absences:ask(kind, name)
  local key = kind .. " " .. name
  if self.known[key] ~= nil then
    return
  end
  self.gates[key] = self.gates[key] or task.semaphore(1)
  local _ <close> = self.gates[key]:acquire()
  if self.known[key] == nil then
    local item, err = LOOKUPS[kind](self.region, name)
    self.known[key] = item == false
    if err then
      self.unknown = self.unknown or ("%s '%s': %s"):format(kind, name, tostring(err))
    end
  end
end

--- Reports whether AWS said that an item does not exist.
---@param kind "repository"|"service"
---@param name string
---@return boolean
function Absences:confirmed(kind, name)
  return self.known[kind .. " " .. name] == true
end

return M
