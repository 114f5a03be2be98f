-- An audit's report for a person: who can pull from what as a table, then the findings, the worst first.

local summary = require "lanyard.report.summary"
local escape = require "lanyard.text.escape"
local text_table = require "lanyard.text.columns"

local M = {}

-- The colours of severities, by the names of lanyard.cli.
M.COLOURS = { critical = "red", high = "red", medium = "yellow", info = "dim" }

local DECISION_COLOURS = { partial = "yellow", deny = "yellow" }

local INDENT = 10

-- Until when, or since when not any more.
local function ending(access, time)
  if not access.expires then
    return ""
  end
  return (access.expires > time and " until " or ", ended ") .. access.expires
end

local function add_rows(rows, time, repository, place)
  local function add(...)
    local cells = { ... }
    if place then
      table.insert(cells, 1, place)
    end
    rows[#rows + 1] = cells
  end
  for _, access in ipairs(repository.access) do
    add(repository.name, access.service or access.principal, access.kind,
      { access.decision .. ending(access, time), DECISION_COLOURS[access.decision] }, access.statement or "-")
  end
  if #repository.access == 0 then
    add(repository.name, repository.unknown and "(unknown)" or "-", "", "", repository.unknown or "")
  end
end

-- With `places` each row says where it is.
local function grants(report, paint, width, places)
  local columns, rows = { "REPOSITORY", "WHO", "KIND", "PULL", "STATEMENT" }, {}
  if places then
    table.insert(columns, 1, "WHERE")
  end
  for _, scope in ipairs(summary.scopes(report)) do
    for _, repository in ipairs(scope.repositories or {}) do
      add_rows(rows, report.time, repository, places and summary.place(scope))
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
  local where = places and (" (%s)"):format(summary.place(finding)) or ""
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
  local function add(text)
    lines[#lines + 1] = paragraph(paint("red", "unknown ") .. "  ", escape.printable(text), width) .. "\n"
  end
  for _, scope in ipairs(summary.scopes(report)) do
    if scope.error then
      add(("%s could not be looked at: %s"):format(summary.place(scope), summary.failure(scope)))
    end
    for _, unknown in ipairs(summary.unknown(scope)) do
      add(unknown.sentence .. ": " .. unknown.why)
    end
  end
  return table.concat(lines)
end

-- What is new and gone since the baseline, and the grants that came and went.
local function changes(report, places)
  local function where(item)
    return places and summary.place(item) .. ": " or ""
  end
  local lines = { ("\nsince %s: %s"):format(report.baseline.time, summary.since(summary.changes(report))) }
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
  local places = #summary.scopes(report) > 1
  out(grants(report, paint, width, places))
  out "\n"
  out(failures(report, paint, width))
  for _, finding in ipairs(report.findings) do
    out(finding_lines(finding, paint, width, places))
  end
  out(summary.total(summary.of(report)) .. "\n")
  if report.baseline then
    out(changes(report, places))
  end
end

return M
