-- What differs from a desired file (lanyard.desired.file): grants that are missing, that nobody asked for, or
-- that end another day; roles that are off, and what the file names and is not there.
--
-- Rules for lanyard.audit.findings: `repositories` looks at one repository at a time, `rest` at what is left when
-- all have been looked at. Without seen.desired, or where it is for another Region, they find nothing.

local edit = require "lanyard.desired.edit"
local remediation = require "lanyard.audit.remediation"
local policy = require "lanyard.policy"
local repositories = require "lanyard.access.repositories"
local resolve = require "lanyard.desired.resolve"
local pull_access = require "lanyard.desired.pull_access"

local M = {}

local WHY = "the file says who may pull, and this is not what it says"

local function concerns(seen)
  local desired = seen.desired
  return desired ~= nil and not seen.services_unknown and (desired.region or seen.region) == seen.region
end

-- The plan of a prune, as far as lanyard.desired.edit needs it.
local function plan_of(seen)
  local services = {}
  for _, grant in ipairs(seen.desired.grants) do
    local service = seen.service[grant.service]
    services[grant.service] = not resolve.role_error(service, grant.service, seen.region) and service or false
  end
  return { region = seen.region, now = seen.now, prune = true, services = services, all_services = seen.service }
end

-- The command that gives a grant the end that it shall have; one that has passed is an end of the grant.
local function fix_of(seen, repository, one, wish)
  if not one.after or wish.expires and wish.expires <= seen.now then
    return remediation.revoke(seen, repository, one.arn)
  end
  local line = { "grant", one.service, repository.name }
  if wish.expires or one.before then
    line[#line + 1] = "--expires"
    line[#line + 1] = wish.expires and pull_access.date(wish.expires) or "never"
  end
  if wish.sid then
    line[#line + 1] = "--sid"
    line[#line + 1] = wish.sid
  end
  line[#line + 1] = not seen.service[one.service].role.arn and "--enable" or nil
  return remediation.command(seen, table.unpack(line))
end

local function message_of(repository, one, file)
  if not one.before then
    return ("%s does not let %s pull, and by %s it shall%s"):format(repository.name, one.label, file,
      one.after.text ~= "" and " " .. one.after.text or "")
  elseif not one.after then
    return ("%s lets %s pull, and %s does not say so"):format(repository.name, one.label, file)
  end
  return ("%s lets %s pull %s, and by %s it shall pull %s"):format(repository.name, one.label,
    pull_access.limit_text(one.before), file, pull_access.limit_text(one.after))
end

local function add_changes(seen, add, repository, wishes, plan)
  local edit_policy = edit.of({ repository = repository, grants = wishes }, plan)
  local wanted = repository.doc and repository.doc:copy() or policy.new()
  if not edit_policy(wanted, repository.doc) then
    return
  end
  local by_service = {}
  for _, wish in ipairs(wishes) do
    by_service[wish.service] = wish
  end
  for _, one in ipairs(pull_access.changes(repository.doc, wanted, edit.current_roles(plan), seen.region)) do
    add("drift", {
      repository = repository, service = one.service, principal = one.before and one.arn or nil,
      access = one.before and remediation.access_of(repository, one.arn) or nil, why = WHY,
      message = message_of(repository, one, seen.desired.name),
      fix = fix_of(seen, repository, one, by_service[one.service]),
    })
  end
end

-- What the file says in two ways, so that nobody knows which is meant.
local function add_conflicts(seen, add, repository, wishes)
  for _, wish in ipairs(wishes) do
    if wish.conflict then
      add("drift", {
        repository = repository, service = wish.service, why = WHY,
        message = ("%s: %s"):format(seen.desired.name, wish.conflict.message),
        fix = ("let one grant of %s alone say it"):format(seen.desired.name),
      })
    end
  end
end

-- Of each repository by itself.
function M.repositories(seen, add)
  if not concerns(seen) then
    return
  end
  local plan = plan_of(seen)
  for _, repository in ipairs(seen.repositories) do
    local wishes, by = resolve.grants_for(seen.desired, repository.name)
    for key in pairs(by) do
      seen.desired_met[key] = true
    end
    add_conflicts(seen, add, repository, wishes)
    if not repository.unknown then
      add_changes(seen, add, repository, wishes, plan)
    end
  end
end

local function add_services(seen, add)
  local told = {}
  for _, grant in ipairs(seen.desired.grants) do
    local name, service = grant.service, seen.service[grant.service]
    if told[name] then
      goto continue
    elseif not service then
      add("drift", {
        service = name, message = ("%s names the service %s, which is not there"):format(seen.desired.name, name),
        why = WHY, fix = ("take %s out of %s, or create the service"):format(name, seen.desired.name),
      })
    elseif not service.role.active and not (grant.expires and grant.expires <= seen.now) then
      add("drift", {
        service = name, why = "without its role the service can pull nothing",
        message = ("the puller role of %s is off, and by %s it shall pull"):format(name, seen.desired.name),
        fix = remediation.command(seen, "enable", name),
      })
    else
      goto continue
    end
    told[name] = true
    ::continue::
  end
end

-- Of all: services, and the repositories that the file names and nobody met.
function M.rest(seen, add)
  if not concerns(seen) then
    return
  end
  add_services(seen, add)
  for _, grant in ipairs(seen.whole and seen.desired.grants or {}) do
    for _, pattern in ipairs(grant.repositories) do
      if not seen.desired_met[grant.path .. pattern] and not (grant.optional and repositories.is_glob(pattern)) then
        add("drift", {
          service = grant.service, detail = pattern, why = WHY,
          message = ("%s names '%s' for %s, and there is no such repository"):format(seen.desired.name, pattern,
            grant.service),
          fix = ("take '%s' out of %s of %s, or create the repository"):format(pattern, grant.path,
            seen.desired.name),
        })
      end
    end
  end
end

return M
