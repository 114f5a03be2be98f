--- Puller roles of container services, and the grants to them.

local deployments = require "lanyard.audit.scan.deployments"
local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"
local timestamp = require "lanyard.text.timestamp"

local function revoke(inventory, details)
  return remediation.revoke(inventory, details.repository, details.access.principal)
end

-- A grant to a role of another Region is reported as such, whether or not the service exists there.
local function check_region(inventory, add)
  for repository, access in query.accesses(inventory) do
    if access.kind == "puller" and access.region ~= inventory.region then
      add("other-region-grant", {
        repository = repository, access = access, service = access.service,
        message = ("%s grants the role of %s in %s, which cannot pull from %s"):format(repository.name, access.service,
          access.region, inventory.region),
      })
    end
  end
end

local function add_missing(add, repository, access)
  add("missing-service", {
    repository = repository, access = access, service = access.service,
    message = ("%s grants the role of %s, a service that does not exist in this account and Region")
      :format(repository.name, access.service),
  })
end

local function add_inactive(add, repository, access, disabled)
  add("inactive-role", {
    repository = repository, access = access, service = access.service,
    message = (disabled and "%s grants a role of %s, whose image puller role is disabled"
      or "%s grants an old role of %s, which the service no longer uses"):format(repository.name, access.service),
    why = not disabled and "the service has another role now" or nil,
  })
end

local function check_current(inventory, add)
  if inventory.services_unknown then
    return
  end
  for repository, access in query.accesses(inventory) do
    if access.kind == "puller" and access.region == inventory.region then
      local service = inventory.service_by_name[access.service]
      if not service then
        if inventory.absences:confirmed("service", access.service) then
          add_missing(add, repository, access)
        end
      elseif service.role.arn ~= access.principal then
        add_inactive(add, repository, access, not service.role.active)
      end
    end
  end
end

-- Reports whether a service runs an image of another account, which can grant the role.
local function pulls_from_others(inventory, service)
  for _, image in ipairs(query.deployed_images(inventory, service)) do
    if image.uri.account ~= inventory.account then
      return true
    end
  end
  return false
end

-- A role without a grant is known only when every policy of the Region has been read, the registry's too. An empty list
-- of repositories is no such ground: a role without repositories is harmless, and a proxy that empties the list must
-- not cause `disable`.
local function check_unused_roles(inventory, add)
  if inventory.has_unread or inventory.deployments_unknown or inventory.registry_unknown or not inventory.complete
    or not inventory.has_repositories then
    return
  end
  for _, service in ipairs(inventory.services) do
    -- Disabling the role does not help a deployment that failed, and deployment-failed says what does.
    local is_needed = deployments.needs_role(service) or pulls_from_others(inventory, service)
    if service.role.arn and not inventory.granted[service.role.arn] and not is_needed then
      add("unused-role", {
        service = service.name, principal = service.role.arn, role_owner = service,
        message = ("the puller role of %s is enabled, but no repository grants it"):format(service.name),
      })
    end
  end
end

-- Grants the role the repositories from which its service deploys; disables it when there are none.
local function grant_or_disable(inventory, details)
  local service, commands, known = details.role_owner, {}, {}
  for _, image in ipairs(query.deployed_images(inventory, service)) do
    local repository = image.repository
    if repository and not known[repository] then
      known[repository] = true
      commands[#commands + 1] = remediation.grant(inventory, service, repository)
    end
  end
  return #commands > 0 and remediation.sequence(commands) or remediation.command(inventory, "disable", service.name)
end

local function check_unused_grants(inventory, add)
  for repository, access in query.accesses(inventory) do
    if access.unused then
      add("unused-grant", {
        repository = repository, access = access, service = access.service,
        message = ("%s can pull from %s, but none of its deployments does, and %s"):format(access.service,
          repository.name, access.last_pull == 0 and "no pull was ever recorded"
            or "the last recorded pull was on " .. timestamp.day(access.last_pull)),
      })
    end
  end
end

return {
  {
    id = "other-region-grant",
    severity = "medium",
    summary = "A service of another Region is granted, which cannot pull",
    why = "Lightsail pulls from ECR in the service's own Region only",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = true,
    check = check_region,
    remediation = revoke,
  },
  {
    id = "missing-service",
    severity = "medium",
    summary = "A service is granted that does not exist",
    why = "a service of that name was deleted, or belongs to another account",
    scope = "repository",
    by_policy = true,
    needs = { "services", "absences" },
    breaks_pull = true,
    check = check_current,
    remediation = revoke,
  },
  {
    id = "inactive-role",
    severity = "medium",
    summary = "A puller role is granted that its service does not have, or no longer has",
    why = "nobody can use the role; when it is enabled again, the service gets a new role",
    scope = "repository",
    by_policy = true,
    needs = { "services" },
    breaks_pull = true,
    check = check_current,
    remediation = revoke,
  },
  {
    id = "unused-role",
    severity = "low",
    summary = "A puller role is enabled, but no repository grants it",
    why = "either a grant is missing or the role is not needed",
    scope = "all shards",
    needs = { "services", "deployments", "registry" },
    breaks_pull = false,
    check = check_unused_roles,
    remediation = grant_or_disable,
  },
  {
    id = "unused-grant",
    severity = "low",
    summary = "A grant that no deployment needs has not been used for a long time",
    why = "access that is not used should be revoked",
    scope = "repository",
    by_policy = true,
    needs = { "services", "images" },
    breaks_pull = false,
    check = check_unused_grants,
    remediation = revoke,
  },
}
