-- Turning the ECR image puller role of a container service on and off, and waiting until it is so.

local errors = require "lanyard.errors"
local services = require "lanyard.access.services"

local M = {}

M.TIMEOUT = 600

-- Seconds between two looks at the service: the first, the longest, and the growth.
M.POLL = { first = 1, longest = 5, growth = 1.5 }

-- A service that is so can't be changed right now; AWS says so with InvalidInputException, too.
local TRANSITIONAL = { UPDATING = true, PENDING = true }

-- The only details that tell of a failure; the service stays as it is.
local FAILURES = { CERTIFICATE_LIMIT_EXCEEDED = true, UNKNOWN_ERROR = true }

local Wait = {}
Wait.__index = Wait

local function new_wait(here, name, wanted, options)
  local poll = options.poll or here.poll
  return setmetatable({
    here = here,
    name = name,
    wanted = wanted,
    poll = poll,
    pause = poll.first,
    timeout = options.timeout or M.TIMEOUT,
    give_up = here.clock.now() + (options.timeout or M.TIMEOUT),
    progress = options.progress or here.progress or function() end,
  }, Wait)
end

-- Sleeps before the next look. nil, err when the time is up.
function Wait:sleep(service, what)
  local now = self.here.clock.now()
  if now >= self.give_up then
    local detail = service.detail and " (" .. service.detail .. ")" or ""
    return nil, errors.new {
      code = "Timeout",
      message = ("%s: %s took over %g s; the service is %s%s")
        :format(self.name, what, self.timeout, service.state, detail),
      tip = ("it may go on by itself: lanyard status %s shows how far it is, lanyard %s %s waits on")
        :format(self.name, self.wanted and "enable" or "disable", self.name),
    }
  end
  self.here.clock.sleep(math.min(self.pause, self.give_up - now))
  self.pause = math.min(self.pause * self.poll.growth, self.poll.longest)
  return true
end

local function failure(service)
  if FAILURES[service.detail_code] then
    return errors.new {
      code = service.detail_code,
      message = ("%s is %s: %s"):format(service.name, service.state, service.detail),
      tip = service.detail_code == "CERTIFICATE_LIMIT_EXCEEDED"
        and "delete certificates that no service needs, or ask AWS for a higher quota"
        or "look at the service in the Lightsail console, or ask AWS support",
    }
  elseif service.state == "DELETING" then
    return errors.new {
      code = "ServiceDeleting",
      message = ("%s is being deleted"):format(service.name),
    }
  end
  return nil
end

-- Looks at the service; a fault that may pass is looked over.
function Wait:look()
  local service, err = services.find(self.here, self.name)
  if not service then
    if err.retryable or err.code == "RegionSetupInProgressException" then
      return nil
    end
    return nil, err
  end
  local failed = failure(service)
  if failed then
    return nil, failed
  end
  return service
end

function Wait:is_there(service)
  if TRANSITIONAL[service.state] then
    return false
  elseif self.wanted then
    return service.role.arn ~= nil
  end
  return not service.role.active
end

-- Asks for the role to be on or off; while the service changes otherwise, waits. true | nil, err
function Wait:ask(service)
  local verb = self.wanted and "turning the role on" or "turning the role off"
  while true do
    self.progress(("%s: %s"):format(self.name, verb))
    local reply, err = self.here.lightsail:UpdateContainerService {
      serviceName = self.name,
      privateRegistryAccess = { ecrImagePullerRole = { isActive = self.wanted } },
    }
    if reply then
      return true
    end
    local passing = err.code == "InvalidInputException" and err.message:find("transition state", 1, true)
      or err.code == "RegionSetupInProgressException"
    if not passing then
      return nil, err
    end
    self.progress(("%s: busy with another change; waiting"):format(self.name))
    local ok
    ok, err = self:sleep(service, "another change of the service")
    if not ok then
      return nil, err
    end
  end
end

-- Polls until the role is as wanted. service | nil, err
function Wait:poll_until_there(service)
  local verb = self.wanted and "turning the role on" or "turning the role off"
  while true do
    local seen, err = self:look()
    if err then
      return nil, err
    end
    service = seen or service
    if seen and self:is_there(seen) then
      return seen
    end
    self.progress(("%s: %s: %s"):format(self.name, verb, service.detail_code or service.state))
    local ok
    ok, err = self:sleep(service, verb)
    if not ok then
      return nil, err
    end
  end
end

local function change(here, name, wanted, options)
  options = options or {}
  local past = wanted and "enabled" or "disabled"
  local service, err = services.find(here, name)
  if not service then
    return nil, err
  end
  local failed = failure(service)
  if failed then
    return nil, failed
  end
  local wait = new_wait(here, name, wanted, options)
  local asked = service.role.active ~= wanted
  if asked then
    local permitted
    permitted, err = here:permit { on = wanted and "enable" or "disable", service = service, dry_run = options.dry_run }
    if not permitted then
      return nil, err
    end
  end
  local there = not asked and wait:is_there(service)
  if there then
    return { kind = "unchanged", service = service }
  elseif options.dry_run then
    local kind = not asked and "unchanged" or "would " .. (wanted and "enable" or "disable")
    return { kind = kind, service = service, dry_run = true }
  end
  if asked then
    local ok
    ok, err = wait:ask(service)
    if not ok then
      return nil, err
    end
  end
  local had_arn = service.role.arn
  if options.wait == false then
    return { kind = asked and "requested" or "unchanged", service = service }
  end
  service, err = wait:poll_until_there(service)
  if not service then
    return nil, err
  end
  if service.role.arn and service.role.arn ~= had_arn then
    here.fresh[service.role.arn] = here.clock.now()
  end
  return { kind = asked and past or "unchanged", service = service }
end

-- enable(here, name [, options]) --> { kind = "enabled" | "unchanged" | "requested", service } | nil, err
-- Turns the role on and waits until it is active, its ARN is there, and the service has left UPDATING.
-- options: wait (default true), timeout in seconds, poll (see POLL), dry_run, progress(text).
function M.enable(here, name, options)
  return change(here, name, true, options)
end

-- disable(here, name [, options]): the same the other way, kind "disabled". Grants that name the role
-- are not looked at.
function M.disable(here, name, options)
  return change(here, name, false, options)
end

return M
