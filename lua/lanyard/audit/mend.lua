-- The commands that mend what an audit finds: lines for a shell, whole as they stand.
--
--   mend.revoke(seen, repository, value)    mend.grant(seen, service, repository)
--   mend.renew(seen, repository, access)    mend.without(seen, repository, statement)
--   mend.all { first, second }              --> "first && second"
--
-- `repository` and `service` are of `seen` (lanyard.audit.collect). A command names its Region, and the
-- profile that was asked for, so that it means the same wherever it is pasted.

local principal = require "lanyard.access.principal"

local M = {}

-- A line with more commands than that helps nobody.
local MOST = 8

-- A word of a command line, quoted where a shell would read it otherwise.
local function word(text)
  if text:find "^[%w_./:=@+-]+$" then
    return text
  end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- A lanyard command for the account and Region of `seen`.
function M.command(seen, ...)
  local words = { "lanyard" }
  for _, text in ipairs { ... } do
    words[#words + 1] = word(text)
  end
  words[#words + 1] = "--region " .. word(seen.region)
  words[#words + 1] = seen.profile and "--profile " .. word(seen.profile) or nil
  return table.concat(words, " ")
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

local function is_unused(repository, value)
  for _, access in ipairs(repository.access) do
    if access.principal == value and access.unused then
      return true
    end
  end
  return false
end

-- Gives a Lightsail role the pull and nothing else, once; a role that has no use for it loses it.
-- nil for a principal of another kind.
function M.renew(seen, repository, value)
  local service = service_of(seen, value)
  if service and not is_unused(repository, value) then
    return M.all { M.revoke(seen, repository, value), M.grant(seen, service, repository) }
  elseif service then
    return M.revoke(seen, repository, value)
  end
  local kind = principal.classify("AWS", value).kind
  if kind == "service-role" or kind == "puller" and not seen.services_unknown then
    return M.revoke(seen, repository, value)
  end
  return nil
end

local function named_elsewhere(repository, statement, value)
  for _, other in ipairs(repository.statements) do
    if other.index ~= statement.index and other.effect == "Allow" and not other.not_principal then
      for _, one in ipairs(other.principals) do
        if one.value == value then
          return true
        end
      end
    end
  end
  return false
end

-- Takes an Allow statement out, and leaves what its principals have by others. nil where no command does.
function M.without(seen, repository, statement)
  if statement.not_principal or #statement.principals > MOST then
    return nil
  end
  local commands = {}
  for i, one in ipairs(statement.principals) do
    commands[i] = named_elsewhere(repository, statement, one.value) and M.renew(seen, repository, one.value)
      or not named_elsewhere(repository, statement, one.value) and M.revoke(seen, repository, one.value)
      or nil
    if not commands[i] then
      return nil
    end
  end
  return #commands > 0 and M.all(commands) or nil
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
