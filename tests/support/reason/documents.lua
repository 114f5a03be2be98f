-- Makes small random documents, and pairs of them, for the universes of `reason.profiles`.

local M = {}

local QUALIFIERS = { "", "", "", "IfExists" }

--- A generator of documents.
---@class reason.Generator
---@field random fun(limit: integer): integer
---@field profile reason.Profile
local Generator = {}
Generator.__index = Generator

---@param profile reason.Profile
---@param random fun(limit: integer): integer
function M.generator(profile, random)
  return setmetatable({ profile = profile, random = random }, Generator)
end

function Generator:pick(list)
  return list[self.random(#list)]
end

function Generator:chance(percent)
  return self.random(100) <= percent
end

-- Returns one item of a pool, or a list of up to three different ones.
function Generator:some(pool)
  if self:chance(60) or #pool < 2 then
    return self:pick(pool)
  end
  local list, seen = {}, {}
  for _ = 1, 1 + self.random(2) do
    local item = self:pick(pool)
    if not seen[item] then
      seen[item] = true
      list[#list + 1] = item
    end
  end
  return list
end

-- Returns a long list: a part of a pool, in which some items are missing, in random order.
function Generator:many(pool)
  local first = self:chance(50) and 1 or self.random(#pool - 20)
  local last = first == 1 and #pool or first + 20
  local list = {}
  for i = first, last do
    if not self:chance(3) then table.insert(list, self.random(#list + 1), pool[i]) end
  end
  return list
end

-- A Principal or NotPrincipal element.
function Generator:principal()
  local profile = self.profile
  if self:chance(profile.anyone or 40) then
    return "*"
  end
  local principal = {}
  for kind, pool in pairs(profile.principals) do
    if kind == "AWS" or self:chance(30) then
      principal[kind] = self:some(pool)
    end
  end
  return principal
end

-- A test of a key: operator, key, operands.
function Generator:test()
  local key = self:pick(self.profile.tests)
  if self:chance(key.null or 8) and not key.always then
    local set = key.set and self:pick { "", "ForAnyValue:", "ForAllValues:" } or ""
    return set .. "Null", key.key, self:pick { "true", "false" }
  end
  local family = self:pick(key.families)
  local operator = self:pick(family.operators)
  local set = key.set and self:pick { "ForAnyValue:", "ForAllValues:" } or ""
  return set .. operator .. self:pick(self.profile.qualifiers or QUALIFIERS), key.key, self:some(family.operands)
end

function Generator:condition()
  local condition = {}
  for _ = 1, self:pick { 1, 1, 1, 2, 2, 3 } do
    local operator, key, operands = self:test()
    condition[operator] = condition[operator] or {}
    condition[operator][key] = operands
  end
  return condition
end

--- Returns a random statement.
function Generator:statement()
  local profile = self.profile
  local statement = { Effect = self:chance(70) and "Allow" or "Deny" }
  if not profile.identity then
    local not_principal = self:chance(profile.not_principal or 8)
    local principal = self:principal()
    if not_principal and type(principal) == "table" then
      statement.NotPrincipal = principal
    else
      statement.Principal = principal
    end
  end
  statement[self:chance(8) and "NotAction" or "Action"] = profile.many_actions and self:chance(60)
    and self:many(profile.many_actions) or self:some(profile.actions)
  if profile.resources then
    statement[self:chance(10) and "NotResource" or "Resource"] = self:some(profile.resources)
  end
  if #profile.tests > 0 and self:chance(profile.conditions or 60) then
    statement.Condition = self:condition()
  end
  return statement
end

--- Returns a random document.
function Generator:document(most)
  local statements = {}
  for i = 1, self.random(most or 3) do
    statements[i] = self:statement()
  end
  return { Version = self:chance(self.profile.old or 10) and "2008-10-17" or "2012-10-17", Statement = statements }
end

-- ---------------------------------------------------------------------------------------------
-- Changes

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local new = {}
  for key, item in pairs(value) do new[key] = copy(item) end
  return new
end
M.copy = copy

-- Each changes a document, often a little only.
local changes = {
  function(self, doc) doc.Statement[#doc.Statement + 1] = self:statement() end,
  function(self, doc)
    if #doc.Statement > 1 then table.remove(doc.Statement, self.random(#doc.Statement)) end
  end,
  function(self, doc) doc.Statement[self.random(#doc.Statement)] = self:statement() end,
  function(self, doc) -- a narrower or wider copy of a statement
    local statement = copy(self:pick(doc.Statement))
    statement.Condition = self:chance(50) and #self.profile.tests > 0 and self:condition() or nil
    doc.Statement[#doc.Statement + 1] = statement
  end,
  function(self, doc) -- another element
    local from, to = self:statement(), self:pick(doc.Statement)
    local parts = { { "Principal", "NotPrincipal" }, { "Action", "NotAction" }, { "Resource", "NotResource" }, { "Condition" } }
    for _, name in ipairs(self:pick(parts)) do
      to[name] = copy(from[name])
    end
  end,
  function(_, doc) doc.Version = doc.Version == "2012-10-17" and "2008-10-17" or "2012-10-17" end,
  function(self, doc)
    local statement = self:pick(doc.Statement)
    statement.Effect = statement.Effect == "Allow" and "Deny" or "Allow"
  end,
}

--- Returns a changed copy of a document.
function Generator:changed(doc)
  local new = copy(doc)
  for _ = 1, self:pick { 1, 1, 2 } do
    self:pick(changes)(self, new)
  end
  return new
end

--- Returns a pair of documents.
function Generator:pair()
  local before = self:document()
  if self:chance(30) then
    return before, self:document()
  elseif self:chance(20) then
    return before, self:rewritten(before)
  end
  local after = self:changed(before)
  if self:chance(50) then
    return before, after
  end
  return after, before
end

-- ---------------------------------------------------------------------------------------------
-- Documents with the same meaning

local function shuffle(self, list)
  for i = #list, 2, -1 do
    local j = self.random(i)
    list[i], list[j] = list[j], list[i]
  end
end

-- Splits a list of actions or resources, or of principals, into a statement for each item.
local function split(self, statement)
  local name = self:pick { "Action", "Resource", "Principal" }
  local list = statement[name]
  if name == "Principal" and type(list) == "table" then
    local statements = {}
    for kind, items in pairs(list) do
      for _, item in ipairs(type(items) == "table" and items or { items }) do
        local one = copy(statement)
        one.Principal = { [kind] = item }
        statements[#statements + 1] = one
      end
    end
    return statements
  elseif type(list) ~= "table" or #list > 10 then
    return { statement }
  end
  local statements = {}
  for i, item in ipairs(list) do
    statements[i] = copy(statement)
    statements[i][name] = item
  end
  return statements
end

--- Returns a document with the same meaning: statements and lists in another order, lists split into statements,
--- statements repeated.
function Generator:rewritten(doc)
  local new = { Version = doc.Version, Statement = {} }
  for _, statement in ipairs(doc.Statement) do
    for _, one in ipairs(self:chance(60) and split(self, copy(statement)) or { copy(statement) }) do
      for _, name in ipairs { "Action", "NotAction", "Resource", "NotResource" } do
        if type(one[name]) == "table" then shuffle(self, one[name]) end
      end
      table.insert(new.Statement, one)
    end
  end
  if self:chance(30) then
    table.insert(new.Statement, copy(self:pick(doc.Statement)))
  end
  shuffle(self, new.Statement)
  return new
end

return M
