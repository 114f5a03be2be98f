--- Prints deployments: what was done or would be done, and why one failed.

local changes = require "lanyard.cli.changes"
local cli = require "lanyard.cli"
local diff = require "lanyard.text.diff"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local requests = require "lanyard.access.deployment.request"
local smoke_view = require "lanyard.cli.smoke"
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

-- { { container, variable, reference, version }, ... } | nil
local function json_of_references(variables)
  if #variables == 0 then
    return nil
  end
  local list = json.array {}
  for i, one in ipairs(variables) do
    list[i] = { container = one.container, variable = one.name, reference = one.reference.text,
      version = one.reference.version }
  end
  return list
end

--- The steps of a deployment, done or planned.
---@class cli.DeploymentSteps
---@field result string
---@field created? { kind: string, err: aws.Error? }  how the service was created
---@field role? { kind: string, service: access.Service?, err: aws.Error? }
---@field grants table[]  of region:change_each
---@field err? aws.Error

local function item_of(plan, steps, reveal)
  return {
    service = plan.service.name,
    region = plan.service.region,
    result = steps.result,
    why = plan.why,
    restores = plan.to,
    creation = steps.created and { result = steps.created.kind, power = plan.creates.power,
      scale = plan.creates.scale, error = json_of_error(steps.created.err) },
    references = json_of_references(plan.references),
    role = steps.role and json_of_role(steps.role),
    repositories = json_of_grants(steps.grants),
    images = images_of(plan),
    previousVersion = plan.current and plan.current.version,
    deployment = requests.shown(plan.request, reveal, nil, requests.fetched(plan.references)),
    warnings = #plan.warnings > 0 and json.array(plan.warnings) or nil,
    error = json_of_error(steps.err),
  }
end

-- ---------------------------------------------------------------------------------------------
-- Tables

local RED = {
  failed = true, canceled = true, replaced = true, ["not deployed"] = true, ["nothing to restore"] = true,
  ["failed earlier"] = true,
}

local function coloured(kind)
  return { kind, RED[kind] and "red" or kind ~= "unchanged" and "green" or nil }
end

