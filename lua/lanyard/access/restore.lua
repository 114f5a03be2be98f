--- Restores statements of others that another writer removed while lanyard changed a policy.
---
---     local change, err = restore.restore(region, repository)
---
--- The safe write records such statements in the journal entry of its change (lanyard.access.write.losses). Rules
--- decide about the restoration as about an undo.

local change = require "lanyard.access.change"
local compare = require "lanyard.policy.compare"
local errors = require "lanyard.errors"
local has_variable = require("lanyard.policy.statements").has_variable
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

local function other_version(name, statement)
  return errors.new {
    code = "OtherVersion",
    message = ("%s has a policy variable, and the Version of the policy of '%s' is another one since: the statement "
      .. "would mean something else; nothing was written"):format(statements.describe(statement), name),
    tip = ("add the statement by hand; lanyard undo --list %s --output json has its text"):format(name),
  }
end

-- Returns the statements of `lost` that a policy does not have | nil, err. A statement keeps its meaning only under the
-- Version that it had. A policy without statements gets that Version.
local function missing_from(doc, lost, name)
  local missing = {}
  local keeps_meaning = doc:empty() or compare.members(doc).Version == compare.members(lost).Version
  for _, statement in ipairs(lost:statements()) do
    if not has(doc, lost:meaning(statement.index, true)) then
      if not keeps_meaning and has_variable(statement) then
        return nil, other_version(name, statement)
      end
      missing[#missing + 1] = statement
    end
  end
  return missing
end

-- An edit that appends the statements which the policy does not have.
local function edit_of(lost, name)
  return function(doc)
    local missing, err = missing_from(doc, lost, name)
    if not missing then
      return nil, err
    end
    local names = {}
    for i, statement in ipairs(missing) do
      names[i] = statements.describe(statement)
    end
    local detail = {
      why = #names > 0 and table.concat(names, ", ") or "the policy has the statements",
      touched = #names, parts = PARTS,
    }
    if doc:empty() then
      return lost:copy(), detail
    end
    for _, statement in ipairs(missing) do
      doc:append(lost, statement.index)
    end
    return #missing > 0, detail
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
  local result, err = write.change_policy(region, repository, edit_of(lost, repository.name), {
    action = "restore", record = { restores = entry.id }, parts = PARTS, dry_run = options.dry_run,
    gives = { { document = lost } },
    settle = region:settles(options), progress = options.progress or region.progress,
  })
  return result and change.of(region, repository, result, { "restore", "restored" }, options), err
end

return M
