-- Findings of files, or of an audit, as a SARIF 2.1.0 log, which code scanning of GitHub, GitLab and Azure reads.
-- https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

local summary = require "lanyard.report.summary"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local version = require "lanyard.version"

local M = {}

local LEVELS = { critical = "error", high = "error", medium = "warning", low = "note", info = "note" }

-- The scale of CVSS, by which GitHub ranks: over 9 critical, 7 high, 4 medium, else low.
local SCORES = { critical = "9.5", high = "8.0", medium = "5.0", low = "2.0", info = "0.0" }

-- A file's name as a URI reference (RFC 3986): what is not plain is percent-encoded.
local function uri_of(file)
  return (file:gsub("[^%w/._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function rules_of(catalogue)
  local rules, index = json.array {}, {}
  for i, id in ipairs(lists.sorted_names(catalogue)) do
    local entry = catalogue[id]
    local severity, text = entry.severity or entry[1], entry.summary or entry[2]
    index[id] = i - 1
    rules[i] = {
      id = id,
      shortDescription = { text = text },
      defaultConfiguration = { level = LEVELS[severity] },
      properties = { severity = severity, ["security-severity"] = SCORES[severity] },
    }
  end
  return rules, index
end

local function result_of(finding, rule_index, location)
  return {
    ruleId = finding.id,
    ruleIndex = rule_index,
    level = LEVELS[finding.severity],
    message = { text = ("%s. To mend it: %s."):format(finding.message, finding.fix) },
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

local function region_of(place)
  return {
    startLine = place.line, startColumn = place.column,
    byteOffset = place.first - 1, byteLength = place.last - place.first + 1,
  }
end

-- Where a finding of an audit is: the policy of its repository, named as a file of the account; and
-- its account, Region, repository, service and statement as a name.
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
      region = finding.place and region_of(finding.place),
    }
  end
  local logical = { name = name, fullyQualifiedName = table.concat(words, "/"), kind = "resource" }
  return { physicalLocation = physical, logicalLocations = json.array { logical } }
end

-- What a run was, by the scopes of its audit: what failed as errors, and a Region that is not enabled as a note,
-- for nobody asked for it; what could not be looked at in the others as warnings.
local function invocation_of(scopes)
  local notes, failed = json.array {}, false
  local function add(level, text, ...)
    notes[#notes + 1] = { level = level, message = { text = text:format(...) } }
  end
  for _, scope in ipairs(scopes) do
    if scope.error then
      failed = failed or not scope.skipped
      add(scope.skipped and "note" or "error", "%s could not be looked at: %s", summary.place(scope),
        summary.failure(scope))
    end
    for _, unknown in ipairs(summary.unknown(scope)) do
      add("warning", "%s: %s", unknown.sentence, unknown.why)
    end
  end
  return { executionSuccessful = not failed, toolExecutionNotifications = notes }
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

-- log(catalogue, findings) --> a value for lanyard.json. catalogue: id = { severity, text }; findings:
-- those of lanyard.policy.lint, each with its `file`.
function M.log(catalogue, findings)
  return log_of(catalogue, findings, location_in_file)
end

-- The rules of an audit: those of this release, and what a report of another one has beside them.
local function audit_catalogue(findings, known)
  local catalogue = {}
  for id, entry in pairs(known) do
    catalogue[id] = { entry.severity, entry.summary }
  end
  for _, finding in ipairs(findings) do
    catalogue[finding.id] = catalogue[finding.id] or { finding.severity, (finding.id:gsub("-", " ")) }
  end
  return catalogue
end

-- write(report, out): the findings of an audit; out(text) takes whole lines. Those that are gone since a baseline,
-- and those that are muted, are left out: GitHub passes over baselineState and suppressions, and would open them.
function M.write(report, out, options)
  local log = log_of(audit_catalogue(report.findings, options.catalogue), report.findings, location_in_account,
    invocation_of(summary.scopes(report)))
  out(json.encode(log, { pretty = true }) .. "\n")
end

return M
