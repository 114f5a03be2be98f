--- Prints what the deletion of container services takes along, and what became of each.
---
---     local collector <close> = deletion.collector(options, names, plans)
---     local one = collector:begin(plan)
---     one.done(region:delete_service(plan, { observe = one.observe, on_grant = one.on_grant }))
---     return collector:report()

local changes = require "lanyard.cli.changes"
local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local fields = require "lanyard.cli.fields"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local service_view = require "lanyard.cli.service"
local terminal = require "lanyard.cli.terminal"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- What goes with a service

local function lines_of(texts, none)
  local lines = {}
  for i, text in ipairs(texts) do
    lines[i] = escape.printable(text)
  end
  return #lines > 0 and lines or none or "none"
end

-- Describes the deployments: "3, of which version 3 is active".
local function deployments_text(plan)
  if not plan.deployments then
    return "(unknown: " .. escape.printable(tostring(plan.deployments_err)) .. ")"
  end
  local active = plan.service.current
  return #plan.deployments .. (active and (", of which version %d is active"):format(active.version) or "")
end

local function repository_names(list)
  local names = {}
  for i, one in ipairs(list) do
    names[i] = one.repository.name
  end
  return names
end

--- Prints what the deletion of services takes along.
---@param plans access.service.Deletion[]
---@param print fun(text: string)
function M.preview(plans, print)
  for _, plan in ipairs(plans) do
    local price = plan.before.monthly_price
    local lines = {
      { "state", escape.printable(plan.service.state) },
      { "capacity", escape.printable(service_view.capacity(plan.before))
        .. (price and (", %s USD a month"):format(service_view.price(price)) or "") },
      { "deployments", deployments_text(plan) },
      { "domains", lines_of(service_view.domain_lines(plan.before.domains)) },
      { "grants", lines_of(repository_names(plan.grants)) },
    }
    if #plan.unread > 0 then
      lines[#lines + 1] = { "unread", lines_of(repository_names(plan.unread)), "yellow" }
    end
    if #plan.by_registry > 0 then
      lines[#lines + 1] = { "in registry", lines_of(plan.by_registry), "yellow" }
    end
    print(fields.render(escape.printable(plan.name), lines, terminal.width()))
  end
end

-- ---------------------------------------------------------------------------------------------
-- What became of each

---@class cli.Deletions
---@field package options table
---@field package names string[]
---@field package plans table<string, access.service.Deletion>
---@field package states table<string, table>  by name, as they come
local Deletions = {}
Deletions.__index = Deletions

--- Returns a collector that has no result yet.
---@param options { output: string, dry_run: boolean? }
---@param names string[]
---@param plans access.service.Deletion[]
---@return cli.Deletions
function M.collector(options, names, plans)
  local by_name = {}
  for _, plan in ipairs(plans) do
    by_name[plan.name] = plan
  end
  return setmetatable({ options = options, names = names, plans = by_name, states = {} }, Deletions)
end

--- Begins the deletion of a service. Returns the functions that note how far it is.
---@param plan access.service.Deletion
---@return { observe: function, on_grant: function, done: function }
function Deletions:begin(plan)
  local state = { started = {}, grants = {} }
  self.states[plan.name] = state
  return {
    observe = function(now) state.sent = now end,
    on_grant = function(index, result) state.started[index], state.grants[index] = true, result end,
    done = function(result, err) state.result, state.err, state.ended = result, err, true end,
  }
end

-- The results of the grants of a service.
local function grants_of(plan, state)
  local repositories = {}
  for i, grant in ipairs(plan.grants) do
    repositories[i] = grant.repository
  end
  local begun = next(state.started) ~= nil
  return begun and changes.complete(repositories, state.grants, state.started) or {}
end

-- The kind of the result of a service, and its error.
local function kind_of(name, plan, state)
  if not plan then
    return "unchanged"
  elseif not state or not state.ended then
    return service_view.note_interrupted(name, "delete", state and state.sent ~= "ended" and state.sent or nil)
  elseif state.err then
    return cli.status_of(state.err) == cli.exit.refused and "refused" or "failed", state.err
  end
  return state.result.kind
end

local function item_of(name, kind, plan, grants, err)
  local item = { service = name, result = kind, repositories = grants,
    error = err and { code = err.code, message = err.message, request_id = err.request_id } }
  if plan then
    item.deployments = plan.deployments and #plan.deployments
    item.domains = service_view.domain_items(plan.before.domains)
    item.monthlyPrice = plan.before.monthly_price
    item.by_registry = #plan.by_registry > 0 and json.array(plan.by_registry) or nil
  end
  return item
end

local GREEN = { deleted = true, requested = true, ["would delete"] = true }
local RED = { failed = true, refused = true }

-- Prints the results as tables: services, and their grants.
local function print_tables(rows, grant_rows, effects)
  report.rows({ "SERVICE", "RESULT", "NOTE" }, rows)
  if #grant_rows > 0 then
    cli.out "\n"
    report.rows({ "SERVICE", "REPOSITORY", "RESULT", "NOTE" }, grant_rows)
    report.effects(effects)
  end
end

-- A note about what went, or goes, with a service.
local function note_of(kind, plan, err)
  local price = plan and plan.before.monthly_price
  if err then
    return report.error_note(err)
  elseif not plan then
    return "it does not exist"
  elseif price and (kind == "deleted" or kind == "would delete") then
    return ("it %s %s USD a month"):format(kind == "deleted" and "cost" or "costs", service_view.price(price))
  end
  return ""
end

-- The worse one of two exit statuses: a failure, then a denial, then success.
local function worse(a, b)
  if a == cli.exit.failed or b == cli.exit.failed then
    return cli.exit.failed
  end
  return math.max(a, b)
end

--- Prints the result of each service.
---@return integer status  the exit status
function Deletions:report()
  self.reported = true
  local items, rows, grant_rows, effects, status = json.array {}, {}, {}, {}, cli.exit.ok
  for i, name in ipairs(self.names) do
    local plan, state = self.plans[name], self.states[name]
    local kind, err = kind_of(name, plan, state)
    local grants = plan and state and grants_of(plan, state) or {}
    local grant_items, own_rows, grant_status = report.summarize(grants)
    table.move(grants, 1, #grants, #effects + 1, effects)
    for _, row in ipairs(own_rows) do
      grant_rows[#grant_rows + 1] = { name, table.unpack(row) }
    end
    if err then
      cli.note(escape.format("lanyard: %s: ", name) .. cli.describe(err))
      status = worse(status, cli.status_of(err))
    end
    status = worse(status, grant_status)
    items[i] = item_of(name, kind, plan, grant_items, err)
    rows[i] = { name, { kind, GREEN[kind] and "green" or RED[kind] and "red" or nil }, note_of(kind, plan, err) }
  end
  if self.options.output == "json" then
    report.json(items)
    return status
  end
  if self.options.dry_run then
    local plans = {}
    for _, name in ipairs(self.names) do
      plans[#plans + 1] = self.plans[name]
    end
    M.preview(plans, cli.out)
  end
  print_tables(rows, grant_rows, effects)
  return status
end

function Deletions:__close(raised)
  if raised ~= nil and not require("lanyard.cli.exit").is_exit(raised) and not self.reported
    and not self.options.dry_run then
    cli.progress(nil)
    self:report()
  end
end

return M
