--- Expressions about the unknown values of a request, made short: "aws:PrincipalOrgID = "o-x" and (... or ...)".
---
--- A node is true, false, a literal (lanyard.policy.when.literals), or { "and" | "or", node, ... }.

local literals = require "lanyard.policy.when.literals"
local minterms = require "lanyard.policy.when.minterms"
local relations = require "lanyard.policy.when.relations"

local M = {}

local OTHER = { ["and"] = "or", ["or"] = "and" }

local function is_literal(node)
  return type(node) == "table" and node.fact ~= nil
end

-- Returns a node of an operator. Constants and nodes of the same operator are dissolved.
local function join(operator, nodes)
  local neutral, joined, seen = operator == "and", { operator }, {}
  local function add(node)
    if type(node) == "table" and node[1] == operator then
      for i = 2, #node do
        add(node[i])
      end
      return
    end
    local id = is_literal(node) and node.fact.id .. (node.negated and "-" or "+") or node
    if not seen[id] then
      seen[id] = true
      joined[#joined + 1] = node
    end
  end
  for _, node in ipairs(nodes) do
    if node == not neutral then
      return node
    elseif node ~= neutral then
      add(node)
    end
  end
  if joined[2] == nil then
    return neutral
  end
  return joined[3] == nil and joined[2] or joined
end

--- Returns a node that holds if all nodes hold.
---@param nodes (table|boolean)[]
---@return table|boolean
function M.all(nodes)
  return join("and", nodes)
end

--- Returns a node that holds if one of the nodes holds.
---@param nodes (table|boolean)[]
---@return table|boolean
function M.any(nodes)
  return join("or", nodes)
end

--- Returns a node that holds if another one does not.
---@param node table|boolean
---@return table|boolean
function M.negation(node)
  if type(node) == "boolean" then
    return not node
  elseif is_literal(node) then
    return { fact = node.fact, negated = not node.negated or nil }
  end
  local nodes = {}
  for i = 2, #node do
    nodes[i - 1] = M.negation(node[i])
  end
  return join(OTHER[node[1]], nodes)
end

-- ---------------------------------------------------------------------------------------------
-- Facts

-- Adds the facts of a node to a list, each once.
local function collect(node, facts)
  if is_literal(node) then
    if not facts[node.fact.id] then
      facts[node.fact.id] = true
      facts[#facts + 1] = node.fact
    end
  elseif type(node) == "table" then
    for i = 2, #node do
      collect(node[i], facts)
    end
  end
  return facts
end

-- Returns the operands of facts about one key, in groups that are in the same facts.
local function groups_of(facts)
  local owners, order, groups = {}, {}, {}
  for i, fact in ipairs(facts) do
    for _, value in ipairs(fact.values) do
      if not owners[value] then
        owners[value], order[#order + 1] = {}, value
      end
      table.insert(owners[value], i)
    end
  end
  for _, value in ipairs(order) do
    local owner = table.concat(owners[value], ",")
    owners[value], groups[owner] = owner, groups[owner] or {}
    table.insert(groups[owner], value)
  end
  return groups, owners
end

-- Returns for each fact that shares some operands with another one a node of facts that share none.
local function split(facts)
  local families, parts = {}, {}
  for _, fact in ipairs(facts) do
    if relations.is_disjunction(fact) then
      local name = fact.test .. " " .. fact.key:lower()
      families[name] = families[name] or {}
      table.insert(families[name], fact)
    end
  end
  for _, family in pairs(families) do
    local groups, owners = groups_of(family)
    for _, fact in ipairs(family) do
      local nodes, done = {}, {}
      for _, value in ipairs(fact.values) do
        local owner = owners[value]
        nodes[#nodes + 1] = not done[owner] and { fact = literals.fact(fact.key, fact.test, groups[owner]) } or nil
        done[owner] = true
      end
      parts[fact.id] = join("or", nodes)
    end
  end
  return parts
end

-- Returns a node with each fact replaced by its parts.
local function replaced(node, parts)
  if type(node) == "boolean" then
    return node
  elseif is_literal(node) then
    local part = parts[node.fact.id]
    return part == nil and node or node.negated and M.negation(part) or part
  end
  local nodes = {}
  for i = 2, #node do
    nodes[i - 1] = replaced(node[i], parts)
  end
  return join(node[1], nodes)
end

-- Returns the value of a node for an assignment. `bits` has the bit of each fact.
local function evaluate(node, assignment, bits)
  if type(node) == "boolean" then
    return node
  elseif is_literal(node) then
    return (assignment & bits[node.fact.id] ~= 0) ~= (node.negated or false)
  end
  local neutral = node[1] == "and"
  for i = 2, #node do
    if evaluate(node[i], assignment, bits) ~= neutral then
      return not neutral
    end
  end
  return neutral
end

-- ---------------------------------------------------------------------------------------------
-- Short forms

-- Returns the literal that is in most terms, or nil if each is in one only.
local function common(terms)
  local counts, best = {}, nil
  for _, term in ipairs(terms) do
    for _, literal in ipairs(term) do
      local id = literal.fact.id .. (literal.negated and "-" or "+")
      counts[id] = (counts[id] or 0) + 1
      if counts[id] > 1 and (not best or counts[id] > best.count) then
        best = { literal = literal, id = id, count = counts[id] }
      end
    end
  end
  return best
end

-- Returns the terms that have a literal, without it, and the other terms.
local function divide(terms, id)
  local with, without = {}, {}
  for _, term in ipairs(terms) do
    local rest = {}
    for _, literal in ipairs(term) do
      rest[#rest + 1] = literal.fact.id .. (literal.negated and "-" or "+") ~= id and literal or nil
    end
    table.insert(#rest < #term and with or without, #rest < #term and rest or term)
  end
  return with, without
end

-- Returns a node of terms: literals joined by `inner`, which are joined by the other operator.
local function factor(terms, inner)
  local best = common(terms)
  if not best then
    local nodes = {}
    for i, term in ipairs(terms) do
      nodes[i] = join(inner, term)
    end
    return join(OTHER[inner], nodes)
  end
  local with, without = divide(terms, best.id)
  local node = join(inner, { best.literal, factor(with, inner) })
  return #without == 0 and node or join(OTHER[inner], { node, factor(without, inner) })
end

local function size_of(node)
  if type(node) == "boolean" then
    return 0
  elseif is_literal(node) then
    return 1
  end
  local size = 0
  for i = 2, #node do
    size = size + size_of(node[i])
  end
  return size
end

-- Returns the products as lists of literals; with `negated` each literal is the opposite.
local function terms_of(products, facts, negated)
  local terms = {}
  for t, product in ipairs(products) do
    terms[t] = {}
    for i, fact in ipairs(facts) do
      local bit = 1 << (i - 1)
      if product.mask & bit ~= 0 then
        local holds = product.bits & bit ~= 0
        table.insert(terms[t], { fact = fact, negated = holds == negated or nil })
      end
    end
  end
  return terms
end

-- Joins literals about one key: k = "a" or k = "b" becomes k in ("a", "b").
local function merge(node)
  if type(node) == "boolean" or is_literal(node) then
    return node
  end
  -- By test and key, `positions` has the position of the first literal, and `values` the values of all.
  local nodes, positions, values = {}, {}, {}
  for i = 2, #node do
    local one = merge(node[i])
    local fits = is_literal(one) and relations.is_disjunction(one.fact) and (one.negated == true) == (node[1] == "and")
    local name = fits and one.fact.test .. " " .. one.fact.key:lower()
    if name and positions[name] then
      table.move(one.fact.values, 1, #one.fact.values, #values[name] + 1, values[name])
    else
      nodes[#nodes + 1] = one
      if name then
        positions[name], values[name] = #nodes, table.move(one.fact.values, 1, #one.fact.values, 1, {})
      end
    end
  end
  for name, position in pairs(positions) do
    local one = nodes[position]
    nodes[position] = { fact = literals.fact(one.fact.key, one.fact.test, values[name]), negated = one.negated }
  end
  return join(node[1], nodes)
end

--- Returns a short node with the same meaning for every request that can exist.
---@param node table|boolean
---@return table|boolean
function M.simplify(node)
  local parts = split(collect(node, {}))
  node = replaced(node, parts)
  local facts, bits = collect(node, {}), {}
  if #facts == 0 or #facts > minterms.MOST then
    return merge(node)
  end
  for i, fact in ipairs(facts) do
    bits[fact.id] = 1 << (i - 1)
  end
  local possible = relations.possible(facts)
  local function products(wanted)
    return minterms.minimize(#facts, function(assignment)
      if not possible(assignment) then
        return nil
      end
      return evaluate(node, assignment, bits) == wanted
    end)
  end
  local sum = merge(factor(terms_of(products(true), facts, false), "and"))
  local product = merge(factor(terms_of(products(false), facts, true), "or"))
  return size_of(product) < size_of(sum) and product or sum
end

-- ---------------------------------------------------------------------------------------------
-- Output

--- Returns a node as text.
---@param node table|boolean
---@return string
function M.text(node)
  if type(node) == "boolean" then
    return node and "always" or "never"
  elseif is_literal(node) then
    return literals.text(node)
  end
  local texts = {}
  for i = 2, #node do
    local text = M.text(node[i])
    texts[i - 1] = is_literal(node[i]) and text or ("(%s)"):format(text)
  end
  return table.concat(texts, (" %s "):format(node[1]))
end

--- Returns a node for JSON: true, false, a test, { and = list }, { or = list }.
---@param node table|boolean
---@return table|boolean
function M.form(node)
  if type(node) == "boolean" then
    return node
  elseif is_literal(node) then
    return literals.form(node)
  end
  local forms = {}
  for i = 2, #node do
    forms[i - 1] = M.form(node[i])
  end
  return { [node[1]] = forms }
end

return M
