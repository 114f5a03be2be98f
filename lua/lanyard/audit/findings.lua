--- The registry of findings, and the engine that runs their checks on an inventory.
---
--- A kind of finding is one record in lanyard.audit.findings.*, beside its check. All that others know of it comes from
--- the record: the catalogue, the order of a report, coverage for baselines, the broken edges of the graph, and the
--- rules of SARIF.
---
---     local run = findings.run(inventory)
---     run:repository(repository, position)     -- as each repository is read
---     for _, finding in ipairs(run:finish()) do print(finding.severity, finding.message) end

local location = require "lanyard.audit.location"
local lists = require "lanyard.lists"
local severities = require "lanyard.severity"
local statements = require "lanyard.access.statements"

local M = {}

--- What a kind of finding is. The registry refuses a record that lacks one of the required fields.
---@class audit.FindingRecord
---@field id string
---@field severity string       its usual severity; a finding can be less severe
---@field summary string        what it is, in a line
---@field why string            why it matters; a finding can give a more specific reason
---@field scope string          what the check reads, see SCOPES
---@field needs string[]        data without which the check reports nothing, see NEEDS
---@field breaks_pull boolean   whether the grant that it is about lets nobody pull
---@field check fun(inventory: audit.Inventory, add: fun(id: string, details: audit.Details))
---@field check_rest? fun(inventory: audit.Inventory, add: fun(id: string, details: audit.Details))
---  finds what belongs to no single repository, after all have been read
---@field remediation fun(inventory: audit.Inventory, details: audit.Details): string

--- What a check knows of one finding; the record, the access and the statement supply the rest. A check can add fields
--- of its own for its remediation.
---@class audit.Details
---@field message string
---@field repository? access.Repository
---@field service? string
---@field access? audit.Access
---@field statement? policy.Statement
---@field principal? string
---@field location? audit.Location
---@field severity? string
---@field why? string
---@field discriminator? string  distinguishes findings that are equal in everything else that is part of their key

--- A finding of a report. `fix` is a command when it begins with "lanyard ", else a text.
---@class audit.Finding
---@field id string
---@field severity string
---@field message string
---@field why string
---@field fix string
---@field account? string
---@field region string
---@field repository? string
---@field service? string
---@field principal? string
---@field statement? string  label of the statement
---@field index? integer     number of the statement
---@field location? audit.Location  of the cause in the policy text
---@field key string         equal for the same finding in two reports

-- The order of these modules and of the records in them is the order of findings of equal severity in a report.
local MODULES = {
  require "lanyard.audit.findings.unreadable",
  require "lanyard.audit.findings.registry",
  require "lanyard.audit.findings.public",
  require "lanyard.audit.findings.ineffective_principals",
  require "lanyard.audit.findings.images",
  require "lanyard.audit.findings.permissions",
  require "lanyard.audit.findings.deleted_principals",
  require "lanyard.audit.findings.roles",
  require "lanyard.audit.findings.drift",
  require "lanyard.audit.findings.accounts",
  require "lanyard.audit.findings.redundant",
  require "lanyard.audit.findings.expiry",
  require "lanyard.audit.findings.policies",
  require "lanyard.audit.findings.rules",
  require "lanyard.audit.findings.mutes",
}

-- repository: one repository, as it is read. service, account: the services, what they deploy and the registry, after
-- all repositories have been read. all shards: the same, and the merge of all shards repeats the check, because one
-- shard alone does not see every repository. report: a finished report, outside the engine.
local SCOPES = { repository = true, service = true, account = true, ["all shards"] = true, report = true }

-- services: the list of container services. images: the images of the repository. registry: the registry policy.
-- identities: the roles and users of the account.
local NEEDS = lists.set "services images registry identities"

-- ---------------------------------------------------------------------------------------------
-- Registry

local TYPES = {
  id = "string", severity = "string", summary = "string", why = "string", scope = "string", needs = "table",
  breaks_pull = "boolean", check = "function", remediation = "function",
}

local function check_record(record)
  local name = tostring(record.id)
  for _, property in ipairs(lists.sorted_names(TYPES)) do
    if type(record[property]) ~= TYPES[property] then
      error(("finding '%s': '%s' must be a %s"):format(name, property, TYPES[property]), 0)
    end
  end
  if not severities.RANK[record.severity] then
    error(("finding '%s': '%s' is not a severity"):format(name, record.severity), 0)
  elseif not SCOPES[record.scope] then
    error(("finding '%s': '%s' is not a scope"):format(name, record.scope), 0)
  end
  for _, need in ipairs(record.needs) do
    if not NEEDS[need] then
      error(("finding '%s': needs '%s', which no audit reads"):format(name, need), 0)
    end
  end
end

