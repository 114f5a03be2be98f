-- What a desired file asks of the services and repositories that there are.

local errors = require "lanyard.errors"
local grants = require "lanyard.access.grant"
local match = require "lanyard.match"
local repositories = require "lanyard.access.repositories"

local M = {}

local function conflict_of(wish, name, grant)
  return errors.new {
    code = "Conflict",
    message = ("%s and %s both grant '%s' to '%s', with another date or Sid each"):format(wish.place, grant.place,
      name, grant.service),
  }
end

-- Adds what a grant asks for one repository to the wishes for it. Two grants of one service to one repository, by
-- different globs, must say the same: where they do not, nobody knows what is meant. --> err | nil
local function add_wish(wishes, name, grant)
  for _, wish in ipairs(wishes) do
    if wish.service == grant.service then
      local same = wish.expires == grant.expires and wish.sid == grant.sid
      local err = not same and conflict_of(wish, name, grant) or nil
      wish.conflict = wish.conflict or err
      return err
    end
  end
  wishes[#wishes + 1] = { service = grant.service, expires = grant.expires, sid = grant.sid, place = grant.place }
  return nil
end

-- wishes_of(desired, name) --> the wishes for one repository, as in resolve, and the names and globs that mean it
-- as { [grants' place .. name or glob] = true }
function M.wishes_of(desired, name)
  local wishes, by = {}, {}
  for _, grant in ipairs(desired.grants) do
    for _, pattern in ipairs(grant.repositories) do
      if pattern == name or repositories.is_glob(pattern) and match.glob(pattern, name) then
        by[grant.place .. pattern] = true
        add_wish(wishes, name, grant)
      end
    end
  end
  return wishes, by
end

-- The names that a name or a glob stands for, of those there are (in order).
local function matching(pattern, known, all)
  if not repositories.is_glob(pattern) then
    return known[pattern] and { pattern } or {}
  end
  local found = {}
  for _, repository in ipairs(all) do
    found[#found + 1] = match.glob(pattern, repository.name) and repository.name or nil
  end
  return found
end

local function missing_repository(pattern, region, grant)
  if repositories.is_glob(pattern) then
    return errors.new {
      code = "NoMatch",
      message = ("no repository in %s matches '%s' (%s)"):format(region, pattern, grant.place),
      tip = "give the grant optional = true where its globs may match nothing",
    }
  end
  return errors.new {
    code = "RepositoryNotFoundException",
    message = ("there is no repository '%s' in %s (%s)"):format(pattern, region, grant.place),
  }
end

-- flaw_of(service | nil, name, region [, place]) --> an err: why no grant can name its role | nil
-- `place` is where the service is asked for.
function M.flaw_of(service, name, region, place)
  if not service then
    return errors.new {
      code = "NotFoundException",
      message = ("there is no container service '%s' in %s%s"):format(name, region,
        place and " (" .. place .. ")" or ""),
    }
  end
  return service.role.arn and select(2, grants.check_role(service)) or nil
end

-- resolve(desired, { region, services, repositories }) --> { wishes = { [repository] = { { service (name),
-- expires, sid, place, conflict = err | nil } } }, services = { [name] = service | false }, failures = {
-- { service | nil, repository | nil, err } } }. `services` has those that the file names and that can be granted
-- (false: those that cannot). A failure with both is a wish in conflict: another grant for this service and this
-- repository says something else.
function M.resolve(desired, there)
  local result = { wishes = {}, services = {}, failures = {} }
  local known, services = {}, {}
  for _, repository in ipairs(there.repositories) do
    known[repository.name] = true
  end
  for _, service in ipairs(there.services) do
    services[service.name] = service
  end
  for _, grant in ipairs(desired.grants) do
    local name = grant.service
    if result.services[name] == nil then
      local flaw = M.flaw_of(services[name], name, there.region, grant.place)
      result.services[name] = not flaw and services[name] or false
      result.failures[#result.failures + 1] = flaw and { service = name, err = flaw } or nil
    end
    for _, pattern in ipairs(grant.repositories) do
      local found = matching(pattern, known, there.repositories)
      if #found == 0 and not (grant.optional and repositories.is_glob(pattern)) then
        result.failures[#result.failures + 1] = {
          repository = pattern, err = missing_repository(pattern, there.region, grant),
        }
      end
      for _, repository in ipairs(found) do
        result.wishes[repository] = result.wishes[repository] or {}
        local err = add_wish(result.wishes[repository], repository, grant)
        result.failures[#result.failures + 1] = err and { repository = repository, service = name, err = err } or nil
      end
    end
  end
  return result
end

return M
