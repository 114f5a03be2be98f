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

-- Orders keys of different types, which a table of a user's file can have.
local function by_type(a, b)
  local a_type, b_type = type(a), type(b)
  if a_type ~= b_type then
    return a_type < b_type
  elseif a_type == "string" or a_type == "number" then
    return a < b
  end
  return tostring(a) < tostring(b)
end

--- Returns the keys of a table, sorted.
---@param map table<string, any>
---@return string[]
function M.sorted_names(map)
  local names, others = {}, false
  for name in pairs(map) do
    names[#names + 1] = name
    others = others or type(name) ~= "string"
  end
  table.sort(names, others and by_type or nil)
  return names
end

--- Returns a table whose fields are made of the fields of another table, each when it is first read. `pairs` makes all.
---@param sources table<string, any>
---@param make fun(source: any, name: string): any
---@return table<string, any>
function M.made_when_read(sources, make)
  return setmetatable({}, {
    __index = function(self, name)
      local source = sources[name]
      if source ~= nil then
        rawset(self, name, make(source, name))
      end
      return rawget(self, name)
    end,
    __pairs = function(self)
      for name in pairs(sources) do
        local _ = self[name]
      end
      return next, self, nil
    end,
  })
end

--- Returns the first of the numbers from 1 to `count` that passes a test, or count + 1. All numbers after one that
--- passes have to pass, too: it is found by bisection.
---
---     lists.first(#sorted, function(i) return sorted[i] >= "m" end)   --> the position of the first text from "m" on
---@param count integer
---@param test fun(i: integer): boolean
---@return integer
function M.first(count, test)
  local low, high = 1, count + 1
  while low < high do
    local middle = (low + high) // 2
    if test(middle) then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end

--- Joins texts as a sentence does: "a, b and c".
---@param texts string[]
---@return string? text  nil if there is none
function M.sentence(texts)
  local last = texts[#texts]
  return #texts > 1 and table.concat(texts, ", ", 1, #texts - 1) .. " and " .. last or last
end

return M
