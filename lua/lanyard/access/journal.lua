--- Records each change of one repository's policy: the text before the write, and the text that was written.
---
---     local entries = journal.open(directory, clock)
---     local entry = assert(entries:begin { action = "grant", repository = "web", before = old, after = new })
---     -- write the policy, and read it back
---     assert(entries:finish(entry, "done"))
---
--- An entry is a file, which is written completely or not at all. Before the write its name is ID.open.json; once the
--- write is known to have taken effect it is ID.json. An id is the time in microseconds, so names sort by time. After a
--- crash the open entry is all that is left of a change, and `settle` finds out how the change ended. An undo is
--- finished before its result is reported, and its open file is removed after that: until then `settle` returns it too,
--- so that a repeated undo reports it instead of undoing another change.
---
--- A file that is not an entry (damaged, a link, a FIFO, too large) hides no other entry and stops no change: it is
--- skipped, and its error is added to `damaged`.
---
--- A caller that changes a journal holds the repository's lock.

local entry_module = require "lanyard.access.journal.entry"
local files = require "lanyard.access.journal.files"
local lock = require "lanyard.lock"
local log = require "lanyard.access.journal.log"
local older = require "lanyard.access.journal.older"
local retention = require "lanyard.access.journal.retention"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local DIRECTORY_MODE = 448 -- 0700

---@class journal.Journal
---@field damaged lanyard.Error[]  the files that were skipped, each once
---@field private directory string
---@field private clock clock
---@field private repository? string
---@field private is_created? boolean
---@field private is_locked boolean
---@field private listed? journal.Listing  while the caller holds the lock
local Journal = {}
Journal.__index = Journal

--- Returns the journal in a directory. The directory is created when the first entry begins.
---@param directory string
---@param clock clock
---@param repository? string  an entry of another repository is damaged
---@return journal.Journal
function M.open(directory, clock, repository)
  return setmetatable({
    directory = directory, clock = clock, repository = repository, damaged = {}, is_locked = false,
  }, Journal)
end

--- Lists the directory only once until the result is closed, since no other process changes it. The caller holds the
--- repository's lock.
---@return userdata guard  to be closed
function Journal:locked()
  self.is_locked = true
  return setmetatable({}, { __close = function()
    self.is_locked, self.listed = false, nil
  end })
end

local function list(self)
  if self.listed then
    return self.listed
  end
  local names, err = files.list(self.directory)
  self.listed = self.is_locked and names or nil
  return names, err
end

--- Creates the directory if it does not exist.
---@return true? ok
---@return aws.Error? err
function Journal:create_directory()
  if self.is_created then
    return true
  end
  local ok, err = state_directory.create(self.directory, DIRECTORY_MODE)
  self.is_created = ok
  if not ok and err.code ~= "UnsafeStateFolder" then
    err = files.failed(err)
  end
  return ok, err
end

