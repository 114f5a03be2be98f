--- Compares two policies by meaning.
---
---     for _, change in ipairs(compare(old, new)) do print(change.kind, change.label) end
---
--- Statements are paired by meaning and Sid, then by Sid, by meaning, and by principals.

--- A difference between two documents.
---@class policy.Change
---@field kind "added"|"removed"|"changed"|"document"  "document" is a change of Version, Id or another member
---@field label string  the Sid, or "#" and the index
---@field sid? string  the Sid of the statement
---@field from? policy.Statement  the old statement
---@field to? policy.Statement    the new statement
---@field elements { element: string, removed: string[], added: string[] }[]  which elements differ, and how

local lists = require "lanyard.lists"
local label = require("lanyard.policy.statements").label

local M = {}

-- Returns the text of a value without white space.
local function compact(node, text)
  if node.kind ~= "object" and node.kind ~= "array" then
    return text:sub(node.first, node.last)
  end
  local parts = {}
  for i, child in ipairs(node) do
    local name = child.key and text:sub(child.key.first, child.key.last) .. ":" or ""
    parts[i] = name .. compact(child, text)
  end
  return (node.kind == "object" and "{%s}" or "[%s]"):format(table.concat(parts, ","))
end

--- Returns the members of a document, except Statement, by name. A missing Version is 2008-10-17.
---@param doc policy.Document
---@return table<string, string>
function M.members(doc)
  local found, text = { Version = "2008-10-17" }, tostring(doc)
  for _, member in ipairs(doc:tree()) do
    local name = member.key.value
    if name ~= "Statement" then
      found[name] = member.kind == "string" and member.value or compact(member, text)
    end
  end
  return found
end

-- Returns a principal in one form: an account by its id.
local function principal_text(principal)
  local value = principal.value
  if principal.type == "AWS" or principal.type == "*" then
    return value:match "^arn:[%w-]+:iam::(%d%d%d%d%d%d%d%d%d%d%d%d):root$" or value
  end
  return principal.type .. ":" .. value
end

local function map(list, text)
  local texts = {}
  for i, item in ipairs(list) do
    texts[i] = text(item)
  end
  return texts
end

