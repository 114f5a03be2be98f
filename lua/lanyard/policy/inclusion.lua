--- Which classes of callers include others, by comparison of their names and demands.

local classes = require "lanyard.policy.classes"
local coverage = require "lanyard.policy.coverage"
local globs = require "lanyard.globs"

local M = {}

-- Reports whether a class is known to be within another one, which excepts nothing in it.
local function includes(outer, inner)
  if not classes.is_within(inner, outer) then
    return false
  end
  for _, one in ipairs(outer.except) do
    local shared = classes.are_apart(one, inner)
    for _, other in ipairs(inner.except) do
      shared = shared or other.text == one.text
    end
    if not shared then
      return false
    end
  end
  return true
end

-- The kinds that can include classes of any id.
local WIDE = { everyone = true, ["any-organization"] = true, ["any-service"] = true, pattern = true }

-- An index of classes by what they can include: wide ones, and the others by account or id. A pattern of ARNs in one
-- account includes classes of that account only, and every pattern only what it matches as a text. The ones with
-- restrictions are found by each value of the first one. A class within them has no other values.
local Index = {}
Index.__index = Index

-- Returns the text under which a class is that has a value in a restriction; without a value, of any value.
local function label_of(owner, demand, value)
  return table.concat({ owner, demand.operator, demand.requires, demand.name, value }, "\0")
end

local function add_to(lists, label, class)
  lists[label] = lists[label] or {}
  table.insert(lists[label], class)
end

function Index:add(class)
  local owner = "*"
  local account = class.kind == "pattern" and coverage.account(class.id)
  if account or not WIDE[class.kind] and class.id ~= "*" then
    owner = account or class.id
  end
  local first = class.restrictions[1]
  if not first and class.kind == "pattern" then
    self.patterns[owner] = self.patterns[owner] or globs.new()
    self.patterns[owner]:add(class.id, class)
    return
  elseif not first then
    add_to(self.lists, owner, class)
    return
  end
  add_to(self.lists, label_of(owner, first), class)
  for _, value in ipairs(first.values) do
    add_to(self.lists, label_of(owner, first, value), class)
  end
end

-- Returns the classes of an owner whose first restriction may be a demand of a class: they have all of its values, so
-- the list of the rarest value has them. | nil
function Index:with_values(owner, demand)
  local found = self.lists[label_of(owner, demand, demand.values[1])]
  for i = 2, found and #demand.values or 0 do
    local list = self.lists[label_of(owner, demand, demand.values[i])]
    if not list then
      return nil
    end
    found = #list < #found and list or found
  end
  return found
end

-- Calls test(other) for each class that may include one, until it returns true. Returns whether it did.
function Index:any(class, test)
  local function any_in(list)
    for _, other in ipairs(list or {}) do
      if other ~= class and test(other) then
        return true
      end
    end
    return false
  end
  -- What a class is within has its id, or is its account or its organization.
  local owners = { "*", class.id }
  owners[#owners + 1] = class.id and (coverage.account(class.id) or class.id:match "^(o%-[^/]+)/")
  for _, one in ipairs(owners) do
    local patterns = class.id and self.patterns[one]
    if any_in(self.lists[one]) or patterns and any_in(patterns:matching(class.id)) then
      return true
    end
    for _, demand in ipairs(class.restrictions) do
      if any_in(self:with_values(one, demand)) then
        return true
      end
    end
  end
  return false
end

--- Reports whether a class of the index includes another one.
---@param class policy.Class
---@return boolean
function Index:includes(class)
  return self:any(class, function(other) return includes(other, class) end)
end

--- Returns an index of classes.
---@param list? policy.Class[]
function M.index(list)
  local index = setmetatable({ lists = {}, patterns = {} }, Index)
  for _, class in ipairs(list or {}) do
    index:add(class)
  end
  return index
end

--- Removes from the exceptions of each class what another class includes: it is allowed after all.
---@param list policy.Class[]
function M.correct_exceptions(list)
  local has_any = false
  for _, class in ipairs(list) do
    has_any = has_any or #class.except > 0
  end
  local index = has_any and M.index(list)
  for _, class in ipairs(has_any and list or {}) do
    local except = {}
    for _, inner in ipairs(class.except) do
      local allowed = index:any(inner, function(other)
        return other ~= class and includes(other, inner)
      end)
      except[#except + 1] = not allowed and inner or nil
    end
    class.except = except
  end
end

--- Removes the classes that another one includes.
---@param list policy.Class[]  sorted from the widest
---@return policy.Class[]
function M.without_included(list)
  local index, kept = M.index(), {}
  for _, class in ipairs(list) do
    if not index:includes(class) then
      kept[#kept + 1] = class
      index:add(class)
    end
  end
  return kept
end

--- Sorts classes from the widest, and equally wide ones by the number of demands and exceptions, then by their order.
---@param list policy.Class[]
---@return policy.Class[] list
function M.sort(list)
  local position = {}
  for i, class in ipairs(list) do
    position[class] = i
  end
  table.sort(list, function(a, b)
    if a.rank ~= b.rank then
      return a.rank < b.rank
    elseif #a.restrictions ~= #b.restrictions then
      return #a.restrictions < #b.restrictions
    elseif #a.except ~= #b.except then
      return #a.except < #b.except
    end
    return position[a] < position[b]
  end)
  return list
end

return M
