--- Functions for lists and the keys of tables.

local M = {}

--- Reports whether a list contains a value.
---@param list any[]
---@param value any
---@return boolean
function M.contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

--- Returns a set of words: set "a b" is { a = true, b = true }.
---@param words string  separated by white space
---@return table<string, boolean>
function M.set(words)
  local found = {}
  for word in words:gmatch "%S+" do
    found[word] = true
  end
  return found
end

--- Returns the items of a list by their `name`.
---@param items { name: string }[]
---@return table<string, table>
function M.by_name(items)
  local found = {}
  for _, item in ipairs(items) do
    found[item.name] = item
  end
  return found
end

--- Returns the keys of a table, sorted.
---@param map table<string, any>
---@return string[]
function M.sorted_names(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

return M
