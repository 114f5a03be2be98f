--- Prints container services: how one was changed or would be, and what its deletion takes along.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local timestamp = require "lanyard.text.timestamp"

local changes = lazy "lanyard.cli.changes"
local differences = lazy "lanyard.access.service.differences"
local report = lazy "lanyard.cli.print"
local service_state = lazy "lanyard.access.service.state"

local M = {}

--- AWS bills the power and scale of a service "whether it's enabled or disabled, and whether it has a deployment or
--- not": https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-container-services.html
M.BILLED = "AWS bills a disabled container service, too; only `lanyard service delete` ends the costs"

-- ---------------------------------------------------------------------------------------------
-- Values for people

--- Returns a price in USD for a table: "7", "12.50"; "-" if it is unknown.
---@param price? number
---@return string
function M.price(price)
  if not price then
    return "-"
  end
  return math.tointeger(price) and ("%d"):format(price) or ("%.2f"):format(price)
end

--- Returns power and scale: "nano x 2".
---@param state { power: string?, scale: integer? }
---@return string
function M.capacity(state)
  return ("%s x %s"):format(state.power or "?", state.scale or "?")
end

local UNITS = { { 2 * 86400, 86400, "d" }, { 2 * 3600, 3600, "h" }, { 120, 60, "min" } }

