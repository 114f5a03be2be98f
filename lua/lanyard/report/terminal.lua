-- An audit's report for a person: who can pull from what as a table, then the findings, the worst first.

local count = require "lanyard.report.count"
local escape = require "lanyard.report.escape"
local text_table = require "lanyard.report.table"

local M = {}

-- The colours of severities, by the names of lanyard.cli.
M.COLOURS = { critical = "red", high = "red", medium = "yellow", info = "dim" }

local DECISION_COLOURS = { partial = "yellow", deny = "yellow" }

local INDENT = 10

local function add_rows(rows, scope, repository, places)
  local function add(...)
    local cells = { ... }
    if places then
      table.insert(cells, 1, count.place(scope))
    end
    rows[#rows + 1] = cells
  end
  for _, access in ipairs(repository.access) do
    add(repository.name, access.service or access.principal, access.kind,
      { access.decision, DECISION_COLOURS[access.decision] }, access.statement or "-")
  end
  if #repository.access == 0 then
    add(repository.name, repository.unknown and "(unknown)" or "-", "", "", repository.unknown or "")
  end
end

local function grants(report, paint, width)
  local columns, rows = { "REPOSITORY", "WHO", "KIND", "PULL", "STATEMENT" }, {}
  local places = #report.scopes > 1
  if places then
    table.insert(columns, 1, "WHERE")
  end
  for _, scope in ipairs(report.scopes) do
    for _, repository in ipairs(scope.repositories or {}) do
      add_rows(rows, scope, repository, places)
    end
  end
  return text_table.render(columns, rows, paint, width)
end

-- Paints what a line begins with, which is as wide as the indent, and hangs the rest below itself.
local function paragraph(head, text, width)
  local lines = width and text_table.wrap(text, math.max(width - INDENT, 20)) or { text }
  return head .. table.concat(lines, "\n" .. (" "):rep(INDENT))
end

local function finding_lines(finding, paint, width, places)
  local where = places and (" (%s)"):format(count.place(finding)) or ""
  local head = paint(M.COLOURS[finding.severity], ("%-8s"):format(finding.severity))
  local space = (" "):rep(INDENT)
  local state = finding.state and finding.state .. "  " or ""
  local what = escape.printable(("%s%s: %s%s"):format(state, finding.id, finding.message, where))
  return paragraph(head .. "  ", what, width) .. "\n"
    .. paragraph(space, "why: " .. escape.printable(finding.why), width) .. "\n"
    -- A command is left in one line: so it can be copied.
    .. space .. "fix: " .. escape.printable(finding.fix) .. "\n"
end

-- What could not be looked at, a line each.
local function failures(report, paint, width)
  local lines = {}
  for _, scope in ipairs(report.scopes) do
    local what = scope.error and ("%s could not be looked at: %s: %s")
      :format(count.place(scope), scope.error.code, scope.error.message)
      or scope.services_unknown and ("the container services of %s could not be listed: %s")
      :format(count.place(scope), scope.services_unknown)
    if what then
      lines[#lines + 1] = paragraph(paint("red", "unknown ") .. "  ", escape.printable(what), width) .. "\n"
    end
  end
  return table.concat(lines)
end

-- What is new and gone since the baseline, and the grants that came and went.
local function changes(report, places)
  local function where(item)
    return places and count.place(item) .. ": " or ""
  end
  local lines = { ("\nsince %s: %s"):format(report.baseline.time, count.since(count.changes(report))) }
  for _, finding in ipairs(report.baseline.gone) do
    lines[#lines + 1] = ("%-8s  gone  %s: %s%s"):format(finding.severity, finding.id, where(finding),
      escape.printable(finding.message))
  end
  for _, kind in ipairs { "new", "gone" } do
    for _, grant in ipairs(report.baseline.grants[kind]) do
      lines[#lines + 1] = escape.printable(("grant     %-4s  %s%s: %s (%s)")
        :format(kind, where(grant), grant.repository, grant.principal, grant.decision))
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

-- write(report, out [, { paint, width }]): out(text) takes whole lines; paint(colour, text) puts colour
-- on; width is the terminal's, nil for no limit.
function M.write(report, out, options)
  local paint = options and options.paint or function(_, text) return text end
  local width = options and options.width
  out(grants(report, paint, width))
  out "\n"
  out(failures(report, paint, width))
  for _, finding in ipairs(report.findings) do
    out(finding_lines(finding, paint, width, #report.scopes > 1))
  end
  out(count.total(count.of(report)) .. "\n")
  if report.baseline then
    out(changes(report, #report.scopes > 1))
  end
end

return M
