--- Prints a thing with its fields, a line for each value.
---
---     fields.render("web", { { "state", "RUNNING" }, { "images", { "a", "b" } } }, 80)
---
--- On a terminal the values are wrapped to its width; a narrow one has them below their labels. ARNs are never broken.

local lazy = require "lanyard.lazy"
local terminal = require "lanyard.cli.terminal"

local columns = lazy "lanyard.text.columns"

local M = {}

local COLUMN = 16     -- where values begin
local LEAST_ROOM = 30 -- for values beside their labels

---@alias cli.Field { [1]: string, [2]: string|string[], [3]: string? }  label, value or values, colour

--- Returns the lines of a thing. Values are printable text.
---@param title string  printable
---@param list cli.Field[]
---@param width? integer  of the terminal; nil for no limit
---@return string
function M.render(title, list, width)
  local lines = { terminal.paint("bold", title) }
  local is_narrow = width and width - COLUMN < LEAST_ROOM
  local indent = (" "):rep(is_narrow and 4 or COLUMN)
  for _, field in ipairs(list) do
    local head = is_narrow and "" or ("  %-13s "):format(field[1])
    if is_narrow and field[1] ~= "" then
      lines[#lines + 1] = "  " .. field[1]
    end
    for _, value in ipairs(type(field[2]) == "table" and field[2] or { field[2] }) do
      for _, line in ipairs(width and columns.wrap(value, math.max(width - #indent, 1)) or { value }) do
        lines[#lines + 1] = (head == "" and indent or head) .. terminal.paint(field[3], line)
        head = ""
      end
    end
  end
  return table.concat(lines, "\n")
end

return M