--- Returns how long ago something was: "40 s", "90 min", "3 d".
---@param seconds? number
---@return string  "-" if it is unknown
function M.age(seconds)
  if not seconds then
    return "-"
  end
  seconds = math.max(0, math.floor(seconds))
  for _, unit in ipairs(UNITS) do
    if seconds >= unit[1] then
      return ("%d %s"):format(seconds // unit[2], unit[3])
    end
  end
  return seconds .. " s"
end

--- Returns the domain names with their certificates: "www.example.com (site)".
---@param domains table<string, string[]>
---@return string[]
function M.domain_lines(domains)
  local owner, lines = {}, {}
  for certificate, names in pairs(domains) do
    for _, name in ipairs(names) do
      owner[name] = certificate
    end
  end
  for i, name in ipairs(service_state.domain_names(domains)) do
    lines[i] = ("%s (%s)"):format(name, owner[name])
  end
  return lines
end

--- Prints on stderr why prices are not shown.
---@param unknown? string
function M.note_unknown(unknown)
  if unknown then
    cli.note(escape.format("lanyard: warning: unknown: %s", unknown))
  end
end

-- ---------------------------------------------------------------------------------------------
-- Values for programs: `service list`, `service update` and `status` have them in the same shape

--- Returns a time: "2026-11-25T01:00:00Z".
---@param seconds? number  since 1970
---@return string?
function M.time(seconds)
  return seconds and timestamp.format(math.floor(seconds))
end

--- Returns a deployment of a service.
---@param deployment? access.ServiceDeployment
---@return { version: integer, state: string, created: string? }?
function M.deployment_item(deployment)
  return deployment and { version = deployment.version, state = deployment.state, created = M.time(deployment.created) }
end

--- Returns the domain names of a service, by certificate and name.
---@param domains table<string, string[]>
---@param add? fun(item: table, certificate: string)  adds what is known of the certificate
---@return { domain: string, certificate: string }[]
function M.domain_items(domains, add)
  local items = json.array {}
  for _, certificate in ipairs(lists.sorted_names(domains)) do
    for _, domain in ipairs(domains[certificate]) do
      local item = { domain = domain, certificate = certificate }
      items[#items + 1] = item
      if add then
        add(item, certificate)
      end
    end
  end
  return items
end

-- ---------------------------------------------------------------------------------------------
-- A service that is created or changed

-- A difference for JSON.
local function change_item(one)
  local before, after = one.before, one.after
  return {
    member = one.member, name = one.name,
    before = type(before) == "table" and json.array(before) or before,
    after = type(after) == "table" and json.array(after) or after,
  }
end

-- The state of a service as it is, or as it would be | nil
local function state_after(kind, service, plan)
  if plan and (kind == "would update" or not service) then
    return plan.after
  end
  return service and service_state.of(service)
end

-- The result as JSON.
local function result_item(name, kind, service, plan)
  local state = state_after(kind, service, plan)
  local item = { service = name, result = kind }
  if state then
    item.power, item.scale, item.isDisabled = state.power, state.scale, state.disabled
    item.domains, item.tags = M.domain_items(state.domains), state.tags
  end
  if service then
    item.state, item.url, item.principalArn = service.state, service.url, service.role.arn or ""
  end
  if plan then
    item.monthlyPrice = plan.after.monthly_price
    item.monthlyPriceBefore = plan.before and plan.before.monthly_price
    item.changes = json.array {}
    for i, one in ipairs(plan.differences) do
      item.changes[i] = change_item(one)
    end
  end
  return item
end

-- The rows of what differs, and the price.
local function change_rows(plan)
  local rows = {}
  for i, one in ipairs(plan.differences) do
    local label, before, after = differences.texts(one)
    rows[i] = { escape.printable(label), plan.before and escape.printable(before) or "-", escape.printable(after) }
  end
  local before, after = plan.before and plan.before.monthly_price, plan.after.monthly_price
  if after and before ~= after then
    rows[#rows + 1] = { "monthly price", before and M.price(before) .. " USD" or "-", M.price(after) .. " USD" }
  end
  return rows
end

-- The rows of the DNS records that new domain names need: the host of the service's URL does not change.
local function record_rows(service, plan)
  local rows, host = {}, service and (service.url or ""):match "^https?://([^/:]+)"
  for _, one in ipairs(host and plan and plan.differences or {}) do
    local had = one.member == "domain" and one.before or {}
    for _, name in ipairs(one.member == "domain" and one.after or {}) do
      rows[#rows + 1] = not lists.contains(had, name)
        and { escape.printable(name), "CNAME", escape.printable(host) } or nil
    end
  end
  return rows
end

local GREEN = { created = true, updated = true, requested = true, ["would create"] = true, ["would update"] = true }

--- Prints how a service was created or changed, or would be.
---@param output "table"|"json"
---@param name string
---@param result { kind: string, service: access.Service?, plan: access.service.Plan? }
function M.result(output, name, result)
  local service, plan, kind = result.service, result.plan, result.kind
  M.note_unknown(plan and plan.unknown)
  if output == "json" then
    report.json(result_item(name, kind, service, plan))
    return
  end
  local state = service or plan and plan.after
  report.rows({ "SERVICE", "RESULT", "CAPACITY", "STATE", "URL" }, { {
    name, { kind, GREEN[kind] and "green" }, state and M.capacity(state) or "-", service and service.state or "-",
    service and service.url or "-",
  } })
  if plan and #plan.differences > 0 then
    cli.out "\n"
    report.rows({ "CHANGE", "BEFORE", "AFTER" }, change_rows(plan))
  end
  local records = record_rows(service, plan)
  if #records > 0 then
    cli.out "\n"
    report.rows({ "DNS RECORD", "TYPE", "VALUE" }, records)
  end
end

local CONTINUES = {
  create = "lanyard wait service %s waits for it", update = "lanyard wait service %s waits for it",
  delete = "lanyard service delete %s waits for it",
}
local PAST = { create = "created", update = "changed", delete = "deleted" }
local RESULTS = { requested = "requested", sending = "interrupted" }

--- Prints on stderr what became of a service whose change was interrupted.
---@param name string
---@param action "create"|"update"|"delete"
---@param state? "sending"|"requested"
---@return "requested"|"interrupted"|"not changed" result
function M.note_interrupted(name, action, state)
  local wait = CONTINUES[action]:format(name)
  local text = ("container service '%s' was not %s"):format(name, PAST[action])
  if state == "requested" then
    text = ("container service '%s' continues to be %s: %s"):format(name, PAST[action], wait)
  elseif state == "sending" then
    text = ("the request to %s container service '%s' may have been received: run the command again to finish it")
      :format(action == "update" and "change" or action, name)
  end
  cli.note("lanyard: " .. text)
  return RESULTS[state] or "not changed"
end

--- Returns a value for a <close> variable, and the function that notes how far a change is (the option `observe`).
--- After an interruption it prints what continues by itself, and the result.
---@param options { output: string, dry_run: boolean? }
---@param name string
---@param action "create"|"update"
---@return table guard
---@return fun(state: "sending"|"requested"|"ended") observe
function M.interruption(options, name, action)
  local state
  local guard = changes.on_interruption(function()
    if state ~= "ended" and not options.dry_run then
      M.result(options.output, name, { kind = M.note_interrupted(name, action, state) })
    end
  end)
  return guard, function(now) state = now end
end

return M
