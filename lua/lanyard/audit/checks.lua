--- Runs the checks of all findings (lanyard.audit.findings) on an inventory.
---
---     local run = checks.new(inventory)
---     run:repository(repository, position)     -- as each repository is read
---     for _, finding in ipairs(run:finish()) do print(finding.severity, finding.message) end

local findings = require "lanyard.audit.findings"
local location = require "lanyard.audit.location"
local severities = require "lanyard.severity"
local statements = require "lanyard.access.statements"

local M = {}

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
---@field control? string  the id of the resource control policy without which there is no finding
---@field discriminator? string  distinguishes findings that are equal in everything else that is part of their key

--- A finding of a report. `fix` is a command when it begins with "lanyard ", else a text.
---@class audit.Finding
---@field id string  as `lanyard help findings` lists it
---@field severity string  "critical", "high", "medium", "low" or "info"
---@field message string  what is wrong
---@field why string  why it matters
---@field fix string  how to fix it, a command if there is one
---@field account? string  where it is
---@field region string  where it is
---@field repository? string  the name
---@field service? string  the name of the container service
---@field principal? string  whom it is about
---@field statement? string  label of the statement
---@field index? integer     number of the statement
---@field control? string    the id of the resource control policy without which there is no finding
---@field location? audit.Location  of the cause in the policy text
---@field key string         equal for the same finding in two reports

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
    control = details.control,
  }
end

---@class audit.Run
local Run = {}
Run.__index = Run

--- Prepares to run the checks on an inventory.
---@param inventory audit.Inventory
---@param on_finding? fun(finding: audit.Finding)  gets each finding as it is found, instead of the list of `finish`
---@return audit.Run
function M.new(inventory, on_finding)
  return setmetatable({
    inventory = inventory, proxy = { __index = inventory }, on_finding = on_finding, findings = {}, order = {},
  }, Run)
end

-- Runs the checks of these scopes. Findings of equal severity are ordered by check, then by repository, then as found.
-- `silent` is nil or has the checks that find nothing in any repository with the same policy; those are left out, and
-- further ones added.
local function run_checks(self, inventory, scopes, position, silent)
  local taken, count = {}, 0
  local number, step
  local function add(id, details)
    local record = findings.record(id)
    if not record or record.check ~= step.check and record.check_rest ~= step.check then
      error(("a check reported '%s', which is not a finding of its records"):format(id), 2)
    end
    local finding = finding_of(inventory, record, details)
    finding.key = key_of(finding, details.discriminator, taken)
    count = count + 1
    if self.on_finding then
      return self.on_finding(finding)
    end
    self.findings[#self.findings + 1] = finding
    self.order[finding] = severities.RANK[finding.severity] << 56 | number << 48 | position << 24 | count
  end
  for i, one in ipairs(findings.steps) do
    if scopes[one.scope] and not (silent and silent[one]) then
      local before = count
      number, step = i, one
      one.check(inventory, add)
      if silent and one.by_policy then
        silent[one] = count == before
      end
    end
  end
end

local OF_REPOSITORY = { repository = true }

--- Checks one repository.
---@param repository access.Repository
---@param position integer  of the repository among all
function Run:repository(repository, position)
  local one, shared = setmetatable({ repositories = { repository } }, self.proxy), repository.shared
  if shared then
    shared.silent = shared.silent or {}
  end
  run_checks(self, one, OF_REPOSITORY, position, shared and shared.silent)
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
  local run = M.new(inventory)
  run_checks(run, inventory, { ["all shards"] = true }, 0)
  return run.findings
end

return M
