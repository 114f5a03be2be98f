--- Restores statements of others that another writer removed while lanyard changed a policy.
---
---     local change, err = restore.restore(region, repository)
---
--- The safe write records such statements in the journal entry of its change (lanyard.access.write.losses). Rules
--- decide about the restoration as about an undo.

local change = require "lanyard.access.change"
local errors = require "lanyard.errors"
local journal = require "lanyard.access.journal"
local policy = require "lanyard.policy"
local statements = require "lanyard.access.statements"
local write = require "lanyard.access.write"

local M = {}

local PARTS = { { on = "undo" } }

local function nothing_lost(name)
  return errors.new {
    code = "NothingLost",
    message = ("the journal knows no statement of '%s' that another writer removed during a change"):format(name),
    tip = ("lanyard blame %s shows who changed the policy"):format(name),
  }
end

-- Returns the newest entry of a change during which statements were lost, and these. entry, document | nil, err
local function find_entry(region, repository)
  local directory, err = region:repository_directory(repository)
  if not directory then
    return nil, err
  end
  local records = journal.open(directory, region.clock, repository.name)
  local entry
  entry, err = records:find(function(one) return one.lost ~= nil end)
  local lost = entry and policy.parse(entry.lost)
  if not lost then
    err = err or nothing_lost(repository.name)
    err.damaged = records.damaged -- one of them may be the entry
    return nil, err
  end
  return entry, lost
end

local function has(doc, meaning)
  for _, statement in ipairs(doc:statements()) do
    if doc:meaning(statement.index, true) == meaning then
      return true
    end
  end
  return false
end

-- An edit that appends the statements which the policy does not have.
local function edit_of(lost)
  return function(doc)
    local names = {}
    for _, statement in ipairs(lost:statements()) do
      if not has(doc, lost:meaning(statement.index, true)) then
        doc:append(lost, statement.index)
        names[#names + 1] = statements.describe(statement)
      end
    end
    return #names > 0, {
      why = #names > 0 and table.concat(names, ", ") or "the policy has the statements",
      touched = #names, parts = PARTS,
    }
  end
end

--- Appends the statements that were lost during the newest change that lost some, unless the policy has them.
---@param region access.Region
---@param repository access.Repository
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err  code NothingLost if the journal knows of no loss
function M.restore(region, repository, options)
  options = options or {}
  local entry, lost = find_entry(region, repository)
  if not entry then
    return nil, lost
  end
  local result, err = write.change_policy(region, repository, edit_of(lost), {
    action = "restore", record = { restores = entry.id }, parts = PARTS, dry_run = options.dry_run,
    settle = region:settles(options), progress = options.progress or region.progress,
  })
  return result and change.of(region, repository, result, { "restore", "restored" }, options), err
end

return M
