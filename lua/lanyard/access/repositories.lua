--- Finds the repositories of a Region by name and by glob.

local answers = require "lanyard.aws.answers"
local compact_repository = require "lanyard.access.compact_repository"
local errors = require "lanyard.errors"
local glob_index = require "lanyard.globs"
local names = require "lanyard.aws.names"
local suggester = require "lanyard.text.suggester"

local M = {}

--- A repository.
---@class access.Repository
---@field name string  "team/web"
---@field arn string  "arn:aws:ecr:us-east-1:111122223333:repository/team/web"
---@field uri string          "111122223333.dkr.ecr.us-east-1.amazonaws.com/web"
---@field registry_id string  the account
---@field created number      seconds since 1970
---@field mutability string   of tags: "MUTABLE" or "IMMUTABLE", and ECR's other values

-- The most names that DescribeRepositories accepts, and the most repositories in a page of its reply.
local BATCH = 100
local PAGE = 1000

-- How many repositories are read to find the name that was probably meant.
local MOST_COMPARED = 5000

--- Reports whether a name is a glob.
---@param name string
---@return boolean
function M.is_glob(name)
  return name:find "[*?]" ~= nil
end

--- Checks a name or glob.
---@param name string
---@return true? ok
---@return aws.Error? err  code InvalidName
function M.check(name)
  local ok, message
  if M.is_glob(name) then
    ok = not name:find "[^a-z0-9._/*?-]"
    message = ("'%s' cannot match a repository: their names have only a-z, 0-9, '.', '_', '-' and '/'"):format(name)
  else
    ok, message = names.repository(name)
  end
  if not ok then
    return nil, errors.new { code = "InvalidName", message = message }
  end
  return true
end

local function repository(region, raw)
  local full = {
    name = raw.repositoryName,
    arn = raw.repositoryArn,
    uri = raw.repositoryUri,
    registry_id = raw.registryId,
    created = raw.createdAt,
    mutability = raw.imageTagMutability,
  }
  return region.compact and compact_repository.new(full) or full
end

local ANSWER = { service = "ecr", operation = "DescribeRepositories", what = "repository", member = "repositoryName" }

