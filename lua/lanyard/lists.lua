-- Lists and the names of tables.

local M = {}

-- Whether a list has a value.
function M.contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

-- set "a b c" --> { a = true, b = true, c = true }
function M.set(names)
  local found = {}
  for name in names:gmatch "%S+" do
    found[name] = true
  end
  return found
end

-- by_name { { name = "a" }, ... } --> { a = that item, ... }
function M.by_name(items)
  local found = {}
  for _, item in ipairs(items) do
    found[item.name] = item
  end
  return found
end

-- The names of a table, sorted.
function M.sorted_names(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

return M
