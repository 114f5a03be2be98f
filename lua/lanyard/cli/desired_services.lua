--- Prints the services of plans and of their results.

local cli = require "lanyard.cli"
local describe = require "lanyard.desired.services.describe"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local service_plans = require "lanyard.desired.services.plan"

local M = {}

local COLOURS = { ["+"] = "green", ["-"] = "red", ["~"] = "yellow" }

local function painted(line)
  local colour = COLOURS[line:sub(1, 1)]
  return colour and cli.paint(colour, escape.printable(line)) or escape.printable(line)
end

-- Counts what becomes of services, and adds up what they cost.
local function tally(list, unchanged)
  local counts, before, after = { create = 0, update = 0, delete = 0, deploy = 0, unchanged = unchanged }, 0, 0
  for _, one in ipairs(list) do
    local kind = not one.err and (one.kind == "unchanged" and one.deploys and "deploy" or one.kind)
    counts[kind or "failed"] = (counts[kind or "failed"] or 0) + 1
    if kind and kind ~= "unchanged" and kind ~= "deploy" then
      local old, new = describe.prices(one)
      before, after = before and old and before + old, after and new and after + new
    end
  end
  return counts, before, after
end

-- "1 to create, 2 to change"; the price of the services that change.
local function summary(list, unchanged)
  local counts, before, after = tally(list, unchanged)
  local line = ("services: %d to create, %d to change, %d to deploy to, %d to delete, %d unchanged"):format(
    counts.create, counts.update, counts.deploy, counts.delete, counts.unchanged)
  if counts.create + counts.update + counts.delete > 0 and before ~= after then
    line = line .. ("; price of these: %s -> %s"):format(describe.price(before), describe.price(after))
  end
  return line
end

--- Adds the services that a plan changes to its text.
---@param lines string[]
---@param plan desired.Plan
function M.add_changes(lines, plan)
  for _, one in ipairs(plan.service_plans or {}) do
    if service_plans.is_change(one) then
      lines[#lines + 1] = cli.paint("bold", painted(describe.title(one)))
      for _, line in ipairs(describe.lines(one)) do
        lines[#lines + 1] = "  " .. painted(line)
      end
      lines[#lines + 1] = ""
    end
  end
end

--- Adds a line with what becomes of the services to the text of a plan.
---@param lines string[]
---@param plan desired.Plan
function M.add_summary(lines, plan)
  if plan.service_plans then
    lines[#lines + 1] = summary(plan.service_plans, #(plan.saved_unchanged_services or {}))
  end
end

--- Prints what a plan says about services besides its changes, on stderr.
---@param plan desired.Plan
function M.warnings(plan)
  for _, one in ipairs(plan.service_plans or {}) do
    for _, warning in ipairs(one.deployment and one.deployment.warnings or {}) do
      cli.note(escape.format("lanyard: warning: %s: %s", one.name, warning))
    end
    if one.skipped and not one.err then
      cli.note(escape.format("lanyard: %s: %s", one.name, one.skipped))
    end
  end
  for _, one in ipairs(plan.service_plans or {}) do
    if one.deploys and not one.err and #one.deployment.references > 0 then
      cli.note("lanyard: Lightsail keeps environments readable: GetContainerServiceDeployments returns the values")
      return
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Results

local RED = { failed = true, interrupted = true, ["not changed"] = true, ["not deployed"] = true }

local function coloured(text)
  return { text or "-", RED[text] and "red" or text and text ~= "unchanged" and "green" or nil }
end

local function note_of(result)
  if result.err then
    return report.error_note(result.err)
  end
  return result.url or result.plan.skipped or ""
end

--- Returns the results of services for JSON.
---@param results desired.ServiceResult[]
---@return table
function M.items(results)
  local items = json.array {}
  for i, result in ipairs(results) do
    items[i] = {
      service = result.name, result = result.kind, url = result.url,
      deployment = result.deployment and { result = result.deployment, version = result.version } or nil,
      reasons = result.release and result.release.reasons and json.array(result.release.reasons) or nil,
      error = result.err and { code = result.err.code, message = result.err.message } or nil,
    }
  end
  return items
end

--- Prints the results of services as a table.
---@param results desired.ServiceResult[]
function M.results(results)
  local rows = {}
  for i, result in ipairs(results) do
    local deployment = result.deployment
    if deployment == "deployed" and result.version then
      deployment = ("version %d"):format(result.version)
    end
    rows[i] = { result.name, coloured(result.kind), coloured(deployment), note_of(result) }
  end
  if #rows > 0 then
    report.rows({ "SERVICE", "RESULT", "DEPLOYMENT", "NOTE" }, rows)
    cli.out "\n"
  end
end

--- Prints the errors of services on stderr, with the reasons of deployments that failed.
---@param results desired.ServiceResult[]
---@param on_error fun(err: lanyard.Error)
function M.errors(results, on_error)
  for _, result in ipairs(results) do
    if result.err then
      on_error(result.err)
      cli.note(escape.format("lanyard: %s: ", result.name) .. cli.describe(result.err))
      for _, reason in ipairs(result.release and result.release.reasons or {}) do
        cli.note("  " .. escape.printable(reason))
      end
    end
  end
end

--- Marks the steps of services that an interruption ended, and prints on stderr what continues.
---@param results desired.ServiceResult[]
function M.interrupt(results)
  for _, result in ipairs(results) do
    local is_underway = result.state == "sending" or result.state == "requested"
    if is_underway and result.kind == "not changed" then
      result.kind = "interrupted"
    end
    if is_underway or result.deployment == "interrupted" then
      cli.note(escape.format("lanyard: %s: the request may have been received; run the command again to finish it",
        result.name))
    end
  end
end

return M
