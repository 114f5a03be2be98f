--- Prints results in the format that --output asks for.
---
--- ```lua --output=json
--- local cli, results = require "lanyard.cli", require "lanyard.cli.print"
--- local options = cli.command {
---   summary = "List repositories.", options = {
---     "aws", { "--output", choices = { "table", "json" } } },
--- }:parse(...)
--- local rows, items = {}, lanyard.json.array {}
--- local region = cli.connect(options)
--- for i, repository in ipairs(cli.check(region:repositories())) do
---   rows[i] = { repository.name, { repository.mutability, "green" } }
---   items[i] = { name = repository.name }
--- end
--- if options.output == "json" then
---   results.json(items)
--- else
---   results.rows({ "REPOSITORY", "TAGS" }, rows)
--- end
--- --> [
--- -->   {
--- -->     "name": "my-private-repo"
--- -->   },
--- -->   {
--- -->     "name": "shared-repo"
--- -->   }
--- --> ]
--- ```

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local results = require "lanyard.cli.result"
local shellwords = require "lanyard.text.shellwords"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"
local text_table = require "lanyard.text.columns"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- A cell with its times as local times.
local function localized(cell)
  return type(cell) == "string" and timestamp.localized(cell) or cell
end

--- Prints rows as a table. Times are shown as local times.
---@param columns string[]  the headings
---@param rows columns.Cell[][]
function M.rows(columns, rows)
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      row[i] = type(cell) == "table" and { localized(cell[1]), cell[2] } or localized(cell)
    end
  end
  cli.out(text_table.render(columns, rows, cli.paint, terminal.width()))
end

--- Prints a value: as indented JSON with sorted member names, or as --output and --query ask.
---@param value any  see `json.encode`
function M.json(value)
  results.value(value)
end

-- How the formats of an audit report are printed; data unless listed.
local PRINTERS = { terminal = cli.out, json = cli.json, jsonl = cli.json, sarif = cli.json }

local function plain(_, text)
  return text
end

-- Characters that a format leaves as they are, and which are not printable, are written as on stdout.
local ESCAPES = { terminal = escape.lines, json = escape.json, jsonl = escape.json, sarif = escape.json }

