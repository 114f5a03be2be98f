-- What is wrong with what an audit saw. A rule looks at all of it and adds findings:
-- { id, severity, message, why, fix, account, region, repository, statement, principal, service, key }.
-- `key` is the same for the same finding in two reports.

local collect = require "lanyard.audit.collect"
local names = require "lanyard.aws.names"
local principal = require "lanyard.access.principal"

local M = {}

-- A word of a command line, quoted where a shell would read it otherwise.
local function word(text)
  if text:find "^[%w_./:=@+-]+$" then
    return text
  end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function revoke_command(value, repository)
  return ("lanyard revoke --principal %s %s"):format(word(value), repository)
end

-- Every access of every repository.
local function each_access(seen)
  return coroutine.wrap(function()
    for _, repository in ipairs(seen.repositories) do
      for _, access in ipairs(repository.access) do
        coroutine.yield(repository, access)
      end
    end
  end)
end

local function where(repository, access)
  return { repository = repository.name, statement = access.statements[1], principal = access.principal }
end

local function services_by_name(seen)
  local by_name = {}
  for _, service in ipairs(seen.services) do
    by_name[service.name] = service
  end
  return by_name
end

local rules = {}

function rules.unreadable(seen, add)
  for _, repository in ipairs(seen.repositories) do
    if repository.unknown then
      add("unreadable-policy", "medium", { repository = repository.name },
        ("the policy of %s could not be read: %s"):format(repository.name, repository.unknown),
        "nobody knows who can pull from it",
        "lanyard permissions prints the policy that reading takes; a text that is no policy is put right by hand")
    end
  end
end

function rules.orphans(seen, add)
  for _, repository in ipairs(seen.repositories) do
    for _, value in ipairs(principal.orphans(repository.statements)) do
      add("orphan-principal", "medium", { repository = repository.name, principal = value },
        ("%s names %s, the id of a role or user that was deleted"):format(repository.name, value),
        "it lets nobody in, and ECR may refuse every change of this policy because of it",
        "lanyard revoke --orphans " .. repository.name)
    end
  end
end

function rules.public(seen, add)
  for repository, access in each_access(seen) do
    if access.kind == "public" and access.decision ~= "deny" then
      local conditional = access.decision == "depends"
      local place = where(repository, access)
      add(conditional and "public-access-conditional" or "public-access", conditional and "medium" or "critical", place,
        ("%s can pull from %s%s (statement %s)"):format(access.principal == "*" and "everyone" or access.principal,
          repository.name, conditional and " under a condition" or "", place.statement),
        "every AWS account in the world is meant",
        access.principal == "*"
          and ("lanyard grant SERVICE %s, then %s"):format(repository.name, revoke_command("*", repository.name))
          or "name the principals that are meant instead of NotPrincipal, which takes a hand")
    end
  end
end

function rules.other_accounts(seen, add)
  for repository, access in each_access(seen) do
    if access.foreign and access.decision ~= "deny" then
      add("other-account", "medium", where(repository, access),
        ("account %s can pull from %s, as %s"):format(access.account, repository.name, access.principal),
        "it is not the account that owns the repository; is it meant to?",
        revoke_command(access.principal, repository.name))
    end
  end
end

function rules.service_roles(seen, add)
  for repository, access in each_access(seen) do
    if access.kind == "service-role" then
      add("service-role-granted", "high", where(repository, access),
        ("%s names the general role of the service %s, which pulls nothing"):format(repository.name, access.service),
        "the image puller role was meant: deployments end in silence, as \"Canceled\"",
        ("lanyard grant %s %s --enable, then %s"):format(access.service, repository.name,
          revoke_command(access.principal, repository.name)))
    end
  end
end

-- Grants to puller roles that are not there any more, as far as the services of this Region tell.
function rules.stale_roles(seen, add)
  if seen.services_unknown then
    return
  end
  local by_name = services_by_name(seen)
  for repository, access in each_access(seen) do
    local service = by_name[access.service]
    local place = where(repository, access)
    place.service = access.service
    if access.kind ~= "puller" or access.region ~= seen.region then
      goto continue
    elseif not service then
      add("missing-service", "medium", place,
        ("%s grants the role of %s, a service that is not in this account and Region")
        :format(repository.name, access.service),
        "a service of that name was deleted, or is somebody else's",
        revoke_command(access.principal, repository.name))
    elseif service.role.arn ~= access.principal then
      local off = not service.role.active
      add("inactive-role", "medium", place,
        ("%s grants a role of %s that is %s"):format(repository.name, access.service,
          off and "switched off" or "no longer the service's"),
        off and "nobody can use it; turned on again the service gets another role"
          or "the service has another role now",
        revoke_command(access.principal, repository.name))
    end
    ::continue::
  end
