--- Records each change of one repository's policy: the text before the write, and the text that was written.
---
---     local entries = journal.open(directory, clock)
---     local entry = assert(entries:begin { action = "grant", repository = "web", before = old, after = new })
---     -- write the policy, and read it back
---     assert(entries:finish(entry, "done"))
---
--- An entry is a file, which is written completely or not at all. Before the write its name is ID.open.json; once the
--- write is known to have taken effect it is ID.json. An id is the time in microseconds, so names sort by time. After a
--- crash the open entry is all that is left of a change, and `settle` finds out how the change ended.
---
--- A caller that changes a journal holds the repository's lock.

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local system = require "lanyard.system"

local M = {}

--- An entry of the journal.
---@class journal.Entry
---@field id string
---@field version integer
---@field time string        when the change began
---@field closed? number     when it was finished, in seconds since 1970
---@field action string      "grant", "revoke", "undo" or "apply"
---@field detail? table      what the action recorded about itself
---@field state "intended"|"done"|"lost"  intended: the write may have taken effect; done: it took effect; lost: another
---  writer replaced it before it was read back. A write that did not take effect leaves no entry.
---@field repository string
---@field account string
---@field region string
---@field endpoint string
---@field before? string     policy text, absent if there was no policy
---@field after? string      policy text, absent if the policy was deleted

local VERSION = 1
local MODE = 384 -- 0600
local DIRECTORY_MODE = 448 -- 0700
local OPEN = "^(%d+)%.open%.json$"
local FINISHED = "^(%d+)%.json$"
local UNFINISHED_FILE = "^%d+%.[%a.]+%.%w+$"

---@class journal.Journal
---@field private directory string
---@field private clock clock
local Journal = {}
Journal.__index = Journal

--- Returns the journal in a directory. The directory is created when the first entry begins.
---@param directory string
---@param clock clock
---@return journal.Journal
function M.open(directory, clock)
  return setmetatable({ directory = directory, clock = clock }, Journal)
end

local function failed(err)
  return errors.new {
    code = "JournalFailed",
    message = "cannot write the journal: " .. err.message,
    tip = "make the directory writable, or set XDG_STATE_HOME to one that is; without a journal no policy is written",
  }
end

--- Creates the directory if it does not exist.
---@return true? ok
---@return aws.Error? err
function Journal:create_directory()
  local ok, err = system.mkdirs(self.directory, DIRECTORY_MODE)
  if not ok then
    return nil, failed(err)
  end
  return true
end

local function path_of(self, id, is_open)
  return ("%s/%s%s"):format(self.directory, id, is_open and ".open.json" or ".json")
end

local function save(self, entry, is_open)
  local text = json.encode(entry, { pretty = true }) .. "\n"
  local ok, err = system.write_file(path_of(self, entry.id, is_open), text, MODE)
  if not ok then
    return nil, failed(err)
  end
  return true
end

