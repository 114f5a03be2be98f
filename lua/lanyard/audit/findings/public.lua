--- Repositories that everyone can use.

local audience = require "lanyard.policy.audience"
local controls = require "lanyard.audit.controls"
local outsiders = require "lanyard.audit.outsiders"
local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"

-- Returns the condition keys of statements, as text.
local function keys_of(statements)
  local keys, known = {}, {}
  for _, statement in ipairs(statements) do
    for _, condition in ipairs(statement.conditions) do
      keys[#keys + 1] = not known[condition.key] and condition.key or nil
      known[condition.key] = true
    end
  end
  table.sort(keys)
  return table.concat(keys, ", ")
end

-- Returns everyone, with the exceptions that NotPrincipal or conditions name.
local function everyone(one)
  local statement, excepted = one.statements[1], {}
  for i, entry in ipairs(statement.principals) do
    excepted[i] = entry.value
  end
  return statement.not_principal and "everyone but " .. table.concat(excepted, ", ")
    or one.class.text .. (#one.class.except > 0 and "," or "")
end

local function add_unrestricted(add, repository, one, note)
  local who = everyone(one)
  add("public-access", outsiders.details(repository, one, ("%s can %s"):format(who, one.abilities.text), {
    note = note,
    severity = not (one.abilities.pulls or one.abilities.writes) and "high" or nil,
  }))
end

local function add_conditional(add, repository, one, note)
  local class, keys = one.class, keys_of(one.statements)
  local who = (class.kind == "organization" and "every account of " or "") .. class.text:gsub(" %(another .*%)$", "")
  local suffix = keys ~= "" and ", under a condition on " .. keys or ""
  add("public-access-conditional", outsiders.details(repository, one,
    ("%s can %s%s"):format(who, one.abilities.text, suffix), {
      note = note,
      severity = (class.public or one.abilities.writes) and "high" or nil,
      why = class.public and "the condition keeps almost nobody out" or nil,
    }))
end

-- The linter reports everyone who may change a repository without reading its images.
local function check(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    for _, one in ipairs(outsiders.of(inventory, repository)) do
      if outsiders.is_reported_as_public(inventory, one) then
        (audience.is_unrestricted(one.class) and add_unrestricted or add_conditional)(add, repository, one,
          controls.note(inventory, repository, one))
      end
    end
  end
end

-- A statement with NotPrincipal is removed as a whole, because the principals that it names are the ones it excludes.
local function revoke(inventory, details)
  local repository = details.repository
  return remediation.after_grants_for_deployed(inventory, repository,
    details.principal == "*" and query.access_of(repository, "*") and remediation.revoke(inventory, repository, "*")
      or remediation.remove(inventory, repository, details.statement))
end

return {
  {
    id = "public-access",
    severity = "critical",
    summary = "Everyone can pull from a repository",
    why = "the statement applies to every AWS account in the world",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check,
    remediation = revoke,
  },
  {
    id = "public-access-conditional",
    severity = "medium",
    summary = "Everyone can pull from a repository under a condition",
    why = "the condition alone keeps every other AWS account out",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check,
    remediation = revoke,
  },
}
