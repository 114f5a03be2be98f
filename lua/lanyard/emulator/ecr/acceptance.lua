--- Decides whether ECR accepts a text as the policy of a repository or of a registry.
---
---     local doc = acceptance.check(text, { kind = "repository" })   -- nil: "Invalid repository policy provided"
---
--- Sources are reports of policies that ECR refused. Resource in a repository policy: awsdocs/amazon-ecr-user-guide#20,
--- aws-cdk#24314. ecr:GetAuthorizationToken in a repository policy: cloudposse/terraform-aws-ecr#67. A registry policy
--- without Resource: pulumi-aws#2326. Other actions than three under scope V1: terraform-provider-aws#40828. ECR does
--- not check what a Resource of a registry policy names: aws/containers-roadmap#2675. IAM refuses a condition operator
--- in another case (modernisation-platform-environments#8893); that ECR does, too, is an inference.

local catalogue = require("lanyard.policy.lint").catalogue
local documents = require "lanyard.emulator.ecr.documents"
local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
local match = require "lanyard.match"

local M = {}

--- The actions that a registry policy of scope V1 can contain and applies to. Source: "Private registry permissions in
--- Amazon ECR".
---@type string[]
M.V1_ACTIONS = { "ReplicateImage", "BatchImportUpstreamImage", "CreateRepository" }

-- Further lint rules whose findings, at the severity of the rule, make the emulator refuse a policy. What ECR does with
-- them is not known.
local DOUBTFUL = lists.set "bad-variable repeated-key"

-- Returns actions as a list with their service, and as a set in lower case.
local function actions_of(names, except)
  local found = { list = {}, set = {} }
  for _, name in ipairs(names) do
    if name ~= except then
      found.list[#found.list + 1] = "ecr:" .. name
      found.set["ecr:" .. name:lower()] = true
    end
  end
  return found
end

-- The actions that each kind of policy can contain.
local REPOSITORY_ACTIONS = actions_of(ecr_actions.ALL, "GetAuthorizationToken")
local REGISTRY_ACTIONS = actions_of(ecr_actions.ALL)
local V1_ACTIONS = actions_of(M.V1_ACTIONS)

-- Whether a pattern matches one of the actions. The name of the service has no wildcard ("Vendors must be fully
-- qualified and cannot contain regexes" in IAM's refusal).
local function matches_any(pattern, actions)
  if pattern ~= "*" and pattern:sub(1, 4):lower() ~= "ecr:" then
    return false
  elseif actions.set[pattern:lower()] then
    return true
  end
  for _, action in ipairs(actions.list) do
    if match.glob(pattern, action, true) then
      return true
    end
  end
  return false
end

-- Whether each action of a statement is one that the kind of policy can contain.
local function accepts_actions(statement, options)
  local known = options.scope == "V1" and V1_ACTIONS or options.kind == "repository" and REPOSITORY_ACTIONS
    or REGISTRY_ACTIONS
  for _, action in ipairs(statement.actions) do
    if not matches_any(action, known) then
      return false
    end
  end
  return true
end

local function accepts_statement(statement, options)
  return #statement.principals > 0 and statement.has_resource == (options.kind == "registry")
    and accepts_actions(statement, options)
end

local function accepts(doc, options)
  for _, finding in ipairs(doc:lint()) do
    local check = catalogue[finding.id]
    if (check.refused or DOUBTFUL[finding.id]) and finding.severity == check.severity then
      return false
    end
  end
  for _, statement in ipairs(doc:statements()) do
    if not accepts_statement(statement, options) then
      return false
    end
  end
  return true
end

--- Returns the parsed policy, or nil if ECR refuses it. The answer about a text that is in use is kept.
---@param text string
---@param options { kind: "repository"|"registry", scope: "V1"|"V2"|nil }  scope: of the registry policy
---@return policy.Document?
function M.check(text, options)
  local known = documents.find(text)
  if not known.document then
    return nil
  end
  local kind = options.kind .. " " .. (options.scope or "")
  if known.accepted[kind] == nil then
    known.accepted[kind] = accepts(known.document, options)
  end
  return known.accepted[kind] and known.document or nil
end

return M
