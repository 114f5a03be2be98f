--- Finds which of many globs match a text, without a comparison with each of them.
---
--- ```lua
--- local globs = require "lanyard.globs"
--- local index = globs.new()
--- index:add("team/*", "first")
--- index:add("*-test", "second")
--- index:add("team/web", "third")
--- print(table.concat(index:matching "team/web", " "))
--- --> first third
--- ```
---
--- Most globs begin with a text without wildcards, or end with one. They are found by both.

local match = require "lanyard.match"

local M = {}

---@class lanyard.Globs
---@field count integer
local Globs = {}
Globs.__index = Globs

--- Returns an index without globs.
---@return lanyard.Globs
function M.new()
  return setmetatable({
    count = 0,
    exact = {}, open = {}, -- entries by text; the ones with wildcards by their beginning and ending
    lengths = {}, -- [length of the beginning] = a set of lengths of the ending
  }, Globs)
end

local function add_to(map, key, entry)
  map[key] = map[key] or {}
  table.insert(map[key], entry)
end

--- Adds a glob, or a text without wildcards, which matches itself.
---@param glob string
---@param value any
function Globs:add(glob, value)
  self.count = self.count + 1
  local entry = { glob = glob, value = value, position = self.count }
  local beginning, ending = glob:match "^[^*?]*", glob:match "[^*?]*$"
  if beginning == glob then
    add_to(self.exact, glob, entry)
  else
    self.lengths[#beginning] = self.lengths[#beginning] or {}
    self.lengths[#beginning][#ending] = true
    add_to(self.open, beginning .. "*" .. ending, entry)
  end
end

--- Returns an index of globs, each of which is its own value.
---@param list string[]
---@return lanyard.Globs
function M.of(list)
  local index = M.new()
  for _, glob in ipairs(list) do
    index:add(glob, glob)
  end
  return index
end

local function by_position(a, b)
  return a.position < b.position
end

--- Returns the values of the globs that match a text, in the order in which they were added.
---@param text string
---@return any[]
function Globs:matching(text)
  local found = table.move(self.exact[text] or {}, 1, #(self.exact[text] or {}), 1, {})
  for first, lasts in pairs(self.lengths) do
    local beginning = text:sub(1, first) .. "*"
    for last in pairs(lasts) do
      local entries = first + last <= #text and self.open[beginning .. text:sub(#text - last + 1)]
      for _, entry in ipairs(entries or {}) do
        found[#found + 1] = match.glob(entry.glob, text) and entry or nil
      end
    end
  end
  table.sort(found, by_position)
  for i, entry in ipairs(found) do
    found[i] = entry.value
  end
  return found
end

return M
