-- The commands that mend what an audit finds: lines for a shell, whole as they stand.
--
--   mend.revoke(seen, repository, value)    mend.grant(seen, service, repository)
--   mend.renew(seen, repository, value)     mend.remove(seen, repository, statement [, value])
--   mend.prolong(seen, repository, value)
--   mend.undeny(seen, repository, index, value)
--   mend.all { first, second }              --> "first && second"
--
-- `repository` and `service` are of `seen` (lanyard.audit.scan.inventory). A command names its Region, and the
-- profile that was asked for, so that it means the same wherever it is pasted. The profile from which a role of
-- another account was assumed is not that account's: such a command names none.

local timestamp = require "lanyard.text.timestamp"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.access.statements"
local shellwords = require "lanyard.text.shellwords"

local M = {}

-- For how long a grant is prolonged.
local LONGER = "90d"

-- A lanyard command for the account and Region of `seen`.
function M.command(seen, ...)
  local line = table.pack("lanyard", ...)
  line[#line + 1] = "--region"
  line[#line + 1] = seen.region
  if seen.profile and not seen.role then
    line[#line + 1] = "--profile"
    line[#line + 1] = seen.profile
  end
  return shellwords.join(line)
end

function M.all(commands)
  return table.concat(commands, " && ")
end

function M.revoke(seen, repository, value)
  return M.command(seen, "revoke", "--principal", value, repository.name)
end

-- Grants to the role that the service has, or shall have.
function M.grant(seen, service, repository)
  return service.role.arn and M.command(seen, "grant", service.name, repository.name)
    or M.command(seen, "grant", service.name, repository.name, "--enable")
end

-- The service whose puller role a principal is now | nil
local function service_of(seen, value)
  local who = principal.classify("AWS", value)
  local service = who.kind == "puller" and who.region == seen.region and seen.service[who.service]
  return service and service.role.arn == value and service or nil
end

-- Lets a service that has this role pull for longer | nil where it is no service's role
function M.prolong(seen, repository, value)
  local service = service_of(seen, value)
  return service and M.command(seen, "grant", service.name, repository.name, "--expires", LONGER)
end

-- What a principal may do with a repository, as lanyard.audit.scan.inventory has it | nil
function M.access_of(repository, value)
  for _, access in ipairs(repository.access) do
    if access.principal == value then
      return access
    end
  end
  return nil
end

-- Gives a Lightsail role the pull and nothing else, once, until the end that it has; a role that has no use
-- for it, or whose end has come, loses it. nil for a principal of another kind.
function M.renew(seen, repository, value)
  local service, access = service_of(seen, value), M.access_of(repository, value)
  local revoke = M.revoke(seen, repository, value)
  if service and not (access and (access.unused or access.ends and access.ends <= seen.now)) then
    return M.all { revoke, access and access.ends and M.command(seen, "grant", service.name, repository.name,
      "--expires", timestamp.format(access.ends)) or M.grant(seen, service, repository) }
  end
  local kind = principal.classify("AWS", value).kind
  if service or kind == "service-role" or kind == "puller" and not seen.services_unknown then
    return revoke
  end
  return nil
end

-- Takes a statement out, or only one principal out of it: what others give stays.
function M.remove(seen, repository, statement, value)
  local name = statements.reference(repository.doc, statement.index)
  if value then
    return M.command(seen, "revoke", "--statement", name, "--principal", value, repository.name)
  end
  return M.command(seen, "revoke", "--statement", name, repository.name)
end

-- Takes a principal out of a Deny that names it; where a Deny means it without naming it, tells what to do.
function M.undeny(seen, repository, index, value)
  local deny = repository.statements[index]
  for _, one in ipairs(deny.not_principal and {} or deny.principals) do
    if one.value == value then
      return M.remove(seen, repository, deny, value)
    end
  end
  return ("except %s from the Deny (statement %s of %s), or remove that, which takes a hand")
    :format(value, deny.sid or "#" .. index, repository.name)
end

-- Deploys the digest that a tag points to now, in the containers that run it | nil where none runs yet
function M.pin(seen, one)
  local arguments = {}
  for i, container in ipairs(one.containers) do
    arguments[i] = ("%s=%s:%s"):format(container, one.repository.name, one.image.tag or "latest")
  end
  table.insert(arguments, "--resolve")
  return #one.containers > 0 and M.command(seen, "deploy", one.service.name, table.unpack(arguments)) or nil
end

-- Grants to the services that deploy images of a repository and can't pull them yet.
function M.grants_for_deployed(seen, repository)
  local granted, commands = {}, {}
  for _, access in ipairs(repository.access) do
    granted[access.principal] = true
  end
  for _, one in ipairs(seen.deployed) do
    local role = one.service.role.arn
    if one.repository == repository and not granted[role or one.service.name] then
      granted[role or one.service.name] = true
      commands[#commands + 1] = M.grant(seen, one.service, repository)
    end
  end
  return commands
end

return M
