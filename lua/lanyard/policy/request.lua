-- Who asks for something, and what a request tells of itself to the conditions of a policy.

local arn = require "lanyard.arn"

local M = {}

-- Who a principal is: { account | nil, partition | nil, kind = "user" | "role" | "session" | "root" | nil,
-- service, anonymous, service_linked = booleans, root_arn | nil }
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

-- The account that owns the resource: told, or read from its ARN; nil where neither tells.
function M.resource_account(account, resource)
  local parsed = not account and resource and arn.parse(resource)
  return account or parsed and parsed.account ~= "" and parsed.account or nil
end

-- The ARN that a request has as aws:PrincipalArn; nil where it cannot be told: the path of a role is not
-- in its sessions' ARNs.
local function principal_arn(principal, caller, resource)
  if caller.kind == "session" then
    return nil
  elseif not arn.parse(principal) then
    local parsed = resource and arn.parse(resource)
    return caller.account and ("arn:%s:iam::%s:root"):format(parsed and parsed.partition or "aws", caller.account)
  end
  return principal
end

-- A context with the keys that follow from principal and resource, where it has not got them.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
local function complete(context, known)
  local all, seen = {}, {}
  for key, value in pairs(context) do
    all[key], seen[key:lower()] = value, true
  end
  for key, value in pairs(known) do
    if not seen[key:lower()] then
      all[key] = value
    end
  end
  return all
end

-- request(options, caller, owner) --> what doc:weigh and the core's doc:can are asked
-- options: principal, action, resource, context, partial; a key that is not in the context is not in the
-- request, or, with `partial` or without a context, not known, unless it follows from the others.
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
