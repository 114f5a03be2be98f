--- Builds the command lines that fix findings, quoted for a shell.
---
---     remediation.revoke(inventory, repository, principal)
---       --> "lanyard revoke --principal arn:... web --region us-east-1"
---
--- A command names its Region and the requested profile, so that it means the same wherever it is pasted. A profile
--- that only assumes a role in another account is left out: it belongs to the caller's own account.

local principals = require "lanyard.access.principal"
local pull = require "lanyard.access.pull"
local query = require "lanyard.audit.query"
local shellwords = require "lanyard.text.shellwords"
local statements = require "lanyard.access.statements"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- How long an extended grant lasts from now.
local EXTENSION = "90d"

--- Returns a lanyard command for the account and Region of the inventory.
---@param inventory audit.Inventory
---@param ... string  the command and its arguments
---@return string
function M.command(inventory, ...)
  local words = table.pack("lanyard", ...)
  words[#words + 1] = "--region"
  words[#words + 1] = inventory.region
  if inventory.profile and not inventory.role then
    words[#words + 1] = "--profile"
    words[#words + 1] = inventory.profile
  end
  return shellwords.join(words)
end

--- Joins commands into a line that stops at the first failure.
---@param commands string[]
---@return string
function M.sequence(commands)
  return table.concat(commands, " && ")
end

--- Revokes a principal's access to a repository.
---@param inventory audit.Inventory
---@param repository access.Repository
---@param principal string
---@return string
function M.revoke(inventory, repository, principal)
  return M.command(inventory, "revoke", "--principal", principal, repository.name)
end

--- Grants a service pull access to a repository, and enables its role when it has none.
---@param inventory audit.Inventory
---@param service access.Service
---@param repository access.Repository
---@return string
function M.grant(inventory, service, repository)
  return service.role.arn and M.command(inventory, "grant", service.name, repository.name)
    or M.command(inventory, "grant", service.name, repository.name, "--enable")
end

-- Returns the service whose current puller role a principal is, else nil.
local function service_with_role(inventory, principal)
  local identity = principals.classify("AWS", principal)
  local service = identity.kind == "puller" and identity.region == inventory.region
    and inventory.service_by_name[identity.service]
  return service and service.role.arn == principal and service or nil
end

--- Extends the grant of a service's current role. Returns nil for any other principal.
---@param inventory audit.Inventory
---@param repository access.Repository
---@param principal string
---@return string?
function M.extend(inventory, repository, principal)
  local service = service_with_role(inventory, principal)
  return service and M.command(inventory, "grant", service.name, repository.name, "--expires", EXTENSION)
end

--- Replaces everything that a Lightsail role is allowed by one grant of a pull, with the deadline of the old one.
--- A role that is unused, outdated or past its deadline loses its access instead. Returns nil for other principals.
---@param inventory audit.Inventory
---@param repository access.Repository
---@param principal string
---@return string?
function M.reduce_to_pull(inventory, repository, principal)
  local service, access = service_with_role(inventory, principal), query.access_of(repository, principal)
  local revoke = M.revoke(inventory, repository, principal)
  if service and not (access and (access.unused or access.ends and access.ends <= inventory.now)) then
    return M.sequence { revoke, access and access.ends and M.command(inventory, "grant", service.name, repository.name,
      "--expires", timestamp.format(access.ends)) or M.grant(inventory, service, repository) }
  end
  local kind = principals.classify("AWS", principal).kind
  if service or kind == "service-role" or kind == "puller" and not inventory.services_unknown then
    return revoke
  end
  return nil
end

--- Removes a statement from a policy, or one principal from a statement.
---@param inventory audit.Inventory
---@param repository access.Repository
---@param statement policy.Statement
---@param principal? string
---@return string
function M.remove(inventory, repository, statement, principal)
  local reference = statements.reference(repository.doc, statement.index)
  if principal then
    return M.command(inventory, "revoke", "--statement", reference, "--principal", principal, repository.name)
  end
  return M.command(inventory, "revoke", "--statement", reference, repository.name)
end

--- Removes everything redundant from a policy.
---@param inventory audit.Inventory
---@param repository access.Repository
---@return string
function M.minimize(inventory, repository)
  return M.command(inventory, "policy", "minimize", "--repository", repository.name)
end

--- Removes a principal from a Deny statement. A Deny that applies to the principal without naming it cannot be fixed
--- by a command; the text then says what to edit.
---@param inventory audit.Inventory
---@param repository access.Repository
---@param index integer  number of the Deny statement
---@param principal string
---@param elsewhere? policy.Statement  the statement, if it is in another policy
---@param origin? access.PolicyOrigin  with `elsewhere`: that policy
---@return string
function M.exempt_from_deny(inventory, repository, index, principal, elsewhere, origin)
  local deny = elsewhere or repository.statements[index]
  if origin and origin.kind == "control" then
    return ("in the organization's management account, edit %s: add %s the Deny in statement %s "
      .. "(aws organizations update-policy --policy-id %s)"):format(origin.name, pull.exception(deny, principal),
      statements.label(deny), origin.id)
  elseif elsewhere then
    return ("edit the registry policy: add %s the Deny in statement %s (aws ecr put-registry-policy --region %s)")
      :format(pull.exception(deny, principal), statements.label(deny), inventory.region)
  elseif #deny.conditions > 0 then
    return ("edit the policy of %s: add %s the Deny in statement %s"):format(repository.name,
      pull.exception(deny, principal), statements.label(deny))
  end
  for _, entry in ipairs(deny.not_principal and {} or deny.principals) do
    if entry.value == principal then
      return M.remove(inventory, repository, deny, principal)
    end
  end
  return ("edit the policy of %s: exempt %s from the Deny in statement %s, or remove that statement")
    :format(repository.name, principal, statements.label(deny))
end

--- Deploys the digest that a tag currently points to, in the containers that run it. When no container runs it yet,
--- the command first waits for the deployment that does.
---@param inventory audit.Inventory
---@param image audit.DeployedImage
---@return string
function M.pin(inventory, image)
  local name, arguments = image.service.name, {}
  local is_running = #image.containers > 0
  for i, container in ipairs(is_running and image.containers or image.next_containers) do
    arguments[i] = ("%s=%s:%s"):format(container, image.repository.name, image.uri.tag or "latest")
  end
  table.insert(arguments, "--resolve")
  local deploy = M.command(inventory, "deploy", name, table.unpack(arguments))
  return is_running and deploy or M.sequence { M.command(inventory, "wait", "deployment", name), deploy }
end

--- Returns a command that first grants the services that deploy images of a repository without a grant of their own,
--- and then runs the given one.
---@param inventory audit.Inventory
---@param repository access.Repository
---@param command string  removes access on which these services may depend
---@return string
function M.after_grants_for_deployed(inventory, repository, command)
  local granted, commands = {}, {}
  for _, access in ipairs(repository.access) do
    granted[access.principal] = true
  end
  for _, image in ipairs(query.deployed_images(inventory, repository)) do
    local subject = image.service.role.arn or image.service.name
    if not granted[subject] then
      granted[subject] = true
      commands[#commands + 1] = M.grant(inventory, image.service, repository)
    end
  end
  commands[#commands + 1] = command
  return M.sequence(commands)
end

return M
