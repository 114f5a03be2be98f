-- Whether the roles and users that policies name are there, as far as they are of the account that is looked
-- at: IAM tells nobody about another's, nor about Lightsail's.
--
--   local known = identities.new(region.session:client "iam", {})
--   known:exists "arn:aws:iam::111122223333:role/ci" --> true | false | nil: not known
--   known.unknown                                    --> why not | nil
--
-- IAM is one for all Regions, so that the audits of an account can share what they know: `shared`.

local arn = require "lanyard.arn"
local lists = require "lanyard.lists"
local principal = require "lanyard.access.principal"
local task = require "lanyard.task"

local M = {}

-- What principals are that IAM knows by name: see lanyard.access.principal.
local KINDS = lists.set "role user session"

local Identities = {}
Identities.__index = Identities

-- new(client of IAM, shared) --> identities
function M.new(iam, shared)
  return setmetatable({ iam = iam, shared = shared }, Identities)
end

-- What IAM calls an identity: "role" or "user", name, whether the ARN is its own; nil for another principal.
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

-- Asks IAM. --> true | false | nil, err
function Identities:ask(value)
  local kind, name, own = name_of(value)
  local reply, err
  if kind == "user" then
    reply, err = self.iam:GetUser { UserName = name }
  else
    reply, err = self.iam:GetRole { RoleName = name }
  end
  if reply then
    -- A name is given once, under whatever path.
    return not own or (reply.Role or reply.User).Arn == value
  elseif err.code == "NoSuchEntity" then
    return false
  end
  return nil, err
end

-- exists(ARN of a role, a user or a session) --> true | false | nil: not known. Asked once; what IAM does not
-- tell once is not asked again.
function Identities:exists(value)
  local entry = self.shared[value]
  if not entry then
    entry = { asking = task.semaphore(1) }
    self.shared[value] = entry
  end
  local _ <close> = entry.asking:acquire()
  if entry.answer == nil and not self.unknown then
    local err
    entry.answer, err = self:ask(value)
    self.unknown = self.unknown or err and tostring(err)
  end
  return entry.answer
end

-- missing(statements, account) --> list of { value, statement }: the roles, users and sessions of the account
-- that Allow statements name and IAM does not know, each once
function Identities:missing(statements, account)
  local missing, asked = {}, {}
  for _, statement in ipairs(statements) do
    for _, one in ipairs(statement.effect == "Allow" and not statement.not_principal and statement.principals or {}) do
      local who = principal.classify(one.type, one.value)
      if KINDS[who.kind] and who.account == account and not asked[one.value] then
        asked[one.value] = true
        if self:exists(one.value) == false then
          missing[#missing + 1] = { value = one.value, statement = statement }
        end
      end
    end
  end
  return missing
end

return M
