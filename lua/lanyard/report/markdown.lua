-- An audit's report as Markdown for a step summary of CI, a comment or a wiki: the numbers, a table of
-- the findings, and folded below it why each matters and how it is mended.

local summary = require "lanyard.report.summary"
local escape = require "lanyard.text.escape"

local M = {}

-- GitHub takes 1 MiB for the summary of a step, and other steps write theirs.
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
    escape.markdown(summary.place(finding)), escape.markdown(where(finding)), escape.markdown(finding.message))
end

local function details_of(finding)
  return ("- **%s** %s: %s\n  - why: %s\n  - fix: %s\n"):format(finding.severity, escape.markdown(finding.id),
    escape.markdown(finding.message), escape.markdown(finding.why), escape.code(finding.fix))
end

local function failures(report)
  local lines = {}
  for _, scope in ipairs(summary.scopes(report)) do
    if scope.error then
      lines[#lines + 1] = ("- **not looked at** %s: %s\n"):format(escape.markdown(summary.place(scope)),
        escape.markdown(summary.failure(scope)))
    end
    for _, unknown in ipairs(summary.unknown(scope)) do
      lines[#lines + 1] = ("- **unknown** %s: %s\n"):format(escape.markdown(unknown.sentence),
        escape.markdown(unknown.why))
    end
  end
  return #lines > 0 and table.concat(lines) .. "\n" or ""
end

-- What came and went since the baseline, as far as it fits in the limit --> text, its size
local function changes_of(report)
  local changes = summary.changes(report)
  if not changes then
    return "", 0
  end
  local lines, size, left = {}, 0, 0
  local function add(...)
    local line = ("- %s **%s** %s: %s\n"):format(...)
    size = size + #line
    if size < LIMIT // 4 then
      lines[#lines + 1] = line
    else
      left = left + 1
    end
  end
  for _, finding in ipairs(report.baseline.gone) do
    add("finding", "gone", escape.markdown(summary.place(finding)),
      escape.markdown(("%s: %s"):format(finding.id, finding.message)))
  end
  for _, kind in ipairs { "new", "gone" } do
    for _, grant in ipairs(report.baseline.grants[kind]) do
      add("grant", kind, escape.markdown(("%s: %s"):format(summary.place(grant), grant.repository)),
        escape.markdown(("%s (%s)"):format(grant.principal, grant.decision)))
    end
  end
  local more = left > 0 and ("\n%d more changes have no room here.\n"):format(left) or ""
  return ("Since %s: %s.\n\n%s%s\n"):format(escape.markdown(report.baseline.time), summary.since(changes),
    table.concat(lines), more), size
end

-- What is muted, as far as it fits in the limit --> text, its size
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

-- As many findings as fit in the limit; the table and the details tell the same ones.
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

-- write(report, out): out(text) takes whole lines.
function M.write(report, out)
  local counts = summary.of(report)
  out(("## Lanyard audit: %s\n\n%s, %s, by %s.\n\n"):format(summary.severities(counts), summary.extent(counts),
    escape.markdown(report.time), escape.markdown(report.tool)))
  out(failures(report))
  local changes, size = changes_of(report)
  out(changes)
  local muted, muted_size = muted_of(report)
  out(muted)
  if #report.findings == 0 then
    return
  end
  local rows, details = findings_of(report, size + muted_size)
  out("| Severity | Finding | Account and Region | Where | What |\n| --- | --- | --- | --- | --- |\n")
  out(table.concat(rows))
  if #rows < #report.findings then
    out(("\n%d more findings have no room here: `lanyard audit --output json` tells them all.\n")
      :format(#report.findings - #rows))
  end
  out("\n<details><summary>Why they matter, and how to mend them</summary>\n\n")
  out(table.concat(details))
  out("\n</details>\n")
end

return M
