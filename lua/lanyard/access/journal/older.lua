--- Keeps the directory of a journal small, so that a change and an undo cost the same however many entries it has.
---
---     JOURNAL/01795165200056435.json        the newest finished entries, and all open ones
---     JOURNAL/older/01700000000000000.json  the other finished entries
---
--- An entry is in the one place or the other, and readers try both. When many finished entries are in the directory
--- itself, a change moves all but the newest to the folder with one rename for each: a process that is killed meanwhile
--- leaves the rest to the next change, and if the system crashes, an entry is in one of the two places or in both. A
--- journal of lanyard 0.1.0 has no such folder. Its entries are found where they are, and moved in time. Lanyard 0.1.0
--- itself does not read the folder: it finds the newest entries only.

local files = require "lanyard.access.journal.files"
local listing = require "lanyard.access.journal.listing"
local lists = require "lanyard.lists"
local state_directory = require "lanyard.access.state_directory"

local M = {}

local FOLDER_MODE = 448 -- 0700

-- How many finished entries are not many yet.
local FEW = 2 * listing.KEPT

-- How many files one change moves at most.
local BATCH = 1000

--- Reports whether entries should be moved.
---@param names journal.Listing
---@return boolean
function M.is_needed(names)
  return #names.finished > FEW
end

--- Moves the oldest finished entries, except those whose open file still exists. What cannot be moved stays where it
--- is, and is found there. The caller holds the repository's lock.
---@param directory string
---@param names journal.Listing
function M.move(directory, names)
  if not state_directory.create(listing.older(directory), FOLDER_MODE) then
    return
  end
  local unclosed = lists.set(table.concat(names.unclosed, " "))
  for i = 1, math.min(#names.finished - listing.KEPT, BATCH) do
    local id = names.finished[i]
    if not unclosed[id] then
      files.move(directory, id)
    end
  end
end

return M
