--- Resolves the grants of a desired-state file to the services and repositories of a Region.
---
---     local resolved = resolve.resolve(desired, { region = "us-east-1", services = {...}, repositories = {...} })

local access_grant = require "lanyard.access.grant"
local errors = require "lanyard.errors"
local globs = require "lanyard.globs"
local lists = require "lanyard.lists"
local repositories = require "lanyard.access.repositories"

local M = {}

---@class desired.RepositoryGrant  what a desired-state file requests for one service and one repository
---@field service string
---@field expires? integer  seconds since 1970
---@field sid? string
---@field path string  where the file has the grant
---@field role? string  the ARN of the puller role that a saved plan was made with
---@field implied? true  a deployment of the file needs it; an expiry that the policy has stays
---@field conflict? lanyard.Error  set when two grants of the file disagree; the grant is left as it is

---@class desired.Failure  something that cannot be applied; with both names it is a conflict
---@field service? string
---@field repository? string
---@field err lanyard.Error

---@class desired.Resolved
---@field grants table<string, desired.RepositoryGrant[]>  by repository
---@field services table<string, table|false>  services that the file names; false when one cannot be granted
---@field failures desired.Failure[]

local function conflict_error(first, second, repository)
  return errors.new {
    code = "Conflict",
    message = ("%s and %s both grant '%s' to '%s', with different dates or Sids"):format(first.path, second.path,
      repository, second.service),
  }
end

-- Adds a grant to the grants of one repository, a list and a table by service. Two grants of one service, by different
-- globs, must agree; when they do not, the intention is unknown and neither is applied. Returns the conflict, if any.
local function add_grant(grants, by_service, repository, grant)
  local present = by_service[grant.service]
  if present then
    local agrees = present.expires == grant.expires and present.sid == grant.sid
    local err = not agrees and conflict_error(present, grant, repository) or nil
    present.conflict = present.conflict or err
    return err
  end
  present = { service = grant.service, expires = grant.expires, sid = grant.sid, path = grant.path }
  by_service[grant.service], grants[#grants + 1] = present, present
  return nil
end

-- [list of grants] = an index of its names and globs
local indexes = setmetatable({}, { __mode = "k" })

-- Returns an index of the names and globs of grants, each with its grant.
local function index_of(grants)
  local index = globs.new()
  for _, grant in ipairs(grants) do
    for _, pattern in ipairs(grant.repositories) do
      index:add(pattern, { pattern = pattern, grant = grant })
    end
  end
  return index
end

--- Returns the grants that a desired-state file requests for one repository. The file must not change afterwards.
---@param desired desired.Desired
---@param repository string
---@return desired.RepositoryGrant[]
---@return table<string, boolean> matched  the names and globs that match, as a set of `grant.path .. pattern`
function M.grants_for(desired, repository)
  indexes[desired.grants] = indexes[desired.grants] or index_of(desired.grants)
  local grants, by_service, matched = {}, {}, {}
  for _, one in ipairs(indexes[desired.grants]:matching(repository)) do
    matched[one.grant.path .. one.pattern] = true
    add_grant(grants, by_service, repository, one.grant)
  end
  return grants, matched
end

-- Returns the names of the repositories that each name and glob selects, by grant and pattern, in the order of `all`.
local function select_repositories(grants, all)
  local index, selected = index_of(grants), {}
  for _, repository in ipairs(all) do
    for _, one in ipairs(index:matching(repository.name)) do
      local of_grant = selected[one.grant] or {}
      selected[one.grant] = of_grant
      of_grant[one.pattern] = of_grant[one.pattern] or {}
      table.insert(of_grant[one.pattern], repository.name)
    end
  end
  return selected
end

local function missing_repository(pattern, region, grant)
  if repositories.is_glob(pattern) then
    return errors.new {
      code = "NoMatch",
      message = ("no repository in %s matches '%s' (%s)"):format(region, pattern, grant.path),
      tip = "set optional = true in the grant if its globs may match nothing",
    }
  end
  return errors.new {
    code = "RepositoryNotFoundException",
    message = ("repository '%s' does not exist in %s (%s)"):format(pattern, region, grant.path),
  }
end

--- Returns why no grant can name the puller role of a service, or nil when one can.
---@param service? table  the service, when it exists
---@param name string
---@param region string
---@param path? string  where the file names the service
---@return lanyard.Error?
function M.role_error(service, name, region, path)
  if not service then
    return errors.new {
      code = "NotFoundException",
      message = ("container service '%s' does not exist in %s%s"):format(name, region,
        path and " (" .. path .. ")" or ""),
    }
  end
  return service.role.arn and select(2, access_grant.check_role(service)) or nil
end

local function resolve_service(resolved, grant, services, region, failed)
  local name = grant.service
  if failed and failed[name] then
    resolved.services[name] = false
  elseif resolved.services[name] == nil then
    local err = M.role_error(services[name], name, region, grant.path)
    resolved.services[name] = not err and services[name] or false
    table.insert(resolved.failures, err and { service = name, err = err })
  end
end

--- Resolves a desired-state file. What does not exist or cannot be granted is listed in `failures`.
---@param desired desired.Desired
---@param inventory { region: string, services: table[], repositories: table[], failed: table<string, boolean>? }
---  failed: services that would be created and cannot be; their failures are listed elsewhere
---@return desired.Resolved
function M.resolve(desired, inventory)
  local resolved = { grants = {}, services = {}, failures = {} }
  local services, by_service = lists.by_name(inventory.services), {}
  local all_selected = select_repositories(desired.grants, inventory.repositories)
  for _, grant in ipairs(desired.grants) do
    resolve_service(resolved, grant, services, inventory.region, inventory.failed)
    for _, pattern in ipairs(grant.repositories) do
      local selected = all_selected[grant] and all_selected[grant][pattern] or {}
      if #selected == 0 and not (grant.optional and repositories.is_glob(pattern)) then
        table.insert(resolved.failures, {
          repository = pattern, err = missing_repository(pattern, inventory.region, grant),
        })
      end
      for _, name in ipairs(selected) do
        resolved.grants[name], by_service[name] = resolved.grants[name] or {}, by_service[name] or {}
        local err = add_grant(resolved.grants[name], by_service[name], name, grant)
        table.insert(resolved.failures, err and { repository = name, service = grant.service, err = err })
      end
    end
  end
  return resolved
end

return M
