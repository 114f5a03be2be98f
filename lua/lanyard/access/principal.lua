--- Classifies the principals of a policy.
---
---     local found = principal.classify("AWS", arn, account)
---     if found.kind == "puller" then print(found.service, found.region) end
---
--- The ARNs of the roles that Lightsail creates for a container service contain its Region and name:
---     arn:PARTITION:iam::OWNER:role/amazon/lightsail/REGION/containers/SERVICE/private-repo-access/ID
--- is the ECR image puller role. Without `private-repo-access` it is the service's general role, which pulls nothing.
--- OWNER is an account of Lightsail's, so neither is a foreign account.

local arn = require "lanyard.arn"

local M = {}

local ROLE = "^role/amazon/lightsail/([a-z0-9-]+)/containers/([^/]+)/"
local PULLER = ROLE .. "private%-repo%-access/[^/]+$"
local SERVICE_ROLE = ROLE .. "[^/]+$"

-- What IAM returns in place of a role (AROA) or user (AIDA) that was deleted.
local function is_unique_id(value)
  return #value >= 16 and value:find "^A[RI][OD]A[A-Z0-9]+$" ~= nil
    and (value:sub(1, 4) == "AROA" or value:sub(1, 4) == "AIDA")
end

local function lightsail_role(parsed)
  local region, service = parsed.resource:match(PULLER)
  if region then
    return "puller", region, service
  end
  region, service = parsed.resource:match(SERVICE_ROLE)
  if region then
    return "service-role", region, service
  end
  return nil
end

local function kind_of_resource(parsed)
  local resource = parsed.resource
  if parsed.service == "iam" then
    if resource == "root" then
      return "account"
    elseif resource:find "^role/" then
      return "role"
    elseif resource:find "^user/" then
      return "user"
    end
  elseif parsed.service == "sts" then
    if resource:find "^assumed%-role/" then
      return "session"
    elseif resource:find "^federated%-user/" then
      return "federated"
    end
  end
  return "unknown"
end

local function classify_aws(value, account)
  if value:find "^%d+$" and #value == 12 then
    return { kind = "account", account = value, foreign = account and value ~= account }
  elseif is_unique_id(value) then
    return { kind = "orphan" }
  end
  local parsed = arn.parse(value)
  if not parsed then
    return { kind = "unknown" }
  end
  if parsed.service == "iam" then
    local kind, region, service = lightsail_role(parsed)
    if kind then
      return { kind = kind, account = parsed.account, region = region, service = service, foreign = false }
    end
  end
  local found = { kind = kind_of_resource(parsed) }
  if parsed.account:find "^%d+$" then
    found.account = parsed.account
    found.foreign = account and parsed.account ~= account
  end
  return found
end

--- Checks whether a text has the form of a principal. It does not check whether the principal exists.
---@param text string
---@return true? ok
---@return string? message
function M.check(text)
  local account = #text == 12 and not text:find "%D"
  local id = text:find "^A%u%uA%w+$" or #text == 64 and text:find "^%x+$" -- 64 digits: a CanonicalUser
  local service = text:find "^[%w-]+%.[%w.-]+$"
  if text == "*" or account or id or service or arn.parse(text) then
    return true
  end
  return nil, ("'%s' is not an ARN, account id, unique id, service or *"):format(text)
end

---@class access.Principal
---@field kind string      "puller", "service-role", "lightsail-service", "orphan", "public", "account", "role", "user",
---  "session", "service", "federated" or "unknown"
---@field account? string
---@field region? string   of a Lightsail role
---@field service? string  of a Lightsail role
---@field foreign? boolean nil if the caller's account or the principal's is not known

--- Classifies a principal.
---@param type string      the member of Principal: "AWS", "Service", ...
---@param value string
---@param account? string  the caller's account
---@return access.Principal
function M.classify(type, value, account)
  if value == "*" then
    return { kind = "public" }
  elseif type == "AWS" then
    return classify_aws(value, account)
  elseif type == "Service" then
    return { kind = value:find "lightsail" and "lightsail-service" or "service" }
  elseif type == "Federated" then
    return { kind = "federated" }
  end
  return { kind = "unknown" }
end

--- Reports whether two ARNs are puller roles of the same service, created at different times. The owner is compared as
--- well, since services of the same name exist in other accounts.
---@param a string
---@param b string
---@return boolean
function M.same_service(a, b)
  local one, other = classify_aws(a), classify_aws(b)
  return one.kind == "puller" and other.kind == "puller"
    and one.account == other.account
    and one.region == other.region
    and one.service == other.service
end

--- Returns the principals of statements that are unique ids of deleted identities, each once.
---@param statements policy.Statement[]
---@return string[]
function M.orphans(statements)
  local found, listed = {}, {}
  for _, statement in ipairs(statements) do
    for _, principal in ipairs(statement.principals) do
      local value = principal.value
      if not listed[value] and M.classify(principal.type, value).kind == "orphan" then
        listed[value] = true
        found[#found + 1] = value
      end
    end
  end
  return found
end

return M
