--- Prints deployments: what was done or would be done, and why one failed.

local changes = require "lanyard.cli.changes"
local cli = require "lanyard.cli"
local diff = require "lanyard.text.diff"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local requests = require "lanyard.access.deployment.request"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- Returns a duration for people, for example "4 min 12 s".
---@param seconds number
---@return string
function M.duration(seconds)
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then
    return whole .. " s"
  end
  return ("%d min %d s"):format(whole // 60, whole % 60)
end

local function time_of(seconds)
  return timestamp.format(math.floor(seconds))
end

-- ---------------------------------------------------------------------------------------------
-- How a deployment ended

--- An outcome of lanyard.access.deployment.follow. `lanyard wait` adds members for a deployment that existed before.
---@class cli.Outcome: access.deployment.Outcome
---@field created? number     seconds since 1970
---@field had_ended? boolean  it had ended before it was followed, so that `seconds` means nothing

--- Adds how a deployment ended to an item of the JSON output.
---@param item table
---@param outcome cli.Outcome
---@param reasons? string[]  of lanyard.access.deployment.diagnosis
---@param logs? access.deployment.Log[]
---@return table item
function M.add_outcome(item, outcome, reasons, logs)
  item.version = outcome.version
  item.created = outcome.created and time_of(outcome.created)
  item.seconds = not outcome.had_ended and math.floor(outcome.seconds * 10 + 0.5) / 10 or nil
  item.reasons = reasons and json.array(reasons)
  item.logs = logs and json.array {}
  for i, log in ipairs(logs or {}) do
    local lines = json.array {}
    for j, line in ipairs(log.lines) do
      lines[j] = { time = time_of(line.time), message = line.message }
    end
    item.logs[i] = { container = log.container, lines = lines, isCut = log.cut,
      error = log.err and log.err.message }
  end
  return item
end

--- Returns how long a deployment took, for a table.
---@param outcome cli.Outcome
---@return string
function M.took(outcome)
  return outcome.had_ended and "-" or M.duration(outcome.seconds)
end

local ENDED = {
  failed = "failed %s", canceled = "was canceled without a reason %s",
  replaced = "is not active: a later deployment replaced it",
}

-- A heading for the lines of a container's log.
local function log_heading(log, name, version)
  local count = #log.lines
  if log.err then
    return "cannot read the log: " .. escape.printable(log.err.message)
  elseif count == 0 then
    return ("no log lines yet; they can be minutes late: lanyard wait deployment %s --version %d reads the log again")
      :format(name, version)
  end
  return (count == 1 and "the only log line" or ("the last %d log lines"):format(count))
    .. (log.cut and " that were read; the log is long and continues" or "")
end

--- Prints on stderr that a deployment failed, the likely reasons, and the last log lines of its containers.
---@param name string  the service's name
---@param outcome cli.Outcome
---@param reasons string[]
---@param logs access.deployment.Log[]
function M.failure(name, outcome, reasons, logs)
  local ended = ENDED[outcome.result]:format(outcome.had_ended
    and ("earlier; it was created at %s"):format(timestamp.shown(outcome.created))
    or "after " .. M.duration(outcome.seconds))
  local headline = escape.format("lanyard: deployment %d of '%s' %s", outcome.version, name, ended)
  cli.note(cli.with_code(headline, "DeploymentFailed"))
  for _, reason in ipairs(reasons) do
    cli.note("  " .. escape.printable(reason))
  end
  for _, log in ipairs(logs) do
    cli.note(("  container '%s': %s"):format(escape.printable(log.container),
      log_heading(log, name, outcome.version)))
    for _, line in ipairs(log.lines) do
      cli.note(("    %s  %s"):format(timestamp.shown(line.time), escape.printable(line.message)))
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- JSON

-- { [container] = { image, digest } }
local function images_of(plan)
  local images = {}
  for _, image in ipairs(plan.images) do
    images[image.container] = { image = image.reference, digest = image.found_digest }
  end
  return images
end

local function json_of_error(err)
  return err and { code = err.code, message = err.message, request_id = err.request_id }
end

local function json_of_role(role)
  return { result = role.kind, principalArn = role.service and (role.service.role.arn or ""),
    error = json_of_error(role.err) }
end

local function json_of_grants(grants)
  local list = json.array {}
  for i, item in ipairs(grants) do
    local change = item.change
    list[i] = {
      repository = item.repository,
      result = change and change.kind or "failed",
      why = change and change.why,
      diff = change and change.diff ~= "" and change.diff or nil,
      effect = change and change.effect,
      error = json_of_error(item.err),
    }
  end
  return list
end

--- The steps of a deployment, done or planned.
---@class cli.DeploymentSteps
---@field result string
---@field role? { kind: string, service: access.Service?, err: aws.Error? }
---@field grants table[]  of region:change_each
---@field err? aws.Error

local function item_of(plan, steps, reveal)
  return {
    service = plan.service.name,
    region = plan.service.region,
    result = steps.result,
    why = plan.why,
    role = steps.role and json_of_role(steps.role),
    repositories = json_of_grants(steps.grants),
    images = images_of(plan),
    previousVersion = plan.current and plan.current.version,
    deployment = requests.shown(plan.request, reveal),
    warnings = #plan.warnings > 0 and json.array(plan.warnings) or nil,
    error = json_of_error(steps.err),
  }
end

-- ---------------------------------------------------------------------------------------------
-- Tables

local RED = { failed = true, canceled = true, replaced = true, ["not deployed"] = true }

local function coloured(kind)
  return { kind, RED[kind] and "red" or kind ~= "unchanged" and "green" or nil }
end

-- note: of the deployment itself
local function print_steps(steps, note)
  local rows = {}
  local role = steps.role
  if role then
    rows[1] = { "role", coloured(role.kind), role.err and report.error_note(role.err) or role.service.role.arn or "" }
  end
  for _, item in ipairs(steps.grants) do
    local change = item.change
    rows[#rows + 1] = { "grant " .. item.repository, coloured(change and change.kind or "failed"),
      change and change.why or item.err and report.error_note(item.err) or "" }
  end
  rows[#rows + 1] = { "deployment", coloured(steps.result), note or "" }
  report.rows({ "STEP", "RESULT", "NOTE" }, rows)
end

-- A request as text, with what Lightsail adds, which a running deployment already has.
local function text_of(request, reveal, other)
  local shown = request and requests.shown(requests.completed(request), reveal, other)
  return shown and json.encode(shown, { pretty = true }) .. "\n" or ""
end

-- The difference of a plan to the running deployment, as a unified diff that is safe to print.
local function difference(plan, reveal)
  local before = plan.current and plan.current.request
  local text = diff.unified(text_of(before, reveal), text_of(plan.request, reveal, before), {
    from = before and "version " .. plan.current.version or "no deployment",
    to = "the next version",
  })
  return (text:gsub("[^\n]+", escape.printable))
end

local function print_plan(plan, steps, reveal)
  print_steps(steps, plan.why)
  local rows = {}
  for i, image in ipairs(plan.images) do
    rows[i] = { image.container, image.reference, image.found_digest or "(not checked)" }
  end
  cli.out "\n"
  report.rows({ "CONTAINER", "IMAGE", "DIGEST" }, rows)
  report.effects(steps.grants)
  local text = plan.in_place and "" or difference(plan, reveal)
  if text ~= "" then
    cli.out("\n" .. report.paint_diff(text))
  end
end

-- ---------------------------------------------------------------------------------------------
-- Results

--- Prints what a plan would do.
---@param plan access.deployment.Plan
---@param role? table  of region:enable with dry_run
---@param options { output: string, show_environment: boolean? }
function M.plan(plan, role, options)
  local steps = { result = plan.in_place and "unchanged" or "would deploy", role = role, grants = plan.grants }
  if options.output == "json" then
    report.json(item_of(plan, steps, options.show_environment))
  else
    print_plan(plan, steps, options.show_environment)
  end
end

--- Prints what was done.
---@param plan access.deployment.Plan
---@param done access.deployment.Result  with `err`, and `outcome`, `reasons` and `logs` if the deployment was followed
---@param options { output: string, show_environment: boolean? }
function M.result(plan, done, options)
  local outcome = done.outcome
  local steps = { result = done.kind, role = done.role, grants = done.grants, err = done.err }
  if outcome then
    steps.result = outcome.result == "active" and "deployed" or outcome.result
  end
  if options.output == "json" then
    local item = item_of(plan, steps, options.show_environment)
    item.version = done.version
    report.json(outcome and M.add_outcome(item, outcome, done.reasons, done.logs) or item)
  else
    local note = done.version and "version " .. done.version
    print_steps(steps, outcome and note .. ", " .. M.took(outcome) or note)
    report.effects(steps.grants)
  end
end

-- Prints on stderr how the steps of an interrupted deployment continue.
local function note_continuation(name, seen, needs_role)
  local done = seen.result
  if done.version then
    cli.note(("lanyard: deployment %d continues: lanyard wait deployment %s --version %d waits for it")
      :format(done.version, name, done.version))
  elseif done.kind == "interrupted" then
    cli.note(("lanyard: the request of the deployment may have been received: lanyard status %s shows it"):format(name))
  elseif needs_role and seen.role_state ~= "ended" then
    changes.note_role(name, "enable", seen.role_state)
  end
end

--- Returns a value for a <close> variable that, closed by an interruption, prints what was done, and on stderr what
--- continues.
---@param plan access.deployment.Plan
---@param seen access.deployment.Seen  filled as the deployment is carried out
---@param options { output: string, show_environment: boolean? }
---@return table
function M.interruption(plan, seen, options)
  return changes.on_interruption(function()
    local done = seen.result
    if plan.needs_role then
      done.role = done.role or { kind = changes.role_result(seen.role_state), service = plan.service }
      done.grants = changes.complete(plan.repositories, seen.grants, seen.started)
    end
    M.result(plan, done, options)
    note_continuation(plan.service.name, seen, plan.needs_role)
  end)
end

return M
