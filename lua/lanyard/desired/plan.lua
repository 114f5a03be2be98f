-- What differs between a desired file and what there is, and that as a file that can be applied later.
--
-- A plan: { region, account, file, prune, fold, now (seconds since 1970), services = { [name] = service |
-- false where it can't be granted } of those that it names, known = all services by name, enable = names of
-- services whose role is to be turned on, roles = those that a saved plan told | nil, entries = { see
-- lanyard.desired.change, with the change that it would be or the err }, failures = { { service | nil,
-- repository | nil, err } } }.

local change = require "lanyard.desired.change"
local errors = require "lanyard.errors"
local listing = require "lanyard.desired.listing"
local lists = require "lanyard.lists"
local repositories = require "lanyard.access.repositories"
local resolve = require "lanyard.desired.resolve"
local task = require "lanyard.task"

local M = {}

-- The names in a desired file, where none is a glob | nil
local function names_in(desired)
  local names = {}
  for _, grant in ipairs(desired.grants) do
    for _, name in ipairs(grant.repositories) do
      if repositories.is_glob(name) then
        return nil
      end
      names[#names + 1] = name
    end
  end
  return names
end

-- The repositories that matter: all of them where globs or pruning may find any, or where names are
-- missing; then it is seen which.
local function list_repositories(region, desired, prune)
  local names = not prune and names_in(desired)
  if names then
    local found, err = region:repositories(names)
    if found or err.code ~= "RepositoryNotFoundException" then
      return found, err
    end
  end
  return region:repositories()
end

local function look(region, desired, prune)
  local services, listed = listing.read(region, function() return list_repositories(region, desired, prune) end)
  if not services then
    return nil, listed
  end
  return { region = region.name, services = services, repositories = listed }
end

-- The services whose role has to be turned on: those that get a grant now and have none. Of a saved plan's only
-- those that it told.
local function roles_off(plan, entries)
  local off = {}
  for _, entry in ipairs(entries) do
    for _, wish in ipairs(entry.wishes) do
      local service = plan.services[wish.service]
      local may = not plan.roles or lists.contains(plan.roles, wish.service)
      if service and may and not service.role.arn and change.gives(wish, plan) then
        off[wish.service] = true
      end
    end
  end
  return lists.sorted_names(off)
end

-- Takes out the services whose role must not be turned on.
local function ask_rules(region, plan)
  local permitted = {}
  for _, name in ipairs(plan.enable) do
    local ok, err = region:permit { on = "enable", service = plan.services[name], dry_run = true }
    if ok then
      permitted[#permitted + 1] = name
    else
      plan.services[name] = false
      table.insert(plan.failures, { service = name, err = err })
    end
  end
  plan.enable = permitted
end

-- Fills in what each entry would change; those that can't be looked at are failures. A role is not turned on for
-- grants of which none can be made.
local function rehearse(region, plan)
  plan.enable = roles_off(plan, plan.entries)
  ask_rules(region, plan)
  local changes = task.map(plan.entries, function(entry)
    local found, err = change.make(region, plan, entry, { dry_run = true })
    return { change = found, err = err }
  end, { limit = region.parallel })
  local possible = {}
  for i, entry in ipairs(plan.entries) do
    entry.change, entry.err = changes[i].change, changes[i].err
    if entry.err then
      table.insert(plan.failures, { repository = entry.repository.name, err = entry.err })
    else
      possible[#possible + 1] = entry
    end
  end
  plan.enable = roles_off(plan, possible)
  return plan
end

-- make(region, desired [, { prune, fold }]) --> plan | nil, err
-- `prune` looks at all repositories of the Region, and takes away what the file does not name.
function M.make(region, desired, options)
  options = options or {}
  if desired.region and desired.region ~= region.name then
    return nil, errors.new { code = "Usage", message = ("%s is for Region %s, not %s"):format(desired.name,
      desired.region, region.name) }
  end
  local there, err = look(region, desired, options.prune)
  if not there then
    return nil, err
  end
  local account
  account, err = region:account()
  if not account then
    return nil, err
  end
  local resolved = resolve.resolve(desired, there)
  local plan = {
    region = region.name, account = account, file = desired.name, prune = options.prune or false,
    fold = options.fold or false, now = region:time(), services = resolved.services,
    known = lists.by_name(there.services), entries = {}, failures = resolved.failures,
  }
  for _, repository in ipairs(there.repositories) do
    local wishes = resolved.wishes[repository.name]
    if wishes or options.prune then
      table.insert(plan.entries, { repository = repository, wishes = wishes or {} })
    end
  end
  return rehearse(region, plan)
end

-- Finds the services of a saved plan's wishes; what could not be granted then, or was in conflict, is not granted
-- now.
local function bind_services(plan)
  local conflicts = {}
  for _, failure in ipairs(plan.failures) do
    if failure.service and failure.repository then
      conflicts[failure.service .. " " .. failure.repository] = failure.err
    elseif failure.service then
      plan.services[failure.service] = false
    end
  end
  for _, entry in ipairs(plan.entries) do
    for _, wish in ipairs(entry.wishes) do
      local name = wish.service
      wish.conflict = conflicts[name .. " " .. entry.repository.name]
      if plan.services[name] == nil then
        local flaw = resolve.flaw_of(plan.known[name], name, plan.region)
        plan.services[name] = not flaw and plan.known[name] or false
        table.insert(plan.failures, flaw and { service = name, err = flaw })
      end
    end
  end
end

-- again(region, saved) --> the plan that a saved one (lanyard.desired.saved) comes to now | nil, err
function M.again(region, saved)
  local account, err = region:account()
  if not account then
    return nil, err
  elseif saved.account ~= account or saved.region ~= region.name then
    return nil, errors.new {
      code = "OtherPlace",
      message = ("the plan is for account %s in %s, and this is account %s in %s"):format(saved.account, saved.region,
        account, region.name),
    }
  end
  local services
  services, err = region:services()
  if not services then
    return nil, err
  end
  local plan = {
    region = region.name, account = account, file = saved.file, prune = saved.prune, fold = saved.fold,
    now = region:time(), services = {}, known = lists.by_name(services),
    roles = saved.roles, entries = saved.entries, failures = saved.failures,
  }
  bind_services(plan)
  return rehearse(region, plan)
end

-- The entries that would change something.
function M.changing(plan)
  local found = {}
  for _, entry in ipairs(plan.entries) do
    found[#found + 1] = entry.change and entry.change.kind ~= "unchanged" and entry or nil
  end
  return found
end

-- Whether a grant of an entry can't be made: there is no such service, its role is not on, or the file says two
-- things of it. That is told among the failures; the repository is not what the file says, and not to be called
-- unchanged.
function M.lacks(plan, entry)
  for _, wish in ipairs(entry.wishes) do
    if wish.conflict or not plan.services[wish.service] then
      return true
    end
  end
  return false
end

-- The entries that are as the file says.
function M.unchanged(plan)
  local found = {}
  for _, entry in ipairs(plan.entries) do
    local so = entry.change and entry.change.kind == "unchanged" and not M.lacks(plan, entry)
    found[#found + 1] = so and entry or nil
  end
  return found
end

-- Whether applying it would change something.
function M.changes(plan)
  return #plan.enable > 0 or #M.changing(plan) > 0
end

return M
