--- Differences from a desired-state file (lanyard.desired.file): grants that are missing, not listed, or have another
--- deadline; disabled roles; and names in the file that do not exist.
---
--- Without inventory.desired, or when the file is for another Region or has no grants, the checks report nothing.

local aws_names = require "lanyard.aws.names"
local edit = require "lanyard.desired.edit"
local effect = require "lanyard.policy.effect"
local policy = require "lanyard.policy"
local pull_access = require "lanyard.desired.pull_access"
local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"
local repositories = require "lanyard.access.repositories"
local resolve = require "lanyard.desired.resolve"
local wants_of = require "lanyard.desired.services.wants"

local function applies(inventory)
  local desired = inventory.desired
  return desired ~= nil and desired.has_grants ~= false and not inventory.services_unknown
    and (desired.region or inventory.region) == inventory.region
end

-- ---------------------------------------------------------------------------------------------
-- One repository

-- Returns the services of the file by the repositories that their running deployments pull from: as sets of names. The
-- file need not grant that.
local function deployed_services(inventory)
  local found = {}
  for _, entry in ipairs(inventory.desired.services or {}) do
    local service = wants_of.has_deployment(entry) and inventory.service_by_name[entry.name]
    for _, image in pairs(service and service.current and service.current.images or {}) do
      local parts = aws_names.image(image)
      if parts and parts.account == inventory.account then
        found[parts.repository] = found[parts.repository] or {}
        found[parts.repository][entry.name] = true
      end
    end
  end
  return found
end

-- [services of an inventory by name] = its plan, which is the same for all repositories
local plans = setmetatable({}, { __mode = "k" })

-- Returns a plan that prunes, with the fields that lanyard.desired.edit needs, and the services that keep their grants
-- by repository.
local function plan_of(inventory)
  local plan = plans[inventory.service_by_name]
  if plan and plan.grants == inventory.desired.grants then
    return plan
  end
  local services = {}
  for _, grant in ipairs(inventory.desired.grants) do
    local service = inventory.service_by_name[grant.service]
    services[grant.service] = not resolve.role_error(service, grant.service, inventory.region) and service or false
  end
  plan = { region = inventory.region, now = inventory.now, prune = true, services = services,
    all_services = inventory.service_by_name, grants = inventory.desired.grants,
    protected = deployed_services(inventory) }
  plans[inventory.service_by_name] = plan
  return plan
end

local function describe_change(repository, one, file)
  if not one.before then
    return ("%s does not let %s pull, but %s grants it%s"):format(repository.name, one.label, file,
      one.after.text ~= "" and " " .. one.after.text or "")
  elseif not one.after then
    return ("%s lets %s pull, but %s does not grant it"):format(repository.name, one.label, file)
  end
  return ("%s lets %s pull %s, but %s grants it %s"):format(repository.name, one.label,
    pull_access.limit_text(one.before), file, pull_access.limit_text(one.after))
end

