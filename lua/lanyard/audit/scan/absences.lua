--- Confirms that a repository or service does not exist, where a list lacks it.
---
---     inventory.absences = absences.new(region)
---     inventory.absences:ask("repository", "web")
---     if inventory.absences:confirmed("repository", "web") then ... end
---
--- A list that lacks a name proves nothing: a proxy can have emptied it, and the item can be newer than the list. AWS
--- rejects a call that names what does not exist, and that is certain. Where such a call fails otherwise, nothing is
--- known of the item, and `unknown` says why.

local answers = require "lanyard.aws.answers"
local task = require "lanyard.task"

local M = {}

---@class audit.Absences
---@field unknown? string  why the first item could not be asked for
---@field private region access.Region
---@field private gate task.Semaphore      one question at a time: several tasks ask the same one
---@field private known { [string]: boolean }  by kind and name; absent: not asked
local Absences = {}
Absences.__index = Absences

-- Each calls AWS with a name, and has the code with which AWS rejects a name that does not exist.
local KINDS = {
  repository = {
    code = "RepositoryNotFoundException", call = function(region, name) return region:repositories { name } end,
  },
  service = { code = "NotFoundException", call = function(region, name) return region:service(name) end },
}

--- Returns the absences of a Region, of which none is confirmed.
---@param region access.Region
---@return audit.Absences
function M.new(region)
  return setmetatable({ region = region, gate = task.semaphore(1), known = {} }, Absences)
end

--- Asks AWS for an item that a list lacks, once.
---@param kind "repository"|"service"
---@param name string
function Absences:ask(kind, name)
  local key = kind .. " " .. name
  if self.known[key] ~= nil then
    return
  end
  local _ <close> = self.gate:acquire()
  if self.known[key] == nil then
    local _, err = KINDS[kind].call(self.region, name)
    self.known[key] = answers.rejected(err, KINDS[kind].code)
    if err and not self.known[key] then
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
