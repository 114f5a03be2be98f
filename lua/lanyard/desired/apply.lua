--- Applies a plan: creates and changes services, enables roles, writes each repository's policy once, deploys, and
--- deletes services. A failure does not stop the rest.
--- What an interrupted run already changed is settled in the journal.
---
---     local roles, changes = apply.apply(region, plan, { timeout = 600 })

local change = require "lanyard.desired.change"
local interrupted = require "lanyard.access.interrupted"
local meters = require "lanyard.meter"
local plans = require "lanyard.desired.plan"
local resolve = require "lanyard.desired.resolve"
local services = require "lanyard.desired.services.apply"
local task = require "lanyard.task"
local write = require "lanyard.access.write"

local M = {}

---@class desired.RoleResult
---@field service string
---@field change? { kind: string, service: table }
---@field err? lanyard.Error

---@class desired.ChangeResult
---@field repository string
---@field change? desired.Change
---@field err? lanyard.Error

-- How many roles, and how many repositories, are changed in parallel.
local PARALLEL = 16

-- Enables roles. Afterwards the plan has the services with their roles, or false for one that cannot be granted.
-- A service that could not be created has no result.
local function enable_roles(region, plan, options, seen)
  local results = task.map(plan.enable, function(name, index)
    if plan.services[name] == false then
      return false
    end
    local result, err = region:enable(name, {
      timeout = options.timeout, progress = options.progress,
      observe = function(state) seen.role_states[index] = state end,
    })
    err = err or resolve.role_error(result.service, name, plan.region)
    if result and services.is_created(seen.services, name) then
      result.kind = "enabled" -- it was on from the beginning
    end
    plan.services[name] = not err and result.service or false
    seen.roles[index] = { service = name, change = result, err = err }
    return seen.roles[index]
  end, { limit = PARALLEL })
  local roles = {}
  for _, result in ipairs(results) do
    roles[#roles + 1] = result or nil
  end
  return roles
end

-- Returns the entries to report. With --prune the plan has all repositories, most of which the file does not mention.
local function relevant_entries(region, plan)
  local entries = {}
  for _, entry in ipairs(plan.entries) do
    local relevant = entry.change and (entry.change.kind ~= "unchanged" or #entry.grants > 0
      or interrupted.is_unsettled(region, entry.repository))
    entries[#entries + 1] = relevant and entry or nil
  end
  return entries
end

-- A repository that matches already may do so because of a run that was interrupted.
local function settle_unchanged(region, entry)
  local recovered, err
  if interrupted.is_unsettled(region, entry.repository) then
    recovered, err = write.settle(region, entry.repository)
  end
  entry.change.recovered = recovered
  return { repository = entry.repository.name, change = not err and entry.change or nil, err = err }
end

local function apply_entry(region, plan, entry, options)
  if entry.change.kind == "unchanged" then
    return settle_unchanged(region, entry)
  end
  local result, err = change.apply(region, plan, entry, {
    settle = options.settle ~= false, progress = options.progress,
  })
  return { repository = entry.repository.name, change = result, err = err }
end

--- What is known of a plan that is being applied: results by position, as they come.
---@class desired.Seen
---@field roles table<integer, desired.RoleResult>    of plan.enable
---@field role_states table<integer, string>          see access.RoleOptions
---@field repositories access.Repository[]            to change
---@field changes table<integer, desired.ChangeResult>
---@field started table<integer, boolean>
---@field services desired.ServiceResult[]

--- Returns an empty record for `M.apply`.
---@return desired.Seen
function M.seen()
  return { roles = {}, role_states = {}, repositories = {}, changes = {}, started = {}, services = {} }
end

---@class desired.ApplyOptions
---@field timeout? number
---@field settle? boolean   on unless false
---@field progress? fun(text: string?)
---@field meter? lanyard.Meter  counts repositories
---@field seen? desired.Seen    filled as the plan is applied, for a caller that can be interrupted

--- Applies a plan.
---@param region access.Region
---@param plan desired.Plan
---@param options? desired.ApplyOptions
---@return desired.RoleResult[] roles
---@return desired.ChangeResult[] changes  one for each entry that changed, failed, or already had all its grants
---@return desired.ServiceResult[] services
function M.apply(region, plan, options)
  options = options or {}
  local seen = options.seen or M.seen()
  local entries = relevant_entries(region, plan)
  for i, entry in ipairs(entries) do
    seen.repositories[i] = entry.repository
  end
  local meter = options.meter or meters.new { what = "repositories" }
  meter:set_total(#entries)
  seen.services = services.results(plan)
  services.change(region, plan, seen.services, options)
  local roles = enable_roles(region, plan, options, seen)
  local results = task.map(entries, function(entry, index)
    seen.started[index] = true
    seen.changes[index] = apply_entry(region, plan, entry, options)
    meter:step()
    return seen.changes[index]
  end, { limit = PARALLEL })
  services.deploy(region, plan, seen.services, options)
  services.delete(region, seen.services, options)
  local changes = {}
  for i, result in ipairs(results) do
    local reported = result.err or result.change.kind ~= "unchanged" or #(result.change.recovered or {}) > 0
      or not plans.is_incomplete(plan, entries[i])
    changes[#changes + 1] = reported and result or nil
  end
  return roles, changes, seen.services
end

return M
