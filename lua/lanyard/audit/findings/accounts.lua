--- Other accounts, organizations and services that can use a repository.

local controls = require "lanyard.audit.controls"
local outsiders = require "lanyard.audit.outsiders"
local remediation = require "lanyard.audit.remediation"

-- Returns a sentence about who can do what.
local function describe(one)
  local class, text = one.class, one.abilities.text
  if class.kind == "service" then
    return ("%s can %s"):format(class.text, text)
  elseif class.account and one.principal ~= "*" then
    return ("account %s can %s as %s"):format(class.account, text, one.principal)
  end
  local who = class.kind == "organization" and "every account of " or ""
  return ("%s%s can %s"):format(who, class.text:gsub(" %(another %a+%)", ""), text)
end

-- With lists of trusted accounts and organizations, all others are more severe, and the trusted ones are not reported.
local function id_of(inventory, class)
  if class.kind == "service" and class.source.relation == "none" then
    return "unrestricted-service"
  end
  return outsiders.has_trusted(inventory) and "untrusted-account" or "other-account"
end

local function add_other(inventory, add, repository, one)
  local class, writes = one.class, one.abilities.writes
  local is_named = one.principal == class.id or one.principal:find(":root", 1, true)
  add(id_of(inventory, class), outsiders.details(repository, one, describe(one), {
    note = controls.note(inventory, repository, one),
    severity = writes and "high" or nil,
    why = writes and "somebody else can change what is deployed next, or who can pull it" or nil,
    discriminator = not (is_named and #class.restrictions == 0) and class.text or nil,
  }))
end

local function check(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    for _, one in ipairs(outsiders.of(inventory, repository)) do
      if not outsiders.is_public(inventory, one.class) then
        add_other(inventory, add, repository, one)
      end
    end
  end
end

-- A condition that names an account cannot be removed by a command; its statement can.
local function revoke(inventory, details)
  if details.outsider.principal == "*" then
    return remediation.remove(inventory, details.repository, details.statement)
  end
  return remediation.revoke(inventory, details.repository, details.principal)
end

return {
  {
    id = "other-account",
    severity = "medium",
    summary = "Another account or organization can use a repository",
    why = "the account does not own the repository; check that the access is intended",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check,
    remediation = revoke,
  },
  {
    id = "untrusted-account",
    severity = "high",
    summary = "An account or organization that is not trusted can use a repository",
    why = "it is neither one of the trusted accounts nor in one of the trusted organizations",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check,
    remediation = revoke,
  },
  {
    id = "unrestricted-service",
    severity = "medium",
    summary = "An AWS service can use a repository for anyone",
    why = "a user of the service in any account can make it act; a condition on aws:SourceArn or aws:SourceAccount "
      .. "restricts for whom it acts",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check,
    remediation = revoke,
  },
}
