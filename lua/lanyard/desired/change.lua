--- Writes the desired state of one repository in a single write, or rehearses that write.
---
---     local result, err = change.apply(region, plan, entry, { dry_run = true })

local access_grant = require "lanyard.access.grant"
local edit = require "lanyard.desired.edit"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local write = require "lanyard.access.write"

local M = {}

---@class desired.Change  the result for one repository
---@field kind "changed"|"would change"|"unchanged"
---@field repository table
---@field lines string[]  what changes, one line for each role
---@field why? string  the lines as one text
---@field warning? string
---@field before? string  the policy text before
---@field after? string  the policy text after
---@field diff? string
---@field effect? { gives: string, takes: string }  see access.write.Result
---@field same_access boolean  unchanged, because the policy gives the access of the file in other words
---@field dry_run boolean
---@field entry? string  the id of the journal entry
---@field recovered? table[]  the interrupted journal entries that were settled first
---@field damaged? lanyard.Error[]  files in the journal that are not entries

-- Reports whether the role of a grant's service is not the one that the plan expects: it differs from the role of a
-- saved plan, or it is off and the plan does not enable it.
local function has_unexpected_role(grant, plan)
  local service = plan.services[grant.service]
  if service and grant.role then
    return service.role.arn ~= grant.role
  end
  return service and not service.role.arn and edit.is_effective(grant, plan)
    and not lists.contains(plan.enable, grant.service)
end

local function check_roles(entry, plan)
  for _, grant in ipairs(entry.grants) do
    if has_unexpected_role(grant, plan) then
      return nil, errors.new {
        code = "StalePlan",
        message = ("the puller role of '%s' was replaced or turned off after the plan was made; '%s' was not changed")
          :format(grant.service, entry.repository.name),
        tip = "make a new plan",
      }
    end
  end
  return true
end

local function has_new_role(region, entry, plan)
  for _, grant in ipairs(entry.grants) do
    local service = plan.services[grant.service]
    if service and access_grant.is_new_role(region, service.role.arn) then
      return true
    end
  end
  return false
end

-- Returns what the journal records about the change.
local function record_of(entry, plan)
  local services = {}
  for i, grant in ipairs(entry.grants) do
    services[i] = grant.service
  end
  return { services = services, prune = plan.prune or false }
end

local function new_change(entry, result, dry_run)
  local detail = result.detail or {}
  return {
    kind = not result.changed and "unchanged" or dry_run and "would change" or "changed",
    repository = entry.repository,
    lines = result.changed and detail.lines or {},
    why = result.changed and table.concat(detail.lines, "; ")
      or detail.same_access and "written differently, with the access of the file" or nil,
    warning = detail.warning,
    before = result.before,
    after = result.after,
    diff = result.diff,
    effect = result.effect,
    same_access = not result.changed and detail.same_access or false,
    dry_run = dry_run or false,
    entry = result.entry,
    recovered = result.recovered,
    damaged = result.damaged,
  }
end

-- Returns all that the change may give: pull access to the roles of its grants.
local function gives_of(parts)
  local gives = {}
  for _, part in ipairs(parts) do
    if part.on == "grant" then
      gives[#gives + 1] = { principal = part.grant.principal, actions = policy.PULL_ACTIONS }
    end
  end
  return gives
end

--- Changes the policy of one repository to the desired state.
---@param region access.Region
---@param plan desired.Plan
---@param entry desired.Entry
---@param options? { dry_run: boolean?, settle: boolean?, progress: fun(text: string?)? }
---@return desired.Change?
---@return lanyard.Error? err  code StalePlan when a saved plan no longer fits
function M.apply(region, plan, entry, options)
  options = options or {}
  local ok, err = check_roles(entry, plan)
  if not ok then
    return nil, err
  end
  local edit_policy, parts = edit.of(entry, plan)
  local result
  result, err = write.change_policy(region, entry.repository, edit_policy, {
    action = "apply",
    parts = parts,
    gives = gives_of(parts),
    record = record_of(entry, plan),
    dry_run = options.dry_run,
    settle = options.settle,
    progress = options.progress or region.progress,
    await_principal = true,
    new_role = has_new_role(region, entry, plan),
  })
  if not result then
    return nil, err
  end
  return new_change(entry, result, options.dry_run)
end

return M
