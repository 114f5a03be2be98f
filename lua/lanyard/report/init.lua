-- Results in the form that --output asks for.

local cli = require "lanyard.cli"
local json = require "lanyard.json"
local text_table = require "lanyard.report.table"

local M = {}

-- Prints rows as a table: `columns` are headings, a cell is a text or { text, colour }.
function M.rows(columns, rows)
  cli.out(text_table.render(columns, rows, cli.paint))
end

-- Prints a value as indented JSON with sorted names.
function M.json(value)
  cli.out(json.encode(value, { pretty = true }))
end

-- Prints changes of repositories (as lanyard.access gives them) and their failures; returns the
-- exit status. `changes` has { change = ..., err = ..., repository = name } for each repository.
function M.changes(output, changes)
  local failed = false
  local items, rows, diffs = json.array {}, {}, {}
  for _, item in ipairs(changes) do
    local change, err = item.change, item.err
    if err then
      failed = true
      cli.note(("lanyard: %s: %s"):format(item.repository, cli.describe(err)))
    end
    local kind = change and change.kind or "failed"
    local note = change and change.why or err and err.code or ""
    local colour = err and "red" or kind ~= "unchanged" and "green" or nil
    rows[#rows + 1] = { item.repository, { kind, colour }, note }
    items[#items + 1] = {
      repository = item.repository,
      result = kind,
      why = change and change.why,
      statement = change and change.statement and change.statement.sid,
      diff = change and change.diff ~= "" and change.diff or nil,
      error = err and { code = err.code, message = err.message, request_id = err.request_id },
    }
    if change and change.dry_run and change.diff ~= "" then
      diffs[#diffs + 1] = change.diff
    end
  end
  if output == "json" then
    M.json(items)
  else
    M.rows({ "REPOSITORY", "RESULT", "NOTE" }, rows)
    for _, diff in ipairs(diffs) do
      cli.out("\n" .. M.paint_diff(diff))
    end
  end
  return failed and cli.exit.failed or cli.exit.ok
end

local DIFF_COLOURS = { ["+"] = "green", ["-"] = "red", ["@"] = "cyan" }

-- A unified diff, coloured where the terminal has colours.
function M.paint_diff(diff)
  return (diff:gsub("[^\n]+", function(line)
    return cli.paint(DIFF_COLOURS[line:sub(1, 1)], line)
  end))
end

return M
