-- Results in the form that --output asks for.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local system = require "lanyard.system"
local text_table = require "lanyard.text.columns"

local M = {}

-- Prints rows as a table: `columns` are headings, a cell is a text or { text, colour }.
function M.rows(columns, rows)
  cli.out(text_table.render(columns, rows, cli.paint, system.columns(1)))
end

-- Prints a value as indented JSON with sorted names.
function M.json(value)
  cli.out(json.encode(value, { pretty = true }))
end

-- The formats of an audit's report, the first its default.
M.AUDIT_FORMATS = { "table", "json", "jsonl", "csv", "sarif", "junit", "markdown", "prometheus", "html" }

-- Prints an audit's report in one of them.
function M.audit(format, report)
  local name = format == "table" and "terminal" or format
  require("lanyard.report." .. name).write(report, cli.out, {
    paint = cli.paint, width = system.columns(1), catalogue = require("lanyard.audit.findings").catalogue,
  })
end

-- The formats of the graph of who can pull what, the first its default.
M.GRAPH_FORMATS = { "svg", "dot", "mermaid" }

-- Prints the graph of an audit's report in one of them.
function M.graph(format, report)
  require("lanyard.report." .. format).write(report, cli.out, {
    catalogue = require("lanyard.audit.findings").catalogue,
  })
end

-- What a person should know of a change besides its result.
local function talk_about(name, change)
  if change.warning then
    cli.note(("lanyard: warning: %s: %s"):format(name, escape.printable(change.warning)))
  end
  for _, entry in ipairs(change.recovered or {}) do
    cli.note(("lanyard: %s: the %s of %s had been interrupted; it is %s"):format(name, entry.action, entry.time,
      entry.state == "done" and "in place" or entry.state == "lost" and "overwritten by somebody" or "not made"))
  end
end

-- changes: a list of { repository = name, change = (of lanyard.access) | nil, err }. Tells warnings and
-- failures on stderr; --> plain items for JSON, rows for a table, exit status
local function look_at(changes)
  local items, rows, status = json.array {}, {}, cli.exit.ok
  local refused = false
  for i, item in ipairs(changes) do
    local change, err = item.change, item.err
    if err then
      refused = refused or err.code == "RefusedByRule"
      status = err.code ~= "RefusedByRule" and cli.exit.failed or status
      cli.note(("lanyard: %s: %s"):format(item.repository, cli.describe(err)))
    else
      talk_about(item.repository, change)
    end
    local kind = change and change.kind or err.code == "RefusedByRule" and "refused" or "failed"
    local colour = err and "red" or kind ~= "unchanged" and "green" or nil
    rows[i] = { item.repository, { kind, colour }, change and change.why or err and err.code or "" }
    items[i] = {
      repository = item.repository,
      result = kind,
      why = change and change.why,
      warning = change and change.warning,
      statement = change and change.statement and change.statement.sid,
      expires = change and change.expires,
      diff = change and change.diff ~= "" and change.diff or nil,
      error = err and { code = err.code, message = err.message, request_id = err.request_id },
    }
  end
  return items, rows, refused and status == cli.exit.ok and cli.exit.refused or status
end

-- Prints changes of repositories and their failures; --> the exit status. In JSON they are the list,
-- or with `around` the member `repositories` of that table.
function M.changes(output, changes, around)
  local items, rows, status = look_at(changes)
  if output == "json" then
    if around then
      around.repositories = items
    end
    M.json(around or items)
    return status
  end
  M.rows({ "REPOSITORY", "RESULT", "NOTE" }, rows)
  for _, item in ipairs(changes) do
    local change = item.change
    if change and change.dry_run and change.diff ~= "" then
      cli.out("\n" .. M.paint_diff(change.diff))
    end
  end
  return status
end

local SEVERITY_COLOURS = { critical = "red", high = "red", medium = "yellow" }

-- Prints findings of files as compilers print theirs, each with its fix below.
function M.findings(findings)
  local lines = {}
  for _, finding in ipairs(findings) do
    local severity = cli.paint(SEVERITY_COLOURS[finding.severity], finding.severity)
    lines[#lines + 1] = ("%s:%d:%d: %s: %s [%s]"):format(finding.file, finding.line, finding.column, severity,
      escape.printable(finding.message), finding.id)
    lines[#lines + 1] = "    fix: " .. escape.printable(finding.fix)
  end
  cli.out(table.concat(lines, "\n"))
end

local DIFF_COLOURS = { ["+"] = "green", ["-"] = "red", ["@"] = "cyan" }

-- A unified diff for a person, coloured where the terminal has colours.
function M.paint_diff(diff)
  return (diff:gsub("[^\n]+", function(line)
    return cli.paint(DIFF_COLOURS[line:sub(1, 1)], escape.printable(line))
  end))
end

return M
