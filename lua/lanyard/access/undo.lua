--- Restores policies from the journal, and lists the journal.

local change = require "lanyard.access.change"
local errors = require "lanyard.errors"
local interrupted = require "lanyard.access.interrupted"
local journal = require "lanyard.access.journal"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local repository_policy = require "lanyard.access.repository_policy"
local state_directory = require "lanyard.access.state_directory"
local write = require "lanyard.access.write"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Choosing an entry

-- journal | nil, err
local function open_journal(region, repository)
  local directory, err = region:repository_directory(repository)
  if not directory then
    return nil, err
  end
  return journal.open(directory, region.clock, repository.name)
end

-- A function that reports whether the policy means the same as a text. function | nil, err
local function read_matcher(region, repository)
  local current, err = repository_policy.read(region.ecr, repository.name)
  if err then
    return nil, err
  end
  return repository_policy.matcher(current)
end

-- The entries that interrupted changes have left, and for a dry run the matcher. A dry run leaves the journal as it is;
-- otherwise they are settled. list | nil, err
local function settle(region, repository, records, dry_run)
  local unsettled, err = records:is_unsettled()
  if not unsettled then
    return not err and {} or nil, err
  elseif not dry_run then
    return write.settle(region, repository, true)
  end
  local is_current
  is_current, err = read_matcher(region, repository)
  if not is_current then
    return nil, err
  end
  local entries
  entries, err = records:interrupted(is_current)
  return entries, entries and is_current or err
end

-- The undo among interrupted changes that took effect: it is what this undo was asked to do.
local function interrupted_undo(recovered, id)
  for i = #recovered, 1, -1 do
    local entry = recovered[i]
    if entry.action == "undo" and entry.state == "done" and (id == nil or id == entry.detail.undoes) then
      return entry
    end
  end
  return nil
end

-- The entry with an id; without an id, the last one that is done and has not been undone since. entry | nil, err
local function choose(records, id, is_current)
  if not id then
    return records:undoable(is_current)
  end
  return records:entry(id, is_current)
end

local function nothing_to_undo(id)
  return errors.new {
    code = "NothingToUndo",
    message = id and "the journal has no entry " .. id or "the journal has no change to undo",
    tip = "lanyard undo --list prints the changes made from this machine",
  }
end

-- ---------------------------------------------------------------------------------------------
-- Undoing

local function parsed(text, name)
  if text == nil then
    return nil
  end
  return repository_policy.parse(text, name)
end

local function changed_since(current, entry, after, name)
  return errors.new {
    code = "ChangedSince",
    message = ("the policy of '%s' was changed after the %s of %s; it was left as it is")
      :format(name, entry.action, entry.time),
    tip = "in the difference, lines with - are what lanyard wrote, and lines with + are the current policy",
    repository = name,
    diff = (after or policy.new()):diff(current or policy.new(), {
      from = "as lanyard wrote it",
      to = "as it is now",
    }),
  }
end

-- An edit that replaces `after`, what the entry wrote, by `before`.
local function undo_edit(entry, before, after, name)
  local detail = { why = ("%s of %s"):format(entry.action, entry.time) }
  return function(doc, current)
    if repository_policy.same(current, before) then
      return false, { why = "the policy is already as it was before the " .. detail.why }
    elseif not repository_policy.same(current, after) then
      return nil, changed_since(current, entry, after, name)
    elseif before then
      return before:copy(), detail
    end
    for index = #doc:statements(), 1, -1 do
      doc:remove { index = index }
    end
    return true, detail
  end
end

-- The documents before and after an entry. before, after | nil, nil, err
local function documents_of(entry, name)
  local before, err = parsed(entry.before, name)
  local after
  if not err then
    after, err = parsed(entry.after, name)
  end
  return before, after, err
end

-- Undoes an entry. result of the safe write | nil, err
local function undo_entry(region, repository, entry, options)
  local before, after, err = documents_of(entry, repository.name)
  if err then
    return nil, err
  end
  return write.change_policy(region, repository, undo_edit(entry, before, after, repository.name), {
    action = "undo",
    record = { undoes = entry.id },
    meant = before or policy.new(),
    dry_run = options.dry_run,
    progress = options.progress or region.progress,
    hold = true,
  })
end