-- Returns the command that gives a grant the desired deadline. A desired deadline in the past means no grant.
local function fix_change(inventory, repository, one, desired)
  if not one.after or desired.expires and desired.expires <= inventory.now then
    return remediation.revoke(inventory, repository, one.arn)
  end
  local line = { "grant", one.service, repository.name }
  if desired.expires or one.before then
    line[#line + 1] = "--expires"
    line[#line + 1] = desired.expires and pull_access.date(desired.expires) or "never"
  end
  if desired.sid then
    line[#line + 1] = "--sid"
    line[#line + 1] = desired.sid
  end
  line[#line + 1] = not inventory.service_by_name[one.service].role.arn and "--enable" or nil
  return remediation.command(inventory, table.unpack(line))
end

local WHY = "the desired-state file defines who can pull, and the account differs from it"

-- Returns why drift matters, with what applying the file gives and takes.
local function why_of(repository, wanted)
  local gives, takes = effect.texts(effect.of(repository.doc or policy.new(), wanted))
  return ("%s; applying it gives: %s; takes: %s"):format(WHY, gives, takes)
end

local function add_changes(inventory, add, repository, desired_grants, plan)
  local edit_policy = edit.of({
    repository = repository, grants = desired_grants, protected = plan.protected[repository.name],
  }, plan)
  local wanted = repository.doc and repository.doc:copy() or policy.new()
  if not edit_policy(wanted, repository.doc) then
    return
  end
  local by_service = {}
  for _, grant in ipairs(desired_grants) do
    by_service[grant.service] = grant
  end
  local changes = pull_access.changes(repository.doc, wanted, edit.current_roles(plan), inventory.region)
  local why = #changes > 0 and why_of(repository, wanted) or nil
  for _, one in ipairs(changes) do
    add("drift", {
      why = why,
      repository = repository, service = one.service, principal = one.before and one.arn or nil,
      access = one.before and query.access_of(repository, one.arn) or nil,
      message = describe_change(repository, one, inventory.desired.name),
      fix = fix_change(inventory, repository, one, by_service[one.service]),
    })
  end
end

-- Reports grants of the file that contradict each other: which of them is meant is unknown.
local function add_conflicts(inventory, add, repository, desired_grants)
  local file = inventory.desired.name
  for _, grant in ipairs(desired_grants) do
    if grant.conflict then
      add("drift", {
        repository = repository, service = grant.service,
        message = ("%s: %s"):format(file, grant.conflict.message),
        fix = ("keep only one of the contradicting grants in %s"):format(file),
      })
    end
  end
end

local function check_repositories(inventory, add)
  if not applies(inventory) then
    return
  end
  local plan = plan_of(inventory)
  for _, repository in ipairs(inventory.repositories) do
    local desired_grants, matched = resolve.grants_for(inventory.desired, repository.name)
    for key in pairs(matched) do
      inventory.desired_matched[key] = true
    end
    add_conflicts(inventory, add, repository, desired_grants)
    if not repository.unknown then
      add_changes(inventory, add, repository, desired_grants, plan)
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Services and repositories that the file names

local function add_missing_service(add, file, name)
  add("drift", {
    service = name,
    message = ("%s names the service %s, which does not exist"):format(file, name),
    fix = ("remove %s from %s, or create the service"):format(name, file),
  })
end

local function add_disabled_role(inventory, add, name)
  add("drift", {
    service = name,
    message = ("the puller role of %s is disabled, but %s grants it access"):format(name, inventory.desired.name),
    why = "without its role the service cannot pull anything",
    fix = remediation.command(inventory, "enable", name),
  })
end

local function add_services(inventory, add)
  local reported = {}
  for _, grant in ipairs(inventory.desired.grants) do
    local name, service = grant.service, inventory.service_by_name[grant.service]
    local expired = grant.expires and grant.expires <= inventory.now
    if not reported[name] and not service then
      reported[name] = true
      if inventory.absences:confirmed("service", name) then
        add_missing_service(add, inventory.desired.name, name)
      end
    elseif not reported[name] and not service.role.active and not expired then
      reported[name] = true
      add_disabled_role(inventory, add, name)
    end
  end
end

local function add_missing_repository(add, file, grant, pattern, what)
  add("drift", {
    service = grant.service, discriminator = pattern,
    message = ("%s names '%s' for %s, but %s"):format(file, pattern, grant.service, what),
    fix = ("remove '%s' from %s of %s, or create the repository"):format(pattern, grant.path, file),
  })
end

-- Returns what is wrong with a name or glob that matched no repository, or nil if that is not certain.
local function mismatch(inventory, pattern)
  if not repositories.is_glob(pattern) then
    return inventory.absences:confirmed("repository", pattern) and "no such repository exists" or nil
  end
  return inventory.has_repositories and "no such repository exists" or "ECR listed no repository at all"
end

local function check_names(inventory, add)
  if not applies(inventory) then
    return
  end
  add_services(inventory, add)
  for _, grant in ipairs(inventory.complete and inventory.desired.grants or {}) do
    for _, pattern in ipairs(grant.repositories) do
      local matched = inventory.desired_matched[grant.path .. pattern]
      local is_needed = not (grant.optional and repositories.is_glob(pattern))
      local what = not matched and is_needed and mismatch(inventory, pattern)
      if what then
        add_missing_repository(add, inventory.desired.name, grant, pattern, what)
      end
    end
  end
end

return {
  {
    id = "drift",
    severity = "medium",
    summary = "Access differs from the desired-state file",
    why = WHY,
    scope = "repository",
    needs = { "services", "absences" },
    breaks_pull = false,
    check = check_repositories,
    check_rest = check_names,
    remediation = function(_, details) return details.fix end,
  },
}
