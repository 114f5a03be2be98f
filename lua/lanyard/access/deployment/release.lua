--- Carries out a plan of a deployment to its end: deploys, follows, smoke-tests, and restores the earlier version.
---
---     local result, err = region:release(plan, { smoke = checks, rollback = true })
---
--- A command that was killed is repeated: a deployment that is being made is followed and not requested again, one that
--- runs is `unchanged` and smoke-tested again, and a rollback that was requested is completed.

local deployments = require "lanyard.access.deployment.list"
local errors = require "lanyard.errors"
local requests = require "lanyard.access.deployment.request"
local rollbacks = require "lanyard.access.deployment.rollback"
local smoke = require "lanyard.access.deployment.smoke"

local M = {}

--- How the earlier version was restored.
---@class access.deployment.Restored
---@field kind "restored"|"still active"|"nothing to restore"|"failed"  still active: Lightsail keeps the active version
---  if a later one fails
---@field version? integer  the version that is active now
---@field to? integer       the version whose containers it has
---@field err? aws.Error    why it failed, or why there is nothing to restore

--- What was done, to the end of a deployment.
---@class access.deployment.Release: access.deployment.Result
---@field outcome? access.deployment.Outcome  how the deployment ended
---@field reasons? string[]  why it failed
---@field logs? access.deployment.Log[]  of its containers
---@field url? string        of the public endpoint
---@field smoke? access.deployment.SmokeResult[]
---@field restored? access.deployment.Restored
---@field succeeded boolean  the deployment is active, or was only requested, and the smoke tests passed

--- Options of a release.
---@class access.deployment.ReleaseOptions: access.deployment.Options
---@field wait? boolean      false: request the deployment, and do not follow it
---@field smoke? access.deployment.SmokeCheck[]
---@field smoke_timeout? number  seconds
---@field request? function  instead of lanyard.http's, for smoke tests
---@field rollback? boolean  restore the last version that was active if the deployment or a smoke test fails
---@field reveal? boolean    show values of environment variables in logs

-- ---------------------------------------------------------------------------------------------
-- Restoring

local function nothing(message, tip)
  return { kind = "nothing to restore", err = errors.new { code = "NothingToRestore", message = message, tip = tip } }
end

-- The version to restore | nil, restored: there is none
local function find_earlier(list, failed)
  local earlier = rollbacks.previous(list, failed.version, failed.request)
  if earlier then
    return earlier
  elseif rollbacks.previous(list, failed.version) then
    return nil, nothing("each earlier version that was active has the same containers",
      "deploy with --resolve, so that each version names the digests of its images")
  end
  return nil, nothing "no version was active before"
end

-- Deploys the containers of an earlier version, and follows that.
local function deploy_earlier(region, name, earlier, given)
  local plan, err = rollbacks.plan(region, name, { version = earlier.version })
  -- `seen` stays that of the deployment that is rolled back.
  local options = { timeout = given.timeout, settle = given.settle, progress = given.progress }
  local done, outcome
  if plan then
    done, err = rollbacks.begin(region, plan, "deploy", options)
  end
  if done and done.version then
    outcome, err = region:follow_deployment(name, done.version, options)
  end
  local restored = { kind = "failed", version = done and done.version, to = earlier.version, err = err }
  if outcome then
    rollbacks.finish(region, name)
    restored.kind = outcome.result == "active" and "restored" or "failed"
    restored.err = outcome.result ~= "active" and errors.new {
      code = "RollbackFailed", message = ("deployment %d, with the containers of version %d, %s"):format(done.version,
        earlier.version, outcome.result == "replaced" and "was replaced" or outcome.result),
      tip = ("lanyard wait deployment %s --version %d prints the reasons"):format(name, done.version),
    } or nil
  end
  return restored
end

-- Restores the last version that was active. version: of the deployment that failed
local function restore(region, name, version, options)
  local service, err = region:service(name)
  local list
  if service then
    list, err = deployments.list(region, name)
  end
  if not list then
    return { kind = "failed", err = err }
  end
  options.seen.stage = "restoring"
  local current, newest = service.current, list[1]
  if newest and newest.version > version then
    return nothing(("another deployment, version %d, was created in the meantime"):format(newest.version))
  elseif current and current.version ~= version then
    return { kind = "still active", version = current.version }
  end
  local failed = deployments.find(list, version)
  if not failed or not current then
    return nothing "no version was active before"
  end
  local earlier, none = find_earlier(list, failed)
  return none or deploy_earlier(region, name, earlier, options)
end

-- ---------------------------------------------------------------------------------------------
-- The steps