-- The result of an undo that was interrupted and took effect, as if it had been made now.
local function result_of_interrupted(repository, records, entry, dry_run)
  local before, after, err = documents_of(entry, repository.name)
  if err then
    return nil, err
  end
  local undone = records:finished(entry.detail.undoes)
  local subject = undone and ("%s of %s"):format(undone.action, undone.time) or "change " .. entry.detail.undoes
  return {
    changed = not dry_run,
    detail = { why = ("%s, by the undo of %s that was interrupted"):format(subject, entry.time) },
    before = entry.before,
    after = entry.after,
    deleted_policy = after == nil,
    diff = dry_run and "" or (before or policy.new()):diff(after or policy.new(), {
      from = before and repository.name or "no policy",
      to = after and repository.name or "no policy",
    }),
    effect = not dry_run and write.effect(entry.before, entry.after) or nil,
    entry = entry.id,
  }
end

-- Undoes one change. result of the safe write | nil, err
local function undo_next(region, repository, records, options, is_current)
  local entry, err = choose(records, options.entry, is_current)
  if not entry then
    return nil, err or nothing_to_undo(options.entry)
  end
  return undo_entry(region, repository, entry, options)
end

-- Shows what an undo would do. result | nil, err
local function rehearse(region, repository, records, options)
  local entries, is_current = settle(region, repository, records, true)
  if not entries then
    return nil, is_current
  end
  local entry = interrupted_undo(entries, options.entry)
  if entry then
    return result_of_interrupted(repository, records, entry, true)
  end
  return undo_next(region, repository, records, options, is_current)
end

-- Settles, and undoes one change. result | nil, err; the third value is the list of settled entries
local function run(region, repository, records, options)
  local recovered, err = settle(region, repository, records)
  if not recovered then
    return nil, err, {}
  end
  local entry = interrupted_undo(recovered, options.entry)
  local result
  if entry then
    result, err = result_of_interrupted(repository, records, entry)
  else
    result, err = undo_next(region, repository, records, options)
  end
  if #recovered > 0 then
    (result or err).recovered = recovered
  end
  return result, err, recovered
end

