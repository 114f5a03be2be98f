--- What `lanyard status` shows of a container service beside its role and grants: capacity, URL, deployment, domains
--- with their certificates, and the last deployment that failed.
---
---     local details = service_details.read(region, services)
---     for _, line in ipairs(service_details.lines(details[1])) do ... end
---
--- Certificates are read only if a service has domains, and deployments only if one can have failed. What the caller
--- may not read is unknown, which is not a failure.

local escape = require "lanyard.text.escape"
local failures = require "lanyard.access.service.failure"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local service_view = require "lanyard.cli.service"
local task = require "lanyard.task"
local timestamp = require "lanyard.text.timestamp"

local denial = lazy "lanyard.aws.denial"

local M = {}

--- What was read of a service.
---@class cli.ServiceDetails
---@field service access.Service
---@field now number  seconds since 1970
---@field certificates? table<string, access.Certificate>
---@field certificates_err? aws.Error
---@field failure? access.service.Failure
---@field failure_err? aws.Error

local function have_domains(services)
  for _, service in ipairs(services) do
    if next(service.domains) then
      return true
    end
  end
  return false
end

--- Reads the details of services.
---@param region access.Region
---@param services access.Service[]
---@return cli.ServiceDetails[] details  in the order of the services
---@return aws.Error? err  the first one that is not a missing permission
function M.read(region, services)
  local certificates, certificates_err, first_err
  local function note(err)
    if err and not denial.CODES[err.code] then
      first_err = first_err or err
    end
  end
  if have_domains(services) then
    certificates, certificates_err = region:certificates()
    note(certificates_err)
  end
  local details = task.map(services, function(service)
    local one = { service = service, now = region:time(), certificates = certificates,
      certificates_err = certificates_err }
    if failures.is_possible(service) then
      one.failure, one.failure_err = failures.last(region, service)
      note(one.failure_err)
    end
    return one
  end, { limit = region.parallel })
  return details, first_err
end

-- ---------------------------------------------------------------------------------------------
-- For people

local function ago(details, created)
  return created and service_view.age(details.now - created) .. " ago" or "at an unknown time"
end

local function unknown(err)
  return "(unknown: " .. escape.printable(tostring(err)) .. ")"
end

-- "ISSUED, expires 2027-01-31T12:00:00Z" | "missing" | "unknown"
local function certificate_text(details, name)
  local certificate = details.certificates and details.certificates[name]
  if not details.certificates then
    return "state unknown"
  elseif not certificate then
    return "missing"
  end
  local expires = certificate.expires
  return (certificate.status or "state unknown") .. (expires and ", expires " .. timestamp.shown(expires) or "")
end

local function domain_lines(details)
  local lines, domains = {}, details.service.domains
  for _, certificate in ipairs(lists.sorted_names(domains)) do
    lines[#lines + 1] = escape.format("%s (certificate %s: %s)", table.concat(domains[certificate], ", "), certificate,
      certificate_text(details, certificate))
  end
  if details.certificates_err then
    lines[#lines + 1] = unknown(details.certificates_err)
  end
  return lines
end

local function failure_lines(details)
  local failure = details.failure
  if not failure then
    return details.failure_err and { unknown(details.failure_err) } or nil
  end
  local lines = { ("version %d, created %s%s"):format(failure.version, ago(details, failure.created),
    failure.superseded and (", before version %d became active"):format(failure.superseded) or "") }
  for _, reason in ipairs(failure.reasons) do
    lines[#lines + 1] = escape.printable(timestamp.localized(reason))
  end
  return lines
end

-- Whether all certificates of a service are issued, as far as is known.
local function certificates_are_good(details)
  for name in pairs(details.certificates and details.service.domains or {}) do
    if not details.certificates[name] or details.certificates[name].status ~= "ISSUED" then
      return false
    end
  end
  return true
end

--- Returns the lines of a service, for lanyard.cli.fields: before its role, and after its images.
---@param details cli.ServiceDetails
---@return cli.Field[] before
---@return cli.Field[] after
function M.lines(details)
  local service, before, after = details.service, {}, {}
  local current = service.current
  before[1] = { "capacity", escape.printable(service_view.capacity(service))
    .. (service.disabled and ", disabled" or "") }
  before[2] = { "url", escape.printable(service.url or "-") }
  before[3] = { "deployment", current and ("version %d, created %s"):format(current.version,
    ago(details, current.created)) or "none" }
  if service.next then
    before[4] = { "", ("version %d is %s, created %s"):format(service.next.version,
      escape.printable(service.next.state), ago(details, service.next.created)) }
  end
  if next(service.domains) then
    after[1] = { "domains", domain_lines(details), not certificates_are_good(details) and "red" or nil }
  end
  local failed = failure_lines(details)
  if failed then
    local colour = details.failure and not details.failure.superseded and "red" or "yellow"
    after[#after + 1] = { "last failure", failed, colour }
  end
  return before, after
end

-- ---------------------------------------------------------------------------------------------
-- For programs

local function domain_items(details)
  return service_view.domain_items(details.service.domains, function(item, name)
    local certificate = details.certificates and details.certificates[name]
    item.certificateState = details.certificates and (certificate and certificate.status or "MISSING") or nil
    item.certificateExpires = certificate and service_view.time(certificate.expires)
  end)
end

--- Adds the members of a service to an item of the JSON output.
---@param item table
---@param details cli.ServiceDetails
---@return table item
function M.add(item, details)
  local service, failure = details.service, details.failure
  item.url, item.power, item.scale, item.isDisabled = service.url, service.power, service.scale, service.disabled
  item.created, item.tags = service_view.time(service.created), service.tags
  item.deployment = service_view.deployment_item(service.current)
  item.nextDeployment = service_view.deployment_item(service.next)
  item.domains = domain_items(details)
  item.lastFailure = failure and { version = failure.version, created = service_view.time(failure.created),
    reasons = json.array(failure.reasons), supersededBy = failure.superseded }
  item.certificatesUnknown = details.certificates_err and tostring(details.certificates_err)
  item.lastFailureUnknown = details.failure_err and tostring(details.failure_err)
  return item
end

return M
