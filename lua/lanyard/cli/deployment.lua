-- Deployments on the command line: what one took, what it would take, and why one failed.

local cli = require "lanyard.cli"
local requests = require "lanyard.access.deployment.request"
local diff = require "lanyard.text.diff"
local escape = require "lanyard.text.escape"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"

local M = {}

-- 252.3 --> "4 min 12 s"
function M.duration(seconds)
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then
    return whole .. " s"
  end
  return ("%d min %d s"):format(whole // 60, whole % 60)
end

-- ---------------------------------------------------------------------------------------------
-- Failure

-- An outcome is one of lanyard.access.follow; of a deployment that was made before, it may also have created
-- (seconds since 1970), and had_ended: there was nothing to wait for, so its seconds tell nothing.

-- Members of JSON for how a deployment ended: of an outcome, with reasons and logs (of
-- lanyard.access.diagnosis) where it failed.
function M.ending(item, outcome, reasons, logs)
  item.version = outcome.version
  item.created = outcome.created and timestamp.format(math.floor(outcome.created))
  item.seconds = not outcome.had_ended and math.floor(outcome.seconds * 10 + 0.5) / 10 or nil
  item.reasons = reasons and json.array(reasons)
  item.logs = logs and json.array {}
  for i, log in ipairs(logs or {}) do
    local lines = json.array {}
    for j, line in ipairs(log.lines) do
      lines[j] = { time = timestamp.format(math.floor(line.time)), message = line.message }
    end
    item.logs[i] = { container = log.container, lines = lines, isCut = log.cut,
      error = log.err and log.err.message }
  end
  return item
end

-- How long a deployment took, for a table.
function M.took(outcome)
  return outcome.had_ended and "-" or M.duration(outcome.seconds)
end

local ENDED = {
  failed = "failed %s", canceled = "was canceled without a word %s",
  replaced = "is not active: a later one replaced it",
}

-- What there is of a container's log, in words.
local function about(log, name, version)
  local count = #log.lines
  if log.err then
    return "the log could not be read: " .. escape.printable(log.err.message)
  elseif count == 0 then
    return ("nothing was logged yet; logs may come minutes late: lanyard wait deployment %s --version %d looks again")
      :format(name, version)
  end
  return (count == 1 and "the only line logged" or ("the last %d lines logged"):format(count))
    .. (log.cut and "; the log is long, and goes on behind them" or "")
end

-- Tells on stderr that a deployment failed, why that may be, and what its containers logged last.
function M.failure(name, outcome, reasons, logs)
  local ended = ENDED[outcome.result]:format(outcome.had_ended
    and "earlier; it was made at " .. timestamp.format(math.floor(outcome.created))
    or "after " .. M.duration(outcome.seconds))
  cli.note(("lanyard: deployment %d of '%s' %s"):format(outcome.version, name, ended))
  for _, reason in ipairs(reasons) do
    cli.note("  " .. escape.printable(reason))
  end
  for _, log in ipairs(logs) do
    cli.note(("  container '%s': %s"):format(escape.printable(log.container), about(log, name, outcome.version)))
    for _, line in ipairs(log.lines) do
      cli.note(("    %s  %s"):format(timestamp.format(math.floor(line.time)), escape.printable(line.message)))
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- What was done, or would be

-- The images of a plan: { [container] = { image, digest } }
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

-- role: a change of region:enable, or { kind = "failed", err }
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
      error = json_of_error(item.err),
    }
  end
  return list
end

-- item_of(plan, facts, reveal) --> the JSON of a deployment
-- facts: result (a word), role (see json_of_role) | nil, grants, err
local function item_of(plan, facts, reveal)
  return {
    service = plan.service.name,
    region = plan.service.region,
    result = facts.result,
    why = plan.why,
    role = facts.role and json_of_role(facts.role),
    repositories = json_of_grants(facts.grants),
    images = images_of(plan),
    previousVersion = plan.current and plan.current.version,
    deployment = requests.shown(plan.request, reveal),
    warnings = #plan.warnings > 0 and json.array(plan.warnings) or nil,
    error = json_of_error(facts.err),
  }
