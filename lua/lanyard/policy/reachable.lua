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
local classes = require "lanyard.policy.classes"
local core = require "lanyard.policy.core"
local coverage = require "lanyard.policy.coverage"
local identify = require "lanyard.policy.identify"
local json = require "lanyard.json"
local reason = require "lanyard.policy.reason"

---@class policy.ReachedClass : policy.Class
---@field witness? policy.Witness  a request by this class that is allowed
---@field certain boolean          false if it depends on what AWS leaves open
---@field undecided? string        why it could not be decided whether the class is reached

-- At most this many questions are asked for one document. Each takes a tenth of a millisecond or more.
local MOST_QUESTIONS = 2000

-- An example with more keys is not made easier to read, which takes several decisions for each key.
local MOST_KEYS = 32

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

-- Adds classes to a list, each once by what they mean.
local function add_once(list, seen, found)
  for _, class in ipairs(found) do
    local label = class.text
    for _, inner in ipairs(class.except) do
      label = label .. "\0" .. inner.text
    end
    if not seen[label] then
      seen[label] = class
      list[#list + 1] = class
    end
  end
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

-- Returns the classes of boxes, less what Denies take.
local function candidates(list, denies, action)
  local found, seen = {}, {}
  for _, box in ipairs(list) do
    for _, one in ipairs(#denies > 0 and boxes.without(box, denies, action) or { box }) do
      add_once(found, seen, identify(one))
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

-- Sorts classes from the widest, and equally wide ones by the order in which they were found.
local function sort(list)
  local position = {}
  for i, class in ipairs(list) do
    position[class] = i
  end
  table.sort(list, function(a, b)
    if a.rank ~= b.rank then
      return a.rank < b.rank
    end
    return position[a] < position[b]
  end)
  return list
end

-- ---------------------------------------------------------------------------------------------
-- Comparison

-- The kinds that can include other classes. The others include only classes with the same identity.
local WIDE = {
  everyone = true, ["any-organization"] = true, ["any-service"] = true, organization = true,
  ["organization-path"] = true, pattern = true,
}

-- An index of classes by what they can include: wide ones, and the others by account or id. A pattern of ARNs in one
-- account includes classes of that account only.
local Index = {}
Index.__index = Index

function Index:add(class)
  local list = self.wide
  local account = class.kind == "pattern" and coverage.account(class.id)
  if account or not WIDE[class.kind] then
    local id = account or class.id
    self.by_id[id] = self.by_id[id] or {}
    list = self.by_id[id]
  end
  list[#list + 1] = class
end

-- Calls test(other) for each class that may include one, until it returns true. Returns whether it did.
function Index:any(class, test)
  local account = class.id and coverage.account(class.id)
  local lists = { self.wide, self.by_id[class.id or 0] or {}, account ~= class.id and self.by_id[account or 0] or {} }
  for _, list in ipairs(lists) do
    for _, other in ipairs(list) do
      if other ~= class and test(other) then
        return true
      end
    end
  end
  return false
end

local function new_index(list)
  local index = setmetatable({ wide = {}, by_id = {} }, Index)
  for _, class in ipairs(list) do
    index:add(class)
  end
  return index
end

-- Removes from the exceptions of each class what another class includes: it is allowed after all.
local function correct_exceptions(list)
  local has_any = false
  for _, class in ipairs(list) do
    has_any = has_any or #class.except > 0
  end
  local index = has_any and new_index(list)
  for _, class in ipairs(has_any and list or {}) do
    local except = {}
    for _, inner in ipairs(class.except) do
      local allowed = index:any(inner, function(other)
        return other ~= class and #other.except == 0 and classes.is_within(inner, other)
      end)
      except[#except + 1] = not allowed and inner or nil
    end
    class.except = except
  end
end

-- Reports whether a class is known to be within another one, which excepts nothing in it.
local function includes(outer, inner)
  if not classes.is_within(inner, outer) then
    return false
  end
  for _, one in ipairs(outer.except) do
    local shared = false
    for _, other in ipairs(inner.except) do
      shared = shared or other.text == one.text
    end
    if not shared then
      return false
    end
  end
  return true
end

-- Removes the classes that another one includes. The list is sorted from the widest.
local function without_included(list)
  local index, kept = new_index {}, {}
  for _, class in ipairs(list) do
    if not index:any(class, function(other) return includes(other, class) end) then
      kept[#kept + 1] = class
      index:add(class)
    end
  end
  return kept
end

-- ---------------------------------------------------------------------------------------------
-- Questions

local Search = {}
Search.__index = Search

-- Returns the element Principal or NotPrincipal of a box's statement, as a name and a value.
local function principal_of(box)
  if box.entry then
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

-- Returns the demands of a class.
local function demands_of(class)
  local list = { class.demand }
  for _, demand in ipairs(class.restrictions) do
    list[#list + 1] = demand
  end
  return list
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
  if self.action then
    denies[#denies + 1] = { Effect = "Deny", Principal = "*", NotAction = json.array { self.action } }
  end
  return denies
end

-- Finds a request of a class that the document allows, and `before` does not.
function Search:ask(class)
  if self.questions >= MOST_QUESTIONS then
    return nil, "undecided", ("only %d questions are asked about one policy"):format(MOST_QUESTIONS)
  end
  self.questions = self.questions + 1
  local texts = table.move(self.denies, 1, #self.denies, 2, { allow_text(class) })
  for _, statement in ipairs(self:narrowing(class)) do
    texts[#texts + 1] = json.encode(statement)
  end
  local doc = assemble(self.doc, texts)
  if not doc then
    return nil, "undecided", "the policy is too long for a question about it"
  end
  return (#class.restrictions > MOST_KEYS and reason.find or self.new_access)(self.before, doc, self.options)
end

-- What follows from the caller, so that two demands can contradict each other.
local OF_CALLER = {
  organization = true, ["organization-path"] = true, account = true, arn = true, userid = true, username = true,
  type = true, service = true, ["is-service"] = true, tag = true,
}

-- Reports whether the demands of a class can contradict each other, or what a statement names.
local function may_contradict(class)
  local count = class.box.entry and 1 or 0
  for _, demand in ipairs(demands_of(class)) do
    count = count + (OF_CALLER[demand.facet] and not demand.requires:find "%-or%-absent$" and 1 or 0)
  end
  return count > (class.box.entry and not class.entry and 2 or 1)
end

-- Removes the classes that no request reaches, and adds to the others what was found.
function Search:reached(list, all)
  local kept = {}
  for _, class in ipairs(list) do
    class.certain = true
    local found, undecided, why
    if all or class.box.suspect or may_contradict(class) then
      found, undecided, why = self:ask(class)
      class.witness, class.undecided = found, undecided and why
      class.certain = found ~= nil and found.certain
      kept[#kept + 1] = (found or undecided) and class or nil
    else
      kept[#kept + 1] = class
    end
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

local function is_in_others(class, others)
  local statements, alone = json.array {}, classes.statement(class)
  for _, other in ipairs(others) do
    statements[#statements + 1] = classes.statement(other)
  end
  if not alone or #statements == 0 then
    return false
  end
  local before = core.parse(json.encode { Version = "2012-10-17", Statement = statements })
  local after = core.parse(json.encode { Version = "2012-10-17", Statement = json.array { alone } })
  local found, undecided = reason.find(before, after)
  return not found and not undecided
end

-- With more classes than this, the ones that only several others together include are kept.
local MOST_COMPARED = 64

-- Removes the classes that others include together.
local function without_joined(list)
  if #list > MOST_COMPARED then
    return list
  end
  local i = 1
  while list[i] do
    local others = {}
    for j, other in ipairs(list) do
      others[#others + 1] = j ~= i and may_overlap(list[i], other) and other or nil
    end
    if #others > 0 and is_in_others(list[i], others) then
      table.remove(list, i)
    else
      i = i + 1
    end
  end
  return list
end

-- Everyone but X, and X from elsewhere: everyone.
local function reduce(list)
  correct_exceptions(list)
  return without_included(sort(list))
end

--- Returns the classes of callers that a document can ever allow, from the widest. The list is empty if the document
--- allows nothing.
---@param doc policy.Document
---@param options? { action?: string, before?: policy.Document, accounts?: table<string, string>, always?: string[],
---  limit?: integer, brief?: boolean }
---   action: an action or a pattern; any action unless given. before: only what this document does not allow. brief: no
---   examples, except of classes about which the engine is asked. The others: see new_access.
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
    questions = 0,
    options = { kind = "resource", accounts = options.accounts, always = options.always, limit = options.limit },
    new_access = options.brief and reason.find or reason.new_access,
  }, Search)
  local list = options.before and gained(doc, allows, denies, options.before) or boxes_of(allows)
  list = reduce(candidates(list, denies, options.action))
  local reached = search:reached(list, options.before or not options.brief)
  return without_joined(#reached < #list and reduce(reached) or reached)
end
