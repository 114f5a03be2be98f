-- Repositories of a Region, by name and by glob.
--
-- A repository: { name, arn, uri, registry_id, created (seconds since 1970), mutability }.

local errors = require "lanyard.errors"
local match = require "lanyard.match"
local names = require "lanyard.aws.names"

local M = {}

-- DescribeRepositories takes at most so many names.
local BATCH = 100

-- The most that a page of it holds.
local PAGE = 1000

function M.is_glob(name)
  return name:find "[*?]" ~= nil
end

-- check(name or glob) --> true | nil, err
function M.check(name)
  local ok, why
  if M.is_glob(name) then
    ok = not name:find "[^a-z0-9._/*?-]"
    why = ("'%s' matches no repository: their names have only a-z, 0-9, '.', '_', '-' and '/'"):format(name)
  else
    ok, why = names.repository(name)
  end
  if not ok then
    return nil, errors.new { code = "InvalidName", message = why }
  end
  return true
end

local function repository(raw)
  return {
    name = raw.repositoryName,
    arn = raw.repositoryArn,
    uri = raw.repositoryUri,
    registry_id = raw.registryId,
    created = raw.createdAt,
    mutability = raw.imageTagMutability,
  }
end

local function add(found, seen, raw)
  if not seen[raw.repositoryName] then
    seen[raw.repositoryName] = true
    found[#found + 1] = repository(raw)
  end
end

local by_name

-- Describes up to a hundred. ECR fails for all when one is missing: to find out which, it is asked for the halves.
local function describe(region, exact, found, seen, missing)
  local reply, err = region.ecr:DescribeRepositories { repositoryNames = exact }
  if reply then
    for _, raw in ipairs(reply.repositories) do
      add(found, seen, raw)
    end
    return true
  elseif err.code ~= "RepositoryNotFoundException" then
    return nil, err
  end
  err.tip = ("nothing was changed; Region %s has no such repository (lanyard audit lists them)"):format(region.name)
  if not missing then
    return nil, err
  elseif #exact == 1 then
    missing[exact[1]] = err
    return true
  end
  return by_name(region, exact, found, seen, missing, (#exact + 1) // 2)
end

-- Describes by exact name, one call for so many.
function by_name(region, exact, found, seen, missing, size)
  for first = 1, #exact, size do
    local batch = table.move(exact, first, math.min(first + size - 1, #exact), 1, {})
    local ok, err = describe(region, batch, found, seen, missing)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- Page by page: of ten thousand repositories those that match are kept, as far as they are of use.
local function by_glob(region, globs, found, seen, missing)
  local matched = {}
  local next_page = region.ecr:pages("DescribeRepositories", { maxResults = PAGE })
  local page, err = next_page()
  while page do
    for _, raw in ipairs(page.repositories) do
      for _, glob in ipairs(globs) do
        if match.glob(glob, raw.repositoryName) then
          matched[glob] = true
          add(found, seen, raw)
        end
      end
    end
    page, err = next_page()
  end
  if err then
    return nil, err
  end
  for _, glob in ipairs(globs) do
    if not matched[glob] and glob ~= "*" then
      missing[glob] = errors.new {
        code = "NoMatch",
        message = ("no repository in %s matches '%s'"):format(region.name, glob),
      }
    end
  end
  return true
end

-- The error of the first of some names or globs that is missing | nil
local function first_of(missing, list)
  for _, name in ipairs(list) do
    if missing[name] then
      return missing[name]
    end
  end
end

-- list(region [, globs [, missing]]) --> repositories, sorted by name, each once | nil, err
-- A glob that matches nothing is an error (NoMatch), as is a name that does not exist. With a table for them
-- such are missing[glob] = err, and the rest is found: without any rest it is an error all the same.
function M.list(region, globs, missing)
  local exact, patterns = {}, {}
  for _, name in ipairs(globs or { "*" }) do
    local ok, err = M.check(name)
    if not ok then
      return nil, err
    end
    local list = M.is_glob(name) and patterns or exact
    if not list[name] then
      list[name] = true
      list[#list + 1] = name
    end
  end
  local found, seen = {}, {}
  local without = missing or {}
  local ok, err = by_name(region, exact, found, seen, missing, BATCH)
  if ok and #patterns > 0 then
    ok, err = by_glob(region, patterns, found, seen, without)
  end
  if ok and (#found == 0 or not missing) then
    err = first_of(without, exact) or first_of(without, patterns)
  end
  if err then
    return nil, err
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  if found[1] then
    region:learn_account(found[1].registry_id)
  end
  return found
end

return M
