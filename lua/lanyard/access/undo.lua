-- Undoing: the journal's old text put back, and the journal shown.

local change = require "lanyard.access.change"
local errors = require "lanyard.errors"
local journal = require "lanyard.access.journal"
local policy = require "lanyard.policy"
local state = require "lanyard.access.state"
local store = require "lanyard.access.store"
local system = require "lanyard.system"
local write = require "lanyard.access.write"

local M = {}

-- The entry to undo: the one named, or the last that was done and not undone since.
local function choose(entries, id)
  local undone = {}
  for i = #entries, 1, -1 do
    local entry = entries[i]
    if id then
      if entry.id == id then
        return entry
      end
    elseif entry.action == "undo" then
      if entry.state == "done" and not undone[entry.id] then
        undone[entry.detail.undoes] = true
      end
    elseif entry.state == "done" and not undone[entry.id] then
      return entry
    end
  end
  return nil
end

local function has_open(entries)
  for _, entry in ipairs(entries) do
    if entry.state == "intended" then
      return true
    end
  end
  return false
end

-- Closes what a crash left open, as any change does first. true | nil, err
local function settle(region, repository)
  local function nothing() return false end
  local result, err = write.change_policy(region, repository, nothing, {})
  return result and true, err
end

-- The journal's entries, after it is clear how changes ended that a crash left open. A dry run finds
-- that out too, and leaves the journal as it is.
local function settled_entries(region, repository, options)
  local folder, err = region:state_folder(repository)
  if not folder then
    return nil, err
  end
  local records = journal.open(folder, region.clock)
  local entries
  entries, err = records:entries()
  if not entries or not has_open(entries) then
    return entries, err
  elseif options.dry_run then
    local found
    found, err = store.read(region.ecr, repository.name)
    if err then
      return nil, err
    end
    return journal.foresee(entries, store.is(found))
  end
  local ok
  ok, err = settle(region, repository)
  if not ok then
    return nil, err
  end
  return records:entries()
end

local function parsed(text, name)
  if text == nil then
    return nil
  end
  return store.parse(text, name)
end

local function changed_since(found, entry, after, name)
  return errors.new {
    code = "ChangedSince",
    message = ("the policy of '%s' was changed since (%s of %s); it was left as it is")
      :format(name, entry.action, entry.time),
    tip = "look at the difference: what lanyard wrote is marked -, what is there now +",
    repository = name,
    diff = (after or policy.new()):diff(found or policy.new(), {
      from = "as lanyard wrote it",
      to = "as it is now",
    }),
  }
end

local function undo_edit(entry, before, after, name)
  local detail = { why = ("%s of %s"):format(entry.action, entry.time) }
  return function(doc, found)
    if store.same(found, before) then
      return false, { why = "it is as it was before the " .. detail.why }
    elseif not store.same(found, after) then
      return nil, changed_since(found, entry, after, name)
    elseif before then
      return before:copy(), detail
    end
    for index = #doc:statements(), 1, -1 do
      doc:remove { index = index }
    end
    return true, detail
  end
end

-- undo(repository [, options]) --> change | nil, err
-- Puts back what the policy was before lanyard's last change, and each call goes one change further
-- back; an undo is in the journal too, and with its id as options.entry it is undone itself.
-- options: entry, dry_run, progress. err.code "ChangedSince": err.diff shows what somebody changed.
function M.undo(region, repository, options)
  options = options or {}
  local entries, err = settled_entries(region, repository, options)
  if not entries then
    return nil, err
  end
  local entry = choose(entries, options.entry)
  if not entry then
    return nil, errors.new {
      code = "NothingToUndo",
      message = options.entry and ("the journal of '%s' has no entry %s"):format(repository.name, options.entry)
        or ("the journal has no change of '%s' to undo"):format(repository.name),
      tip = "lanyard undo --list shows what was changed from this machine",
    }
  end
  local before, after
  before, err = parsed(entry.before, repository.name)
  if not err then
    after, err = parsed(entry.after, repository.name)
  end
  if err then
    return nil, err
  end
  local edit = undo_edit(entry, before, after, repository.name)
  local result
  result, err = write.change_policy(region, repository, edit, {
    action = "undo",
    record = { undoes = entry.id },
    dry_run = options.dry_run,
    progress = options.progress or region.progress,
  })
  if not result then
    return nil, err
  end
  return change.of(region, repository, result, { "undo", "undone" }, options)
end

-- history([repository]) --> journal entries, oldest first | nil, err
-- The repository (or its name), or all of this account and Region.
function M.history(region, repository)
  local region_folder, err = region:region_folder(type(repository) == "table" and repository.registry_id or nil)
  if not region_folder then
    return nil, err
  end
  local folders = {}
  if repository then
    local name = type(repository) == "table" and repository.name or repository
    folders[1] = state.repository_folder(region_folder, name)
  else
    local names
    names, err = system.list(region_folder)
    if not names and err.code ~= "NotFound" then
      return nil, err
    end
    for i, name in ipairs(names or {}) do
      folders[i] = region_folder .. "/" .. name
    end
  end
  local all = {}
  for _, folder in ipairs(folders) do
    local entries
    entries, err = journal.open(folder, region.clock):entries()
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
  return all
end

return M
