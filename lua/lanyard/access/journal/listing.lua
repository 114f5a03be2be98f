--- Lists the files of a journal by their names. No file is opened.
---
---     local listing = assert(listing.read(directory))
---     for id, is_open in listing:newest_first() do ... end
---
--- The directory of a journal has the open entries and at least the KEPT newest finished ones. The others can be in its
--- folder "older" (lanyard.access.journal.older), which is listed when they are needed. A file may be moved to it, but
--- never back, while it is listed, and may be in both after a crash: such an entry is listed once. The folder may be
--- created while the directory is listed, and its name be missed.

local system = require "lanyard.system"

local M = {}

---@class journal.Listing
---@field finished string[]    ids of finished entries, oldest first
---@field open string[]        ids of open entries, oldest first
---@field unclosed string[]    ids of finished entries whose open file still exists
---@field incomplete string[]  names of files that were not written completely
---@field problem? lanyard.Error  why the older entries could not be listed
---@field private older? string   the folder of older entries, which may not exist; absent without a directory
local Listing = {}
Listing.__index = Listing

local ID_LENGTH = 17
local FINISHED, OPEN = ".json", ".open.json"
local FINISHED_LENGTH, OPEN_LENGTH = ID_LENGTH + #FINISHED, ID_LENGTH + #OPEN
-- See lanyard.access.journal.entry for ids. A journal can have many files, so a name of the usual form is recognized by
-- its length and one match.
local FINISHED_NAME, OPEN_NAME = "^[0-8]%d+%.json$", "^[0-8]%d+%.open%.json$"
local OLDER = "older"

--- How many of the newest finished entries are always in the directory itself.
M.KEPT = 50

-- What system.write_file appends to the name of a file until it is complete.
local INCOMPLETE = { "^%d+%.json%.%w%w%w%w%w%w$", "^%d+%.open%.json%.%w%w%w%w%w%w$" }

--- Returns the name of an entry's file.
---@param id string
---@param is_open boolean
---@return string
function M.file_name(id, is_open)
  return id .. (is_open and OPEN or FINISHED)
end

--- Returns the path of the folder of older entries.
---@param directory string  of the journal
---@return string
function M.older(directory)
  return directory .. "/" .. OLDER
end

--- Returns the id of the entry to which a file belongs.
---@param name string  of the file
---@return string? id  nil if the file does not belong to an entry
---@return boolean? is_open
function M.parse(name)
  if #name == FINISHED_LENGTH and name:find(FINISHED_NAME) then
    return name:sub(1, ID_LENGTH), false
  elseif #name == OPEN_LENGTH and name:find(OPEN_NAME) then
    return name:sub(1, ID_LENGTH), true
  end
  return nil
end

-- Sorts names into the lists. Names come in byte order: the open file of an entry follows its finished file.
local function sort(self, names)
  local finished, count = self.finished, 0
  for i = 1, #names do
    local name = names[i]
    local id, is_open = M.parse(name)
    if id and not is_open then
      count = count + 1
      finished[count] = id
    elseif id then
      table.insert(finished[count] == id and self.unclosed or self.open, id)
    elseif name:find(INCOMPLETE[1]) or name:find(INCOMPLETE[2]) then
      table.insert(self.incomplete, name)
    end
  end
  return self
end

--- Reads the names in a directory. A directory that does not exist is an empty journal.
---@param directory string
---@return journal.Listing? listing
---@return lanyard.Error? err
function M.read(directory)
  local self = setmetatable({ finished = {}, open = {}, unclosed = {}, incomplete = {} }, Listing)
  local found, err = system.list(directory)
  if not found then
    if err.code == "NotFound" then
      return self
    end
    return nil, err
  end
  self.older = M.older(directory)
  return sort(self, found)
end

-- Removes an id from a list. The newest ids are at the end.
local function take(list, id)
  for i = #list, 1, -1 do
    if list[i] == id then
      return table.remove(list, i)
    end
  end
  return nil
end

--- Adds an open entry that was begun after all others.
---@param id string
function Listing:add_open(id)
  table.insert(self.open, id)
end

--- Adds a finished entry, whose open file still exists.
---@param id string
function Listing:add_finished(id)
  if take(self.open, id) then
    local position = #self.finished + 1
    while position > 1 and self.finished[position - 1] > id do
      position = position - 1
    end
    table.insert(self.finished, position, id)
    table.insert(self.unclosed, id)
  end
end

--- Notes that the open file of an entry was removed.
---@param id string
function Listing:remove_open(id)
  if not take(self.open, id) then
    take(self.unclosed, id)
  end
end

-- The ids of two lists, each once, oldest first.
local function merged(older, newer)
  if not newer[1] or not older[1] or older[#older] < newer[1] then
    return table.move(newer, 1, #newer, #older + 1, older)
  end
  local all, known = {}, {}
  for _, list in ipairs { older, newer } do
    for _, id in ipairs(list) do
      all[#all + 1] = not known[id] and id or nil
      known[id] = true
    end
  end
  table.sort(all)
  return all
end

--- Returns the ids of all finished entries, with the older ones. If they cannot be listed, `problem` says why.
---@return string[] ids  oldest first
function Listing:all_finished()
  if not self.older then
    return self.finished
  end
  local found, err = M.read(self.older)
  self.problem = err
  return found and merged(found.finished, self.finished) or self.finished
end

-- Iterates over the finished entries, newest first. The older ones are listed when the KEPT newest are used up.
local function finished_ids(self)
  local ids, position, taken, last, is_complete = self.finished, #self.finished, 0, nil, not self.older
  return function()
    if not is_complete and (position == 0 or taken == M.KEPT) then
      ids, is_complete = self:all_finished(), true
      position = #ids
      while last and position > 0 and ids[position] >= last do
        position = position - 1
      end
    end
    if position > 0 then
      last, position, taken = ids[position], position - 1, taken + 1
      return last
    end
    return nil
  end
end

--- Iterates over the entries, newest first.
---@return fun(): string?, boolean?  id, whether the entry is open
function Listing:newest_first()
  local next_finished, open = finished_ids(self), #self.open
  local a
  return function()
    a = a or next_finished()
    local b = self.open[open]
    if a and not (b and b > a) then
      local id = a
      a = nil
      return id, false
    elseif b then
      open = open - 1
      return b, true
    end
    return nil
  end
end

--- Returns the greatest id of all entries, or nil.
---@return string?
function Listing:greatest()
  return (self:newest_first()())
end

return M
