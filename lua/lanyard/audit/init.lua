-- Who can pull from what, and what is wrong with it.
--
--   local report, err = audit.run(region, { globs = { "team/*" } })
--   for _, finding in ipairs(report.findings) do print(finding.severity, finding.message) end

local query = require "lanyard.audit.query"
local asking = require "lanyard.rules.audit"
local inventory = require "lanyard.audit.scan.inventory"
local findings = require "lanyard.audit.findings"
local severities = require "lanyard.severity"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local location = require "lanyard.audit.location"
local version = require "lanyard.version"

local M = { catalogue = findings.catalogue }

-- After so many days without a pull a grant that no deployment needs is called unused.
local UNUSED_DAYS = 90

-- The version of the report's form: another one when a reader of this one would misread it.
M.VERSION = 1

-- From the worst to the least.
M.SEVERITIES = severities.LIST

-- One for all repositories that give the same: `known` has those that there are.
local function plain_access(access, known)
  local statement = table.concat(access.statements, ", ")
  local key = table.concat({ access.type, access.principal, access.decision, statement, #access.statements,
    access.ends or "" }, "\n")
  known[key] = known[key] or {
    principal = access.principal,
    type = access.type,
    kind = access.kind,
    decision = access.decision,
    statement = statement,
    statements = json.array(access.statements),
    service = access.service,
    region = access.region,
    account = access.account,
    expires = access.ends and timestamp.format(access.ends) or nil,
  }
  return known[key]
end

-- The statements of a policy as they stand in it.
local function texts_of(repository)
  local texts, text = json.array {}, tostring(repository.doc)
  for i, statement in ipairs(repository.statements) do
    local at = location.statement(repository.doc, statement.index)
    texts[i] = { index = statement.index, label = query.label(statement), text = text:sub(at.first, at.last) }
  end
  return texts
end

local function plain_repository(repository, texts, known)
  local access = json.array {}
  for i, one in ipairs(repository.access) do
    access[i] = plain_access(one, known)
  end
  local plain = { name = repository.name, arn = repository.arn, access = access }
  plain.unknown, plain.images_unknown = repository.unknown, repository.images_unknown
  plain.statements = texts and repository.doc and texts_of(repository) or nil
  return plain
end

local function plain_service(service, deployed)
  local images = json.array {}
  for _, image in ipairs(deployed) do
    images[#images + 1] = image.service == service and image.reference or nil
  end
  return {
    name = service.name,
    state = service.state,
    isActive = service.role.active,
    principalArn = service.role.arn or "",
    images = images,
  }
end

local function plain_services(found)
  local services = json.array {}
  for i, service in ipairs(found.services) do
    services[i] = plain_service(service, found.deployed)
  end
  return services
end

local function set_of(items)
  local set = {}
  for _, item in ipairs(items) do
    set[item] = true
  end
  return set
end

-- Reads and checks the repositories. Returns their rows in the report, and the findings.
local function check(region, found, options)
  local rows, known = json.array {}, {}
  local run = findings.run(found, options.on_finding)
  local limits = { unused_days = options.unused_days or UNUSED_DAYS, gate = options.gate }
  inventory.read_policies(region, found, limits, function(repository, position)
    run:repository(repository, position)
    rows[position] = not options.on_finding and plain_repository(repository, options.texts, known) or nil
  end)
  return rows, json.array(run:finish())
end

--- Options of an audit of one Region.
---@class audit.Options
---@field globs? string[]            audit only these repositories
---@field partial? boolean           the region lists only some repositories, as its setting `select` says
---@field profile? string            the requested profile, for the report and the commands in it
---@field role? string               the role of another account that was assumed; the commands are for that account
---@field unused_days? integer       days without a pull after which a grant that no deployment needs is unused (90)
---@field trusted_accounts? string[] accounts that may pull
---@field desired? desired.File      what access there should be
---@field identities? table          answers of IAM, shared by several audits
---@field texts? boolean             add to each repository its statements = { index, label, text }
---@field on_finding? fun(finding: audit.Finding)  gets each finding as it is found; the report then has neither findings
---  nor repositories
---@field rules? rules.Rules         loaded user rules
---@field gate? task.Semaphore       limits the repositories that are read in parallel

--- Audits one Region of an account.
---
--- The report is { version, tool, time, scopes = { { account, region, profile, role, repositories = { { name, arn,
--- access, unknown, images_unknown } }, services = { { name, state, isActive, principalArn, images } },
--- services_unknown, registry_unknown, identities_unknown } }, findings }, with one scope. It is ready for lanyard.json.
--- Repositories share tables in it, so that a part of it must not be changed in place.
---@param region access.Region
---@param options? audit.Options
---@return audit.Report? report
---@return aws.Error? err
function M.run(region, options)
  options = options or {}
  local found, err = inventory.open(region, {
    globs = options.globs, partial = options.partial, identities = options.identities,
  })
  if not found then
    return nil, err
  end
  found.profile, found.role = options.profile, options.role
  found.rules = options.rules and asking.new(options.rules, region)
  found.trusted = options.trusted_accounts and set_of(options.trusted_accounts)
  found.desired = options.desired
  local rows, list = check(region, found, options)
  return {
    version = M.VERSION,
    tool = "lanyard " .. version,
    time = os.date("!%Y-%m-%dT%H:%M:%SZ", found.now),
    scopes = json.array { {
      account = found.account,
      region = found.region,
      profile = options.profile,
      role = options.role,
      repositories = rows,
      services = plain_services(found),
      services_unknown = found.services_unknown,
      registry_unknown = found.registry_unknown,
      identities_unknown = found.identities.unknown,
    } },
    findings = list,
  }
end

-- Whether a report has a finding of that severity or a higher one; without one, never.
function M.reaches(report, severity)
  return severity ~= nil and severities.reaches(report.findings, severity)
end

return M
