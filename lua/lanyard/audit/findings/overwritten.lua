--- Grants that lanyard wrote on this machine and that another writer has removed since.

local overwritten = require "lanyard.access.overwritten"
local remediation = require "lanyard.audit.remediation"
local timestamp = require "lanyard.text.timestamp"

-- Whether a lost grant would let a service of this account pull today. The role of a service that was deleted or got a
-- new role needs no grant.
local function is_missed(inventory, grant)
  local service = inventory.service_by_name[grant.service]
  return inventory.services_unknown ~= nil or service ~= nil and service.role.arn == grant.principal
end

local function check(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    local lost = repository.lost
    for _, grant in ipairs(lost and lost.grants or {}) do
      if is_missed(inventory, grant) then
        add("overwritten-grant", {
          repository = repository, service = grant.service, principal = grant.principal, lost = lost, grant = grant,
          message = ("the grant of %s in %s is gone: %s"):format(grant.service, repository.name,
            overwritten.describe(lost)),
        })
      end
    end
  end
end

-- Grants again. Terraform would remove the grant with its next run, so its files must have it.
local function restore(inventory, details)
  local line = { "grant", details.service, details.repository.name }
  if details.grant.expires then
    line[#line + 1] = "--expires"
    line[#line + 1] = timestamp.format(details.grant.expires)
  end
  local grant = remediation.command(inventory, table.unpack(line))
  local tool = details.lost.by and details.lost.by.tool
  if tool == "Terraform" or tool == "OpenTofu" then
    return remediation.sequence { grant, remediation.command(inventory, "export", "--format", "terraform") }
  end
  return grant
end

return {
  {
    id = "overwritten-grant",
    severity = "medium",
    summary = "A grant that lanyard wrote on this machine was removed by another writer",
    why = "the service cannot pull any more; ECR has no conditional write, so a writer that does not read the policy "
      .. "first removes the grants of others",
    scope = "repository",
    needs = { "journal" },
    breaks_pull = false,
    check = check,
    remediation = restore,
  },
}
