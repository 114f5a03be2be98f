--- Locates statements, elements and values in the text of a policy.
---
---     location.statement(doc, index)           location.element(doc, index, "Condition")
---     location.principal(doc, index, value)    location.action(doc, index, pattern)
---
--- A value that does not occur literally in the text has the location of its element, else of its statement.

local grammar = require "lanyard.policy.lint.grammar"

local M = {}

--- The place of a finding in a policy's text.
---@class audit.Location
---@field first integer   offset of the first byte, from 1
---@field last integer    offset of the last byte
---@field line integer    from 1
---@field column integer  in bytes, from 1

--- Returns the location of a node of the policy's tree.
---@param node table
---@return audit.Location
function M.of(node)
  return { first = node.first, last = node.last, line = node.line, column = node.column }
end

local function statement_node(doc, index)
  local statements = grammar.members(doc:tree()).Statement
  return statements.kind == "array" and statements[index] or statements
end

-- Searches a node and everything below it for a string with this value.
local function find(node, value)
  if node.kind == "string" then
    return node.value == value and node or nil
  end
  for _, child in ipairs(node) do
    local found = find(child, value)
    if found then
      return found
    end
  end
  return nil
end

local function in_elements(doc, index, names, value)
  local node = statement_node(doc, index)
  local elements = grammar.members(node)
  for _, name in ipairs(names) do
    local found = elements[name] and find(elements[name], value)
    if found then
      return M.of(found)
    end
  end
  return M.of(elements[names[1]] or elements[names[2]] or node)
end

--- Returns the location of a statement.
---@param doc policy.Document
---@param index integer  number of the statement, from 1
---@return audit.Location
function M.statement(doc, index)
  return M.of(statement_node(doc, index))
end

--- Returns the location of an element of a statement, for example "Condition".
---@param doc policy.Document
---@param index integer
---@param name string
---@return audit.Location
function M.element(doc, index, name)
  local node = statement_node(doc, index)
  return M.of(grammar.members(node)[name] or node)
end

--- Returns the location of a value in the Principal or NotPrincipal element of a statement.
---@param doc policy.Document
---@param index integer
---@param value string?
---@return audit.Location
function M.principal(doc, index, value)
  return in_elements(doc, index, { "Principal", "NotPrincipal" }, value)
end

--- Returns the location of a pattern in the Action or NotAction element of a statement.
---@param doc policy.Document
---@param index integer
---@param pattern string
---@return audit.Location
function M.action(doc, index, pattern)
  return in_elements(doc, index, { "Action", "NotAction" }, pattern)
end

return M
