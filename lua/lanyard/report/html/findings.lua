--- The findings of an HTML report: a table with a filter, and the muted findings.

local elements = require "lanyard.report.html.elements"
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
  return '<form id="filter" hidden>\n<label>Text <input type="search" name="text" autocomplete="off"></label>\n'
    .. checkboxes("Severity", "severity", severities.LIST)
    .. (report.baseline and checkboxes("Since the baseline", "state", { "new", "unchanged" }) or "")
    .. '<output id="shown" aria-live="polite"></output>\n</form>\n'
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
      return ("<p>Statement %s:</p>\n%s\n"):format(text(statement.label), block(statement.text))
    end
  end
  return ""
end

local function where(finding)
  local lines = { text(summary.label(finding)) }
  for _, name in ipairs { "repository", "service", "statement" } do
    lines[#lines + 1] = finding[name] and ("%s <code>%s</code>"):format(name, text(finding[name]))
  end
  return table.concat(lines, "<br>")
end

local function row(finding, statements)
  local severity, state = text(finding.severity), finding.state
  return ('<tr role="row" data-severity="%s"%s>%s%s%s%s</tr>\n'):format(severity,
    state and (' data-state="%s"'):format(state) or "",
    cell(severity .. (state == "new" and ' <span class="new">new</span>' or ""), nil, "severity " .. severity),
    cell(("<code>%s</code>"):format(text(finding.id)), nil, "short"),
    cell(where(finding), nil, "where"),
    cell(("%s\n<details><summary>Why and how to fix</summary>\n<p>%s</p>\n%s\n%s</details>"):format(
      text(finding.message), text(finding.why),
      block(finding.fix, finding.fix:find "^lanyard " and "command"), statement_of(finding, statements))))
end

--- Writes the findings of a report.
---@param report audit.Report
---@param out fun(text: string)
function M.write(report, out)
  out '<main>\n<section id="findings" tabindex="-1">\n<h2>Findings</h2>\n'
  if #report.findings == 0 then
    out "<p>No findings.</p>\n</section>\n"
    return
  end
  local statements = statements_of(report)
  out(filter(report))
  elements.write_table({
    caption = "All findings, the most severe first", headings = { "Severity", "Finding", "Where", "What" }, class = "all",
    items = report.findings, row = function(finding) return row(finding, statements) end,
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
