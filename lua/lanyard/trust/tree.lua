--- Reads the files of a folder that anybody may have written, for lanyard.trust: each file once, without following a
--- link.
---
---     local tree, err = tree.read("./.lanyard")
---     print(tree.hash, #tree.files, tree.by_path["rules.lua"].text)
---
--- The files must belong to the user, who alone may write them. The hash covers the bytes in memory, so it does not
--- matter whether the files change afterwards.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local shellwords = require "lanyard.text.shellwords"
local system = require "lanyard.system"

local M = {}

-- OpenSSL takes a millisecond to start: completion asks for the state of a folder, which mostly does not exist.
local function sha256_hex(text)
  return require("lanyard.crypto").sha256_hex(text)
end

-- A folder of scripts and rules is smaller than this. Folders count as files, because their number costs time, too.
local MAX_FILES, MAX_BYTES, MAX_TOTAL, MAX_DEPTH = 1000, 1 << 20, 8 << 20, 16

local WRITABLE_BY_OTHERS = 18 -- group and others: 022

---@class trust.File
---@field path string    below the folder, such as "scripts/size.lua"
---@field text string
---@field size integer
---@field sha256 string  in hexadecimal digits

---@class trust.Tree
---@field files trust.File[]  sorted by path, folder by folder
---@field by_path table<string, trust.File>
---@field hash string         the SHA-256 of all paths, lengths and contents

local function refuse(path, form, ...)
  return nil, errors.new {
    code = "Untrusted",
    message = ("%s %s"):format(escape.printable(path), form:format(...)),
  }
end

--- Checks that a file or folder belongs to the user, and that nobody else may write it.
---@param path string
---@param info { owner: integer, mode: integer }
---@return true? ok
---@return lanyard.Error? err  code Untrusted
function M.check_owner(path, info)
  local user = system.user()
  if info.owner ~= user then
    return refuse(path, "belongs to user %d, and user %d runs lanyard: copy it to a folder of your own",
      info.owner, user)
  elseif info.mode & WRITABLE_BY_OTHERS ~= 0 then
    return refuse(path, "can be written by other users: chmod go-w %s",
      escape.printable(shellwords.quote(path)))
  end
  return true
end

-- Counts a file or a folder, and checks that there are not too many.
local function count(walk, size)
  walk.count, walk.total = walk.count + 1, walk.total + size
  if walk.count > MAX_FILES or walk.total > MAX_TOTAL then
    return refuse(walk.root, "has more than %d files or %d MB", MAX_FILES, MAX_TOTAL >> 20)
  end
  return true
end

local function read_file(walk, path, name)
  local text, info = system.read_regular(path, MAX_BYTES)
  if not text then
    if info.code == "NotRegular" then
      return refuse(path, "is not a regular file: %s", info.message:match "it is ([^,]*)")
    end
    return nil, info
  end
  local ok, err = M.check_owner(path, info)
  if not ok then
    return nil, err
  elseif info.links > 1 then
    return refuse(path, "has %d hard links: replace it with a copy", info.links)
  end
  walk.files[#walk.files + 1] = { path = name, text = text, size = #text, sha256 = sha256_hex(text) }
  return count(walk, #text)
end

-- Reads a folder. An entry that is neither a folder nor a regular file is refused, even if no command would read it.
local function read_folder(walk, folder, prefix, depth)
  local info, err = system.stat(folder)
  if not info then
    return nil, err
  elseif info.type ~= "folder" then
    return refuse(folder, "is not a folder: %s", info.type == "link" and "a symbolic link" or "a file")
  elseif depth > MAX_DEPTH then
    return refuse(folder, "is nested too deeply")
  end
  local ok, names
  ok, err = M.check_owner(folder, info)
  if ok then
    ok, err = count(walk, 0)
  end
  if not ok then
    return nil, err
  end
  names, err = system.list(folder)
  for _, name in ipairs(names or {}) do
    local path = folder .. "/" .. name
    info, err = system.stat(path)
    if not info then
      return nil, err
    elseif info.type == "folder" then
      ok, err = read_folder(walk, path, prefix .. name .. "/", depth + 1)
    else
      ok, err = read_file(walk, path, prefix .. name)
    end
    if not ok then
      return nil, err
    end
  end
  return names and true, err
end

-- Joins texts so that no other list of texts has the same result.
local function framed(list, ...)
  for _, text in ipairs { ... } do
    list[#list + 1] = ("%d:%s,"):format(#text, text)
  end
end

--- Reads all files below a folder.
---@param folder string
---@return trust.Tree? tree
---@return lanyard.Error? err  code Untrusted if a file may not be trusted, NotFound if there is no such folder
function M.read(folder)
  local walk = { root = folder, files = {}, count = -1, total = 0 } -- the folder itself does not count
  local ok, err = read_folder(walk, folder, "", 1)
  if not ok then
    return nil, err
  end
  local parts, by_path = {}, {}
  for _, file in ipairs(walk.files) do
    framed(parts, file.path, file.text)
    by_path[file.path] = file
  end
  return { files = walk.files, by_path = by_path, hash = sha256_hex(table.concat(parts)) }
end

return M
