--- Who can ever be allowed: the smallest set of classes of callers that contains every caller that a policy allows.
---
---     for _, class in ipairs(reachable(doc, { action = "ecr:BatchGetImage" })) do print(class.text) end
---     -- organization o-a1b2c3d4e5
---     -- service lambda.amazonaws.com for arn:aws:lambda:us-east-1:111122223333:function:f
---
--- Each Allow statement gives boxes (lanyard.policy.boxes): a principal and what the conditions demand, less what the
--- Denies take. Their classes contain every caller by construction. A class that another one includes is removed first
--- by comparison. Then the engine behind new_access removes the classes that no request reaches, and the ones that
--- overlapping classes include together. So the number of questions grows with the number of classes.

local assemble = require "lanyard.policy.assemble"
local boxes = require "lanyard.policy.boxes"
local budgets = require "lanyard.policy.budget"
local classes = require "lanyard.policy.classes"
local core = require "lanyard.policy.core"
local coverage = require "lanyard.policy.coverage"
local identify = require "lanyard.policy.identify"
local inclusion = require "lanyard.policy.inclusion"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"
local sorted_denies = require "lanyard.policy.denies"

local reason = lazy "lanyard.policy.reason"

--- A class of callers that a document can allow something.
---@class policy.ReachedClass : policy.Class
---@field witness? policy.Witness  a request by this class that is allowed
---@field certain boolean          false if it depends on what AWS leaves open
---@field undecided? string        why it could not be decided whether the class is reached

-- The questions and comparisons about one document take about this many steps, which is half a second. After that, a
-- class is neither divided nor asked about, and says so.
local MOST_STEPS = 100000000

-- An example with more keys is not made easier to read, which takes several decisions for each key.
local MOST_KEYS = 32

local Search = {}
Search.__index = Search

-- ---------------------------------------------------------------------------------------------
-- Candidates

