--- Lists the files of a journal by their names. No file is opened.
---
---     local listing = assert(listing.read(directory))
---     for id, is_open in listing:newest_first() do ... end

local entry = require "lanyard.access.journal.entry"
local system = require "lanyard.system"

local M = {}

---@class journal.Listing
---@field finished string[]    ids of finished entries, oldest first
---@field open string[]        ids of open entries, oldest first
---@field unclosed string[]    ids of finished entries whose open file still exists
---@field incomplete string[]  names of files that were not written completely
local Listing = {}
Listing.__index = Listing

local ID_LENGTH = 17
local FINISHED, OPEN = ".json", ".open.json"
-- What system.write_file appends to the name of a file until it is complete.
local INCOMPLETE = { "^%d+%.json%.%w%w%w%w%w%w$", "^%d+%.open%.json%.%w%w%w%w%w%w$" }

local function is_incomplete(name)
  return name:find(INCOMPLETE[1]) or name:find(INCOMPLETE[2])
end

--- Returns the name of an entry's file.
---@param id string
---@param is_open boolean
---@return string
function M.file_name(id, is_open)
  return id .. (is_open and OPEN or FINISHED)
end

-- Adds a file. Names come in byte order: the open file of an entry follows its finished file.
local function add(self, name)
  local id, rest = name:sub(1, ID_LENGTH), name:sub(ID_LENGTH + 1)
  if rest == FINISHED and entry.is_id(id) then
    self.finished[#self.finished + 1] = id
  elseif rest == OPEN and entry.is_id(id) then
    local list = self.finished[#self.finished] == id and self.unclosed or self.open
    list[#list + 1] = id
  elseif is_incomplete(name) then
    self.incomplete[#self.incomplete + 1] = name
  end
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
  for _, name in ipairs(found) do
    add(self, name)
  end
  return self
end

--- Returns the greatest id of all entries, or nil.
---@return string?
function Listing:greatest()
  local finished, open = self.finished[#self.finished], self.open[#self.open]
  if finished and open then
    return finished > open and finished or open
  end
  return finished or open
end

--- Iterates over the entries, newest first.
---@return fun(): string?, boolean?  id, whether the entry is open
function Listing:newest_first()
  local finished, open = #self.finished, #self.open
  return function()
    local a, b = self.finished[finished], self.open[open]
    if a and not (b and b > a) then
      finished = finished - 1
      return a, false
    elseif b then
      open = open - 1
      return b, true
    end
    return nil
  end
end

return M
