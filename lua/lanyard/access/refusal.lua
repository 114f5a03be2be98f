-- What ECR's refusal of a policy means, and what may be done about it.
--
-- ECR answers every policy it does not take with InvalidParameterException; only the text tells a
-- role that IAM has not spread yet from a real mistake.

local principal = require "lanyard.access.principal"

local M = {}

-- The waits, in seconds, between attempts while a role is not known yet; the last one repeats.
local PRINCIPAL_WAITS = { 1, 2, 4, 8, 10 }

-- kind(err) --> "principal" (a principal does not exist, or not yet), "policy" (the text is not
-- taken; the reason is not given), nil for everything else
function M.kind(err)
  if err.code ~= "InvalidParameterException" then
    return nil
  elseif err.message:find("Principal not found", 1, true) then
    return "principal"
  elseif err.message:find("Invalid repository policy provided", 1, true) then
    return "policy"
  end
  return nil
end

-- How long to wait before attempt n + 1, while a principal is awaited.
function M.principal_wait(n)
  return PRINCIPAL_WAITS[math.min(n, #PRINCIPAL_WAITS)]
end

-- Whether a policy names a role or user that was deleted, for which AWS may refuse it.
function M.has_orphans(doc)
  return doc ~= nil and #principal.orphans(doc:statements()) > 0
end

-- Says in err.tip what to do about a policy that ECR does not take. Returns the err.
function M.explain(err, doc, repository)
  local kind = M.kind(err)
  if not kind or not doc then
    return err
  end
  local orphans = principal.orphans(doc:statements())
  if #orphans > 0 then
    err.tip = ("the policy names %s, the unique id of a role or user that was deleted, and AWS may refuse "
      .. "the whole policy for it: lanyard revoke --orphans %s"):format(table.concat(orphans, ", "), repository)
  elseif kind == "principal" then
    err.tip = "IAM does not know a principal of this policy: look for a role that was deleted or misspelt "
      .. "(lanyard audit " .. repository .. ")"
  else
    err.tip = "AWS does not say what is wrong with it: look at --dry-run and lanyard policy lint"
  end
  return err
end

return M
