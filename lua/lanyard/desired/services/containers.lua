--- Validates the containers and the public endpoint of a service in a desired-state file.
---
--- A variable has a literal value, a reference ("ssm:/web/key", "secretsmanager:name#key") or `keep`, the deployed
--- value: in Lua `keep`, in JSON {"keep": true}, and for a whole environment also "keep". No message repeats a value.

local checks = require "lanyard.desired.checks"
local health = require "lanyard.access.deployment.health"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local references = require "lanyard.access.deployment.references"

local M = {}

--- A variable of an environment: exactly one of these.
---@class desired.Variable
---@field value? string     a literal value, a secret
---@field reference? access.deployment.Reference
---@field keep? true        the deployed value
---@field literal? true     in a saved plan: the value is in the desired-state file

--- A container.
---@class desired.Container
---@field path string
---@field image? string
---@field command? string[]|false
---@field ports? table<string, string|false>  protocols by port
---@field environment? table<string, desired.Variable|false>
---@field keeps_environment? true  there is a deployed environment, which is kept

--- A public endpoint. Members that are absent stay as they are.
---@class desired.PublicEndpoint
---@field path string
---@field containerName? string
---@field containerPort? integer
---@field healthCheck? table

local CONTAINER = { "image", "command", "ports", "environment" }
local ENDPOINT = { "containerName", "containerPort", "healthCheck" }
local PROTOCOLS = { "HTTP", "HTTPS", "TCP", "UDP" }
local MOST_WORDS = 1000

--- Reports whether a value is a table of members by name. In Lua, an empty table is one.
---@param file { is_list: fun(value: any): boolean }
---@param value any
---@return boolean
function M.is_map(file, value)
  return type(value) == "table" and not json.is_array(value) and (next(value) == nil or not file.is_list(value))
end

local function is_keep(value)
  return type(value) == "table" and value.keep == true and next(value, next(value)) == nil
end

-- ---------------------------------------------------------------------------------------------
-- Environments

local function check_variable_name(name)
  return type(name) == "string" and name ~= "" and not name:find "[%c=]" and utf8.len(name) ~= nil
end

-- Reads a variable of a saved plan. variable | nil
local function read_saved(value)
  if type(value) ~= "table" then
    return nil
  elseif value.literal == true then
    return { literal = true }
  end
  local reference = type(value.reference) == "string" and references.parse(value.reference)
  return type(reference) == "table" and { reference = reference } or nil
end

-- variable | false | nil, with a problem
local function read_variable(found, file, path, value)
  if value == false then
    return false
  elseif is_keep(value) then
    return { keep = true }
  elseif file.saved then
    local variable = read_saved(value)
    if not variable then
      found:add(path, "is not a reference, and not kept")
    end
    return variable
  elseif type(value) ~= "string" then
    found:add(path, ("is %s, not a string; write keep to leave it as it is, or false to remove it"):format(
      checks.type_name(value)))
    return nil
  elseif value:find("\0", 1, true) or not utf8.len(value) then
    found:add(path, "is not UTF-8 text")
    return nil
  end
  local parsed, message = references.parse(value)
  if not parsed then
    found:add(path, "is invalid: " .. message)
    return nil
  end
  return type(parsed) == "table" and { reference = parsed } or { value = parsed }
end

local function read_environment(found, file, container, path, value)
  if value == "keep" or is_keep(value) then
    container.keeps_environment = true
    return
  elseif not M.is_map(file, value) then
    found:add(path, ("is %s, not values by variable, or keep"):format(checks.type_name(value)))
    return
  end
  container.environment = {}
  for _, name in ipairs(lists.sorted_names(value)) do
    if not check_variable_name(name) then
      found:add(path, ("has a variable with the name '%s', which is not valid"):format(tostring(name)))
    else
      container.environment[name] = read_variable(found, file, path .. "." .. name, value[name])
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Containers

local function check_not_empty(value)
  if value == "" or value:find "%c" then
    return nil, "it must not be empty, and have no control characters"
  end
  return true
end

-- words | false | nil, with a problem
local function read_command(found, file, path, value)
  if value == false then
    return false
  elseif not file.is_list(value) or #value > MOST_WORDS then
    found:add(path, ("is %s, not a list of words, or false for the image's own"):format(checks.type_name(value)))
    return nil
  end
  local words = json.array {}
  for i, word in ipairs(value) do
    if type(word) ~= "string" then
      found:add(("%s[%d]"):format(path, i), ("is %s, not a string"):format(checks.type_name(word)))
    end
    words[i] = word
  end
  return words
end

-- "80" or 80 --> "80" | nil
local function port_of(key)
  local text = math.type(key) == "integer" and tostring(key) or key
  local number = type(text) == "string" and text:find "^[1-9]%d*$" and math.tointeger(tonumber(text))
  return number and number <= 65535 and text or nil
end

local function read_ports(found, path, value)
  local ports = {}
  if type(value) ~= "table" or json.is_array(value) then
    found:add(path, ("is %s, not protocols by port: { [\"80\"] = \"HTTP\" }"):format(checks.type_name(value)))
    return ports
  end
  for _, key in ipairs(lists.sorted_names(value)) do
    local port, protocol = port_of(key), value[key]
    local upper = type(protocol) == "string" and protocol:upper() or protocol
    if not port then
      found:add(path, ("has '%s', which is not a port: write 1 to 65535"):format(tostring(key)))
    elseif upper ~= false and not lists.contains(PROTOCOLS, upper) then
      found:add(path .. "." .. port, ("is %s; write one of %s, or false to close the port"):format(
        type(protocol) == "string" and "'" .. protocol .. "'" or checks.type_name(protocol),
        table.concat(PROTOCOLS, ", ")))
    elseif ports[port] ~= nil then
      found:add(path, ("has port %s twice"):format(port))
    else
      ports[port] = upper
    end
  end
  return ports
