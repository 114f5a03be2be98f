--- Edits one repository's policy to match the desired state: all its grants and everything that is pruned, together.
---
---     local changed, detail = edit.of(entry, plan)(doc, original)

local access_grant = require "lanyard.access.grant"
local container_services = require "lanyard.access.services"
local describe = require "lanyard.desired.describe"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local pull_access = require "lanyard.desired.pull_access"
local repository_policy = require "lanyard.access.repository_policy"

local M = {}

---@class desired.Entry  one repository of a plan
---@field repository { name: string, arn: string, registry_id: string }
---@field grants desired.RepositoryGrant[]
---@field protected? table<string, boolean>  services that keep their grant although the file does not have it
---@field prunable? table<string, boolean>  the principals that a saved plan removes; nil: any
---@field guard? { text: string? }  the policy that a saved plan was made with; nothing is written over another one
---@field change? desired.Change  the result of the dry run
---@field err? lanyard.Error  why the dry run failed

---@class desired.Part  one decision that user rules can deny
---@field on "grant"|"revoke"
---@field service? table
---@field grant? table

--- Reports whether a grant lets its service pull at the time of the plan.
---@param grant desired.RepositoryGrant
---@param plan desired.Plan
---@return boolean
function M.is_effective(grant, plan)
  return not grant.conflict and not (grant.expires and grant.expires <= plan.now)
end

--- Returns the current puller roles by service, each when it is read: a plan has many services, and an edit concerns
--- few.
---@param plan desired.Plan
---@return table<string, string>
function M.current_roles(plan)
  return setmetatable({}, { __index = function(_, name)
    local service = plan.services[name] or plan.all_services[name]
    return service and container_services.puller_arn(service) or nil
  end })
end

-- Returns the expiry of a grant: false if it does not expire, nil if the expiry of the policy stays.
local function expiry_of(grant)
  if grant.implied then
    return nil
  end
  return grant.expires or false
end

-- Returns the edits for an entry's grants: { edit, role_arn, effective, part }. Grants in conflict and grants of
-- services that cannot be granted have none.
local function grant_edits(entry, plan)
  local edits = {}
  for _, grant in ipairs(entry.grants) do
    local service = not grant.conflict and plan.services[grant.service]
    if service then
      local role_arn = container_services.puller_arn(service)
      local sid = grant.sid or access_grant.sid_for(service.name)
      edits[#edits + 1] = {
        role_arn = role_arn,
        effective = M.is_effective(grant, plan),
        part = { on = "grant", service = service,
          grant = { service = service.name, principal = role_arn, sid = sid, expires = grant.expires } },
        edit = access_grant.edit {
          role_arn = role_arn, sid = sid, resource = entry.repository.arn,
          fold = plan.fold, expires = expiry_of(grant), now = plan.now,
        },
      }
    end
  end
  return edits
end

-- Returns a function that selects the principals to prune: puller roles of this Region that no grant can refer to.
-- When a service could not be read, each role of it may be the current one, so none is selected. Of a saved plan, only
-- what it removes is selected.
local function prune_selector(entry, plan)
  local granted, region, unplanned = {}, plan.region, plan.unplanned or {}
  for _, grant in ipairs(entry.grants) do
    local service = plan.services[grant.service]
    granted[grant.service] = service and container_services.puller_arn(service) or true
  end
  for name in pairs(entry.protected or {}) do
    granted[name] = granted[name] or true
  end
  return function(type_, value)
    local role = principal.classify(type_, value)
    local current = role.kind == "puller" and granted[role.service]
    return role.kind == "puller" and role.region == region and current ~= true and current ~= value
      and not unplanned[role.service] and (not entry.prunable or entry.prunable[value])
  end
end

-- Removes the selected principals from a document and adds a part for each role that loses access.
local function prune(doc, is_selected, parts)
  local removed = {}
  local changed = doc:revoke { match = function(type_, value, statement)
    local selected = is_selected(type_, value)
    if selected and statement.effect == "Allow" and not statement.not_principal then
      removed[value] = true
    end
    return selected
  end }
  for _, arn in ipairs(lists.sorted_names(removed)) do
    parts[#parts + 1] = { on = "revoke", grant = { principal = arn, service = principal.classify("AWS", arn).service } }
  end
  return changed
end

-- Applies the edits of grants. Returns whether anything changed and a warning, or nil and the error.
local function edit_grants(edits, doc, original, parts)
  local changed, warning = false, nil
  for _, one in ipairs(edits) do
    -- An expired grant is not added. One that exists without that deadline is made to expire.
    if one.effective or pull_access.limits(doc)[one.role_arn] then
      local edited, detail = one.edit(doc, original)
      if edited == nil then
        return nil, detail
      end
      parts[#parts + 1] = edited and one.part or nil
      changed = changed or edited
      warning = warning or detail.warning
    end
  end
  return changed, warning
end

local function edited_roles(parts)
  local arns = {}
  for i, part in ipairs(parts) do
    arns[i] = part.grant.principal
  end
  return arns
end

local function policy_changed(name)
  return errors.new {
    code = "StalePlan",
    message = ("the policy of '%s' changed after the plan was made; nothing was written"):format(name),
    tip = "make a new plan",
  }
end

--- Returns the edit of one entry, for lanyard.access.write.
---
--- The edit takes a document and the original. It returns whether it changed the document and
--- { lines, warning, parts }, or nil and an error.
---@param entry desired.Entry
---@param plan desired.Plan
---@return fun(doc: policy.Document, original: policy.Document?): boolean?, table|lanyard.Error
---@return desired.Part[] parts  every decision that user rules can deny
function M.of(entry, plan)
  local edits = grant_edits(entry, plan)
  local is_selected = plan.prune and prune_selector(entry, plan)
  local guard = entry.guard and { doc = entry.guard.text and policy.parse(entry.guard.text) }
  local roles = M.current_roles(plan)
  local possible = plan.prune and { { on = "revoke" } } or {}
  for _, one in ipairs(edits) do
    possible[#possible + 1] = one.part
  end
  return function(doc, original)
    local parts = {}
    local pruned = is_selected and prune(doc, is_selected, parts) or false
    local granted, warning = edit_grants(edits, doc, original, parts)
    if granted == nil then
      return nil, warning
    end
    if granted and not (pruned or warning) and policy.equal_access(original or policy.new(), doc) then
      -- The access is as the file says, in other words, for example in one statement for each action.
      return false, { lines = {}, parts = {}, same_access = true }
    end
    local changed = pruned or granted
    if changed and guard and not repository_policy.same(original, guard.doc) then
      return nil, policy_changed(entry.repository.name)
    end
    local lines = describe.difference(original, doc, {
      roles = roles, region = plan.region, edited = edited_roles(parts),
    })
    return changed, { lines = lines, warning = warning, parts = parts }
  end, possible
end

return M
