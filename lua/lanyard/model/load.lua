--- Finds the model of a service.
---
---     local load = require "lanyard.model.load"
---     local service, err = load.load "dynamodb"   -- a lanyard.model service
---     load.names()                                --> { "accessanalyzer", "account", ... }
---
--- Models are in the folders that AWS_DATA_PATH names, in ~/.aws/models, and in the index of this lanyard
--- (lanyard.model.index). As in the AWS CLI, a folder has NAME/VERSION/service-2.json; the newest version of a
--- service is used wherever it is, and the first folder wins for equal versions. Files beside service-2.json that the
--- first folder lacks come from the next place with the same version.
---
--- https://docs.aws.amazon.com/cli/latest/reference/configure/add-model.html describes ~/.aws/models.

local botocore = require "lanyard.model.botocore"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local files = require "lanyard.model.files"
local index = require "lanyard.model.index"
local model = require "lanyard.model"
local suggest = require "lanyard.text.suggest"

local M = {}

-- The folders with models, in the order in which they win.
local function folders()
  local list = {}
  for path in (environment.get "AWS_DATA_PATH" or ""):gmatch "[^:]+" do
    list[#list + 1] = environment.expand_path(path) -- a path that cannot be expanded names no folder
  end
  local home = environment.home()
  list[#list + 1] = home and home .. "/.aws/models"
  return list
end

local function is_name(name)
  return name:find "^[%w_-][%w._-]*$" ~= nil
end

-- Returns the newest version of a service in the folders, and the folders of this version in order.
local function newest(name)
  local best, found = "", {}
  for _, folder in ipairs(folders()) do
    local version = botocore.newest(folder .. "/" .. name)
    if version and version > best then
      best, found = version, {}
    end
    if version == best and best ~= "" then
      found[#found + 1] = ("%s/%s/%s"):format(folder, name, version)
    end
  end
  return found[1] and best, found
end

-- Takes what a folder lacks from other data of the same version.
local function complete(data, other)
  for _, part in ipairs { "paginators", "waiters", "rules" } do
    data[part] = data[part] or other[part]
  end
end

local function read_folders(found, version, inside)
  local data, err = botocore.read(found[1])
  if not data then
    return nil, err
  end
  for i = 2, #found do
    local other
    other, err = botocore.read(found[i])
    if not other then
      return nil, err
    end
    complete(data, other)
  end
  if inside and inside.metadata.apiVersion == version then
    complete(data, inside)
  end
  return data
end

-- Returns the data of a service; nil and no error if no place has it.
local function data_of(name)
  local version, found = newest(name)
  local inside, err = index.service(name)
  if version and not (inside and inside.metadata.apiVersion > version) then
    return read_folders(found, version, inside)
  elseif not inside and err and err.code ~= "NoModels" then
    return nil, err
  elseif not inside and err and not M.names()[1] then
    return nil, err
  end
  return inside
end

--- Returns the names of all services, sorted: the names of AWS's folders, such as "s3" and "logs". Without an index,
--- what the folders have.
---@return string[]
function M.names()
  local names, seen = {}, {}
  local function add(name)
    if not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  for _, name in ipairs(index.services() or {}) do
    add(name)
  end
  for _, folder in ipairs(folders()) do
    for _, name in ipairs(files.folders(folder)) do
      if is_name(name) and botocore.newest(folder .. "/" .. name) then
        add(name)
      end
    end
  end
  table.sort(names)
  return names
end

local loaded = {}

--- Returns the model of a service, always the same table.
---@param name string  "ecr"
---@return model.Service? service, lanyard.Error? err
function M.load(name)
  if not loaded[name] then
    local data, err
    if is_name(name) then
      data, err = data_of(name)
    end
    if err then
      return nil, err
    elseif not data then
      local near = suggest(name, M.names())
      return nil, errors.new {
        code = "UnknownService",
        message = ("no model describes a service '%s'%s"):format(name,
          near and (": did you mean '%s'?"):format(near) or ""),
      }
    end
    loaded[name] = model.new(data)
  end
  return loaded[name]
end

return M
