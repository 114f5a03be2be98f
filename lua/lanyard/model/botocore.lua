--- Reads models in botocore's form: a folder with NAME/VERSION/service-2.json and its companions.
---
---     local folder = botocore.open "/usr/lib/python3/dist-packages/botocore/data"
---     folder.source                        --> botocore 1.29.27
---     folder.names                         --> { "accessanalyzer", "account", ... }
---     folder.read "ecr"                    --> { metadata = ..., operations = ..., shapes = ..., ... }
---
--- The newest version of a service is read, as the AWS CLI does. The files can be compressed (.json.gz). Texts for
--- people are left out. `NAME.sdk-extras.json` is merged into NAME.json.

local files = require "lanyard.model.files"
local lazy = require "lanyard.lazy"
local system = require "lanyard.system"

local clean = lazy "lanyard.model.clean"

local M = {}

-- Objects are merged, and anything else is replaced.
local function merge(value, extra)
  for name, item in pairs(extra) do
    if type(item) == "table" and type(value[name]) == "table" then
      merge(value[name], item)
    else
      value[name] = item
    end
  end
end

-- Returns an object with what its extra file adds, and the order of names; nil and no error if it does not exist.
local function read_file(path)
  local value, order = files.json(path .. ".json")
  if not value then
    return nil, order
  end
  local extra, err = files.json(path .. ".sdk-extras.json")
  if extra and type(extra.merge) == "table" then
    merge(value, extra.merge)
  elseif not extra and err then
    return nil, err
  end
  return value, order
end

--- Returns the newest version of a service.
---@param folder string  of the service, with a folder for each version
---@return string? version  "2015-09-21"; nil if it has none
function M.newest(folder)
  local versions = files.folders(folder)
  for i = #versions, 1, -1 do
    if files.exists(folder .. "/" .. versions[i] .. "/service-2.json") then
      return versions[i]
    end
  end
end

--- Reads one version of a service.
---@param folder string  with service-2.json
---@return table? data, lanyard.Error? err
function M.read(folder)
  local parts = {}
  for _, name in ipairs { "service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1" } do
    local value, order = read_file(folder .. "/" .. name)
    if not value and order then
      return nil, order
    end
    parts[name] = { value = value or {}, order = order }
  end
  local service = parts["service-2"]
  if not service.order then
    return nil, files.missing(folder .. "/service-2.json")
  end
  local data, problem = clean.service(service.value, service.order)
  if not data then
    return nil, files.invalid(folder .. "/service-2.json", problem)
  end
  for _, part in ipairs { { "paginators", "paginators-1", "pagination" }, { "waiters", "waiters-2", "waiters" } } do
    local field, file, member = table.unpack(part)
    local value = parts[file].value[member]
    if value ~= nil then
      data[field], problem = clean.part(value, member)
    end
    if problem then
      return nil, files.invalid(("%s/%s.json"):format(folder, file), problem)
    end
  end
  data.rules = parts["endpoint-rule-set-1"].order and clean.without_texts(parts["endpoint-rule-set-1"].value)
  return data
end

--- Opens a folder of models.
---@param folder string
---@return model.Folder? models  nil if no service is in it
function M.open(folder)
  local found, names = {}, {}
  for _, name in ipairs(files.folders(folder)) do
    found[name] = M.newest(folder .. "/" .. name)
    if found[name] then
      names[#names + 1] = name
    end
  end
  if not names[1] then
    return nil
  end
  local version = (system.read_file(folder .. "/../__init__.py") or ""):match "__version__ = '([%w.]+)'"
  return {
    source = version and "botocore " .. version or "botocore",
    names = names,
    read = function(name)
      return M.read(("%s/%s/%s"):format(folder, name, found[name]))
    end,
    partitions = function()
      return files.json(folder .. "/partitions.json")
    end,
  }
end

return M
