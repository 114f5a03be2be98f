-- Makes things as a plan has them: roles on first, then one write for each repository. What fails is
-- told, and does not stop the rest.

local change = require "lanyard.desired.change"
local plans = require "lanyard.desired.plan"
local resolve = require "lanyard.desired.resolve"
local task = require "lanyard.task"

local M = {}

-- How many roles are waited for, and how many repositories change, at once.
local PARALLEL = 16

-- Turns roles on. The plan's services are then as they have become, or can't be granted.
local function enable(region, plan, options)
  return task.map(plan.enable, function(name)
    local changed, err = region:enable(name, { timeout = options.timeout, progress = options.progress })
    err = err or resolve.flaw_of(changed.service, name, plan.region)
    plan.services[name] = not err and changed.service or false
    return { service = name, change = changed, err = err }
  end, { limit = PARALLEL })
end

-- The entries to be told of: a prune looks at all repositories, and most are none of its business.
local function concerned(plan)
  local found = {}
  for _, entry in ipairs(plan.entries) do
    local told = entry.change and (entry.change.kind ~= "unchanged" or #entry.wishes > 0)
    found[#found + 1] = told and entry or nil
  end
  return found
end

-- apply(region, plan [, { timeout, settle, progress }]) --> roles, changes
-- roles: { { service, change = { kind, service } | nil, err } }, changes: { { repository, change | nil, err } },
-- one for each entry that changed, failed to, or has wishes that were all in place already. `settle` is on unless it
-- is false.
function M.apply(region, plan, options)
  options = options or {}
  local roles = enable(region, plan, options)
  local entries = concerned(plan)
  local outcomes = task.map(entries, function(entry)
    local made, err = entry.change, nil
    if made.kind ~= "unchanged" then
      made, err = change.make(region, plan, entry, { settle = options.settle ~= false, progress = options.progress })
    end
    return { repository = entry.repository.name, change = made, err = err }
  end, { limit = PARALLEL })
  local changes = {}
  for i, one in ipairs(outcomes) do
    local told = one.err or one.change.kind ~= "unchanged" or not plans.lacks(plan, entries[i])
    changes[#changes + 1] = told and one or nil
  end
  return roles, changes
end

return M
