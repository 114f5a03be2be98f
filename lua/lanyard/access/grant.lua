-- Granting a container service the pull from a repository, for good or until a date.

local change = require "lanyard.access.change"
local clock = require "lanyard.clock"
local errors = require "lanyard.errors"
local expiry = require "lanyard.policy.expiry"
local timestamp = require "lanyard.text.timestamp"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.access.statements"
local write = require "lanyard.access.write"

local M = {}

-- How long after its role appeared a service's ARN counts as fresh, in seconds.
local FRESH = 120

-- ---------------------------------------------------------------------------------------------
-- Writing the statement

local function until_text(at)
  return at and "until " .. timestamp.format(at) or "without an end"
end

-- The same behind other words, of which nothing is said when there is no end.
local function ending(at)
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

-- Adds a statement of its own, whatever others allow.
local function add(doc, role_arn, sid, expires)
  local alone = policy.new()
  alone:allow {
    sid = free_sid(doc, sid), principal = role_arn, actions = policy.PULL_ACTIONS,
    condition = expires and expiry.condition(expires) or nil,
  }
  doc:append(alone, 1)
end

local function set_end(doc, statement, expires)
  local date = expiry.only(statement)
  return doc:set {
    index = statement.index,
    element = "Condition",
    within = expires and date and { date.operator, date.key } or nil,
    value = expires and (date and timestamp.format(expires) or expiry.condition(expires)) or nil,
  }
end

-- The grant to change, of those that stand: one that ends so already, or one that is the role's alone.
local function keeper_of(grants, expires)
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

-- Takes the role out of its other grants where they would outlast the date. --> changed
local function take_out(doc, role_arn, grants, keeper, expires)
  local outlasting = {}
  for _, statement in ipairs(expires and grants or {}) do
    outlasting[statement.index] = statement ~= keeper and (expiry.ends(statement) or math.huge) > expires
  end
  return (doc:revoke { match = function(_, value, statement)
    return value == role_arn and outlasting[statement.index] or false
  end })
end

