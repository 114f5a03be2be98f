--- Says under which conditions a policy allows a request whose context is not complete.
---
---     when.of(node).text          aws:PrincipalOrgID = "o-x" and aws:SourceIp in 10.0.0.0/8
---     when.of(node).expression    { ["and"] = { { key, operator, values }, ... } }
---
--- The conditions are the parts of statements for which it is open whether they apply (doc:residue).

local expression = require "lanyard.policy.when.expression"
local literals = require "lanyard.policy.when.literals"

local M = {}

--- An answer. Its expression is true, false, a test { key, operator, values } with an operator of IAM, { open = text }
--- for what AWS leaves open, { and = list }, { or = list } or { not = test }. The keys "resource" and "issuer" are the
--- members of the request.
---@class policy.When
---@field text string  for people
---@field expression table|boolean

local function open(text)
  return { fact = literals.open(text) }
end

-- Returns a literal about AWS's matcher, which the patterns of all policies share.
local function crossing(part)
  local literal = open "a * matches a colon"
  return part.negated and expression.negation(literal) or literal
end

-- Returns what must be known for a part of a statement to hold, by kind.
local PARTS = {
  condition = function(part)
    if part.known and not table.concat(part.values):find("${", 1, true) then
      return open(("AWS decides that %s holds for this %s"):format(part.operator, part.key))
    end
    return literals.of_test(part.operator, part.key, part.values)
  end,
  resource = function(part)
    return literals.of_test(part.negated and "StringNotLike" or "StringLike", "resource", part.values)
  end,
  ["resource-pattern"] = crossing,
  ["action-pattern"] = crossing,
  ["not-principal"] = function(_, name)
    return open(("NotPrincipal of %s includes the principal"):format(name))
  end,
  flaw = function(_, name)
    return open(("AWS accepts %s"):format(name))
  end,
}

-- Returns when a statement names the principal in one of some ways.
local function names_principal(statement, namings)
  for _, naming in ipairs(namings) do
    if statement.names[naming] then
      return true
    end
  end
  local by_issuer = false
  for _, naming in ipairs(namings) do
    by_issuer = by_issuer or naming == "role"
  end
  return by_issuer and statement.issuers ~= nil and literals.of_test("StringEquals", "issuer", statement.issuers)
end

-- Returns when a statement applies.
local function applies(statement, document, namings)
  local nodes = { names_principal(statement, namings) }
  if statement.not_principal and statement.issuers then
    nodes[#nodes + 1] = literals.of_test("StringNotEquals", "issuer", statement.issuers)
  end
  local name = ("%sstatement %d"):format(document.name and document.name .. ": " or "", statement.index)
  for _, part in ipairs(statement.open) do
    nodes[#nodes + 1] = PARTS[part.kind](part, name)
  end
  return expression.all(nodes)
end

-- Returns when one of the statements of an effect applies.
local function any(documents, effect, namings)
  local nodes = {}
  for _, document in ipairs(documents) do
    document.residue = document.residue or document.doc:residue(document.request)
    for _, statement in ipairs(document.residue) do
      if statement.effect == effect then
        nodes[#nodes + 1] = applies(statement, document, namings)
      end
    end
  end
  return expression.any(nodes)
end

local EVERY = { "principal", "role", "account", "anyone" }

--- Returns when some documents allow a request, by statements that name the principal in one of the given ways, as a
--- node of lanyard.policy.when.expression.
---@param documents { doc: policy.Document, request: table, name?: string }[]
---@param namings? string[]
---@return table|boolean node
function M.allows(documents, namings)
  return any(documents, "Allow", namings or EVERY)
end

--- Returns when some documents deny a request.
---@param documents { doc: policy.Document, request: table, name?: string }[]
---@return table|boolean node
function M.denies(documents)
  return any(documents, "Deny", EVERY)
end

--- Returns a node as an answer.
---@param node table|boolean
---@return policy.When
function M.of(node)
  local short = expression.simplify(node)
  return { text = expression.text(short), expression = expression.form(short) }
end

--- Returns when a document allows a request.
---@param doc policy.Document
---@param request table  of lanyard.policy.request
---@return policy.When
function M.document(doc, request)
  local documents = { { doc = doc, request = request } }
  return M.of(expression.all { M.allows(documents), expression.negation(M.denies(documents)) })
end

return M
