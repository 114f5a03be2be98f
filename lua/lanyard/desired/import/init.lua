--- Reads the grants of a Region as a desired-state file would state them.
---
---     local imported = assert(import.read(region))
---     io.write(format.lua(imported))  -- lanyard.desired.import.format

local access_grant = require "lanyard.access.grant"
local audience = require "lanyard.policy.audience"
local import_services = require "lanyard.desired.import.services"
local inventory = require "lanyard.desired.inventory"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local pull_access = require "lanyard.desired.pull_access"
local statements = require "lanyard.access.statements"

local M = {}

---@class desired.ImportedGrant
---@field service string
---@field repositories string[]
---@field expires? integer  seconds since 1970

---@class desired.Imported
---@field region string
---@field account string
---@field time integer  seconds since 1970
---@field services table[]  entries, as JSON has them
---@field grants desired.ImportedGrant[]
---@field omitted string[]  one line for each grant that a desired-state file cannot state
---@field partial string[]  one line for each grant that the file states only in part
---@field unread { repository: table, err: lanyard.Error }[]  repositories whose policy could not be read

-- Returns the classes that a statement can ever let pull.
local function audience_of(doc, statement, found)
  return audience.of(doc, {
    account = found.account, statement = statement.index, action = policy.PULL_ACTIONS[1], now = found.time,
  })
end

-- Returns what a condition leaves of a grant to a role, or nil if it is not about callers.
local function conditional_pull(doc, statement, role, found)
  for _, class in ipairs(audience_of(doc, statement, found)) do
    if class.id == role.value then
      local texts = {}
      for i, restriction in ipairs(class.restrictions) do
        if restriction.kind == "source" or restriction.kind == "depends" then
          return nil
        end
        texts[i] = restriction.text
      end
      return texts[1] and ("grants %s a pull only %s"):format(role.service, table.concat(texts, " "))
        or ("grants %s a pull under a condition that the role can satisfy"):format(role.service)
    end
  end
  return ("grants %s nothing: no pull of the role satisfies the condition"):format(role.service)
end

-- Returns whom a statement for everyone lets pull: every role of Lightsail, too.
local function everyone_pulls(doc, statement, found)
  for _, class in ipairs(pull_access.has_pull_action(statement) and audience_of(doc, statement, found) or {}) do
    if class.kind == "everyone" then
      return ("lets %s pull, and not only roles of services"):format(class.text)
    end
  end
  return nil
end

-- Returns why an Allow for a principal is not what a desired-state file grants, or nil, and whether the file states a
-- part of it. `imported` is whether the file has a grant of the service for this repository.
local function exception_of(found, doc, statement, role, services, imported)
  local service = services[role.service]
  if role.kind == "orphan" then
    return "names the unique ID of a deleted role or user"
  elseif role.kind == "service-role" then
    return ("names the general role of %s, which does not pull images"):format(role.service)
  elseif role.kind == "lightsail-service" then
    return "names the Lightsail service principal, which does not pull images"
  elseif role.kind == "public" then
    return everyone_pulls(doc, statement, found)
  elseif role.kind ~= "puller" then
    return nil
  elseif role.region ~= found.region then
    return ("names a role of %s in %s, which cannot pull from this Region"):format(role.service, role.region)
  elseif not service then
    return ("names a role of %s, a service that does not exist"):format(role.service)
  elseif service.role.arn ~= role.value then
    return ("names an earlier role of %s"):format(role.service)
  elseif statements.only_pulls(statement) then
    local is_part = not imported and not statements.is_whole(statement)
    return is_part and ("grants %s only a part of a pull"):format(role.service) or nil
  elseif imported and pull_access.has_pull_action(statement) and not statement.has_condition then
    return ("grants %s more than a pull"):format(role.service), true
  end
  return statements.is_conditional_pull(statement) and conditional_pull(doc, statement, role, found)
    or ("grants %s actions or conditions other than a pull until a date"):format(role.service)
end

-- Lists everything that a policy grants Lightsail's roles and that a desired-state file cannot state, or not
-- completely. `imported` is the set of services whose grants the file has.
local function add_exceptions(found, repository, doc, services, imported)
  for _, statement in ipairs(doc:statements()) do
    local allows = statement.effect == "Allow" and not statement.not_principal
    for _, one in ipairs(allows and statement.principals or {}) do
      local role = principal.classify(one.type, one.value)
      role.value = one.value
      local reason, partial = exception_of(found, doc, statement, role, services, imported[role.service])
      if reason then
        table.insert(partial and found.partial or found.omitted,
          ("%s: %s %s"):format(repository, statements.describe(statement), reason))
      end
    end
  end
end

-- Returns when a service's grant in a policy expires, or false when it does not; nil when a desired-state file cannot
-- state the grant. It can when requesting the grant would change nothing.
local function expiry_of(doc, service, repository, now)
  local existing = statements.existing_grants(doc, service.role.arn, "")
  local expires = statements.last_expiry(existing) or false
  local edit = access_grant.edit {
    role_arn = service.role.arn, sid = access_grant.sid_for(service.name), resource = repository.arn,
    expires = expires, now = now,
  }
  if edit(doc:copy()) ~= false then
    return nil
  end
  return expires
end

-- Adds a repository to the grant of a service with the same expiry.
local function add_grant(by_key, service, expires, repository)
  local key = service .. " " .. (expires and pull_access.date(expires) or "")
  by_key[key] = by_key[key] or { service = service, expires = expires or nil, repositories = {} }
  table.insert(by_key[key].repositories, repository.name)
end

local function add_policy(found, by_key, one, services)
  local repository, doc = one.repository, one.doc
  local limits, imported = pull_access.limits(doc), {}
  for _, name in ipairs(lists.sorted_names(services)) do
    local service = services[name]
    if limits[service.role.arn or ""] then
      local expires = expiry_of(doc, service, repository, found.time)
      if expires ~= nil then
        add_grant(by_key, name, expires, repository)
        imported[name] = true
      end
    end
  end
  add_exceptions(found, repository.name, doc, services, imported)
end

--- Reads all services and policies of a Region.
---@param region access.Region
---@return desired.Imported?
---@return lanyard.Error? err
function M.read(region)
  local services, repositories = inventory.read(region)
  if not services then
    return nil, repositories
  end
  local account, err = region:account()
  if not account then
    return nil, err
  end
  local by_name, by_key = lists.by_name(services), {}
  local found = {
    region = region.name, account = account, time = region:time(), grants = {}, omitted = {}, partial = {}, unread = {},
    services = import_services.entries(services),
  }
  for _, one in ipairs(region:policies(repositories)) do
    if one.err then
      table.insert(found.unread, one)
    elseif one.doc then
      add_policy(found, by_key, one, by_name)
    end
  end
  for _, key in ipairs(lists.sorted_names(by_key)) do
    table.insert(found.grants, by_key[key])
  end
  return found
end

return M
