--- Finds and settles the changes that interrupted commands left in the journal.
---
---     for _, item in ipairs(assert(interrupted.settle(region))) do
---       print(item.repository, item.err or #item.recovered)
---     end
---
--- A change settles the entries of its own repository. These functions are for the repositories that a command has
--- nothing to change in any more: a killed command may have changed them already.

local journal = require "lanyard.access.journal"
local journal_entry = require "lanyard.access.journal.entry"
local repository_policy = require "lanyard.access.repository_policy"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"
local task = require "lanyard.task"
local write = require "lanyard.access.write"

local M = {}

-- How many policies are read in parallel.
local PARALLEL = 8

--- A repository whose interrupted changes were settled.
---@class access.Settled
---@field repository string  its name
---@field recovered? journal.Entry[]  with the state "done", "lost", or "dropped" for a write that did not take effect
---@field err? lanyard.Error          the policy could not be read, or the journal could not be written

--- Reports whether the journal of a repository has open entries.
---@param region access.Region
---@param repository access.Repository
---@return boolean? unsettled
---@return lanyard.Error? err
function M.is_unsettled(region, repository)
  local directory, err = region:repository_directory(repository)
  if not directory then
    return nil, err
  end
  return journal.open(directory, region.clock):is_unsettled()
end

-- The repository of a directory, from its name, or for a long name from its entries; nil without entries.
local function repository_in(region, parent, folder, account)
  local name = state_directory.repository_name(folder)
  if not name then
    local records = journal.open(parent .. "/" .. folder, region.clock)
    local entry = records:find(function() return true end, { is_current = function() return true end })
    name = entry and state_directory.repository(parent, entry.repository) == parent .. "/" .. folder
      and entry.repository
  end
  return name and { name = name, registry_id = account }
end

-- The repositories of the account and Region whose journals have open entries. list | nil, err
local function unsettled_repositories(region)
  local account, err = region:account()
  local parent
  if account then
    parent, err = region:journal_directory(account)
  end
  if not parent then
    return nil, err
  end
  local folders
  folders, err = state_directory.list(parent)
  if not folders then
    return nil, err
  end
  local repositories = {}
  for _, folder in ipairs(folders) do
    -- What cannot be listed is not a journal.
    if journal.open(parent .. "/" .. folder, region.clock):is_unsettled() then
      repositories[#repositories + 1] = repository_in(region, parent, folder, account)
    end
  end
  return repositories
end

--- Settles the interrupted changes of the account and Region.
---@param region access.Region
---@return access.Settled[]? settled  the repositories that had interrupted changes
---@return lanyard.Error? err
function M.settle(region)
  local repositories, err = unsettled_repositories(region)
  if not repositories then
    return nil, err
  end
  local all = task.map(repositories, function(repository)
    local recovered, failure = write.settle(region, repository)
    return { repository = repository.name, recovered = recovered, err = failure }
  end, { limit = PARALLEL })
  local settled = {}
  for _, item in ipairs(all) do
    settled[#settled + 1] = (item.err or #item.recovered > 0) and item or nil
  end
  return settled
end

-- Reports whether a change is being made now.
local function is_running(directory)
  local lock <close> = system.lock(directory .. "/lock")
  return lock == nil
end

--- Gives each open entry the state in which `settle` would leave it: "done", "lost", or "dropped" for a write that did
--- not take effect. An entry whose change is being made now, or whose policy cannot be read, stays "intended". Writes
--- nothing.
---@param region access.Region
---@param entries journal.Entry[]
---@return journal.Entry[] entries
function M.preview(region, entries)
  local open = {}
  for _, entry in ipairs(entries) do
    if entry.state == "intended" then
      open[entry.repository] = open[entry.repository] or { name = entry.repository, registry_id = entry.account }
      table.insert(open[entry.repository], entry)
    end
  end
  for _, repository in pairs(open) do
    local directory = region:repository_directory(repository)
    local running = not directory or is_running(directory)
    local current, err
    if not running then
      current, err = repository_policy.read(region.ecr, repository.name)
    end
    local known = not running and (not err or err.code == "RepositoryNotFoundException")
    for _, entry in ipairs(known and repository or {}) do
      entry.state = journal_entry.outcome(entry, repository_policy.matcher(current))
    end
  end
  return entries
end

return M
