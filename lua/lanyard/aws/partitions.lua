--- The partitions of AWS for endpoint rule sets.
---
---     local found = assert(partitions.get())   --> in the form of the SDKs' partitions.json
---
--- They come from partitions.json in a folder of AWS_DATA_PATH or in ~/.aws/models, else from the models that lanyard
--- contains, which can be old: partitions and attributes that are missing there are added from lanyard.aws.endpoints.

local endpoints = require "lanyard.aws.endpoints"
local environment = require "lanyard.environment"
local files = require "lanyard.model.files"
local index = require "lanyard.model.index"

local M = {}

-- Returns the partitions of the first folder that has them | nil | nil, err
local function from_folders(paths)
  for _, path in ipairs(paths) do
    local data, err = files.json(path .. "/partitions.json")
    if data then
      return data
    elseif err then
      return nil, err
    end
  end
end

local function folders()
  local list = {}
  for path in (environment.get "AWS_DATA_PATH" or ""):gmatch "[^:]+" do
    list[#list + 1] = environment.expand_path(path) -- a path that cannot be expanded names no folder
  end
  local home = environment.home()
  list[#list + 1] = home and home .. "/.aws/models"
  return list
end

-- Returns a partition with its own attributes, and the attributes of `facts` that it lacks.
local function complete(partition, facts)
  local outputs = {}
  for name, value in pairs(facts.outputs) do
    outputs[name] = value
  end
  for name, value in pairs(partition.outputs or {}) do
    outputs[name] = value
  end
  return { id = partition.id, regionRegex = partition.regionRegex, regions = partition.regions, outputs = outputs }
end

-- Returns partitions with the ones and the attributes that lanyard knows in addition.
local function extend(data)
  local list, position = {}, {}
  for i, partition in ipairs(data.partitions or {}) do
    list[i], position[partition.id] = partition, i
  end
  for _, facts in ipairs(endpoints.partitions()) do
    local i = position[facts.id]
    list[i or #list + 1] = i and complete(list[i], facts) or facts
  end
  return { partitions = list }
end

-- The partitions, by the folders that they were looked for in.
local found = {}

--- Returns the partitions, always the same table.
---@return table? partitions
---@return lanyard.Error? err
function M.get()
  local paths = folders()
  local key = table.concat(paths, ":")
  if not found[key] then
    local data, err = from_folders(paths)
    if not data and not err then
      data, err = index.partitions()
    end
    if not data and err.code ~= "NoModels" then
      return nil, err
    end
    found[key] = extend(data or {})
  end
  return found[key]
end

return M
