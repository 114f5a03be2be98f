--- The elements of a statement as texts of one line.

local M = {}

--- Joins the items of an element, such as Action or NotAction.
---@param items string[]
---@param negated boolean  the element is NotAction, NotResource or NotPrincipal
---@return string
function M.joined(items, negated)
  local text = table.concat(items, ", ")
  return negated and "all except " .. text or text
end

--- Returns the principals of a statement: "*", ARNs and accounts, and others with their type.
---@param statement policy.Statement
---@return string
function M.principals(statement)
  local names = {}
  for i, principal in ipairs(statement.principals) do
    local plain = principal.type == "*" or principal.type == "AWS"
    names[i] = plain and principal.value or principal.type .. ":" .. principal.value
  end
  return M.joined(names, statement.not_principal)
end

return M
