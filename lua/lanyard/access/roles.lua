--- Enables and disables the ECR image puller role of a container service, and waits until the change is complete.

local retention = require "lanyard.access.journal.retention"
local services = require "lanyard.access.services"
local waiting = require "lanyard.access.wait"

local M = {}

-- While a service is in one of these states, its role is not final.
local UNFINISHED = { UPDATING = true, PENDING = true }

local function is_in_place(service, active)
  if UNFINISHED[service.state] then
    return false
  elseif active then
    return service.role.arn ~= nil
  end
  return not service.role.active
end

-- Requests the role to be on or off, and waits as long as another change of the service is in progress. true | nil, err
local function request(wait, service, active, activity, observe)
  while true do
    wait.progress(("%s: %s"):format(service.name, activity))
    observe "sending"
    local reply, err = wait.region.lightsail:UpdateContainerService {
      serviceName = service.name,
      privateRegistryAccess = { ecrImagePullerRole = { isActive = active } },
    }
    observe(reply and "requested" or nil)
    if reply then
      return services.check_changed(reply, service.name, "UpdateContainerService")
    elseif not wait:is_temporary(err) then
      return nil, err
    end
    wait.progress(("%s: waiting for another change of the service"):format(service.name))
    local ok
    ok, err = wait:sleep(service, "another change of the service")
    if not ok then
      return nil, err
    end
  end
end

-- Requests the role if it is to change, and waits for it. service | nil, err
local function carry_out(region, service, active, requested, options)
  local verb = active and "enable" or "disable"
  local activity = active and "enabling the role" or "disabling the role"
  local wait = waiting.new(region, service.name, {
    timeout = options.timeout, poll = options.poll, progress = options.progress,
    tip = ("it may still finish: lanyard status %s shows its state, lanyard %s %s continues to wait")
      :format(service.name, verb, service.name),
  })
  local observe = options.observe or function() end
  if requested then
    local ok, err = request(wait, service, active, activity, observe)
    if not ok then
      return nil, err
    end
  else
    observe "requested"
  end
  if options.wait == false then
    return service
  end
  return wait:until_true(activity, function(current) return is_in_place(current, active) end)
end

-- Notes when a role appeared: IAM may not have propagated it for a while.
local function note_new_role(region, before, service)
  local arn = service.role.arn
  if arn and arn ~= before.role.arn then
    region.shared.new_roles[arn] = region.clock.now()
  end
end

-- service | nil, err if it does not exist or will not become ready
local function find(region, name)
  local service, err = services.find(region, name)
  local failed = service and waiting.failure(service)
  if not service or failed then
    return nil, failed or err
  end
  return service
end

local function change(region, name, active, options)
  options = options or {}
  local verb = active and "enable" or "disable"
  local limits, err = retention.limits() -- with a mistake in them, the policies could not be changed afterwards
  local service
  if limits then
    service, err = find(region, name)
  end
  if not service then
    return nil, err
  end
  local requested = service.role.active ~= active
  if requested then
    local ok
    ok, err = region:permit { on = verb, service = service, dry_run = options.dry_run }
    if not ok then
      return nil, err
    end
  elseif is_in_place(service, active) then
    return { kind = "unchanged", service = service }
  end
  if options.dry_run then
    return { kind = requested and "would " .. verb or "unchanged", service = service, dry_run = true }
  end
  local current
  current, err = carry_out(region, service, active, requested, options)
  if options.observe then
    options.observe "ended"
  end
  if not current then
    return nil, err
  elseif options.wait == false then
    return { kind = requested and "requested" or "unchanged", service = current }
  end
  note_new_role(region, service, current)
  return { kind = requested and verb .. "d" or "unchanged", service = current }
end

--- Options of turning a puller role on or off.
---@class access.RoleOptions: access.WaitOptions
---@field wait? boolean     wait until the change is in place (default: true)
---@field observe? fun(state: "sending"|"requested"|"ended"|nil)  called as the change proceeds: what an interruption of
---  the caller leaves behind
---@field dry_run? boolean  change nothing, and return what would change

--- Enables the role of a service, and waits until it is active, has an ARN, and the service has left UPDATING.
---@param region access.Region
---@param name string
---@param options? access.RoleOptions
---@return { kind: "enabled"|"would enable"|"requested"|"unchanged", service: access.Service }? result
---@return aws.Error? err
function M.enable(region, name, options)
  return change(region, name, true, options)
end

--- Disables the role of a service, and waits until it is off. Grants that name the role stay.
---@param region access.Region
---@param name string
---@param options? access.RoleOptions
---@return { kind: "disabled"|"would disable"|"requested"|"unchanged", service: access.Service }? result
---@return aws.Error? err
function M.disable(region, name, options)
  return change(region, name, false, options)
end

return M
