--- Access that the registry policy gives to every repository of an account and Region.

local audience = require "lanyard.policy.audience"
local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
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

-- Returns the changes of a repository that a statement allows, as text | nil
local function changes_of(statement)
  local texts = {}
  for _, group in ipairs(ecr_actions.CHANGES) do
    for _, name in ipairs(group.actions) do
      if query.covers(statement, "ecr:" .. name) then
        texts[#texts + 1] = group.further
        break
      end
    end
  end
  return lists.sentence(texts)
end

-- Describes what a statement allows in every repository.
local function describe_actions(statement, decides_all)
  local changes = decides_all and changes_of(statement)
  if decides_all and covers_any(statement, policy.PULL_ACTIONS) then
    return changes and ("pull from, and %s in,"):format(changes) or "pull from"
  end
  return ("call %s%s in"):format(statement.not_action and "all actions except " or "",
    table.concat(statement.actions, ", "))
end

local function id_of(everyone, pulls)
  return everyone and "registry-public" or pulls and "registry-pull" or "registry-change"
end

local function add_class(inventory, add, statement, class, found)
  local everyone = outsiders.is_public(inventory, class)
  local label = statements.label(statement)
  local conditional = everyone and statement.has_condition and not audience.is_unrestricted(class)
  local is_high = class.public or found.changes
  add(id_of(everyone, found.pulls), {
    principal = everyone and "*" or class.id, label = label, discriminator = label,
    severity = not (everyone and audience.is_unrestricted(class)) and (is_high and "high" or "medium") or nil,
    message = ("the registry policy allows %s to %s every repository that it covers%s (statement %s)"):format(
      class.text:gsub(" %(another account%)$", ""), describe_actions(statement, inventory.registry.scope ~= "V1"),
      conditional and ", under a condition" or "", label),
  })
end

-- Everyone is reported for any action, somebody else outside for pulls and changes.
local function check_registry_policy(inventory, add)
  local registry = inventory.registry or { statements = {} }
  for _, statement in ipairs(registry.statements) do
    local decides_all = registry.scope ~= "V1"
    local found = { pulls = decides_all and covers_any(statement, policy.PULL_ACTIONS),
      changes = decides_all and changes_of(statement) ~= nil }
    local counts = decides_all or covers_any(statement, V1_ACTIONS)
    local classes = counts and outsiders.classes(inventory, registry.doc, statement, { is_registry = true }) or {}
    for _, class in ipairs(classes) do
      if outsiders.is_public(inventory, class) or found.pulls or found.changes then
        add_class(inventory, add, statement, class, found)
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
  {
    id = "registry-change",
    severity = "high",
    summary = "The registry policy lets a principal outside the account change repositories",
    why = WHY,
    scope = "account",
    needs = { "registry" },
    breaks_pull = false,
    check = check_registry_policy,
    remediation = edit_registry_policy,
  },
}
