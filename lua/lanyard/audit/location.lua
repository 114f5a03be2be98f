-- Where in a policy's text a thing stands: { first, last, line, column }, bytes from 1.
--
--   place.statement(doc, index)           place.element(doc, index, "Condition")
--   place.principal(doc, index, value)    place.action(doc, index, pattern)
--
-- What is not there by itself is in its statement, and that is the answer then.

local grammar = require "lanyard.policy.lint.grammar"

local M = {}

local function plain(node)
  return { first = node.first, last = node.last, line = node.line, column = node.column }
end

local function statement_node(doc, index)
  local statements = grammar.members(doc:tree()).Statement
  return statements.kind == "array" and statements[index] or statements
end

-- The string of that value in a node, whatever it is in.
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
  local has = grammar.members(node)
  for _, name in ipairs(names) do
    local found = has[name] and find(has[name], value)
    if found then
      return plain(found)
    end
  end
  return plain(has[names[1]] or has[names[2]] or node)
end

function M.statement(doc, index)
  return plain(statement_node(doc, index))
end

function M.element(doc, index, name)
  local node = statement_node(doc, index)
  return plain(grammar.members(node)[name] or node)
end

function M.principal(doc, index, value)
  return in_elements(doc, index, { "Principal", "NotPrincipal" }, value)
end

function M.action(doc, index, pattern)
  return in_elements(doc, index, { "Action", "NotAction" }, pattern)
end

return M
