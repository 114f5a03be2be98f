-- The difference of two policies in meaning: what the one says and the other does not.
--
--   for _, change in ipairs(compare(old, new)) do ... end
--
-- A change: { kind = "added" | "removed" | "changed", label, sid, from = statement | nil, to = statement | nil,
--   elements = { { element, removed = { text, ... }, added = { text, ... } }, ... } }
-- kind "document" is about Version or Id: { kind, elements }. Statements are paired by Sid, then by what
-- they mean, then by whom they name.

local lists = require "lanyard.lists"

local M = {}

-- A value as it is spelled, white space aside.
local function spelled(node, text)
  if node.kind ~= "object" and node.kind ~= "array" then
    return text:sub(node.first, node.last)
  end
  local parts = {}
  for i, child in ipairs(node) do
    local name = child.key and text:sub(child.key.first, child.key.last) .. ":" or ""
    parts[i] = name .. spelled(child, text)
  end
  return (node.kind == "object" and "{%s}" or "[%s]"):format(table.concat(parts, ","))
end

-- members(doc) --> { [name] = what it reads } of the document's members but for Statement. Without a
-- Version it is 2008-10-17.
function M.members(doc)
  local found, text = { Version = "2008-10-17" }, tostring(doc)
  for _, member in ipairs(doc:tree()) do
    local name = member.key.value
    if name ~= "Statement" then
      found[name] = member.kind == "string" and member.value or spelled(member, text)
    end
  end
  return found
end

-- A principal as it counts: an account by its id, whichever way it is spelled.
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

local function same(text)
  return text
end

-- What a statement says, by element: lists of texts.
local function facts_of(statement)
  if statement.flaw then
    return { Statement = { statement.text } }
  end
  return {
    Sid = { statement.sid },
    Effect = { statement.effect },
    [statement.not_principal and "NotPrincipal" or "Principal"] = map(statement.principals, principal_text),
    [statement.not_action and "NotAction" or "Action"] = map(statement.actions, same),
    [statement.not_resource and "NotResource" or "Resource"] = map(statement.resources, same),
    Condition = condition_texts(statement),
  }
end

local ORDER = {
  "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
  "NotResource", "Condition", "Statement",
}

-- The case of actions and of condition keys does not count.
local function key_of(element, text)
  if element == "Action" or element == "NotAction" then
    return text:lower()
  elseif element == "Condition" then
    return text:gsub("^%S+", string.lower)
  end
  return text
end

-- The texts of a list that another has not, each once.
local function missing(element, list, other)
  local seen, found = {}, {}
  for _, text in ipairs(other or {}) do
    seen[key_of(element, text)] = true
  end
  for _, text in ipairs(list or {}) do
    local key = key_of(element, text)
    if not seen[key] then
      seen[key] = true
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

local function label(statement)
  return statement.sid or "#" .. statement.index
end

-- Pairs statements of both that `key` gives the same key; those paired are taken out of `left`.
local function pair(old, new, left, pairs_found, key)
  local by_key = {}
  for _, statement in ipairs(old) do
    local value = left[statement] and key(statement, 1)
    if value then
      by_key[value] = by_key[value] or {}
      table.insert(by_key[value], statement)
    end
  end
  for _, statement in ipairs(new) do
    local value = left[statement] and key(statement, 2)
    local partners = value and by_key[value]
    if partners and #partners > 0 then
      local partner = table.remove(partners, 1)
      left[partner], left[statement] = nil, nil
      pairs_found[statement] = partner
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

-- The meanings of statements, their Sids with them.
local function meanings(doc, statements)
  local found = {}
  for _, statement in ipairs(statements) do
    found[doc:meaning(statement.index, true)] = true
  end
  return found
end

-- compare(a, b) --> list of changes, in the order of b; those of a that are gone come last
local function compare(a, b)
  local old, new = a:statements(), b:statements()
  local partners, left = pair_all(a, b, old, new)
  -- What is said once more, or no more twice, makes no difference.
  local said_before, said_now = meanings(a, old), meanings(b, new)
  local changes = {}
  local function add(change)
    if #change.elements > 0 then
      changes[#changes + 1] = change
    end
  end
  add(document_change(a, b))
  for _, statement in ipairs(new) do
    local partner = partners[statement]
    if not partner and said_before[b:meaning(statement.index, true)] then
      goto continue
    elseif not partner then
      add { kind = "added", label = label(statement), sid = statement.sid, to = statement,
        elements = changed_elements({}, facts_of(statement)) }
    elseif a:meaning(partner.index, true) ~= b:meaning(statement.index, true) then
      local elements = changed_elements(facts_of(partner), facts_of(statement))
      if #elements == 0 then -- an element that is not IAM's
        elements[1] = { element = "Statement", removed = { partner.text }, added = { statement.text } }
      end
      add { kind = "changed", label = label(statement), sid = statement.sid, from = partner, to = statement,
        elements = elements }
    end
    ::continue::
  end
  for _, statement in ipairs(old) do
    if left[statement] and not said_now[a:meaning(statement.index, true)] then
      add { kind = "removed", label = label(statement), sid = statement.sid, from = statement,
        elements = changed_elements(facts_of(statement), {}) }
    end
  end
  return changes
end

return setmetatable(M, { __call = function(_, a, b) return compare(a, b) end })
