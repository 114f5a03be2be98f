--- Undoes everything that one command changed in the policies of an account and Region.
---
---     local command = assert(undo_command.find(region))   -- the last command that was not an undo
---     for _, part in ipairs(command.parts) do
---       print(part.repository, undo_command.undo(region, part, repository, { dry_run = true }))
---     end
---
--- Each entry of the journal names the run of the command that made the change. What was undone already, by this
--- function or one by one, is not undone again.

local errors = require "lanyard.errors"
local interrupted = require "lanyard.access.interrupted"
local journal = require "lanyard.access.journal"
local lists = require "lanyard.lists"
local lock = require "lanyard.lock"
local run = require "lanyard.access.journal.run"
local state_directory = require "lanyard.access.state_directory"
local undo = require "lanyard.access.undo"

local M = {}

-- The clock of this machine may have been set back since a run began: entries that are older than it by this many
-- seconds are read, too.
local SET_BACK = 3600

--- What a command changed in one repository.
---@class access.CommandPart
---@field repository string  the name
---@field registry_id? string        the account
---@field entries journal.Entry[]    to undo, newest first
---@field last journal.Entry         the newest change of the command
---@field first journal.Entry        the oldest one
---@field was_interrupted boolean    the undo of the newest change was interrupted, and took effect

--- What one run of a command changed in an account and Region.
---@class access.CommandRun
---@field run string                 its id
---@field time string                timestamp of its first change
---@field actions string[]           "grant", "revoke", ...; sorted
---@field parts access.CommandPart[] sorted by repository
---@field damaged lanyard.Error[]    files in the journals that are not entries

-- ---------------------------------------------------------------------------------------------
-- Finding the command

-- The journals of the account and Region. list | nil, err
local function journals_of(region)
  local parent, err = region:journal_directory()
  local folders
  if parent then
    folders, err = state_directory.list(parent)
  end
  if not folders then
    return nil, err
  end
  local all = {}
  for i, folder in ipairs(folders) do
    all[i] = journal.open(parent .. "/" .. folder, region.clock, state_directory.repository_name(folder))
  end
  return all
end

-- The newest entry of a journal that is a change to undo; an open one counts if it took effect or is being made.
local function newest_change(region, records)
  local skipped = {}
  while true do
    local entry = records:find(function(entry)
      return entry.action ~= "undo" and entry.state ~= "lost"
    end, { open = true, skipped = skipped })
    if not entry or interrupted.preview(region, { entry })[1].state ~= "dropped" and entry.state ~= "lost" then
      return entry
    end
    skipped[entry.id] = true
  end
end

local function nothing(message)
  return errors.new {
    code = "NothingToUndo", message = message, tip = "lanyard undo --list prints the changes made from this machine",
  }
end

-- The id of the run of the last change. run | nil, err
local function last_run(region, journals)
  local last
  for _, records in ipairs(journals) do
    local entry = newest_change(region, records)
    last = entry and (not last or entry.id > last.id) and entry or last
  end
  if not last then
    return nil, nothing(("the journal has no change in %s to undo"):format(region.name))
  elseif not last.run then
    return nil, errors.new {
      code = "UnknownRun",
      message = ("the last change, the %s of %s in '%s', does not name its command: an older version of lanyard "
        .. "made it"):format(last.action, last.time, last.repository),
      tip = "name the repositories to undo; lanyard undo --list prints the changes made from this machine",
    }
  end
  return last.run
end

-- Whether an entry is in effect: it is done, or its outcome is not known yet.
local function counts(entry)
  return entry.state == "done" or entry.state == "intended"
end

