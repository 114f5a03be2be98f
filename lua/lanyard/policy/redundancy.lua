--- Which statements of a document others make redundant, over every possible request.
---
---     local check = redundancy.new(doc)
---     check:is_redundant(3)     -- the other statements of its effect apply wherever it does
---     check:remove(3)           -- it is no longer one of the others
---
--- Each question is about one statement and the ones that may apply to a request of it. Most statements of a large
--- document have other principals or actions, which their texts show; so a question is short, however long the document
--- is.

local assemble = require "lanyard.policy.assemble"
local budgets = require "lanyard.policy.budget"
local core = require "lanyard.policy.core"
local coverage = require "lanyard.policy.coverage"
local lazy = require "lanyard.lazy"
local neighbours = require "lanyard.policy.neighbours"

local delegation = lazy "lanyard.policy.delegation"
local reason = lazy "lanyard.policy.reason"

---@class policy.Redundancy
---@field statements policy.Statement[]
---@field undecided? string  why the first question without an answer has none
---@field budget policy.Budget
local Redundancy = {}
Redundancy.__index = Redundancy

local M = {}

--- The questions about one document take about this many steps, which is a second. After that, nothing more is
--- redundant, and `undecided` says so.
M.MOST_STEPS = 200000000

-- What a pair of statements takes of the budget, and the comparison of their actions and resources, for each so many
-- values.
local STEPS_OF_PAIR, STEPS_OF_COMPARISON, VALUES_OF_COMPARISON = 200, 600, 16

local TOO_MANY = "the policy has too many statements that may apply to the same requests"

-- ---------------------------------------------------------------------------------------------
-- Which statements may apply to one request

-- Returns the services of a list of actions as a set; nil for any service.
local function services(statement)
  if statement.not_action then
    return nil
  end
  local found = {}
  for _, action in ipairs(statement.actions) do
    local service = action:lower():match "^([^:*?]+):"
    if not service then
      return nil
    end
    found[service] = true
  end
  return found
end

local function share(a, b)
  if not a or not b then
    return true
  end
  for name in pairs(a) do
    if b[name] then
      return true
    end
  end
  return false
end

-- Longer lists of values are not compared.
local MOST_VALUES = 1000

-- Reports whether no principal, or no value of some key, matches a pattern of each statement.
local function differ(a, b)
  for name, texts in pairs(a) do
    local others = name ~= "action" and name ~= "resource" and b[name]
    if others and #texts + #others <= MOST_VALUES and coverage.are_apart(texts, others) then
      return true
    end
  end
  return false
end

-- Returns the facts about a statement that are compared first.
function Redundancy:facts(index)
  local facts = self.known[index]
  if not facts then
    local statement = self.statements[index]
    facts = { services = services(statement), actions = coverage.lowered(statement.actions) }
    -- Statements with the same actions and resources meet the same statements.
    facts.what = table.concat({
      tostring(statement.not_action), table.concat(facts.actions, "\n"), tostring(statement.has_resource),
      tostring(statement.not_resource), table.concat(statement.resources, "\n"),
    }, "\n\n")
    self.known[index] = facts
  end
  return facts
end

