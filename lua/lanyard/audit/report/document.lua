--- The report of an audit as plain data, ready for lanyard.json. lua/lanyard/report/schema.json describes its members.
---
---     local report = document.new(inventory.now)
---     report.scopes[1] = document.scope(inventory, repositories)

local json = require "lanyard.json"
local location = require "lanyard.audit.location"
local query = require "lanyard.audit.query"
local severities = require "lanyard.severity"
local statements = require "lanyard.access.statements"
local timestamp = require "lanyard.text.timestamp"
local version = require "lanyard.version"

local M = {}

--- The version of the schema. It rises when a reader of the earlier version would misread a report.
M.VERSION = 2

--- A report of an audit, as `lanyard audit --output json` prints it.
---@class audit.Report
---@field version integer  of the form of the report
---@field tool string               "lanyard" and its version
---@field time string               a timestamp; of a merged report the one of its earliest part
---@field run? string               the id of the run, which all parts of an audit have
---@field settings? audit.Settings  the options of the audit; of a merged report if all parts have the same
---@field scopes audit.Scope[]  each account and Region
---@field findings audit.Finding[]  of all scopes, the most severe first
---@field rules? audit.Rules[]      the rules files in force; empty if there was none
---@field limitations? audit.Limitation[]  what the audit did not consider; absent in reports of earlier releases
---@field muted? audit.Finding[]    findings that a rules file mutes
---@field partial? { repositories?: string[], service?: string, shard?: string }  set when the report does not cover
---  everything; empty when its parts were selected in different ways
---@field baseline? table           see lanyard.audit.report.baseline

--- The options that all shards of an audit share.
---@class audit.Settings
---@field trusted_accounts? string[]
---@field trusted_organizations? string[]
---@field unused_days integer
---@field desired? string           the SHA-256 of the desired-state file
---@field rules? string             the SHA-256 of the rules file

--- A rules file of an audit, or of one whose report was merged.
---@class audit.Rules
---@field file string  its path
---@field mutes integer             mutes in force; expired ones are not counted
---@field untrusted? boolean        the file was not trusted, so its rules and mutes were not in force

--- An account and Region. One that could not be audited has `error`, and neither repositories nor services.
---@class audit.Scope
---@field account? string  12 digits
---@field region? string  "us-east-1"
---@field profile? string           the requested profile
---@field role? string              the role that was assumed to read the account
---@field error? { code: string, message: string }  why it could not be audited
---@field skipped? boolean          the account has not enabled the Region
---@field repositories? table[]  each with who can pull from it
---@field services? table[]  the container services
---@field services_error? string    why the services could not be listed
---@field deployments_error? string why the deployments of a service could not be read
---@field registry_error? string    why the registry policy could not be read
---@field identities_error? string  why IAM did not say which roles and users exist
---@field journal_error? string     why the journal of the machine that audits could not be read
---@field controls? { id: string, name: string }[]  the resource control policies that decide about the repositories
---@field absences_error? string    why AWS did not say whether a service or repository exists that a list lacks

--- Returns a report without scopes and findings.
---@param time number|string seconds since 1970, or a timestamp
---@return audit.Report
function M.new(time)
  return {
    version = M.VERSION,
    tool = "lanyard " .. version,
    time = type(time) == "string" and time or timestamp.format(math.floor(time)),
    scopes = json.array {},
    findings = json.array {},
  }
end

--- Sorts the findings of a report by severity. Findings of equal severity keep their order.
---@param report audit.Report
function M.sort(report)
  local position = {}
  for i, finding in ipairs(report.findings) do
    position[finding] = i
  end
  table.sort(report.findings, function(a, b)
    if a.severity ~= b.severity then
      return severities.RANK[a.severity] < severities.RANK[b.severity]
    end
    return position[a] < position[b]
  end)
end

-- ---------------------------------------------------------------------------------------------
-- From an inventory

-- Equal access of several repositories is one table, because thousands of policies may grant the same.
local function access_of(access, known)
  local statement = table.concat(access.statements, ", ")
  local key = table.concat({ access.type, access.principal, access.decision, statement, #access.statements,
    access.ends or "", access.audience or "" }, "\n")
  known[key] = known[key] or {
    principal = access.principal,
    type = access.type,
    kind = access.audience_kind or access.kind,
    audience = access.audience,
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

local function statements_of(repository)
  local list, text = json.array {}, tostring(repository.doc)
  for i, statement in ipairs(repository.statements) do
    local range = location.statement(repository.doc, statement.index)
    list[i] = {
      index = statement.index, label = statements.label(statement), text = text:sub(range.first, range.last),
    }
  end
  return list
end

-- Returns the text of a policy, or "". Equal texts of several repositories are one string.
local function policy_of(repository, known)
  local text = repository.doc and tostring(repository.doc) or ""
  known[text] = known[text] or text
  return known[text]
end

-- Returns the accesses of a repository, as one table for all repositories with the same policy.
local function accesses_of(repository, known)
  local shared = repository.shared or {}
  if not shared.described then
    shared.described = json.array {}
    for i, one in ipairs(repository.access) do
      shared.described[i] = access_of(one, known)
    end
  end
  return shared.described
end

--- Returns a repository as reports describe it. Repositories share tables, so no part of one may be changed in place.
---@param repository audit.Repository
---@param options { texts?: boolean, policies?: boolean, known: table }  texts: add the text of each statement;
---  policies: add the text of the policy; known: what earlier repositories had, empty at first
---@return table
function M.repository(repository, options)
  -- A table has room for all members of its constructor, so the rare ones are not in it.
  local described = {
    name = repository.name,
    arn = repository.arn,
    access = accesses_of(repository, options.known),
    policy = options.policies and not repository.unknown and policy_of(repository, options.known) or nil,
  }
  described.by_registry = repository.by_registry and json.array(repository.by_registry) or nil
  described.policy_error, described.images_error = repository.unknown, repository.images_unknown
  described.statements = options.texts and repository.doc and statements_of(repository) or nil
  return described
end

local function failed_images(failed)
  local images = json.array {}
  for _, reference in pairs(failed.images) do
    images[#images + 1] = reference
  end
  table.sort(images)
  return images
end

local function service_of(inventory, service)
  local images = json.array {}
  for i, image in ipairs(query.deployed_images(inventory, service)) do
    images[i] = image.reference
  end
  return {
    name = service.name,
    state = service.state,
    isActive = service.role.active,
    principalArn = service.role.arn or "",
    images = images,
    failed = service.failed and { version = service.failed.version, images = failed_images(service.failed) } or nil,
  }
end

-- Returns the resource control policies of an inventory; nil if none applies.
local function controls_of(inventory)
  local list = json.array {}
  for i, control in ipairs(inventory.surroundings.controls and inventory.surroundings.controls.list or {}) do
    list[i] = { id = control.id, name = control.name }
  end
  return list[1] and list
end

--- Returns the account and Region of an inventory as reports describe them.
---@param inventory audit.Inventory
---@param repositories table[] of M.repository
---@return audit.Scope
function M.scope(inventory, repositories)
  local services = json.array {}
  for i, service in ipairs(inventory.services) do
    services[i] = service_of(inventory, service)
  end
  return {
    account = inventory.account,
    region = inventory.region,
    profile = inventory.profile,
    role = inventory.role,
    repositories = repositories,
    services = services,
    services_error = inventory.services_unknown,
    deployments_error = inventory.deployments_unknown,
    registry_error = inventory.registry_unknown,
    identities_error = inventory.identities.unknown,
    controls = controls_of(inventory),
    journal_error = inventory.journal_unknown,
    absences_error = inventory.absences.unknown,
  }
end

return M
