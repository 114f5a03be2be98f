--- Finds out whether the roles and users that policies name exist. IAM answers only for the account that is audited,
--- not for other accounts or for Lightsail's.
---
---     local known = identities.new(region.session:client "iam", {})
---     known:exists "arn:aws:iam::111122223333:role/ci"   --> true, false, or nil when it is unknown
---     known.unknown                                      --> why IAM could not be read, or nil

local answers = require "lanyard.aws.answers"
local arn = require "lanyard.arn"
local lists = require "lanyard.lists"
local principals = require "lanyard.access.principal"
local task = require "lanyard.task"

local M = {}

-- The kinds of principals (lanyard.access.principal) that IAM knows by name.
local KINDS = lists.set "role user session"

---@class audit.Identities
---@field unknown? string  why IAM could not be read
local Identities = {}
Identities.__index = Identities

--- Returns the identities of an account.
---@param iam aws.Client
---@param shared table  answers of IAM, shared by the audits of an account's Regions because IAM is global
---@return audit.Identities
function M.new(iam, shared)
  return setmetatable({ iam = iam, shared = shared }, Identities)
end

-- Returns the kind and name by which IAM knows an identity, and whether the ARN is the identity's own (the ARN of a
-- session is not).
local function name_of(value)
  local parsed = arn.parse(value)
  if not parsed then
    return nil
  elseif parsed.service == "sts" then
    return "role", parsed.resource:match "^assumed%-role/([^/]+)/", false
  end
  local kind, name = parsed.resource:match "^(%a+)/.-([^/]+)$"
  return kind, name, true
end

local function lookup(iam, value)
  local kind, name, own = name_of(value)
  local reply, err
  if kind == "user" then
    reply, err = iam:GetUser { UserName = name }
  else
    reply, err = iam:GetRole { RoleName = name }
  end
  if reply then
    local found = (reply.Role or reply.User).Arn
    if found:match("[^/]*$"):lower() ~= name:lower() then
      return answers.invalid({ service = "iam", operation = kind == "user" and "GetUser" or "GetRole" },
        ("the reply has the ARN '%s'; '%s' was requested"):format(found, name))
    end
    -- A name is unique whatever its path: an ARN with another path names nobody.
    return not own or found == value
  elseif answers.rejected(err, "NoSuchEntity") then
    return false
  end
  return nil, err
end

--- Reports whether a role, user or session exists. IAM is asked once for each, and no more after an error.
---@param value string  an ARN
---@return boolean?  nil when it is unknown
function Identities:exists(value)
  local entry = self.shared[value]
  if not entry then
    entry = { lock = task.semaphore(1) }
    self.shared[value] = entry
  end
  local _ <close> = entry.lock:acquire()
  if entry.answer == nil and not self.unknown then
    local err
    entry.answer, err = lookup(self.iam, value)
    self.unknown = self.unknown or err and tostring(err)
  end
  return entry.answer
end

--- Returns the roles, users and sessions of the account that Allow statements name and that do not exist, each once.
---@param statements policy.Statement[]
---@param account string
---@return { value: string, statement: policy.Statement }[]
function Identities:missing(statements, account)
  local missing, checked = {}, {}
  for _, statement in ipairs(statements) do
    local allowed = statement.effect == "Allow" and not statement.not_principal and statement.principals or {}
    for _, entry in ipairs(allowed) do
      local identity = principals.classify(entry.type, entry.value)
      if KINDS[identity.kind] and identity.account == account and not checked[entry.value] then
        checked[entry.value] = true
        if self:exists(entry.value) == false then
          missing[#missing + 1] = { value = entry.value, statement = statement }
        end
      end
    end
  end
  return missing
end

return M
