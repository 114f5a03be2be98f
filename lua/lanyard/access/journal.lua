-- The journal of one repository's policy: what it was before each write, and what was written.
--
-- An entry is a file of its own, written whole or not at all. Before the write it is called
-- ID.open.json; when the write is known to have happened it becomes ID.json. An id is the time in
-- microseconds, so names sort by time. After a crash an open entry is all that is left of a change,
-- and `reconcile` finds out how it ended.
--
-- Entry: { id, version, time, action, state, repository, account, region, before, after, ... };
-- `before` and `after` are policy texts, absent where there is no policy. The states:
--   intended   the write was about to happen; it may have
--   done       what was written was seen in place
--   lost       another writer's text took its place before it was seen
-- A write that did not happen leaves no entry. Who changes a journal holds the repository's lock.

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local system = require "lanyard.system"

local M = {}

local VERSION = 1
local MODE = 384 -- 0600
local FOLDER_MODE = 448 -- 0700
local OPEN = "^(%d+)%.open%.json$"
local CLOSED = "^(%d+)%.json$"
local HALF_WRITTEN = "^%d+%.[%a.]+%.%w+$"

local Journal = {}
Journal.__index = Journal

-- open(folder, clock) --> the journal in that folder, which is made when the first entry is.
function M.open(folder, clock)
  return setmetatable({ folder = folder, clock = clock }, Journal)
end

local function failed(err)
  return errors.new {
    code = "JournalFailed",
    message = "the journal cannot be kept: " .. err.message,
    tip = "make the folder writable, or set XDG_STATE_HOME to one that is: nothing is written without a journal",
  }
end

-- Makes the folder. true | nil, err
function Journal:prepare()
  local ok, err = system.mkdirs(self.folder, FOLDER_MODE)
  if not ok then
    return nil, failed(err)
  end
  return true
end

function Journal:path(id, open)
  return ("%s/%s%s"):format(self.folder, id, open and ".open.json" or ".json")
end

function Journal:save(entry, open)
  local text = json.encode(entry, { pretty = true }) .. "\n"
  local ok, err = system.write_file(self:path(entry.id, open), text, MODE)
  if not ok then
    return nil, failed(err)
  end
  return true
end

