--- Makes a policy smaller without changing what it allows.
---
---     local smaller, removed, undecided = minimize(doc)
---
--- Redundant statements are removed first, then the redundant values of lists, then redundant conditions. Each removal
--- is proved: no request is allowed before it and not after it, or the other way round. Of two redundant parts, the
--- later one is removed. What stays keeps its bytes, except a list that lost a value: it is written again.
---
--- A part is compared with the statements that may apply to the same requests (lanyard.policy.redundancy), not with the
--- whole document. In long lists only the values that others may cover are tried. At the end the whole is compared.
---
--- A Deny also applies to what other policies of the account allow. So a part of a Deny is redundant only if the other
--- Denies deny the same requests. A Deny with NotPrincipal stays as it is. A statement for a role is not redundant
--- beside one for its account, nor one for a session beside one for its role (lanyard.policy.delegation).

local assemble = require "lanyard.policy.assemble"
local budgets = require "lanyard.policy.budget"
local coverage = require "lanyard.policy.coverage"
local demands = require "lanyard.policy.demand"
local json = require "lanyard.json"
local label = require("lanyard.policy.statements").label
local networks = require "lanyard.policy.networks"
local reason = require "lanyard.policy.reason"
local redundancy = require "lanyard.policy.redundancy"

--- A redundant part that was removed.
---@class policy.Removal
---@field statement string  the Sid, or "#" and the index in the original document
---@field element? string   the element that lost a value, such as "Action" or "Condition"; nil for a whole statement
---@field value? string     the removed value; for a condition its operator and key

-- In longer lists, and conditions with more keys, only what others may cover is tried.
local SHORT = 8

-- Without a Principal, a statement of a resource policy violates the grammar.
local function is_editable(statement, options)
  local complete = #statement.principals > 0 or options and options.kind == "identity"
  return complete and not statement.flaw and not (statement.effect == "Deny" and statement.not_principal)
end

-- ---------------------------------------------------------------------------------------------
-- Statements

