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
--- Most globs begin with a text without wildcards, or end with one. They are found by it.

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
    exact = {}, beginnings = {}, endings = {}, others = {}, -- entries by text; the others as a list
    beginning_lengths = {}, ending_lengths = {}, -- of these texts, as sets
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
  elseif beginning ~= "" then
    self.beginning_lengths[#beginning] = true
    add_to(self.beginnings, beginning, entry)
  elseif ending ~= "" then
    self.ending_lengths[#ending] = true
    add_to(self.endings, ending, entry)
  else
    table.insert(self.others, entry)
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
  local function add_matching(entries)
    for _, entry in ipairs(entries or {}) do
      found[#found + 1] = match.glob(entry.glob, text) and entry or nil
    end
  end
  for length in pairs(self.beginning_lengths) do
    add_matching(length <= #text and self.beginnings[text:sub(1, length)] or nil)
  end
  for length in pairs(self.ending_lengths) do
    add_matching(length <= #text and self.endings[text:sub(-length)] or nil)
  end
  add_matching(self.others)
  table.sort(found, by_position)
  for i, entry in ipairs(found) do
    found[i] = entry.value
  end
  return found
end

return M
