--- Grants a container service pull access to a repository, permanently or until a date.

local change = require "lanyard.access.change"
local errors = require "lanyard.errors"
local grant_edit = require "lanyard.access.grant_edit"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.access.statements"
local write = require "lanyard.access.write"

local M = {}

-- For how long after it appeared a role counts as new, in seconds.
local NEW = 120

--- Returns the edit of a grant, for lanyard.access.write; see lanyard.access.grant_edit.
---@type fun(grant: access.GrantEdit): access.write.Edit
M.edit = grant_edit.new

--- Returns the Sid of a service's grant.
---@param service_name string
---@return string
function M.sid_for(service_name)
  return statements.SID .. "-" .. service_name
end

--- Reports whether a role appeared moments ago, so that IAM may not have propagated it.
---@param region access.Region
---@param role_arn? string
---@return boolean
function M.is_new_role(region, role_arn)
  local appeared = region.shared.new_roles[role_arn or false]
  return appeared ~= nil and region.clock.now() - appeared < NEW
end

--- Checks that the ARN of a service's puller role has the form of one.
---@param service access.Service
---@return true? ok
---@return aws.Error? err  code UnexpectedRole
function M.check_role(service)
  if principal.classify("AWS", service.role.arn).kind == "puller" then
    return true
  end
  return nil, errors.new {
    code = "UnexpectedRole",
    message = ("'%s' is not the ARN of an image puller role; nothing was granted"):format(service.role.arn),
    tip = "Lightsail may have changed the form of these ARNs; check the service, and grant the role by hand",
  }
end

local function check_service(service)
  if not service.role.arn then
    return nil, errors.new {
      code = "RoleOff",
      message = ("the puller role of '%s' is %s"):format(service.name, service.role.active and "not ready" or "off"),
      tip = ("run lanyard enable %s first"):format(service.name),
    }
  end
  return M.check_role(service)
end

--- Options of a grant.
---@class access.GrantOptions: access.ChangeOptions
---@field sid? string              the Sid of the statement, instead of "AllowLightsailPull-SERVICE"
---@field expires? integer|false   seconds since 1970; false: the grant does not expire; nil: its expiry stays as it is
---@field fold? boolean            join lanyard's own statements if the policy would be too large

--- Grants a service pull access to a repository.
---@param region access.Region
---@param service access.Service
---@param repository access.Repository
---@param options? access.GrantOptions
---@return access.PolicyChange? change
---@return aws.Error? err
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
    gives = { { sid = sid, principal = role_arn, actions = policy.PULL_ACTIONS } },
    dry_run = options.dry_run,
    without_effect = options.without_effect,
    settle = region:settles(options),
    progress = options.progress or region.progress,
    await_principal = true,
    new_role = M.is_new_role(region, role_arn),
  })
  if not result then
    return nil, err
  end
  return change.of(region, repository, result, { "grant", "granted" }, options)
end

return M
