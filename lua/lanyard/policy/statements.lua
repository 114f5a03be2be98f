--- Names statements for people, and reads what they depend on, such as the Version of their document.

local core = require "lanyard.policy.core"

local M = {}

--- Returns the label of a statement: its Sid, or its number as "#3".
---@param statement policy.Statement
---@return string
function M.label(statement)
  return statement.sid or "#" .. statement.index
end

--- Returns a statement's number, with its Sid if it has one: "statement 3 (AllowPull)".
---@param statement policy.Statement
---@return string
function M.numbered(statement)
  return ("statement %d%s"):format(statement.index, statement.sid and " (" .. statement.sid .. ")" or "")
end

--- Returns the Version of a document | nil
---@type fun(doc: policy.Document): string?
M.version = core.version

--- Reports whether a document has policy variables; before Version 2012-10-17, they are plain text.
---@param doc policy.Document
---@return boolean
function M.has_variables(doc)
  return M.version(doc) == "2012-10-17"
end

--- Reports whether a statement has a policy variable if its document has Version 2012-10-17. Before, it is plain text.
---@param statement policy.Statement
---@return boolean
function M.has_variable(statement)
  local function in_list(list)
    for _, text in ipairs(list) do
      if tostring(text):find("${", 1, true) then
        return true
      end
    end
    return false
  end
  local found = in_list(statement.resources)
  for _, condition in ipairs(statement.conditions) do
    found = found or in_list(condition.values)
  end
  return found
end

return M
