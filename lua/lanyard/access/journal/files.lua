--- Reads and writes the files of a journal.
---
---     local files = require "lanyard.access.journal.files"
---     local ok, err = files.save(directory, entry, true)
---     local entry, err = files.read(directory, id, true)
---
--- A file may have been planted by somebody else: a link is not followed, a FIFO does not block, and a large file is
--- not read.

local entry_module = require "lanyard.access.journal.entry"
local errors = require "lanyard.errors"
local group = require "lanyard.access.journal.group"
local listing = require "lanyard.access.journal.listing"
local system = require "lanyard.system"

local M = {}

--- Returns the error for a journal that cannot be listed or written.
---@param err lanyard.Error  the reason
---@return lanyard.Error  its `reason` is the message of the given one
function M.failed(err)
  return errors.new {
    code = "JournalFailed",
    message = "cannot use the journal: " .. err.message,
    reason = err.message,
    tip = "make the directory writable, or set XDG_STATE_HOME to one that is; without a journal no policy is written",
  }
end

--- Returns the error for older entries that cannot be listed.
---@param err lanyard.Error  the reason
---@param directory string   of the journal
---@return lanyard.Error  with the `path` of their folder
function M.unlisted(err, directory)
  local failed = M.failed(err)
  failed.path = listing.older(directory)
  failed.tip = "make it a folder that you can read, or move it away if it is something else"
  return failed
end

--- Returns the path of an entry's file.
---@param directory string
---@param id string
---@param is_open boolean
---@return string
function M.path(directory, id, is_open)
  return directory .. "/" .. listing.file_name(id, is_open)
end

--- Returns the path of the file of a finished entry among the older ones.
---@param directory string
---@param id string
---@return string
function M.older_path(directory, id)
  return listing.older(directory) .. "/" .. listing.file_name(id, false)
end

--- Reports whether a finished entry exists.
---@param directory string
---@param id string
---@return boolean
function M.is_finished(directory, id)
  return system.exists(M.path(directory, id, false)) or system.exists(M.older_path(directory, id))
end

--- Lists the entries.
---@param directory string
---@return journal.Listing? listing
---@return lanyard.Error? err  code JournalFailed
function M.list(directory)
  local names, err = listing.read(directory)
  return names, err and M.failed(err)
end

--- Writes an entry. It is on the disk when the function returns.
---@param directory string
---@param entry journal.Entry
---@param is_open boolean
---@param closes? boolean  remove the open file after that
---@return true? ok
---@return lanyard.Error? err  code JournalFailed
function M.save(directory, entry, is_open, closes)
  local text = entry_module.encode(entry)
  if #text > entry_module.MAX_BYTES then
    return nil, M.failed { message = ("the entry would have %d bytes, and no more than %d are read")
      :format(#text, entry_module.MAX_BYTES) }
  end
  local ok, err = group.save(directory, listing.file_name(entry.id, is_open), text,
    closes and listing.file_name(entry.id, true) or nil)
  return ok, err and M.failed(err)
end

--- Moves the file of a finished entry to the older ones. Their folder exists.
---@param directory string
---@param id string
---@return true? ok
function M.move(directory, id)
  return os.rename(M.path(directory, id, false), M.older_path(directory, id))
end

--- Removes the file of an entry. A missing file is not an error.
---@param directory string
---@param id string
---@param is_open boolean
---@return true? ok
---@return lanyard.Error? err  code JournalFailed
function M.remove(directory, id, is_open)
  local ok, err = group.remove(directory, listing.file_name(id, is_open))
  if ok and not is_open then
    ok, err = system.remove(M.older_path(directory, id))
  end
  return ok, err and M.failed(err)
end

--- Reads an entry.
---@param directory string
---@param id string
---@param is_open boolean
---@param repository? string  whose entry it must be
---@return journal.Entry? entry
---@return lanyard.Error? err  code NotFound if the file does not exist, or JournalDamaged, with the `path`
function M.read(directory, id, is_open, repository)
  local path = M.path(directory, id, is_open)
  local text, err = system.read_regular(path, entry_module.MAX_BYTES)
  if not text and err.code == "NotFound" and not is_open then
    path = M.older_path(directory, id)
    text, err = system.read_regular(path, entry_module.MAX_BYTES)
  end
  local entry, problem
  if text then
    entry, problem = entry_module.decode(text, { id = id, is_open = is_open, repository = repository })
  elseif err.code == "NotFound" then
    return nil, err
  end
  if entry then
    return entry
  end
  local is_unreadable = not text and err.code ~= "NotRegular" and err.code ~= "TooLarge"
  return nil, errors.new {
    code = "JournalDamaged",
    message = is_unreadable and err.message or ("%s is not a journal entry: %s"):format(path, problem or err.message),
    tip = is_unreadable and "check the disk and the permissions of the file" or "inspect the file, then move it away",
    path = path,
  }
end

return M