end

-- Roles that are on and granted nowhere: told only when every repository could be looked at.
function rules.unused_roles(seen, add)
  for _, repository in ipairs(seen.repositories) do
    if repository.unknown then
      return
    end
  end
  if not seen.whole then
    return
  end
  local granted = {}
  for _, access in each_access(seen) do
    granted[access.principal] = true
  end
  for _, service in ipairs(seen.services) do
    if service.role.arn and not granted[service.role.arn] then
      add("unused-role", "low", { service = service.name, principal = service.role.arn },
        ("the puller role of %s is on, and no repository grants it"):format(service.name),
        "either a grant is missing or the role is not needed",
        ("lanyard grant %s REPOSITORY, or lanyard disable %s"):format(service.name, service.name))
    end
  end
end

-- The images of a service's deployments that are in ECR here: { image, container }, each once.
local function images_of(seen, service)
  local found, known = {}, {}
  for _, deployment in ipairs { service.current or {}, service.next or {} } do
    for container, reference in pairs(deployment.images or {}) do
      local image = names.image(reference)
      if image and image.account == seen.account and image.region == seen.region and not known[reference] then
        known[reference] = true
        found[#found + 1] = { repository = image.repository, reference = reference, container = container }
      end
    end
  end
  table.sort(found, function(a, b) return a.reference < b.reference end)
  return found
end

local function why_not(repository, service)
  if not repository then
    return "there is no such repository"
  elseif not service.role.arn then
    return "its puller role is off"
  end
  local decision = repository.doc and collect.decide(repository.doc, service.role.arn, repository.arn) or "deny"
  if decision == "allow" then
    return nil
  elseif decision == "depends" then
    return "its grant depends on a condition"
  elseif decision == "partial" then
    return "the policy gives it only one of the two pull actions"
  end
  return "the policy gives it no grant"
end

-- Deployed images that the service may not pull (again).
function rules.images(seen, add)
  local by_name = {}
  for _, repository in ipairs(seen.repositories) do
    by_name[repository.name] = repository
  end
  for _, service in ipairs(seen.services) do
    for _, image in ipairs(images_of(seen, service)) do
      local repository = by_name[image.repository]
      local known = repository and not repository.unknown or not repository and seen.whole
      local reason = known and why_not(repository, service)
      if reason then
        add("image-not-granted", "high", { service = service.name, repository = image.repository },
          ("%s runs %s, and cannot pull it: %s"):format(service.name, image.reference, reason),
          "the next pull fails: at a new deployment, or when AWS replaces a node",
          ("lanyard grant %s %s --enable"):format(service.name, image.repository))
      end
    end
  end
end

local ORDER = {
  rules.unreadable, rules.public, rules.service_roles, rules.images, rules.orphans, rules.stale_roles,
  rules.other_accounts, rules.unused_roles,
}

local KEY = { "id", "account", "region", "repository", "service", "principal" }

local function key_of(finding)
  local parts = {}
  for i, name in ipairs(KEY) do
    parts[i] = finding[name] or ""
  end
  return table.concat(parts, "|")
end

-- find(seen, rank) --> findings, the worst first; rank = { [severity] = number }
function M.find(seen, rank)
  local findings = {}
  for _, rule in ipairs(ORDER) do
    rule(seen, function(id, severity, place, message, why, fix)
      local finding = {
        id = id, severity = severity, message = message, why = why, fix = fix,
        account = seen.account, region = seen.region,
        repository = place.repository, statement = place.statement, principal = place.principal,
        service = place.service, order = #findings,
      }
      finding.key = key_of(finding)
      findings[#findings + 1] = finding
    end)
  end
  table.sort(findings, function(a, b)
    if a.severity ~= b.severity then
      return rank[a.severity] < rank[b.severity]
    end
    return a.order < b.order
  end)
  for _, finding in ipairs(findings) do
    finding.order = nil
  end
  return findings
end

return M