-- Reports whether two statements may have an action and a resource in common. It is determined once for all statements
-- with the same.
function Redundancy:share_what(one, other)
  local a, b = self:facts(one), self:facts(other)
  local met = self.met[a.what] or {}
  self.met[a.what] = met
  if met[b.what] == nil then
    self.budget:spend(STEPS_OF_COMPARISON * (1 + (#a.actions + #b.actions) // VALUES_OF_COMPARISON))
    local first, second = self.statements[one], self.statements[other]
    met[b.what] = share(a.services, b.services)
      and coverage.meet(b.actions, second.not_action, a.actions, first.not_action)
      and coverage.share_resources(second, first)
  end
  return met[b.what]
end

-- Reports whether a request may be in two statements.
function Redundancy:may_meet(one, other)
  return self:share_what(one, other) and not differ(self.index.patterns[one], self.index.patterns[other])
end

--- Returns the positions of the other statements of an effect that may apply to a request of a statement, in order.
---@param index integer
---@param effect "Allow"|"Deny"
---@return integer[]
function Redundancy:others(index, effect)
  local found = {}
  if not self.effects[effect] then
    return found
  end
  local near = self.index:near(index)
  self.budget:spend(STEPS_OF_PAIR * #near)
  for _, i in ipairs(near) do
    local usable = i ~= index and not self.removed[i] and self.statements[i].effect == effect
    if usable and self:may_meet(index, i) then
      found[#found + 1] = i
    end
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- Questions

--- Reports whether the limit of the questions is reached.
---@return boolean
function Redundancy:is_exhausted()
  return self.budget:is_spent()
end

-- Reports whether the limit is reached, and records it.
function Redundancy:stops()
  if self:is_exhausted() then
    self.undecided = self.undecided or TOO_MANY
  end
  return self:is_exhausted()
end

-- Returns whether `after` certainly allows nothing that `before` does not allow.
function Redundancy:adds_nothing(before, after)
  if not (before and after) then
    return false -- too long to be assembled
  elseif self:stops() then
    return false
  end
  if not self.asks then
    local whole = assemble(self.empty, self.texts)
    self.asks = whole and reason.of_parts(whole, self.options) or self.options
  end
  local found, undecided, why = reason.find_within(self.budget, before, after, self.asks)
  self.undecided = self.undecided or undecided and why or nil
  return not found and not undecided
end

--- Reports whether a document allows nothing that another one does not allow, also if accounts delegate
--- (lanyard.policy.delegation).
---@param before policy.Document?
---@param after policy.Document?
---@return boolean
function Redundancy:is_within(before, after)
  if not self:adds_nothing(before, after) then
    return false
  end
  for _, form in ipairs(delegation.forms(before, after)) do
    if not self:adds_nothing(form(before), form(after)) then
      return false
    end
  end
  return true
end

--- Returns the text of a statement with the effect Allow.
---@param index integer
---@return string
function Redundancy:allow_of(index)
  if not self.allows[index] then
    local one = assemble(self.empty, { self.texts[index] })
    if self.statements[index].effect == "Deny" and not self.statements[index].flaw then
      one:set { index = 1, element = "Effect", value = "Allow" }
    end
    self.allows[index] = one:statements()[1].text
  end
  return self.allows[index]
end

-- Returns a document of statements at positions, with Denies as Allows on request.
function Redundancy:document(positions, as_allows)
  local texts = {}
  for i, position in ipairs(positions) do
    texts[i] = as_allows and self:allow_of(position) or self.texts[position]
  end
  return (assemble(self.empty, texts))
end

local function joined(a, b)
  return table.move(b, 1, #b, #a + 1, table.move(a, 1, #a, 1, {}))
end

-- Reports whether another statement has the same meaning. A flawed statement has none.
function Redundancy:is_repeated(index)
  return not self.statements[index].flaw and self.repeated[self.meanings[index]] > 1
end

-- Counts a statement with a meaning.
function Redundancy:count(meaning, change)
  self.repeated[meaning] = (self.repeated[meaning] or 0) + change
end

--- Reports whether the other statements of the same effect apply wherever a statement does. Denies are compared as what
--- they deny, because other policies may allow it; for Allows, a request that a Deny denies does not count.
---@param index integer
---@return boolean
function Redundancy:is_redundant(index)
  if self:is_repeated(index) then
    return true
  elseif self:stops() then
    return false
  end
  local effect = self.statements[index].effect
  local others = self:others(index, effect)
  if effect == "Deny" then
    return self:adds_nothing(self:document(others, true), self:document({ index }, true))
  end
  local denies = self:others(index, "Deny")
  return self:is_within(self:document(joined(others, denies)), self:document(joined({ index }, denies)))
end

--- Reports whether the Denies cancel an Allow that alone allows something.
---@param index integer
---@return boolean
function Redundancy:is_shadowed(index)
  if self:stops() then
    return false
  end
  local denies = self:others(index, "Deny")
  return #denies > 0 and self:adds_nothing(core.new(), self:document(joined({ index }, denies)))
    and not self:adds_nothing(core.new(), self:document { index })
end

--- Removes a statement from the ones that can make others redundant.
---@param index integer
function Redundancy:remove(index)
  self.removed[index] = true
  self:count(self.meanings[index], -1)
end

--- Takes the statement of a document in place of one.
---@param index integer
---@param doc policy.Document  one statement
function Redundancy:replace(index, doc)
  local statement = doc:statements()[1]
  self.statements[index], self.texts[index], self.known[index] = statement, statement.text, nil
  self.allows[index] = nil
  self:count(self.meanings[index], -1)
  self.meanings[index] = doc:meaning(1)
  self:count(self.meanings[index], 1)
  self.index:replace(index, statement)
end

--- Returns a check of a document.
---@param doc policy.Document
---@param options? policy.ReasonOptions
---@param budget? policy.Budget  of MOST_STEPS by default
---@return policy.Redundancy
function M.new(doc, options, budget)
  local statements, texts, effects, meanings = doc:statements(), {}, {}, {}
  for i, statement in ipairs(statements) do
    texts[i] = statement.text
    effects[statement.effect or ""] = true
    meanings[i] = doc:meaning(i)
  end
  local self = setmetatable({
    statements = statements, texts = texts, effects = effects, allows = {}, options = options,
    meanings = meanings, repeated = {}, -- the number of statements by their meaning
    index = neighbours.new(statements, options and options.kind),
    empty = assemble(doc, {}), known = {}, removed = {},
    met = {}, -- for two texts of actions and resources, whether they have some in common
    asks = options and options.forms and options, -- the options of the questions
    budget = budget or budgets.new(M.MOST_STEPS),
  }, Redundancy)
  for _, meaning in ipairs(meanings) do
    self:count(meaning, 1)
  end
  return self
end

return M
