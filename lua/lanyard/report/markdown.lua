--- An audit report as Markdown, for the step summary of a CI job, a comment or a wiki: the numbers, a table of the
--- findings, and a folded list of why each matters and how to fix it.

local escape = require "lanyard.text.escape"
local failures = require "lanyard.report.failures"
local summary = require "lanyard.report.summary"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- GitHub accepts 1 MiB for the summary of a step, which other tools write to as well.
local LIMIT = 512 * 1024

local function where(finding)
  local words = {}
  for _, name in ipairs { "repository", "service", "statement" } do
    words[#words + 1] = finding[name] and name .. " " .. finding[name]
  end
  return table.concat(words, ", ")
end

local function row_of(finding)
  return ("| %s | %s%s | %s | %s | %s |\n"):format(finding.severity, finding.state == "new" and "**new** " or "",
    escape.markdown(finding.id),
    escape.markdown(summary.label(finding)), escape.markdown(where(finding)), escape.markdown(finding.message))
end

local function details_of(finding)
  return ("- **%s** %s: %s\n  - why: %s\n  - fix: %s\n"):format(finding.severity, escape.markdown(finding.id),
    escape.markdown(finding.message), escape.markdown(finding.why), escape.code(finding.fix))
end

local function failures_of(report)
  local lines = {}
  for i, failure in ipairs(failures.of(report)) do
    lines[i] = ("- **unknown** %s\n"):format(escape.markdown(failures.text(failure)))
  end
  return #lines > 0 and table.concat(lines) .. "\n" or ""
end

-- Returns the changes since the baseline that fit in the limit, and the size of all.
local function changes_of(report)
  local changes = summary.changes(report)
  if not changes then
    return "", 0
  end
  local lines, size, omitted = {}, 0, 0
  local function add(...)
    local line = ("- %s **%s** %s: %s\n"):format(...)
    size = size + #line
    if size < LIMIT // 4 then
      lines[#lines + 1] = line
    else
      omitted = omitted + 1
    end
  end
  for _, finding in ipairs(report.baseline.resolved) do
    add("finding", "resolved", escape.markdown(summary.label(finding)),
      escape.markdown(("%s: %s"):format(finding.id, finding.message)))
  end
  for _, change in ipairs(report.baseline.policies or {}) do
    add("policy", "changed", escape.markdown(("%s: %s"):format(summary.label(change), change.repository)),
      escape.markdown(summary.policy_change(change)))
  end
  for _, change in ipairs { "added", "removed" } do
    for _, grant in ipairs(report.baseline.grants[change]) do
      add("grant", change, escape.markdown(("%s: %s"):format(summary.label(grant), grant.repository)),
        escape.markdown(("%s (%s)"):format(grant.audience or grant.principal, grant.decision)))
    end
  end
  local more = omitted > 0 and ("\n%d more changes are omitted.\n"):format(omitted) or ""
  return ("Since %s: %s.\n\n%s%s\n"):format(escape.markdown(report.baseline.time), summary.since(changes),
    table.concat(lines), more), size
end

-- Returns the muted findings that fit in the limit, and their size.
local function muted_of(report)
  local lines, size = {}, 0
  for _, finding in ipairs(report.muted or {}) do
    local line = ("- %s %s: %s, muted %s\n"):format(finding.severity, escape.markdown(finding.id),
      escape.markdown(finding.message), escape.markdown(summary.mute(finding)))
    size = size + #line
    if size > LIMIT // 4 then
      break
    end
    lines[#lines + 1] = line
  end
  return #lines > 0 and ("%d muted:\n\n%s\n"):format(#report.muted, table.concat(lines)) or "", size
end

-- Returns the rows and the details of the findings that fit in the limit.
local function findings_of(report, size)
  local rows, details = {}, {}
  for i, finding in ipairs(report.findings) do
    local row, detail = row_of(finding), details_of(finding)
    size = size + #row + #detail
    if size > LIMIT then
      break
    end
    rows[i], details[i] = row, detail
  end
  return rows, details
end

local function write_findings(report, out, size)
  local rows, details = findings_of(report, size)
  out "| Severity | Finding | Account and Region | Where | What |\n| --- | --- | --- | --- | --- |\n"
  out(table.concat(rows))
  if #rows < #report.findings then
    out(("\n%d more findings are omitted; `lanyard audit --output json` prints all of them.\n")
      :format(#report.findings - #rows))
  end
  out "\n<details><summary>Why and how to fix</summary>\n\n"
  out(table.concat(details))
  out "\n</details>\n"
end

local function limitations_of(report)
  local lines = {}
  for i, sentence in ipairs(summary.considered(report)) do
    lines[i] = ("- %s.\n"):format(escape.markdown((sentence:gsub("^%l", string.upper))))
  end
  return #lines > 0 and table.concat(lines) .. "\n" or ""
end

--- Writes a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
function M.write(report, out)
  local write = out
  out = function(text) write(timestamp.localized(text)) end
  local counts = summary.counts(report)
  out(("## Lanyard audit: %s\n\n%s, %s, by %s.\n\n"):format(summary.severities(counts), summary.extent(counts),
    escape.markdown(report.time), escape.markdown(report.tool)))
  local rules = summary.rules(report)
  out(rules and ("%s.\n\n"):format(escape.markdown(rules:gsub("^%l", string.upper))) or "")
  out(limitations_of(report))
  local nothing = summary.nothing_read(report)
  out(nothing and ("%s.\n\n"):format(escape.markdown(nothing)) or "")
  out(failures_of(report))
  local changes, size = changes_of(report)
  out(changes)
  local muted, muted_size = muted_of(report)
  out(muted)
  if #report.findings > 0 then
    write_findings(report, out, size + muted_size)
  end
end

return M