-- Adds the errors of a list that another does not have.
local function joined(list, more)
  local known = {}
  for _, err in ipairs(list) do
    known[err.message] = true
  end
  for _, err in ipairs(more) do
    list[#list + 1] = not known[err.message] and err or nil
  end
  return list
end

-- Returns and reports the change for a result. change | nil, err
local function report(region, repository, records, options, result, err)
  if not result then
    err.damaged = records.damaged -- one of them may be the entry to undo
    return nil, err
  end
  result.damaged = joined(result.damaged or {}, records.damaged)
  local undone = change.of(region, repository, result, { "undo", "undone" }, options)
  if options.report then
    options.report(undone)
  end
  return undone
end

-- Closes the entries of undos that were reported. Returns the errors.
local function close_entries(records, entries)
  local failed = {}
  for _, id in ipairs(entries) do
    local ok, err = records:close(id)
    if not ok then
      err.tip = "the next undo of the repository reports this one again, and undoes nothing else; check the disk"
      failed[#failed + 1] = err
    end
  end
  return failed
end

-- The ids of the entries that an undo leaves open until its result is reported. Its own can be an interrupted one.
local function entries_to_close(recovered, result)
  local ids, own = {}, result and result.entry
  for i, entry in ipairs(recovered) do
    ids[i] = entry.id
    own = own ~= entry.id and own or nil
  end
  ids[#ids + 1] = own
  return ids
end

--- Options of an undo.
---@class access.UndoOptions
---@field entry? string  the id of the journal entry to undo, instead of the last change
---@field dry_run? boolean  change nothing, and return what would change
---@field progress? fun(text: string)  receives a line about what a call waits for
---@field report? fun(change: access.PolicyChange)  reports the result. An undo that was killed before it returned
---  counts as interrupted: the next undo reports it, and changes nothing else
---@field defer? fun(close: fun(): lanyard.Error[])  gets a function that ends the undo, to be called when nothing else
---  can fail: until then it counts as interrupted. The function returns why entries stay open, instead of `unclosed`

--- Restores the policy that a repository had before lanyard's last change; each call goes back one more change. An undo
--- has a journal entry too, and options.entry = its id undoes it. If the last undo was interrupted and took effect, it
--- is this call's result.
---@param region access.Region
---@param repository access.Repository
---@param options? access.UndoOptions
---@return access.PolicyChange? change
---@return aws.Error? err  code ChangedSince if another writer changed the policy since: err.diff has the difference
function M.undo(region, repository, options)
  options = options or {}
  local records, err = open_journal(region, repository)
  if not records then
    return nil, err
  elseif options.dry_run then
    return report(region, repository, records, options, rehearse(region, repository, records, options))
  end
  local held, locked = records:lock_undo(region.limits.lock)
  if not held then
    return nil, locked.code == "NotFound" and nothing_to_undo(options.entry) or locked
  end
  local is_deferred = false
  local _ <close> = setmetatable({}, { __close = function() return is_deferred or held:close() end })
  local result, failure, recovered = run(region, repository, records, options)
  local ids = entries_to_close(recovered, result)
  local undone
  undone, err = report(region, repository, records, options, result, failure)
  if undone and options.defer then
    is_deferred = true
    options.defer(function()
      local unclosed = close_entries(records, ids)
      held:close()
      return unclosed
    end)
    return undone
  end
  local unclosed = close_entries(records, ids)
  if undone then
    undone.unclosed = unclosed
  else
    err.damaged = joined(err.damaged, unclosed)
  end
  return undone, err
end

-- ---------------------------------------------------------------------------------------------
-- Listing

-- Returns the error for a journal whose files a crash of the system has damaged, and that cannot be written.
local function stale_error(folder, err)
  return err and errors.new {
    code = err.code, path = folder, tip = err.tip,
    message = ("the last entries of '%s' may be missing since the system was restarted: %s"):format(
      state_directory.repository_name(folder) or folder, err.reason or err.message),
  }
end

-- The names of the directories in one, and of others. list | nil, err
local function folders_with(parent, others)
  local folders, err = state_directory.list(parent)
  local names = {}
  for _, folder in ipairs(folders or {}) do
    names[folder] = true
  end
  for folder in pairs(others) do
    names[folder] = true
  end
  return folders and lists.sorted_names(names), err
end

-- The directories of one repository's journal, or of all in the account and Region, with why the last entries may be
-- missing. list | nil, err
local function directories_of(region, repository)
  local is_object = type(repository) == "table"
  local name = is_object and repository.name or repository
  local parent, stale = region:readable_journals(is_object and repository.registry_id or nil)
  local folders, err = nil, stale
  if parent and name then
    folders = { state_directory.folder(name) }
  elseif parent then
    folders, err = folders_with(parent, stale)
  end
  if not folders then
    return nil, err
  end
  local directories = {}
  for i, folder in ipairs(folders) do
    directories[i] = {
      path = parent .. "/" .. folder, err = stale_error(folder, stale[folder]),
      repository = name or state_directory.repository_name(folder),
    }
  end
  return directories
end

-- Reads the entries in a directory. With a list of damaged files, a directory that cannot be listed is one of them.
local function entries_in(region, directory, damaged)
  if directory.err and not damaged then
    return nil, directory.err
  elseif directory.err then
    damaged[#damaged + 1] = directory.err
  end
  local entries, err = journal.open(directory.path, region.clock, directory.repository):entries(damaged)
  if not entries and damaged then
    damaged[#damaged + 1] = err
    return {}
  end
  return entries, err
end

--- Options of reading the journal.
---@class access.HistoryOptions
---@field damaged? lanyard.Error[]  receives an error for each file that is not an entry; without it, that is an error
---@field preview? boolean          give each open entry the state in which the next change would leave it

--- Returns the entries of the journal, oldest first.
---@param region access.Region
---@param repository? access.Repository|string  only its entries; all of the account and Region, if absent
---@param options? access.HistoryOptions
---@return journal.Entry[]? entries
---@return aws.Error? err
function M.history(region, repository, options)
  options = options or {}
  local directories, err = directories_of(region, repository)
  if not directories then
    return nil, err
  end
  local all = {}
  for _, directory in ipairs(directories) do
    local entries
    entries, err = entries_in(region, directory, options.damaged)
    if not entries then
      return nil, err
    end
    table.move(entries, 1, #entries, #all + 1, all)
  end
  table.sort(all, function(a, b)
    if a.id ~= b.id then
      return a.id < b.id
    end
    return a.repository < b.repository
  end)
  return options.preview and interrupted.preview(region, all) or all
end

return M
