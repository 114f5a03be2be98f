--- Describes requests. core/policy/caller.h defines the kinds of callers, the context keys that follow from principal
--- and resource, and which requests can exist.

local arn = require "lanyard.arn"
local core = require "lanyard.policy.core"

local M = {}

---@class policy.Caller
---@field kind "anonymous"|"root"|"user"|"role"|"session"|"federated-user"|"service"|"provider"|"id"|"other"
---@field account? string
---@field partition? string
---@field service boolean         a service principal, or an identity provider without an account
---@field anonymous boolean       "*"
---@field service_linked boolean  a service-linked role or its session

--- Describes a principal: an ARN, an account id, a service principal, an identity provider, a unique id, or "*".
---@type fun(principal: string): policy.Caller
M.caller = core.caller

--- Returns the account that owns a resource: the given one, else the one in its ARN.
---@param account? string
---@param resource? string
---@return string?
function M.resource_account(account, resource)
  local parsed = not account and resource and arn.parse(resource)
  return account or parsed and parsed.account ~= "" and parsed.account or nil
end

--- Builds a request for doc:weigh and the core's doc:can. A key that is not in the context is absent from the request.
--- With `partial`, or without a context, it is unknown, unless it follows from principal and resource.
---@param options policy.Question
---@param owner? string  the account that owns the resource
---@return table
function M.request(options, owner)
  return {
    principal = options.principal, action = options.action, resource = options.resource, owner = owner,
    context = options.context or {}, partial = options.partial or options.context == nil, issuer = options.issuer,
  }
end

--- The reason of a request that needs no permission.
M.NO_PERMISSION = "AWS allows sts:GetCallerIdentity even where a policy denies it"

--- Reports whether AWS allows a request whatever the policies say: "If an administrator attaches a policy to your
--- identity that explicitly denies access to the sts:GetCallerIdentity action, you can still perform this operation."
--- An anonymous caller has no identity.
--- https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
---@param options { principal: string, action: string }
---@return boolean
function M.needs_no_permission(options)
  return type(options.action) == "string" and #options.action == #"sts:getcalleridentity"
    and options.action:lower() == "sts:getcalleridentity"
    and type(options.principal) == "string" and options.principal ~= "*"
end

--- Returns why a principal cannot have been federated by a user, or nil.
---@param principal string
---@param issuer string
---@return string?
function M.issuer_problem(principal, issuer)
  local session, user = M.caller(principal), M.caller(issuer)
  if session.kind ~= "federated-user" then
    return ("issuer: expected none for '%s', which is not a federated user session"):format(principal)
  elseif user.kind ~= "user" and user.kind ~= "root" then
    return ("issuer: expected the ARN of an IAM user, found '%s'"):format(issuer)
  elseif user.account ~= session.account or user.partition and user.partition ~= session.partition then
    return ("issuer: expected a user of account %s, found '%s'"):format(session.account, issuer)
  end
end

--- Reports whether a request can exist: whether its context and its owner agree with principal and resource.
---@param options { principal: string, resource?: string, context?: table, issuer?: string }
---@param owner? string     the account that owns the resource
---@param complete? boolean  the context has all keys of the request
---@return boolean possible
---@return string? reason  names the key, what is expected and what the context has
function M.possible(options, owner, complete)
  local contradiction = options.issuer and M.issuer_problem(options.principal, options.issuer)
  if contradiction then
    return false, contradiction
  end
  return core.possible {
    principal = options.principal, resource = options.resource, owner = owner, context = options.context,
    complete = complete,
  }
end

return M