-- ids of finished entries (also as a set), ids of open entries, both oldest first, names of files that were not
-- written completely | nil, err
-- The process that finished an entry may have been killed before it removed the open file; its id is in both lists.
local function ids_of(self)
  local finished, open, rest = {}, {}, {}
  local names, err = system.list(self.directory)
  if not names then
    if err.code == "NotFound" then
      return finished, open, rest
    end
    return nil, failed(err)
  end
  for _, name in ipairs(names) do
    local open_id, finished_id = name:match(OPEN), name:match(FINISHED)
    if open_id then
      open[#open + 1] = open_id
    elseif finished_id then
      finished[#finished + 1] = finished_id
      finished[finished_id] = true
    elseif name:find(UNFINISHED_FILE) then
      rest[#rest + 1] = name
    end
  end
  return finished, open, rest
end

local function load_entry(self, id, is_open)
  local path = path_of(self, id, is_open)
  local text, err = system.read_file(path)
  local entry = nil
  if text then
    entry, err = json.decode(text)
  end
  if type(entry) ~= "table" or entry.id ~= id then
    return nil, errors.new {
      code = "JournalDamaged",
      message = ("%s is not a journal entry: %s"):format(path, err and err.message or "it has another id"),
      tip = "inspect the file, then move it away",
    }
  end
  return entry
end

-- An id greater than all others, even if the clock was set back.
local function next_id(finished, open, seconds)
  local id = math.floor(seconds * 1e6)
  for _, last in ipairs { finished[#finished] or "0", open[#open] or "0" } do
    id = math.max(id, math.tointeger(last) + 1)
  end
  return ("%017d"):format(id)
end

--- Begins an entry. It is on the disk when the function returns.
---@param fields table  action, repository, before, after, ...
---@return journal.Entry? entry
---@return aws.Error? err
function Journal:begin(fields)
  local ok, err = self:create_directory()
  if not ok then
    return nil, err
  end
  local finished, open = ids_of(self)
  if not finished then
    return nil, open
  end
  local seconds = self.clock.time()
  local entry = {}
  for name, value in pairs(fields) do
    entry[name] = value
  end
  entry.id = next_id(finished, open, seconds)
  entry.version = VERSION
  entry.state = "intended"
  entry.time = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
  ok, err = save(self, entry, true)
  if not ok then
    return nil, err
  end
  return entry
end

--- Finishes an entry.
---@param entry journal.Entry
---@param state "done"|"lost"
---@return true? ok
---@return aws.Error? err
function Journal:finish(entry, state)
  entry.state = state
  entry.closed = self.clock.time()
  local ok, err = save(self, entry, false)
  if not ok then
    return nil, err
  end
  ok, err = system.remove(path_of(self, entry.id, true))
  return ok, err and failed(err)
end

--- Discards an entry whose write did not take effect.
---@param entry journal.Entry
---@return true? ok
---@return aws.Error? err
function Journal:discard(entry)
  local ok, err = system.remove(path_of(self, entry.id, true))
  return ok, err and failed(err)
end

-- How the change of an open entry ended: "done", "lost", or "dropped" if its write did not take effect.
local function outcome_of(entry, is_current)
  if is_current(entry.after) then
    return "done"
  elseif is_current(entry.before) then
    return "dropped"
  end
  return "lost"
end

local function settle_entry(self, id, is_current)
  local entry, err = load_entry(self, id, true)
  if not entry then
    return nil, err
  end
  local ok
  local outcome = outcome_of(entry, is_current)
  if outcome == "dropped" then
    ok, err = self:discard(entry)
    entry.state = outcome
  else
    ok, err = self:finish(entry, outcome)
  end
  return ok and entry, err
end

--- Decides how interrupted changes ended, and finishes or discards their entries.
---@param is_current fun(text: string?): boolean  whether the policy means the same as a text; nil is "no policy"
---@return journal.Entry[]? settled  with the state "done", "lost", or "dropped" for a write that did not take effect
---@return aws.Error? err
function Journal:settle(is_current)
  local finished, open, rest = ids_of(self)
  if not finished then
    return nil, open
  end
  for _, name in ipairs(rest) do
    system.remove(self.directory .. "/" .. name)
  end
  local settled = {}
  for _, id in ipairs(open) do
    local ok, err
    if finished[id] then
      ok, err = system.remove(path_of(self, id, true))
    else
      ok, err = settle_entry(self, id, is_current)
      settled[#settled + 1] = ok or nil
    end
    if not ok then
      return nil, err
    end
  end
  return settled
end

--- Returns entries as `settle` would leave them, and writes nothing.
---@param entries journal.Entry[]
---@param is_current fun(text: string?): boolean
---@return journal.Entry[]
function M.preview_settled(entries, is_current)
  local left = {}
  for _, entry in ipairs(entries) do
    if entry.state == "intended" then
      entry.state = outcome_of(entry, is_current)
    end
    left[#left + 1] = entry.state ~= "dropped" and entry or nil
  end
  return left
end

--- Returns the finished entry of an id.
---@param id string
---@return journal.Entry? entry  nil without an error if the entry does not exist or is open
---@return aws.Error? err
function Journal:finished(id)
  local finished, open = ids_of(self)
  if not finished then
    return nil, open
  end
  if not finished[id] then
    return nil
  end
  return load_entry(self, id, false)
end

--- Returns the newest finished entry.
---@return journal.Entry? entry  nil without an error if there is none
---@return aws.Error? err
function Journal:last()
  local finished, open = ids_of(self)
  if not finished then
    return nil, open
  end
  local id = finished[#finished]
  if not id then
    return nil
  end
  return load_entry(self, id, false)
end

--- Returns all entries, oldest first.
---@return journal.Entry[]? entries
---@return aws.Error? err
function Journal:entries()
  local finished, open = ids_of(self)
  if not finished then
    return nil, open
  end
  local wanted = {}
  for _, id in ipairs(finished) do
    wanted[#wanted + 1] = { id = id, is_open = false }
  end
  for _, id in ipairs(open) do
    if not finished[id] then
      wanted[#wanted + 1] = { id = id, is_open = true }
    end
  end
  table.sort(wanted, function(a, b) return a.id < b.id end)
  local entries = {}
  for i, one in ipairs(wanted) do
    local entry, err = load_entry(self, one.id, one.is_open)
    if not entry then
      return nil, err
    end
    entries[i] = entry
  end
  return entries
end

return M
