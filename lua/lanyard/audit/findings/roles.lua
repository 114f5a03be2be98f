-- Roles of container services, and the grants that they have. All but unused_roles look at one repository at a
-- time.

local each = require "lanyard.audit.findings.each"
local remediation = require "lanyard.audit.remediation"

local M = {}

local function add_missing(seen, add, repository, access)
  add("missing-service", {
    repository = repository, access = access, service = access.service,
    message = ("%s grants the role of %s, a service that is not in this account and Region")
      :format(repository.name, access.service),
    why = "a service of that name was deleted, or is somebody else's",
    fix = remediation.revoke(seen, repository, access.principal),
  })
end

local function add_inactive(seen, add, repository, access, off)
  add("inactive-role", {
    repository = repository, access = access, service = access.service,
    message = ("%s grants a role of %s that is %s"):format(repository.name, access.service,
      off and "switched off" or "no longer the service's"),
    why = off and "nobody can use it; turned on again the service gets another role"
      or "the service has another role now",
    fix = remediation.revoke(seen, repository, access.principal),
  })
end

-- Grants to puller roles of another Region, whatever becomes of the services there.
function M.other_region(seen, add)
  for repository, access in each.access(seen) do
    if access.kind == "puller" and access.region ~= seen.region then
      add("other-region-grant", {
        repository = repository, access = access, service = access.service,
        message = ("%s grants the role of %s in %s, which cannot pull from %s"):format(repository.name, access.service,
          access.region, seen.region),
        why = "Lightsail pulls from ECR of the service's own Region only",
        fix = remediation.revoke(seen, repository, access.principal),
      })
    end
  end
end

-- Grants to puller roles that are not there any more, as far as the services of this Region tell.
function M.stale(seen, add)
  if seen.services_unknown then
    return
  end
  for repository, access in each.access(seen) do
    if access.kind == "puller" and access.region == seen.region then
      local service = seen.service[access.service]
      if not service then
        add_missing(seen, add, repository, access)
      elseif service.role.arn ~= access.principal then
        add_inactive(seen, add, repository, access, not service.role.active)
      end
    end
  end
end

-- What a role without a grant needs: the repositories that its service deploys from, or to go.
local function use_or_disable(seen, service)
  local commands, known = {}, {}
  for _, one in ipairs(seen.deployed) do
    if one.service == service and one.repository and not known[one.repository] then
      known[one.repository] = true
      commands[#commands + 1] = remediation.grant(seen, service, one.repository)
    end
  end
  return #commands > 0 and remediation.all(commands) or remediation.command(seen, "disable", service.name)
end

-- Roles that are on and granted nowhere: told only when every repository could be looked at.
function M.unused_roles(seen, add)
  if seen.unread or not seen.whole then
    return
  end
  for _, service in ipairs(seen.services) do
    if service.role.arn and not seen.granted[service.role.arn] then
      add("unused-role", {
        service = service.name, principal = service.role.arn,
        message = ("the puller role of %s is on, and no repository grants it"):format(service.name),
        why = "either a grant is missing or the role is not needed",
        fix = use_or_disable(seen, service),
      })
    end
  end
end

function M.unused_grants(seen, add)
  for repository, access in each.access(seen) do
    if access.unused then
      add("unused-grant", {
        repository = repository, access = access, service = access.service,
        message = ("%s may pull from %s, none of its deployments does, and %s"):format(access.service,
          repository.name, access.last_pull == 0 and "no pull was ever recorded"
            or "the last pull was on " .. os.date("!%Y-%m-%d", math.floor(access.last_pull))),
        why = "who has no use for a grant should not have it",
        fix = remediation.revoke(seen, repository, access.principal),
      })
    end
  end
end

return M
