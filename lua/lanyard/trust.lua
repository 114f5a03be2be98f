--- Which files of a folder .lanyard the user trusts. Anybody can have written such a folder: it is part of a checkout.
---
---     local place = trust.check "."
---     if place.state ~= "trusted" then print(place.reason) end
---
---     local text, err = trust.here():read "rules.lua"    -- nil, nil: there is no such file
---
--- The user trusts the bytes of all files below a folder. A file that is added, removed, changed or linked later voids
--- that. What `read` returns are the bytes that were compared: nothing is read twice.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local lazy = require "lanyard.lazy"
local system = require "lanyard.system"

-- Most checkouts have no such folder.
local store = lazy "lanyard.trust.store"
local tree = lazy "lanyard.trust.tree"

local M = {}

--- The name of the folder in a checkout.
M.FOLDER = ".lanyard"

-- A reason names so many files.
local MAX_NAMED = 3

---@class trust.Change
---@field path string
---@field kind "added"|"removed"|"changed"
---@field before? trust.RecordedFile
---@field after? trust.File

---@class trust.Place
---@field shown string           the folder .lanyard as messages name it
---@field root? string           the real path of the folder that has it
---@field state "absent"|"trusted"|"unknown"|"changed"|"refused"
---@field reason? string         why it is not trusted
---@field err? lanyard.Error     why it is refused: it cannot be read, or must not be trusted
---@field tree? trust.Tree
---@field record? trust.Record   what was trusted earlier
local Place = {}
Place.__index = Place

--- Compares the files of a place with the trusted ones.
---@return trust.Change[]
function Place:changes()
  local now, before = self.tree or { files = {}, by_path = {} }, self.record or { files = {}, by_path = {} }
  local changes = {}
  for _, file in ipairs(now.files) do
    local old = before.by_path[file.path]
    if not old or old.sha256 ~= file.sha256 or old.size ~= file.size then
      changes[#changes + 1] = { path = file.path, kind = old and "changed" or "added", before = old, after = file }
    end
  end
  for _, file in ipairs(before.files) do
    if not now.by_path[file.path] then
      changes[#changes + 1] = { path = file.path, kind = "removed", before = file }
    end
  end
  return changes
end

-- Names the changes: "rules.lua was changed, scripts/x.lua was added".
local function describe(changes)
  local parts = {}
  for i = 1, math.min(#changes, MAX_NAMED) do
    parts[i] = ("%s was %s"):format(escape.printable(changes[i].path), changes[i].kind)
  end
  if #changes > MAX_NAMED then
    parts[#parts + 1] = ("and %d more"):format(#changes - MAX_NAMED)
  end
  return table.concat(parts, ", ")
end

local function settle(place, state, reason, err)
  place.state, place.reason, place.err = state, reason, err
  return place
end

local function refused(place, err)
  return settle(place, "refused", err.message, err)
end

--- Reads the folder .lanyard in a folder and compares it with what the user trusts.
---@param folder string
---@return trust.Place
function M.check(folder)
  local place = setmetatable({ shown = ("%s/%s"):format(folder, M.FOLDER) }, Place)
  local root, err = system.real_path(folder)
  if not root then
    return refused(place, err)
  end
  place.root = root
  local path = folder == "." and place.shown or (root == "/" and "" or root) .. "/" .. M.FOLDER
  place.tree, err = tree.read(path)
  if not place.tree and err.code ~= "NotFound" then
    place.record = store.read(root)
    return refused(place, err)
  end
  place.record, err = store.read(root)
  if err then
    return place.tree and refused(place, err) or settle(place, "absent")
  elseif not place.record then
    return settle(place, place.tree and "unknown" or "absent")
  elseif not place.tree then
    return settle(place, "changed", "it was removed")
  elseif place.record.hash ~= place.tree.hash then
    return settle(place, "changed", "since you trusted it, " .. describe(place:changes()))
  end
  return settle(place, "trusted")
end

local here

--- Returns the place of the current directory, which is read once.
---@return trust.Place
function M.here()
  here = here or M.check "."
  return here
end

--- Reports whether a file exists, or was trusted.
---@param name string  below .lanyard
---@return boolean? has
---@return lanyard.Error? err  if that cannot be found out
function Place:has(name)
  if self.tree and self.tree.by_path[name] or self.record and self.record.by_path[name] then
    return true
  elseif self.tree then
    return false
  end
  local info, err = system.stat(self.shown .. "/" .. name)
  return info and true or err.code == "NotFound" and false or nil, not info and err.code ~= "NotFound" and err or nil
end

--- Returns a trusted file.
---@param name string  below .lanyard
---@return string? text  nil without an error if there is no such file
---@return lanyard.Error? err  code Untrusted if the file is not trusted
function Place:read(name)
  if self.state == "trusted" then
    local file = self.tree.by_path[name]
    return file and file.text
  end
  local has, err = self:has(name)
  if not has then
    return nil, err
  end
  return nil, errors.new {
    code = "Untrusted",
    message = ("%s/%s is not trusted%s"):format(self.shown, name, self.reason and ": " .. self.reason or ""),
    tip = self.err and self.err.tip,
  }
end

--- Returns the names of the files in a folder below .lanyard.
---@param prefix string  such as "scripts/"
---@return string[]
function Place:names(prefix)
  local names = {}
  for _, file in ipairs(self.tree and self.tree.files or {}) do
    if file.path:sub(1, #prefix) == prefix then
      names[#names + 1] = file.path:sub(#prefix + 1)
    end
  end
  return names
end

--- Records that the user trusts the files that a place has in memory. If there is no folder any more, the record is
--- removed.
---@param place trust.Place
---@param time integer
---@return true? ok
---@return lanyard.Error? err
function M.accept(place, time)
  if not place.tree then
    local removed, err = store.remove(place.root)
    return removed ~= nil or nil, err
  end
  return store.write { root = place.root, hash = place.tree.hash, time = time, files = place.tree.files }
end

--- Removes the record of a folder, which need not exist any more.
---@param folder string
---@return boolean? removed  false if it was not trusted
---@return lanyard.Error? err
---@return string? root  its real path
function M.revoke(folder)
  local root, err = system.real_path(folder)
  root = root or folder:sub(1, 1) == "/" and folder or nil
  if not root then
    return nil, err
  end
  local removed
  removed, err = store.remove(root)
  return removed, err, root
end

--- Returns what the user trusts.
---@return trust.Record[]? records
---@return lanyard.Error? err
function M.list()
  return store.list()
end

return M
