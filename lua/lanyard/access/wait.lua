--- Waits for a container service, with the engine of lanyard.aws.waiters.
---
---     local wait = waiting.new(region, "web", { timeout = 600, tip = "..." })
---     local service, err = wait:until_true("the update", function(service) return service.state == "READY" end)
---
--- Lightsail's description states what makes a service fail: `acceptors ServiceFailed` (lanyard.aws.models).

local acceptors = require "lanyard.aws.acceptors"
local answers = require "lanyard.aws.answers"
local aws_services = require "lanyard.aws.services"
local errors = require "lanyard.errors"
local recorded = require "lanyard.aws.recorded"
local services = require "lanyard.access.services"
local waiters = require "lanyard.aws.waiters"

local M = {}

-- Seconds, unless a caller gives another timeout.
local TIMEOUT = 600

-- The states in which a service rejects changes, because one is in progress.
local TRANSITIONAL = { PENDING = true, UPDATING = true, DEPLOYING = true }

--- Reports whether a change of the service is in progress, so that it rejects another one.
---@param service access.Service
---@return boolean
function M.is_busy(service)
  return TRANSITIONAL[service.state] or false
end

local TIPS = {
  CERTIFICATE_LIMIT_EXCEEDED = "delete certificates that no service uses, or request a higher quota from AWS",
}

--- Returns an error for a service that will not become ready.
---@param service access.Service
---@return aws.Error? err  nil for any other service
function M.failure(service)
  local failed = aws_services.get("lightsail").acceptors.ServiceFailed
  if acceptors.judge(failed, { containerServices = { service.raw } }) ~= "failure" then
    return nil
  elseif service.state == "DELETING" then
    return errors.new { code = "ServiceDeleting", message = ("%s is being deleted"):format(service.name) }
  end
  return errors.new {
    code = service.detail_code,
    message = ("%s is %s: %s"):format(service.name, service.state, service.detail),
    tip = TIPS[service.detail_code] or "check the service in the Lightsail console, or contact AWS support",
  }
end

--- A wait for one service. Its timeout covers all that is waited for.
---@class access.Wait
---@field region access.Region
---@field name string
---@field progress fun(text: string)
---@field appears boolean  the service was just created, and has not been read yet
local Wait = {}
Wait.__index = Wait

function Wait:expired(service, activity)
  local detail = service and service.detail and " (" .. service.detail .. ")" or ""
  return errors.new {
    code = "WaiterTimeout",
    message = ("%s: %s took longer than %g s; the service is %s%s")
      :format(self.name, activity, self.wait.timeout, service and service.state or "in an unknown state", detail),
    tip = self.tip,
  }
end

--- Sleeps before another attempt.
---@param service? access.Service  as last read
---@param activity string  what is waited for, as in "waiting for its role"
---@return true? slept
---@return aws.Error? err  code WaiterTimeout
function Wait:sleep(service, activity)
  if self.wait:pause() then
    return true
  end
  return nil, self:expired(service, activity)
end

-- Reads the service. service | nil after an error that is worth a retry | nil, err
local function read(self)
  local service, err = services.find(self.region, self.name)
  if not service then
    local later = err.retryable or recorded.means(err, "busy")
      or self.appears and answers.rejected(err, "NotFoundException")
    return nil, not later and err or nil
  end
  self.appears = false
  local failed = M.failure(service)
  if failed then
    return nil, failed
  end
  return service
end

--- Reports whether AWS rejected a change only because another one is in progress, or a Region is being set up. The
--- message says so for some operations only, so the service is read as well.
---@param err aws.Error
---@return boolean
function Wait:is_temporary(err)
  if recorded.means(err, "busy") or aws_services.get("lightsail").transient[err.code] then
    return true
  elseif not answers.rejected(err, "InvalidInputException") then
    return false
  end
  local service = services.find(self.region, self.name)
  return service ~= nil and M.is_busy(service)
end

--- Waits until a condition of the service holds.
---@param activity string  what is waited for, as in "waiting for its role"
---@param condition fun(service: access.Service): boolean?, aws.Error?  an error ends the wait
---@return access.Service? service
---@return aws.Error? err
function Wait:until_true(activity, condition)
  local last
  return self.wait:poll(function()
    local service, err = read(self)
    local met = false
    if service then
      last = service
      met, err = condition(service)
    end
    if err then
      return "failure", err
    elseif met then
      return "success", service
    end
    self.progress(("%s: %s (%s): %s"):format(self.name, activity, self.wait:remaining(),
      last and (last.detail_code or last.state) or "?"))
    return "retry"
  end, function()
    return self:expired(last, activity)
  end)
end

--- Waits until the service does not exist any more. Another service that has its name by then is another one.
---@param service access.Service  as it was before its deletion
---@return true? gone
---@return aws.Error? err
function Wait:until_gone(service)
  local last = service
  return self.wait:poll(function()
    local current, err = services.lookup(self.region, self.name)
    if current == false or current and current.arn ~= service.arn then
      return "success", true
    elseif not current and not (err.retryable or recorded.means(err, "busy")) then
      return "failure", err
    end
    last = current or last
    self.progress(("%s: deleting it (%s): %s"):format(self.name, self.wait:remaining(), last.state))
    return "retry"
  end, function()
    return self:expired(last, "its deletion")
  end)
end

--- Settings of a wait.
---@class access.WaitOptions
---@field timeout? number  seconds
---@field poll? access.Poll  the pauses between reads
---@field progress? fun(text: string)  receives a line about what a call waits for
---@field tip? string  what to do after a timeout
---@field appears? boolean  the service was just created: it may not be listed yet

--- Starts a wait.
---@param region access.Region
---@param name string
---@param options access.WaitOptions
---@return access.Wait
function M.new(region, name, options)
  local poll = options.poll or region.poll
  return setmetatable({
    region = region,
    name = name,
    wait = waiters.new {
      clock = region.clock,
      timeout = options.timeout or TIMEOUT,
      pauses = waiters.growing(poll.first, poll.longest, poll.growth),
    },
    tip = options.tip,
    appears = options.appears or false,
    progress = options.progress or region.progress or function() end,
  }, Wait)
end

local function start(region, name, what, options)
  options = options or {}
  return M.new(region, name, {
    timeout = options.timeout, poll = options.poll, progress = options.progress,
    tip = ("it may still finish: lanyard wait %s %s continues to wait"):format(what, name),
  })
end

--- Waits until a service accepts changes, or is DISABLED.
---@param region access.Region
---@param name string
---@param options? access.WaitOptions
---@return access.Service? service
---@return aws.Error? err
function M.for_service(region, name, options)
  return start(region, name, "service", options):until_true("waiting for its change", function(service)
    return not M.is_busy(service)
  end)
end

--- Waits until the puller role of a service is on and has an ARN. A role that is off, and that no change in progress
--- turns on, is an error.
---@param region access.Region
---@param name string
---@param options? access.WaitOptions
---@return access.Service? service
---@return aws.Error? err
function M.for_role(region, name, options)
  return start(region, name, "role", options):until_true("waiting for its puller role", function(service)
    if not service.role.active and not M.is_busy(service) then
      return nil, errors.new {
        code = "RoleOff",
        message = ("the puller role of '%s' is off, and no change in progress enables it"):format(name),
        tip = ("run lanyard enable %s, which waits for it"):format(name),
      }
    end
    return service.role.arn ~= nil and service.state ~= "UPDATING" and service.state ~= "PENDING"
  end)
end

return M
