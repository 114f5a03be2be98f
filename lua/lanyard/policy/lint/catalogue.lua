--- The checks of the policy linter, by id.
---
--- Each module of lanyard.policy.lint defines its checks beside the code that runs them:
---
---     local BAD_ACTION = catalogue.define {
---       id = "bad-action", severity = "high", summary = "text that is not an action",
---       help = "IAM expects SERVICE:ACTION.",
---     }
---     ...
---     add(BAD_ACTION, node, "'GetImage' is not an action", "write SERVICE:ACTION")
---
---@class policy.lint.Check
---@field id string        stable: reports, baselines and mutes refer to it
---@field severity string  one of lanyard.severity; a single finding can be less severe
---@field summary string   what the check finds, in one line
---@field help? string     why it matters, for code scanning; the summary by default
---@field refused? true    AWS refuses to store a policy with it (a finding that is less severe: does not)

local severity = require "lanyard.severity"

---@class policy.lint.Catalogue
---@field checks table<string, policy.lint.Check>  every defined check by id
local M = { checks = {} }

--- Adds a check to the catalogue and returns it. An id can be defined only once.
---@param check policy.lint.Check
---@return policy.lint.Check check
function M.define(check)
  if M.checks[check.id] then
    error(("the check '%s' is defined twice"):format(check.id), 2)
  elseif not severity.RANK[check.severity] or type(check.summary) ~= "string" then
    error(("the check '%s' needs a severity and a summary"):format(tostring(check.id)), 2)
  end
  M.checks[check.id] = check
  return check
end

return M
