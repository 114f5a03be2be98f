--- Creates a container service, and waits until it is ready.
---
--- CreateContainerService of a name that exists is rejected with "already in use". After a request whose reply was
--- lost, or a command that was killed, the service is read: it is the own one if it is as asked for.

local differences = require "lanyard.access.service.differences"
local errors = require "lanyard.errors"
local plans = require "lanyard.access.service.plan"
local requests = require "lanyard.access.service.request"
local services = require "lanyard.access.services"
local waiting = require "lanyard.access.wait"

local M = {}

-- Seconds. terraform-provider-aws waits 30 minutes for each change of a container service.
M.TIMEOUT = 1800

--- How a service was changed.
---@class access.service.Result
---@field kind "created"|"updated"|"deleted"|"requested"|"unchanged"|"would create"|"would update"|"would delete"
---@field service? access.Service  as it is afterwards; nil if it does not exist
---@field plan? access.service.Plan  what differed, and the prices

--- Options of creating and updating a service.
---@class access.service.Options: access.WaitOptions
---@field wait? boolean     wait until the change is complete (default: true)
---@field dry_run? boolean  change nothing, and return what would change
---@field observe? fun(state: "sending"|"requested"|"ended"|nil)  called as the change proceeds

-- Returns an error about a service that exists, and not as asked for.
local function differs(region, plan)
  local texts = {}
  for i, one in ipairs(plan.differences) do
    texts[i] = differences.describe(one)
  end
  return errors.new {
    code = "ServiceDiffers",
    message = ("container service '%s' exists in %s, and is not as asked for: %s"):format(plan.name, region.name,
      table.concat(texts, "; ")),
    tip = "change it with: " .. table.concat(differences.commands(plan.name, plan.differences, region.name), "; "),
    differences = plan.differences,
  }
end

-- What an existing service is compared with: a service that is to run is not disabled.
local function expected(wants)
  return setmetatable({ disabled = false }, { __index = wants })
end

-- Compares a service that exists. plan, as asked for | nil, err
local function compare(region, service, wants)
  local plan = plans.compare(service, expected(wants))
  if plan.kind ~= "unchanged" then
    return nil, differs(region, plan)
  end
  return plan
end

-- The members of the request.
local function input_of(plan)
  local input = differences.request(plan.differences, plan.after)
  input.serviceName = plan.name
  local set = differences.tags(plan.differences)
  input.tags = next(set) and differences.tag_list(set) or nil
  return input
end

-- Sends the request. "sent"|"found" | nil, err
local function request(region, wait, plan, wants, observe)
  local input = input_of(plan)
  return requests.send(wait, {
    activity = "creating it", observe = observe,
    send = function()
      local reply, err = region.lightsail:CreateContainerService(input)
      local ok, mistaken = true, nil
      if reply then
        ok, mistaken = services.check_changed(reply, plan.name, "CreateContainerService")
      end
      return ok and reply, err or mistaken
    end,
    arrived = function()
      local service, err = services.lookup(region, plan.name)
      local same = false
      if service and service.state ~= "DELETING" then
        same, err = compare(region, service, wants)
      end
      return same and true, err
    end,
  })
end

-- Waits until the service is ready, and its role has an ARN if it is asked for. service | nil, err
local function await(region, wait, wants)
  local service, err = wait:until_true("creating it", function(current)
    return not waiting.is_busy(current) and (not wants.role or current.role.arn ~= nil)
  end)
  if service and service.role.arn then
    region.shared.new_roles[service.role.arn] = region.clock.now() -- IAM may not have propagated it for a while
  end
  return service, err
end

local function new_wait(region, name, options)
  return waiting.new(region, name, {
    timeout = options.timeout or M.TIMEOUT, poll = options.poll, progress = options.progress, appears = true,
    tip = ("it may still finish: lanyard wait service %s continues to wait"):format(name),
  })
end

-- A service that exists as asked for, ready unless options say otherwise.
local function join(region, service, plan, wants, options)
  if options.dry_run or options.wait == false then
    return { kind = "unchanged", service = service, plan = plan }
  end
  if options.observe and waiting.is_busy(service) then
    options.observe "requested"
  end
  local current, err = await(region, new_wait(region, service.name, options), wants)
  return current and { kind = "unchanged", service = current, plan = plan }, err
end

-- Creates a service that does not exist.
local function create(region, name, wants, wait, options)
  local plan, err = plans.creation(region, name, wants)
  local ok
  if plan then
    ok, err = plans.permit(region, plan, "create", options.dry_run)
  end
  if not ok then
    return nil, err
  elseif options.dry_run then
    return { kind = "would create", plan = plan }
  end
  local how
  how, err = request(region, wait, plan, wants, options.observe)
  local service
  if how and options.wait == false then
    return { kind = "requested", plan = plan }
  elseif how then
    service, err = await(region, wait, wants)
  end
  return service and { kind = "created", service = service, plan = plan }, err
end

-- Returns the service of the name | false if it does not exist, once one that is being deleted is gone | nil, err
local function find(region, name, wait, options)
  local service, err = services.lookup(region, name)
  if service and service.state == "DELETING" and not options.dry_run then
    local gone
    gone, err = wait:until_gone(service)
    service = nil
    if gone then
      service, err = services.lookup(region, name)
    end
  elseif service and service.state == "DELETING" then
    return false
  end
  return service, err
end

-- Creates the service, or joins it. result | nil, err
local function carry_out(region, name, wants, options)
  local wait = new_wait(region, name, options)
  local service, err = find(region, name, wait, options)
  if service == false then
    return create(region, name, wants, wait, options)
  elseif not service then
    return nil, err
  end
  local failed, plan = waiting.failure(service), nil
  if not failed then
    plan, failed = compare(region, service, wants)
  end
  if failed then
    return nil, failed
  end
  return join(region, service, plan, wants, options)
end

--- Creates a service, and waits until it is ready. A service that exists as asked for is not changed. One that exists
--- otherwise is an error that names the differences.
---@param region access.Region
---@param name string
---@param wants access.service.Wants  power and scale are required for a new service
---@param options? access.service.Options
---@return access.service.Result? result
---@return aws.Error? err  code ServiceDiffers if it exists otherwise
function M.create(region, name, wants, options)
  options = options or {}
  local ok, err = plans.check(name, wants)
  if not ok then
    return nil, err
  end
  local result
  result, err = carry_out(region, name, wants, options)
  if options.observe then
    options.observe "ended"
  end
  return result, err
end

return M
