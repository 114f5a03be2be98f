-- An audit's report as one HTML file that needs no network: the numbers, the findings to filter, the
-- picture of who can pull what, and every grant with its statement.

local severities = require "lanyard.severity"
local summary = require "lanyard.report.summary"
local escape = require "lanyard.text.escape"
local graph = require "lanyard.report.graph"
local page = require "lanyard.report.page"
local svg = require "lanyard.report.svg"

local M = {}

local text = escape.markup

local function element(name, class, inside)
  return ('<%s class="%s">%s</%s>'):format(name, class, inside, name)
end

-- A text of several lines as it stands.
local function block(value, class)
  local lines = {}
  for line in (value:gsub("\r\n?", "\n"):gsub("\t", "  ") .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = text(line)
  end
  return ("<pre%s>%s</pre>"):format(class and (' class="%s"'):format(class) or "", table.concat(lines, "\n"))
end

-- ---------------------------------------------------------------------------------------------
-- Tables. Their roles are written out: on a narrow screen they are laid out as blocks, and would be no
-- tables any more for those who hear them.

local function table_head(caption, names)
  local cells = {}
  for i, name in ipairs(names) do
    cells[i] = ('<th scope="col" role="columnheader">%s</th>'):format(name)
  end
  return ('<table role="table">\n<caption>%s</caption>\n<thead role="rowgroup"><tr role="row">%s</tr></thead>\n'
    .. '<tbody role="rowgroup">\n'):format(caption, table.concat(cells))
end

local TABLE_FOOT = "</tbody>\n</table>\n"

local function cell(inside, name, class)
  return ('<td role="cell"%s%s>%s</td>'):format(name and (' data-name="%s"'):format(name) or "",
    class and (' class="%s"'):format(class) or "", inside)
end

-- ---------------------------------------------------------------------------------------------
-- Summary

local function header(report, counts)
  local parts = { '<dl class="counts">\n' }
  for _, severity in ipairs(severities.LIST) do
    parts[#parts + 1] = ("<div><dt>%s</dt>%s</div>\n"):format(severity,
      element("dd", counts[severity] > 0 and severity or "none", counts[severity]))
  end
  return ('<a class="skip" href="#findings">To the findings</a>\n<header>\n<h1>Lanyard audit: %s</h1>\n'
    .. '<p class="soft">%s, %s, by %s</p>\n'):format(summary.severities(counts), text(summary.extent(counts)),
    text(report.time), text(report.tool)) .. table.concat(parts) .. "</dl>\n</header>\n"
end

local function failures(report)
  local items = {}
  local function add(what)
    items[#items + 1] = ("<li>%s</li>\n"):format(text(what))
  end
  for _, scope in ipairs(summary.scopes(report)) do
    if scope.error then
      add(("%s could not be looked at: %s"):format(summary.place(scope), summary.failure(scope)))
    end
    for _, unknown in ipairs(summary.unknown(scope)) do
      add(unknown.sentence .. ": " .. unknown.why)
    end
  end
  return #items > 0 and ("<section>\n<h2>Unknown</h2>\n<ul>\n%s</ul>\n</section>\n"):format(table.concat(items)) or ""
end

-- ---------------------------------------------------------------------------------------------
-- Changes

-- A list of findings or grants under its head.
local function change_list(head, items, line)
  local lines = {}
  for i, item in ipairs(items) do
    lines[i] = ("<li>%s</li>\n"):format(line(item))
  end
  return #lines > 0 and ("<h3>%s</h3>\n<ul>\n%s</ul>\n"):format(head, table.concat(lines)) or ""
end

local function finding_line(finding)
  return ('<span class="%s">%s</span> <code>%s</code> %s: %s'):format(finding.severity, finding.severity,
    text(finding.id), text(summary.place(finding)), text(finding.message))
end

local function changed_grant(grant)
  return ("%s: %s, %s<br><code>%s</code>"):format(text(summary.place(grant)), text(grant.repository),
    text(grant.decision), text(grant.principal))
end

local function changes(report)
  local baseline = report.baseline
  if not baseline then
    return ""
  end
  return ('<section id="changes">\n<h2>Since %s</h2>\n<p>%s.</p>\n'):format(text(baseline.time),
    summary.since(summary.changes(report)))
    .. change_list("Findings that are gone", baseline.gone, finding_line)
    .. change_list("New grants", baseline.grants.new, changed_grant)
    .. change_list("Grants that are gone", baseline.grants.gone, changed_grant) .. "</section>\n"
end

-- ---------------------------------------------------------------------------------------------
-- Findings

local function boxes(legend, name, values)
  local labels = {}
  for i, value in ipairs(values) do
    labels[i] = ('<label class="%s"><input type="checkbox" name="%s" value="%s" checked> %s</label>\n')
      :format(value, name, value, value)
  end
  return ("<fieldset><legend>%s</legend>\n%s</fieldset>\n"):format(legend, table.concat(labels))
end

local function filter(report)
  return '<form id="filter" hidden>\n<label>Text <input type="search" name="text" autocomplete="off"></label>\n'
    .. boxes("Severity", "severity", severities.LIST)
    .. (report.baseline and boxes("Since the baseline", "state", { "new", "unchanged" }) or "")
    .. '<output id="shown" aria-live="polite"></output>\n</form>\n'
end

-- The statements of repositories by account, Region and name, where the report has them.
local function statements_of(report)
  local found = {}
  for _, scope in ipairs(summary.scopes(report)) do
    for _, repository in ipairs(scope.repositories or {}) do
      found[summary.place(scope) .. " " .. repository.name] = repository.statements
    end
  end
  return found
end

local function statement_of(finding, statements)
  local key = summary.place(finding) .. " " .. (finding.repository or "")
  for _, statement in ipairs(finding.index and statements[key] or {}) do
    if statement.index == finding.index then
      return ("<p>Statement %s:</p>\n%s\n"):format(text(statement.label), block(statement.text))
    end
  end
  return ""
end

local function where(finding)
  local lines = { text(summary.place(finding)) }
  for _, name in ipairs { "repository", "service", "statement" } do
    lines[#lines + 1] = finding[name] and ("%s <code>%s</code>"):format(name, text(finding[name]))
  end
  return table.concat(lines, "<br>")
end

local function finding_row(finding, statements)
  local severity, state = text(finding.severity), finding.state
  return ('<tr role="row" data-severity="%s"%s>%s%s%s%s</tr>\n'):format(severity,
    state and (' data-state="%s"'):format(state) or "",
    cell(severity .. (state == "new" and ' <span class="new">new</span>' or ""), nil, "severity " .. severity),
    cell(("<code>%s</code>"):format(text(finding.id)), nil, "short"),
    cell(where(finding), nil, "where"),
    cell(("%s\n<details><summary>Why, and how to mend it</summary>\n<p>%s</p>\n%s\n%s</details>"):format(
      text(finding.message), text(finding.why),
      block(finding.fix, finding.fix:find "^lanyard " and "command"), statement_of(finding, statements))))
end

local function write_findings(report, out)
  out '<main>\n<section id="findings" tabindex="-1">\n<h2>Findings</h2>\n'
  if #report.findings == 0 then
    out "<p>There are none.</p>\n</section>\n"
    return
  end
  local statements = statements_of(report)
  out(filter(report))
  out(table_head("What was found, the worst first", { "Severity", "Finding", "Where", "What" }))
  for _, finding in ipairs(report.findings) do
    out(finding_row(finding, statements))
  end
  out(TABLE_FOOT .. "</section>\n")
end

local function muted(report)
  local lines = {}
  for i, finding in ipairs(report.muted or {}) do
    lines[i] = ("<li>%s<br>muted %s</li>\n"):format(finding_line(finding), text(summary.mute(finding)))
  end
  return #lines > 0 and ("<section>\n<h2>Muted</h2>\n<details><summary>%d muted</summary>\n<ul>\n%s</ul>\n</details>\n"
    .. "</section>\n"):format(#lines, table.concat(lines)) or ""
end

-- ---------------------------------------------------------------------------------------------
-- Grants

local STATES = { ok = "can pull", noted = "can pull, with a finding", broken = "cannot pull", missing = "cannot pull" }

local function labels_of(edge)
  return edge.access and table.concat(edge.access.statements, ", ") or "-"
end

-- A grant's statements with their texts where the report has these, else their names.
local function statements_cell(edge)
  local wanted, blocks = {}, {}
  for _, label in ipairs(edge.access and edge.access.statements or {}) do
    wanted[label] = true
  end
  for _, statement in ipairs(edge.to.repository and edge.to.repository.statements or {}) do
    blocks[#blocks + 1] = wanted[statement.label] and block(statement.text) or nil
  end
  if #blocks == 0 then
    return ("<code>%s</code>"):format(text(labels_of(edge)))
  end
  return ("<details><summary>%s</summary>\n%s\n</details>"):format(text(labels_of(edge)), table.concat(blocks, "\n"))
end

local function grant_row(edge)
  local ids = #edge.findings > 0 and ": " .. edge.label or ""
  local principal = edge.access and edge.access.principal ~= edge.from.name
    and ("<br><code>%s</code>"):format(text(edge.access.principal)) or ""
  return ('<tr role="row" id="%s">%s%s%s%s%s</tr>\n'):format(edge.id, cell(text(edge.to.name), "Repository"),
    cell(text(edge.from.name) .. principal, "Who"), cell(text(edge.from.kind), "Kind", "short"),
    cell(text(STATES[edge.state] .. ids), "Pull", edge.state), cell(statements_cell(edge), "Statement"))
end

local function write_grants(whole, out)
  out('<section>\n<h2>Who can pull what</h2>\n<div class="picture" tabindex="0" role="region" aria-label="Picture">\n')
  out(svg.draw(whole, true))
  out "</div>\n</section>\n<section>\n<h2>Grants</h2>\n"
  for _, group in ipairs(whole.groups) do
    if #group.edges > 0 then
      out(table_head(text(group.title), { "Repository", "Who", "Kind", "Pull", "Statement" }))
      for _, edge in ipairs(group.edges) do
        out(grant_row(edge))
      end
      out(TABLE_FOOT)
    else
      out(("<p>%s: %s.</p>\n"):format(text(group.title), group.error and "unknown" or "no repository grants a pull"))
    end
  end
  out "</section>\n</main>\n"
end

-- write(report, out): out(text) takes whole lines.
function M.write(report, out, options)
  local counts = summary.of(report)
  out(page.head("Lanyard audit: " .. summary.severities(counts)))
  out(header(report, counts))
  out(failures(report))
  out(changes(report))
  write_findings(report, out)
  out(muted(report))
  write_grants(graph.of(report, options.catalogue), out)
  out(page.foot)
end

return M