-- Adds the error of a damaged file, unless it is known.
local function note_damaged(self, err)
  for _, known in ipairs(self.damaged) do
    if known.path == err.path then
      return
    end
  end
  self.damaged[#self.damaged + 1] = err
end

-- Reads an entry. Returns nil and an error for one that is damaged, and nil for one that another process removed since
-- it was listed.
local function read_or_skip(self, id, is_open)
  local entry, err = files.read(self.directory, id, is_open, self.repository)
  if entry or err.code == "NotFound" then
    return entry
  end
  note_damaged(self, err)
  return nil, err
end

--- Restores the files that a crash of the system has damaged in the journals of an account and Region. Their directory
--- is not read before that.
---@param directory string
---@return true? ok
---@return lanyard.Error? err
function M.recover(directory)
  local ok, err = log.recover(directory)
  if not ok and err.code ~= "UnsafeStateFolder" then
    err = files.failed(err)
  end
  return ok, err
end

-- ---------------------------------------------------------------------------------------------
-- Writing

-- An id greater than all others, even if the clock was set back.
local function next_id(names, seconds)
  local last = names:greatest()
  return ("%017d"):format(math.max(math.floor(seconds * 1e6), last and math.tointeger(tonumber(last)) + 1 or 0))
end

--- Begins an entry. It is on the disk when the function returns.
---@param fields table  action, repository, before, after, ...
---@return journal.Entry? entry
---@return aws.Error? err
function Journal:begin(fields)
  local ok, err = self:create_directory()
  local names
  if ok then
    names, err = list(self)
  end
  if not names then
    return nil, err
  end
  local seconds = self.clock.time()
  local entry = {}
  for name, value in pairs(fields) do
    entry[name] = value
  end
  entry.id = next_id(names, seconds)
  entry.version = entry_module.VERSION
  entry.state = "intended"
  entry.time = timestamp.format(seconds)
  ok, err = files.save(self.directory, entry, true)
  if not ok then
    return nil, err
  end
  names:add_open(entry.id)
  return entry
end

local function remove_open(self, id)
  if self.listed then
    self.listed:remove_open(id)
  end
  return files.remove(self.directory, id, true)
end

--- Finishes an entry.
---@param entry journal.Entry
---@param state "done"|"lost"
---@param hold? boolean  keep the open file until `close`
---@return true? ok
---@return aws.Error? err
function Journal:finish(entry, state, hold)
  entry.state = state
  entry.closed = self.clock.time()
  local ok, err = files.save(self.directory, entry, false, not hold)
  if ok and self.listed then
    self.listed:add_finished(entry.id)
    if not hold then
      self.listed:remove_open(entry.id)
    end
  end
  return ok, err
end

--- Adds fields to a finished entry, if it could be finished.
---@param id string
---@param fields table
---@return true? ok
---@return aws.Error? err
function Journal:annotate(id, fields)
  local entry, err = self:finished(id)
  if not entry then
    return not err or nil, err
  end
  for name, value in pairs(fields) do
    entry[name] = value
  end
  return files.save(self.directory, entry, false)
end

--- Closes a finished entry: its result was reported. An entry that could not be finished stays open.
---@param id string
---@return true? ok
---@return aws.Error? err
function Journal:close(id)
  if not files.is_finished(self.directory, id) then
    return true
  end
  return remove_open(self, id)
end

--- Discards an entry whose write did not take effect.
---@param entry journal.Entry
---@return true? ok
---@return aws.Error? err
function Journal:discard(entry)
  return remove_open(self, entry.id)
end

-- ---------------------------------------------------------------------------------------------
-- Interrupted changes

--- Takes the lock of an undo, which holds it until the result is reported.
---@param seconds? number  how long to wait for it; without it, a lock that is held is nil without an error
---@return userdata? lock  to be closed
---@return aws.Error? err
function Journal:lock_undo(seconds)
  local path = self.directory .. "/undo.lock"
  if seconds then
    return lock.wait(path, self.clock, seconds)
  end
  return system.lock(path)
end

-- The finished entries that their processes did not close, because they were killed. An undo that is running now
-- closes its entry itself. With `hold` the caller is that undo. list | nil, err
local function unclosed_entries(self, ids, hold)
  local entries = {}
  if #ids == 0 then
    return entries
  end
  local held, err
  if not hold then
    held, err = self:lock_undo()
    if err then
      return nil, files.failed(err)
    end
  end
  local _ <close> = held
  for _, id in ipairs((hold or held) and ids or {}) do
    entries[#entries + 1] = (read_or_skip(self, id, false))
  end
  return entries
end

--- Returns the entries that interrupted changes have left, each with the state in which `settle` would leave it. Writes
--- nothing.
---@param is_current fun(text: string?): boolean  whether the policy means the same as a text; nil is "no policy"
---@param hold? boolean  the caller holds the lock of `lock_undo`
---@return journal.Entry[]? entries  "done", "lost", or "dropped" for a write that did not take effect
---@return aws.Error? err
function Journal:interrupted(is_current, hold)
  local names, err = list(self)
  local entries
  if names then
    entries, err = unclosed_entries(self, names.unclosed, hold)
  end
  if not entries then
    return nil, err
  end
  for _, id in ipairs(names.open) do
    local entry = read_or_skip(self, id, true)
    if entry then
      entry.state = entry_module.outcome(entry, is_current)
      entries[#entries + 1] = entry
    end
  end
  return entries
end

local function settle_entry(self, entry, hold)
  hold = hold and entry.action == "undo"
  if entry.state == "dropped" then
    return self:discard(entry)
  elseif entry.closed then
    return hold or self:close(entry.id)
  end
  return self:finish(entry, entry.state, hold)
end

--- Decides how interrupted changes ended, and finishes or discards their entries.
---@param is_current fun(text: string?): boolean  whether the policy means the same as a text; nil is "no policy"
---@param hold? boolean  leave the open file of an undo until `close`; the caller holds the lock of `lock_undo`
---@return journal.Entry[]? settled  with the state "done", "lost", or "dropped" for a write that did not take effect
---@return aws.Error? err
function Journal:settle(is_current, hold)
  local names, err = list(self)
  if not names then
    return nil, err
  end
  for _, name in ipairs(names.incomplete) do
    system.remove(self.directory .. "/" .. name)
  end
  local entries
  entries, err = self:interrupted(is_current, hold)
  for _, entry in ipairs(entries or {}) do
    local ok
    ok, err = settle_entry(self, entry, hold)
    if not ok then
      return nil, err
    end
  end
  return entries, err
end

--- Reports whether an interrupted change may have left an entry, or a change is being made now.
---@return boolean? unsettled
---@return aws.Error? err
function Journal:is_unsettled()
  local names, err = list(self)
  if not names then
    return nil, err
  end
  return #names.open + #names.unclosed > 0
end

-- ---------------------------------------------------------------------------------------------
-- Reading

--- Returns the finished entry of an id.
---@param id string
---@return journal.Entry? entry  nil without an error if the entry does not exist or is open
---@return aws.Error? err
function Journal:finished(id)
  local entry, err = files.read(self.directory, id, false, self.repository)
  if not entry and err.code ~= "NotFound" then
    return nil, err
  end
  return entry
end

--- Returns the newest finished entry.
---@return journal.Entry? entry  nil without an error if there is none
---@return aws.Error? err
function Journal:last()
  return self:find(function() return true end)
end

-- Changes the state of an interrupted entry to how it ended.
local function settled_state(entry, is_current)
  if entry.state == "intended" and is_current then
    entry.state = entry_module.outcome(entry, is_current)
  end
  return entry
end

--- Returns the newest entry that matches. Entries are read newest first, and only until one matches.
---@param matches fun(entry: journal.Entry): boolean
---@param options? { is_current: function?, open: boolean?, skipped: table<string, boolean>?, strict: boolean? }
---  open: also try open entries, in the state "intended"; is_current: see `settle`; also try open entries, in the state
---  in which `settle` would leave them ("dropped" too);
---  skipped: ids that are not read; strict: a damaged file is an error instead of being skipped
---@return journal.Entry? entry  nil without an error if there is none
---@return aws.Error? err
function Journal:find(matches, options)
  options = options or {}
  local names, err = list(self)
  if not names then
    return nil, err
  end
  local is_current, skipped = options.is_current, options.skipped or {}
  for id, is_open in names:newest_first() do
    local entry, problem
    if not skipped[id] and (is_current or options.open or not is_open) then
      entry, problem = read_or_skip(self, id, is_open)
    end
    if problem and options.strict then
      return nil, problem
    elseif entry and matches(settled_state(entry, is_current)) then
      return entry
    end
  end
  if names.problem then
    err = files.unlisted(names.problem, self.directory)
    note_damaged(self, err)
    return nil, options.strict and err or nil
  end
  return nil
end

--- Returns the entry of an id, finished or open.
---@param id string
---@param is_current? fun(text: string?): boolean  see `find`; without it, an open entry is not read
---@return journal.Entry? entry  nil if it does not exist or is damaged
function Journal:entry(id, is_current)
  if not entry_module.is_id(id) then
    return nil
  end
  local entry, err = read_or_skip(self, id, false)
  if not entry and not err and is_current then
    entry = read_or_skip(self, id, true)
  end
  return entry and settled_state(entry, is_current)
end

--- Returns the entry of what lanyard last wrote to the repository from this machine: the newest one whose write took
--- effect. Its `after` is the text that was written, absent if the policy was deleted. It reads one file, or a few more
--- if the last writes did not take effect, however many entries the journal has.
---@param is_current? fun(text: string?): boolean  whether the policy means the same as a text; with it, a change that
---  was interrupted or is being made counts if its text is in place
---@return journal.Entry? entry  nil without an error if there is none
---@return aws.Error? err  code JournalDamaged if a file that may be a newer entry is damaged
function Journal:last_written(is_current)
  return self:find(function(entry) return entry.state == "done" end, { is_current = is_current, strict = true })
end

--- Returns the entry that an undo restores: the newest change that is done, changed what the policy means, and has not
--- been undone since.
---@param is_current? fun(text: string?): boolean  see `find`
---@return journal.Entry? entry  nil without an error if there is none
---@return aws.Error? err
function Journal:undoable(is_current)
  local undone = {}
  return self:find(function(entry)
    if entry.state == "done" and entry.action == "undo" then
      undone[entry.detail.undoes] = true
      return false
    end
    return entry.state == "done" and entry_module.has_effect(entry)
  end, { is_current = is_current, skipped = undone })
end

--- Returns all entries, oldest first.
---@param damaged? lanyard.Error[]  receives an error for each file that is not an entry; without it, that is an error
---@return journal.Entry[]? entries
---@return aws.Error? err  code JournalDamaged
function Journal:entries(damaged)
  local names, err = list(self)
  if not names then
    return nil, err
  end
  local entries = {}
  for id, is_open in names:newest_first() do
    local entry
    entry, err = files.read(self.directory, id, is_open, self.repository)
    if entry then
      entries[#entries + 1] = entry
    elseif err.code ~= "NotFound" and not damaged then
      return nil, err
    elseif err.code ~= "NotFound" then
      damaged[#damaged + 1] = err
    end
  end
  if names.problem and not damaged then
    return nil, files.unlisted(names.problem, self.directory)
  elseif names.problem then
    damaged[#damaged + 1] = files.unlisted(names.problem, self.directory)
  end
  for i = 1, #entries // 2 do
    entries[i], entries[#entries + 1 - i] = entries[#entries + 1 - i], entries[i]
  end
  return entries
end

-- ---------------------------------------------------------------------------------------------
-- Retention

--- Removes the oldest finished entries, and moves some to the older ones, so that the journal stays small. Open
--- entries, the entry of what was last written and the one that an undo restores stay. One call removes and moves a
--- bounded number of files. Older entries are examined when others are moved to them.
---@return true? ok
---@return aws.Error? err
function Journal:prune()
  local limits, err = retention.limits()
  local names
  if limits then
    names, err = list(self)
  end
  if not names then
    return nil, err
  end
  local now, moves = self.clock.time(), older.is_needed(names)
  if not moves and retention.surplus(names.finished, limits, now) == 0 then
    return true
  end
  for _, id in ipairs(retention.removable(self, names, limits, now)) do
    files.remove(self.directory, id, false) -- what cannot be removed must not keep the rest
  end
  if moves then
    older.move(self.directory, names)
  end
  self.listed = nil
  return true
end

return M
