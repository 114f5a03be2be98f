--- Finds what makes ECR refuse to store a document as the policy of a repository, as far as it is known.
---
---     local refusal = acceptance.refusal(doc)
---     if refusal then print(refusal.message, refusal.fix) end
---
--- An action of ECR that is not known is not refused: AWS adds actions. Sources are reports of policies that ECR
--- refused. Resource: awsdocs/amazon-ecr-user-guide#20, aws-cdk#24314. ecr:GetAuthorizationToken:
--- cloudposse/terraform-aws-ecr#67. The name of a service has no wildcard: "Vendors must be fully qualified and cannot
--- contain regexes" is IAM's refusal.

local refusals = require "lanyard.policy.lint.refusal"

local M = {}

-- Returns why ECR refuses an action, and how to fix it | nil
local function fault_of_action(action)
  local service = action:match "^([^:]*):"
  if action:lower() == "ecr:getauthorizationtoken" then
    return "ecr:GetAuthorizationToken does not belong to a repository", "allow it in an identity policy"
  elseif service and service:lower() ~= "ecr" then
    return ("'%s' is not an action of ECR"):format(action), "remove it"
  end
  return nil
end

-- Returns why ECR refuses a statement, and how to fix it | nil
local function fault_of(statement)
  if statement.has_resource then
    return "it has the element Resource or NotResource", "remove the element: the policy applies to its repository"
  end
  for _, action in ipairs(statement.actions) do
    local message, fix = fault_of_action(action)
    if message then
      return message, fix
    end
  end
  return nil
end

--- Returns what makes ECR refuse a document, the first that is found.
---@param doc policy.Document
---@return { id: string, statement: integer?, message: string, fix: string }? refusal
function M.refusal(doc)
  local found = refusals.find(doc, "repository")
  if found then
    return { id = found.id, statement = found.statement, message = found.message, fix = found.fix }
  end
  for _, statement in ipairs(doc:statements()) do
    local message, fix = fault_of(statement)
    if message then
      return { id = "ecr", statement = statement.index, message = message, fix = fix }
    end
  end
  return nil
end

return M
