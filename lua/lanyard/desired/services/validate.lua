--- Validates the services of a desired-state file.
---
---     services = {
---       { name = "web", power = "nano", scale = 2, role = true, disabled = false,
---         tags = { env = "prod", old = false }, domains = { ["web-certificate"] = { "www.example.com" } },
---         public = "app:8080",
---         containers = { app = { image = "web:1.4", ports = { ["8080"] = "HTTP" }, environment = keep } } },
---     }
---
--- What an entry does not name stays as it is; `false` removes a tag, a certificate's domain names, the public
--- endpoint, a container, its command, a port or a variable. Containers and the public endpoint have the members of
--- CreateContainerServiceDeployment, so that the two files of the AWS CLI fit in.

local checks = require "lanyard.desired.checks"
local containers = require "lanyard.desired.services.containers"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local wants_of = require "lanyard.access.service.wants"

local M = {}

--- One service of a desired-state file.
---@class desired.Service
---@field name string
---@field path string  where the file has it, for example "services[1]"
---@field power? string
---@field scale? integer
---@field disabled? boolean
---@field role? true        the puller role is on
---@field tags? table<string, string|false>     false: the tag is removed
---@field domains? table<string, string[]|false>  names by certificate; false: they are detached
---@field no_domains? boolean  all domain names are detached
---@field public? desired.PublicEndpoint|false  false: there is none
---@field containers? table<string, desired.Container|false>  false: the container is removed

local MEMBERS = { "name", "power", "scale", "disabled", "role", "tags", "domains", "public", "containers" }

local function check_power(value)
  local ok, message = wants_of.check { power = value }
  return ok, message
end

local function read_scale(found, path, value)
  local whole = math.type(value) == "float" and math.tointeger(value) or value
  if math.type(whole) ~= "integer" or whole < 1 or whole > wants_of.MAX_SCALE then
    found:add(path, ("is %s, not a number of nodes from 1 to %d"):format(type(value) == "number" and tostring(value)
      or checks.type_name(value), wants_of.MAX_SCALE))
    return nil
  end
  return whole
end

local function read_boolean(found, path, value)
  if type(value) ~= "boolean" then
    found:add(path, ("is %s, not true or false"):format(checks.type_name(value)))
    return nil
  end
  return value
end

-- true | nil. Turning a role off ends every pull of the service, so that it has a command of its own.
local function read_role(found, path, value, name)
  local on = read_boolean(found, path, value)
  if on == false then
    found:add(path, ("is false: a file can only turn a role on; lanyard disable %s turns it off")
      :format(tostring(name)))
  end
  return on or nil
end

local function read_tags(found, file, path, value)
  local tags = {}
  if not containers.is_map(file, value) then
    found:add(path, ("is %s, not tags by key: { env = \"prod\" }"):format(checks.type_name(value)))
    return tags
  end
  for _, key in ipairs(lists.sorted_names(value)) do
    local where, text = path .. "." .. tostring(key), value[key]
    if type(text) ~= "string" and text ~= false then
      found:add(where, ("is %s, not a string, or false to remove the tag"):format(checks.type_name(text)))
    else
      local ok, message = wants_of.tag(tostring(key), text or nil)
      if not ok then
        found:add(where, "is invalid: " .. message)
      end
      tags[tostring(key)] = text
    end
  end
  return tags
end

