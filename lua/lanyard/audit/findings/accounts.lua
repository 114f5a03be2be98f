--- Other accounts that can pull.

local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"

-- With a list of trusted accounts, all other accounts are more severe, and the trusted ones are not reported.
local function check_accounts(inventory, add)
  for repository, access in query.accesses(inventory) do
    local trusted = inventory.trusted and inventory.trusted[access.account]
    if access.foreign and access.decision ~= "deny" and not trusted then
      add(inventory.trusted and "untrusted-account" or "other-account", {
        repository = repository, access = access,
        message = ("account %s can pull from %s as %s"):format(access.account, repository.name, access.principal),
      })
    end
  end
end

local function revoke(inventory, details)
  return remediation.revoke(inventory, details.repository, details.access.principal)
end

return {
  {
    id = "other-account",
    severity = "medium",
    summary = "Another account can pull",
    why = "the account does not own the repository; check that the access is intended",
    scope = "repository",
    needs = {},
    breaks_pull = false,
    check = check_accounts,
    remediation = revoke,
  },
  {
    id = "untrusted-account",
    severity = "high",
    summary = "An account that is not trusted can pull",
    why = "the account is not one of the trusted accounts",
    scope = "repository",
    needs = {},
    breaks_pull = false,
    check = check_accounts,
    remediation = revoke,
  },
}
