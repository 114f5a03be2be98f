--- Audits one Region of an account: reads it, checks it and returns a report.
---
--- ```lua
--- local aws, access = require "lanyard.aws", require "lanyard.access"
--- local audit, report = require "lanyard.audit", require "lanyard.report"
--- local session = assert(aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- assert(region:enable "my-container-service")
--- local found = assert(audit.run(region))
--- for _, finding in ipairs(found.findings) do
---   print(finding.severity, finding.id, finding.fix)
--- end
--- --> low	unused-role	lanyard disable my-container-service --region us-east-1
--- local page = report.text(found, "html", { catalogue = audit.catalogue })
--- print(page:sub(1, 15))
--- --> <!DOCTYPE html>
--- ```
---
--- `lanyard audit` also audits several accounts and Regions, compares reports and stores them.

local ahead = require "lanyard.audit.scan.ahead"
local asker = require "lanyard.rules.audit"
local checks = require "lanyard.audit.checks"
local document = require "lanyard.audit.report.document"
local findings = require "lanyard.audit.findings"
local inventory = require "lanyard.audit.scan.inventory"
local json = require "lanyard.json"
local limitations = require "lanyard.audit.limitations"
local resource_controls = require "lanyard.access.resource_controls"
local rows = require "lanyard.audit.report.rows"
local severities = require "lanyard.severity"

local M = {
  --- The properties of each finding as data, by id; `lanyard help findings` prints them.
  ---@type table<string, table>
  catalogue = findings.catalogue,
  --- Days without a pull after which a grant that no deployment needs is unused.
  UNUSED_DAYS = 90,
}

--- Options of an audit of one Region.
---@class audit.Options
---@field globs? string[]            audit only these repositories
---@field partial? boolean           the region lists only some repositories, as its setting `select` says
---@field profile? string            the requested profile, for the report and the commands in it
---@field role? string               the role of another account that was assumed; the commands are for that account
---@field unused_days? integer       days without a pull after which a grant that no deployment needs is unused (90)
---@field trusted_accounts? string[] other accounts that are allowed to use the repositories
---@field trusted_organizations? string[]  organizations whose accounts are allowed to use them
---@field desired? desired.Desired   what access there should be
---@field identities? table          answers of IAM, shared by several audits
---@field controls? fun(account: string): access.Controls?, lanyard.Error?  returns the resource control policies of an
---  account; reads them with the region's session unless given
---@field organization? access.OrganizationReader  of the caller's organization; reads it with the region's session
---  unless given
---@field policies? boolean          add to each repository the text of its policy
---@field compact? boolean           the report's repositories are a list of lanyard.audit.report.rows
---@field texts? boolean             add to each repository its statements = { index, label, text }
---@field on_finding? fun(finding: audit.Finding)  gets each finding as it is found; the report then has neither
---  findings nor repositories
---@field rules? rules.Rules         loaded user rules
---@field gate? lanyard.Semaphore       limits the repositories that are read in parallel

local function reader_of(region)
  local reader = resource_controls.reader(region.session)
  return function(account)
    return reader:of(account, true)
  end
end

-- Reads and checks the repositories. Returns them as the report describes them, and the findings.
local function check(region, found, options, texts)
  local repositories = options.compact and not options.on_finding and rows.new() or json.array {}
  local description = { texts = options.texts, policies = options.policies, known = {} }
  local run = checks.new(found, options.on_finding)
  local limits = { unused_days = options.unused_days or M.UNUSED_DAYS, gate = options.gate, ahead = texts }
  inventory.read_policies(region, found, limits, function(repository, position)
    run:repository(repository, position)
    repositories[position] = not options.on_finding and document.repository(repository, description) or nil
  end)
  return repositories[1] and repositories or json.array {}, json.array(run:finish())
end

--- Audits one Region of an account. The report has one scope. Repositories share tables in it, so no part of it may be
--- changed in place.
---@param region access.Region
---@param options? audit.Options
---@return audit.Report? report
---@return aws.Error? err
function M.run(region, options)
  options = options or {}
  local texts <close> = ahead.reader(region, options.gate)
  local found, err = inventory.open(region, {
    globs = options.globs, partial = options.partial, identities = options.identities,
    controls = options.controls or reader_of(region), organization = options.organization, ahead = texts,
  })
  if not found then
    return nil, err
  end
  found.profile, found.role = options.profile, options.role
  found.rules = options.rules and asker.new(options.rules, region)
  found.trusted_accounts, found.trusted_organizations = options.trusted_accounts, options.trusted_organizations
  found.desired = options.desired
  local repositories, list = check(region, found, options, texts)
  local report = document.new(found.now)
  report.scopes[1] = document.scope(found, repositories)
  report.findings, report.limitations = list, limitations.of(found)
  return report
end

--- Reports whether a report has a finding that is at least this severe.
---@param report audit.Report
---@param severity? string  "critical", "high", "medium", "low" or "info"
---@return boolean reaches  false without a severity
function M.reaches(report, severity)
  return severity ~= nil and severities.reaches(report.findings, severity)
end

return M
