--- An audit report as indented JSON with sorted member names. The text is what lanyard.json returns, written piece by
--- piece: the report of ten thousand repositories never exists as one text.

local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- The depth of the members that a report has many of, such as report.scopes[i].repositories[i].
local DEPTH = 4

-- The size of a piece in bytes.
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

local PRETTY = { pretty = true }

-- Arrays in each other, as many as DEPTH: what is in the innermost one gets the indentation that it has in a report.
local INNERMOST = json.array { 0 }
local SHELL = INNERMOST
for _ = 2, DEPTH do
  SHELL = json.array { SHELL }
end
local BEFORE, AFTER = json.encode(SHELL, PRETTY):match "^(.*)0(.*)$"

-- Returns a value as JSON, with the indentation of DEPTH.
local function indented(value)
  INNERMOST[1] = value
  local text = json.encode(SHELL, PRETTY)
  INNERMOST[1] = nil
  return text:sub(#BEFORE + 1, -#AFTER - 1)
end

local function put_value(pieces, value, depth, indent)
  if depth == DEPTH then
    return put(pieces, indented(value))
  elseif type(value) ~= "table" or next(value) == nil and #value == 0 then
    return put(pieces, json.encode(value, PRETTY))
  end
  local array = #value > 0
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

--- Writes a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
function M.write(report, out)
  local pieces = { size = 0, out = out }
  put_value(pieces, report, 0, "")
  put(pieces, "\n")
  out(table.concat(pieces))
end

return M
