--- Changes a container service, and waits until the change is complete.
---
--- Tags that are set come first, and tags that are removed last, so that a rule about them holds at each step. A
--- command that was killed in between is completed when it is repeated: only what differs is requested.

local creation = require "lanyard.access.service.create"
local differences = require "lanyard.access.service.differences"
local plans = require "lanyard.access.service.plan"
local requests = require "lanyard.access.service.request"
local service_state = require "lanyard.access.service.state"
local services = require "lanyard.access.services"
local waiting = require "lanyard.access.wait"

local M = {}

-- Reads what still differs | nil, err
local function remaining(region, plan)
  local service, err = services.find(region, plan.name)
  if not service then
    return nil, err
  end
  return differences.between(service_state.of(service), plan.after), nil, service
end

-- Reports whether a list has differences, of tags or of other members.
local function has(list, of_tags)
  for _, one in ipairs(list) do
    if (one.member == "tag") == of_tags then
      return true
    end
  end
  return false
end

-- Sends the change of power, scale, domains and so on. "sent"|"found" | nil, err
local function request(region, wait, plan, observe)
  local input = differences.request(plan.differences, plan.after)
  if not input then
    return "found"
  end
  input.serviceName = plan.name
  return requests.send(wait, {
    activity = "changing it", observe = observe, service = plan.service,
    send = function()
      local reply, err = region.lightsail:UpdateContainerService(input)
      local ok, mistaken = true, nil
      if reply then
        ok, mistaken = services.check_changed(reply, plan.name, "UpdateContainerService")
      end
      return ok and reply, err or mistaken
    end,
    arrived = function()
      local list, err = remaining(region, plan)
      return list and not has(list, false), err
    end,
  })
end

-- Sends a change of tags, which takes effect at once. "sent"|"found" | nil, err
local function request_tags(region, wait, plan, operation, input)
  input.resourceName = plan.name
  return requests.send(wait, {
    activity = "changing its tags", service = plan.service,
    send = function() return region.lightsail[operation](region.lightsail, input) end,
    arrived = function()
      local list, err = remaining(region, plan)
      local set, removed = differences.tags(list or {})
      return list and not (operation == "TagResource" and next(set) or operation == "UntagResource" and removed[1]), err
    end,
  })
end

-- Waits until no change is in progress and no member differs but tags. service | nil, err
local function await(wait, plan)
  return wait:until_true("changing it", function(current)
    return not waiting.is_busy(current) and not has(differences.between(service_state.of(current), plan.after), false)
  end)
end

-- Carries out a plan. service | nil, err
local function carry_out(region, plan, options)
  local wait = waiting.new(region, plan.name, {
    timeout = options.timeout or creation.TIMEOUT, poll = options.poll, progress = options.progress,
    tip = ("it may still finish: lanyard wait service %s continues to wait"):format(plan.name),
  })
  local set, removed = differences.tags(plan.differences)
  local ok, err = true, nil
  if next(set) then
    ok, err = request_tags(region, wait, plan, "TagResource", { tags = differences.tag_list(set) })
  end
  if ok then
    ok, err = request(region, wait, plan, options.observe)
  end
  if ok and removed[1] then
    ok, err = request_tags(region, wait, plan, "UntagResource", { tagKeys = removed })
  end
  if not ok then
    return nil, err
  elseif options.wait == false then
    return services.find(region, plan.name)
  end
  return await(wait, plan)
end

-- A service that is as asked for, once a change in progress is over.
local function join(region, plan, options)
  local service, err = plan.service, nil
  if waiting.is_busy(service) and not options.dry_run and options.wait ~= false then
    if options.observe then
      options.observe "requested"
    end
    service, err = waiting.for_service(region, plan.name, options)
  end
  return service and { kind = "unchanged", service = service, plan = plan }, err
end

-- Changes the service, or joins a change in progress. result | nil, err
local function change(region, name, wants, options)
  local service, err = services.find(region, name)
  local failed = service and waiting.failure(service)
  local plan
  if service and not failed then
    plan, err = plans.change(region, service, wants)
  end
  if not plan then
    return nil, failed or err
  elseif plan.kind == "unchanged" then
    return join(region, plan, options)
  end
  local ok
  ok, err = plans.permit(region, plan, "update", options.dry_run)
  if not ok then
    return nil, err
  elseif options.dry_run then
    return { kind = "would update", service = service, plan = plan }
  end
  local current
  current, err = carry_out(region, plan, options)
  return current and { kind = options.wait == false and "requested" or "updated", service = current, plan = plan }, err
end

--- Changes a service, and waits until the change is complete. A service that is as asked for is not changed.
---@param region access.Region
---@param name string
---@param wants access.service.Wants
---@param options? access.service.Options
---@return access.service.Result? result
---@return aws.Error? err  code NotFoundException if it does not exist
function M.update(region, name, wants, options)
  options = options or {}
  local ok, err = plans.check(name, wants)
  if not ok then
    return nil, err
  end
  local result
  result, err = change(region, name, wants, options)
  if options.observe then
    options.observe "ended"
  end
  return result, err
end

return M