-- Makes the role's grant end when it shall (false: never). --> changed, why
local function place(doc, role_arn, sid, expires)
  local grants = statements.standing(doc, role_arn, sid)
  local keeper = keeper_of(grants, expires)
  if keeper then
    local ends = expiry.ends(keeper)
    local moved = ends ~= (expires or nil) and set_end(doc, keeper, expires)
    local taken = take_out(doc, role_arn, grants, keeper, expires)
    if moved then
      return true, ("%s (it was %s)"):format(until_text(expires), until_text(ends))
    end
    return taken, taken and "no longer in other statements, " .. until_text(expires)
      or ("statement %s allows it already%s"):format(statements.label(keeper), ending(expires))
  end
  take_out(doc, role_arn, grants, nil, expires)
  local _, left = statements.standing(doc, role_arn, sid)
  if left then
    doc:remove { index = left.index }
  end
  add(doc, role_arn, sid, expires)
  return true, (left and "in place of an earlier grant" or "added statement " .. #doc:statements()) .. ending(expires)
end

-- ---------------------------------------------------------------------------------------------
-- What a person should know

-- What still stands in the way of the pull although it is granted.
local function obstacle(doc, grant, now)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local decision, statement = doc:can {
      principal = grant.role_arn, action = action, resource = grant.resource, context = expiry.at(now), partial = true,
    }
    if decision == "deny" then
      return ("statement %s denies %s to the role: the pull will fail"):format(statements.label(statement), action)
    end
  end
  return nil
end

-- Another statement that lets the role pull when its grant has ended | nil
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
  return ("statement %s %s the role pull even after that date"):format(statements.label(worst[2]),
    worst[1] == "allow" and "lets" or "may let")
end

local function warning_of(doc, grant, expires, now)
  local denied = obstacle(doc, grant, now)
  local outlasts = expires and outlasting(doc, grant, expires)
  return denied and outlasts and denied .. "; " .. outlasts or denied or outlasts or nil
end

local function ended(statement, at)
  return errors.new {
    code = "GrantEnded",
    message = ("statement %s let the role pull until %s, and does no longer; it was left as it is")
      :format(statements.label(statement), timestamp.format(at)),
    tip = "pass --expires with a new date, or --expires never",
  }
end

-- ---------------------------------------------------------------------------------------------
-- Granting

-- The end that a grant shall have: as asked, or the one it has. --> seconds | false: none | nil, err
local function wanted_end(doc, grant, now)
  if grant.expires ~= nil then
    return grant.expires
  end
  local grants, left = statements.standing(doc, grant.role_arn, grant.sid)
  local at = statements.common_end(#grants > 0 and grants or { left })
  if at and at <= now then
    return nil, ended(grants[1] or left, at)
  end
  return at or false
end

-- The index of the statement that lets the role pull already, for good, whosever it is | nil
local function allowed_for_good(doc, role_arn)
  local changed, _, index = doc:copy():allow { principal = role_arn, actions = policy.PULL_ACTIONS }
  return not changed and index or nil
end

local function report_of(doc, grant, expires, now, why)
  local statement = keeper_of(statements.standing(doc, grant.role_arn, grant.sid), expires)
  return {
    why = why,
    sid = statement and statement.sid,
    expires = expires and timestamp.format(expires) or nil,
    warning = warning_of(doc, grant, expires, now),
  }
end

-- edit { role_arn =, sid =, resource = the repository's ARN, expires =, fold =, now = } --> an edit for
-- write.change_policy, to which others can be joined
-- expires: seconds since 1970 when the grant shall end, false for never, nil to leave it as it is. A
-- statement that gives more than the pull, or has other conditions, is never touched: where it gives the
-- pull for good, nothing is added to it without a date, and with one it is told in detail.warning.
-- The edit refuses with the code "GrantEnded" where the grant has ended and no other end is asked for.
function M.edit(grant)
  local now = grant.now or clock.time()
  assert(not grant.expires or math.type(grant.expires) == "integer", "expires: whole seconds since 1970")
  return function(doc)
    local index = not grant.expires and allowed_for_good(doc, grant.role_arn)
    if index then
      local statement = doc:statement(index)
      return false, {
        why = ("statement %s allows it already"):format(statements.label(statement)),
        sid = statement.sid,
        warning = warning_of(doc, grant, false, now),
      }
    end
    local expires, err = wanted_end(doc, grant, now)
    if expires == nil then
      return nil, err
    end
    local changed, why = place(doc, grant.role_arn, grant.sid, expires)
    if changed and grant.fold and doc:size() > policy.LIMIT
      and doc:fold { sid = statements.SID, match = statements.is_own } then
      why = "joined with the grants of other services, for room" .. ending(expires)
    end
    return changed, report_of(doc, grant, expires, now, why)
  end
end

-- sid_for(service's name) --> the Sid of its grant, where none is asked for
function M.sid_for(service_name)
  return statements.SID .. "-" .. service_name
end

-- is_fresh(region, role_arn | nil) --> whether the role appeared moments ago, so that IAM may not know it yet
function M.is_fresh(region, role_arn)
  local appeared = region.shared.new_roles[role_arn or false]
  return appeared ~= nil and region.clock.now() - appeared < FRESH
end

-- check_role(service) --> true | nil, err where what it has for its puller role is none
function M.check_role(service)
  if principal.classify("AWS", service.role.arn).kind == "puller" then
    return true
  end
  return nil, errors.new {
    code = "UnexpectedRole",
    message = ("'%s' is no ARN of an image puller role; it was not granted"):format(service.role.arn),
    tip = "Lightsail's form of these ARNs may have changed; grant it by hand after a look at the service",
  }
end

local function check_service(service)
  if not service.role.arn then
    return nil, errors.new {
      code = "RoleOff",
      message = ("the puller role of '%s' is %s")
        :format(service.name, service.role.active and "not ready yet" or "off"),
      tip = "run lanyard enable " .. service.name .. " first",
    }
  end
  return M.check_role(service)
end

-- grant(service, repository [, options]) --> change | nil, err
-- options: sid, expires (see edit), fold (join our own statements where the policy would be too large),
-- dry_run, settle, progress.
function M.grant(region, service, repository, options)
  options = options or {}
  local ok, err = check_service(service)
  if not ok then
    return nil, err
  end
  local role_arn = service.role.arn
  local sid = options.sid or M.sid_for(service.name)
  local edit = M.edit {
    role_arn = role_arn, sid = sid, resource = repository.arn, expires = options.expires, fold = options.fold,
    now = region:time(),
  }
  local result
  result, err = write.change_policy(region, repository, edit, {
    action = "grant",
    record = { service = service.name, principal = role_arn, sid = sid, expires = options.expires },
    dry_run = options.dry_run,
    settle = region:settles(options),
    progress = options.progress or region.progress,
    await_principal = true,
    fresh = M.is_fresh(region, role_arn),
  })
  if not result then
    return nil, err
  end
  return change.of(region, repository, result, { "grant", "granted" }, options)
end

return M
