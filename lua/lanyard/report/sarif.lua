--- Findings in files, or of an audit, as a SARIF 2.1.0 log for code scanning of GitHub, GitLab and Azure.
--- https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

local escape = require "lanyard.text.escape"
local failures = require "lanyard.report.failures"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local summary = require "lanyard.report.summary"
local version = require "lanyard.version"

local M = {}

local LEVELS = { critical = "error", high = "error", medium = "warning", low = "note", info = "note" }

-- Scores of CVSS, which GitHub ranks: 9 and above is critical, 7 high, 4 medium, less is low.
local SCORES = { critical = "9.5", high = "8.0", medium = "5.0", low = "2.0", info = "0.0" }

-- Returns the name of a file as a URI reference (RFC 3986).
local function uri_of(file)
  return (file:gsub("[^%w/._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function rules_of(catalogue)
  local rules, index = json.array {}, {}
  for i, id in ipairs(lists.sorted_names(catalogue)) do
    local entry = catalogue[id]
    index[id] = i - 1
    rules[i] = {
      id = id,
      shortDescription = { text = entry.summary },
      help = { text = entry.help or entry.why or entry.summary },
      defaultConfiguration = { level = LEVELS[entry.severity] },
      properties = { severity = entry.severity, ["security-severity"] = SCORES[entry.severity] },
    }
  end
  return rules, index
end

local function result_of(finding, rule_index, location)
  return {
    ruleId = finding.id,
    ruleIndex = rule_index,
    level = LEVELS[finding.severity],
    message = { text = ("%s. Fix: %s."):format(finding.message, finding.fix) },
    locations = json.array { location },
    baselineState = finding.state,
    partialFingerprints = finding.key and { ["lanyard/v1"] = finding.key },
    properties = { severity = finding.severity },
  }
end

local function location_in_file(finding)
  return {
    physicalLocation = {
      artifactLocation = { uri = uri_of(finding.file) },
      region = {
        startLine = finding.line, startColumn = finding.column,
        endLine = finding.end_line, endColumn = finding.end_column,
      },
    },
  }
end

local function region_of(location)
  return {
    startLine = location.line, startColumn = location.column,
    byteOffset = location.first - 1, byteLength = location.last - location.first + 1,
  }
end

-- Returns the location of a finding of an audit: the policy of its repository, as a file of the account, and the names
-- of account, Region, repository, service and statement.
local function location_in_account(finding)
  local words = { finding.account or "-", finding.region or "-" }
  local name, physical = "account", nil
  for _, kind in ipairs { "repository", "service", "statement" } do
    if finding[kind] then
      name = escape.printable(finding[kind])
      words[#words + 1] = ("%s %s"):format(kind, name)
    end
  end
  if finding.repository then
    local file = ("ecr/%s/%s/%s/policy.json"):format(words[1], words[2], finding.repository)
    physical = {
      artifactLocation = { uri = uri_of(file) },
      region = finding.location and region_of(finding.location),
    }
  end
  local logical = { name = name, fullyQualifiedName = table.concat(words, "/"), kind = "resource" }
  return { physicalLocation = physical, logicalLocations = json.array { logical } }
end

-- A Region that the account has not enabled is a note, because nobody selected it by name.
local function level_of(failure)
  if failure.kind ~= "audit" then
    return "warning"
  end
  return failure.skipped and "note" or "error"
end

-- Returns the invocation of an audit, with what it could not read as notifications, and the rules in force.
local function invocation_of(report)
  local list, rules = failures.of(report), summary.rules(report)
  local notifications, failed = json.array {}, false
  for i, failure in ipairs(list) do
    notifications[i] = { level = level_of(failure), message = { text = failures.text(failure) } }
    failed = failed or level_of(failure) == "error"
  end
  local limitations = report.limitations and json.array(summary.considered(report))
  return {
    executionSuccessful = not failed, toolExecutionNotifications = notifications,
    properties = (rules or limitations) and { rules = rules, limitations = limitations } or nil,
  }
end

local function log_of(catalogue, findings, location_of, invocation)
  local rules, index = rules_of(catalogue)
  local results = json.array {}
  for i, finding in ipairs(findings) do
    results[i] = result_of(finding, index[finding.id], location_of(finding))
  end
  return {
    ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
    version = "2.1.0",
    runs = json.array { {
      tool = { driver = { name = "lanyard", version = version, rules = rules } },
      invocations = invocation and json.array { invocation },
      columnKind = "unicodeCodePoints",
      results = results,
    } },
  }
end

-- Returns the invocation of a command that could not read some files.
local function invocation_with(unread)
  local notifications = json.array {}
  for i, failure in ipairs(unread) do
    notifications[i] = {
      level = "error", message = { text = ("%s: %s"):format(failure.file, failure.message) },
      locations = json.array {
        { physicalLocation = {
          artifactLocation = { uri = uri_of(failure.file) },
          region = failure.line and { startLine = failure.line, startColumn = failure.column },
        } },
      },
    }
  end
  return { executionSuccessful = #unread == 0, toolExecutionNotifications = notifications }
end

--- Returns the log of findings in files.
---@param catalogue { [string]: { severity: string, summary: string, help?: string } } the checks by id
---@param findings policy.lint.Finding[] with `file`
---@param unread? { file: string, message: string, line?: integer, column?: integer }[]  files that were not checked
---@return table log  for lanyard.json
function M.log(catalogue, findings, unread)
  return log_of(catalogue, findings, location_in_file, unread and invocation_with(unread))
end

-- Adds to the catalogue the findings of other versions that a report has.
local function complete(catalogue, findings)
  local all = {}
  for id, entry in pairs(catalogue) do
    all[id] = entry
  end
  for _, finding in ipairs(findings) do
    all[finding.id] = all[finding.id] or { severity = finding.severity, summary = (finding.id:gsub("-", " ")) }
  end
  return all
end

--- Writes the findings of an audit. Muted findings and findings resolved since the baseline are omitted: GitHub
--- ignores baselineState and suppressions, and would open them.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
---@param options { catalogue: { [string]: { severity: string, summary: string } } } the findings by id
function M.write(report, out, options)
  local log = log_of(complete(options.catalogue, report.findings), report.findings, location_in_account,
    invocation_of(report))
  out(json.encode(log, { pretty = true }) .. "\n")
end

return M
