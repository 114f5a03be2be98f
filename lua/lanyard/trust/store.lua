--- Records which folders this user trusts, for lanyard.trust: a file for each, in a folder of the user's own.
---
---     $XDG_DATA_HOME/lanyard/trust/SHA-256 of the folder's real path
---
--- The folder is not below XDG_STATE_HOME, which --emulator moves.

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local system = require "lanyard.system"
local tree = require "lanyard.trust.tree"

local M = {}

local MAGIC = "lanyard trust 1"
local MAX_BYTES = 32 << 20
local OTHERS_WRITE, STICKY = 18, 512 -- 0022 and 01000

-- A larger file is recorded without its text, so that renewing shows no difference of it.
local MAX_TEXT = 64 << 10

---@class trust.RecordedFile
---@field path string
---@field size integer
---@field sha256 string
---@field text? string  of a small file

---@class trust.Record
---@field root string  the real path of the folder that has the folder .lanyard
---@field hash string
---@field time integer
---@field files trust.RecordedFile[]
---@field by_path table<string, trust.RecordedFile>

local function data_home()
  local home, data = environment.home(), environment.get "XDG_DATA_HOME"
  if data and data:sub(1, 1) == "/" then
    return data
  elseif home then
    return home .. "/.local/share"
  end
  return nil, errors.new {
    code = "NoTrustFolder",
    message = "there is no place to record what you trust: neither HOME nor XDG_DATA_HOME is an absolute path",
  }
end

local function refuse(path, form, ...)
  return nil, errors.new {
    code = "Untrusted",
    message = ("%s, above the records of lanyard trust, %s"):format(path, form:format(...)),
    tip = "set HOME or XDG_DATA_HOME to a folder of your own (sudo -H sets HOME)",
  }
end

-- Checks the folder of a path that exists, and all above it: another user could replace what is below.
local function check_parents(path)
  local existing = path
  local real
  repeat
    existing = existing:match "^(.*)/[^/]*$"
    real = system.real_path(existing == "" and "/" or existing)
  until real or existing == ""
  local user, folder = system.user(), ""
  for name in (real .. "/"):gmatch "([^/]*)/" do
    folder = name == "" and folder or folder .. "/" .. name
    local info, err = system.stat(folder == "" and "/" or folder)
    if not info then
      return nil, err
    elseif info.owner ~= user and info.owner ~= 0 then
      return refuse(folder, "belongs to user %d, and user %d runs lanyard", info.owner, user)
    elseif info.mode & OTHERS_WRITE ~= 0 and info.mode & STICKY == 0 then
      return refuse(folder, "can be written by %s %s", info.mode & 2 ~= 0 and "all users: chmod o-w,g-w" or
        "its group: chmod g-w", folder)
    end
  end
  return true
end

--- Returns the folder of the records.
---@param create? boolean  create it if it does not exist
---@return string? folder  nil without an error if it does not exist
---@return lanyard.Error? err
function M.open(create)
  local base, err = data_home()
  if not base then
    return nil, err
  end
  local folder = base .. "/lanyard/trust"
  local ok, info
  ok, err = check_parents(folder)
  if ok and create then
    ok, err = system.mkdirs(folder)
  end
  if not ok then
    return nil, err
  end
  info, err = system.stat(folder)
  if not info then
    return nil, err.code ~= "NotFound" and err or nil
  elseif info.type ~= "folder" then
    return nil, errors.new { code = "Untrusted", message = folder .. " is not a folder" }
  end
  ok, err = tree.check_owner(folder, info)
  return ok and folder, err
end

local function path_of(folder, root)
  return ("%s/%s"):format(folder, require("lanyard.crypto").sha256_hex(root))
end

-- ---------------------------------------------------------------------------------------------
-- The format: MAGIC, root, hash, time, and path, size, sha256, whether there is a text, text of each file, each as
-- LENGTH:BYTES and a comma.

