--- Validates the value of a desired-state file and reports every problem in one error.
---
---     local desired, err = validate.desired(value, { name = "grants.lua", text = text, is_list = is_list })

local checks = require "lanyard.desired.checks"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local problems = require "lanyard.desired.problems"
local repositories = require "lanyard.access.repositories"
local service_entries = require "lanyard.desired.services.validate"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- The content of a desired-state file.
---@class desired.Desired
---@field name string  what messages call the file
---@field region? string  the Region that the file is for; absent when it fits any Region
---@field grants desired.Grant[]
---@field has_grants boolean  whether the file has a list of grants; with `services` it need not
---@field services? desired.Service[]  nil if the file has no list of services

--- One grant of a desired-state file.
---@class desired.Grant
---@field service string
---@field repositories string[]  names and globs
---@field expires? integer  seconds since 1970
---@field sid? string
---@field optional boolean  whether the globs may match nothing
---@field path string  where the file has the grant, for example "grants[1]"

local MEMBERS = { "region", "services", "grants" }
local GRANT_MEMBERS = { "service", "repositories", "expires", "sid", "optional" }

local function check_repositories(found, file, path, value)
  if not file.is_list(value) then
    found:add(path, value == nil and "is missing"
      or ("is %s, not a list of names and globs"):format(checks.type_name(value)))
    return
  elseif #value == 0 then
    found:add(path, "is empty: name a repository or remove the grant")
  end
  local listed = {}
  for i, name in ipairs(value) do
    local item = ("%s[%d]"):format(path, i)
    if checks.string(found, item, name, repositories.check) then
      if listed[name] then
        found:add(item, ("repeats '%s'"):format(name))
      end
      listed[name] = true
    end
  end
end

-- Parses a timestamp, or a date, which means its first second (UTC).
local function parse_date(text)
  local seconds = timestamp.parse(text) or timestamp.parse(text .. "T00:00Z")
  if seconds then
    return seconds
  end
  return nil, ("'%s' is not a date: write 2027-01-31 or 2027-01-31T12:00Z"):format(text)
end

local function check_sid(text)
  if text == "" or text:find "%c" then
    return nil, "a Sid must not be empty and must not contain control characters"
  end
  return true
end

local function read_grant(found, file, path, value)
  if type(value) ~= "table" then
    found:add(path, ("is %s, not a grant: { service = ..., repositories = { ... } }"):format(checks.type_name(value)))
    return nil
  end
  checks.members(found, path, value, GRANT_MEMBERS)
  checks.string(found, path .. ".service", value.service, names.container_service)
  check_repositories(found, file, path .. ".repositories", value.repositories)
  local expires
  if value.expires ~= nil and checks.string(found, path .. ".expires", value.expires, parse_date) then
    expires = parse_date(value.expires)
  end
  if value.sid ~= nil then
    checks.string(found, path .. ".sid", value.sid, check_sid)
  end
  if value.optional ~= nil and type(value.optional) ~= "boolean" then
    found:add(path .. ".optional", ("is %s, not true or false"):format(checks.type_name(value.optional)))
  end
  return {
    service = value.service, repositories = value.repositories, expires = expires, sid = value.sid,
    optional = value.optional or false, path = path,
  }
end

-- Reports a service and repository that two grants name: which of the two applies would be undefined.
local function check_duplicates(found, file, grants)
  local first_by_key = {}
  for _, grant in ipairs(grants) do
    for _, name in ipairs(file.is_list(grant.repositories) and grant.repositories or {}) do
      local key = tostring(grant.service) .. " " .. tostring(name)
      local first = first_by_key[key]
      if first and first ~= grant then
        found:add(grant.path, ("grants '%s' to '%s', as %s already does: remove one of them")
          :format(tostring(name), tostring(grant.service), first.path))
      end
      first_by_key[key] = first or grant
    end
  end
end

local function read_grants(found, file, value)
  local grants = {}
  if not file.is_list(value) then
    found:add("grants", value == nil and "is missing" or ("is %s, not a list"):format(checks.type_name(value)))
    return grants
  end
  for i, grant in ipairs(value) do
    table.insert(grants, read_grant(found, file, ("grants[%d]"):format(i), grant))
  end
  check_duplicates(found, file, grants)
  return grants
end

--- Returns the desired state that a value describes.
---
--- `file.is_list` decides whether a value is a list in the language of the file: JSON distinguishes [] from {}, a Lua
--- table does not.
---@param value any  what the file returned (Lua) or contains (JSON)
---@param file { name: string, text: string, is_list: fun(value: any): boolean }
---@return desired.Desired?
---@return lanyard.Error? err  code InvalidFile; the message has one line for each problem
function M.desired(value, file)
  local found = problems.new(file.name, file.text)
  if type(value) ~= "table" or json.is_array(value) then
    found:add("", ("returns %s, not a table with grants"):format(value == nil and "nothing" or checks.type_name(value)))
    return nil, found:error()
  end
  if value.Statement ~= nil and value.grants == nil then
    found:add("", "unknown member 'Statement'; this looks like an IAM policy, not a desired-state file", "Statement")
    return nil, found:error()
  end
  checks.members(found, "", value, MEMBERS)
  if value.region ~= nil then
    checks.string(found, "region", value.region, names.region)
  end
  local desired = { name = file.name, region = value.region, has_grants = value.grants ~= nil, grants = {} }
  if value.services ~= nil then
    desired.services = service_entries.read(found, file, value.services)
  end
  if desired.has_grants or value.services == nil then
    desired.grants = read_grants(found, file, value.grants)
  end
  local err = found:error()
  if err then
    return nil, err
  end
  return desired
end

return M
