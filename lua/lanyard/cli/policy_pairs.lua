--- Pairs policy files of two folders by their relative paths, as `lanyard policy check --no-new-access` compares them.
---
---     for _, pair in ipairs(cli.check(policy_pairs.of_folders("main", "branch"))) do
---       print(pair.name, pair.before, pair.after)    --> branch/web.json  main/web.json  branch/web.json
---     end

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local system = require "lanyard.system"

local M = {}

---@class cli.PolicyPair
---@field name string     of the file, for messages and results
---@field before? string  the path of the earlier version; nil: the file is new
---@field after? string   the path of the later version; nil: the file was deleted

-- Deeper folders are not read: a chain of links could have no end.
local MOST_DEEP = 64

--- Returns what a path is, a symbolic link counting as what it points to.
---@param path string
---@return "folder"|"file"|"other"? type
---@return lanyard.Error? err
function M.type_of(path)
  local real, err = system.real_path(path)
  local info
  if real then
    info, err = system.stat(real)
  end
  return info and info.type, err
end

local list_folder

-- Adds an entry of a folder. true | nil, err
local function add_entry(found, path, relative, depth)
  local info, err = system.stat(path)
  local type_ = info and info.type
  if type_ == "link" then
    type_ = M.type_of(path) or "file" -- a link to nothing is reported when it is read
    if type_ == "folder" then
      return nil, errors.new { code = "Link", message = escape.format("%s is a link to a folder", path),
        tip = "replace the link by the folder, or name the folder itself" }
    end
  end
  if not type_ then
    return nil, err
  elseif type_ == "folder" then
    return list_folder(found, path, relative .. "/", depth + 1)
  elseif not relative:lower():find "%.json$" then
    return true
  elseif type_ == "other" then -- reading a FIFO would never end
    return nil, errors.new { code = "NotAFile", message = escape.format("%s is neither a file nor a folder", path),
      tip = "remove it from the folder" }
  end
  found[#found + 1] = relative
  return true
end

-- Adds the relative paths of the .json files below a folder. true | nil, err
function list_folder(found, folder, prefix, depth)
  if depth > MOST_DEEP then
    return nil, errors.new { code = "TooDeep", message = escape.format("%s is nested too deeply", folder) }
  end
  local names, err = system.list(folder)
  for _, name in ipairs(names or {}) do
    local ok = true
    if name ~= ".git" then
      ok, err = add_entry(found, folder .. "/" .. name, prefix .. name, depth)
    end
    if not ok then
      return nil, err
    end
  end
  return names and true, err
end

-- Returns the relative paths of the .json files below a folder, as a list and as a set | nil, nil, err
local function json_files(folder)
  local found, known = {}, {}
  local ok, err = list_folder(found, folder, "", 1)
  for _, path in ipairs(found) do
    known[path] = true
  end
  return ok and found, known, err
end

--- Pairs the files below two folders whose names end in .json.
---@param before string
---@param after string
---@return cli.PolicyPair[]? pairs  the files of `after`, then the deleted ones
---@return lanyard.Error? err       code NoPolicyFile if there is none
function M.of_folders(before, after)
  before, after = before:gsub("(.)/+$", "%1"), after:gsub("(.)/+$", "%1")
  local old, was, err = json_files(before)
  local new, is
  if old then
    new, is, err = json_files(after)
  end
  if not new then
    return nil, err
  elseif #old + #new == 0 then
    return nil, errors.new { code = "NoPolicyFile",
      message = escape.format("%s and %s have no file whose name ends in .json", before, after) }
  end
  local list = {}
  for i, path in ipairs(new) do
    local later = after .. "/" .. path
    list[i] = { name = later, before = was[path] and before .. "/" .. path, after = later }
  end
  for _, path in ipairs(old) do
    list[#list + 1] = not is[path] and { name = after .. "/" .. path, before = before .. "/" .. path } or nil
  end
  return list
end

--- Pairs files with the files of the same path below a folder.
---@param before string   the folder
---@param files string[]  relative paths
---@return cli.PolicyPair[]? pairs
---@return string? message  which path cannot be paired
function M.of_files(before, files)
  local list = {}
  for i, file in ipairs(files) do
    local path = file:gsub("^%./+", "")
    if path == "-" or path:find "^/" or ("/" .. path .. "/"):find("/../", 1, true) then
      return nil, ("'%s' is not a path below the current directory, so it has no counterpart in %s")
        :format(file, before)
    end
    local old = before .. "/" .. path
    list[i] = { name = file, before = system.exists(old) and old or nil, after = file }
  end
  return list
end

return M
