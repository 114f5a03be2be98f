-- An audit's report as indented JSON with sorted names: what lanyard.json would print, a piece at a time. A
-- report of ten thousands of repositories is never one text.

local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- So deep in a report stand what it has many of: report.scopes[i].repositories[i], report.baseline.gone[i].
local DEPTH = 4

-- Bytes that are written at once.
local PIECE = 65536

local function put(pieces, text)
  pieces[#pieces + 1] = text
  pieces.size = pieces.size + #text
  if pieces.size > PIECE and text:sub(-1) == "\n" then
    pieces.out(table.concat(pieces))
    for i = #pieces, 1, -1 do
      pieces[i] = nil
    end
    pieces.size = 0
  end
end

local function put_value(pieces, value, depth, indent)
  if depth == DEPTH or type(value) ~= "table" or next(value) == nil then
    return put(pieces, (json.encode(value, { pretty = true }):gsub("\n", "\n" .. indent)))
  end
  local array = json.is_array(value)
  local names = array and value or lists.sorted_names(value)
  local inner = indent .. "  "
  put(pieces, array and "[\n" or "{\n")
  for i, name in ipairs(names) do
    put(pieces, array and inner or ("%s%s: "):format(inner, json.encode(name)))
    put_value(pieces, array and name or value[name], depth + 1, inner)
    put(pieces, i < #names and ",\n" or "\n")
  end
  put(pieces, indent .. (array and "]" or "}"))
end

-- write(report, out): out(text) takes whole lines.
function M.write(report, out)
  local pieces = { size = 0, out = out }
  put_value(pieces, report, 0, "")
  put(pieces, "\n")
  out(table.concat(pieces))
end

return M
