--- Counts the rounds of a policy change that failed, and decides whether to try again.
---
--- Each method returns how the round ends: "failed" and an error, or "again" and the seconds to wait first.

local errors = require "lanyard.errors"
local lazy = require "lanyard.lazy"

local refusal = lazy "lanyard.access.refusal"

local M = {}

---@class write.Attempts
---@field private name string             the repository's name
---@field private limits access.Limits
---@field private clock clock
---@field private options access.write.Options
---@field private progress fun(text: string)
local Attempts = {}
Attempts.__index = Attempts

--- Returns the counts of a change that has not tried anything.
---@param change access.write.Change
---@return write.Attempts
function M.new(change)
  return setmetatable({
    name = change.name, limits = change.region.limits, clock = change.clock, options = change.options,
    progress = change.progress, faults = 0, overwritten = 0, overdue = 0, refusals = 0,
  }, Attempts)
end

--- After a request that was throttled or did not get through.
---@param err aws.Error
function Attempts:after_fault(err)
  self.faults = self.faults + 1
  if self.faults > self.limits.faults then
    return "failed", err
  end
  return "again", self.clock.random() * math.min(8, 0.5 * 2 ^ (self.faults - 1))
end

--- After another writer replaced the text that was written.
function Attempts:after_overwrite()
  self.overwritten = self.overwritten + 1
  if self.overwritten > self.limits.contention then
    return "failed", errors.new {
      code = "Contended",
      message = ("gave up after %d attempts: another writer keeps changing the policy of '%s'")
        :format(self.overwritten, self.name),
      tip = "find out what else writes this policy, then run the command again",
    }
  end
  return "again", self.clock.random() * math.min(2, 0.1 * 2 ^ self.overwritten)
end

--- After the time between read and write ran out.
function Attempts:after_slow_read()
  self.overdue = self.overdue + 1
  if self.overdue > self.limits.overdue then
    return "failed", errors.new {
      code = "TooSlow",
      message = ("reading the policy of '%s' took longer than %g s, %d times; nothing was written, because the policy "
        .. "may have changed in the meantime"):format(self.name, self.limits.bound, self.overdue),
      tip = "try again on a faster connection, or with fewer calls in parallel",
    }
  end
  return "again", 0
end

-- Whether a refusal may be over soon. IAM propagates a role that appeared moments ago; for an older role that is only
-- assumed if no other principal can be the reason.
local function may_pass(self, kind, doc)
  if self.options.new_role then
    return kind ~= nil
  end
  return kind == "principal" and self.options.await_principal and not refusal.has_orphans(doc)
end

--- After ECR refused the text.
---@param err aws.Error
---@param doc? policy.Document  what was written
function Attempts:after_refusal(err, doc)
  if not may_pass(self, refusal.kind(err), doc) then
    return "failed", refusal.explain(err, doc, self.name)
  end
  self.refusals = self.refusals + 1
  self.refused_at = self.refused_at or self.clock.now()
  local pause = refusal.pause(self.refusals)
  if self.clock.now() + pause > self.refused_at + self.limits.principal then
    return "failed", refusal.explain(err, doc, self.name)
  end
  self.progress(("%s: waiting for IAM to propagate the role (retry in %d s)"):format(self.name, pause))
  return "again", pause
end

return M
