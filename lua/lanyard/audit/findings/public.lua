--- Repositories that everyone can use.

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

local function is_unrestricted(class)
  return class.kind == "everyone" and class.public and class.certain and #class.restrictions == 0 and #class.except == 0
end

local function add_unrestricted(add, repository, one)
  add("public-access", outsiders.details(repository, one, ("everyone can %s"):format(one.abilities.text), {
    severity = not (one.abilities.pulls or one.abilities.writes) and "high" or nil,
  }))
end

local function add_conditional(add, repository, one)
  local class, keys = one.class, keys_of(one.statements)
  local suffix = keys ~= "" and ", under a condition on " .. keys or ""
  add("public-access-conditional", outsiders.details(repository, one,
    ("%s can %s%s"):format(class.text, one.abilities.text, suffix), {
      severity = (class.public or one.abilities.writes) and "high" or nil,
      discriminator = class.text ~= "everyone" and class.text or nil,
      why = class.public and "the condition keeps almost nobody out" or nil,
    }))
end

-- Who may only change a repository is reported by the linter.
local function check(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    for _, one in ipairs(outsiders.of(inventory, repository)) do
      local everyone = one.class.kind == "everyone" or one.class.kind == "any-organization"
      if everyone and (one.abilities.pulls or one.abilities.reads) then
        (is_unrestricted(one.class) and add_unrestricted or add_conditional)(add, repository, one)
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
    needs = {},
    breaks_pull = false,
    check = check,
    remediation = revoke,
  },
}