-- Returns the Allows and the Denies; only the Allow with the given index, and Allows of the action.
local function split(statements, action, index)
  local allows, denies = {}, {}
  for _, statement in ipairs(statements) do
    if statement.effect == "Deny" then
      denies[#denies + 1] = statement
    elseif index and statement.index ~= index then
      goto continue
    elseif not action or coverage.actions(statement, { action }) ~= "none" then
      allows[#allows + 1] = statement
    end
    ::continue::
  end
  return allows, denies
end

-- Returns the meanings of the statements of an effect.
local function meanings_of(doc, statements)
  local meanings = {}
  for _, statement in ipairs(statements) do
    meanings[doc:meaning(statement.index)] = true
  end
  return meanings
end

-- Returns the statements that another document does not have.
local function new_statements(doc, statements, meanings)
  local list = {}
  for _, statement in ipairs(statements) do
    list[#list + 1] = not meanings[doc:meaning(statement.index)] and statement or nil
  end
  return list
end

-- Returns a text that is equal for classes with the same meaning.
local function meaning_of(class)
  local parts = { class.kind, class.id or "" }
  for _, demand in ipairs(class.restrictions) do
    parts[#parts + 1] = ("%s %s %s"):format(demand.operator, demand.name, table.concat(demand.values, ","))
  end
  for _, inner in ipairs(class.except) do
    parts[#parts + 1] = "except " .. inner.text
  end
  return table.concat(parts, "\0")
end

-- Returns the demands of a class.
local function demands_of(class)
  local list = { class.demand }
  for _, demand in ipairs(class.restrictions) do
    list[#list + 1] = demand
  end
  return list
end

-- What follows from the caller: two demands can contradict each other, or the principal. Values of the keys with 2 have
-- a form, so that one demand can be impossible.
local OF_CALLER = { account = 1, arn = 1, service = 2, ["is-service"] = 1, userid = 2, username = 2, type = 2 }
-- What principals of accounts have. Only organizations can contradict each other.
local OF_MEMBERS = { organization = 1, ["organization-path"] = 1, tag = 0 }

-- A session has the ARN of its role, so no request has the ARN of an assumed role in aws:PrincipalArn.
local function has_usual_form(demand)
  for _, value in ipairs(demand.facet == "arn" and demand.values or {}) do
    if not value:find "^arn:[%w*-]+:iam::" then
      return false
    end
  end
  return true
end

-- Reports whether a class may be empty: its demands can contradict each other, or what a statement names.
local function may_be_empty(class)
  if class.box.suspect then
    return true
  end
  local entry = class.box.entry
  local of_caller, of_members, has_member = entry and not class.entry and 0 or entry and 1 or 0, 0, false
  for _, demand in ipairs(demands_of(class)) do
    local requires = demand.requires
    if not requires:find "%-or%-absent$" then
      of_caller = of_caller + (OF_CALLER[demand.facet] or 0) + (has_usual_form(demand) and 0 or 2)
      of_members = of_members + (OF_MEMBERS[demand.facet] or 0)
      has_member = has_member or OF_MEMBERS[demand.facet] ~= nil
    end
  end
  local is_service = class.kind == "service" or class.kind == "any-service"
  return of_caller > 1 or of_members > 1 or has_member and is_service
end

-- Returns the boxes of some Allows.
local function boxes_of(allows)
  local list = {}
  for _, statement in ipairs(allows) do
    local found = boxes.of(statement)
    table.move(found, 1, #found, #list + 1, list)
  end
  return list
end

-- What a class takes of the budget, and each of its demands.
local STEPS_OF_CLASS, STEPS_OF_DEMAND = 1000, 300

-- Returns the classes of boxes, less what Denies take. Equal classes are there once, unless they may be empty.
function Search:candidates(list, denies)
  local found, seen = {}, {}
  local scope = { action = self.action, brief = self.brief, budget = self.budget, groups = {} }
  scope.denies, scope.excluding = sorted_denies(denies)
  for _, box in ipairs(list) do
    for _, one in ipairs(#denies > 0 and boxes.without(box, scope) or { box }) do
      self.budget:spend(STEPS_OF_CLASS + STEPS_OF_DEMAND * #one.demands)
      for _, class in ipairs(identify(one)) do
        local meaning = not may_be_empty(class) and meaning_of(class)
        if not meaning or not seen[meaning] then
          seen[meaning or class] = true
          found[#found + 1] = class
        end
      end
    end
  end
  return found
end

-- Returns the boxes of what `doc` may allow and `before` does not: the new Allows, and what the old Denies denied.
local function gained(doc, allows, denies, before)
  local old_allows, old_denies = split(before:statements())
  local list = boxes_of(new_statements(doc, allows, meanings_of(before, old_allows)))
  for _, deny in ipairs(new_statements(before, old_denies, meanings_of(doc, denies))) do
    for _, box in ipairs(boxes_of(allows)) do
      local found = boxes.within(box, deny)
      table.move(found, 1, #found, #list + 1, list)
    end
  end
  return list
end

-- ---------------------------------------------------------------------------------------------
-- Questions

-- Returns the element Principal or NotPrincipal of a box's statement, as a name and a value.
local function principal_of(box)
  if box.entry and not box.statement.not_principal then
    return "Principal", { [box.entry.type] = box.entry.value }
  elseif box.statement.not_principal then
    local named = {}
    for _, principal in ipairs(box.statement.principals) do
      named[principal.type] = named[principal.type] or json.array {}
      table.insert(named[principal.type], principal.value)
    end
    return "NotPrincipal", named
  end
  return "Principal", "*"
end

-- Returns the JSON text of the statement of a class, for its principal and the values that it demands.
local function allow_text(class)
  local box, values_of = class.box, {}
  local statement = box.statement
  for _, demand in ipairs(demands_of(class)) do
    values_of[demand.origin] = demand.values
  end
  if statement.flaw then
    return statement.text
  end
  local name, principal = principal_of(box)
  local elements = { Effect = "Allow", [name] = principal }
  elements[statement.not_action and "NotAction" or "Action"] = json.array(box.actions)
  if statement.has_resource then
    elements[statement.not_resource and "NotResource" or "Resource"] = json.array(statement.resources)
  end
  for _, condition in ipairs(statement.conditions) do
    elements.Condition = elements.Condition or {}
    local keys = elements.Condition[condition.operator] or {}
    if keys[condition.key] then
      return statement.text
    end
    elements.Condition[condition.operator] = keys
    keys[condition.key] = json.array(values_of[condition] or condition.values)
  end
  return json.encode(elements)
end

-- Returns the statements that deny everything but what a class demands and its statement does not.
function Search:narrowing(class)
  local own, added = {}, {}
  for _, condition in ipairs(class.box.statement.flaw and {} or class.box.statement.conditions) do
    own[condition] = true
  end
  for _, demand in ipairs(demands_of(class)) do
    added[#added + 1] = not own[demand.origin] and demand or nil
  end
  local denies = classes.denies(added)
  if class.box.statement.not_principal and class.entry and class.kind ~= "account" then
    local others = classes.denies_of_others(class.entry) -- exempted by the NotPrincipal of a Deny
    table.move(others, 1, #others, #denies + 1, denies)
  end
  if self.action then
    denies[#denies + 1] = { Effect = "Deny", Principal = "*", NotAction = json.array { self.action } }
  end
  return denies
end

-- Returns the document of a class: its Allow and the Denies | nil if it is too long
function Search:document_of(class)
  local texts = table.move(self.denies, 1, #self.denies, 2, { allow_text(class) })
  for _, statement in ipairs(self:narrowing(class)) do
    texts[#texts + 1] = json.encode(statement)
  end
  return (assemble(self.doc, texts))
end

-- Finds a request of a class that the document allows, and `before` does not.
function Search:ask(class)
  if self.budget:is_spent() then
    return nil, "undecided", reason.TOO_MANY
  end
  local doc = self:document_of(class)
  if not doc then
    return nil, "undecided", "the policy is too long for a question about it"
  end
  local found, undecided, why = reason.find_within(self.budget, self.before, doc, self.options)
  if found and not self.brief and #class.restrictions <= MOST_KEYS then
    reason.simplified(found, self.before, doc, self.options)
  end
  return found, undecided, why
end

-- Returns a demand whose operator cannot compare its values: AWS's answer is unknown.
local function unsound_of(class)
  for _, demand in ipairs(demands_of(class)) do
    if not demand.sound then
      return demand
    end
  end
  return nil
end

-- Not all callers of the class may be allowed.
local TOO_MANY_DENIES = "the policy has too many Denies to decide which callers of this class they exclude"

-- Asks about a class, and adds to it what was found. Returns whether a request reaches it, or may.
function Search:is_reached(class, always)
  class.certain = true
  if not always and not may_be_empty(class) then
    return true
  end
  local found, undecided, why = self:ask(class)
  class.witness, class.undecided = found, undecided and why or class.box.wide and TOO_MANY_DENIES or nil
  class.certain = found ~= nil and found.certain and not class.box.wide
  if not found and not undecided and unsound_of(class) then
    class.undecided = ("%s cannot compare the value of %s"):format(unsound_of(class).operator, unsound_of(class).key)
  end
  return found ~= nil or class.undecided ~= nil
end

-- Returns a document of statements with the Version of the document of a question | nil if it is too long. A variable
-- is one in a later Version only.
function Search:document_with(statements)
  local texts = {}
  for i, statement in ipairs(statements) do
    texts[i] = json.encode(statement)
  end
  return (assemble(self.doc, texts))
end

-- Returns a document that allows everything to classes, whatever they except | nil if it is too long
function Search:all_of(list)
  local statements = {}
  for _, class in ipairs(list) do
    statements[#statements + 1] = classes.statement(setmetatable({ except = {} }, { __index = class }))
  end
  return self:document_with(statements)
end

-- Returns the classes that Denies of a part of the actions leave together of a class | nil if others are reached, too
function Search:narrower(class)
  local left = boxes.if_covered(class.box, self.budget)
  if not left or self.budget:is_spent() then
    return nil
  end
  local list = {}
  for _, box in ipairs(left) do
    for _, inner in ipairs(identify(box)) do
      inner.except = class.except -- which of the Denies of parts except anybody is unknown
      list[#list + 1] = inner
    end
  end
  local before, after = self:all_of(list), self:document_of(class) or self:all_of { class }
  if not before or not after then
    return nil
  end
  local found, undecided = reason.find_within(self.budget, before, after, self.options)
  return not found and not undecided and list or nil
end

-- Returns the classes that a request reaches, without the ones that others of them include.
function Search:reached(list, always)
  local kept, index, inner = {}, inclusion.index(), {}
  local function visit(class, is_inner)
    if index:includes(class) or not self:is_reached(class, always) then
      return
    end
    local narrower = not is_inner and self:narrower(class)
    if narrower then
      table.move(narrower, 1, #narrower, #inner + 1, inner)
    else
      kept[#kept + 1] = class
      index:add(class)
    end
  end
  for _, class in ipairs(inclusion.sort(list)) do
    visit(class, false)
  end
  for _, class in ipairs(inclusion.sort(inner)) do
    visit(class, true)
  end
  return kept
end

-- The kinds of callers that can overlap: an account and an organization, but not a service and an account.
local function is_caller(class)
  return class.kind ~= "service" and class.kind ~= "any-service" and class.kind ~= "provider"
end

-- Reports whether two classes may have a request in common, unless their names show that they do not.
local function may_overlap(a, b)
  if a.kind == "everyone" or b.kind == "everyone" then
    return true
  elseif is_caller(a) ~= is_caller(b) then
    return false
  elseif not is_caller(a) then
    return a.id == b.id or a.kind == "any-service" or b.kind == "any-service"
  end
  local first, second = a.id and coverage.account(a.id), b.id and coverage.account(b.id)
  if first and second then
    return first == second and (a.id == b.id or a.kind ~= "principal" or b.kind ~= "principal")
  end
  return a.kind == b.kind and (a.id == b.id or a.kind == "pattern")
end

function Search:is_in_others(class, others)
  local statements, alone = {}, classes.statement(class)
  for _, other in ipairs(others) do
    statements[#statements + 1] = classes.statement(other)
  end
  if not alone or #statements == 0 then
    return false
  end
  local before, after = self:document_with(statements), self:document_with { alone }
  if not before or not after then
    return false
  end
  local found, undecided = reason.find_within(self.budget, before, after)
  return not found and not undecided
end

-- With more classes than this, the ones that only several others together include are kept.
local MOST_COMPARED = 64

-- Removes the classes that others include together.
function Search:without_joined(list)
  if #list > MOST_COMPARED then
    return list
  end
  local i = 1
  while list[i] do
    local others = {}
    for j, other in ipairs(list) do
      others[#others + 1] = j ~= i and may_overlap(list[i], other) and other or nil
    end
    if #others > 0 and self:is_in_others(list[i], others) then
      table.remove(list, i)
    else
      i = i + 1
    end
  end
  return list
end

-- Removes the restrictions that say nothing about the caller.
local function describe(list)
  for _, class in ipairs(list) do
    local restrictions = {}
    for _, demand in ipairs(class.restrictions) do
      restrictions[#restrictions + 1] = classes.is_about_caller(demand) and demand or nil
    end
    class.restrictions = restrictions
  end
end

--- Returns the classes of callers that a document can ever allow, from the widest. The list is empty if the document
--- allows nothing.
---@param doc policy.Document
---@param options? { action?: string, before?: policy.Document, accounts?: table<string, string>, always?: string[],
---  limit?: integer, brief?: boolean, budget?: policy.Budget }
---   action: an action or a pattern; any action unless given. before: only what this document does not allow. brief: no
---   examples, except of classes about which the engine is asked. budget: of several questions. The others: see
---   new_access.
---@return policy.ReachedClass[]
return function(doc, options)
  options = options or {}
  local allows, denies = split(doc:statements(), options.action, options.statement)
  local texts = {}
  for i, statement in ipairs(denies) do
    texts[i] = statement.text
  end
  local search = setmetatable({
    doc = assemble(doc, {}), denies = texts, before = options.before or core.new(), action = options.action,
    budget = options.budget or budgets.new(MOST_STEPS), brief = options.brief or false,
    options = { kind = "resource", accounts = options.accounts, always = options.always, limit = options.limit },
  }, Search)
  local list = options.before and gained(doc, allows, denies, options.before) or boxes_of(allows)
  list = search:reached(search:candidates(list, denies), options.before or not options.brief)
  if not options.brief then
    describe(list)
  end
  -- Everyone but X, and X: everyone.
  inclusion.correct_exceptions(list)
  return search:without_joined(inclusion.without_included(inclusion.sort(list)))
end
