-- A plan, and what became of it, for a person and as JSON.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local plans = require "lanyard.desired.plan"
local report = require "lanyard.cli.print"
local saved = require "lanyard.desired.saved"

local M = {}

local COLOURS = { ["+"] = "green", ["-"] = "red", ["~"] = "yellow" }

local function count(number, one, many)
  return ("%d %s"):format(number, number == 1 and one or many)
end

-- The exit status of what failed: that of a refusal where rules refused and nothing else went wrong.
local function worse(status, err)
  local own = require("lanyard.cli.exit").status_of(err) == cli.exit.refused and cli.exit.refused or cli.exit.failed
  return status == cli.exit.failed and status or own
end

-- Tells the failures of a plan on stderr; --> the exit status that they ask for | nil where there are none
function M.failures(plan)
  local status
  for _, failure in ipairs(plan.failures) do
    status = worse(status, failure.err)
    local what = escape.printable(failure.repository or failure.service)
    cli.note(("lanyard: %s: %s"):format(what, cli.describe(failure.err)))
  end
  return status
end

local function entry_lines(lines, entry)
  lines[#lines + 1] = cli.paint("bold", entry.repository.name)
  for _, word in ipairs(entry.change.words) do
    lines[#lines + 1] = "  " .. cli.paint(COLOURS[word:sub(1, 1)], escape.printable(word))
  end
  lines[#lines + 1] = report.paint_diff(entry.change.diff)
end

-- Tells what keeps a grant from doing what the file means, also of grants that are there already.
local function warn(plan)
  for _, entry in ipairs(plan.entries) do
    if entry.change and entry.change.warning then
      cli.note(("lanyard: warning: %s: %s"):format(entry.repository.name, escape.printable(entry.change.warning)))
    end
  end
end

-- A plan as lines for a person.
function M.text(plan)
  local changing, lines = plans.changing(plan), {}
  for _, name in ipairs(plan.enable) do
    lines[#lines + 1] = cli.paint("green", ("+ the puller role of %s would be turned on"):format(name))
  end
  if #plan.enable > 0 then
    lines[#lines + 1] = "  (its ARN is not known before; the one below is made up)\n"
  end
  for _, entry in ipairs(changing) do
    entry_lines(lines, entry)
  end
  lines[#lines + 1] = ("%s to turn on, %s to change, %d unchanged, %d failed"):format(
    count(#plan.enable, "role", "roles"), count(#changing, "repository", "repositories"),
    #plans.unchanged(plan), #plan.failures)
  return table.concat(lines, "\n")
end

-- Prints a plan.
function M.plan(output, plan)
  warn(plan)
  if output == "json" then
    report.json(saved.plain(plan))
  else
    cli.out(M.text(plan))
  end
end

local function plain_roles(roles)
  local items = json.array {}
  for i, role in ipairs(roles) do
    items[i] = {
      service = role.service, result = role.change and role.change.kind or "failed",
      error = role.err and { code = role.err.code, message = role.err.message } or nil,
    }
  end
  return items
end

-- Prints what became of a plan; --> the exit status
function M.applied(output, plan, roles, changes)
  local status = M.failures(plan)
  local rows = {}
  for i, role in ipairs(roles) do
    if role.err then
      status = worse(status, role.err)
      cli.note(("lanyard: %s: %s"):format(role.service, cli.describe(role.err)))
    end
    rows[i] = { role.service, { role.change and role.change.kind or "failed", role.err and "red" or "green" } }
  end
  if output == "table" and #rows > 0 then
    report.rows({ "SERVICE", "ROLE" }, rows)
    cli.out "\n"
  end
  local of_changes = report.changes(output, changes, {
    account = plan.account, region = plan.region, roles = plain_roles(roles), failures = saved.plain(plan).failures,
  })
  if status and of_changes == cli.exit.failed then
    return of_changes
  end
  return status or of_changes
end

return M
