-- What a desired file asks of the services and repositories that there are.

local errors = require "lanyard.errors"
local grants = require "lanyard.access.grant"
local match = require "lanyard.match"
local repositories = require "lanyard.access.repositories"

local M = {}

-- What a grant asks for each of its repositories.
function M.wish(grant)
  return { service = grant.service, expires = grant.expires, sid = grant.sid, place = grant.place }
end

-- wishes_of(desired, name) --> the wishes for one repository, as in resolve, and the names and globs that mean it
-- as { [grants' place .. name or glob] = true }. Of two for one service the first counts.
function M.wishes_of(desired, name)
  local wishes, by, wished = {}, {}, {}
  for _, grant in ipairs(desired.grants) do
    for _, pattern in ipairs(grant.repositories) do
      if pattern == name or repositories.is_glob(pattern) and match.glob(pattern, name) then
        by[grant.place .. pattern] = true
        if not wished[grant.service] then
          wished[grant.service] = true
          wishes[#wishes + 1] = M.wish(grant)
        end
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

local function same_wish(a, b)
  return a.expires == b.expires and a.sid == b.sid
end

-- Adds a grant's wish for one repository. Two grants of one service to one repository, by different globs,
-- must say the same.
local function add_wish(result, name, grant)
  local wishes = result.wishes[name] or {}
  result.wishes[name] = wishes
  for _, other in ipairs(wishes) do
    if other.service == grant.service then
      if not same_wish(other, grant) then
        result.failures[#result.failures + 1] = { repository = name, service = grant.service, err = errors.new {
          code = "Conflict",
          message = ("%s and %s both grant '%s' to '%s', with another date or Sid each"):format(other.place,
            grant.place, name, grant.service),
        } }
      end
      return
    end
  end
  wishes[#wishes + 1] = M.wish(grant)
end

-- resolve(desired, { region, services, repositories }) --> { wishes = { [repository] = { { service (name),
-- expires, sid, place } } }, services = { [name] = service | false }, failures = { { service | nil,
-- repository | nil, err } } }. `services` has those that the file names and that can be granted (false:
-- those that cannot).
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
        add_wish(result, repository, grant)
      end
    end
  end
  return result
end

return M