-- Adds a repository to those found: a list that also has their names as keys. true | nil, err
local function add(region, found, raw)
  local name = raw.repositoryName
  if raw.repositoryArn:match ":repository/(.*)$" ~= name or not raw.repositoryUri:find("/" .. name, 1, true) then
    return answers.invalid(ANSWER, ("the ARN or the URI of repository '%s' is that of another: %s, %s")
      :format(name, raw.repositoryArn, raw.repositoryUri))
  elseif not found[name] then
    found[name] = true
    found[#found + 1] = repository(region, raw)
  end
  return true
end

local find_by_name

-- Functions that suggest a repository, by the list of found repositories.
local suggesters = setmetatable({}, { __mode = "k" })

-- Returns the nearest name of a repository in the Region; nil where listing is refused.
local function nearest(region, name, found)
  if not suggesters[found] then
    local existing = {}
    for page in region.ecr:pages("DescribeRepositories", { maxResults = PAGE }) do
      for _, raw in ipairs(page.repositories) do
        existing[#existing + 1] = raw.repositoryName
      end
      if #existing >= MOST_COMPARED then
        break
      end
    end
    suggesters[found] = suggester(existing)
  end
  return suggesters[found](name)
end

-- Says which repository is missing, in place of ECR's exception about it.
local function not_found(region, exact, err, found)
  local name = err.message:match "repository with name '([^']+)'" or #exact == 1 and exact[1]
  local account = err.message:match "registry with id '(%d+)'" or region.shared.account
  local near = name and nearest(region, name, found)
  return errors.new {
    code = err.code, request_id = err.request_id, status = err.status,
    message = ("%s does not exist in %s%s%s"):format(name and ("repository '%s'"):format(name) or "a repository",
      region.name, account and " of account " .. account or "", near and ("; did you mean '%s'?"):format(near) or ""),
    tip = "check the name and the Region; lanyard audit lists the repositories", suggestion = near,
  }
end

-- Adds the repositories of a reply that has to have these. true | nil, err
local function add_named(region, reply, exact, found)
  local by_name, err = answers.by_name(reply.repositories, exact, ANSWER)
  if not by_name then
    return nil, err
  end
  for _, name in ipairs(exact) do
    local ok
    ok, err = add(region, found, by_name[name])
    if not ok then
      return nil, err
    end
  end
  return true
end

-- Describes up to a hundred repositories. If one is missing, ECR fails for all of them. To find the missing one, each
-- half is requested separately.
local function describe(region, exact, found, missing)
  local reply, err = region.ecr:DescribeRepositories { repositoryNames = exact }
  if reply then
    return add_named(region, reply, exact, found)
  elseif not answers.rejected(err, "RepositoryNotFoundException") then
    return nil, err
  end
  if not missing then
    return nil, not_found(region, exact, err, found)
  elseif #exact == 1 then
    missing[exact[1]] = not_found(region, exact, err, found)
    return true
  end
  return find_by_name(region, exact, found, missing, (#exact + 1) // 2)
end

-- Describes repositories by exact name, `size` of them in a call.
function find_by_name(region, exact, found, missing, size)
  for first = 1, #exact, size do
    local batch = table.move(exact, first, math.min(first + size - 1, #exact), 1, {})
    local ok, err = describe(region, batch, found, missing)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- Adds the repositories of a page that match an index of globs. true | nil, err
local function add_matching(region, page, index, found, matched)
  for _, raw in ipairs(page.repositories) do
    for _, glob in ipairs(index:matching(raw.repositoryName)) do
      matched[glob] = true
      local ok, err = add(region, found, raw)
      if not ok then
        return nil, err
      end
    end
  end
  return true
end

--- Reads one repository that may not exist.
---@param region access.Region
---@param name string
---@return access.Repository|false|nil repository  false if it does not exist
---@return aws.Error? err
function M.lookup(region, name)
  local ok, err = M.check(name)
  local reply
  if ok then
    reply, err = region.ecr:DescribeRepositories { repositoryNames = { name } }
  end
  local found = {}
  if reply then
    ok, err = add_named(region, reply, { name }, found)
  elseif answers.rejected(err, "RepositoryNotFoundException") then
    return false
  end
  return ok and found[1] or nil, err
end

-- Reads all repositories page by page, and keeps the matching ones: an account may have ten thousand.
local function find_by_glob(region, globs, found, missing, on_found)
  local matched, index = {}, glob_index.of(globs)
  local next_page = region.ecr:pages("DescribeRepositories", { maxResults = PAGE })
  local page, err = next_page()
  while page do
    local ok
    ok, err = add_matching(region, page, index, found, matched)
    if not ok then
      return nil, err
    end
    if on_found then
      on_found(found)
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

-- Returns the name of the repository that a text selects: a name, a glob, or the URI of an image in this Region. Adds
-- the account of a URI to `accounts`. name | nil, err
local function selected(region, text, accounts)
  local image = names.image(text)
  if not image then
    local ok, err = M.check(text)
    return ok and text, err
  elseif image.region ~= region.name then
    return nil, errors.new { code = "InvalidName",
      message = ("'%s' is in %s, and the Region of this command is %s"):format(text, image.region, region.name),
      tip = "pass --region " .. image.region }
  end
  accounts[image.repository] = image.account
  return image.repository
end

-- Checks that the repositories named by URI are in the registry of this account. true | nil, err
local function check_accounts(found, accounts)
  for _, one in ipairs(found) do
    local account = accounts[one.name]
    if account and account ~= one.registry_id then
      return nil, errors.new { code = "InvalidName",
        message = ("repository '%s' was selected in the registry of account %s, and the caller's registry is the one "
          .. "of account %s"):format(one.name, account, one.registry_id) }
    end
  end
  return true
end

-- Splits names from globs, each once. names, globs | nil, nil, err
local function sorted_out(region, list, accounts)
  local exact, globs = {}, {}
  for _, text in ipairs(list) do
    local name, err = selected(region, text, accounts)
    if not name then
      return nil, nil, err
    end
    local kind = M.is_glob(name) and globs or exact
    if not kind[name] then
      kind[name] = true
      kind[#kind + 1] = name
    end
  end
  return exact, globs
end

-- The error of the first of some names or globs that are missing | nil
local function first_error(missing, list)
  for _, name in ipairs(list) do
    if missing[name] then
      return missing[name]
    end
  end
end

-- The repositories found | nil, err
local function find(region, exact, globs, missing, on_found)
  local found, without = {}, missing or {}
  local ok, err = find_by_name(region, exact, found, missing, BATCH)
  if ok and #globs > 0 then
    ok, err = find_by_glob(region, globs, found, without, on_found)
  end
  if ok and (#found == 0 or not missing) then
    err = first_error(without, exact) or first_error(without, globs)
  end
  if err then
    return nil, err
  end
  return table.move(found, 1, #found, 1, {})
end

--- Lists repositories, each once, sorted by name.
---@param region access.Region
---@param globs? string[]  names, globs, and URIs of images, whose tag and digest do not matter; all repositories, if
---  absent
---@param missing? table<string, aws.Error>  receives an error for each name that does not exist and each glob that
---  matches nothing. Without it, or if nothing is found at all, that name or glob is an error of the call.
---@param on_found? fun(found: access.Repository[])  gets the repositories found so far, in no order, after each page
---@return access.Repository[]? repositories
---@return aws.Error? err  for example code NoMatch
function M.list(region, globs, missing, on_found)
  local accounts = {}
  local exact, patterns, err = sorted_out(region, globs or { "*" }, accounts)
  if not exact then
    return nil, err
  end
  local found, ok
  found, err = find(region, exact, patterns, missing, on_found)
  if found then
    ok, err = check_accounts(found, accounts)
  end
  if not ok then
    return nil, err
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  if found[1] then
    region:learn_account(found[1].registry_id)
  end
  return found
end

return M
