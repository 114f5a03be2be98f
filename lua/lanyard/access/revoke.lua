--- Revokes access to a repository.

local change = require "lanyard.access.change"
local expiry = require "lanyard.policy.expiry"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.access.statements"
local write = require "lanyard.access.write"

local M = {}

--- What to revoke: one of the members, or `statement` and `principal`.
---
--- Except for orphans and a statement, only Allow statements lose principals. A statement that loses its last principal
--- is removed.
---@class access.RevokeSubject
---@field principal? string  an ARN, an account, the name of an AWS service, or "*"
---@field service? access.Service|string  its puller roles, the current and earlier ones
---@field region? string     the Region's name, with `service`
---@field orphans? boolean   unique ids of deleted roles and users, in a Deny too
---@field expired? number    seconds since 1970: Lightsail's puller roles in Allow statements that had expired by then
---@field statement? string  a Sid, a number as "#3" or a reference (lanyard.access.statements), Allow or Deny; together
---  with `principal`, only that principal is removed from it

-- ---------------------------------------------------------------------------------------------
-- Selecting principals

-- Selects the roles that a service has or had in a Region. If the owner of its role is known, services of the same name
-- in other accounts are not selected.
local function is_role_of(service, region)
  local name = type(service) == "table" and service.name or service
  local known = type(service) == "table" and (service.role.arn or service.principal_arn)
  local owner = known and principal.classify("AWS", known).account
  return function(type_, value)
    local found = principal.classify(type_, value)
    return found.kind == "puller" and found.service == name and found.region == region
      and (owner == nil or found.account == owner)
  end
end

local function is_orphan(type_, value)
  return principal.classify(type_, value).kind == "orphan"
end

local function is_expired_role(now)
  return function(type_, value, statement)
    return principal.classify(type_, value).kind == "puller" and expiry.ended(statement, now) ~= nil
  end
end

-- What doc:revoke removes for a subject, what the journal records, and the reason if nothing matches.
local function selection_of(subject)
  if subject.principal then
    local service = subject.principal:find "^[%w-]+%.[%w.-]+$" and function(type_, value)
      return type_ == "Service" and value == subject.principal
    end
    return { match = service or nil, principal = not service and subject.principal or nil },
      { principal = subject.principal }, "no Allow statement names it"
  elseif subject.orphans then
    return { match = is_orphan, effect = "any" }, { orphans = true }, "no principal is an orphan"
  elseif subject.expired then
    return { match = is_expired_role(subject.expired) }, { expired = subject.expired },
      "no grant of a puller role has expired"
  elseif subject.service then
    local name = type(subject.service) == "table" and subject.service.name or subject.service
    return { match = is_role_of(subject.service, assert(subject.region, "revoke: a service without a region")) },
      { service = name }, "no Allow statement names its role"
  end
  error("revoke needs a principal, a service, orphans, expired or a statement", 4)
end

-- ---------------------------------------------------------------------------------------------
-- The edit

-- Removes a statement, or a principal from it. Returns whether anything changed.
local function remove_from(doc, index, value)
  if not value then
    return doc:remove { index = index }
  end
  return doc:revoke { effect = "any", match = function(_, other, one)
    return other == value and one.index == index
  end }
end

-- Removes one statement, or one principal from it. A number means the statement that has it when the policy is first
-- read: after a change, another statement may have that number.
local function statement_edit(name, value)
  local wanted = name
  return function(doc)
    local index, err = statements.find(doc, wanted)
    if not index then
      return index, index == nil and err or { why = "the policy has no such statement" }
    elseif wanted:find "^#%d+$" then
      wanted = statements.reference(doc, index)
    end
    local statement = doc:statement(index)
    local described = statements.describe(statement)
    local changed = remove_from(doc, index, value)
    return changed, {
      touched = changed and 1 or 0,
      sid = statement.sid,
      why = changed and "removed from " .. described or "the statement does not name it",
      warning = changed and statement.effect == "Deny"
        and ("%s was a Deny: principals that it denied may have access now"):format(described) or nil,
    }
  end
end

-- edit, what the journal records
local function edit_of(subject)
  if subject.statement then
    return statement_edit(subject.statement, subject.principal),
      { statement = subject.statement, principal = subject.principal }
  end
  local selection, record, unmatched = selection_of(subject)
  return function(doc)
    local changed, touched = doc:revoke(selection)
    local why = not changed and unmatched or nil
    -- AWS replaces a deleted role in a policy by its unique id, which names no service.
    if why and subject.service and #principal.orphans(doc:statements()) > 0 then
      why = why .. "; orphans remain: lanyard revoke --orphans --all"
    end
    return changed, { touched = touched, why = why }
  end, record
end

--- Returns an edit for lanyard.access.write, which can be combined with others. It fails with the codes
--- AmbiguousStatement and NoSuchStatement.
---@param subject access.RevokeSubject
---@return access.write.Edit
function M.edit(subject)
  return (edit_of(subject))
end

--- Revokes access to a repository. A service in `subject` is one of this Region.
---@param region access.Region
---@param subject access.RevokeSubject
---@param repository access.Repository
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function M.revoke(region, subject, repository, options)
  options = options or {}
  local edit, record = edit_of {
    principal = subject.principal, orphans = subject.orphans, expired = subject.expired,
    statement = subject.statement, service = subject.service, region = region.name,
  }
  local result, err = write.change_policy(region, repository, edit, {
    action = "revoke",
    record = record,
    -- Only an edit of a Deny can give access, and no more than the Deny denied.
    gives = {},
    lifts_denies = subject.orphans or subject.statement ~= nil,
    dry_run = options.dry_run,
    settle = region:settles(options),
    progress = options.progress or region.progress,
  })
  if not result then
    return nil, err
  end
  return change.of(region, repository, result, { "revoke", "revoked" }, options)
end

return M
