--- Describes requests: the kind of the caller, and the context keys that follow from principal and resource.

local arn = require "lanyard.arn"

local M = {}

---@class policy.Caller
---@field account? string
---@field partition? string
---@field kind? "user"|"role"|"session"|"root"|string  the kind of IAM principal
---@field service? boolean         a service principal
---@field anonymous? boolean       "*"
---@field service_linked? boolean  a service-linked role or its session

--- Describes a principal.
---@param principal string  an ARN, an account id, a service principal, or "*"
---@return policy.Caller
function M.caller(principal)
  local parsed = arn.parse(principal)
  if not parsed then
    local account = principal:match "^%d%d%d%d%d%d%d%d%d%d%d%d$"
    return {
      account = account, kind = account and "root", anonymous = principal == "*",
      service = principal:find "^[%w-]+%.[%w.-]+$" ~= nil,
    }
  end
  local resource = parsed.resource
  local session = parsed.service == "sts" and resource:find "^assumed%-role/"
  return {
    account = parsed.account,
    partition = parsed.partition,
    kind = resource == "root" and "root" or session and "session" or resource:match "^(%a+)/",
    service_linked = resource:find "^role/aws%-service%-role/" ~= nil
      or session and resource:find "^assumed%-role/AWSServiceRoleFor" ~= nil,
  }
end

--- Returns the account that owns a resource: the given one, else the one in its ARN.
---@param account? string
---@param resource? string
---@return string?
function M.resource_account(account, resource)
  local parsed = not account and resource and arn.parse(resource)
  return account or parsed and parsed.account ~= "" and parsed.account or nil
end

-- Returns the value of aws:PrincipalArn | nil if it is unknown: the ARN of a session lacks the path of its role
local function principal_arn(principal, caller, resource)
  if caller.kind == "session" then
    return nil
  elseif not arn.parse(principal) then
    local parsed = resource and arn.parse(resource)
    return caller.account and ("arn:%s:iam::%s:root"):format(parsed and parsed.partition or "aws", caller.account)
  end
  return principal
end

-- Returns a context with the known keys that it lacks.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
local function complete(context, known)
  local all, given = {}, {}
  for key, value in pairs(context) do
    all[key], given[key:lower()] = value, true
  end
  for key, value in pairs(known) do
    if not given[key:lower()] then
      all[key] = value
    end
  end
  return all
end

--- Builds a request for doc:weigh and the core's doc:can. A key that is not in the context is absent from the request.
--- With `partial`, or without a context, it is unknown, unless it follows from principal and resource.
---@param options { principal: string, action: string, resource?: string, context?: table, partial?: boolean }
---@param caller policy.Caller
---@param owner? string  the account that owns the resource
---@return table
function M.request(options, caller, owner)
  return {
    principal = options.principal, action = options.action, resource = options.resource,
    partial = options.partial or options.context == nil,
    unknown = caller.kind == "session" and "aws:PrincipalArn" or nil,
    context = complete(options.context or {}, {
      ["aws:PrincipalArn"] = principal_arn(options.principal, caller, options.resource),
      ["aws:PrincipalAccount"] = caller.account,
      ["aws:ResourceAccount"] = owner,
    }),
  }
end

return M
