--- Checks for statements that other statements make redundant, over every possible request.

local core = require "lanyard.policy.core"
local delegation = require "lanyard.policy.delegation"
local define = require("lanyard.policy.lint.catalogue").define
local new_access = require("lanyard.policy.reason").new_access
local numbered = require("lanyard.policy.statements").numbered

local SHADOWED_ALLOW = define {
  id = "shadowed-allow", severity = "medium", summary = "an Allow that a Deny cancels completely",
}
local REPEATED_STATEMENT = define {
  id = "repeated-statement", severity = "low", summary = "a statement that others cover",
}

local M = {}

-- Returns the first other statement that satisfies a test.
local function find(statements, index, test)
  for _, statement in ipairs(statements) do
    if statement.index ~= index and test(statement) then
      return statement
    end
  end
  return nil
end

-- Returns a copy of a document with the selected statements.
local function only(doc, statements, is_selected)
  local copy = doc:copy()
  for i = #statements, 1, -1 do
    if not is_selected(statements[i]) then
      copy:remove { index = i }
    end
  end
  return copy
end

-- Reports whether `after` certainly allows nothing that `before` does not allow, whatever the policy is attached to.
local function adds_nothing(before, after)
  local found, undecided = new_access(before, after)
  return not found and not undecided
end

-- Reports whether the Denies cancel an Allow that alone allows something.
local function is_shadowed(doc, statements, statement)
  local function with_denies(other)
    return other.index == statement.index or other.effect == "Deny"
  end
  local alone = only(doc, statements, function(other) return other.index == statement.index end)
  return adds_nothing(core.new(), only(doc, statements, with_denies)) and not adds_nothing(core.new(), alone)
end

-- Returns the statements of an effect, all as Allows, except one. Denies are compared as what they deny, because other
-- policies may allow it.
local function as_allows(doc, statements, effect, gone, without)
  local copy = only(doc, statements, function(other)
    return other.effect == effect and not gone[other.index] and other.index ~= without
  end)
  for i = 1, #copy:statements() do
    copy:set { index = i, element = "Effect", value = "Allow" }
  end
  return copy
end

-- Reports whether the other statements of the same effect apply wherever this one does.
local function is_repeated(doc, statements, statement, gone)
  local rest = as_allows(doc, statements, statement.effect, gone, statement.index)
  local all = as_allows(doc, statements, statement.effect, gone)
  return adds_nothing(rest, all) and adds_nothing(delegation.apart(rest), delegation.apart(all))
end

-- A statement whose elements can be reasoned about. NotPrincipal means something else in a Deny than in an Allow.
local function is_clear(statement)
  return not statement.flaw and not (statement.effect == "Deny" and statement.not_principal)
end

-- Returns what covers a statement, as text.
local function covering(doc, statements, statement)
  local one = find(statements, statement.index, function(other)
    return other.effect == statement.effect and doc:covers(other.index, statement.index)
  end)
  return one and numbered(one) .. " already covers" or "other statements together already cover"
end

local function cancelling(doc, statements, statement)
  local one = find(statements, statement.index, function(other)
    return other.effect == "Deny" and doc:covers(other.index, statement.index)
  end)
  return one and numbered(one) .. " denies" or "the Deny statements together deny"
end

--- Checks each statement against all others. Of equal statements, the later one is redundant.
---@param doc policy.Document
---@param statements table[]                   doc:statements()
---@param node_of fun(index: integer): table   returns the node of a statement
---@param add policy.lint.Add
function M.check(doc, statements, node_of, add)
  local gone = {}
  for i = #statements, 1, -1 do
    local statement = statements[i]
    if not is_clear(statement) or #statements == 1 then
      goto continue
    elseif statement.effect == "Allow" and is_shadowed(doc, statements, statement) then
      add(SHADOWED_ALLOW, node_of(i),
        cancelling(doc, statements, statement) .. " everything that this statement allows", "remove one of the two")
    elseif is_repeated(doc, statements, statement, gone) then
      gone[i] = true
      add(REPEATED_STATEMENT, node_of(i), covering(doc, statements, statement) .. " this statement",
        "remove this statement; lanyard policy minimize prints the policy without redundant parts")
    end
    ::continue::
  end
end

return M
