-- Statements: how they are named, and which are as lanyard writes them (a puller role, the two actions of a
-- pull, and perhaps a date).

local errors = require "lanyard.errors"
local expiry = require "lanyard.policy.expiry"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local crypto = require "lanyard.crypto"

local M = {
  -- What the Sids of our statements begin with, and the Sid of a statement joined of them.
  SID = "AllowLightsailPull",
}

-- Its name for people: the Sid in quotes, or its number.
function M.label(statement)
  return statement.sid and "'" .. statement.sid .. "'" or "#" .. statement.index
end

-- digits(doc, index) --> what tells a statement from all others of its policy: of what it means, and how many
-- before it mean the same
function M.digits(doc, index)
  local meaning, twins = doc:meaning(index, true), 0
  for i = 1, index - 1 do
    twins = twins + (doc:meaning(i, true) == meaning and 1 or 0)
  end
  return crypto.sha256_hex(twins .. " " .. meaning):sub(1, 8)
end

-- reference(doc, index) --> "#3:9f2c1a01", which `find` takes for this statement and no other, whatever came,
-- went or was laid out anew since
function M.reference(doc, index)
  return ("#%d:%s"):format(index, M.digits(doc, index))
end

local function by_sid(doc, sid)
  local index
  for _, statement in ipairs(doc:statements()) do
    if statement.sid == sid and index then
      return nil, errors.new {
        code = "AmbiguousStatement",
        message = ("statements #%d and #%d both have the Sid '%s'"):format(index, statement.index, sid),
        tip = ("name one of them by its number, as '#%d'"):format(index),
      }
    elseif statement.sid == sid then
      index = statement.index
    end
  end
  return index or false
end

-- find(doc, name) --> index | false where there is no such statement | nil, err
-- name: a Sid, a number as #3, or a reference.
function M.find(doc, name)
  local number, digits = name:match "^#(%d+)$", name:match "^#%d+:(%x+)$"
  if not (number or digits) then
    return by_sid(doc, name)
  end
  local count = #doc:statements()
  if digits then
    for index = 1, count do
      if M.digits(doc, index) == digits:lower() then
        return index
      end
    end
    return false
  end
  number = math.tointeger(number) or 0
  if number < 1 or number > count then
    return nil, errors.new {
      code = "NoSuchStatement",
      message = ("there is no statement %s: the policy has %d"):format(name, count),
      tip = "lanyard audit shows the statements and their numbers",
    }
  end
  return number
end

-- Whether an Allow names the principal itself.
function M.names(statement, principal_arn)
  if statement.effect == "Allow" and not statement.not_principal then
    for _, who in ipairs(statement.principals) do
      if who.type == "AWS" and who.value == principal_arn then
        return true
      end
    end
  end
  return false
end

-- Whether all principals of a statement stand for the service's role: the role itself, an earlier
-- role of this service, or the unique id of a deleted one.
local function is_for_role(statement, role_arn)
  for _, who in ipairs(statement.principals) do
    if who.type ~= "AWS"
      or not (who.value == role_arn
        or principal.same_service(who.value, role_arn)
        or principal.classify(who.type, who.value).kind == "orphan") then
      return false
    end
  end
  return #statement.principals > 0
end

-- Whether it allows pull actions and nothing else, with no condition but a date that ends it.
function M.only_pulls(statement)
  for _, action in ipairs(statement.actions) do
    if not lists.contains(policy.PULL_ACTIONS, action) then
      return false
    end
  end
  return statement.effect == "Allow" and not statement.flaw
    and not (statement.not_principal or statement.not_action or statement.not_resource)
    and #statement.resources == 0
    and (not statement.has_condition or expiry.only(statement) ~= nil)
end

-- Whether it has all that a pull takes.
function M.is_whole(statement)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if not lists.contains(statement.actions, action) then
      return false
    end
  end
  return true
end

-- Grants to Lightsail's puller roles and nothing else, under a Sid of ours.
function M.is_own(statement)
  if not M.only_pulls(statement) or not (statement.sid or ""):find("^" .. M.SID) then
    return false
  end
  for _, who in ipairs(statement.principals) do
    if principal.classify(who.type, who.value).kind ~= "puller" then
      return false
    end
  end
  return true
end

-- standing(doc, role_arn, sid) --> the statements that give the role pulls and nothing else, the one under this
-- Sid that names none but the service's role or an earlier one: what an earlier grant left behind | nil
function M.standing(doc, role_arn, sid)
  local grants, left = {}, nil
  for _, statement in ipairs(doc:statements()) do
    if M.only_pulls(statement) then
      if M.names(statement, role_arn) then
        grants[#grants + 1] = statement
      end
      if statement.sid == sid and is_for_role(statement, role_arn) then
        left = left or statement
      end
    end
  end
  return grants, left
end

-- common_end(statements) --> when the last of them ends, those that give the whole pull before those that
-- give a part of it, in seconds since 1970 | nil where one of these has no end, or there is none
function M.common_end(statements)
  local whole = {}
  for _, statement in ipairs(statements) do
    whole[#whole + 1] = M.is_whole(statement) and statement or nil
  end
  local last
  for _, statement in ipairs(#whole > 0 and whole or statements) do
    local at = expiry.ends(statement)
    if not at then
      return nil
    end
    last = math.max(last or at, at)
  end
  return last
end

return M
