-- Findings as a SARIF 2.1.0 log, which code scanning of GitHub, GitLab and Azure reads.
-- https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

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
    local severity, text = catalogue[id][1], catalogue[id][2]
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

local function result_of(finding, rule_index)
  return {
    ruleId = finding.id,
    ruleIndex = rule_index,
    level = LEVELS[finding.severity],
    message = { text = ("%s. To mend it: %s."):format(finding.message, finding.fix) },
    locations = json.array { {
      physicalLocation = {
        artifactLocation = { uri = uri_of(finding.file) },
        region = {
          startLine = finding.line, startColumn = finding.column,
          endLine = finding.end_line, endColumn = finding.end_column,
        },
      },
    } },
    properties = { severity = finding.severity },
  }
end

-- log(catalogue, findings) --> a value for lanyard.json. catalogue: id = { severity, text }; findings:
-- those of lanyard.policy.lint, each with its `file`.
function M.log(catalogue, findings)
  local rules, index = rules_of(catalogue)
  local results = json.array {}
  for i, finding in ipairs(findings) do
    results[i] = result_of(finding, index[finding.id])
  end
  return {
    ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
    version = "2.1.0",
    runs = json.array { {
      tool = { driver = { name = "lanyard", version = version, rules = rules } },
      columnKind = "unicodeCodePoints",
      results = results,
    } },
  }
end

return M
