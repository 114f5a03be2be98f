--- The findings of an HTML report: a table with a filter, and the muted findings.

local elements = require "lanyard.report.html.elements"
local patterns = require "lanyard.report.html.patterns"
local severities = require "lanyard.severity"
local summary = require "lanyard.report.summary"

local M = {}

local text, block, cell = elements.text, elements.block, elements.cell

local function checkboxes(legend, name, values)
  local labels = {}
  for i, value in ipairs(values) do
    labels[i] = ('<label class="%s"><input type="checkbox" name="%s" value="%s" checked> %s</label>\n')
      :format(value, name, value, value)
  end
  return ("<fieldset><legend>%s</legend>\n%s</fieldset>\n"):format(legend, table.concat(labels))
end

local function filter(report)
  local boxes = ""
  if #report.findings > 0 then
    boxes = checkboxes("Severity", "severity", severities.LIST)
      .. (report.baseline and checkboxes("Since the baseline", "state", { "new", "unchanged" }) or "")
  end
  return '<form id="filter" hidden>\n<label>Text <input type="search" name="text" autocomplete="off"></label>\n'
    .. boxes .. '<output id="shown" aria-live="polite"></output>\n</form>\n'
end

local function repository_key(where, name)
  return ("%s %s"):format(summary.label(where), name or "")
end

-- Returns the statements of repositories that have their texts in the report.
local function statements_of(report)
  local found = {}
  for _, scope in ipairs(summary.scopes(report)) do
    for _, repository in ipairs(scope.repositories or {}) do
      found[repository_key(scope, repository.name)] = repository.statements
    end
  end
  return found
end

local function statement_of(finding, statements)
  for _, statement in ipairs(finding.index and statements[repository_key(finding, finding.repository)] or {}) do
    if statement.index == finding.index then
      return statement
    end
  end
end

local function where(entry)
  local finding, count = entry.finding, #entry.findings
  local lines = { text(summary.label(finding)), count > 1 and count .. " repositories" or nil }
  local common = entry.statements and { "service" } or count > 1 and { "service", "statement" }
    or { "repository", "service", "statement" }
  for _, name in ipairs(common) do
    lines[#lines + 1] = finding[name]
      and ("%s <code>%s</code>"):format(name, text(finding[name])) or nil
  end
  return table.concat(lines, "<br>")
end

local function fix_of(finding)
  return block(finding.fix, finding.fix:find "^lanyard " and "command")
end

local function statement_block(statement)
  return statement and ("<p>Statement %s:</p>\n%s\n"):format(text(statement.label), block(statement.text)) or ""
end

-- Returns why a finding is one, how to fix it, and its statement.
local function explanation(finding, fix, statement)
  return ("<p>%s</p>\n%s\n%s"):format(text(finding.why), fix, statement_block(statement))
end

-- Returns what a row says below its message: in a list, if it has several findings. The list has only the fix of each
-- finding, or all of its texts if they are its own.
local function explanations(entry)
  if #entry.findings == 1 then
    return explanation(entry.finding, fix_of(entry.finding), entry.statement)
  end
  local items = {}
  for i, finding in ipairs(entry.findings) do
    items[i] = entry.statements
      and ("<li>%s: %s\n%s</li>\n"):format(text(finding.repository), text(finding.message),
        explanation(finding, fix_of(finding), entry.statements[finding]))
      or ("<li>%s\n%s</li>\n"):format(text(finding.repository), fix_of(finding))
  end
  local list = ('<ul class="parts">\n%s</ul>'):format(table.concat(items))
  return entry.statements and list or explanation(entry.finding, list, entry.statement)
end

local function row(entry)
  local finding = entry.finding
  local severity, state = text(finding.severity), finding.state
  return ('<tr role="row" data-severity="%s"%s>%s%s%s%s</tr>\n'):format(severity,
    state and (' data-state="%s"'):format(state) or "",
    cell(severity .. (state == "new" and ' <span class="new">new</span>' or ""), nil, "severity " .. severity),
    cell(("<code>%s</code>"):format(text(finding.id)), nil, "short"),
    cell(where(entry), nil, "where"),
    cell(("%s\n<details><summary>Why and how to fix</summary>\n%s</details>"):format(text(entry.message),
      explanations(entry))))
end

--- Writes the findings of a report, and the filter of findings and grants.
---@param report audit.Report
---@param counts report.Counts
---@param out fun(text: string)
function M.write(report, counts, out)
  out '<main>\n<section id="findings" tabindex="-1">\n<h2>Findings</h2>\n'
  if counts.findings + counts.grants > 0 then
    out(filter(report))
  end
  if #report.findings == 0 then
    out "<p>No findings.</p>\n</section>\n"
    return
  end
  local statements = statements_of(report)
  elements.write_table({
    caption = "All findings, the most severe first", headings = { "Severity", "Finding", "Where", "What" },
    class = "all", row = row,
    items = patterns.findings(report.findings, function(finding) return statement_of(finding, statements) end),
  }, out)
  out "</section>\n"
end

--- Returns a finding as a line of markup.
---@param finding audit.Finding
---@return string
function M.line(finding)
  return ('<span class="%s">%s</span> <code>%s</code> %s: %s'):format(finding.severity, finding.severity,
    text(finding.id), text(summary.label(finding)), text(finding.message))
end

--- Returns the section of muted findings; an empty text without any.
---@param report audit.Report
---@return string
function M.muted(report)
  local lines = {}
  for i, finding in ipairs(report.muted or {}) do
    lines[i] = ("<li>%s<br>muted %s</li>\n"):format(M.line(finding), text(summary.mute(finding)))
  end
  return #lines > 0 and ("<section>\n<h2>Muted</h2>\n<details><summary>%d muted</summary>\n<ul>\n%s</ul>\n</details>\n"
    .. "</section>\n"):format(#lines, table.concat(lines)) or ""
end

return M