--- Makes a registry of finding records. Raises an error when a record lacks a property or repeats an id.
---@param modules audit.FindingRecord[][]  lists of records, in the order of reporting
---@return { [string]: audit.FindingRecord } records  by id
---@return { check: function, scope: string }[] steps  each check once, in order
function M.register(modules)
  local records, steps, known = {}, {}, {}
  local function add_step(check, scope)
    if check and not known[check] then
      known[check] = true
      steps[#steps + 1] = { check = check, scope = scope }
    end
  end
  for _, module in ipairs(modules) do
    for _, record in ipairs(module) do
      check_record(record)
      if records[record.id] then
        error(("finding '%s' is registered twice"):format(record.id), 0)
      end
      records[record.id] = record
      add_step(record.check, record.scope)
      add_step(record.check_rest, "account")
    end
  end
  return records, steps
end

local records, steps = M.register(MODULES)

--- The properties of each finding as data, by id: severity, summary, why, scope, needs, breaks_pull.
---@type { [string]: { severity: string, summary: string, why: string, scope: string, needs: string[],
---  breaks_pull: boolean } }
M.catalogue = {}
for id, record in pairs(records) do
  M.catalogue[id] = {
    severity = record.severity, summary = record.summary, why = record.why, scope = record.scope,
    needs = record.needs, breaks_pull = record.breaks_pull,
  }
end

--- Returns the record of a finding.
---@param id string
---@return audit.FindingRecord
function M.record(id)
  return records[id]
end

-- ---------------------------------------------------------------------------------------------
-- Engine

local KEY = { "id", "account", "region", "repository", "service", "principal" }

-- Returns a key that is equal for the same finding in another report. `taken` counts the keys of this report.
local function key_of(finding, discriminator, taken)
  local parts = {}
  for i, name in ipairs(KEY) do
    parts[i] = finding[name] or ""
  end
  parts[#parts + 1] = discriminator
  local key = table.concat(parts, "|")
  taken[key] = (taken[key] or 0) + 1
  return taken[key] == 1 and key or ("%s|%d"):format(key, taken[key])
end

-- A command for an account that was audited with an assumed role says so: run as it is, it would change the caller's
-- own account.
local function fix_of(inventory, record, details)
  local fix = record.remediation(inventory, details)
  return inventory.role and fix:find "^lanyard " and ("in account %s: %s"):format(inventory.account, fix) or fix
end

local function finding_of(inventory, record, details)
  local repository, access = details.repository, details.access
  local statement = details.statement or access and access.given_by[1]
  local principal = details.principal or access and access.principal
  local place = details.location
  if not place and statement then
    place = access and location.principal(repository.doc, statement.index, principal)
      or location.statement(repository.doc, statement.index)
  end
  return {
    id = record.id, severity = details.severity or record.severity, message = details.message,
    why = details.why or record.why, fix = fix_of(inventory, record, details),
    account = inventory.account, region = inventory.region,
    repository = repository and repository.name, service = details.service,
    principal = principal and inventory.intern(principal),
    statement = statement and statements.label(statement), index = statement and statement.index, location = place,
  }
end

---@class audit.Run
local Run = {}
Run.__index = Run

--- Prepares to run the checks on an inventory.
---@param inventory audit.Inventory
---@param report_finding? fun(finding: audit.Finding)  gets each finding as it is found, instead of the list of `finish`
---@return audit.Run
function M.run(inventory, report_finding)
  return setmetatable({
    inventory = inventory, report_finding = report_finding, findings = {}, order = {},
  }, Run)
end

-- Runs the checks of these scopes. Findings of equal severity are ordered by check, then by repository, then as found.
local function run_checks(self, inventory, scopes, position)
  local taken, count = {}, 0
  for number, step in ipairs(steps) do
    local function add(id, details)
      local record = records[id]
      if not record or record.check ~= step.check and record.check_rest ~= step.check then
        error(("a check reported '%s', which is not a finding of it"):format(id), 2)
      end
      local finding = finding_of(inventory, record, details)
      finding.key = key_of(finding, details.discriminator, taken)
      if self.report_finding then
        return self.report_finding(finding)
      end
      count = count + 1
      self.findings[#self.findings + 1] = finding
      self.order[finding] = severities.RANK[finding.severity] << 56 | number << 48 | position << 24 | count
    end
    if scopes[step.scope] then
      step.check(inventory, add)
    end
  end
end

--- Checks one repository.
---@param repository access.Repository
---@param position integer  of the repository among all
function Run:repository(repository, position)
  local one = setmetatable({ repositories = { repository } }, { __index = self.inventory })
  run_checks(self, one, { repository = true }, position)
end

--- Checks what belongs to no single repository, after all repositories have been read.
---@return audit.Finding[] findings  the most severe first
function Run:finish()
  local order = self.order
  run_checks(self, self.inventory, { service = true, account = true, ["all shards"] = true }, 0)
  table.sort(self.findings, function(a, b) return order[a] < order[b] end)
  return self.findings
end

--- Checks what one shard cannot know, on an inventory made of the reports of all shards.
---@param inventory audit.Inventory  without policy texts
---@return audit.Finding[]
function M.of_all_shards(inventory)
  local run = M.run(inventory)
  run_checks(run, inventory, { ["all shards"] = true }, 0)
  return run.findings
end

return M
