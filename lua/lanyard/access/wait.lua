-- Looking at a container service again and again until it is as wanted.
--
--   local wait = waiting.new(region, "web", { timeout = 600, tip = "..." })
--   local service, err = wait:until_so(function(service) return service.state == "READY" end, "getting ready")
--
-- Lightsail has no waiters of its own. A fault that may pass is looked over.

local errors = require "lanyard.errors"
local services = require "lanyard.access.services"

local M = {}

M.TIMEOUT = 600

-- The only details that tell of a failure; the service stays as it is.
local FAILURES = { CERTIFICATE_LIMIT_EXCEEDED = true, UNKNOWN_ERROR = true }

-- States in which a service takes no change.
local TRANSITIONAL = { PENDING = true, UPDATING = true, DEPLOYING = true }

-- Whether a service takes no change right now, for one is under way.
function M.is_busy(service)
  return TRANSITIONAL[service.state] or false
end

-- failure(service) --> err of a service that will not come to rest | nil
function M.failure(service)
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

local Wait = {}
Wait.__index = Wait

-- Sleeps before the next look. nil, err when the time is up. what: what is waited for, in words.
function Wait:sleep(service, what)
  local now = self.region.clock.now()
  if now >= self.give_up then
    local detail = service and service.detail and " (" .. service.detail .. ")" or ""
    return nil, errors.new {
      code = "WaiterTimeout",
      message = ("%s: %s took over %g s; the service is %s%s")
        :format(self.name, what, self.timeout, service and service.state or "not to be seen", detail),
      tip = self.tip,
    }
  end
  self.region.clock.sleep(math.min(self.pause, self.give_up - now))
  self.pause = math.min(self.pause * self.poll.growth, self.poll.longest)
  return true
end

-- Looks at the service. service | nil after a fault that may pass | nil, err
function Wait:look()
  local service, err = services.find(self.region, self.name)
  if not service then
    if err.retryable or err.code == "RegionSetupInProgressException" then
      return nil
    end
    return nil, err
  end
  local failed = M.failure(service)
  if failed then
    return nil, failed
  end
  return service
end

-- Whether AWS refused a change for another that is under way, or a Region that is being set up. The words
-- are known of some operations only, so the service itself is asked, too.
function Wait:is_passing(err)
  if err.code ~= "InvalidInputException" then
    return err.code == "RegionSetupInProgressException"
  elseif err.message:find("transition state", 1, true) then
    return true
  end
  local service = services.find(self.region, self.name)
  return service ~= nil and M.is_busy(service)
end

-- Looks until is_so(service) is true. service | nil, err; is_so may return nil, err to give up.
function Wait:until_so(is_so, what)
  local service
  while true do
    local seen, err = self:look()
    if err then
      return nil, err
    end
    service = seen or service
    local so = false
    if seen then
      so, err = is_so(seen)
    end
    if err then
      return nil, err
    elseif so then
      return seen
    end
    self.progress(("%s: %s: %s"):format(self.name, what, service and (service.detail_code or service.state) or "?"))
    local ok
    ok, err = self:sleep(service, what)
    if not ok then
      return nil, err
    end
  end
end

-- new(region, service name, options) --> wait
-- options: timeout in seconds for all that the wait does (TIMEOUT), poll (see POLL), progress(text), tip
-- (what to do when the time is up).
function M.new(region, name, options)
  local poll = options.poll or region.poll
  local timeout = options.timeout or M.TIMEOUT
  return setmetatable({
    region = region,
    name = name,
    poll = poll,
    pause = poll.first,
    timeout = timeout,
    give_up = region.clock.now() + timeout,
    tip = options.tip,
    progress = options.progress or region.progress or function() end,
  }, Wait)
end

-- for_service(region, name [, options]) --> service | nil, err, once it takes changes, or is DISABLED
-- options: as for new.
function M.for_service(region, name, options)
  options = options or {}
  local wait = M.new(region, name, {
    timeout = options.timeout, poll = options.poll, progress = options.progress,
    tip = ("it may go on by itself: lanyard wait service %s waits on"):format(name),
  })
  return wait:until_so(function(service) return not M.is_busy(service) end, "waiting for its change")
end

-- for_role(region, name [, options]) --> service | nil, err, once its puller role is on and has an ARN
function M.for_role(region, name, options)
  options = options or {}
  local wait = M.new(region, name, {
    timeout = options.timeout, poll = options.poll, progress = options.progress,
    tip = ("it may go on by itself: lanyard wait role %s waits on"):format(name),
  })
  return wait:until_so(function(service)
    if not service.role.active and not M.is_busy(service) then
      return nil, errors.new {
        code = "RoleOff",
        message = ("the puller role of '%s' is off, and nothing is turning it on"):format(name),
        tip = ("lanyard enable %s turns it on, and waits"):format(name),
      }
    end
    return service.role.arn ~= nil and service.state ~= "UPDATING" and service.state ~= "PENDING"
  end, "waiting for its puller role")
end

return M
