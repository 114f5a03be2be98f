--- Runs the plan of a deployment for `lanyard deploy` and `lanyard rollback`: waits for its turn, prints the plan or
--- carries it out, and prints what was done.

local cli = require "lanyard.cli"
local deployment_view = require "lanyard.cli.deployment"
local escape = require "lanyard.text.escape"
local smoke_view = require "lanyard.cli.smoke"
local waiting = require "lanyard.access.wait"

local M = {}

-- Plans, and plans again once another change of the service has ended.
local function planned(region, options, waits, plan_it)
  local plan = cli.check(plan_it())
  if plan.in_progress or not waiting.is_busy(plan.service) then
    return plan
  elseif options.dry_run then
    cli.note(escape.format("lanyard: %s is %s: deploy would wait for that change first", options.service,
      plan.service.state))
    return plan
  end
  local service, err = region:wait_for_service(options.service, waits)
  cli.progress(nil)
  cli.check(service, err)
  return cli.check(plan_it())
end

local function note_plan(plan)
  for _, warning in ipairs(plan.warnings) do
    cli.note("lanyard: warning: " .. escape.printable(warning))
  end
  if #plan.references > 0 and not plan.in_place then
    cli.note("lanyard: Lightsail keeps environments readable: GetContainerServiceDeployments returns the values")
  end
end

-- How the role would be enabled | nil
local function rehearsed_role(region, plan, options)
  if not plan.needs_role then
    return nil
  elseif plan.creates then
    return { kind = "would enable", service = plan.service }
  end
  return cli.check(region:enable(options.service, { dry_run = true }))
end

-- Carries out a plan. Returns what was done, and the error of the first step that failed.
local function carry_out(region, plan, options, waits)
  waits.seen = {}
  local _ <close> = deployment_view.interruption(plan, waits.seen, options)
  local run = plan.to and region.rollback or region.release
  return run(region, plan, waits)
end

--- Runs a plan. Returns the exit status.
---@param region access.Region
---@param options table  of the command line
---@param waits access.deployment.ReleaseOptions
---@param plan_it fun(): access.deployment.Plan?, aws.Error?
---@return integer status
function M.run(region, options, waits, plan_it)
  waits.timeout, waits.settle, waits.progress = options.timeout, options.settle, cli.progress
  waits.reveal, waits.wait = options.show_environment, not options.no_wait
  local plan = planned(region, options, waits, plan_it)
  note_plan(plan)
  if options.dry_run then
    deployment_view.plan(plan, rehearsed_role(region, plan, options), options)
    return cli.exit.ok
  end
  local done, err = carry_out(region, plan, options, waits)
  cli.progress(nil)
  done.err = err
  deployment_view.result(plan, done, options)
  if done.logs then
    deployment_view.failure(options.service, done.outcome, done.reasons, done.logs)
  end
  if done.smoke then
    smoke_view.failures(done.smoke, done.url)
  end
  if done.restored then
    smoke_view.restored(options.service, done.restored)
  end
  if err then
    cli.fail(err)
  end
  return done.succeeded and cli.exit.ok or cli.exit.failed
end

return M