local function read_names(found, file, path, value)
  if not file.is_list(value) then
    found:add(path, ("is %s, not a list of domain names, or false to detach them"):format(checks.type_name(value)))
    return nil
  elseif #value == 0 then
    found:add(path, "is empty: name a domain, or write false to detach the certificate")
  end
  local all = {}
  for i, name in ipairs(value) do
    local where = ("%s[%d]"):format(path, i)
    if checks.string(found, where, name, wants_of.domain) then
      local domain = wants_of.domain(name)
      if lists.contains(all, domain) then
        found:add(where, ("repeats '%s'"):format(name))
      end
      all[#all + 1] = domain
    end
  end
  return all
end

local function check_certificate(name)
  if not name:find "^[%w_][%w_-]*$" then
    return nil, ("'%s' is not the name of a certificate: use letters, digits, - and _"):format(name)
  end
  return true
end

local function read_domains(found, file, path, value)
  local domains = {}
  if not containers.is_map(file, value) then
    found:add(path, ("is %s, not domain names by certificate, or false to detach all")
      :format(checks.type_name(value)))
    return domains
  end
  for _, certificate in ipairs(lists.sorted_names(value)) do
    local where = path .. "." .. certificate
    local ok, message = check_certificate(certificate)
    if not ok then
      found:add(path, "is invalid: " .. message)
    elseif value[certificate] == false then
      domains[certificate] = false
    else
      domains[certificate] = read_names(found, file, where, value[certificate])
    end
  end
  return domains
end

-- Reads what Lightsail keeps in the service itself.
local function read_settings(found, file, entry, value)
  local path = entry.path
  if value.power ~= nil and checks.string(found, path .. ".power", value.power, check_power) then
    entry.power = value.power
  end
  if value.scale ~= nil then
    entry.scale = read_scale(found, path .. ".scale", value.scale)
  end
  if value.disabled ~= nil then
    entry.disabled = read_boolean(found, path .. ".disabled", value.disabled)
  end
  if value.role ~= nil then
    entry.role = read_role(found, path .. ".role", value.role, value.name)
  end
  if value.tags ~= nil then
    entry.tags = read_tags(found, file, path .. ".tags", value.tags)
  end
  if value.domains == false then
    entry.no_domains = true
  elseif value.domains ~= nil then
    entry.domains = read_domains(found, file, path .. ".domains", value.domains)
  end
end

--- Reads one service.
---@param found desired.Problems
---@param file { is_list: fun(value: any): boolean, saved: boolean? }  saved: it is a part of a saved plan
---@param path string
---@param value any
---@return desired.Service?
function M.entry(found, file, path, value)
  if type(value) ~= "table" then
    found:add(path, ("is %s, not a service: { name = ..., power = ..., scale = ... }"):format(checks.type_name(value)))
    return nil
  end
  checks.members(found, path, value, MEMBERS)
  checks.string(found, path .. ".name", value.name, names.container_service)
  local entry = { name = value.name, path = path }
  read_settings(found, file, entry, value)
  if value.containers ~= nil then
    entry.containers = containers.read(found, file, path .. ".containers", value.containers)
  end
  if value.public ~= nil then
    entry.public = containers.read_public(found, file, path .. ".public", value.public)
  end
  return entry
end

-- Reports what two entries have, and only one service can have.
local function check_duplicates(found, entries)
  local services, domains = {}, {}
  for _, entry in ipairs(entries) do
    local first = type(entry.name) == "string" and services[entry.name]
    if first then
      found:add(entry.path .. ".name", ("repeats '%s', which %s already is: join them"):format(entry.name, first.path))
    elseif type(entry.name) == "string" then
      services[entry.name] = entry
    end
    for _, certificate in ipairs(lists.sorted_names(entry.domains or {})) do
      for _, name in ipairs(entry.domains[certificate] or {}) do
        local where = ("%s.domains.%s"):format(entry.path, certificate)
        if domains[name] then
          found:add(where, ("has '%s', as %s already has"):format(name, domains[name]))
        end
        domains[name] = domains[name] or where
      end
    end
  end
end

--- Reads the services of a file.
---@param found desired.Problems
---@param file { is_list: fun(value: any): boolean, saved: boolean? }
---@param value any
---@return desired.Service[]
function M.read(found, file, value)
  local entries = {}
  if value == json.null or not file.is_list(value) then
    found:add("services", ("is %s, not a list"):format(checks.type_name(value)))
    return entries
  end
  for i, one in ipairs(value) do
    table.insert(entries, M.entry(found, file, ("services[%d]"):format(i), one))
  end
  check_duplicates(found, entries)
  return entries
end

return M
