--- Deletes a container service: revokes its grants, requests the deletion, and waits until the service is gone.
---
---     local plans, err = region:plan_deletions({ "web" }, missing)
---     local result, err = region:delete_service(plans[1])
---
--- Its deployments, domain names and roles go with it. AWS leaves the statements of repository policies that name the
--- role (as AROA...), so the grants are revoked first, while the role has its ARN. A deletion that was killed is
--- completed when it is repeated.

local creation = require "lanyard.access.service.create"
local deployments = require "lanyard.access.deployment.list"
local errors = require "lanyard.errors"
local powers = require "lanyard.access.service.powers"
local requests = require "lanyard.access.service.request"
local retention = require "lanyard.access.journal.retention"
local service_state = require "lanyard.access.service.state"
local services = require "lanyard.access.services"
local task = require "lanyard.task"
local waiting = require "lanyard.access.wait"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- What goes with a service

--- What the deletion of a service takes along.
---@class access.service.Deletion
---@field name string
---@field service access.Service
---@field before access.service.State
---@field grants access.Grant[]   that are revoked
---@field unread access.RepositoryPolicy[]  policies that could not be read: each may have a grant
---@field by_registry string[]    repositories that only the registry policy lets it pull from; it is not changed
---@field deployments? access.Deployment[]  newest first; nil if they could not be read
---@field deployments_err? aws.Error
---@field unknown? string  why the price is unknown

-- Reads the policies that can have grants of the services. policies | nil, err
local function policies_for(region, list)
  for _, service in ipairs(list) do
    if service.role.arn then
      return region:policies()
    end
  end
  return {}
end

local function plan_of(region, service, policies)
  local before = service_state.of(service)
  local list, price_err = powers.list(region)
  before.monthly_price = powers.price(list, before.power, before.scale)
  local plan = {
    name = service.name, service = service, before = before, grants = {}, unread = {}, by_registry = {},
    unknown = price_err and "the monthly price: " .. tostring(price_err) or nil,
  }
  if service.role.arn then
    plan.grants, plan.unread = region:grants_of(service.role.arn, policies)
    plan.by_registry = region:registry_grants_of(service.role.arn, policies)
  end
  plan.deployments, plan.deployments_err = deployments.list(region, service.name)
  return plan
end

--- Reads what the deletion of services takes along. Nothing is changed.
---@param region access.Region
---@param names string[]
---@param missing? aws.Error[]  receives an error for each name that does not exist; without it, the first one is an
---  error of the call
---@return access.service.Deletion[]? plans  in the order of the names
---@return aws.Error? err
function M.plan(region, names, missing)
  local list, err = services.list(region, names, missing)
  local policies
  if list then
    policies, err = policies_for(region, list)
  end
  if not policies then
    return nil, err
  end
  return task.map(list, function(service) return plan_of(region, service, policies) end, { limit = region.parallel })
end

-- ---------------------------------------------------------------------------------------------
-- Carrying it out

--- Options of deleting a service.
---@class access.service.DeleteOptions: access.service.Options
---@field force? boolean  delete it even if grants cannot be read or revoked, and leave them as orphans
---@field settle? boolean  read policies once more when other writers have finished
---@field on_grant? fun(index: integer, result: table?)  called when a revocation begins, and again with its result

--- How a service was deleted.
---@class access.service.DeleteResult
---@field kind "deleted"|"would delete"|"requested"|"unchanged"  unchanged: it does not exist, or was being deleted
---@field grants { repository: string, change: access.PolicyChange?, err: aws.Error? }[]  how its grants were revoked

-- Returns the error for a grant that was not revoked. The denial of a rule stays what it is.
local function not_revoked(plan, err)
  return err.code == "RefusedByRule" and err or errors.new {
    code = "GrantsNotRevoked",
    message = ("%s is not deleted: %s"):format(plan.name, err.message),
    tip = "correct this and repeat the command, or pass --force to leave the grants as orphans",
    cause = err,
  }
end