end

local RED = { failed = true, canceled = true, replaced = true, ["not deployed"] = true }

local function coloured(kind)
  return { kind, RED[kind] and "red" or kind ~= "unchanged" and "green" or nil }
end

-- Prints the steps of a deployment as a table. note: what there is to say of the deployment itself.
local function print_steps(facts, note)
  local rows = {}
  local role = facts.role
  if role then
    rows[1] = { "role", coloured(role.kind), role.err and role.err.code or role.service.role.arn or "" }
  end
  for _, item in ipairs(facts.grants) do
    local change = item.change
    rows[#rows + 1] = { "grant " .. item.repository, coloured(change and change.kind or "failed"),
      change and change.why or item.err and item.err.code or "" }
  end
  rows[#rows + 1] = { "deployment", coloured(facts.result), note or "" }
  report.rows({ "STEP", "RESULT", "NOTE" }, rows)
end

-- A request as text, with what Lightsail adds, which a running deployment has already.
local function text_of(request, reveal, other)
  local shown = request and requests.shown(requests.completed(request), reveal, other)
  return shown and json.encode(shown, { pretty = true }) .. "\n" or ""
end

-- The difference that a plan makes to the running deployment, as a unified diff for a terminal.
local function difference(plan, reveal)
  local before = plan.current and plan.current.request
  local text = diff.unified(text_of(before, reveal), text_of(plan.request, reveal, before), {
    from = before and "version " .. plan.current.version or "no deployment",
    to = "the next version",
  })
  return (text:gsub("[^\n]+", escape.printable))
end

local function print_plan(plan, facts, reveal)
  print_steps(facts, plan.why)
  local rows = {}
  for i, image in ipairs(plan.images) do
    rows[i] = { image.container, image.reference, image.found_digest or "(not looked at)" }
  end
  cli.out "\n"
  report.rows({ "CONTAINER", "IMAGE", "DIGEST" }, rows)
  for _, item in ipairs(facts.grants) do
    if item.change.diff ~= "" then
      cli.out("\n" .. report.paint_diff(item.change.diff))
    end
  end
  local text = plan.in_place and "" or difference(plan, reveal)
  if text ~= "" then
    cli.out("\n" .. report.paint_diff(text))
  end
end

-- Prints what a plan would do. role: a change that would be made, of region:enable | nil;
-- options: output, show_environment
function M.plan(plan, role, options)
  local facts = { result = plan.in_place and "unchanged" or "would deploy", role = role, grants = plan.grants }
  if options.output == "json" then
    report.json(item_of(plan, facts, options.show_environment))
  else
    print_plan(plan, facts, options.show_environment)
  end
end

-- Prints what was done. done: of region:deploy, with err | nil, and where the deployment was followed outcome,
-- reasons and logs (see M.ending); options: output, show_environment
function M.result(plan, done, options)
  local outcome = done.outcome
  done.result = done.kind
  if outcome then
    done.result = outcome.result == "active" and "deployed" or outcome.result
  end
  if options.output == "json" then
    local item = item_of(plan, done, options.show_environment)
    item.version = done.version
    report.json(outcome and M.ending(item, outcome, done.reasons, done.logs) or item)
  else
    local note = done.version and "version " .. done.version
    print_steps(done, outcome and note .. ", " .. M.took(outcome) or note)
  end
end

-- interruption(service name, version) --> a value that, closed by an interruption, tells on stderr that the
-- deployment goes on.
function M.interruption(name, version)
  return setmetatable({}, { __close = function(_, raised)
    if raised then
      cli.progress(nil)
      cli.note(("lanyard: deployment %d goes on by itself: lanyard wait deployment %s --version %d waits on")
        :format(version, name, version))
    end
  end })
end

return M
