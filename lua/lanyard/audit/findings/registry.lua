-- What the policy of the registry gives. These rules look at the whole, once for each account and Region.

local inventory = require "lanyard.audit.scan.inventory"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"

local M = {}

local FIX = "take statement %s out of the registry's policy, or narrow it (aws ecr get-registry-policy and "
  .. "put-registry-policy --region %s), which takes a hand"

-- The pull action that a statement covers | nil
local function pull_of(statement)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if inventory.covers(statement, action) then
      return action
    end
  end
  return nil
end

local function what_of(statement)
  return pull_of(statement) and "to pull from" or table.concat(statement.actions, ", ") .. " in"
end

local function add_statement(seen, add, statement, one)
  local public = one.value == "*"
  add(public and "registry-public" or "registry-pull", {
    principal = one.value, detail = inventory.label(statement),
    severity = public and statement.has_condition and "medium" or nil,
    message = ("the registry's policy allows %s %s every repository that it covers%s (statement %s)"):format(
      public and "everyone" or one.value, what_of(statement),
      statement.has_condition and ", under a condition" or "", inventory.label(statement)),
    why = public and "no repository's policy needs to name them, and who looks at these alone does not see it"
      or "it counts beside each repository's own policy, and who looks at these alone does not see it",
    fix = FIX:format(inventory.label(statement), seen.region),
  })
end

-- Whether somebody is let in who is not of the account itself, nor trusted, nor nobody.
local function is_other(seen, one)
  local who = principal.classify(one.type, one.value, seen.account)
  return who.kind ~= "orphan" and who.kind ~= "service-role"
    and not (who.account and (who.account == seen.account or seen.trusted and seen.trusted[who.account]))
end

-- Statements that let everyone do something, and those that let others pull.
function M.given(seen, add)
  for _, statement in ipairs(seen.registry and seen.registry.statements or {}) do
    local allowed = statement.effect == "Allow" and statement.principals or {}
    if statement.not_principal and allowed[1] then
      add_statement(seen, add, statement, { value = "*" })
      allowed = {}
    end
    for _, one in ipairs(allowed) do
      if one.value == "*" or pull_of(statement) and is_other(seen, one) then
        add_statement(seen, add, statement, one)
      end
    end
  end
end

return M
