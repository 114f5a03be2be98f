--- Makes files of several journals durable together: a log contains their texts, and is on the disk after one fsync.
---
---     local one = assert(log.create(directory))   -- of an account and Region
---     assert(one:append { { name = "web/01795165200056435.open.json", text = text } })
---     assert(one:flush())
---     assert(log.recover(directory))
---
--- The files themselves are written after that, and are not flushed. If the system crashes, they can be missing or
--- incomplete: `recover` writes them again after the restart. If only the process ends, they are complete. So the name
--- of a log contains the id that the system gets when it starts, and a log of a running system is not read.
---
--- A line of a log is a JSON object, { name, text } for a file that was written or { name } for one that was removed. A
--- last line that was not written completely is ignored: nothing was sent before it was on the disk. If another line is
--- damaged, all other lines count, but an open entry stays unless it is known to be finished: the next change finds out
--- how it ended. Such a log is renamed to "NAME.damaged" after that, and kept.
---
--- The process that writes a log holds a lock on it. A log that is not held is removed when the file system was flushed
--- since.

local clock = require "lanyard.clock"
local json = require "lanyard.json"
local listing = require "lanyard.access.journal.listing"
local lock = require "lanyard.lock"
local run = require "lanyard.access.journal.run"
local scheduler = require "lanyard.task.scheduler"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"

local M = {}

local FOLDER_MODE, FILE_MODE = 448, 384 -- 0700, 0600

-- A log of this size is not continued.
local ENOUGH = 4 * 1024 * 1024
-- The largest log that is read: one group of changes can be written to a log that is nearly full.
local MOST = 64 * 1024 * 1024

-- How long to wait for another process that recovers.
local LOCK_SECONDS = 60

local BOOT_ID = "/proc/sys/kernel/random/boot_id"
local NAME = "^(%x+%-%x+%-%x+%-%x+%-%x+)%..+%.log$"

---@class journal.Log
---@field private file userdata
---@field private size integer
local Log = {}
Log.__index = Log

local function folder_of(directory)
  return directory .. ".logs"
end

-- The id that the system got when it started, or nil if this system has none.
local function boot_id()
  local text = system.read_file(BOOT_ID, 100)
  return text and text:match "^%x+%-%x+%-%x+%-%x+%-%x+"
end

-- The names of the logs by which of them the running system has written. current, earlier | nil, err
local function logs_in(folder)
  local names, err = system.list(folder)
  if not names then
    return err.code == "NotFound" and {} or nil, err.code == "NotFound" and {} or err
  end
  local boot, current, earlier = boot_id(), {}, {}
  for _, name in ipairs(names) do
    local id = name:match(NAME)
    if id then
      table.insert(id == boot and current or earlier, name)
    end
  end
  return current, earlier
end

-- ---------------------------------------------------------------------------------------------
-- Writing

-- Removes logs that no process holds as soon as all files are on the disk. A log that another process still holds is
-- left to a later call.
local function remove_when_flushed(self, folder, names)
  local held = {}
  for _, name in ipairs(names) do
    held[name] = system.lock(folder .. "/" .. name) or nil
  end
  local op = next(held) and self.file:flush(true)
  if not op then
    return
  end
  scheduler.when_ended(op, function()
    local flushed = op:result()
    for name, one in pairs(held) do
      if flushed then
        system.remove(folder .. "/" .. name)
      end
      one:close()
    end
  end)
end

local count = 0

-- How often the file of a log is created again if another process takes it, which it does to remove old ones.
local ATTEMPTS = 10

-- Creates the file of a log. file, path | nil, err
local function new_file(folder, boot)
  local file, err
  for _ = 1, ATTEMPTS do
    count = count + 1
    local path = ("%s/%s.%s.%d.log"):format(folder, boot, run.current(), count)
    file, err = system.log(path)
    if file then
      return file, path
    elseif err.code ~= "Taken" then
      break
    end
  end
  return nil, err
end

--- Creates a log for the journals of an account and Region. Its name is on the disk when the function returns.
---@param directory string
---@return journal.Log? log  nil without an error on a system whose restart cannot be detected
---@return lanyard.Error? err
function M.create(directory)
  local boot, folder = boot_id(), folder_of(directory)
  if not boot then
    return nil
  end
  local ok, err = state_directory.create(folder, FOLDER_MODE)
  local old
  if ok then
    old, err = logs_in(folder)
  end
  if not old then
    return nil, err
  end
  local file, path = new_file(folder, boot)
  local self = setmetatable({ file = file, size = 0 }, Log)
  ok, err = file, path
  if ok then
    ok, err = system.sync_folder_of(path)
  end
  if ok then
    ok, err = state_directory.flush()
  end
  if not ok then
    return nil, err
  end
  remove_when_flushed(self, folder, old)
  return self
end

--- Appends records. They are on the disk after the next `flush` or `sync`.
---@param records { name: string, text: string? }[]  name: of the file, "FOLDER/FILE"; text: absent if it is removed
---@return true? ok
---@return lanyard.Error? err  the log must not be used any more
function Log:append(records)
  local lines = {}
  for i, record in ipairs(records) do
    lines[i] = json.encode { name = record.name, text = record.text } .. "\n"
  end
  local text = table.concat(lines)
  self.size = self.size + #text
  return self.file:append(text)
end

--- Waits until what was appended is on the disk, while other tasks run.
---@return true? ok
---@return lanyard.Error? err  the log must not be used any more
function Log:flush()
  local op, err = self.file:flush()
  if not op then
    return nil, err
  end
  return scheduler.await(op)
end

--- Like `flush`, but no other task runs meanwhile.
---@return true? ok
---@return lanyard.Error? err  the log must not be used any more
function Log:sync()
  return self.file:sync()
