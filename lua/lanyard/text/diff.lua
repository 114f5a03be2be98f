--- Compares two texts by lines, and prints the differences like `diff -u`.
---
--- ```lua
--- local diff = require "lanyard.text.diff"
--- local names = { from = "old.txt", to = "new.txt" }
--- io.write(diff.unified("one\ntwo\n", "one\n2\n", names))
--- --> --- old.txt
--- --> +++ new.txt
--- --> @@ -1,2 +1,2 @@
--- -->  one
--- --> -two
--- --> +2
--- ```

local escape = require "lanyard.text.escape"
local text_lines = require "lanyard.text.lines"

local M = {}

local CONTEXT = 3

-- The maximum size of the table of common subsequences. If texts differ in more lines, everything from the first
-- difference to the last is printed as replaced.
local MOST_CELLS = 4000000

-- Returns how many lines are equal at the beginning and at the end.
local function common_ends(a, b)
  local head, tail, shorter = 0, 0, math.min(#a, #b)
  while head < shorter and a[head + 1] == b[head + 1] do
    head = head + 1
  end
  while tail < shorter - head and a[#a - tail] == b[#b - tail] do
    tail = tail + 1
  end
  return head, tail
end

-- Returns longest[i][j]: the length of the longest common subsequence of the lines after line i of a and line j of b,
-- counted from 0, within `rows` and `columns` lines after the first `head`.
local function common_subsequences(a, b, head, rows, columns)
  local longest = { [rows] = {} }
  for column = 0, columns do
    longest[rows][column] = 0
  end
  for row = rows - 1, 0, -1 do
    local lengths, below, line = { [columns] = 0 }, longest[row + 1], a[head + row + 1]
    for column = columns - 1, 0, -1 do
      if line == b[head + column + 1] then
        lengths[column] = below[column + 1] + 1
      else
        lengths[column] = math.max(below[column], lengths[column + 1])
      end
    end
    longest[row] = lengths
  end
  return longest
end

-- Returns the steps from a to b: a list of { mark = " " | "-" | "+", line }, without the common lines at both ends that
-- are not printed; and how many lines at the beginning are left out.
local function edits(a, b)
  local head, tail = common_ends(a, b)
  local skipped = math.max(0, head - CONTEXT)
  local rows, columns = #a - head - tail, #b - head - tail
  local longest = rows * columns <= MOST_CELLS and common_subsequences(a, b, head, rows, columns)
  local script = {}
  local function add(mark, line)
    script[#script + 1] = { mark = mark, line = line }
  end

  for i = skipped + 1, head do
    add(" ", a[i])
  end
  local row, column = 0, 0
  while row < rows or column < columns do
    local old, new = a[head + row + 1], b[head + column + 1]
    if longest and row < rows and column < columns and old == new then
      add(" ", old)
      row, column = row + 1, column + 1
    elseif row < rows
      and (column == columns or not longest or longest[row + 1][column] >= longest[row][column + 1]) then
      add("-", old)
      row = row + 1
    else
      add("+", new)
      column = column + 1
    end
  end
  for i = #a - tail + 1, math.min(#a, #a - tail + CONTEXT) do
    add(" ", a[i])
  end
  return script, skipped
end

-- Returns the set of steps to print: the changes, and the lines around them.
local function printed_steps(script)
  local printed = {}
  for i, step in ipairs(script) do
    if step.mark ~= " " then
      for near = math.max(1, i - CONTEXT), math.min(#script, i + CONTEXT) do
        printed[near] = true
      end
    end
  end
  return printed
end

local function range(first, count)
  if count == 1 then
    return tostring(first)
  end
  return ("%d,%d"):format(count == 0 and first - 1 or first, count)
end

-- Returns the lines of the hunk that begins at step i, and how many of them are in the old and the new text.
local function hunk(script, printed, i)
  local lines, old_count, new_count = {}, 0, 0
  while printed[i] do
    local step = script[i]
    lines[#lines + 1] = step.mark .. step.line
    old_count = old_count + (step.mark ~= "+" and 1 or 0)
    new_count = new_count + (step.mark ~= "-" and 1 or 0)
    i = i + 1
  end
  return lines, old_count, new_count
end

--- Returns the differences of two texts, or "" if their lines are equal.
---@param a string
---@param b string
---@param options? { from?: string, to?: string }  the names of the texts; "a" and "b" by default
---@return string diff
function M.unified(a, b, options)
  local script, skipped = edits(text_lines.of(a), text_lines.of(b))
  local printed = printed_steps(script)
  if not next(printed) then
    return ""
  end
  options = options or {}
  local out = { escape.format("--- %s", options.from or "a"), escape.format("+++ %s", options.to or "b") }
  local old_line, new_line, i = skipped + 1, skipped + 1, 1
  while i <= #script do
    local lines, old_count, new_count = {}, 1, 1 -- a common line that is not printed
    if printed[i] then
      lines, old_count, new_count = hunk(script, printed, i)
      out[#out + 1] = ("@@ -%s +%s @@"):format(range(old_line, old_count), range(new_line, new_count))
      table.move(lines, 1, #lines, #out + 1, out)
    end
    old_line, new_line, i = old_line + old_count, new_line + new_count, i + math.max(#lines, 1)
  end
  return table.concat(out, "\n") .. "\n"
end

return M
