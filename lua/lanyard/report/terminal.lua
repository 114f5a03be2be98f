--- An audit report for a person at a terminal: a table of the grants, then the findings, the most severe first.

local escape = require "lanyard.text.escape"
local failures = require "lanyard.report.failures"
local summary = require "lanyard.report.summary"
local text_table = require "lanyard.text.columns"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- Names of colours in lanyard.cli.
local SEVERITY_COLOURS = { critical = "red", high = "red", medium = "yellow", info = "dim" }
local DECISION_COLOURS = { partial = "yellow", deny = "yellow" }

local INDENT = 10

local function expiry_of(access, time)
  if not access.expires then
    return ""
  end
  return (access.expires > time and " until " or ", expired ") .. timestamp.localized(access.expires)
end

local function visit_rows(visit, time, repository, label)
  local function add(...)
    if label then
      visit { label, ... }
    else
      visit { ... }
    end
  end
  for _, access in ipairs(repository.access) do
    add(repository.name, access.service or access.audience or access.principal, access.kind,
      { access.decision .. expiry_of(access, time), DECISION_COLOURS[access.decision] }, access.statement or "-")
  end
  for _, name in ipairs(repository.by_registry or {}) do
    add(repository.name, name, "puller", "allow", "registry policy")
  end
  if #repository.access == 0 and not repository.by_registry then
    add(repository.name, repository.policy_error and "(unknown)" or "no grants", "", "", repository.policy_error or "")
  end
end

-- Writes the table of grants. With `labels` each row begins with its account and Region.
local function write_grants(report, out, paint, width, labels)
  local columns = { "REPOSITORY", "PRINCIPAL", "KIND", "PULL", "STATEMENT" }
  if labels then
    table.insert(columns, 1, "ACCOUNT AND REGION")
  end
  text_table.write(columns, function(visit)
    for _, scope in ipairs(summary.scopes(report)) do
      local label = labels and summary.label(scope)
      for _, repository in ipairs(scope.repositories or {}) do
        visit_rows(visit, report.time, repository, label)
      end
    end
  end, out, paint, width)
end

-- Wraps a text after a head that is as wide as the indent.
local function paragraph(head, text, width)
  text = timestamp.localized(text)
  local lines = width and text_table.wrap(text, math.max(width - INDENT, 10)) or { text }
  return head .. table.concat(lines, "\n" .. (" "):rep(INDENT))
end

local function finding_lines(finding, paint, width, labels)
  local where = labels and (" (%s)"):format(summary.label(finding)) or ""
  local head = paint(SEVERITY_COLOURS[finding.severity], ("%-8s"):format(finding.severity))
  local space = (" "):rep(INDENT)
  local state = finding.state and finding.state .. "  " or ""
  local what = escape.printable(("%s%s: %s%s"):format(state, finding.id, finding.message, where))
  return paragraph(head .. "  ", what, width) .. "\n"
    .. paragraph(space, "why: " .. escape.printable(finding.why), width) .. "\n"
    -- A command is not wrapped, so that it can be copied.
    .. space .. "fix: " .. escape.printable(finding.fix) .. "\n"
end

local function failure_lines(report, paint, width)
  local lines = {}
  for i, failure in ipairs(failures.of(report)) do
    lines[i] = paragraph(paint("red", "unknown ") .. "  ", escape.printable(failures.text(failure)), width) .. "\n"
  end
  return table.concat(lines)
end

-- Returns what the policies with another text give and take since the baseline.
local function policy_lines(report, labels)
  local lines = {}
  for i, change in ipairs(report.baseline.policies or {}) do
    lines[i] = escape.printable(("%s%s  %s"):format(labels and summary.label(change) .. ": " or "", change.repository,
      summary.policy_change(change))) .. "\n"
  end
  return lines[1] and ("\npolicies since %s\n%s"):format(timestamp.localized(report.baseline.time), table.concat(lines))
    or ""
end

local function change_lines(report, labels)
  local function where(item)
    return labels and summary.label(item) .. ": " or ""
  end
  local baseline = report.baseline
  local since = timestamp.localized(baseline.time)
  local lines = { ("\nsince %s: %s"):format(since, summary.since(summary.changes(report))) }
  for _, finding in ipairs(baseline.resolved) do
    lines[#lines + 1] = ("%-8s  resolved  %s: %s%s"):format(finding.severity, finding.id, where(finding),
      escape.printable(timestamp.localized(finding.message)))
  end
  for _, change in ipairs { "added", "removed" } do
    for _, grant in ipairs(baseline.grants[change]) do
      lines[#lines + 1] = escape.printable(("grant     %-8s  %s%s: %s (%s)")
        :format(change, where(grant), grant.repository, grant.audience or grant.principal, grant.decision))
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function limitation_lines(report, paint, width)
  local lines = {}
  for i, sentence in ipairs(summary.considered(report)) do
    local wrapped = width and text_table.wrap(escape.printable(sentence), math.max(width - 2, 8))
      or { escape.printable(sentence) }
    lines[i] = paint("dim", table.concat(wrapped, "\n  ")) .. "\n"
  end
  return table.concat(lines)
end

local function plain(_, text)
  return text
end

--- Writes a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
---@param options { paint?: fun(colour?: string, text: string): string, width?: integer }  width: of the terminal in
---  characters, nil for no limit
function M.write(report, out, options)
  local paint, width = options.paint or plain, options.width
  local labels = #summary.scopes(report) > 1
  local nothing = summary.nothing_read(report)
  if nothing then
    out(escape.printable(nothing) .. "\n")
  else
    write_grants(report, out, paint, width, labels)
  end
  out "\n"
  out(failure_lines(report, paint, width))
  for _, finding in ipairs(report.findings) do
    out(finding_lines(finding, paint, width, labels))
  end
  out(limitation_lines(report, paint, width))
  local rules = summary.rules(report)
  out(rules and escape.printable(rules) .. "\n" or "")
  out(summary.total(summary.counts(report)) .. "\n")
  if report.baseline then
    out(policy_lines(report, labels) .. change_lines(report, labels))
  end
end

return M
