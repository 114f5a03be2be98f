--- Makes a policy smaller without changing what it allows.
---
---     local smaller, removed = minimize(doc)    -- or nil, "undecided", reason
---
--- Redundant statements are removed first, then the redundant values of lists, then redundant conditions. Each removal
--- is tried on a copy, and kept if both documents have equal access. Of two redundant parts, the later one is removed.
--- What stays keeps its bytes, except a list that lost a value: it is written again.
---
--- A Deny also applies to what other policies of the account allow. So a part of a Deny is redundant only if the other
--- Denies deny the same requests. A Deny with NotPrincipal stays as it is. A statement for a role is not redundant
--- beside one for its account (lanyard.policy.delegation).

local delegation = require "lanyard.policy.delegation"
local equal_access = require("lanyard.policy.reason").equal_access
local label = require("lanyard.policy.statements").label

---@class policy.Removal
---@field statement string  the Sid, or "#" and the index in the original document
---@field element? string   the element that lost a value, such as "Action" or "Condition"; nil for a whole statement
---@field value? string     the removed value; for a condition its operator and key

-- The state: `doc` is the smallest document so far, `labels` has the original labels of its statements.
local Search = {}
Search.__index = Search

-- Returns a document that allows what a document denies.
local function denied(doc)
  local copy = doc:copy()
  for index = #copy:statements(), 1, -1 do
    if copy:statement(index).effect == "Deny" then
      copy:set { index = index, element = "Effect", value = "Allow" }
    else
      copy:remove { index = index }
    end
  end
  return copy
end

-- Reports whether two documents have equal access. Keeps the first reason why it is undecided.
function Search:equal(a, b)
  for _, form in ipairs { function(doc) return doc end, delegation.apart } do
    local equal, _, reason = equal_access(form(a), form(b), self.options)
    self.undecided = self.undecided or equal == nil and reason or nil
    if not equal then
      return false
    end
  end
  return true
end

-- Tries an edit of a statement on a copy. Returns whether it was kept.
function Search:try(index, removal, edit)
  local deny = self.doc:statement(index).effect == "Deny"
  local copy = self.doc:copy()
  edit(copy)
  if not self:equal(self.original, copy) or deny and not self:equal(denied(self.original), denied(copy)) then
    return false
  end
  self.doc = copy
  self.removed[#self.removed + 1] = removal
  return true
end

-- Without a Principal, a statement of a resource policy violates the grammar.
function Search:is_editable(statement)
  local complete = #statement.principals > 0 or self.options and self.options.kind == "identity"
  return complete and not statement.flaw and not (statement.effect == "Deny" and statement.not_principal)
end

-- One statement stays: AWS accepts no policy without statements.
function Search:try_statements()
  for index = #self.labels, 1, -1 do
    if #self.labels == 1 then
      return
    end
    local removal = { statement = self.labels[index] }
    if self:is_editable(self.doc:statement(index))
      and self:try(index, removal, function(copy) copy:remove { index = index } end) then
      table.remove(self.labels, index)
    end
  end
end

-- Returns the values of a list without one of them.
local function without(node, position)
  local values = {}
  for i, child in ipairs(node) do
    if i ~= position then
      values[#values + 1] = child.value
    end
  end
  return values
end

-- Returns the node of the document at a path: the index of a statement and the names of members.
local function node_at(doc, index, path)
  local node
  for _, member in ipairs(doc:tree()) do
    if member.key.value == "Statement" then
      node = member.kind == "array" and member[index] or member
    end
  end
  for _, name in ipairs(path) do
    local found
    for _, member in ipairs(node) do
      found = found or member.key.value == name and member
    end
    node = found
    if not node then
      return nil
    end
  end
  return node
end

-- Tries to remove each value of a list, from the last. A single string, and the last one of a list, stay.
function Search:try_values(index, path)
  local node = node_at(self.doc, index, path)
  if not node or node.kind ~= "array" then
    return
  end
  local within = { table.unpack(path, 2) }
  for position = #node, 1, -1 do
    local current = node_at(self.doc, index, path)
    if #current < 2 then
      return
    end
    local removal = {
      statement = self.labels[index], element = table.concat(path, " "), value = tostring(node[position].value),
    }
    self:try(index, removal, function(copy)
      copy:set { index = index, element = path[1], within = within, value = without(current, position) }
    end)
  end
end

-- Tries to remove a member of an element, and the members and the element around it that become empty.
function Search:try_member(index, path)
  local removal = {
    statement = self.labels[index], element = path[1], value = table.concat(path, " ", 2),
  }
  self:try(index, removal, function(copy)
    for depth = #path, path[1] == "Condition" and 1 or 2, -1 do
      local part = { table.unpack(path, 1, depth) }
      local node = node_at(copy, index, part)
      if depth == #path or #node == 0 then
        copy:set { index = index, element = part[1], within = { table.unpack(part, 2) } }
      end
    end
  end)
end

-- Returns the names of the members of an element that is an object.
local function names_in(doc, index, path)
  local names, node = {}, node_at(doc, index, path)
  if node and node.kind == "object" then
    for i, member in ipairs(node) do
      names[i] = member.key.value
    end
  end
  return names
end

function Search:try_principals(index, element)
  local types = names_in(self.doc, index, { element })
  for i = #types, 1, -1 do
    if #names_in(self.doc, index, { element }) > 1 then
      self:try_member(index, { element, types[i] })
    end
    self:try_values(index, { element, types[i] })
  end
end

function Search:try_conditions(index)
  for _, operator in ipairs(names_in(self.doc, index, { "Condition" })) do
    for _, key in ipairs(names_in(self.doc, index, { "Condition", operator })) do
      self:try_member(index, { "Condition", operator, key })
      self:try_values(index, { "Condition", operator, key })
    end
  end
end

--- Returns an equal document without redundant statements, values and conditions, and what was removed, in order. A
--- part that might be redundant, but cannot be decided, stays; `reason` then says why.
---@param doc policy.Document
---@param options? policy.ReasonOptions
---@return policy.Document smaller  a copy; `doc` does not change
---@return policy.Removal[] removed
---@return string? reason
return function(doc, options)
  local search = setmetatable({
    original = doc, doc = doc:copy(), options = options, labels = {}, removed = {},
  }, Search)
  for i, statement in ipairs(doc:statements()) do
    search.labels[i] = label(statement)
  end
  search:try_statements()
  for index, statement in ipairs(search.doc:statements()) do
    if search:is_editable(statement) then
      for _, element in ipairs { "Principal", "NotPrincipal" } do
        search:try_principals(index, element)
      end
      for _, element in ipairs { "Action", "NotAction", "Resource", "NotResource" } do
        search:try_values(index, { element })
      end
      search:try_conditions(index)
    end
  end
  return search.doc, search.removed, search.undecided
end
