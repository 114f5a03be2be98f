--- Writes a new command and its spec (lanyard new).

local assets = require "lanyard.assets"
local commands = require "lanyard.cli.commands"
local errors = require "lanyard.errors"
local search_path = require "lanyard.cli.search_path"
local system = require "lanyard.system"

local M = {}

local MAX_NAME = 40

-- Names that `lanyard` itself understands, besides its commands.
local RESERVED = { help = true, scripts = true }

--- Checks the name of a command.
---@param name string
---@return boolean ok
---@return string? message
function M.check_name(name)
  if name:find "%.lua$" then
    return false, ("write the name without .lua: '%s'"):format(name:sub(1, -5))
  elseif not name:find "^%l[%l%d_-]*$" or #name > MAX_NAME then
    return false, ("'%s' is not a valid name of a command: use up to %d lower-case letters, digits, - and _, and begin "
      .. "with a letter"):format(name, MAX_NAME)
  elseif RESERVED[name] or commands.index()[name] then
    return false, ("'%s' is a built-in command, which nothing replaces: choose another name"):format(name)
  end
  return true
end

-- Returns the absolute path of the folder, which is made if needed; or nil and an error.
local function folder_of(directory)
  local folder = directory or search_path.own_folder()
  if not folder then
    return nil, errors.new { code = "NoFolder",
      message = "HOME and XDG_CONFIG_HOME are not absolute paths: pass --directory" }
  end
  local ok, err = system.mkdirs(folder)
  if not ok then
    return nil, err
  end
  return system.real_path(folder)
end

local function is_found(folder)
  for _, one in ipairs(search_path.folders()) do
    if system.real_path(one) == folder then
      return true
    end
  end
  return false
end

-- Writes new files. Returns true, or nil and an error; then none of them is left.
local function write_all(files)
  for i, file in ipairs(files) do
    local ok, err = system.append_file(file.path, file.text, "new")
    if not ok then
      for written = 1, i - 1 do
        system.remove(files[written].path)
      end
      return nil, err
    end
  end
  return true
end

---@class testing.Written
---@field paths string[]      the command, and its spec
---@field folder string
---@field found boolean       whether `lanyard NAME` finds the command
---@field untrusted boolean   whether it belongs to a checkout, whose scripts must be trusted

--- Writes a command and its spec. An existing file is an error, and nothing is written then.
---@param name string
---@param directory? string  the folder; the user's own one unless given
---@return testing.Written?
---@return lanyard.Error? err
function M.write(name, directory)
  local folder, err = folder_of(directory)
  if not folder then
    return nil, err
  end
  local specs = folder .. "/spec"
  local ok
  ok, err = system.mkdirs(specs)
  if not ok then
    return nil, err
  end
  local function text_of(asset)
    return (assets.read("lanyard/testing/" .. asset):gsub("{{NAME}}", name))
  end
  local paths = { ("%s/%s.lua"):format(folder, name), ("%s/%s_spec.lua"):format(specs, name) }
  ok, err = write_all {
    { path = paths[1], text = "#!/usr/bin/env lanyard\n" .. text_of "new_command.txt" },
    { path = paths[2], text = text_of "new_spec.txt" },
  }
  if not ok then
    return nil, err
  end
  local untrusted = folder:find "/%.lanyard/scripts$" ~= nil
  return { paths = paths, folder = folder, found = is_found(folder) or untrusted, untrusted = untrusted }
end

return M
