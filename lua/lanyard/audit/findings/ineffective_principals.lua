--- Grants to a principal with which Lightsail does not pull images.

local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"

local WHY = "Lightsail pulls with the image puller role; unless that role is granted, a deployment ends as "
  .. "\"Canceled\" and reports no error"

local function check_service_role(inventory, add)
  for repository, access in query.accesses(inventory) do
    if access.kind == "service-role" then
      add("service-role-granted", {
        repository = repository, access = access, service = access.service,
        message = ("%s grants the general role of service %s, which cannot pull images (statement %s)")
          :format(repository.name, access.service, access.statements[1]),
      })
    end
  end
end

local function check_lightsail_service(inventory, add)
  for repository, access in query.accesses(inventory) do
    if access.kind == "lightsail-service" then
      add("lightsail-service-granted", {
        repository = repository, access = access,
        message = ("%s grants the service principal %s, with which Lightsail does not pull images (statement %s)")
          :format(repository.name, access.principal, access.statements[1]),
      })
    end
  end
end

-- Grants the puller role of the intended service, where it is known, before the general role is revoked.
local function replace_by_puller_role(inventory, details)
  local repository, access = details.repository, details.access
  local service = access.region == inventory.region and inventory.service_by_name[access.service]
  local revoke = remediation.revoke(inventory, repository, access.principal)
  return service and remediation.sequence { remediation.grant(inventory, service, repository), revoke } or revoke
end

local function replace_by_grants(inventory, details)
  return remediation.after_grants_for_deployed(inventory, details.repository,
    remediation.revoke(inventory, details.repository, details.access.principal))
end

return {
  {
    id = "service-role-granted",
    severity = "high",
    summary = "The general role of a service is granted, which cannot pull images",
    why = WHY,
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = true,
    check = check_service_role,
    remediation = replace_by_puller_role,
  },
  {
    id = "lightsail-service-granted",
    severity = "high",
    summary = "The Lightsail service principal is granted, which does not pull images",
    why = WHY,
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = true,
    check = check_lightsail_service,
    remediation = replace_by_grants,
  },
}