end

--- Reports whether another log should be created.
---@return boolean
function Log:is_full()
  return self.size >= ENOUGH
end

--- Ends the use of a log.
function Log:close()
  self.file:close()
end

-- ---------------------------------------------------------------------------------------------
-- Recovery

-- The name and the text in a line, if it is a record. The name leads nowhere but to a journal.
local function decode(line)
  local record = json.decode(line)
  local name = type(record) == "table" and record.name
  local folder, file = (type(name) == "string" and name or ""):match "^([^/%c]+)/([^/%c]+)$"
  if not folder or folder == "." or folder == ".." or not listing.parse(file)
    or record.text ~= nil and type(record.text) ~= "string" then
    return nil
  end
  return name, record.text
end

-- The folder of a file, its name when its entry is finished, and whether the file is that of an open entry.
local function finished_file(name)
  local folder, file = name:match "^(.*)/(.*)$"
  local id, is_open = listing.parse(file)
  return folder, listing.file_name(id, false), is_open
end

-- What a log says about the files: a list of names, and the text of each or false. The last result is whether a line
-- is damaged.
local function read_records(path)
  local text, err = system.read_regular(path, MOST)
  if not text then
    return nil, err
  end
  local names, texts, opened, is_damaged = {}, {}, {}, false
  for line in text:gmatch "([^\n]*)\n" do
    local name, content = decode(line)
    if name then
      names[#names + 1] = texts[name] == nil and name or nil
      texts[name], opened[name] = content or false, content or opened[name]
    end
    is_damaged = is_damaged or not name
  end
  for _, name in ipairs(is_damaged and names or {}) do
    local folder, finished, is_open = finished_file(name)
    if is_open and not texts[name] and not texts[folder .. "/" .. finished] then
      texts[name] = opened[name] or false
    end
  end
  return names, texts, is_damaged
end

-- Whether another process has finished an entry that the log has as open.
local function is_settled(directory, name, texts)
  local folder, finished, is_open = finished_file(name)
  local path = directory .. "/" .. folder
  return is_open and not texts[folder .. "/" .. finished]
    and (system.exists(path .. "/" .. finished) or system.exists(listing.older(path) .. "/" .. finished))
end

-- Whether a file has the state that it has in a log.
local function is_as_logged(directory, name, texts)
  local text, path = texts[name], directory .. "/" .. name
  if not text then
    return not system.exists(path)
  end
  local folder, file = path:match "^(.*)/(.*)$"
  return system.read_regular(path, #text) == text
    or system.read_regular(listing.older(folder) .. "/" .. file, #text) == text
    or is_settled(directory, name, texts)
end

local function write_again(directory, name, text)
  local path = directory .. "/" .. name
  local ok, err = state_directory.create(path:match "^(.*)/", FOLDER_MODE)
  if ok then
    ok, err = system.write_file(path, text, FILE_MODE)
  end
  return ok, err
end

-- Gives the files the state that they have in a log, and removes the log. One that is damaged is kept for a person.
local function replay(directory, path)
  local names, texts, is_damaged = read_records(path)
  if not names then
    return nil, texts
  end
  for _, name in ipairs(names) do
    local ok, err = true, nil
    if not texts[name] then
      ok, err = system.remove(directory .. "/" .. name)
    elseif not is_as_logged(directory, name, texts) then
      ok, err = write_again(directory, name, texts[name])
    end
    if not ok then
      return nil, err
    end
  end
  local ok, err = state_directory.flush()
  if not ok then
    return nil, err
  end
  if is_damaged then
    return os.rename(path, path .. ".damaged") or system.remove(path)
  end
  return system.remove(path)
end

-- Replays the logs of earlier runs of the system, unless a process on another machine holds them.
local function replay_all(directory)
  local folder = folder_of(directory)
  local current, earlier = logs_in(folder)
  if not current then
    return nil, earlier
  end
  for _, name in ipairs(earlier) do
    local path = folder .. "/" .. name
    local held <close>, err = system.lock(path)
    local ok = not err
    if held then
      ok, err = replay(directory, path)
    end
    if not ok then
      return nil, err
    end
  end
  return true
end

--- Returns which journals have files that are not as logs of earlier runs of the system say, the last log that names a
--- file. Nothing is written: it is for readers where `recover` fails.
---@param directory string  of an account and Region
---@return table<string, true>? folders  nil: a log cannot be read
function M.stale(directory)
  local folder, logged, folders = folder_of(directory), {}, {}
  local current, earlier = logs_in(folder)
  for _, log_name in ipairs(current and earlier or {}) do
    local names, texts = read_records(folder .. "/" .. log_name)
    if not names then
      return nil
    end
    for _, name in ipairs(names) do
      logged[name] = texts[name]
    end
  end
  for name in pairs(logged) do
    if not is_as_logged(directory, name, logged) then
      folders[name:match "^[^/]+"] = true
    end
  end
  return current and folders
end

-- The directories that this process has recovered.
local recovered = {}

--- Writes the files again that a crash of the system has damaged. Each process does so once for each directory.
---@param directory string  of an account and Region
---@return true? ok
---@return lanyard.Error? err
function M.recover(directory)
  if recovered[directory] then
    return true
  end
  local folder = folder_of(directory)
  local ok, err = state_directory.check(folder)
  local current, earlier
  if ok then
    current, earlier = logs_in(folder)
    ok, err = current, earlier
  end
  if ok and #earlier > 0 then
    local held <close>, failure = lock.wait(folder .. "/lock", clock, LOCK_SECONDS)
    ok, err = held, failure
    if held then
      ok, err = replay_all(directory)
    end
  end
  if not ok then
    return nil, err
  end
  recovered[directory] = true
  return true
end

return M