-- Follows the deployment, and finds the reasons if it failed. err
local function follow(region, plan, result, options)
  local name = plan.service.name
  local err
  options.seen.stage = "following"
  result.outcome, err = region:follow_deployment(name, result.version, options)
  if result.outcome and result.outcome.result ~= "active" then
    result.reasons, result.logs, err = region:explain_deployment(result.outcome, {
      request = plan.request, reveal = options.reveal, hidden = requests.fetched(plan.references),
    })
  end
  return err
end

local function url_of(service)
  local url = service.raw.url
  return type(url) == "string" and url:find "^https?://" and url or nil
end

-- Runs the smoke tests of an active deployment. err
local function test(region, plan, result, options)
  local service, err = result.outcome and result.outcome.service, nil
  if not service then
    service, err = region:service(plan.service.name)
  end
  if not service then
    return err
  end
  result.url = plan.request.publicEndpoint and url_of(service) or nil
  if not options.smoke or #options.smoke == 0 then
    return nil
  elseif not result.url then
    return errors.new { code = "NoUrl", message = ("Lightsail names no URL of '%s' to test"):format(service.name),
      operation = "GetContainerServices" }
  end
  options.seen.stage = "testing"
  local progress = options.progress
  result.smoke = smoke.run(region, result.url, options.smoke, {
    timeout = options.smoke_timeout, request = options.request,
    progress = progress and function(text) progress(service.name .. ": " .. text) end,
  })
  return nil
end

-- Completes a rollback that an earlier run of the same command began. result | nil: there is none | nil, err
local function complete_rollback(region, plan, options)
  local name = plan.service.name
  local rollback = options.rollback and plan.list and rollbacks.interrupted(region, name, plan.list, "deploy")
  local from = rollback and deployments.find(plan.list, rollback.from)
  if not from or not requests.same(from.request, plan.request) then
    return nil
  end
  options.seen.stage, options.seen.result = "restoring", { kind = "rolled back", version = from.version, grants = {} }
  local outcome, err = region:follow_deployment(name, rollback.version, options)
  if not outcome then
    return nil, err
  end
  rollbacks.finish(region, name)
  local restored = { kind = outcome.result == "active" and "restored" or "failed", version = rollback.version,
    to = rollback.to }
  restored.err = restored.kind == "failed" and errors.new {
    code = "RollbackFailed", message = ("deployment %d %s"):format(rollback.version, outcome.result),
  } or nil
  return { kind = "rolled back", version = rollback.from, grants = {}, restored = restored, succeeded = false }
end

-- Follows and tests what was deployed. Returns whether the deployment or a test failed, and err.
local function complete(region, plan, result, options)
  local err
  if result.kind ~= "unchanged" then
    err = follow(region, plan, result, options)
  end
  local is_active = result.kind == "unchanged" or result.outcome ~= nil and result.outcome.result == "active"
  if not err and is_active then
    err = test(region, plan, result, options)
  end
  local has_passed = smoke.all_passed(result.smoke or {})
  result.succeeded = not err and is_active and has_passed
  return result.outcome ~= nil and not is_active or not has_passed, err
end

-- Returns a copy of options in which `seen` is what is known so far.
local function begin(given)
  local options = {}
  for name, value in pairs(given or {}) do
    options[name] = value
  end
  options.seen = options.seen or {}
  options.seen.result, options.seen.started, options.seen.grants = { kind = "not deployed", grants = {} }, {}, {}
  return options
end

--- Carries out a plan to the end.
---@param region access.Region
---@param plan access.deployment.Plan
---@param options? access.deployment.ReleaseOptions
---@return access.deployment.Release result  with an error too: what was done before it
---@return aws.Error? err  of the first step that failed; a deployment or smoke test that failed is none
function M.release(region, plan, options)
  options = begin(options)
  local result, err = complete_rollback(region, plan, options)
  if result or err then
    return result or { kind = "not deployed", grants = {}, succeeded = false }, err
  end
  result, err = region:deploy(plan, options)
  result.succeeded = not err
  if err or options.wait == false then
    return result, err
  end
  local has_failed
  has_failed, err = complete(region, plan, result, options)
  if has_failed and options.rollback then
    result.restored = restore(region, plan.service.name, result.version, options)
  end
  return result, err
end

--- Carries out a plan of a rollback to the end.
---@param region access.Region
---@param plan access.deployment.RollbackPlan
---@param options? access.deployment.ReleaseOptions
---@return access.deployment.Release result  with an error too: what was done before it
---@return aws.Error? err
function M.rollback(region, plan, options)
  options = begin(options)
  local result, err = rollbacks.begin(region, plan, "rollback", options)
  result.succeeded = not err
  if err or options.wait == false then
    return result, err
  end
  err = select(2, complete(region, plan, result, options))
  if result.outcome or result.kind == "unchanged" then
    rollbacks.finish(region, plan.service.name)
  end
  return result, err
end

return M