-- The ids of the closed and of the open entries, oldest first, and the names of files that were
-- never finished. An entry that is both open and closed was closed by somebody who was killed
-- before the open file went.
function Journal:ids()
  local closed, open, rest = {}, {}, {}
  local names, err = system.list(self.folder)
  if not names then
    if err.code == "NotFound" then
      return closed, open, rest
    end
    return nil, failed(err)
  end
  for _, name in ipairs(names) do
    local id = name:match(OPEN)
    if id then
      open[#open + 1] = id
    else
      id = name:match(CLOSED)
      if id then
        closed[#closed + 1] = id
        closed[id] = true
      elseif name:find(HALF_WRITTEN) then
        rest[#rest + 1] = name
      end
    end
  end
  return closed, open, rest
end

function Journal:load(id, open)
  local path = self:path(id, open)
  local text, err = system.read_file(path)
  local entry = nil
  if text then
    entry, err = json.decode(text)
  end
  if type(entry) ~= "table" or entry.id ~= id then
    return nil, errors.new {
      code = "JournalDamaged",
      message = ("%s is no entry of the journal: %s"):format(path, err and err.message or "not its own id"),
      tip = "look at the file, then move it away",
    }
  end
  return entry
end

-- An id behind all others, even where the clock was set back.
local function next_id(closed, open, seconds)
  local id = math.floor(seconds * 1e6)
  for _, last in ipairs { closed[#closed] or "0", open[#open] or "0" } do
    id = math.max(id, math.tointeger(last) + 1)
  end
  return ("%017d"):format(id)
end

-- intend{ action=, repository=, before=, after=, ... } --> entry | nil, err
-- On the disk when it returns.
function Journal:intend(fields)
  local ok, err = self:prepare()
  if not ok then
    return nil, err
  end
  local closed, open = self:ids()
  if not closed then
    return nil, open
  end
  local seconds = self.clock.time()
  local entry = {}
  for name, value in pairs(fields) do
    entry[name] = value
  end
  entry.id = next_id(closed, open, seconds)
  entry.version = VERSION
  entry.state = "intended"
  entry.time = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
  ok, err = self:save(entry, true)
  if not ok then
    return nil, err
  end
  return entry
end

-- Closes an entry as `done` or `lost`. true | nil, err
function Journal:close(entry, state)
  entry.state = state
  entry.closed = self.clock.time()
  local ok, err = self:save(entry, false)
  if not ok then
    return nil, err
  end
  ok, err = system.remove(self:path(entry.id, true))
  return ok, err and failed(err)
end

-- Takes back an entry whose write did not happen. true | nil, err
function Journal:forget(entry)
  local ok, err = system.remove(self:path(entry.id, true))
  return ok, err and failed(err)
end

-- How the change of an open entry ended: done, lost, or `dropped` when it never happened.
local function ending_of(entry, is_in_place)
  if is_in_place(entry.after) then
    return "done"
  elseif is_in_place(entry.before) then
    return "dropped"
  end
  return "lost"
end

-- reconcile(is_in_place) --> the entries that a killed or failed change left open, each now with the
-- state it came to: done, lost, or `dropped` when it never happened | nil, err
-- is_in_place(text | nil) --> whether the policy is this text, by meaning.
function Journal:reconcile(is_in_place)
  local closed, open, rest = self:ids()
  if not closed then
    return nil, open
  end
  for _, name in ipairs(rest) do
    system.remove(self.folder .. "/" .. name)
  end
  local settled = {}
  for _, id in ipairs(open) do
    local ok, err
    if closed[id] then
      ok, err = system.remove(self:path(id, true))
    else
      local entry
      entry, err = self:load(id, true)
      if not entry then
        return nil, err
      end
      local ending = ending_of(entry, is_in_place)
      if ending == "dropped" then
        ok, err = self:forget(entry)
        entry.state = ending
      else
        ok, err = self:close(entry, ending)
      end
      settled[#settled + 1] = entry
    end
    if not ok then
      return nil, err
    end
  end
  return settled
end

-- foresee(entries, is_in_place) --> the entries as `reconcile` would leave them; nothing is written
function M.foresee(entries, is_in_place)
  local left = {}
  for _, entry in ipairs(entries) do
    if entry.state == "intended" then
      entry.state = ending_of(entry, is_in_place)
    end
    left[#left + 1] = entry.state ~= "dropped" and entry or nil
  end
  return left
end

-- The closed entry of an id | nil when there is none | nil, err
function Journal:closed(id)
  local closed, open = self:ids()
  if not closed then
    return nil, open
  end
  if not closed[id] then
    return nil
  end
  return self:load(id, false)
end

-- The newest closed entry | nil when there is none | nil, err
function Journal:last()
  local closed, open = self:ids()
  if not closed then
    return nil, open
  end
  local id = closed[#closed]
  if not id then
    return nil
  end
  return self:load(id, false)
end

-- All entries, oldest first | nil, err
function Journal:entries()
  local closed, open = self:ids()
  if not closed then
    return nil, open
  end
  local wanted = {}
  for _, id in ipairs(closed) do
    wanted[#wanted + 1] = { id, false }
  end
  for _, id in ipairs(open) do
    if not closed[id] then
      wanted[#wanted + 1] = { id, true }
    end
  end
  table.sort(wanted, function(a, b) return a[1] < b[1] end)
  local entries = {}
  for i, pair in ipairs(wanted) do
    local entry, err = self:load(pair[1], pair[2])
    if not entry then
      return nil, err
    end
    entries[i] = entry
  end
  return entries
end

return M
