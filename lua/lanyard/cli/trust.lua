--- What `lanyard trust` prints: the files of a place with their changes, and what the user trusts.

local cli = require "lanyard.cli"
local columns = require "lanyard.text.columns"
local diff = require "lanyard.text.diff"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local results = require "lanyard.cli.print"
local timestamp = require "lanyard.text.timestamp"
local trust = require "lanyard.trust"

local M = {}

--- Lists the files of a place with their sizes, and with what changed since it was trusted.
---@param place trust.Place
---@return string text  several lines, safe to print
function M.files(place)
  local kinds, rows = {}, {}
  for _, change in ipairs(place:changes()) do
    kinds[change.path] = place.record and change.kind or "new"
  end
  for _, file in ipairs(place.tree and place.tree.files or {}) do
    rows[#rows + 1] = { file.path, tostring(file.size), kinds[file.path] or "unchanged" }
  end
  for _, change in ipairs(place:changes()) do
    if change.kind == "removed" then
      rows[#rows + 1] = { change.path, tostring(change.before.size), "removed" }
    end
  end
  local function paint(_, text) return text end
  return ("%s/%s\n\n%s"):format(escape.printable(place.root), trust.FOLDER,
    columns.render({ "FILE", "BYTES", "CHANGE" }, rows, paint))
end

--- Returns the differences from the trusted files whose texts are recorded. Control characters are escaped.
---@param place trust.Place
---@return string
function M.diff(place)
  local parts = {}
  for _, change in ipairs(place.record and place:changes() or {}) do
    local before = change.before and change.before.text or not change.before and ""
    if before then
      parts[#parts + 1] = diff.unified(before, change.after and change.after.text or "", {
        from = change.before and "trusted/" .. change.path or "/dev/null",
        to = change.after and "now/" .. change.path or "/dev/null",
      })
    end
  end
  return (table.concat(parts):gsub("[^\n]+", escape.printable))
end

--- Prints what became of a place.
---@param output "table"|"json"
---@param result "trusted"|"revoked"|"unchanged"
---@param root string
---@param place? trust.Place
---@return integer status the exit status
function M.result(output, result, root, place)
  local tree = place and place.tree
  if output == "json" then
    results.json {
      path = escape.utf8(root), result = result, files = tree and #tree.files or nil, hash = tree and tree.hash or nil,
    }
  elseif not tree then
    cli.out(("%s: %s%s"):format(escape.printable(root), result, result == "unchanged" and " (it is not trusted)" or ""))
  else
    cli.out(("%s: %s (%d file%s%s)"):format(escape.printable(root), result, #tree.files,
      #tree.files == 1 and "" or "s", result == "unchanged" and ", already trusted" or ""))
  end
  return cli.exit.ok
end

--- Prints what the user trusts, and whether it still is as it was.
---@param output "table"|"json"
---@param records trust.Record[]
---@return integer status the exit status
function M.list(output, records)
  local rows, items = {}, json.array {}
  for i, record in ipairs(records) do
    local place = trust.check(record.root)
    local state, reason = place.state == "absent" and "changed" or place.state, place.reason
    if place.err and place.err.code == "NotFound" then
      state, reason = "changed", "the directory was removed"
    end
    rows[i] = { record.root, tostring(#record.files), timestamp.format(record.time), state, reason or "" }
    items[i] = {
      path = escape.utf8(record.root), files = #record.files, time = timestamp.format(record.time), state = state,
      reason = reason and escape.utf8(reason),
    }
  end
  if output == "json" then
    results.json(items)
  elseif #rows == 0 then
    cli.note "lanyard: no directory is trusted"
  else
    results.rows({ "PATH", "FILES", "SINCE", "STATE", "NOTE" }, rows)
  end
  return cli.exit.ok
end

return M
