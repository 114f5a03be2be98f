--- Checks for statements that other statements make redundant.

local define = require("lanyard.policy.lint.catalogue").define
local numbered = require("lanyard.policy.statements").numbered

local SHADOWED_ALLOW = define {
  id = "shadowed-allow", severity = "medium", summary = "an Allow that a Deny cancels completely",
}
local REPEATED_STATEMENT = define {
  id = "repeated-statement", severity = "low", summary = "a statement that another one covers",
}

local M = {}

-- Returns the first statement that satisfies a test.
local function find(statements, test)
  for _, statement in ipairs(statements) do
    if test(statement) then
      return statement
    end
  end
  return nil
end

--- Checks each statement against all others.
---@param doc policy.Document
---@param statements table[]                   doc:statements()
---@param node_of fun(index: integer): table   returns the node of a statement
---@param add policy.lint.Add
function M.check(doc, statements, node_of, add)
  for _, statement in ipairs(statements) do
    local i = statement.index
    local deny = statement.effect == "Allow" and find(statements, function(other)
      return other.effect == "Deny" and doc:covers(other.index, i)
    end)
    -- Of two equivalent statements, the later one is redundant.
    local same = find(statements, function(other)
      local j = other.index
      return j ~= i and other.effect == statement.effect and doc:covers(j, i) and (j < i or not doc:covers(i, j))
    end)
    if deny then
      add(SHADOWED_ALLOW, node_of(i), numbered(deny) .. " denies everything that this statement allows",
        "remove one of the two")
    elseif same then
      add(REPEATED_STATEMENT, node_of(i), numbered(same) .. " already covers this statement", "remove this statement")
    end
  end
end

return M
