--- Finds the statements that may apply to a request of another one, without a comparison of all pairs.
---
---     local index = neighbours.new(doc:statements())
---     index:near(3)     --> positions, among them every statement that shares a request with the third
---
--- The principals, the actions, the resources and each condition key are dimensions. In each, a statement applies to
--- texts that match one of its patterns, or to any text. Two patterns match no common text if what one of them begins
--- with, up to its first wildcard, does not begin the other one. So an index by these beginnings finds the statements
--- that may meet a statement in one dimension. The dimension with the fewest decides.

local coverage = require "lanyard.policy.coverage"
local lists = require "lanyard.lists"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- The patterns of a statement. Nil: any text.

-- Returns a pattern of the callers to whom a statement about an AWS principal can apply. A session has the name of its
-- role, not the path; a federated user session can have any user of its account.
local function principal_pattern(value)
  local account = coverage.account(value)
  if not account then
    return value
  end
  local service, name = value:match "^arn:[^:]*:(%l+)::%d+:(.+)$"
  local session_of = service == "sts" and name:match "^assumed%-role/([^/]+)/."
  if session_of then
    return ("%s role %s"):format(account, session_of)
  elseif service == "sts" and name:find "^federated%-user/." then
    return account .. " user *"
  elseif service == "iam" and name:find "^role/." then
    return ("%s role %s"):format(account, name:match "^.*/(.*)$")
  elseif service == "iam" and name:find "^user/." then
    return ("%s user %s"):format(account, name:sub(#"user/" + 1))
  end
  return account .. "*"
end

local function principal_patterns(statement)
  local patterns = {}
  for i, principal in ipairs(statement.principals) do
    if statement.not_principal or principal.value == "*" then
      return nil
    end
    patterns[i] = principal.type == "AWS" and principal_pattern(principal.value) or principal.value
  end
  return patterns
end

local POSITIVE = { StringEquals = true, StringLike = true, ArnEquals = true, ArnLike = true }

-- Returns the texts of a condition, one of which a key must match | nil
local function texts_of(condition)
  local texts = {}
  for i, value in ipairs(POSITIVE[condition.operator] and condition.values or {}) do
    texts[i] = tostring(value)
    if condition.operator == "StringEquals" and texts[i]:find "[*?]" then
      return nil
    end
  end
  return #texts > 0 and texts or nil
end

-- Adds the patterns of condition keys. Of several conditions on a key the choice does not depend on their order.
local function add_conditions(statement, found)
  for _, condition in ipairs(statement.conditions) do
    local name, texts = "condition " .. condition.key:lower(), texts_of(condition)
    local other = texts and found[name]
    if other and table.concat(other, "\n") < table.concat(texts, "\n") then
      texts = other
    end
    found[name] = texts or found[name]
  end
end

-- Returns the patterns of a statement by dimension. In a dimension that is absent it applies to any text. An identity
-- policy has no principals.
local function dimensions_of(statement, kind)
  local found = {
    principal = kind ~= "identity" and principal_patterns(statement) or nil,
    action = not statement.not_action and coverage.lowered(statement.actions) or nil,
    resource = not statement.not_resource and statement.resources or nil,
  }
  add_conditions(statement, found)
  for name, patterns in pairs(found) do
    found[name] = #patterns > 0 and patterns or nil
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- One dimension

-- `exact` and `open` have the positions of statements by text, and by the beginning of a pattern with wildcards; `any`
-- has the statements without patterns. `lengths` are the lengths of the beginnings, and `below` has by length the
-- positions by what their texts begin with.
local Dimension = {}
Dimension.__index = Dimension

local function new_dimension()
  return setmetatable({ exact = {}, open = {}, any = {}, lengths = {}, below = {} }, Dimension)
end

-- Returns what a pattern begins with, and whether it has no wildcard and no variable.
local function beginning(pattern)
  local text = pattern:match "^[^*?$]*"
  return text, #text == #pattern
end

local function add_to(map, key, i)
  map[key] = map[key] or {}
  table.insert(map[key], i)
end

function Dimension:add(i, patterns)
  if not patterns then
    self.any[#self.any + 1] = i
  end
  for _, pattern in ipairs(patterns or {}) do
    local text, is_exact = beginning(pattern)
    add_to(is_exact and self.exact or self.open, text, i)
    if not is_exact and not lists.contains(self.lengths, #text) then
      table.insert(self.lengths, #text)
    end
    for length, map in pairs(self.below) do
      if #text >= length then
        add_to(map, text:sub(1, length), i)
      end
    end
  end
end

-- Returns the positions by the first `length` bytes of the texts that have as many.
function Dimension:by_beginning(length)
  if not self.below[length] then
    local map = {}
    for _, texts in ipairs { self.exact, self.open } do
      for text, positions in pairs(texts) do
        local key = #text >= length and text:sub(1, length)
        if key then
          map[key] = table.move(positions, 1, #positions, #(map[key] or {}) + 1, map[key] or {})
        end
      end
    end
    self.below[length] = map
  end
  return self.below[length]
end

-- With more lengths of beginnings, a search would take as long as a comparison of all.
local MOST_LENGTHS = 64

-- Returns the lists of positions whose patterns may match a text that matches one of these, and how many positions they
-- have; nil if that is not known.
function Dimension:meeting(patterns)
  if #self.lengths > MOST_LENGTHS then
    return nil
  end
  local found, count = { self.any }, #self.any
  local function include(positions)
    if positions then
      found[#found + 1], count = positions, count + #positions
    end
  end
  for _, pattern in ipairs(patterns) do
    local text, is_exact = beginning(pattern)
    include(is_exact and self.exact[text] or not is_exact and self:by_beginning(#text)[text])
    for _, length in ipairs(self.lengths) do
      if length < #text or is_exact and length == #text then
        include(self.open[text:sub(1, length)])
      end
    end
  end
  return found, count
end

-- ---------------------------------------------------------------------------------------------
-- All dimensions

---@class policy.Neighbours
---@field patterns table<string, string[]>[]  of each statement by dimension: "principal", "action", "resource",
---  "condition KEY". In a dimension that is absent a statement applies to any text.
local Neighbours = {}
Neighbours.__index = Neighbours

--- Puts a statement in the place of another one, which has more patterns: it is found by its old patterns, too.
---@param i integer  the position
---@param statement policy.Statement
function Neighbours:replace(i, statement)
  self.patterns[i] = dimensions_of(statement, self.kind)
  for name, dimension in pairs(self.dimensions) do
    dimension:add(i, self.patterns[i][name])
  end
end

--- Returns the positions of the statements that may apply to a request that a statement applies to, in order, each
--- once. Most others are not among them.
---@param index integer
---@return integer[]
function Neighbours:near(index)
  local best, fewest = { self.all }, #self.all
  for name, patterns in pairs(self.patterns[index]) do
    local dimension = self.dimensions[name]
    local found, count = nil, fewest
    if dimension then
      found, count = dimension:meeting(patterns)
    end
    if found and count < fewest then
      best, fewest = found, count
    end
  end
  local positions, seen = {}, {}
  for _, list in ipairs(best) do
    for _, i in ipairs(list) do
      if not seen[i] then
        seen[i], positions[#positions + 1] = true, i
      end
    end
  end
  table.sort(positions)
  return positions
end

--- Creates an index of statements by their positions in a list.
---@param statements policy.Statement[]
---@param kind? "resource"|"identity"  of the document; "resource" by default
---@return policy.Neighbours
function M.new(statements, kind)
  local self = setmetatable({ kind = kind, patterns = {}, dimensions = {}, all = {} }, Neighbours)
  local counts = {}
  for i, statement in ipairs(statements) do
    self.all[i], self.patterns[i] = i, dimensions_of(statement, kind)
    for name in pairs(self.patterns[i]) do
      counts[name] = (counts[name] or 0) + 1
    end
  end
  for name, count in pairs(counts) do
    -- A dimension in which most statements have any text excludes few.
    local dimension = count > #statements // 2 and new_dimension() or nil
    for i = 1, dimension and #statements or 0 do
      dimension:add(i, self.patterns[i][name])
    end
    self.dimensions[name] = dimension
  end
  return self
end

return M
