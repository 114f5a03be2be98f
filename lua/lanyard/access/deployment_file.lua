-- The description of a deployment as a person hands it in: JSON, as CreateContainerServiceDeployment takes
-- it, checked member by member, so that a slip is told before anything is called.

local deployments = require "lanyard.access.deployments"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local suggest = require "lanyard.text.suggest"
local system = require "lanyard.system"

local M = {}

-- A check: check(value, path) --> nil | what is wrong, with the path

local function text(value, path)
  if type(value) ~= "string" or value == "" then
    return path .. " must be a text that is not empty"
  end
end

-- An environment's value may be empty.
local function any_text(value, path)
  if type(value) ~= "string" then
    return path .. " must be a text"
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
      local wrong = item(one, ("%s[%d]"):format(path, i))
      if wrong then
        return wrong
      end
    end
  end
end

local function map(key, item)
  return function(value, path)
    local wrong = object(value, path)
    for _, name in ipairs(not wrong and lists.sorted_names(value) or {}) do
      local where = path .. "." .. name
      wrong = wrong or key(name, where) or item(value[name], where)
    end
    return wrong
  end
end

-- An object with these members and no other.
local function structure(members, required)
  return function(value, path)
    local wrong = object(value, path)
    for _, name in ipairs(not wrong and lists.sorted_names(value) or {}) do
      local where = path == "" and name or path .. "." .. name
      if not members[name] then
        local known = lists.sorted_names(members)
        return ("%s is not known: %s"):format(where, suggest(name, known) or table.concat(known, ", "))
      end
      wrong = wrong or members[name](value[name], where)
    end
    for _, name in ipairs(not wrong and required or {}) do
      if value[name] == nil then
        wrong = wrong or ("%s must have %s"):format(path, name)
      end
    end
    return wrong
  end
end

local function container_name(name, path)
  local ok, why = names.container(name)
  return not ok and path .. ": " .. why or nil
end

local function port(name, path)
  local number = name:find "^[1-9]%d*$" and math.tointeger(tonumber(name))
  if not number or number > 65535 then
    return ("%s: '%s' is no port: 1 to 65535"):format(path, name)
  end
end

local PROTOCOLS = { "HTTP", "HTTPS", "TCP", "UDP" }

local function protocol(value, path)
  if not lists.contains(PROTOCOLS, value) then
    return ("%s must be one of %s"):format(path, table.concat(PROTOCOLS, ", "))
  end
end

local MOST = 2147483647

local description = structure {
  serviceName = text,
  containers = map(container_name, structure({
    image = text,
    command = list(any_text),
    environment = map(text, any_text),
    ports = map(port, protocol),
  }, { "image" })),
  publicEndpoint = structure({
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
  }, { "containerName", "containerPort" }),
}

local function refuse(path, what)
  return nil, errors.new { code = "InvalidFile", message = ("%s: %s"):format(path, escape.printable(what)) }
end

-- read(path, service name) --> request (of lanyard.access.deployments) | nil, err
-- A serviceName in the file must be that of the service.
function M.read(path, service)
  local content, err = system.read_file(path)
  if not content then
    return nil, err
  end
  local value
  value, err = json.decode(content)
  if value == nil then
    return refuse(path, err.message)
  end
  local wrong = description(value, "")
  if wrong then
    return refuse(path, wrong:find "^ must" and "the file" .. wrong or wrong)
  elseif value.serviceName and value.serviceName ~= service then
    return refuse(path, ("it is for the service '%s', not '%s'"):format(value.serviceName, service))
  end
  return deployments.request(value)
end

return M
