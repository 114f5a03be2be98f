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
local function enable(here, plan, options)
  return task.map(plan.enable, function(name)
    local changed, err = here:enable(name, { timeout = options.timeout, progress = options.progress })
    err = err or resolve.flaw_of(changed.service, name, plan.region)
    plan.services[name] = not err and changed.service or false
    return { service = name, change = changed, err = err }
  end, { limit = PARALLEL })
end

-- apply(here, plan [, { timeout, settle, progress }]) --> roles, changes
-- roles: { { service, change = { kind, service } | nil, err } }, changes: { { repository, change | nil,
-- err } }, one for each entry that would change. `settle` is on unless it is false.
function M.apply(here, plan, options)
  options = options or {}
  local roles = enable(here, plan, options)
  local changes = task.map(plans.changing(plan), function(entry)
    local made, err = change.make(here, plan, entry, {
      settle = options.settle ~= false, progress = options.progress,
    })
    return { repository = entry.repository.name, change = made, err = err }
  end, { limit = PARALLEL })
  return roles, changes
end

return M
