--- Sends a request that changes a container service: waits while another change is in progress, and finds out whether
--- a request whose reply was lost was carried out.
---
--- Lightsail's container operations have no client tokens (botocore's model of 2016-11-28). So a request is sent again
--- only once a read shows that its effect is missing.

local answers = require "lanyard.aws.answers"
local retry = require "lanyard.aws.retry"

local M = {}

-- How often a request is sent whose replies are lost.
local ATTEMPTS = 3

--- A request.
---@class access.service.Request
---@field activity string  what is done, as in "creating it"
---@field send fun(): table?, aws.Error?  sends it
---@field arrived fun(): boolean?, aws.Error?  reads whether its effect is in place; an error ends the request
---@field service? access.Service  as it was before, for the message of a timeout
---@field observe? fun(state: "sending"|"requested"|nil)  nil: Lightsail rejected it, and it is sent again later

-- Whether the effect can be in place after an error: by this request, or by another writer.
local function may_be_done(err)
  return retry.may_have_happened(err) or err.earlier ~= nil
    or answers.rejected(err, "InvalidInputException") or answers.rejected(err, "NotFoundException")
end

--- Sends a request until Lightsail accepts it, or its effect is in place.
---@param wait access.Wait
---@param request access.service.Request
---@return "sent"|"found"|nil how  found: no reply said so, but a read shows the effect
---@return aws.Error? err
function M.send(wait, request)
  local lost, observe = 0, request.observe or function() end
  while true do
    wait.progress(("%s: %s"):format(wait.name, request.activity))
    observe "sending"
    local reply, err = request.send()
    if reply then
      observe "requested"
      return "sent"
    end
    lost = lost + (retry.may_have_happened(err) and 1 or 0)
    local is_temporary = wait:is_temporary(err)
    local again = is_temporary or retry.may_have_happened(err) and lost < ATTEMPTS
    if is_temporary and lost == 0 then
      observe(nil)
    end
    if again then
      wait.progress(("%s: %s"):format(wait.name, is_temporary and "waiting for another change of the service"
        or "no reply came; reading what became of the request"))
      local slept, expired = wait:sleep(request.service,
        is_temporary and "another change of the service" or request.activity)
      if not slept then
        return nil, expired
      end
    end
    local done, failure
    if again or may_be_done(err) then
      done, failure = request.arrived()
    end
    if done then
      observe "requested"
      return "found"
    elseif failure or not again then
      return nil, failure or err
    end
  end
end

return M
