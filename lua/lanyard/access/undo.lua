--- Restores policies from the journal, and lists the journal.

local change = require "lanyard.access.change"
local errors = require "lanyard.errors"
local journal = require "lanyard.access.journal"
local policy = require "lanyard.policy"
local repository_policy = require "lanyard.access.repository_policy"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"
local write = require "lanyard.access.write"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Choosing an entry

-- The entry with an id; without an id, the last one that is done and has not been undone since.
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

-- Settles interrupted changes, as the first round of any change does. true | nil, err
local function settle(region, repository)
  local function nothing() return false end
  local result, err = write.change_policy(region, repository, nothing, {})
  return result and true, err
end

-- The journal's entries, once interrupted changes are settled. A dry run leaves the journal as it is.
local function settled_entries(region, repository, options)
  local directory, err = region:repository_directory(repository)
  if not directory then
    return nil, err
  end
  local records = journal.open(directory, region.clock)
  local entries
  entries, err = records:entries()
  if not entries or not has_open(entries) then
    return entries, err
  elseif options.dry_run then
    local current
    current, err = repository_policy.read(region.ecr, repository.name)
    if err then
      return nil, err
    end
    return journal.preview_settled(entries, repository_policy.matcher(current))
  end
  local ok
  ok, err = settle(region, repository)
  if not ok then
    return nil, err
  end
  return records:entries()
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

---@class access.UndoOptions
---@field entry? string  the id of the journal entry to undo, instead of the last change
---@field dry_run? boolean
---@field progress? fun(text: string)

--- Restores the policy that a repository had before lanyard's last change; each call goes back one more change. An undo
--- has a journal entry too, and options.entry = its id undoes it.
---@param region access.Region
---@param repository access.Repository
---@param options? access.UndoOptions
---@return access.PolicyChange? change
---@return aws.Error? err  code ChangedSince if another writer changed the policy since: err.diff has the difference
function M.undo(region, repository, options)
  options = options or {}
  local entries, err = settled_entries(region, repository, options)
  if not entries then
    return nil, err
  end
  local entry = choose(entries, options.entry)
  if not entry then
    return nil, nothing_to_undo(options.entry)
  end
  local before, after
  before, after, err = documents_of(entry, repository.name)
  if err then
    return nil, err
  end
  local result
  result, err = write.change_policy(region, repository, undo_edit(entry, before, after, repository.name), {
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

-- ---------------------------------------------------------------------------------------------
-- Listing

-- The directories of one repository's journal, or of all in the account and Region. list | nil, err
local function directories_of(region, repository)
  local is_object = type(repository) == "table"
  local parent, err = region:journal_directory(is_object and repository.registry_id or nil)
  if not parent then
    return nil, err
  elseif repository then
    return { state_directory.repository(parent, is_object and repository.name or repository) }
  end
  local names
  names, err = system.list(parent)
  if not names and err.code ~= "NotFound" then
    return nil, err
  end
  local directories = {}
  for i, name in ipairs(names or {}) do
    directories[i] = parent .. "/" .. name
  end
  return directories
end

--- Returns the entries of the journal, oldest first.
---@param region access.Region
---@param repository? access.Repository|string  only its entries; all of the account and Region, if absent
---@return journal.Entry[]? entries
---@return aws.Error? err
function M.history(region, repository)
  local directories, err = directories_of(region, repository)
  if not directories then
    return nil, err
  end
  local all = {}
  for _, directory in ipairs(directories) do
    local entries
    entries, err = journal.open(directory, region.clock):entries()
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
