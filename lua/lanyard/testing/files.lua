--- Finds specs: files that end in _spec.lua.

local errors = require "lanyard.errors"
local system = require "lanyard.system"

local M = {}

local MAX_DEPTH = 16

-- Names of folders with specs whose commands are in the folder above.
local SPEC_FOLDERS = { spec = true, specs = true, test = true, tests = true }

local function add(found, path, depth)
  for _, name in ipairs(system.list(path) or {}) do
    local child = path .. "/" .. name
    local info = system.stat(child)
    if info and info.type == "folder" and name:sub(1, 1) ~= "." and depth < MAX_DEPTH then
      add(found, child, depth + 1)
    elseif info and info.type == "file" and name:find "_spec%.lua$" then
      found[#found + 1] = child
    end
  end
end

--- Returns the specs of files and folders, in the order of their names.
---@param paths string[]
---@return string[]? files
---@return lanyard.Error? err  a path does not exist, or has no specs
function M.find(paths)
  local found = {}
  for _, path in ipairs(paths) do
    local before = #found
    local real, err = system.real_path(path)
    local info = real and system.stat(real)
    if not info then
      return nil, err
    elseif info.type == "folder" then
      add(found, path ~= "/" and path:gsub("/+$", "") or path, 1)
    else
      found[#found + 1] = path
    end
    if #found == before then
      return nil, errors.new { code = "NoSpecs", message = path .. " has no specs: their names end in _spec.lua" }
    end
  end
  return found
end

--- Returns the folders with the commands that a spec can run: its own, and the one above a folder named spec.
---@param path string  the absolute path of the spec
---@return string[]
function M.command_folders(path)
  local folder = path:match "^(.*)/"
  local above, name = folder:match "^(.*)/([^/]+)$"
  return SPEC_FOLDERS[name] and { above, folder } or { folder }
end

return M
