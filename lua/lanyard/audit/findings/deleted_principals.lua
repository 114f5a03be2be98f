--- Policies that name roles and users which do not exist.

local location = require "lanyard.audit.location"
local principals = require "lanyard.access.principal"
local remediation = require "lanyard.audit.remediation"
local statements = require "lanyard.access.statements"

local WHY = "it gives access to nobody, and ECR may reject every change to the policy because of it"

local function check_orphans(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    local reported = {}
    for _, statement in ipairs(repository.statements) do
      for _, value in ipairs(principals.orphans { statement }) do
        if not reported[value] then
          reported[value] = true
          add("orphan-principal", {
            repository = repository, statement = statement, principal = value,
            location = location.principal(repository.doc, statement.index, value),
            message = ("%s names %s, the unique ID of a deleted role or user (statement %s)")
              :format(repository.name, value, statements.label(statement)),
          })
        end
      end
    end
  end
end

local function check_missing(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    for _, missing in ipairs(repository.missing or {}) do
      local statement = missing.statement
      add("missing-principal", {
        repository = repository, statement = statement, principal = missing.value,
        location = location.principal(repository.doc, statement.index, missing.value),
        message = ("%s names %s, which does not exist (statement %s)"):format(repository.name, missing.value,
          statements.label(statement)),
      })
    end
  end
end

return {
  {
    id = "orphan-principal",
    severity = "medium",
    summary = "A policy names the unique ID of a deleted role or user",
    why = WHY,
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = true,
    check = check_orphans,
    remediation = function(inventory, details)
      return remediation.command(inventory, "revoke", "--orphans", details.repository.name)
    end,
  },
  {
    id = "missing-principal",
    severity = "medium",
    summary = "A policy names a role or user of the account that does not exist",
    why = WHY,
    scope = "repository",
    by_policy = true,
    needs = { "identities" },
    breaks_pull = true,
    check = check_missing,
    remediation = function(inventory, details)
      return remediation.revoke(inventory, details.repository, details.principal)
    end,
  },
}
