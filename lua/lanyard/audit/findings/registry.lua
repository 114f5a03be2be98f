--- Access that the registry policy gives to every repository of an account and Region.

local policy = require "lanyard.policy"
local principals = require "lanyard.access.principal"
local query = require "lanyard.audit.query"
local statements = require "lanyard.access.statements"

local WHY = "it applies in addition to every repository policy, so a review of repository policies alone misses it"

local function has_pull(statement)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if query.covers(statement, action) then
      return true
    end
  end
  return false
end

-- Describes what a statement allows in every repository.
local function describe_actions(statement)
  if has_pull(statement) then
    return "pull from"
  end
  return ("call %s%s in"):format(statement.not_action and "all actions except " or "",
    table.concat(statement.actions, ", "))
end

local function add_statement(add, statement, principal)
  local public = principal == "*"
  local label = statements.label(statement)
  add(public and "registry-public" or "registry-pull", {
    principal = principal, label = label, discriminator = label,
    severity = public and statement.has_condition and "medium" or nil,
    message = ("the registry policy allows %s to %s every repository that it covers%s (statement %s)"):format(
      public and "everyone" or principal, describe_actions(statement),
      statement.has_condition and ", under a condition" or "", label),
  })
end

-- Reports whether a principal is outside the account and the trusted accounts. The unique ID of a deleted identity and
-- the general role of a service let nobody pull.
local function is_outsider(inventory, entry)
  local identity = principals.classify(entry.type, entry.value, inventory.account)
  local account = identity.account
  return identity.kind ~= "orphan" and identity.kind ~= "service-role"
    and not (account and (account == inventory.account or inventory.trusted and inventory.trusted[account]))
end

local function check_registry_policy(inventory, add)
  for _, statement in ipairs(inventory.registry and inventory.registry.statements or {}) do
    local allowed = statement.effect == "Allow" and statement.principals or {}
    if statement.not_principal and allowed[1] then
      add_statement(add, statement, "*")
      allowed = {}
    end
    for _, entry in ipairs(allowed) do
      if entry.value == "*" or has_pull(statement) and is_outsider(inventory, entry) then
        add_statement(add, statement, entry.value)
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
