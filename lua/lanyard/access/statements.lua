--- Names statements, and recognizes the ones that lanyard writes: a puller role, the two actions of a pull, and
--- possibly an expiry date.

local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local expiry = require "lanyard.policy.expiry"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.policy.statements"

local M = {
  -- The Sids of lanyard's statements begin with it, and a statement that joins several of them has it as its Sid.
  SID = "AllowLightsailPull",
}

-- ---------------------------------------------------------------------------------------------
-- Names

M.label = statements.label

--- Returns a statement's name for a sentence: "statement 'CI may push'", or "statement #3".
---@param statement policy.Statement
---@return string
function M.describe(statement)
  return statement.sid and ("statement '%s'"):format(statement.sid) or "statement " .. M.label(statement)
end

--- Returns what distinguishes a statement from all others of its policy: a hash of its meaning, and of how many
--- statements before it mean the same.
---@param doc policy.Document
---@param index integer
---@return string  8 hexadecimal digits
function M.fingerprint(doc, index)
  local meaning, twins = doc:meaning(index, true), 0
  for i = 1, index - 1 do
    twins = twins + (doc:meaning(i, true) == meaning and 1 or 0)
  end
  return crypto.sha256_hex(twins .. " " .. meaning):sub(1, 8)
end

--- Returns a name for a statement that `find` resolves to this statement and no other, even after statements were
--- added, removed or laid out again.
---@param doc policy.Document
---@param index integer
---@return string  for example "#3:9f2c1a01"
function M.reference(doc, index)
  return ("#%d:%s"):format(index, M.fingerprint(doc, index))
end

local function find_by_sid(doc, sid)
  local index
  for _, statement in ipairs(doc:statements()) do
    if statement.sid == sid and index then
      return nil, errors.new {
        code = "AmbiguousStatement",
        message = ("statements #%d and #%d both have the Sid '%s'"):format(index, statement.index, sid),
        tip = ("name one of them by its number: '#%d'"):format(index),
      }
    elseif statement.sid == sid then
      index = statement.index
    end
  end
  return index or false
end

local function find_by_fingerprint(doc, digits)
  for index = 1, #doc:statements() do
    if M.fingerprint(doc, index) == digits then
      return index
    end
  end
  return false
end

--- Finds a statement.
---@param doc policy.Document
---@param name string  a Sid, a number as "#3", or a reference
---@return integer|false|nil index  false if the policy has no such statement
---@return aws.Error? err  code AmbiguousStatement or NoSuchStatement
function M.find(doc, name)
  local number, digits = name:match "^#(%d+)$", name:match "^#%d+:(%x+)$"
  if digits then
    return find_by_fingerprint(doc, digits:lower())
  elseif not number then
    return find_by_sid(doc, name)
  end
  local index, count = math.tointeger(number) or 0, #doc:statements()
  if index < 1 or index > count then
    return nil, errors.new {
      code = "NoSuchStatement",
      message = ("statement %s does not exist: the policy has %d"):format(name, count),
      tip = "lanyard audit prints the statements and their numbers",
    }
  end
  return index
end

-- ---------------------------------------------------------------------------------------------
-- Recognizing

--- Reports whether a statement is an Allow that names the principal itself.
---@param statement policy.Statement
---@param principal_arn string
---@return boolean
function M.names(statement, principal_arn)
  if statement.effect == "Allow" and not statement.not_principal then
    for _, one in ipairs(statement.principals) do
      if one.type == "AWS" and one.value == principal_arn then
        return true
      end
    end
  end
  return false
end

-- Whether each principal of a statement is the service's role: the current role, an earlier one of the same service, or
-- the unique id of a deleted one.
local function is_for_role(statement, role_arn)
  for _, one in ipairs(statement.principals) do
    if one.type ~= "AWS"
      or not (one.value == role_arn
        or principal.same_service(one.value, role_arn)
        or principal.classify(one.type, one.value).kind == "orphan") then
      return false
    end
  end
  return #statement.principals > 0
end

-- Reports whether a statement allows actions of a pull and nothing else, under any condition.
local function allows_only_pulls(statement)
  for _, action in ipairs(statement.actions) do
    if not lists.contains(policy.PULL_ACTIONS, action) then
      return false
    end
  end
  return statement.effect == "Allow" and not statement.flaw
    and not (statement.not_principal or statement.not_action or statement.not_resource)
    and #statement.resources == 0
end

--- Reports whether a statement allows actions of a pull and nothing else, with no condition except an expiry date.
---@param statement policy.Statement
---@return boolean
function M.only_pulls(statement)
  return allows_only_pulls(statement) and (not statement.has_condition or expiry.only(statement) ~= nil)
end

--- Reports whether a statement allows actions of a pull and nothing else, with another condition than an expiry date.
---@param statement policy.Statement
---@return boolean
function M.is_conditional_pull(statement)
  return allows_only_pulls(statement) and statement.has_condition and expiry.only(statement) == nil
end

--- Reports whether a statement has all actions of a pull.
---@param statement policy.Statement
---@return boolean
function M.is_whole(statement)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if not lists.contains(statement.actions, action) then
      return false
    end
  end
  return true
end

--- Reports whether a statement grants pulls to Lightsail's puller roles and nothing else, with a Sid as lanyard writes.
---@param statement policy.Statement
---@return boolean
function M.is_own(statement)
  if not M.only_pulls(statement) or not (statement.sid or ""):find("^" .. M.SID) then
    return false
  end
  for _, one in ipairs(statement.principals) do
    if principal.classify(one.type, one.value).kind ~= "puller" then
      return false
    end
  end
  return true
end

--- Returns the grants that a role already has.
---@param doc policy.Document
---@param role_arn string
---@param sid string  of the grant
---@return policy.Statement[] grants  that name the role, and allow actions of a pull and nothing else
---@return policy.Statement? leftover  of an earlier grant: it has this Sid, and names only the service's role or an
---  earlier one
function M.existing_grants(doc, role_arn, sid)
  local grants, leftover = {}, nil
  for _, statement in ipairs(doc:statements()) do
    if M.only_pulls(statement) then
      if M.names(statement, role_arn) then
        grants[#grants + 1] = statement
      end
      if statement.sid == sid and is_for_role(statement, role_arn) then
        leftover = leftover or statement
      end
    end
  end
  return grants, leftover
end

--- Returns when the last of some grants expires. Grants with part of the pull count only if none has all of it.
---@param grants policy.Statement[]
---@return number? time  in seconds since 1970; nil if one of them does not expire, or there are none
function M.last_expiry(grants)
  local whole = {}
  for _, statement in ipairs(grants) do
    whole[#whole + 1] = M.is_whole(statement) and statement or nil
  end
  local last
  for _, statement in ipairs(#whole > 0 and whole or grants) do
    local at = expiry.ends(statement)
    if not at then
      return nil
    end
    last = math.max(last or at, at)
  end
  return last
end

return M
