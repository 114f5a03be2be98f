--- The registry of findings.
---
--- A kind of finding is one record in lanyard.audit.findings.*, next to its check. Everything else derives from the
--- record: the catalogue, the order of a report, coverage for baselines, the broken edges of the graph, and the
--- rules of SARIF. lanyard.audit.checks runs the checks.
---
---     findings.catalogue["public-access"].severity   --> "critical"
---     findings.record "public-access"                --> the record, with its check and remediation

local lists = require "lanyard.lists"
local severities = require "lanyard.severity"

local M = {}

--- What a kind of finding is. The registry refuses a record that lacks one of the required fields.
---@class audit.FindingRecord
---@field id string
---@field severity string       its usual severity; a finding can be less severe
---@field summary string        what it is, in a line
---@field why string            why it matters; a finding can give a more specific reason
---@field scope string          what the check reads, see SCOPES
---@field needs string[]        data without which the check reports nothing, see NEEDS
---@field breaks_pull boolean   whether it means that a grant allows nobody to pull
---@field by_policy? boolean    whether the check reads of a repository only what follows from the text of its policy
---  and from the inventory. Of repositories with the same text, all or none have a finding
---@field check fun(inventory: audit.Inventory, add: fun(id: string, details: audit.Details))
---@field check_rest? fun(inventory: audit.Inventory, add: fun(id: string, details: audit.Details))
---  finds what belongs to no single repository, after all have been read
---@field remediation fun(inventory: audit.Inventory, details: audit.Details): string

-- The order of these modules and of the records in them is the order of findings of equal severity in a report.
local MODULES = {
  require "lanyard.audit.findings.unreadable",
  require "lanyard.audit.findings.registry",
  require "lanyard.audit.findings.public",
  require "lanyard.audit.findings.ineffective_principals",
  require "lanyard.audit.findings.images",
  require "lanyard.audit.findings.deployments",
  require "lanyard.audit.findings.permissions",
  require "lanyard.audit.findings.deleted_principals",
  require "lanyard.audit.findings.overwritten",
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
-- shard alone does not see every repository. report: a finished report, to which the caller adds the findings.
local SCOPES = { repository = true, service = true, account = true, ["all shards"] = true, report = true }

-- services: the list of container services. deployments: the deployments of each service. images: the images of the
-- repository. registry: the registry policy. identities: the roles and users of the account. journal: what lanyard
-- wrote on this machine. absences: whether what a list lacks exists.
local NEEDS = lists.set "services deployments images registry identities journal absences"

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

--- A check and the scope in which it runs.
---@class audit.Step
---@field check fun(inventory: audit.Inventory, add: fun(id: string, details: audit.Details))
---@field scope string
---@field by_policy boolean  of all its findings

--- Makes a registry of finding records. Raises an error when a record lacks a property or contradicts another one.
---@param modules audit.FindingRecord[][]  lists of records, in the order of reporting
---@return { [string]: audit.FindingRecord } records  by id
---@return audit.Step[] steps  each check once, in order
function M.register(modules)
  local records, steps, known = {}, {}, {}
  local function add_step(id, check, scope, by_policy)
    local step = known[check]
    if check and not step then
      step = { check = check, scope = scope, by_policy = by_policy or false }
      known[check], steps[#steps + 1] = step, step
    elseif check and step.scope ~= scope then
      error(("finding '%s': its check runs in scope '%s' for another finding"):format(id, step.scope), 0)
    elseif check then
      step.by_policy = step.by_policy and by_policy or false
    end
  end
  for _, module in ipairs(modules) do
    for _, record in ipairs(module) do
      check_record(record)
      if records[record.id] then
        error(("finding '%s' is registered twice"):format(record.id), 0)
      end
      records[record.id] = record
      add_step(record.id, record.check, record.scope, record.by_policy)
      add_step(record.id, record.check_rest, "account")
    end
  end
  return records, steps
end

local records
records, M.steps = M.register(MODULES)

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

--- Returns the position of the check that reports a finding, among all checks.
---@param finding { id: string, repository?: string }
---@return integer  the last position if the finding is of another version of lanyard
---@return boolean is_of_repository whether the check runs for each repository
function M.step(finding)
  local record = records[finding.id]
  local check = record and (record.check_rest and not finding.repository and record.check_rest or record.check)
  for i, step in ipairs(M.steps) do
    if step.check == check then
      return i, step.scope == "repository"
    end
  end
  return #M.steps + 1, false
end

--- Returns the record of a finding.
---@param id string
---@return audit.FindingRecord
function M.record(id)
  return records[id]
end

return M
