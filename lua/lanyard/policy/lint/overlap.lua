-- Statements that others make needless.

local M = {}

local function label(statement)
  return ("statement %d%s"):format(statement.index, statement.sid and " (" .. statement.sid .. ")" or "")
end

-- The first statement that satisfies a test.
local function find(statements, test)
  for _, statement in ipairs(statements) do
    if test(statement) then
      return statement
    end
  end
  return nil
end

-- `place(index)` is where a statement stands.
function M.check(doc, statements, place, add)
  for _, statement in ipairs(statements) do
    local i = statement.index
    local deny = statement.effect == "Allow" and find(statements, function(other)
      return other.effect == "Deny" and doc:covers(other.index, i)
    end)
    -- Of two that say the same the later one is needless.
    local same = find(statements, function(other)
      local j = other.index
      return j ~= i and other.effect == statement.effect and doc:covers(j, i) and (j < i or not doc:covers(i, j))
    end)
    if deny then
      add("shadowed-allow", place(i), label(deny) .. " denies all that this statement allows",
        "remove one of the two")
    elseif same then
      add("repeated-statement", place(i), label(same) .. " says all of this already", "remove this statement")
    end
  end
end

return M
