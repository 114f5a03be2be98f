--- Explains why ECR refuses a policy, and what can be done about it.
---
--- ECR answers every policy that it does not accept with InvalidParameterException. Only the message distinguishes a
--- role that IAM has not propagated from a mistake in the policy.

local principal = require "lanyard.access.principal"
local recorded = require "lanyard.aws.recorded"

local M = {}

-- The pauses between attempts while IAM propagates a role, in seconds; the last one repeats.
local PAUSES = { 1, 2, 4, 8, 10 }

--- Returns what a refusal is about.
---@param err aws.Error
---@return "principal"|"policy"|nil kind  principal: IAM does not know a principal, or not yet; policy: the text is not
---  accepted, and ECR gives no reason; nil: another error
function M.kind(err)
  return recorded.means(err, "principal") and "principal" or recorded.means(err, "policy") and "policy" or nil
end

--- Returns the pause after the nth refusal while IAM propagates a role, in seconds.
---@param n integer
---@return number
function M.pause(n)
  return PAUSES[math.min(n, #PAUSES)]
end

--- Reports whether a policy names a deleted role or user, for which AWS may refuse it.
---@param doc? policy.Document
---@return boolean
function M.has_orphans(doc)
  return doc ~= nil and #principal.orphans(doc:statements()) > 0
end

--- Sets err.tip to what can be done about a refusal. Returns the error.
---@param err aws.Error
---@param doc? policy.Document  what was refused
---@param repository string     its name
---@return aws.Error
function M.explain(err, doc, repository)
  local kind = M.kind(err)
  if not kind or not doc then
    return err
  end
  local orphans = principal.orphans(doc:statements())
  if #orphans > 0 then
    err.tip = ("the policy names %s, the unique id of a deleted role or user, for which AWS may refuse the whole "
      .. "policy: lanyard revoke --orphans %s"):format(table.concat(orphans, ", "), repository)
  elseif kind == "principal" then
    err.tip = ("IAM does not know a principal of this policy: check it for a deleted or misspelled role "
      .. "(lanyard audit %s)"):format(repository)
  else
    err.tip = "AWS does not report what is wrong with the policy: check it with --dry-run and lanyard policy lint"
  end
  return err
end

return M
