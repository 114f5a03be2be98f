-- Turning the ECR image puller role of a container service on and off, and waiting until it is so.

local services = require "lanyard.access.services"
local waiting = require "lanyard.access.wait"

local M = {}

-- A role is not there yet while its service is so.
local UNFINISHED = { UPDATING = true, PENDING = true }

local function is_there(service, wanted)
  if UNFINISHED[service.state] then
    return false
  elseif wanted then
    return service.role.arn ~= nil
  end
  return not service.role.active
end

-- Asks for the role to be on or off; while the service changes otherwise, waits. true | nil, err
local function ask(wait, service, wanted, verb)
  while true do
    wait.progress(("%s: %s"):format(service.name, verb))
    local reply, err = wait.region.lightsail:UpdateContainerService {
      serviceName = service.name,
      privateRegistryAccess = { ecrImagePullerRole = { isActive = wanted } },
    }
    if reply then
      return true
    elseif not wait:is_temporary(err) then
      return nil, err
    end
    wait.progress(("%s: busy with another change; waiting"):format(service.name))
    local ok
    ok, err = wait:sleep(service, "another change of the service")
    if not ok then
      return nil, err
    end
  end
end

local function change(region, name, wanted, options)
  options = options or {}
  local past = wanted and "enabled" or "disabled"
  local service, err = services.find(region, name)
  if not service then
    return nil, err
  end
  local failed = waiting.failure(service)
  if failed then
    return nil, failed
  end
  local verb = wanted and "turning the role on" or "turning the role off"
  local wait = waiting.new(region, name, {
    timeout = options.timeout, poll = options.poll, progress = options.progress,
    tip = ("it may go on by itself: lanyard status %s shows how far it is, lanyard %s %s waits on")
      :format(name, wanted and "enable" or "disable", name),
  })
  local asked = service.role.active ~= wanted
  if asked then
    local permitted
    permitted, err = region:permitted {
      on = wanted and "enable" or "disable", service = service, dry_run = options.dry_run,
    }
    if not permitted then
      return nil, err
    end
  end
  local there = not asked and is_there(service, wanted)
  if there then
    return { kind = "unchanged", service = service }
  elseif options.dry_run then
    local kind = not asked and "unchanged" or "would " .. (wanted and "enable" or "disable")
    return { kind = kind, service = service, dry_run = true }
  end
  if asked then
    local ok
    ok, err = ask(wait, service, wanted, verb)
    if not ok then
      return nil, err
    end
  end
  local had_arn = service.role.arn
  if options.wait == false then
    return { kind = asked and "requested" or "unchanged", service = service }
  end
  service, err = wait:until_true(verb, function(read) return is_there(read, wanted) end)
  if not service then
    return nil, err
  end
  if service.role.arn and service.role.arn ~= had_arn then
    region.shared.new_roles[service.role.arn] = region.clock.now()
  end
  return { kind = asked and past or "unchanged", service = service }
end

-- enable(region, name [, options]) --> { kind = "enabled" | "unchanged" | "requested", service } | nil, err
-- Turns the role on and waits until it is active, its ARN is there, and the service has left UPDATING.
-- options: wait (default true), timeout in seconds, poll (see lanyard.access.wait), dry_run, progress(text).
function M.enable(region, name, options)
  return change(region, name, true, options)
end

-- disable(region, name [, options]): the same the other way, kind "disabled". Grants that name the role
-- are not looked at.
function M.disable(region, name, options)
  return change(region, name, false, options)
end

return M
