--- Prints plans and their results, for a person and as JSON.
---
---     print_desired.plan("table", plan)
---     return print_desired.failures(plan) or cli.exit.ok

local changes_of = require "lanyard.cli.changes"
local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local json = require "lanyard.json"
local plan_file = require "lanyard.desired.plan_file"
local plans = require "lanyard.desired.plan"
local report = require "lanyard.cli.print"
local service_view = require "lanyard.cli.desired_services"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local COLOURS = { ["+"] = "green", ["-"] = "red", ["~"] = "yellow" }

local function count(number, one, many)
  return ("%d %s"):format(number, number == 1 and one or many)
end

-- Combines an exit status with the one of an error: a failure outweighs a refusal by a rule.
local function combined_status(status, err)
  local own = exit.status_of(err) == cli.exit.refused and cli.exit.refused or cli.exit.failed
  return status == cli.exit.failed and status or own
end

--- Prints the failures of a plan on stderr.
---@param plan { failures: desired.Failure[] }
---@return integer? status  the exit status for the failures, nil when there are none
function M.failures(plan)
  local status
  for _, failure in ipairs(plan.failures) do
    status = combined_status(status, failure.err)
    cli.note(escape.format("lanyard: %s: ", failure.repository or failure.service) .. cli.describe(failure.err))
  end
  return status
end

local function add_entry(lines, entry)
  lines[#lines + 1] = cli.paint("bold", escape.printable(entry.repository.name))
  for _, line in ipairs(entry.change.lines) do
    lines[#lines + 1] = "  " .. cli.paint(COLOURS[line:sub(1, 1)], escape.printable(timestamp.localized(line)))
  end
  lines[#lines + 1] = report.paint_diff(entry.change.diff) .. report.effect_line(entry.change.effect) .. "\n"
end

-- Prints what keeps a grant from taking effect, also for grants that exist already.
local function print_warnings(plan)
  for _, entry in ipairs(plan.entries) do
    if entry.change and entry.change.warning then
      cli.note(escape.format("lanyard: warning: %s: %s", entry.repository.name,
        timestamp.localized(entry.change.warning)))
    end
  end
end

--- Returns a plan as text for a person.
---@param plan desired.Plan
---@return string
function M.text(plan)
  local changing, lines = plans.changing(plan), {}
  service_view.add_changes(lines, plan)
  for _, name in ipairs(plan.enable) do
    lines[#lines + 1] = cli.paint("green", escape.format("+ turn on the puller role of %s", name))
  end
  if #plan.enable > 0 and #changing > 0 then
    lines[#lines + 1] = "  (the diff below has a placeholder: AWS assigns the role's ARN when it is turned on)\n"
  end
  for _, entry in ipairs(changing) do
    add_entry(lines, entry)
  end
  for _, entry in ipairs(plan.entries) do
    if entry.change and entry.change.same_access then
      lines[#lines + 1] = cli.paint("bold", escape.printable(entry.repository.name))
        .. "\n  written differently, with the access of the file: it is not changed\n"
    end
  end
  service_view.add_summary(lines, plan)
  lines[#lines + 1] = ("%s to turn on, %s to change, %d unchanged, %d failed"):format(
    count(#plan.enable, "role", "roles"), count(#changing, "repository", "repositories"),
    #plans.unchanged(plan) + #(plan.saved_unchanged or {}), #plan.failures)
  return table.concat(lines, "\n")
end

--- Prints on stderr what a plan says about services besides its changes.
---@param plan desired.Plan
function M.note_services(plan)
  service_view.warnings(plan)
end

--- Prints a plan, and its warnings on stderr.
---@param output "table"|"json"
---@param plan desired.Plan
function M.plan(output, plan)
  print_warnings(plan)
  M.note_services(plan)
  if output == "json" then
    report.json(plan_file.encode(plan))
  else
    cli.out(M.text(plan))
  end
end

local function encode_roles(roles)
  local items = json.array {}
  for i, role in ipairs(roles) do
    items[i] = {
      service = role.service, result = role.change and role.change.kind or "failed",
      error = role.err and { code = role.err.code, message = role.err.message } or nil,
    }
  end
  return items
end

-- Prints the roles that were turned on, and their errors on stderr. Returns the combined exit status.
local function print_roles(output, roles, status)
  local rows = {}
  for i, role in ipairs(roles) do
    if role.err then
      status = combined_status(status, role.err)
      cli.note(escape.format("lanyard: %s: ", role.service) .. cli.describe(role.err))
    end
    rows[i] = { role.service, { role.change and role.change.kind or "failed", role.err and "red" or "green" } }
  end
  if output == "table" and #rows > 0 then
    report.rows({ "SERVICE", "ROLE" }, rows)
    cli.out "\n"
  end
  return status
end

--- Prints the result of applying a plan.
---@param output "table"|"json"
---@param plan desired.Plan
---@param roles desired.RoleResult[]
---@param changes desired.ChangeResult[]
---@param services desired.ServiceResult[]
---@return integer status  the exit status
function M.applied(output, plan, roles, changes, services)
  local status = M.failures(plan)
  for _, name in ipairs(plan.saved_unchanged_services or {}) do
    services[#services + 1] = { name = name, kind = "unchanged", plan = {} }
  end
  service_view.errors(services, function(err) status = combined_status(status, err) end)
  if output == "table" then
    service_view.results(services)
  end
  status = print_roles(output, roles, status)
  if output == "table" and #roles + #changes + #services + #plan.failures == 0 then
    cli.note(escape.format("lanyard: nothing is to be changed in %s", plan.region))
  end
  for _, name in ipairs(plan.saved_unchanged or {}) do
    changes[#changes + 1] = { repository = name, change = { kind = "unchanged", diff = "" } }
  end
  table.sort(changes, function(a, b) return a.repository < b.repository end)
  local changes_status = report.changes(output, changes, {
    account = plan.account, region = plan.region, roles = encode_roles(roles),
    failures = plan_file.encode_failures(plan.failures),
    services = plan.service_plans and service_view.items(services) or nil,
  })
  if status and changes_status == cli.exit.failed then
    return changes_status
  end
  return status or changes_status
end

--- Returns a value for a <close> variable that, closed by an interruption, prints what was applied.
---@param output "table"|"json"
---@param plan desired.Plan
---@param seen desired.Seen  filled as the plan is applied
---@return table
function M.interruption(output, plan, seen)
  return changes_of.on_interruption(function()
    local roles = {}
    for i, name in ipairs(plan.enable) do
      local state = seen.role_states[i]
      roles[i] = seen.roles[i] or { service = name, change = { kind = changes_of.role_result(state) } }
      if not seen.roles[i] then
        changes_of.note_role(name, "enable", state)
      end
    end
    service_view.interrupt(seen.services)
    M.applied(output, plan, roles, changes_of.complete(seen.repositories, seen.changes, seen.started), seen.services)
  end)
end

return M
