--- Policies that cannot be read.

local denial = require "lanyard.aws.denial"
local remediation = require "lanyard.audit.remediation"

local function check_unreadable(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    if repository.unknown then
      add("unreadable-policy", {
        repository = repository,
        message = ("cannot read the policy of %s: %s"):format(repository.name, repository.unknown),
      })
    end
  end
end

-- A permission helps only against a missing permission: each cause has its own remedy.
local function by_cause(inventory, details)
  local repository = details.repository
  local err = repository.unknown_error
  local again = remediation.command(inventory, "audit", repository.name)
  if denial.CODES[err.code] then
    local reason = denial.read(err)
    local remedy = denial.may_lack_statement(reason) and "allow the actions that `lanyard permissions` prints"
      or reason.explicit and "exempt the caller from the Deny that the message names"
      or denial.remedy(reason)
    return ("%s, then run: %s"):format(remedy, again)
  elseif err.code == "InvalidPolicy" then
    return ("correct the policy of %s manually: its text is not a policy"):format(repository.name)
  elseif err.retryable then
    return again
  end
  return remediation.sequence { remediation.command(inventory, "doctor"), again }
end

return {
  {
    id = "unreadable-policy",
    severity = "medium",
    summary = "A repository policy cannot be read",
    why = "it is unknown which principals can pull from the repository",
    scope = "repository",
    needs = {},
    breaks_pull = false,
    check = check_unreadable,
    remediation = by_cause,
  },
}