local function unread_error(plan)
  local first = plan.unread[1]
  return errors.new {
    code = "GrantsNotRevoked",
    message = ("%s is not deleted: the policy of '%s' cannot be read, and may name its role: %s"):format(plan.name,
      first.repository.name, first.err.message),
    tip = "pass --force to delete it anyway; grants that remain name a role that does not exist",
    cause = first.err,
  }
end

-- Revokes the grants. true | nil, err
local function revoke(region, plan, result, options)
  local repositories = {}
  for i, grant in ipairs(plan.grants) do
    repositories[i] = grant.repository
  end
  if plan.unread[1] and not options.force then
    return nil, unread_error(plan)
  elseif #repositories == 0 then
    return true
  end
  result.grants = region:change_each(repositories, function(repository)
    return region:revoke({ service = plan.service }, repository,
      { dry_run = options.dry_run, settle = options.settle, progress = options.progress })
  end, options.on_grant)
  for _, item in ipairs(result.grants) do
    if item.err and not options.force then
      return nil, not_revoked(plan, item.err)
    end
  end
  return true
end

-- Whether the service is gone, or being deleted | nil, err
local function is_going(region, service)
  local current, err = services.lookup(region, service.name)
  if current == nil then
    return nil, err
  end
  return not current or current.state == "DELETING" or current.arn ~= service.arn
end

-- Requests the deletion. "sent"|"found" | nil, err
local function request(region, wait, service, observe)
  return requests.send(wait, {
    activity = "deleting it", observe = observe, service = service,
    send = function() return region.lightsail:DeleteContainerService { serviceName = service.name } end,
    arrived = function() return is_going(region, service) end,
  })
end

-- Deletes the service, without its grants. kind | nil, err
local function delete(region, plan, options)
  local service = plan.service
  local wait = waiting.new(region, service.name, {
    timeout = options.timeout or creation.TIMEOUT, poll = options.poll, progress = options.progress,
    tip = ("it may still be deleted: lanyard service delete %s continues to wait"):format(service.name),
  })
  local was_going = service.state == "DELETING"
  local ok, err = true, nil
  if not was_going then
    ok, err = request(region, wait, service, options.observe)
  elseif options.observe then
    options.observe "requested"
  end
  if ok and options.wait == false then
    return was_going and "unchanged" or "requested"
  elseif ok then
    ok, err = wait:until_gone(service)
  end
  return ok and (was_going and "unchanged" or "deleted"), err
end

-- Asks the rules about the deletion. A deletion in progress was decided about before.
local function permit(region, plan, options)
  if plan.service.state == "DELETING" then
    return true
  end
  return region:permit {
    on = "service", action = "delete", service = plan.service, before = plan.before, unknown = plan.unknown,
    dry_run = options.dry_run,
  }
end

--- Deletes a service as planned: revokes its grants, deletes it, and waits until it is gone.
---@param region access.Region
---@param plan access.service.Deletion
---@param options? access.service.DeleteOptions
---@return access.service.DeleteResult result  with an error too: what was done before it
---@return aws.Error? err
function M.carry_out(region, plan, options)
  options = options or {}
  local result = { kind = "unchanged", grants = {} }
  local limits, err = retention.limits() -- with a mistake in them, the policies could not be changed
  local ok
  if limits then
    ok, err = permit(region, plan, options)
  end
  if ok then
    ok, err = revoke(region, plan, result, options)
  end
  if not ok then
    return result, err
  elseif options.dry_run then
    result.kind = plan.service.state == "DELETING" and "unchanged" or "would delete"
    return result
  end
  local kind
  kind, err = delete(region, plan, options)
  result.kind = kind or result.kind
  if options.observe then
    options.observe "ended"
  end
  return result, err
end

--- Deletes a service by its name. One that does not exist is not an error.
---@param region access.Region
---@param name string
---@param options? access.service.DeleteOptions
---@return access.service.DeleteResult? result
---@return aws.Error? err
function M.delete(region, name, options)
  local missing = {}
  local plans, err = M.plan(region, { name }, missing)
  if not plans then
    return nil, err
  elseif missing[1] then
    return { kind = "unchanged", grants = {} }
  end
  return M.carry_out(region, plans[1], options)
end

return M
