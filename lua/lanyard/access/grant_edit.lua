--- Edits a policy so that a puller role can pull, permanently or until a date.
---
---     local edit = grant_edit.new { role_arn = arn, sid = "AllowLightsailPull-web", resource = repository.arn }
---     local changed, detail = edit(document)

local clock = require "lanyard.clock"
local errors = require "lanyard.errors"
local expiry = require "lanyard.policy.expiry"
local policy = require "lanyard.policy"
local statements = require "lanyard.access.statements"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- A grant to make.
---@class access.GrantEdit
---@field role_arn string
---@field sid string
---@field resource string          the repository's ARN
---@field expires? integer|false   seconds since 1970; false: the grant does not expire; nil: its expiry stays as it is
---@field fold? boolean            join lanyard's own statements if the policy would be too large
---@field now? number              seconds since 1970

-- ---------------------------------------------------------------------------------------------
-- Writing the statement

local function until_text(at)
  return at and "until " .. timestamp.format(at) or "without expiry"
end

-- Like until_text, but prefixed with a comma, and empty for a grant that does not expire.
local function until_suffix(at)
  return at and ", " .. until_text(at) or ""
end

local function free_sid(doc, sid)
  local taken = {}
  for _, statement in ipairs(doc:statements()) do
    taken[statement.sid or false] = true
  end
  local free, number = sid, 1
  while taken[free] do
    number = number + 1
    free = sid .. "-" .. number
  end
  return free
end

-- Adds a statement for the role alone, whatever other statements allow.
local function add_statement(doc, role_arn, sid, expires)
  local alone = policy.new()
  alone:allow {
    sid = free_sid(doc, sid), principal = role_arn, actions = policy.PULL_ACTIONS,
    condition = expires and expiry.condition(expires) or nil,
  }
  doc:append(alone, 1)
end

local function set_expiry(doc, statement, expires)
  local date = expiry.only(statement)
  return doc:set {
    index = statement.index,
    element = "Condition",
    within = expires and date and { date.operator, date.key } or nil,
    value = expires and (date and timestamp.format(expires) or expiry.condition(expires)) or nil,
  }
end

-- The existing grant to use: one that has the expiry already, otherwise one for the role alone.
local function reusable(grants, expires)
  local alone
  for _, statement in ipairs(grants) do
    if statements.is_whole(statement) and expiry.ends(statement) == (expires or nil) then
      return statement
    elseif statements.is_whole(statement) and #statement.principals == 1 then
      alone = alone or statement
    end
  end
  return alone
end

-- Removes the role from other statements that would keep granting access after the deadline. Returns whether anything
-- changed.
local function remove_from_others(doc, role_arn, grants, used, expires)
  local outlasting = {}
  for _, statement in ipairs(expires and grants or {}) do
    outlasting[statement.index] = statement ~= used and (expiry.ends(statement) or math.huge) > expires
  end
  return (doc:revoke { match = function(_, value, statement)
    return value == role_arn and outlasting[statement.index] or false
  end })
end

-- Gives an existing grant its expiry. changed, why
local function update(doc, role_arn, grants, used, expires)
  local before = expiry.ends(used)
  local moved = before ~= (expires or nil) and set_expiry(doc, used, expires)
  local removed = remove_from_others(doc, role_arn, grants, used, expires)
  if moved then
    return true, ("%s (before: %s)"):format(until_text(expires), until_text(before))
  elseif removed then
    return true, "removed from other statements" .. until_suffix(expires)
  end
  return false, ("already allowed by %s%s"):format(statements.describe(used), until_suffix(expires))
end

-- Adds or changes the role's grant, with that expiry (false: no expiry). `grants` and `leftover` are the existing ones.
-- Returns changed, why.
local function apply(doc, role_arn, sid, expires, grants, leftover)
  local used = reusable(grants, expires)
  if used then
    return update(doc, role_arn, grants, used, expires)
  end
  if remove_from_others(doc, role_arn, grants, nil, expires) then
    leftover = select(2, statements.existing_grants(doc, role_arn, sid))
  end
  if leftover then
    doc:remove { index = leftover.index }
  end
  add_statement(doc, role_arn, sid, expires)
  local done = leftover and "replaced an earlier grant" or "added statement " .. #doc:statements()
  return true, done .. until_suffix(expires)
