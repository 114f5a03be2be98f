--- Repositories from which everyone can pull.

local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"

-- Returns the condition keys of statements, each once, sorted.
local function condition_keys(statements)
  local keys, known = {}, {}
  for _, statement in ipairs(statements) do
    for _, condition in ipairs(statement.conditions) do
      if not known[condition.key] then
        known[condition.key] = true
        keys[#keys + 1] = condition.key
      end
    end
  end
  table.sort(keys)
  return keys
end

-- Describes what the access depends on: a condition of the Allow, else of another statement such as a Deny.
local function describe_condition(repository, access)
  local keys = condition_keys(access.given_by)
  if #keys == 0 then
    keys = condition_keys(repository.statements)
  end
  return #keys > 0 and ", under a condition on " .. table.concat(keys, ", ")
    or ", depending on facts that the policy does not contain"
end

local function check_public(inventory, add)
  for repository, access in query.accesses(inventory) do
    if access.kind == "public" and access.decision ~= "deny" then
      local conditional = access.decision == "depends"
      add(conditional and "public-access-conditional" or "public-access", {
        repository = repository, access = access,
        message = ("%s can pull from %s%s (statement %s)"):format(
          access.principal == "*" and "everyone" or access.principal, repository.name,
          conditional and describe_condition(repository, access) or "", access.statements[1]),
      })
    end
  end
end

-- A statement with NotPrincipal is removed as a whole, because the principals that it names are the ones it excludes.
local function revoke_public(inventory, details)
  local repository, access = details.repository, details.access
  return remediation.after_grants_for_deployed(inventory, repository,
    access.principal == "*" and remediation.revoke(inventory, repository, "*")
      or remediation.remove(inventory, repository, access.given_by[1]))
end

return {
  {
    id = "public-access",
    severity = "critical",
    summary = "Everyone can pull from a repository",
    why = "the statement applies to every AWS account in the world",
    scope = "repository",
    needs = {},
    breaks_pull = false,
    check = check_public,
    remediation = revoke_public,
  },
  {
    id = "public-access-conditional",
    severity = "medium",
    summary = "Everyone can pull from a repository under a condition",
    why = "the condition alone keeps every other AWS account out",
    scope = "repository",
    needs = {},
    breaks_pull = false,
    check = check_public,
    remediation = revoke_public,
  },
}
