-- A line diff of two texts, as `diff -u` prints it.

local M = {}

local CONTEXT = 3

-- The most cells of the table of common subsequences. Texts that differ in more lines than that
-- allows are shown as replaced from their first difference to their last.
local MOST_CELLS = 4000000

-- A text's lines; a newline at its end ends the last one, and counts as there where it is missing.
local function lines_of(text)
  local lines = {}
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return text == "" and {} or lines
end

-- How many lines both texts begin and end with.
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

-- longest[i][j]: the length of the longest common subsequence of what follows a's line i and b's
-- line j (counted from 0), within `rows` and `columns` lines after the first `head`.
local function common_subsequences(a, b, head, rows, columns)
  local longest = { [rows] = {} }
  for column = 0, columns do
    longest[rows][column] = 0
  end
  for row = rows - 1, 0, -1 do
    local region, below, line = { [columns] = 0 }, longest[row + 1], a[head + row + 1]
    for column = columns - 1, 0, -1 do
      if line == b[head + column + 1] then
        region[column] = below[column + 1] + 1
      else
        region[column] = math.max(below[column], region[column + 1])
      end
    end
    longest[row] = region
  end
  return longest
end

-- The steps from a to b: a list of { mark = " " | "-" | "+", line }.
local function edits(a, b)
  local head, tail = common_ends(a, b)
  local rows, columns = #a - head - tail, #b - head - tail
  local longest = rows * columns <= MOST_CELLS and common_subsequences(a, b, head, rows, columns)
  local script = {}
  local function add(mark, line)
    script[#script + 1] = { mark = mark, line = line }
  end

  for i = 1, head do
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
  for i = #a - tail + 1, #a do
    add(" ", a[i])
  end
  return script
end

-- Which steps are shown: the changes, and the lines around them.
local function shown_steps(script)
  local shown = {}
  for i, step in ipairs(script) do
    if step.mark ~= " " then
      for near = math.max(1, i - CONTEXT), math.min(#script, i + CONTEXT) do
        shown[near] = true
      end
    end
  end
  return shown
end

local function range(first, count)
  if count == 1 then
    return tostring(first)
  end
  return ("%d,%d"):format(count == 0 and first - 1 or first, count)
end

-- The steps shown from step i on: their lines, and how many of them are in the old and new text.
local function hunk(script, shown, i)
  local lines, old_count, new_count = {}, 0, 0
  while shown[i] do
    local step = script[i]
    lines[#lines + 1] = step.mark .. step.line
    old_count = old_count + (step.mark ~= "+" and 1 or 0)
    new_count = new_count + (step.mark ~= "-" and 1 or 0)
    i = i + 1
  end
  return lines, old_count, new_count
end

-- diff.unified(a, b [, { from = "a", to = "b" }]) --> text, "" when the lines are equal
function M.unified(a, b, options)
  local script = edits(lines_of(a), lines_of(b))
  local shown = shown_steps(script)
  if not next(shown) then
    return ""
  end
  options = options or {}
  local out = { "--- " .. (options.from or "a"), "+++ " .. (options.to or "b") }
  local old_line, new_line, i = 1, 1, 1
  while i <= #script do
    local lines, old_count, new_count = hunk(script, shown, i)
    if #lines > 0 then
      out[#out + 1] = ("@@ -%s +%s @@"):format(range(old_line, old_count), range(new_line, new_count))
      table.move(lines, 1, #lines, #out + 1, out)
    else
      old_count, new_count = 1, 1 -- a line of both that is not shown
    end
    old_line, new_line, i = old_line + old_count, new_line + new_count, i + math.max(#lines, 1)
  end
  return table.concat(out, "\n") .. "\n"
end

return M