end

local function read_container(found, file, path, value)
  if not M.is_map(file, value) then
    found:add(path, ("is %s, not a container: { image = ..., ports = { ... } }, or false to remove it")
      :format(checks.type_name(value)))
    return nil
  end
  checks.members(found, path, value, CONTAINER)
  local container = { path = path }
  if value.image ~= nil and checks.string(found, path .. ".image", value.image, check_not_empty) then
    container.image = value.image
  end
  if value.command ~= nil then
    container.command = read_command(found, file, path .. ".command", value.command)
  end
  if value.ports ~= nil then
    container.ports = read_ports(found, path .. ".ports", value.ports)
  end
  if value.environment ~= nil then
    read_environment(found, file, container, path .. ".environment", value.environment)
  end
  return container
end

--- Reads the containers of a service.
---@param found desired.Problems
---@param file { is_list: fun(value: any): boolean, saved: boolean? }  saved: it is a part of a saved plan
---@param path string
---@param value any
---@return table<string, desired.Container|false>
function M.read(found, file, path, value)
  local all = {}
  if not M.is_map(file, value) then
    found:add(path, ("is %s, not containers by name: { app = { image = ... } }"):format(checks.type_name(value)))
    return all
  end
  for _, name in ipairs(lists.sorted_names(value)) do
    local ok, message = names.container(name)
    if not ok then
      found:add(path, "is invalid: " .. message)
    elseif value[name] == false then
      all[name] = false
    else
      all[name] = read_container(found, file, path .. "." .. name, value[name])
    end
  end
  return all
end

-- ---------------------------------------------------------------------------------------------
-- The public endpoint

-- The numbers of a health check, with the ranges of lanyard.access.deployment.health.
local HEALTH = {
  healthyThreshold = { 1, 2147483647 }, unhealthyThreshold = { 1, 2147483647 }, timeoutSeconds = { 2, 60 },
  intervalSeconds = { 5, 300 },
}
local HEALTH_MEMBERS = {
  "path", "successCodes", "intervalSeconds", "timeoutSeconds", "healthyThreshold", "unhealthyThreshold",
}

local function check_codes(value)
  local problem = health.codes_problem(value, 200, 499)
  return not problem, problem
end

local function check_path(value)
  if value:sub(1, 1) ~= "/" or value:find "[%s%c#]" or not utf8.len(value) then
    return nil, "write it from its first slash, such as /up"
  end
  return true
end

local function read_number(found, path, value, least, most)
  local whole = type(value) == "number" and math.tointeger(value)
  if not whole or whole < least or whole > most then
    found:add(path, ("is %s, not a whole number from %d to %d"):format(
      type(value) == "number" and tostring(value) or checks.type_name(value), least, most))
    return nil
  end
  return whole
end

local function read_health(found, file, path, value)
  if not M.is_map(file, value) then
    found:add(path, ("is %s, not a health check: { path = \"/up\" }"):format(checks.type_name(value)))
    return nil
  end
  checks.members(found, path, value, HEALTH_MEMBERS)
  local check = {}
  if value.path ~= nil and checks.string(found, path .. ".path", value.path, check_path) then
    check.path = value.path
  end
  if value.successCodes ~= nil and checks.string(found, path .. ".successCodes", value.successCodes, check_codes) then
    check.successCodes = value.successCodes
  end
  for _, member in ipairs(lists.sorted_names(HEALTH)) do
    if value[member] ~= nil then
      check[member] = read_number(found, path .. "." .. member, value[member], HEALTH[member][1], HEALTH[member][2])
    end
  end
  return check
end

-- "app:8080" or "8080" --> endpoint | nil, with a problem
local function read_short(found, path, value)
  local container, digits = value:match "^(.+):(%d+)$"
  local port = port_of(digits or value)
  if not port or container and not names.container(container) then
    found:add(path, ("is '%s', not of the form CONTAINER:PORT"):format(value))
    return nil
  end
  return { path = path, containerName = container, containerPort = math.tointeger(tonumber(port)) }
end

--- Reads the public endpoint of a service.
---@param found desired.Problems
---@param file { is_list: fun(value: any): boolean }
---@param path string
---@param value any
---@return desired.PublicEndpoint|false|nil
function M.read_public(found, file, path, value)
  if value == false then
    return false
  elseif type(value) == "string" then
    return read_short(found, path, value)
  elseif not M.is_map(file, value) then
    found:add(path, ("is %s, not \"CONTAINER:PORT\", { containerName = ..., containerPort = ... } or false")
      :format(checks.type_name(value)))
    return nil
  end
  checks.members(found, path, value, ENDPOINT)
  local endpoint = { path = path }
  local name = value.containerName
  if name ~= nil and checks.string(found, path .. ".containerName", name, names.container) then
    endpoint.containerName = name
  end
  if value.containerPort ~= nil then
    endpoint.containerPort = read_number(found, path .. ".containerPort", value.containerPort, 1, 65535)
  end
  if value.healthCheck ~= nil then
    endpoint.healthCheck = read_health(found, file, path .. ".healthCheck", value.healthCheck)
  end
  return endpoint
end

return M