end

-- ---------------------------------------------------------------------------------------------
-- Warnings

-- A statement that prevents the pull in spite of the grant, as text | nil
local function obstacle(doc, grant, now)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local decision, statement = doc:can {
      principal = grant.role_arn, action = action, resource = grant.resource, context = expiry.at(now), partial = true,
    }
    if decision == "deny" then
      return ("%s denies %s to the role: the pull will fail"):format(statements.describe(statement), action)
    end
  end
  return nil
end

-- Another statement that allows the pull after the grant has expired, as text | nil
local function outlasting(doc, grant, expires)
  local worst
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local decision, statement = doc:can {
      principal = grant.role_arn, action = action, resource = grant.resource, context = expiry.at(expires),
      partial = true,
    }
    if decision ~= "allow" and decision ~= "depends" then
      return nil
    end
    worst = worst or { decision, statement }
  end
  return ("%s %s the pull after that date"):format(statements.describe(worst[2]),
    worst[1] == "allow" and "still allows" or "may still allow")
end

local function warning_of(doc, grant, outlasts, now)
  local denied = obstacle(doc, grant, now)
  return denied and outlasts and denied .. "; " .. outlasts or denied or outlasts or nil
end

-- ---------------------------------------------------------------------------------------------
-- The edit

local function expired(statement, at)
  return errors.new {
    code = "GrantEnded",
    message = ("the grant in %s expired on %s"):format(statements.describe(statement), timestamp.format(at)),
    tip = "pass --expires with a new date, or --expires never, to renew it",
  }
end

-- Returns the requested expiry of a grant: seconds | false: no expiry | nil, err
local function wanted_expiry(grant, now, grants, leftover)
  if grant.expires ~= nil then
    return grant.expires
  end
  local at = statements.last_expiry(#grants > 0 and grants or { leftover })
  if at and at <= now then
    return nil, expired(grants[1] or leftover, at)
  end
  return at or false
end

-- The statement that already allows the role to pull, without expiry, for whichever principal it was written | nil
local function permanent_statement(doc, role_arn)
  local changed, _, index = doc:copy():allow { principal = role_arn, actions = policy.PULL_ACTIONS }
  return not changed and doc:statement(index) or nil
end

local function detail_of(doc, grant, expires, now, why)
  local statement = reusable(statements.existing_grants(doc, grant.role_arn, grant.sid), expires)
  local outlasts = expires and outlasting(doc, grant, expires) or nil
  return {
    why = why,
    sid = statement and statement.sid,
    expires = expires and timestamp.format(expires) or nil,
    warning = warning_of(doc, grant, outlasts, now),
    outlasts = outlasts,
  }
end

--- Returns an edit for lanyard.access.write, which can be combined with others.
---
--- A statement that allows more than the pull, or has other conditions, is never changed. If it allows the pull without
--- expiry, nothing is added for a grant without expiry, and detail.warning names it for a grant that expires. The edit
--- fails with the code GrantEnded if the grant has expired and `expires` is nil.
---@param grant access.GrantEdit
---@return access.write.Edit
function M.new(grant)
  local now = grant.now or clock.time()
  assert(not grant.expires or math.type(grant.expires) == "integer", "expires: whole seconds since 1970")
  return function(doc)
    local statement = not grant.expires and permanent_statement(doc, grant.role_arn)
    if statement then
      return false, {
        why = "already allowed by " .. statements.describe(statement),
        sid = statement.sid,
        warning = warning_of(doc, grant, nil, now),
      }
    end
    local grants, leftover = statements.existing_grants(doc, grant.role_arn, grant.sid)
    local expires, err = wanted_expiry(grant, now, grants, leftover)
    if expires == nil then
      return nil, err
    end
    local changed, why = apply(doc, grant.role_arn, grant.sid, expires, grants, leftover)
    if changed and grant.fold and doc:compact_size() > policy.LIMIT
      and doc:fold { sid = statements.SID, match = statements.is_own } then
      why = "joined with the grants of other services to save space" .. until_suffix(expires)
    end
    return changed, detail_of(doc, grant, expires, now, why)
  end
end

return M
