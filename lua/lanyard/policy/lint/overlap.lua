--- Checks for statements that other statements make redundant, over every possible request.

local assemble = require "lanyard.policy.assemble"
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

-- Returns a document with the selected statements | nil if it is too long. `texts` has their texts by index.
local function only(doc, statements, texts, is_selected)
  local selected = {}
  for _, statement in ipairs(statements) do
    if is_selected(statement) then
      selected[#selected + 1] = texts[statement.index]
    end
  end
  return (assemble(doc, selected))
end

-- Reports whether `after` certainly allows nothing that `before` does not allow, whatever the policy is attached to.
local function adds_nothing(before, after)
  if not (before and after) then
    return false -- too long to be assembled
  end
  local found, undecided = new_access(before, after)
  return not found and not undecided
end

-- The state of the check: the document, its statements, their texts, and the texts with the effect Allow.
local Check = {}
Check.__index = Check

-- Reports whether the Denies cancel an Allow that alone allows something.
function Check:is_shadowed(statement)
  local function is_alone(other)
    return other.index == statement.index
  end
  local function with_denies(other)
    return is_alone(other) or other.effect == "Deny"
  end
  return adds_nothing(core.new(), only(self.doc, self.statements, self.texts, with_denies))
    and not adds_nothing(core.new(), only(self.doc, self.statements, self.texts, is_alone))
end

-- Returns the statements of an effect, all as Allows, except one. Denies are compared as what they deny, because other
-- policies may allow it.
function Check:as_allows(effect, without)
  return only(self.doc, self.statements, self.allows, function(other)
    return other.effect == effect and not self.gone[other.index] and other.index ~= without
  end)
end

-- Reports whether the other statements of the same effect apply wherever this one does.
function Check:is_repeated(statement)
  local rest, all = self:as_allows(statement.effect, statement.index), self:as_allows(statement.effect)
  return adds_nothing(rest, all)
    and adds_nothing(delegation.apart(rest), delegation.apart(all))
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

-- Returns the texts of the statements with the effect Allow.
local function texts_as_allows(doc, statements)
  local copy, texts = doc:copy(), {}
  for _, statement in ipairs(statements) do
    if statement.effect == "Deny" and not statement.flaw then
      copy:set { index = statement.index, element = "Effect", value = "Allow" }
    end
  end
  for i, statement in ipairs(copy:statements()) do
    texts[i] = statement.text
  end
  return texts
end

-- More statements than a policy of a repository can have (10,240 characters). Larger documents are compared in pairs,
-- because each question about all statements takes milliseconds.
local MOST = 128

-- Reports whether one other statement covers each statement, for a large document.
local Pairs = setmetatable({}, { __index = Check })
Pairs.__index = Pairs

function Pairs:is_shadowed(statement)
  return find(self.statements, statement.index, function(other)
    return other.effect == "Deny" and self.doc:covers(other.index, statement.index)
  end) ~= nil
end

function Pairs:is_repeated(statement)
  return find(self.statements, statement.index, function(other)
    return other.effect == statement.effect and not self.gone[other.index]
      and self.doc:covers(other.index, statement.index)
  end) ~= nil
end

--- Checks each statement against all others. Of equal statements, the later one is redundant.
---@param doc policy.Document
---@param statements table[]                   doc:statements()
---@param node_of fun(index: integer): table   returns the node of a statement
---@param add policy.lint.Add
function M.check(doc, statements, node_of, add)
  local texts = {}
  for i, statement in ipairs(statements) do
    texts[i] = statement.text
  end
  local check = setmetatable({
    doc = doc, statements = statements, texts = texts, allows = texts_as_allows(doc, statements), gone = {},
  }, #statements > MOST and Pairs or Check)
  for i = #statements, 1, -1 do
    local statement = statements[i]
    if not is_clear(statement) or #statements == 1 then
      goto continue
    elseif statement.effect == "Allow" and check:is_shadowed(statement) then
      add(SHADOWED_ALLOW, node_of(i),
        cancelling(doc, statements, statement) .. " everything that this statement allows", "remove one of the two")
    elseif check:is_repeated(statement) then
      check.gone[i] = true
      add(REPEATED_STATEMENT, node_of(i), covering(doc, statements, statement) .. " this statement",
        "remove this statement; lanyard policy minimize prints the policy without redundant parts")
    end
    ::continue::
  end
end

return M
