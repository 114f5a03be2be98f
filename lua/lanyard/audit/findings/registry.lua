--- Access that the registry policy gives to every repository of an account and Region.

local audience = require "lanyard.policy.audience"
local controls = require "lanyard.audit.controls"
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

-- Reports whether a Deny of the registry policy leaves a class an action.
local function is_left(inventory, statement, class, action)
  local has_deny = false
  for _, one in ipairs(inventory.registry.statements) do
    has_deny = has_deny or one.effect == "Deny" and query.covers(one, action)
  end
  for _, one in ipairs(has_deny and outsiders.classes(inventory, inventory.registry.doc, statement,
    { is_registry = true, action = action }) or { class }) do
    if one.text == class.text then
      return true
    end
  end
  return false
end

-- Returns the changes of a repository that a statement allows a class, as text | nil
local function changes_of(inventory, statement, class)
  local texts = {}
  for _, group in ipairs(inventory.registry.scope ~= "V1" and ecr_actions.CHANGES or {}) do
    for _, name in ipairs(group.actions) do
      local action = "ecr:" .. name
      if query.covers(statement, action) and is_left(inventory, statement, class, action) then
        texts[#texts + 1] = group.further
        break
      end
    end
  end
  return lists.sentence(texts)
end

-- Describes what a statement allows in every repository.
local function describe_actions(statement, decides_all, changes)
  if decides_all and covers_any(statement, policy.PULL_ACTIONS) then
    return changes and ("pull from, and %s in,"):format(changes) or "pull from"
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
    message = ("the registry policy allows %s to %s every repository that it covers%s (statement %s)%s"):format(
      class.text:gsub(" %(another account%)$", ""),
      describe_actions(statement, inventory.registry.scope ~= "V1", found.changes),
      conditional and ", under a condition" or "", label, controls_note(inventory, statement, class)),
  })
end

-- Everyone is reported for any action, somebody else outside for pulls and changes.
local function check_registry_policy(inventory, add)
  local registry = inventory.registry or { statements = {} }
  for _, statement in ipairs(registry.statements) do
    local decides_all = registry.scope ~= "V1"
    local pulls = decides_all and covers_any(statement, policy.PULL_ACTIONS)
    local counts = decides_all or covers_any(statement, V1_ACTIONS)
    local classes = counts and outsiders.classes(inventory, registry.doc, statement, { is_registry = true }) or {}
    for _, class in ipairs(classes) do
      local changes = changes_of(inventory, statement, class)
      if outsiders.is_public(inventory, class) or pulls or changes then
        add_class(inventory, add, statement, class, { pulls = pulls, changes = changes })
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
