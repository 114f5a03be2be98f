--- What differs between two states of a container service: for people, as words of a command, and as the request that
--- changes one into the other.
---
---     for _, one in ipairs(differences.between(before, after)) do print(differences.describe(one)) end

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local shellwords = require "lanyard.text.shellwords"

local M = {}

--- A difference between two states of a service.
---@class access.service.Difference
---@field member "power"|"scale"|"disabled"|"role"|"domain"|"tag"
---@field name? string  the certificate of a domain, the key of a tag
---@field before any    the member as it is: a text, number, boolean or list; nil if there is none
---@field after any     as it is to be

local function same_list(a, b)
  return table.concat(a or {}, " ") == table.concat(b or {}, " ")
end

-- The names of two maps, sorted.
local function names_of(before, after)
  local all = {}
  for _, map in ipairs { before, after } do
    for name in pairs(map) do
      all[name] = true
    end
  end
  return lists.sorted_names(all)
end

--- Returns the differences of two states, in a fixed order.
---@param before access.service.State
---@param after access.service.State
---@return access.service.Difference[]
function M.between(before, after)
  local found = {}
  local function compare(member, a, b, name)
    if a ~= b then
      found[#found + 1] = { member = member, name = name, before = a, after = b }
    end
  end
  for _, member in ipairs { "power", "scale", "disabled" } do
    compare(member, before[member], after[member])
  end
  compare("role", before.role.active, after.role.active)
  for _, certificate in ipairs(names_of(before.domains, after.domains)) do
    local a, b = before.domains[certificate], after.domains[certificate]
    if not same_list(a, b) then
      compare("domain", a, b, certificate)
    end
  end
  for _, key in ipairs(names_of(before.tags, after.tags)) do
    compare("tag", before.tags[key], after.tags[key], key)
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- For people

local LABELS = { disabled = "disabled", role = "puller role", domain = "domains of %s", tag = "tag %s" }

-- A value for people.
local function shown(one, value)
  if one.member == "role" then
    return value and "on" or "off"
  elseif one.member == "disabled" then
    return value and "yes" or "no"
  elseif value == nil then
    return "none"
  elseif type(value) == "table" then
    return table.concat(value, ", ")
  end
  return value == "" and "''" or tostring(value)
end

--- Returns what differs, what it is and what it is to be, as texts for people.
---@param one access.service.Difference
---@return string label
---@return string before
---@return string after
function M.texts(one)
  local label = (LABELS[one.member] or one.member):format(one.name)
  return label, shown(one, one.before), shown(one, one.after)
end

--- Describes a difference: "power is nano, not small".
---@param one access.service.Difference
---@return string
function M.describe(one)
  local label, before, after = M.texts(one)
  return ("%s %s %s, not %s"):format(label, one.member == "domain" and "are" or "is", before, after)
end

-- Returns the options of `lanyard service update` that change this; nil for the role, which has its own command. A
-- certificate that loses its domain names to another one needs none.
local function option_of(one)
  if one.member == "power" or one.member == "scale" then
    return { "--" .. one.member, tostring(one.after) }
  elseif one.member == "disabled" then
    return { one.after and "--disabled" or "--enabled" }
  elseif one.member == "domain" then
    return one.after and { "--domain", ("%s=%s"):format(one.name, table.concat(one.after, ",")) } or {}
  elseif one.member == "tag" then
    return one.after and { "--tag", ("%s=%s"):format(one.name, one.after) } or { "--untag", one.name }
  end
  return nil
end

--- Returns the commands that change a service as the differences say.
---@param name string    the service's name
---@param list access.service.Difference[]
---@param region string
---@return string[] commands
function M.commands(name, list, region)
  local words, commands = { "lanyard", "service", "update", name }, {}
  for _, one in ipairs(list) do
    local option = option_of(one)
    if option then
      table.move(option, 1, #option, #words + 1, words)
    else
      commands[1] = shellwords.join { "lanyard", "enable", name, "--region", region }
    end
  end
  if #words > 4 then
    table.move({ "--region", region }, 1, 2, #words + 1, words)
    table.insert(commands, 1, shellwords.join(words))
  end
  return commands
end

-- ---------------------------------------------------------------------------------------------
-- For Lightsail

--- Returns the members of a request that changes what the differences name; nil if only tags differ. All certificates
--- are named. An empty list detaches one: terraform-provider-aws, internal/service/lightsail/container_service.go,
--- containerServicePublicDomainNamesChanged.
---@param list access.service.Difference[]
---@param after access.service.State
---@return table? members
function M.request(list, after)
  local members = {}
  for _, one in ipairs(list) do
    if one.member == "power" or one.member == "scale" then
      members[one.member] = one.after
    elseif one.member == "disabled" then
      members.isDisabled = one.after
    elseif one.member == "role" then
      members.privateRegistryAccess = { ecrImagePullerRole = { isActive = one.after } }
    elseif one.member == "domain" then
      members.publicDomainNames = members.publicDomainNames or {}
      members.publicDomainNames[one.name] = json.array(one.after or {})
    end
  end
  for certificate, names in pairs(members.publicDomainNames and after.domains or {}) do
    members.publicDomainNames[certificate] = json.array(names)
  end
  return next(members) and members or nil
end

--- Returns tags as Lightsail has them, in the order of their keys. A tag without a value has a key only.
---@param tags table<string, string>
---@return table[]
function M.tag_list(tags)
  local list = json.array {}
  for i, key in ipairs(lists.sorted_names(tags)) do
    list[i] = { key = key, value = tags[key] ~= "" and tags[key] or nil }
  end
  return list
end

--- Returns the tags that differences set, and the keys that they remove.
---@param list access.service.Difference[]
---@return table<string, string> set
---@return string[] removed
function M.tags(list)
  local set, removed = {}, json.array {}
  for _, one in ipairs(list) do
    if one.member == "tag" and one.after then
      set[one.name] = one.after
    elseif one.member == "tag" then
      removed[#removed + 1] = one.name
    end
  end
  return set, removed
end

return M
