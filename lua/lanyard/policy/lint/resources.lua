--- Checks the resources of a statement.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html

local define = require("lanyard.policy.lint.catalogue").define
local lazy = require "lanyard.lazy"
local patterns = require "lanyard.policy.lint.patterns"

local arns = lazy "lanyard.policy.lint.arns"
local variables = lazy "lanyard.policy.lint.variables"

local BAD_RESOURCE = define {
  id = "bad-resource", severity = "high", summary = "a resource that matches no ARN",
  help = "A resource pattern has the six parts of an ARN, and no wildcard in the service.",
}
local NO_RESOURCE = define {
  id = "no-resource", severity = "high", summary = "a statement without Resource",
  help = "Statements of identity, organization and VPC endpoint policies have a Resource or NotResource.",
}
local UNSUPPORTED_RESOURCE = define {
  id = "unsupported-resource", severity = "high", summary = "a Resource in a policy that belongs to one resource",
  help = "A repository or trust policy applies to the repository or role that it is attached to. ECR and IAM reject a "
    .. "Resource in it.",
}
local REDUNDANT_RESOURCE = define {
  id = "redundant-resource", severity = "low", summary = "a resource that another one covers",
  help = "The shorter list means the same.",
}

local M = {}

-- Returns the ARN that a resource most likely should be.
local function fix_of(kind)
  return kind == "repository" and "remove the element" or "write arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE"
end

local function check_value(node, scope)
  local value = node.value
  if value == "*" then
    return
  end
  local service = value:match "^arn:[^:]+:([^:]*)"
  if not service or not value:find "^arn:[^:]+:[^:]+:.*%S" then
    scope.add(BAD_RESOURCE, node, ("'%s' is not an ARN"):format(value), fix_of(scope.kind.name))
  elseif service:find "[*?]" then
    scope.add(BAD_RESOURCE, node, ("'%s' has a wildcard for its service, which IAM rejects"):format(value),
      "write the service, such as arn:PARTITION:ecr:...")
  elseif select(2, variables.replace(value, ""):gsub(":", "")) < 5 and not value:find "[*?]" then
    scope.add(BAD_RESOURCE, node, ("'%s' has fewer than the six parts of an ARN"):format(value),
      fix_of(scope.kind.name))
  else
    for _, flaw in ipairs(arns.flaws(value)) do
      scope.add(flaw.check, node, flaw.message, flaw.fix)
    end
  end
end

-- A wildcard in one part of an ARN counts for that part only.
local function covers(wide, narrow)
  if wide == "*" then
    return true
  end
  local parts, others = {}, {}
  for part in wide:gmatch "[^:]*" do parts[#parts + 1] = part end
  for part in narrow:gmatch "[^:]*" do others[#others + 1] = part end
  if #parts ~= #others then
    return false
  end
  for i, part in ipairs(parts) do
    if not patterns.covers(part, others[i]) then
      return false
    end
  end
  return true
end

local function check_redundant(nodes, scope)
  local texts = {}
  for i, node in ipairs(nodes) do
    texts[i] = node.value
  end
  for _, pair in ipairs(patterns.redundant(texts, covers)) do
    scope.add(REDUNDANT_RESOURCE, nodes[pair.index], patterns.redundancy(texts, pair), "remove it")
  end
end

--- Reports resources that IAM refuses whatever the service is ("Resource ... must be in ARN format or \"*\""): texts
--- without a wildcard and a variable that are not an ARN.
---@param scope policy.lint.Scope
function M.check_forms(scope)
  local element = scope.has.Resource or scope.has.NotResource
  for _, item in ipairs(element and (element.kind == "array" and element or { element }) or {}) do
    if item.kind == "string" and not item.value:find "[*?$]" and not item.value:find "^arn:" then
      scope.add(BAD_RESOURCE, item, ("'%s' is not an ARN"):format(item.value), fix_of(scope.kind.name))
    end
  end
end

--- Checks the resources of a statement.
---@param scope policy.lint.Scope
function M.check(scope)
  local element = scope.has.Resource or scope.has.NotResource
  if not element then
    if scope.kind.resource then
      scope.add(NO_RESOURCE, scope.node,
        ("the statement has no Resource, which %s requires"):format(scope.kind.subject),
        'add "Resource": the ARNs, or "*"')
    end
    return
  elseif not scope.kind.resource then
    local service = scope.kind.name == "trust" and "IAM" or "ECR"
    scope.add(UNSUPPORTED_RESOURCE, element.key, ("%s rejects %s in %s"):format(service, element.key.value,
      scope.kind.subject), scope.kind.name == "trust" and "remove it"
        or "remove it; for another type of policy, pass --type to lanyard policy lint")
  end
  local nodes = {}
  for _, item in ipairs(element.kind == "array" and element or { element }) do
    if item.kind == "string" then
      nodes[#nodes + 1] = item
      check_value(item, scope)
    end
  end
  check_redundant(nodes, scope)
end

return M