-- note: of the deployment itself; more: rows that follow
local function print_steps(plan, steps, note, more)
  local rows = {}
  local role, created = steps.role, steps.created
  if created then
    rows[1] = { "service", coloured(created.kind), created.err and report.error_note(created.err)
      or ("power %s, scale %d"):format(plan.creates.power, plan.creates.scale) }
  end
  if role then
    rows[#rows + 1] = { "role", coloured(role.kind),
      role.err and report.error_note(role.err) or role.service.role.arn or "" }
  end
  for _, item in ipairs(steps.grants) do
    local change = item.change
    rows[#rows + 1] = { "grant " .. item.repository, coloured(change and change.kind or "failed"),
      change and change.why or item.err and report.error_note(item.err) or "" }
  end
  rows[#rows + 1] = { "deployment", coloured(steps.result), note or "" }
  table.move(more or {}, 1, #(more or {}), #rows + 1, rows)
  report.rows({ "STEP", "RESULT", "NOTE" }, rows)
end

-- A request as text, with what Lightsail adds, which a running deployment already has.
local function text_of(request, reveal, other, hidden)
  local shown = request and requests.shown(requests.completed(request), reveal, other, hidden)
  return shown and json.encode(shown, { pretty = true }) .. "\n" or ""
end

-- The difference of a plan to the running deployment, as a unified diff that is safe to print.
local function difference(plan, reveal)
  local before = plan.current and plan.current.request
  local hidden = requests.fetched(plan.references)
  local after = text_of(plan.request, reveal, before, hidden)
  local text = diff.unified(text_of(before, reveal, nil, hidden), after, {
    from = before and "version " .. plan.current.version or "no deployment",
    to = "the next version",
  })
  return (text:gsub("[^\n]+", escape.printable))
end

-- Prints which variables have values of parameters and secrets.
local function print_references(plan)
  local rows = {}
  for i, one in ipairs(plan.references) do
    rows[i] = { one.container, one.name, one.reference.text, one.reference.version or "-" }
  end
  if #rows > 0 then
    cli.out "\n"
    report.rows({ "CONTAINER", "VARIABLE", "REFERENCE", "VERSION" }, rows)
  end
end

local function print_plan(plan, steps, reveal)
  print_steps(plan, steps, plan.why or plan.in_progress and "version " .. plan.in_progress)
  local rows = {}
  for i, image in ipairs(plan.images) do
    rows[i] = { image.container, image.reference, image.found_digest or "(not checked)" }
  end
  cli.out "\n"
  report.rows({ "CONTAINER", "IMAGE", "DIGEST" }, rows)
  print_references(plan)
  report.effects(steps.grants)
  local text = plan.in_place and "" or difference(plan, reveal)
  if text ~= "" then
    cli.out("\n" .. report.paint_diff(text))
  end
end

-- ---------------------------------------------------------------------------------------------
-- Results

local function result_of_plan(plan)
  return plan.in_place and "unchanged" or plan.in_progress and "in progress"
    or plan.to and "would roll back" or "would deploy"
end

--- Prints what a plan would do.
---@param plan access.deployment.Plan
---@param role? table  of region:enable with dry_run
---@param options { output: string, show_environment: boolean? }
function M.plan(plan, role, options)
  local steps = { result = result_of_plan(plan), role = role, grants = plan.grants,
    created = plan.creates and { kind = "would create" } }
  if options.output == "json" then
    report.json(item_of(plan, steps, options.show_environment))
  else
    print_plan(plan, steps, options.show_environment)
  end
end

-- The rows of smoke tests and of what was restored.
local function rows_of_checks(done)
  local rows = {}
  for i, one in ipairs(done.smoke or {}) do
    rows[i] = { "smoke " .. one.path, coloured(one.passed and "passed" or "failed"), smoke_view.note(one) }
  end
  if done.restored then
    rows[#rows + 1] = { "rollback", coloured(done.restored.kind), smoke_view.restored_note(done.restored) }
  end
  return rows
end

-- The result of the deployment itself.
local function result_of(plan, done)
  local outcome = done.outcome
  if not outcome then
    return done.kind
  elseif outcome.result ~= "active" then
    return outcome.result
  end
  return plan.to and "rolled back" or "deployed"
end

--- Prints what was done.
---@param plan access.deployment.Plan
---@param done access.deployment.Release  with `err`
---@param options { output: string, show_environment: boolean? }
function M.result(plan, done, options)
  local outcome = done.outcome
  local steps = { result = result_of(plan, done), role = done.role, grants = done.grants, err = done.err,
    created = done.created }
  if options.output == "json" then
    local item = item_of(plan, steps, options.show_environment)
    item.version, item.url = done.version, done.url
    item.smoke, item.rollback = smoke_view.items(done.smoke), smoke_view.restored_item(done.restored)
    report.json(outcome and M.add_outcome(item, outcome, done.reasons, done.logs) or item)
  else
    local note = done.version and "version " .. done.version
    if steps.result == "rolled back" then
      steps.result = "rolled back to " .. plan.to
    end
    print_steps(plan, steps, outcome and note .. ", " .. M.took(outcome) or note, rows_of_checks(done))
    report.effects(steps.grants)
    if done.url then
      cli.out("\n" .. escape.printable(done.url) .. "\n")
    end
  end
end

-- What is known of a deployment by the stage in which it was interrupted.
local STAGES = {
  testing = "deployment %d is active, and its smoke tests did not end: repeat the command to continue",
  restoring = "the rollback of deployment %d did not end: repeat the command to continue",
}

-- Prints on stderr how the steps of an interrupted deployment continue.
local function note_continuation(name, seen, needs_role)
  local done = seen.result
  if STAGES[seen.stage] then
    cli.note("lanyard: " .. STAGES[seen.stage]:format(done.version))
  elseif seen.service_state == "sending" or seen.service_state == "requested" then
    cli.note(("lanyard: the service '%s' may be being created: repeat the command to continue"):format(name))
  elseif done.version then
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
    if plan.creates then
      done.created = done.created or { kind = "not changed" }
    end
    if plan.needs_role then
      done.role = done.role or { kind = changes.role_result(seen.role_state), service = plan.service }
      done.grants = changes.complete(plan.repositories, seen.grants, seen.started)
    end
    M.result(plan, done, options)
    note_continuation(plan.service.name, seen, plan.needs_role)
  end)
end

return M
