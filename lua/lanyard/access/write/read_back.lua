--- Reads a policy after a write until the edit is visible.

local policy = require "lanyard.policy"
local repository_policy = require "lanyard.access.repository_policy"
local waiters = require "lanyard.aws.waiters"

local M = {}

--- Reads the policy back. A read that returns the old text may only be late, since ECR may answer from an older copy;
--- such reads are repeated for `limits.lag` seconds. The client retries a read that fails: one that stalls can take
--- longer than that.
---@param change access.write.Change
---@param before? policy.Document  what the write replaced
---@param after? policy.Document   what was written
---@return boolean? in_place  false if another writer replaced the text, nil with an error
---@return aws.Error? err
function M.is_in_place(change, before, after)
  local wait = waiters.new {
    clock = change.clock, timeout = change.region.limits.lag, pauses = waiters.growing(0.1, 1, 2),
  }
  local read_err
  local in_place, err = wait:poll(function()
    local current
    current, read_err = repository_policy.read(change.region.ecr, change.name)
    if read_err then
      return read_err.retryable and "retry" or "failure", read_err
    elseif repository_policy.same(current, after) then
      change.last = current
      return "success", true
    elseif change.edit(current and current:copy() or policy.new(), current) == false then
      change.last, change.disturbed = current, true
      return "success", true
    elseif not repository_policy.same(current, before) then
      return "success", false
    end
    return "retry"
  end, function() return read_err end)
  if in_place == nil and not err then
    return false
  end
  return in_place, err
end

return M
