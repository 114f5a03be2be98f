--- Reads the description of a deployment from a file: JSON as CreateContainerServiceDeployment accepts it.
---
--- Each member is checked, so that a mistake is reported before anything is called. The AWS CLI takes the same in two
--- files, --containers file://containers.json and --public-endpoint file://public-endpoint.json:
--- https://docs.aws.amazon.com/cli/latest/reference/lightsail/create-container-service-deployment.html

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local requests = require "lanyard.access.deployment.request"
local suggest = require "lanyard.text.suggest"
local system = require "lanyard.system"

local M = {}

-- A check is a function check(value, path) that returns a message with the path, or nil for a valid value.

local function text(value, path)
  if type(value) ~= "string" or value == "" then
    return path .. " must be a string that is not empty"
  end
end

-- The value of an environment variable may be empty.
local function any_text(value, path)
  if type(value) ~= "string" then
    return path .. " must be a string"
  end
end

local function whole(least, most)
  return function(value, path)
    if math.type(value) ~= "integer" or value < least or value > most then
      return ("%s must be a whole number from %d to %d"):format(path, least, most)
    end
  end
end

local function object(value, path)
  if type(value) ~= "table" or json.is_array(value) then
    return path .. " must be an object"
  end
end

local function list(item)
  return function(value, path)
    if type(value) ~= "table" or not json.is_array(value) then
      return path .. " must be a list"
    end
    for i, one in ipairs(value) do
      local message = item(one, ("%s[%d]"):format(path, i))
      if message then
        return message
      end
    end
  end
end

local function map(key, item)
  return function(value, path)
    local message = object(value, path)
    for _, name in ipairs(not message and lists.sorted_names(value) or {}) do
      local where = path .. "." .. name
      message = message or key(name, where) or item(value[name], where)
    end
    return message
  end
end

-- An object with these members and no others.
local function structure(members, required)
  return function(value, path)
    local message = object(value, path)
    for _, name in ipairs(not message and lists.sorted_names(value) or {}) do
      local where = path == "" and name or path .. "." .. name
      if not members[name] then
        local known = lists.sorted_names(members)
        return ("%s is not a known member: %s"):format(where, suggest(name, known) or table.concat(known, ", "))
      end
      message = message or members[name](value[name], where)
    end
    for _, name in ipairs(not message and required or {}) do
      if value[name] == nil then
        message = message or ("%s must have %s"):format(path, name)
      end
    end
    return message
  end
end

local function container_name(name, path)
  local ok, message = names.container(name)
  return not ok and path .. ": " .. message or nil
end

local function port(name, path)
  local number = name:find "^[1-9]%d*$" and math.tointeger(tonumber(name))
  if not number or number > 65535 then
    return ("%s: '%s' is not a port: write 1 to 65535"):format(path, name)
  end
end

local PROTOCOLS = { "HTTP", "HTTPS", "TCP", "UDP" }

local function protocol(value, path)
  if not lists.contains(PROTOCOLS, value) then
    return ("%s must be one of %s"):format(path, table.concat(PROTOCOLS, ", "))
  end
end

local MOST = 2147483647

local containers = map(container_name, structure({
  image = text,
  command = list(any_text),
  environment = map(text, any_text),
  ports = map(port, protocol),
}, { "image" }))

local public_endpoint = structure({
  containerName = text,
  containerPort = whole(1, 65535),
  healthCheck = structure {
    healthyThreshold = whole(1, MOST),
    unhealthyThreshold = whole(1, MOST),
    timeoutSeconds = whole(2, 60),
    intervalSeconds = whole(5, 300),
    path = text,
    successCodes = text,
  },
}, { "containerName", "containerPort" })

local description = structure { serviceName = text, containers = containers, publicEndpoint = public_endpoint }

local function invalid(path, message)
  return nil, errors.new { code = "InvalidFile", message = ("%s: %s"):format(path, escape.printable(message)) }
end

--- The largest file that is read, in bytes.
M.MAX_BYTES = 1024 * 1024

--- Reports whether the value of --public-endpoint names a file, and not CONTAINER:PORT.
---@param value string
---@return boolean
function M.is_name(value)
  return value:find "^file://" ~= nil or value:find("/", 1, true) ~= nil or value:find "%.json$" ~= nil
end

--- Returns the path that an option names: a path, or file://PATH as the AWS CLI has it.
---@param value string
---@return string? path
---@return lanyard.Error? err
function M.path(value)
  local name = value:match "^file://(.*)$"
  if not name then
    return value
  end
  local path, message = environment.expand_path(name)
  if not path then
    return nil, errors.new { code = "InvalidFile", message = escape.printable(("%s: %s"):format(value, message)) }
  end
  return path
end

-- Reads and checks the JSON of a file. value | nil, err. Also returns the path.
local function read(name, check)
  local path, err = M.path(name)
  local content, value
  if path then
    content, err = system.read_file(path, M.MAX_BYTES)
  end
  if not content then
    return nil, err
  end
  value, err = json.decode(content)
  if value == nil then
    return invalid(path, err.message)
  end
  local message = check(value, "")
  if message then
    return invalid(path, message:find "^ must" and "the file" .. message or message:gsub("^%.", ""))
  end
  return value, path
end

--- Reads a file.
---@param name string  a path or file://PATH
---@param service_name string  a serviceName in the file must be the same
---@return access.deployment.Request? request
---@return aws.Error? err  code InvalidFile, or that of reading the file
function M.read(name, service_name)
  local value, path = read(name, description)
  if not value then
    return nil, path
  elseif value.serviceName and value.serviceName ~= service_name then
    return invalid(path, ("it is for the service '%s', not '%s'"):format(value.serviceName, service_name))
  end
  return requests.from(value)
end

--- Reads a file with the containers of a deployment by name.
---@param name string  a path or file://PATH
---@return table<string, access.deployment.Container>? containers
---@return aws.Error? err  code InvalidFile, or that of reading the file
function M.read_containers(name)
  local value, err = read(name, containers)
  if not value then
    return nil, err
  end
  return requests.from({ containers = value }).containers
end

--- Reads a file with the public endpoint of a deployment.
---@param name string  a path or file://PATH
---@return table? endpoint  as CreateContainerServiceDeployment has it
---@return aws.Error? err  code InvalidFile, or that of reading the file
function M.read_endpoint(name)
  local value, err = read(name, public_endpoint)
  if not value then
    return nil, err
  end
  return requests.from({ publicEndpoint = value }).publicEndpoint
end

return M
