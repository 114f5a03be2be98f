--- The settings of a region: what access.connect and Region:with accept, and their defaults.

local M = {}

--- How often a container service is read while something waits for it, in seconds.
---@class access.Poll
---@field first number    the first pause
---@field longest number  the longest pause
---@field growth number   the factor from one pause to the next
local POLL = { first = 1, longest = 5, growth = 1.5 }

--- Bounds of the safe write (lanyard.access.write).
---@class access.Limits
---@field bound number       seconds from sending the read to sending the write
---@field lag number         seconds for which a read may still return what a write replaced
---@field lock number        seconds to wait for another lanyard on this machine
---@field principal number   seconds to wait for IAM to propagate a new role
---@field contention integer writes that another writer may replace
---@field faults integer     requests that may be throttled, broken off or failed
---@field overdue integer    reads that may take longer than `bound`
local LIMITS = { bound = 2, lag = 10, lock = 60, principal = 120, contention = 8, faults = 8, overdue = 5 }

-- How many calls are in flight when many repositories are read.
local PARALLEL = 16

--- Functions that are called after the region has read something. Each may be absent.
---@class access.Observer
---@field repositories? fun(repositories: access.Repository[])  after `repositories` returned a list
---@field policy? fun(repository: access.Repository, document: policy.Document?, err: aws.Error?)  after `policy`

--- A change that permit decides about, with the members that apply to it.
---@class access.Change
---@field on "grant"|"revoke"|"enable"|"disable"|"deploy"|"undo"|"service"  what is going to be done
---@field service? access.Service  the container service
---@field repository? access.Repository  the repository
---@field before? string|access.service.State  policy text, absent if there is no policy; of "service" the service as
---  it is, absent if it is to be created
---@field after? string|access.service.State   policy text, absent if there is no policy; of "service" the service as
---  it is to be, absent if it is to be deleted
---@field action? "create"|"update"|"delete"|"delete-image"  of "service"
---@field image? string        the name of the image, of "delete-image"
---@field unknown? string      of "service": why the monthly price is unknown
---@field grant? table         the journal's record of the grant
---@field deployment? table    the request, with the values of environment variables hidden
---@field references? table    where its variables come from: a list of { container, variable, reference }
---@field dry_run? boolean     nothing is going to be changed

--- Settings of `access.connect` and `Region:with`.
---@class access.Settings
---@field permit false|fun(region: access.Region, change: access.Change): true?, aws.Error?  decides about each change
---  before it is made; `false` permits every change
---@field prepare? fun(region: access.Region, change: access.Change): true?, aws.Error?  called with what is known of a
---  change while there is time for calls; permit is called between reading a policy and writing it
---@field select? fun(region: access.Region): access.Repository[]?, aws.Error?  returns the repositories that
---  `repositories` lists if it is called without globs
---@field observer? access.Observer  is called after something was read
---@field on_names? fun(kind: "services"|"repositories", names: string[], is_complete: boolean)  receives the names of
---  services and repositories that were read; is_complete: they are all of the Region
---@field journal_root? string  instead of $XDG_STATE_HOME/lanyard
---@field settle? boolean  read a policy again after a write, when other writers have finished
---@field progress? fun(text: string)  receives a line about what a call waits for
---@field parallel? integer  calls in flight when many repositories are read; 16 by default
---@field poll? table    members of access.Poll that differ from the default
---@field limits? table  members of access.Limits that differ from the default
---@field compact? boolean  listed repositories take little memory: only their fields name and created are in the table
---  itself, see lanyard.access.compact_repository
---@field clock? lanyard.Clock  instead of `lanyard.clock`
---@field run? string  the id of the command run in the journal, instead of this process's

-- ---------------------------------------------------------------------------------------------
-- Applying settings

local function merged(defaults, values)
  local all = {}
  for _, part in ipairs { defaults, values } do
    for name, value in pairs(part) do
      all[name] = value
    end
  end
  return all
end

local HOOKS = { "permit", "prepare", "select", "observer", "on_names" }
local VALUES = { "journal_root", "settle", "progress", "parallel", "compact", "clock", "run" }

local function copy_given(target, settings, names)
  for _, name in ipairs(names) do
    if settings[name] ~= nil then
      target[name] = settings[name]
    end
  end
end

--- Returns the fields of a region without settings.
---@return table
function M.defaults()
  return { settle = false, parallel = PARALLEL, poll = POLL, limits = LIMITS, hooks = {},
    clock = require "lanyard.clock", run = require("lanyard.access.journal.run").current() }
end

--- Applies settings to a region that is not in use yet.
---@param region table
---@param settings access.Settings
---@return table region
function M.apply(region, settings)
  copy_given(region, settings, VALUES)
  region.hooks = merged(region.hooks, {})
  copy_given(region.hooks, settings, HOOKS)
  region.poll = merged(region.poll, settings.poll or {})
  region.limits = merged(region.limits, settings.limits or {})
  return region
end

return M