-- Returns an audit report in a format.
local function rendered(name, report)
  if name == "json" and results.is_changed() then
    local text, is_plain = results.render(report)
    return is_plain and escape.lines(text) or text
  end
  local parts, escaped = {}, ESCAPES[name]
  require("lanyard.report." .. name).write(report, function(text)
    text = name == "jsonl" and results.lines(text) or text
    text = escaped and escaped(text) or text
    parts[#parts + 1] = text ~= "" and text:sub(-1) ~= "\n" and text .. "\n" or text
  end, { paint = plain, catalogue = require("lanyard.audit.findings").catalogue })
  return table.concat(parts)
end

-- Writes an audit report to a file, whose folder is made if needed. The file is never incomplete.
local function write_file(name, report, path)
  local text = rendered(name, report)
  local folder = path:match "^(.+)/[^/]*$"
  if folder then
    cli.check(system.mkdirs(folder))
  end
  cli.check(system.write_file(path, text))
end

--- Prints an audit report, or writes it to a file.
---@param format string  one of `report.FORMATS`
---@param report audit.Report
---@param path? string    the file, whose folder is made if needed
function M.audit(format, report, path)
  local name = format == "table" and "terminal" or format
  if path then
    return write_file(name, report, path)
  elseif name == "json" and results.is_changed() then
    return results.value(report)
  end
  require("lanyard.report." .. name).write(report, PRINTERS[name] or cli.data, {
    paint = cli.paint, width = terminal.width(), catalogue = require("lanyard.audit.findings").catalogue,
  })
end

--- Prints the graph of an audit report.
---@param format string  one of `report.GRAPHS`
---@param report audit.Report
---@param boxes? integer  the boxes above which names are folded by prefix
function M.graph(format, report, boxes)
  if format == "json" then
    return M.json(require("lanyard.report.graph.value").of(report, require("lanyard.audit.findings").catalogue))
  end
  require("lanyard.report." .. format).write(report, cli.data, {
    catalogue = require("lanyard.audit.findings").catalogue, boxes = boxes,
  })
end

-- How many repositories with equal effects are named.
local MOST_NAMES = 3

-- How a change of an earlier run ended that was interrupted, by the state of its journal entry.
local SETTLED = { done = "it took effect", lost = "another writer has overwritten it" }
local NOT_MADE = "it did not take effect"

--- Prints one line on stderr for each file in the journal that is not an entry.
---@param damaged lanyard.Error[]
function M.damaged(damaged)
  for _, err in ipairs(damaged) do
    cli.note(escape.format("lanyard: warning: %s; %s", err.message, err.tip))
  end
end

-- Prints the interrupted changes that were settled on the way.
local function note_recovered(repository, entries)
  for _, entry in ipairs(entries) do
    cli.note(escape.format("lanyard: %s: the %s of %s was interrupted; %s", repository, entry.action,
      timestamp.localized(entry.time), SETTLED[entry.state] or NOT_MADE))
  end
end

--- Prints on stderr how the interrupted changes of repositories ended.
---@param settled access.Settled[]
function M.settled(settled)
  for _, item in ipairs(settled) do
    note_recovered(item.repository, item.recovered or {})
    if item.err then
      cli.note(escape.format("lanyard: warning: %s: cannot find out how an interrupted change ended: ", item.repository)
        .. cli.describe(item.err))
    end
  end
end

--- Prints on stderr the warning of a change, and what the journal had to report.
---@param repository string
---@param change access.PolicyChange
function M.details(repository, change)
  if change.warning then
    cli.note(escape.format("lanyard: warning: %s: %s", repository, timestamp.localized(change.warning)))
  end
  if change.lost then
    cli.note(escape.format("lanyard: warning: %s: another writer removed %s meanwhile; restore with: %s", repository,
      table.concat(change.lost, ", "), shellwords.join { "lanyard", "undo", "--lost", repository }))
  end
  note_recovered(repository, change.recovered or {})
  M.damaged(change.damaged or {})
end

--- Returns what a change gives and takes, as a line that is safe to print.
---@param effect { gives: string, takes: string }
---@return string
function M.effect_line(effect)
  return escape.format("gives: %s; takes: %s", timestamp.localized(effect.gives), timestamp.localized(effect.takes))
end

-- Prints the differences that rehearsed changes would make, each with what it gives and takes.
local function print_rehearsed(changes)
  for _, item in ipairs(changes) do
    local change = item.change
    if change and change.dry_run and change.diff ~= "" then
      cli.out("\n" .. M.paint_diff(change.diff))
      if change.effect then
        cli.out(M.effect_line(change.effect))
      end
    end
  end
end

-- Prints what changes that were made give and take: a line for each effect, with the repositories if there are several.
local function print_effects(changes)
  local lines, by_line, count = {}, {}, 0
  for _, item in ipairs(changes) do
    local change = item.change
    if change and change.effect and not change.dry_run then
      local line = M.effect_line(change.effect)
      if not by_line[line] then
        by_line[line] = {}
        lines[#lines + 1] = line
      end
      table.insert(by_line[line], item.repository)
      count = count + 1
    end
  end
  for _, line in ipairs(lines) do
    local names = by_line[line]
    local more = #names > MOST_NAMES and (" and %d more"):format(#names - MOST_NAMES) or ""
    local subject = escape.printable(table.concat(names, ", ", 1, math.min(#names, MOST_NAMES))) .. more
    cli.out(count > 1 and subject .. " " .. line or line)
  end
end

--- Prints what changes give and take, and the differences that rehearsed ones would make.
---@param changes { repository: string, change?: access.PolicyChange }[]
function M.effects(changes)
  print_rehearsed(changes)
  print_effects(changes)
end

local NOTE_WIDTH = 60

--- Returns a short text about an error for a table. The whole error is on stderr.
---@param err aws.Error
---@return string
function M.error_note(err)
  if err.rule then
    return ('denied by rule "%s"'):format(err.rule)
  end
  local lines = text_table.wrap(err.message:match "^[^\n]*", NOTE_WIDTH)
  return lines[2] and lines[1] .. " ..." or lines[1]
end

-- An item of the JSON output, and a row of the table.
local function item_of(repository, kind, change, err)
  local item = {
    repository = repository,
    result = kind,
    why = change and change.why,
    warning = change and change.warning,
    lost = change and change.lost,
    statement = change and change.statement and change.statement.sid,
    expires = change and change.expires,
    diff = change and change.diff ~= "" and change.diff or nil,
    effect = change and change.effect,
    error = err and { code = err.code, message = err.message, request_id = err.request_id, diff = err.diff },
  }
  local colour = err and "red" or kind ~= "unchanged" and "green" or nil
  return item, { repository, { kind, colour }, change and change.why or err and M.error_note(err) or "" }
end

--- Prints the warnings and failures of changes on stderr.
---@param changes { repository: string, change?: access.PolicyChange, err?: aws.Error }[]  of `Region:change_each`
---@return table[] items  for JSON
---@return table[] rows   of a table: repository, result, note
---@return integer status the exit status
function M.summarize(changes)
  local items, rows, failed, refused = json.array {}, {}, false, false
  for i, result in ipairs(changes) do
    local change, err = result.change, result.err
    local kind = change and change.kind or "failed"
    if err then
      kind = cli.status_of(err) == cli.exit.refused and "refused" or "failed"
      refused, failed = refused or kind == "refused", failed or kind == "failed"
      note_recovered(result.repository, err.recovered or {})
      M.damaged(err.damaged or {})
      cli.note(escape.format("lanyard: %s: ", result.repository) .. cli.describe(err))
    else
      M.details(result.repository, change)
    end
    items[i], rows[i] = item_of(result.repository, kind, change, err)
  end
  return items, rows, failed and cli.exit.failed or refused and cli.exit.refused or cli.exit.ok
end

--- Prints the changes of repositories, and the failures.
---@param output "table"|"json"
---@param changes { repository: string, change?: access.PolicyChange, err?: aws.Error }[]  of `Region:change_each`
---@param around? table  with "json": the table that gets the changes as its member `repositories`; a list unless given
---@return integer status  the exit status
function M.changes(output, changes, around)
  local items, rows, status = M.summarize(changes)
  if output == "json" then
    if around then
      around.repositories = items
    end
    M.json(around or items)
    return status
  end
  M.rows({ "REPOSITORY", "RESULT", "NOTE" }, rows)
  M.effects(changes)
  return status
end

local SEVERITY_COLOURS = { critical = "red", high = "red", medium = "yellow" }

--- Prints findings in files, in the form that compilers use, each followed by its fix.
---@param findings policy.lint.Finding[]  with the name of the file as `file`
function M.findings(findings)
  local lines = {}
  for _, finding in ipairs(findings) do
    local severity = cli.paint(SEVERITY_COLOURS[finding.severity], finding.severity)
    lines[#lines + 1] = escape.format("%s:%d:%d: ", finding.file, finding.line, finding.column) .. severity
      .. escape.format(": %s [%s]", finding.message, finding.id)
    lines[#lines + 1] = "    fix: " .. escape.printable(finding.fix)
  end
  cli.out(table.concat(lines, "\n"))
end

local DIFF_COLOURS = { ["+"] = "green", ["-"] = "red", ["@"] = "cyan" }

--- Returns a unified diff that is safe to print, coloured where the terminal has colours.
---@param diff string
---@return string
function M.paint_diff(diff)
  return (diff:gsub("[^\n]+", function(line)
    return cli.paint(DIFF_COLOURS[line:sub(1, 1)], escape.printable(line))
  end))
end

return M