-- Removes the redundant statements of a copy, and their labels. One statement stays: AWS accepts no policy without
-- statements.
local function remove_statements(check, copy, labels, removed, options)
  local left, gone = #check.statements, {}
  for i = #check.statements, 1, -1 do
    if left > 1 and is_editable(check.statements[i], options) and check:is_redundant(i) then
      check:remove(i)
      gone[i] = true
      removed[#removed + 1] = { statement = table.remove(labels, i) }
      left = left - 1
    end
  end
  if next(gone) then
    copy:remove { match = function(statement) return gone[statement.index] end }
  end
end

-- ---------------------------------------------------------------------------------------------
-- Parts of a statement

-- The state: `one` is a document that consists of the smallest statement so far; `check` and `index` are the statement
-- in its document; `edits` have what changed.
local Part = {}
Part.__index = Part

-- Returns the node of a statement.
local function statement_node(doc, index)
  local node
  for _, member in ipairs(doc:tree()) do
    if member.key.value == "Statement" then
      node = member.kind == "array" and member[index] or member
    end
  end
  return node
end

-- Returns the members of a node by name; of several with one name, the first.
local function members_of(node)
  local members = {}
  for _, member in ipairs(node) do
    if member.key then
      members[member.key.value] = members[member.key.value] or member
    end
  end
  return members
end

-- Returns the node at a path, the names of members of the smallest statement so far. The text is read once for all
-- paths.
function Part:node_at(path)
  if self.read ~= self.one then
    self.read, self.root, self.members = self.one, statement_node(self.one, 1), {}
  end
  local node = self.root
  for _, name in ipairs(path) do
    self.members[node] = self.members[node] or members_of(node)
    node = self.members[node][name]
    if not node then
      return nil
    end
  end
  return node
end

-- Returns a document of a statement, which may be a Deny, beside others; only of the others without one.
function Part:beside(doc, others)
  if not doc then
    return (assemble(self.check.empty, others))
  end
  local text = doc:statements()[1].text
  if self.deny then
    local copy = doc:copy()
    copy:set { index = 1, element = "Effect", value = "Allow" }
    text = copy:statements()[1].text
  end
  return (assemble(self.check.empty, table.move(others, 1, #others, 2, { text })))
end

-- Reports whether a statement applies to no more requests than others do. `outer` has one more, or is nil.
function Part:is_within(inner, outer)
  local before, after = self:beside(outer, self.others), self:beside(inner, self.denies)
  return self.deny and self.check:adds_nothing(before, after) or not self.deny and self.check:is_within(before, after)
end

function Part:keep(removals, copy, edit)
  self.one = copy
  self.edits[#self.edits + 1] = edit
  table.move(removals, 1, #removals, #self.removed + 1, self.removed)
end

-- How many steps an attempt takes for each byte of the statement, which it copies, edits and reads several times.
local STEPS_PER_BYTE = 5

-- Returns an edit as a setting of doc:set_all.
local function setting(edit, index)
  return { index = index, element = edit.element, within = edit.within, json = edit.json }
end

-- Tries an edit. Returns whether it was kept. `change` says whether the statement becomes "narrower" or "wider"; nil:
-- unknown.
function Part:try(removal, change, edit)
  if self.check:stops() then
    return false
  end
  local copy = self.one:copy()
  copy:set_all { setting(edit, 1) }
  self.check.budget:spend(STEPS_PER_BYTE * #tostring(copy))
  local loses = change ~= "wider" and not self:is_within(self.one, copy)
  if loses or change ~= "narrower" and not self:is_within(copy, self.one) then
    return false
  end
  self:keep({ removal }, copy, edit)
  return true
end

-- Returns the values of a list without the ones at some positions.
local function values_without(node, positions)
  local values = {}
  for i, child in ipairs(node) do
    if not positions[i] then
      values[#values + 1] = child.value
    end
  end
  return values
end

-- The values of a long list, in an index: `texts` in lower case; `by_text` and `by_prefix` have positions by the text,
-- and by what patterns begin with before their first wildcard. Of equal values `by_text` has two.
local Values = {}
Values.__index = Values

local function values_of(node, path)
  local self = setmetatable({
    node = node, texts = {}, by_text = {}, by_prefix = {}, lengths = {}, removed = {}, compared = 0,
    principal = path[1]:find "Principal$" ~= nil,
  }, Values)
  local equal, kept = {}, {}
  self.kept, self.places = kept, {} -- the indexed positions; for each position the place of its value among them
  for i, child in ipairs(node) do
    local value = tostring(child.value)
    local text, exact = value:lower(), child.kind .. value
    equal[exact] = equal[exact] or { place = #kept + 1, count = 0 }
    self.texts[i], self.places[i] = text, equal[exact].place
    if equal[exact].count < 2 then
      equal[exact].count = equal[exact].count + 1
      kept[#kept + 1] = i
      self:add(i, text)
    end
  end
  if path[2] and path[2]:find "IpAddress" then
    local texts = {}
    for place, i in ipairs(kept) do
      texts[place] = self.texts[i]
    end
    self.sharing = networks.sharing(texts)
  end
  return self
end

-- Adds a value to the index.
function Values:add(i, text)
  local prefix = text:match "^[^*?$]*"
  self.by_text[text] = self.by_text[text] or {}
  table.insert(self.by_text[text], i)
  if prefix ~= text then
    self.lengths[#prefix] = true
    self.by_prefix[prefix] = self.by_prefix[prefix] or {}
    table.insert(self.by_prefix[prefix], i)
  end
end

-- Calls visit(i) for the positions of the values that may cover the one at a position.
function Values:each_coverer(position, visit)
  local text = self.texts[position]
  local account = self.principal and coverage.account(text)
  for _, other in ipairs { text, account, account and "arn:aws:iam::" .. account .. ":root" } do
    for _, i in ipairs(self.by_text[other] or {}) do visit(i) end
  end
  for length in pairs(self.lengths) do
    local near = length <= #text and self.by_prefix[text:sub(1, length)] or {}
    self.compared = self.compared + #near
    for _, i in ipairs(near) do
      if coverage.includes(self.texts[i], text) then visit(i) end
    end
  end
  if self.sharing then
    self.sharing(self.places[position], function(place) visit(self.kept[place]) end)
  end
end

-- Returns the values that may cover the one at a position, in the order of the list.
function Values:coverers(position)
  local positions, found, seen = {}, {}, { [position] = true }
  self:each_coverer(position, function(i)
    if not seen[i] and not self.removed[i] then
      seen[i], positions[#positions + 1] = true, i
    end
  end)
  table.sort(positions)
  for i, other in ipairs(positions) do
    found[i] = self.node[other].value
  end
  return found
end

-- Returns a copy of a statement with other values in a list.
local function with_values(doc, path, values)
  local copy = doc:copy()
  copy:set { index = 1, element = path[1], within = { table.unpack(path, 2) }, value = values }
  return copy
end

local NARROWER = { Principal = true, Action = true, Resource = true }
local WIDER = { NotPrincipal = true, NotAction = true, NotResource = true }

-- Reports whether a statement applies where one of its values does: with it alone, or with one of the others.
local function is_union(path)
  local operator = path[1] == "Condition" and path[2]
  return NARROWER[path[1]] or operator and not operator:find "Not" and not operator:find "^For" and operator ~= "Null"
end

-- How many steps a comparison of two values takes, and a value that may cover others.
local STEPS_PER_COMPARISON = 100

-- Reports whether the statement with the value at a position is within the statement with the values that may cover
-- it, and others. `small` is the statement with few values in the list: a copy of it takes little time.
function Part:is_covered(path, known, position, small)
  if self.check:stops() then
    return false
  end
  local value, compared = known.node[position].value, known.compared
  local others = known:coverers(position)
  self.check.budget:spend(STEPS_PER_COMPARISON * (known.compared - compared + #others))
  local is_empty = path[1] == "Condition" and not demands.is_sound(path[2], { tostring(value) })
  if #others > 0 then
    return self:is_within(with_values(small, path, { value }), with_values(small, path, others))
  end
  return (self.overlaps or is_empty) and self:is_within(with_values(small, path, { value }), nil)
end

function Part:removal(path, value)
  return { statement = self.label, element = table.concat(path, " "), value = tostring(value) }
end

-- Returns the edit of a list: its new values.
local function edit_of(path, values)
  return { element = path[1], within = { table.unpack(path, 2) }, json = json.encode(values) }
end

-- Removes the values of a long list that others cover. The list is written once.
function Part:try_long_list(path, node)
  local known = values_of(node, path)
  local small, left, removals = with_values(self.one, path, { node[1].value }), #node, {}
  for position = #node, 1, -1 do
    if left > 1 and self:is_covered(path, known, position, small) then
      known.removed[position] = true
      left, removals[#removals + 1] = left - 1, self:removal(path, node[position].value)
    end
  end
  if #removals > 0 then
    local values = values_without(node, known.removed)
    self:keep(removals, with_values(self.one, path, values), edit_of(path, values))
  end
end

-- Tries to remove each value of a list, from the last. A single string, and the last one of a list, stay.
function Part:try_values(path)
  local node = self:node_at(path)
  if not node or node.kind ~= "array" then
    return
  elseif #node > SHORT and is_union(path) then
    self:try_long_list(path, node)
    return
  end
  local change = NARROWER[path[1]] and "narrower" or WIDER[path[1]] and "wider" or nil
  for position = #node, 1, -1 do -- the values before a removed one keep their positions
    if #node < 2 then
      return
    end
    local values = values_without(node, { [position] = true })
    if self:try(self:removal(path, node[position].value), change, edit_of(path, values)) then
      node = self:node_at(path)
    end
  end
end

-- Tries to remove a member of an element, and the members and the element around it that become empty.
function Part:try_member(path)
  local removal = { statement = self.label, element = path[1], value = table.concat(path, " ", 2) }
  local depth, least = #path, path[1] == "Condition" and 1 or 2
  while depth > least and #self:node_at { table.unpack(path, 1, depth - 1) } == 1 do
    depth = depth - 1
  end
  local edit = { element = path[1], within = { table.unpack(path, 2, depth) } }
  self:try(removal, path[1] ~= "Condition" and NARROWER[path[1]] and "narrower" or "wider", edit)
end

-- Returns the names of the members of an element that is an object.
function Part:names_in(path)
  local names, node = {}, self:node_at(path)
  if node and node.kind == "object" then
    for i, member in ipairs(node) do
      names[i] = member.key.value
    end
  end
  return names
end

function Part:try_principals(element)
  local types = self:names_in { element }
  for i = #types, 1, -1 do
    if #self:names_in { element } > 1 then
      self:try_member { element, types[i] }
    end
    self:try_values { element, types[i] }
  end
end

-- Keys that nothing but their own conditions decides.
local FREE = { tag = true, request = true, network = true, source = true }

-- Returns the names of the keys of a statement with many conditions that certainly exclude somebody: no other condition
-- is on the same key, and requests have any value of it, or none.
local function excluding(statement)
  local excludes, seen = {}, {}
  for _, condition in ipairs(statement.conditions) do
    local demand, name = demands.read(condition), condition.key:lower()
    local plain = demand and demand.sound and FREE[demand.facet] and demand.requires ~= "unknown"
      and not table.concat(demand.values):find("[$*?]")
    excludes[name] = plain and not seen[name] and not condition.operator:find "^For" or nil
    seen[name] = true
  end
  return #statement.conditions > SHORT and excludes or {}
end

function Part:try_conditions()
  local excludes = self.overlaps and {} or excluding(self.one:statements()[1])
  for _, operator in ipairs(self:names_in { "Condition" }) do
    for _, key in ipairs(self:names_in { "Condition", operator }) do
      if not excludes[key:lower()] then
        self:try_member { "Condition", operator, key }
      end
      self:try_values { "Condition", operator, key }
    end
  end
end

-- Tries all parts of a statement, again if one was removed: then others can be redundant.
function Part:try_all()
  local edits = #self.edits
  for _, element in ipairs { "Principal", "NotPrincipal" } do
    self:try_principals(element)
  end
  for _, element in ipairs { "Action", "NotAction", "Resource", "NotResource" } do
    self:try_values { element }
  end
  self:try_conditions()
  if #self.edits > edits then
    self:try_all()
  end
end

local function texts_at(check, positions, as_allows)
  local texts = {}
  for i, position in ipairs(positions) do
    texts[i] = as_allows and check:allow_of(position) or check.texts[position]
  end
  return texts
end

-- Returns the state for a statement of the document of a check.
local function new_part(check, index, name, removed)
  local deny = check.statements[index].effect == "Deny"
  local same = check:others(index, check.statements[index].effect)
  local denies = deny and {} or texts_at(check, check:others(index, "Deny"))
  local others = texts_at(check, same, deny)
  return setmetatable({
    check = check, index = index, label = name, removed = removed, edits = {}, deny = deny, denies = denies,
    overlaps = #same > 0 or #denies > 0, others = table.move(denies, 1, #denies, #others + 1, others),
    one = assemble(check.empty, { check.texts[index] }),
  }, Part)
end

-- Makes the edits of statements, by their indexes. Each round makes one of each statement.
local function make_edits(copy, edits_of)
  local round = 0
  repeat
    local settings = {}
    round = round + 1
    for index, edits in pairs(edits_of) do
      settings[#settings + 1] = edits[round] and setting(edits[round], index)
    end
    copy:set_all(settings)
  until #settings == 0
end

-- Removes the redundant parts of a copy. Returns whether there were some.
local function remove_parts(check, copy, labels, removed, options)
  local before, edits_of = #removed, {}
  for index, statement in ipairs(check.statements) do
    if is_editable(statement, options) and not check:stops() then
      local part = new_part(check, index, labels[index], removed)
      part:try_all()
      if #part.edits > 0 then
        edits_of[index] = part.edits
        check:replace(index, part.one)
      end
    end
  end
  make_edits(copy, edits_of)
  return #removed > before
end

local function labels_of(doc)
  local labels = {}
  for i, statement in ipairs(doc:statements()) do
    labels[i] = label(statement)
  end
  return labels
end

-- Smaller statements can be redundant beside others: how often the whole is repeated.
local MOST_ROUNDS = 4

--- Returns an equal document without redundant statements, values and conditions, and what was removed, in order. A
--- part that might be redundant, but cannot be decided, stays; `reason` then says why.
---@param doc policy.Document
---@param options? policy.ReasonOptions
---@return policy.Document smaller  a copy; `doc` does not change
---@return policy.Removal[] removed
---@return string? reason
return function(doc, options)
  local copy, labels, removed, undecided = doc:copy(), labels_of(doc), {}, nil
  local budget = budgets.new(redundancy.MOST_STEPS)
  options = reason.of_parts(doc, options)
  for _ = 1, MOST_ROUNDS do
    local first, count = redundancy.new(copy, options, budget), #removed
    remove_statements(first, copy, labels, removed, options)
    local check = #removed > count and redundancy.new(copy, options, budget) or first
    local again = remove_parts(check, copy, labels, removed, options)
    undecided = undecided or first.undecided or check.undecided
    if not again or undecided then
      break
    end
  end
  local equal, witness = reason.equal_access(doc, copy, options)
  if equal == false and witness.certain then
    return doc:copy(), {}, "the smaller policy does not allow the same requests: a defect of Lanyard"
  end
  return copy, removed, undecided
end
