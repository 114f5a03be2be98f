--- Keeps the sorted names of tables that pages are made of, so that they are sorted once per change.
---
---     local names = sorted.names(region.repositories)
---     sorted.changed(region.repositories)   -- after a name was added or removed

local lists = require "lanyard.lists"

local M = {}

local known = setmetatable({}, { __mode = "k" })

--- Returns the keys of a table, sorted. The list must not be changed.
---@param map table<string, any>
---@return string[]
function M.names(map)
  known[map] = known[map] or lists.sorted_names(map)
  return known[map]
end

--- Makes the next call of names sort the keys again.
---@param map table<string, any>
function M.changed(map)
  known[map] = nil
end

--- Returns the index of the first name after another one.
---@param names string[]  sorted
---@param name string
---@return integer
function M.after(names, name)
  return lists.first(#names, function(i) return names[i] > name end)
end

return M
