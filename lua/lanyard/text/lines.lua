--- Splits a text into lines. Its plain searches cost a fraction of a pattern, which is tried at each byte.
---
---     lines.of "one\n\ntwo\n"             --> { "one", "", "two" }
---     lines.joined "one \\\n  more\ntwo"  --> { "one    more", "two" }

local M = {}

--- Returns the lines of a text, without newlines. A missing newline at its end is ignored.
---@param text string
---@return string[]
function M.of(text)
  local list, start = {}, 1
  local newline = text:find("\n", 1, true)
  while newline do
    list[#list + 1] = text:sub(start, newline - 1)
    start = newline + 1
    newline = text:find("\n", start, true)
  end
  list[#list + 1] = start <= #text and text:sub(start) or nil
  return list
end

--- Returns the lines of a text, each line that ends in a backslash joined with the next by a blank.
---@param text string
---@return string[]
function M.joined(text)
  local list, first = {}, nil
  for _, line in ipairs(M.of(text)) do
    line = first and first .. " " .. line or line
    first = line:byte(-1) == 92 and line:sub(1, -2) or nil
    list[#list + 1] = not first and line or nil
  end
  list[#list + 1] = first
  return list
end

return M
