--- Checks for statements that other statements make redundant, over every possible request.

local budgets = require "lanyard.policy.budget"
local define = require("lanyard.policy.lint.catalogue").define
local numbered = require("lanyard.policy.statements").numbered
local redundancy = require "lanyard.policy.redundancy"

local SHADOWED_ALLOW = define {
  id = "shadowed-allow", severity = "medium", summary = "an Allow that a Deny cancels completely",
}
local REPEATED_STATEMENT = define {
  id = "repeated-statement", severity = "low", summary = "a statement that others cover",
}

local M = {}

-- Returns the first other statement of an effect that covers one, as their texts show.
local function find(check, doc, statement, effect)
  for _, index in ipairs(check.index:near(statement.index)) do
    local other = check.statements[index]
    if index ~= statement.index and other.effect == effect and doc:covers(index, statement.index) then
      return other
    end
  end
  return nil
end

-- A statement whose elements can be reasoned about. NotPrincipal means something else in a Deny than in an Allow.
local function is_clear(statement)
  return not statement.flaw and not (statement.effect == "Deny" and statement.not_principal)
end

-- Returns statements as the subject of a sentence. Without principals, the texts of two statements are not compared, so
-- that one of them may be enough.
local function others(subject, kind)
  return kind == "resource" and subject .. " together" or subject
end

-- Returns what covers a statement, as text.
local function covering(check, doc, statement, kind)
  local one = find(check, doc, statement, statement.effect)
  return one and numbered(one) .. " already covers" or others("other statements", kind) .. " already cover"
end

local function cancelling(check, doc, statement, kind)
  local one = find(check, doc, statement, "Deny")
  return one and numbered(one) .. " denies" or others("the Deny statements", kind) .. " deny"
end

-- How many steps the questions take, about 0.3 s. After that, a statement is compared with each other one by its text.
local MOST_STEPS = 60000000

-- Reports whether one other statement of an effect covers a statement.
local function is_covered(check, doc, statement, effect)
  for _, index in ipairs(check:others(statement.index, effect)) do
    if doc:covers(index, statement.index) then
      return true
    end
  end
  return false
end

local function is_shadowed(check, doc, statement)
  local certain = check:is_shadowed(statement.index)
  return certain or check:is_exhausted() and is_covered(check, doc, statement, "Deny")
end

local function is_repeated(check, doc, statement)
  local certain = check:is_redundant(statement.index)
  return certain or check:is_exhausted() and is_covered(check, doc, statement, statement.effect)
end

--- Checks each statement against all others. Of equal statements, the later one is redundant.
---@param doc policy.Document
---@param statements table[]                   doc:statements()
---@param node_of fun(index: integer): table   returns the node of a statement
---@param add policy.lint.Add
---@param kind "resource"|"identity"  the kind of the document for questions (policy.ReasonOptions)
function M.check(doc, statements, node_of, add, kind)
  local check = redundancy.new(doc, { kind = kind }, budgets.new(MOST_STEPS))
  for i = #statements, 1, -1 do
    local statement = statements[i]
    if not is_clear(statement) or #statements == 1 then
      goto continue
    elseif statement.effect == "Allow" and is_shadowed(check, doc, statement) then
      add(SHADOWED_ALLOW, node_of(i), cancelling(check, doc, statement, kind)
        .. " everything that this statement allows", "remove one of the two")
    elseif is_repeated(check, doc, statement) then
      check:remove(i)
      add(REPEATED_STATEMENT, node_of(i), covering(check, doc, statement, kind) .. " this statement",
        "remove this statement; lanyard policy minimize prints the policy without redundant parts")
    end
    ::continue::
  end
end

return M