-- The entries of a journal since a run began, newest first, and the ids of open ones.
local function entries_since(region, records, id)
  local oldest = ("%017d"):format(math.max(0, math.floor((run.began(id) - SET_BACK) * 1e6)))
  local entries, open = {}, {}
  records:find(function(entry)
    if entry.id >= oldest then
      entries[#entries + 1] = entry
      open[entry.id] = entry.state == "intended"
    end
    return entry.id < oldest
  end, { open = true })
  return interrupted.preview(region, entries), open
end

-- Collects what a run changed in one repository. part | nil
local function part_of(region, records, id)
  local entries, open = entries_since(region, records, id)
  local part, undone = { entries = {}, was_interrupted = false }, {}
  for _, entry in ipairs(entries) do
    local undo_entry = undone[entry.id]
    if entry.action == "undo" and counts(entry) and not undo_entry then
      undone[entry.detail.undoes] = entry
    end
    if entry.run == id and counts(entry) then
      if not part.last then
        part.repository, part.registry_id, part.last = entry.repository, entry.account, entry
        part.was_interrupted = undo_entry ~= nil and open[undo_entry.id]
      end
      part.entries[#part.entries + 1] = not undo_entry and entry or nil
      part.first = entry
    end
  end
  return part.last and part or nil
end

local function describe(id, parts)
  local command, actions = { run = id, parts = parts, actions = {} }, {}
  for _, part in ipairs(parts) do
    actions[part.last.action] = true
    command.time = command.time and command.time < part.first.time and command.time or part.first.time
  end
  command.actions = lists.sorted_names(actions)
  table.sort(parts, function(a, b) return a.repository < b.repository end)
  return command
end

-- An error if the command is making a change now.
local function check_ended(command)
  for _, part in ipairs(command.parts) do
    for _, entry in ipairs(part.entries) do
      if entry.state == "intended" then
        return nil, errors.new {
          code = "StillRunning",
          message = ("the %s of %s in '%s' has not ended, or the policy cannot be read; nothing was undone")
            :format(entry.action, entry.time, part.repository),
          tip = "wait until the command has ended, then run this again",
        }
      end
    end
  end
  return command
end

--- Finds what a command changed in the account and Region of a region.
---@param region access.Region
---@param id? string  the run of the command; without it, the last command that was not an undo
---@return access.CommandRun? command
---@return lanyard.Error? err  code NothingToUndo, UnknownRun if an entry of lanyard 0.1.0 does not name its command, or
---  StillRunning
function M.find(region, id)
  local journals, err = journals_of(region)
  if journals and not id then
    id, err = last_run(region, journals)
  end
  if not journals or not id then
    return nil, err
  end
  local parts, damaged = {}, {}
  for _, records in ipairs(journals) do
    parts[#parts + 1] = part_of(region, records, id)
    table.move(records.damaged, 1, #records.damaged, #damaged + 1, damaged)
  end
  if #parts == 0 then
    return nil, nothing(("the journal has no change of command run '%s' in %s"):format(id, region.name))
  end
  local command = describe(id, parts)
  command.damaged = damaged
  return check_ended(command)
end

-- ---------------------------------------------------------------------------------------------
-- Undoing

--- Serializes undos of several repositories on this machine: two that waited for each other's repositories would never
--- end.
---@param region access.Region
---@return userdata? lock  to be closed
---@return lanyard.Error? err
function M.lock(region)
  local directory, err = region:journal_directory()
  if not directory then
    return nil, err
  end
  local held
  held, err = lock.wait(directory .. ".undo.lock", region.clock, region.limits.lock)
  if not held and err.code == "NotFound" then
    err = nothing(("the journal has no change in %s to undo"):format(region.name))
  end
  return held, err
end

local function already_undone(region, part, repository, options)
  return {
    kind = "unchanged", repository = repository, region = region.name, statement = {}, diff = "",
    dry_run = options.dry_run or false, deleted_policy = false,
    why = ("the %s of %s is already undone"):format(part.last.action, part.last.time),
  }
end

--- Undoes what the command changed in a repository.
---@param region access.Region
---@param part access.CommandPart
---@param repository access.Repository
---@param options? access.UndoOptions  without `entry`
---@return access.PolicyChange? change
---@return aws.Error? err
function M.undo(region, part, repository, options)
  options = options or {}
  local entries = part.entries
  if #entries == 0 and part.was_interrupted then -- that undo is settled and reported
    entries = { part.last }
  elseif #entries == 0 then
    return already_undone(region, part, repository, options)
  end
  local result
  for i, entry in ipairs(entries) do
    local all = {}
    for name, value in pairs(options) do
      all[name] = value
    end
    all.entry = entry.id
    local change, err = undo.undo(region, repository, all)
    if not change then
      return nil, err
    end
    result = result and change.kind == "unchanged" and result or change
    if options.dry_run and entries[i + 1] then
      result.why = ("%s, and %d earlier of the same command"):format(result.why, #entries - i)
      break
    end
  end
  return result
end

return M
