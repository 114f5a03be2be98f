-- Who is granted that should not be. These rules look at one repository at a time.

local inventory = require "lanyard.audit.scan.inventory"
local each = require "lanyard.audit.findings.each"
local remediation = require "lanyard.audit.remediation"
local location = require "lanyard.audit.location"
local principal = require "lanyard.access.principal"

local M = {}

-- That command, once those that need the repository have grants of their own.
local function in_favour_of_deployed(seen, repository, revoke)
  local commands = remediation.grants_for_deployed(seen, repository)
  commands[#commands + 1] = revoke
  return remediation.all(commands)
end

-- The condition keys of statements, each once, in order.
local function keys_of(statements)
  local keys, known = {}, {}
  for _, statement in ipairs(statements) do
    for _, condition in ipairs(statement.conditions) do
      if not known[condition.key] then
        known[condition.key] = true
        keys[#keys + 1] = condition.key
      end
    end
  end
  table.sort(keys)
  return keys
end

-- On what it hangs that everyone can pull: the Allow's condition, or that of a Deny.
local function conditions(repository, access)
  local keys = keys_of(access.given_by)
  if #keys == 0 then
    keys = keys_of(repository.statements)
  end
  return #keys > 0 and "on " .. table.concat(keys, ", ") or "on what the policy does not tell"
end

function M.public(seen, add)
  for repository, access in each.access(seen) do
    if access.kind == "public" and access.decision ~= "deny" then
      local conditional = access.decision == "depends"
      add(conditional and "public-access-conditional" or "public-access", {
        repository = repository, access = access,
        message = ("%s can pull from %s%s (statement %s)"):format(
          access.principal == "*" and "everyone" or access.principal, repository.name,
          conditional and ", under a condition " .. conditions(repository, access) or "", access.statements[1]),
        why = conditional and "the condition alone keeps the rest of the world out"
          or "every AWS account in the world is meant",
        fix = in_favour_of_deployed(seen, repository,
          access.principal == "*" and remediation.revoke(seen, repository, "*")
          or remediation.remove(seen, repository, access.given_by[1])),
      })
    end
  end
end

-- Accounts that are not the owner's. With a list of trusted ones the others are worse, and these
-- are no finding.
function M.other_accounts(seen, add)
  for repository, access in each.access(seen) do
    local trusted = seen.trusted and seen.trusted[access.account]
    if access.foreign and access.decision ~= "deny" and not trusted then
      add(seen.trusted and "untrusted-account" or "other-account", {
        repository = repository, access = access,
        message = ("account %s can pull from %s, as %s"):format(access.account, repository.name, access.principal),
        why = seen.trusted and "it is not among the accounts that are trusted"
          or "it is not the account that owns the repository; is it meant to?",
        fix = remediation.revoke(seen, repository, access.principal),
      })
    end
  end
end

-- Roles and users of the account itself that IAM does not know.
function M.missing(seen, add)
  for _, repository in ipairs(seen.repositories) do
    for _, one in ipairs(repository.missing or {}) do
      add("missing-principal", {
        repository = repository, statement = one.statement, principal = one.value,
        place = location.principal(repository.doc, one.statement.index, one.value),
        message = ("%s names %s, which is not there (statement %s)"):format(repository.name, one.value,
          inventory.label(one.statement)),
        why = "it lets nobody in, and ECR may refuse every change of this policy because of it",
        fix = remediation.revoke(seen, repository, one.value),
      })
    end
  end
end

function M.orphans(seen, add)
  for _, repository in ipairs(seen.repositories) do
    local told = {}
    for _, statement in ipairs(repository.statements) do
      for _, value in ipairs(principal.orphans { statement }) do
        if not told[value] then
          told[value] = true
          add("orphan-principal", {
            repository = repository, statement = statement, principal = value,
            place = location.principal(repository.doc, statement.index, value),
            message = ("%s names %s, the id of a role or user that was deleted (statement %s)")
              :format(repository.name, value, inventory.label(statement)),
            why = "it lets nobody in, and ECR may refuse every change of this policy because of it",
            fix = remediation.command(seen, "revoke", "--orphans", repository.name),
          })
        end
      end
    end
  end
end

-- The role goes, once the service that was meant has its grant.
local function in_favour_of(seen, repository, access)
  local service = access.region == seen.region and seen.service[access.service]
  local revoke = remediation.revoke(seen, repository, access.principal)
  return service and remediation.all { remediation.grant(seen, service, repository), revoke } or revoke
end

function M.service_roles(seen, add)
  for repository, access in each.access(seen) do
    if access.kind == "service-role" then
      add("service-role-granted", {
        repository = repository, access = access, service = access.service,
        message = ("%s names the general role of the service %s, which pulls nothing (statement %s)")
          :format(repository.name, access.service, access.statements[1]),
        why = "the image puller role was meant: deployments end in silence, as \"Canceled\"",
        fix = in_favour_of(seen, repository, access),
      })
    end
  end
end

function M.lightsail_service(seen, add)
  for repository, access in each.access(seen) do
    if access.kind == "lightsail-service" then
      add("lightsail-service-granted", {
        repository = repository, access = access,
        message = ("%s names the service %s, which does not pull as one (statement %s)")
          :format(repository.name, access.principal, access.statements[1]),
        why = "the image puller role was meant: deployments end in silence, as \"Canceled\"",
        fix = in_favour_of_deployed(seen, repository, remediation.revoke(seen, repository, access.principal)),
      })
    end
  end
end

return M
