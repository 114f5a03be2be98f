--- Names statements for people.

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

return M
