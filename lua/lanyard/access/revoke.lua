-- Taking access to a repository back.

local change = require "lanyard.access.change"
local expiry = require "lanyard.policy.expiry"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.access.statements"
local write = require "lanyard.access.write"

local M = {}

-- The roles that a service has or had in this Region. Where its owner is known, a service of the
-- same name of somebody else is left alone.
local function role_of_service(service, region)
  local name = type(service) == "table" and service.name or service
  local known = type(service) == "table" and (service.role.arn or service.principal_arn)
  local owner = known and principal.classify("AWS", known).account
  return function(type_, value)
    local who = principal.classify(type_, value)
    return who.kind == "puller" and who.service == name and who.region == region
      and (owner == nil or who.account == owner)
  end
end

local function is_orphan(type_, value)
  return principal.classify(type_, value).kind == "orphan"
end

-- The puller roles in statements whose date has passed.
local function has_ended(now)
  return function(type_, value, statement)
    return principal.classify(type_, value).kind == "puller" and expiry.ended(statement, now) ~= nil
  end
end

-- What doc:revoke takes out for each of `whom`, what the journal says, and why there may be nothing to do.
local function selection(whom)
  if whom.principal then
    local service = whom.principal:find "^[%w-]+%.[%w.-]+$" and function(type_, value)
      return type_ == "Service" and value == whom.principal
    end
    return { match = service or nil, principal = not service and whom.principal or nil },
      { principal = whom.principal }, "no Allow statement names it"
  elseif whom.orphans then
    return { match = is_orphan, effect = "any" }, { orphans = true }, "no principal is an orphan"
  elseif whom.expired then
    return { match = has_ended(whom.expired) }, { expired = whom.expired }, "no grant of a puller role has ended"
  elseif whom.service then
    local name = type(whom.service) == "table" and whom.service.name or whom.service
    return { match = role_of_service(whom.service, assert(whom.region, "revoke: a service without a region")) },
      { service = name }, "no Allow statement names its role"
  end
  error("revoke needs a principal, a service, orphans, expired or a statement", 4)
end

-- Takes a statement out of a policy, or a principal out of a statement. --> changed
local function take_from(doc, index, value)
  if not value then
    return doc:remove { index = index }
  end
  return doc:revoke { effect = "any", match = function(_, other, one)
    return other == value and one.index == index
  end }
end

-- Takes one statement out, or one principal out of it. A number means the statement that has it when the
-- policy is first seen: after a change, another one may have it.
local function statement_edit(name, value)
  local wanted = name
  return function(doc)
    local index, err = statements.find(doc, wanted)
    if not index then
      return index, index == nil and err or { why = "there is no such statement" }
    elseif wanted:find "^#%d+$" then
      wanted = statements.reference(doc, index)
    end
    local statement = doc:statement(index)
    local changed = take_from(doc, index, value)
    return changed, {
      touched = changed and 1 or 0,
      sid = statement.sid,
      why = changed and ("out of statement %s"):format(statements.label(statement)) or "the statement does not name it",
      warning = changed and statement.effect == "Deny" and ("statement %s was a Deny: whom it kept out may come in now")
        :format(statements.label(statement)) or nil,
    }
  end
end

local function edit_of(whom)
  if whom.statement then
    return statement_edit(whom.statement, whom.principal),
      { statement = whom.statement, principal = whom.principal }
  end
  local selected, record, nothing = selection(whom)
  return function(doc)
    local changed, touched = doc:revoke(selected)
    return changed, { touched = touched, why = not changed and nothing or nil }
  end, record
end

-- edit(whom) --> an edit for write.change_policy, to which others can be joined
-- whom, one of:
--   principal = an ARN, an account, an AWS service's name, or "*"
--   service = a container service or the name of one, region = its Region
--   orphans = true: unique ids of deleted roles and users, a Deny's too
--   expired = seconds since 1970: Lightsail's puller roles in Allow statements that ended by then
--   statement = a Sid, a number as #3 or a reference (lanyard.access.statements), an Allow or a Deny; with
--     `principal` that one alone goes out of it
-- But for orphans and a statement, only an Allow loses principals; with its last one it goes. The edit
-- refuses with the codes "AmbiguousStatement" and "NoSuchStatement".
function M.edit(whom)
  return (edit_of(whom))
end

-- revoke(whom, repository [, options]) --> change | nil, err
-- whom: as in `edit`; a service is one of this Region. options: dry_run, settle, progress.
function M.revoke(region, whom, repository, options)
  options = options or {}
  local edit, record = edit_of {
    principal = whom.principal, orphans = whom.orphans, expired = whom.expired, statement = whom.statement,
    service = whom.service, region = region.name,
  }
  local result, err = write.change_policy(region, repository, edit, {
    action = "revoke",
    record = record,
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
