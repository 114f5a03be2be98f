--- Access that the registry policy gives to every repository of an account and Region.

local audience = require "lanyard.policy.audience"
local controls = require "lanyard.audit.controls"
local outsiders = require "lanyard.audit.outsiders"
local policy = require "lanyard.policy"
local query = require "lanyard.audit.query"
local statements = require "lanyard.access.statements"

local WHY = "it applies in addition to every repository policy, so a review of repository policies alone misses it"

-- The actions that a registry policy of scope V1 decides.
-- https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
local V1_ACTIONS = { "ecr:ReplicateImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository" }

local function covers_any(statement, actions)
  for _, action in ipairs(actions) do
    if query.covers(statement, action) then
      return true
    end
  end
  return false
end

-- Describes what a statement allows in every repository.
local function describe_actions(statement, decides_pulls)
  if decides_pulls and covers_any(statement, policy.PULL_ACTIONS) then
    return "pull from"
  end
  return ("call %s%s in"):format(statement.not_action and "all actions except " or "",
    table.concat(statement.actions, ", "))
end

-- Returns what resource control policies leave of the pulls that a statement gives a class, as the end of a sentence.
local function controls_note(inventory, statement, class)
  local registry = inventory.registry
  if registry.scope == "V1" or not covers_any(statement, policy.PULL_ACTIONS) then
    return ""
  end
  local actions = {}
  for _, action in ipairs(policy.PULL_ACTIONS) do
    actions[action] = query.covers(statement, action) or nil
  end
  return controls.note(inventory, {
    doc = registry.doc, arn = ("arn:aws:ecr:%s:%s:repository/*"):format(inventory.region, inventory.account),
  }, { class = class, statements = { statement }, actions = actions })
end

local function add_class(inventory, add, statement, class)
  local everyone = outsiders.is_public(inventory, class)
  local label = statements.label(statement)
  local conditional = everyone and statement.has_condition and not audience.is_unrestricted(class)
  add(everyone and "registry-public" or "registry-pull", {
    principal = everyone and "*" or class.id, label = label, discriminator = label,
    severity = everyone and not audience.is_unrestricted(class) and (class.public and "high" or "medium") or nil,
    message = ("the registry policy allows %s to %s every repository that it covers%s (statement %s)%s"):format(
      class.text:gsub(" %(another account%)$", ""), describe_actions(statement, inventory.registry.scope ~= "V1"),
      conditional and ", under a condition" or "", label, controls_note(inventory, statement, class)),
  })
end

-- Everyone is reported for any action, somebody else outside for pulls.
local function check_registry_policy(inventory, add)
  local registry = inventory.registry or { statements = {} }
  for _, statement in ipairs(registry.statements) do
    local pulls = registry.scope ~= "V1" and covers_any(statement, policy.PULL_ACTIONS)
    local counts = registry.scope ~= "V1" or covers_any(statement, V1_ACTIONS)
    local classes = counts and outsiders.classes(inventory, registry.doc, statement, { is_registry = true }) or {}
    for _, class in ipairs(classes) do
      if outsiders.is_public(inventory, class) or pulls then
        add_class(inventory, add, statement, class)
      end
    end
  end
end

local function edit_registry_policy(inventory, details)
  return ("edit the registry policy manually: remove or narrow statement %s (aws ecr get-registry-policy and "
    .. "put-registry-policy --region %s)"):format(details.label, inventory.region)
end

return {
  {
    id = "registry-public",
    severity = "critical",
    summary = "The registry policy allows everyone",
    why = WHY,
    scope = "account",
    needs = { "registry" },
    breaks_pull = false,
    check = check_registry_policy,
    remediation = edit_registry_policy,
  },
  {
    id = "registry-pull",
    severity = "medium",
    summary = "The registry policy lets a principal outside the account pull",
    why = WHY,
    scope = "account",
    needs = { "registry" },
    breaks_pull = false,
    check = check_registry_policy,
    remediation = edit_registry_policy,
  },
}
