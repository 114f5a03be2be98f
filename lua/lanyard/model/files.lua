--- The files of models: JSON, which can be compressed (.gz).

local deflate = require "lanyard.deflate"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local system = require "lanyard.system"

local M = {}

-- The largest model of AWS has 12 MB.
local MAX_BYTES = 128 * 1024 * 1024

--- Returns the error of a file that does not have a model.
---@param path string
---@param what string  what is wrong
---@return lanyard.Error
function M.invalid(path, what)
  return errors.new { code = "InvalidModel", message = ("%s: %s"):format(path, what) }
end

--- Returns the error of a file that does not exist.
---@param path string
---@return lanyard.Error
function M.missing(path)
  return errors.new { code = "NotFound", message = ("cannot read %s: the file does not exist"):format(path) }
end

--- Reports whether a file exists, compressed or not.
---@param path string  without .gz
---@return boolean
function M.exists(path)
  return system.exists(path) or system.exists(path .. ".gz")
end

-- Reads a regular file, also through a link. A FIFO in a folder of somebody else would block.
local function read_regular(path)
  local target, err = system.real_path(path)
  if not target then
    return nil, err
  end
  local text
  text, err = system.read_regular(target, MAX_BYTES)
  return text, not text and err or nil
end

-- Returns the text of a file and its path; nil and no error if it does not exist.
local function read(path)
  if system.exists(path) then
    local text, err = read_regular(path)
    return text, text and path or err
  elseif not system.exists(path .. ".gz") then
    return nil
  end
  path = path .. ".gz"
  local packed, err = read_regular(path)
  if not packed then
    return nil, err
  end
  local text, message = deflate.gunzip(packed, MAX_BYTES)
  if not text then
    return nil, M.invalid(path, message)
  end
  return text, path
end

--- Reads a JSON object. Returns nil without an error if the file does not exist.
---@param path string  without .gz
---@return table? value, table|lanyard.Error|nil order  the names of each object in order; or the error
function M.json(path)
  local text, place = read(path)
  if not text then
    return nil, place
  end
  local value, order = json.decode(text, { order = true, deep = true })
  if value == nil then
    return nil, M.invalid(place, order.message)
  elseif type(value) ~= "table" or json.is_array(value) then
    return nil, M.invalid(place, "it is not a JSON object")
  end
  return value, order
end

--- Returns the names of the folders in a folder, sorted; none if it does not exist.
---@param folder string
---@return string[]
function M.folders(folder)
  local names = {}
  for _, name in ipairs(system.list(folder) or {}) do
    if system.exists(folder .. "/" .. name .. "/.") then
      names[#names + 1] = name
    end
  end
  return names
end

return M
