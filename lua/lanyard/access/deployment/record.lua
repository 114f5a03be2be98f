--- Keeps on this machine what Lightsail does not: which references a deployment's variables came from, and a rollback
--- that may have been interrupted.
---
---     $XDG_STATE_HOME/lanyard/deployments/ENDPOINT/ACCOUNT/REGION/SERVICE.json
---
--- The file has references and their versions, never a value. A deployment does not depend on it: where it cannot be
--- written, `lanyard deployments` shows no references, and a repeated rollback does not know of the earlier one.

local json = require "lanyard.json"
local lock = require "lanyard.lock"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"

local M = {}

local DIRECTORY_MODE = 448 -- 0700
local FILE_MODE = 384 -- 0600
local MAX_BYTES = 1024 * 1024

-- The deployments of which references are kept: Lightsail keeps 50
-- (https://docs.aws.amazon.com/general/latest/gr/lightsail.html).
local MOST_VERSIONS = 50

-- For how long a rollback that was begun counts as interrupted, in seconds: longer than a deployment takes.
local ROLLBACK_LASTS = 3600

-- Seconds to wait for another lanyard.
local PATIENCE = 5

--- Where the variables of a deployment came from.
---@class access.deployment.Origin
---@field container string
---@field variable string
---@field reference string  such as "ssm:/web/key"
---@field version? string   of the parameter, or the id of the secret's version

--- A rollback that was begun.
---@class access.deployment.Rollback
---@field from integer   the version that is replaced
---@field to integer     the version whose containers are deployed again
---@field newest integer the newest version before
---@field by "deploy"|"rollback"  the command that began it
---@field time number    seconds since 1970

-- The directory, and the path of a service's file | nil
local function path_of(region, name)
  local root = state_directory.root(region.journal_root)
  local account = root and region:account()
  if not account then
    return nil
  end
  local directory = state_directory.deployments(root, region.ecr.endpoint, account, region.name)
  return state_directory.check_below(root, directory) and directory or nil, directory .. "/" .. name .. ".json"
end

local function object(value)
  return type(value) == "table" and not json.is_array(value) and value or {}
end

-- The valid origins of a list.
local function origins_of(list)
  local origins = json.array {}
  for _, one in ipairs(type(list) == "table" and list or {}) do
    if type(one) == "table" and type(one.container) == "string" and type(one.variable) == "string"
      and type(one.reference) == "string" then
      origins[#origins + 1] = { container = one.container, variable = one.variable, reference = one.reference,
        version = type(one.version) == "string" and one.version or nil }
    end
  end
  return origins
end

-- What the file has. A part that is damaged is like one that does not exist.
local function content_of(path)
  local text = system.read_regular(path, MAX_BYTES)
  local value = object(text and json.decode(text))
  local content = { versions = {}, rollback = next(object(value.rollback)) and value.rollback or nil }
  for version, one in pairs(object(value.versions)) do
    local origins = origins_of(object(one).references)
    if math.tointeger(tonumber(version)) and #origins > 0 then
      content.versions[tostring(version)] = { references = origins }
    end
  end
  return content
end

-- Removes the versions that Lightsail has forgotten.
local function prune(versions)
  local numbers = {}
  for version in pairs(versions) do
    numbers[#numbers + 1] = math.tointeger(tonumber(version))
  end
  table.sort(numbers)
  for i = 1, #numbers - MOST_VERSIONS do
    versions[tostring(numbers[i])] = nil
  end
end

-- Changes the file. Reports whether it was written.
local function change(region, name, edit)
  local directory, path = path_of(region, name)
  if not directory or not system.mkdirs(directory, DIRECTORY_MODE) then
    return false
  end
  local held <close> = lock.wait(path .. ".lock", region.clock, PATIENCE)
  if not held then
    return false
  end
  local content = content_of(path)
  edit(content)
  prune(content.versions)
  return (system.write_file(path, json.encode(content, { pretty = true }) .. "\n", FILE_MODE)) or false
end

-- The value of a variable in a request | nil
local function value_of(request, container, variable)
  local described = request.containers[container]
  return described and described.environment and described.environment[variable]
end

-- Adds the origins of variables that a deployment keeps from the one that it is based on.
local function carry_over(origins, before, base, request)
  for _, one in ipairs(before) do
    local value = value_of(request, one.container, one.variable)
    local is_new = false
    for _, origin in ipairs(origins) do
      is_new = is_new or origin.container == one.container and origin.variable == one.variable
    end
    if not is_new and value and value == value_of(base.request, one.container, one.variable) then
      origins[#origins + 1] = one
    end
  end
end

--- Notes where the variables of a new deployment came from: the ones that were fetched, and the ones that it keeps.
---@param region access.Region
---@param version integer
---@param plan access.deployment.Plan
function M.note(region, version, plan)
  local name, origins = plan.service.name, json.array {}
  for i, one in ipairs(plan.references) do
    origins[i] = { container = one.container, variable = one.name, reference = one.reference.text,
      version = one.reference.version }
  end
  if plan.base then
    carry_over(origins, M.origins(region, name)[plan.base.version] or {}, plan.base, plan.request)
  end
  if #origins > 0 then
    change(region, name, function(content)
      content.versions[tostring(version)] = { references = origins }
    end)
  end
end

--- Returns where the variables of a service's deployments came from, by version.
---@param region access.Region
---@param name string
---@return table<integer, access.deployment.Origin[]>
function M.origins(region, name)
  local directory, path = path_of(region, name)
  local found = {}
  for version, one in pairs(directory and content_of(path).versions or {}) do
    found[math.tointeger(tonumber(version))] = one.references
  end
  return found
end

--- Notes that a rollback begins, or with nil that it has ended.
---@param region access.Region
---@param name string
---@param rollback? { from: integer, to: integer, newest: integer, by: "deploy"|"rollback" }
---@return boolean written
function M.set_rollback(region, name, rollback)
  return change(region, name, function(content)
    content.rollback = rollback and { from = rollback.from, to = rollback.to, newest = rollback.newest,
      by = rollback.by, time = math.floor(region.clock.time()) } or nil
  end)
end

--- Returns the rollback that was begun, and did not end.
---@param region access.Region
---@param name string
---@return access.deployment.Rollback?
function M.rollback(region, name)
  local directory, path = path_of(region, name)
  local one = directory and content_of(path).rollback
  if not one then
    return nil
  end
  local from, to, newest = math.tointeger(one.from), math.tointeger(one.to), math.tointeger(one.newest)
  local age = region.clock.time() - (tonumber(one.time) or 0)
  if not (from and to and newest) or age > ROLLBACK_LASTS then
    return nil
  end
  return { from = from, to = to, newest = newest, by = one.by, time = one.time }
end

return M