local function condition_texts(statement)
  local texts = {}
  for _, condition in ipairs(statement.conditions) do
    for _, value in ipairs(condition.values) do
      texts[#texts + 1] = ("%s %s %s"):format(condition.key, condition.operator, value)
    end
  end
  return texts
end

local function identity(text)
  return text
end

-- Returns the contents of a statement: lists of texts by element.
local function contents_of(statement)
  if statement.flaw then
    return { Statement = { statement.text } }
  end
  return {
    Sid = { statement.sid },
    Effect = { statement.effect },
    [statement.not_principal and "NotPrincipal" or "Principal"] = map(statement.principals, principal_text),
    [statement.not_action and "NotAction" or "Action"] = map(statement.actions, identity),
    [statement.not_resource and "NotResource" or "Resource"] = map(statement.resources, identity),
    Condition = condition_texts(statement),
  }
end

local ORDER = {
  "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
  "NotResource", "Condition", "Statement",
}

-- Returns a text for comparison: actions and condition keys are case-insensitive.
local function key_of(element, text)
  if element == "Action" or element == "NotAction" then
    return text:lower()
  elseif element == "Condition" then
    return text:gsub("^%S+", string.lower)
  end
  return text
end

-- Returns the texts of a list that another list lacks, each once.
local function missing(element, list, other)
  local known, found = {}, {}
  for _, text in ipairs(other or {}) do
    known[key_of(element, text)] = true
  end
  for _, text in ipairs(list or {}) do
    local key = key_of(element, text)
    if not known[key] then
      known[key] = true
      found[#found + 1] = text
    end
  end
  return found
end

local function changed_elements(from, to)
  local elements = {}
  for _, element in ipairs(ORDER) do
    local removed, added = missing(element, from[element], to[element]), missing(element, to[element], from[element])
    if #removed > 0 or #added > 0 then
      elements[#elements + 1] = { element = element, removed = removed, added = added }
    end
  end
  return elements
end

-- Pairs the statements of both policies for which key(statement, side) is equal, and removes them from `left`.
local function pair(old, new, left, partners_of, key)
  local by_key = {}
  for _, statement in ipairs(old) do
    local value = left[statement] and key(statement, 1)
    if value then
      by_key[value] = by_key[value] or { first = 1 }
      table.insert(by_key[value], statement)
    end
  end
  for _, statement in ipairs(new) do
    local value = left[statement] and key(statement, 2)
    local partners = value and by_key[value]
    local partner = partners and partners[partners.first]
    if partner then
      partners.first = partners.first + 1
      left[partner], left[statement] = nil, nil
      partners_of[statement] = partner
    end
  end
end

local function pair_all(a, b, old, new)
  local left, found = {}, {}
  for _, list in ipairs { old, new } do
    for _, statement in ipairs(list) do
      left[statement] = true
    end
  end
  local docs = { a, b }
  pair(old, new, left, found, function(statement, side) return docs[side]:meaning(statement.index, true) end)
  pair(old, new, left, found, function(statement) return statement.sid end)
  pair(old, new, left, found, function(statement, side) return docs[side]:meaning(statement.index) end)
  pair(old, new, left, found, function(statement)
    local names = map(statement.principals, principal_text)
    table.sort(names)
    return not statement.flaw and not statement.sid
      and table.concat({ statement.effect, tostring(statement.not_principal), table.unpack(names) }, "\n") or nil
  end)
  return found, left
end

local function document_change(a, b)
  local from, to = M.members(a), M.members(b)
  local names, elements = {}, {}
  for _, members in ipairs { from, to } do
    for name in pairs(members) do
      names[name] = true
    end
  end
  for _, name in ipairs(lists.sorted_names(names)) do
    if from[name] ~= to[name] then
      elements[#elements + 1] = { element = name, removed = { from[name] }, added = { to[name] } }
    end
  end
  return { kind = "document", label = "document", elements = elements }
end

-- Returns the set of the statements' meanings, including their Sids.
local function meanings(doc, statements)
  local found = {}
  for _, statement in ipairs(statements) do
    found[doc:meaning(statement.index, true)] = true
  end
  return found
end

-- Returns the change of a statement with a partner | nil if they are equal
local function statement_change(a, b, from, to)
  if a:meaning(from.index, true) == b:meaning(to.index, true) then
    return nil
  end
  local elements = changed_elements(contents_of(from), contents_of(to))
  if #elements == 0 then -- an element unknown to IAM
    elements[1] = { element = "Statement", removed = { from.text }, added = { to.text } }
  end
  return { kind = "changed", label = label(to), sid = to.sid, from = from, to = to, elements = elements }
end

--- Returns the changes from a to b in the order of b, followed by the removed statements.
---@param a policy.Document
---@param b policy.Document
---@return policy.Change[]
local function compare(a, b)
  local old, new = a:statements(), b:statements()
  local partners, left = pair_all(a, b, old, new)
  -- A repeated statement makes no difference.
  local old_meanings, new_meanings = meanings(a, old), meanings(b, new)
  local changes = {}
  local function add(change)
    if change and #change.elements > 0 then
      changes[#changes + 1] = change
    end
  end
  add(document_change(a, b))
  for _, statement in ipairs(new) do
    local partner = partners[statement]
    if partner then
      add(statement_change(a, b, partner, statement))
    elseif not old_meanings[b:meaning(statement.index, true)] then
      add { kind = "added", label = label(statement), sid = statement.sid, to = statement,
        elements = changed_elements({}, contents_of(statement)) }
    end
  end
  for _, statement in ipairs(old) do
    if left[statement] and not new_meanings[a:meaning(statement.index, true)] then
      add { kind = "removed", label = label(statement), sid = statement.sid, from = statement,
        elements = changed_elements(contents_of(statement), {}) }
    end
  end
  return changes
end

return setmetatable(M, { __call = function(_, a, b) return compare(a, b) end })