local function encode(record)
  local parts = {}
  local function add(text)
    text = tostring(text)
    parts[#parts + 1] = ("%d:%s,"):format(#text, text)
  end
  add(MAGIC)
  add(record.root)
  add(record.hash)
  add(record.time)
  for _, file in ipairs(record.files) do
    local is_kept = file.text and #file.text <= MAX_TEXT
    add(file.path)
    add(file.size)
    add(file.sha256)
    add(is_kept and "text" or "")
    add(is_kept and file.text or "")
  end
  return table.concat(parts)
end

-- Returns the fields of a text, or nil if it is damaged.
local function fields_of(text)
  local fields, position = {}, 1
  while position <= #text do
    local digits, first = text:match("^(%d%d?%d?%d?%d?%d?%d?%d?):()", position)
    local last = digits and first + tonumber(digits) - 1
    if not last or text:sub(last + 1, last + 1) ~= "," then
      return nil
    end
    fields[#fields + 1] = text:sub(first, last)
    position = last + 2
  end
  return fields
end

local function decode(text)
  local fields = fields_of(text)
  if not fields or fields[1] ~= MAGIC or #fields % 5 ~= 4 or not math.tointeger(tonumber(fields[4])) then
    return nil
  end
  local record = {
    root = fields[2], hash = fields[3], time = math.tointeger(tonumber(fields[4])), files = {}, by_path = {},
  }
  for i = 5, #fields, 5 do
    local file = {
      path = fields[i], size = math.tointeger(tonumber(fields[i + 1])) or 0, sha256 = fields[i + 2],
      text = fields[i + 3] == "text" and fields[i + 4] or nil,
    }
    record.files[#record.files + 1] = file
    record.by_path[file.path] = file
  end
  return record
end

local function read_record(path)
  local text, info = system.read_regular(path, MAX_BYTES)
  if not text then
    return nil, info.code ~= "NotFound" and info or nil
  end
  local ok, err = tree.check_owner(path, info)
  if not ok then
    return nil, err
  end
  local record = decode(text)
  if not record then
    return nil, errors.new { code = "Untrusted", message = path .. " is damaged: remove it" }
  end
  return record
end

-- ---------------------------------------------------------------------------------------------

--- Returns the record of a folder.
---@param root string  a real path
---@return trust.Record? record  nil without an error if there is none
---@return lanyard.Error? err
function M.read(root)
  local folder, err = M.open(false)
  if not folder then
    return nil, err
  end
  local record
  record, err = read_record(path_of(folder, root))
  if record and record.root ~= root then
    return nil, errors.new { code = "Untrusted", message = path_of(folder, root) .. " is of another folder: remove it" }
  end
  return record, err
end

--- Records a folder.
---@param record trust.Record
---@return true? ok
---@return lanyard.Error? err
function M.write(record)
  local folder, err = M.open(true)
  if not folder then
    return nil, err
  end
  return system.write_file(path_of(folder, record.root), encode(record))
end

--- Removes the record of a folder.
---@param root string
---@return boolean? removed  false if there was none
---@return lanyard.Error? err
function M.remove(root)
  local folder, err = M.open(false)
  if err then
    return nil, err
  end
  local path = folder and path_of(folder, root)
  if not path or not system.exists(path) then
    return false
  end
  return system.remove(path)
end

--- Returns all records, sorted by path.
---@return trust.Record[]? records
---@return lanyard.Error? err
function M.list()
  local folder, err = M.open(false)
  if not folder then
    return not err and {} or nil, err
  end
  local records = {}
  local names
  names, err = system.list(folder)
  for _, name in ipairs(names or {}) do
    if name:find "^%x+$" and #name == 64 then
      local record
      record, err = read_record(folder .. "/" .. name)
      if err then
        return nil, err
      end
      records[#records + 1] = record
    end
  end
  table.sort(records, function(a, b) return a.root < b.root end)
  return names and records, err
end

return M
