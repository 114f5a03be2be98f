-- Who asks for something, and what a request tells of itself to the conditions of a policy.

local arn = require "lanyard.arn"

local M = {}

-- Who a principal is: { account | nil, service = boolean, kind = "user" | "role" | "session" | "root" | nil,
-- role_arn = the ARN of a session's role, its path left out }
function M.caller(principal)
  local parsed = arn.parse(principal)
  if not parsed then
    local account = principal:match "^%d%d%d%d%d%d%d%d%d%d%d%d$"
    return { account = account, kind = account and "root", service = principal:find "^[%w-]+%.[%w.-]+$" ~= nil }
  end
  local resource = parsed.resource
  local session_role = parsed.service == "sts" and resource:match "^assumed%-role/([^/]+)/"
  return {
    account = parsed.account,
    kind = resource == "root" and "root" or session_role and "session" or resource:match "^(%a+)/",
    role_arn = session_role and ("arn:%s:iam::%s:role/%s"):format(parsed.partition, parsed.account, session_role),
  }
end

-- The account that owns the resource: told, or read from its ARN; nil where neither tells.
function M.resource_account(account, resource)
  local parsed = not account and resource and arn.parse(resource)
  return account or parsed and parsed.account ~= "" and parsed.account or nil
end

-- A context with the keys that follow from principal and resource, where it has not got them.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
function M.context(context, principal, caller, resource_account)
  local complete, seen = {}, {}
  for key, value in pairs(context) do
    complete[key], seen[key:lower()] = value, true
  end
  for key, value in pairs {
    ["aws:PrincipalArn"] = caller.role_arn or caller.account and principal or nil,
    ["aws:PrincipalAccount"] = caller.account or nil,
    ["aws:ResourceAccount"] = resource_account or nil,
  } do
    if not seen[key:lower()] then
      complete[key] = value
    end
  end
  return complete
end

return M
