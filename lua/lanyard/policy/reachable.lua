--- Who can ever be allowed: the smallest set of classes of callers that contains every caller that a policy allows.
---
---     for _, class in ipairs(reachable(doc, { action = "ecr:BatchGetImage" })) do print(class.text) end
---     -- organization o-a1b2c3d4e5
---     -- service lambda.amazonaws.com for arn:aws:lambda:us-east-1:111122223333:function:f
---
--- The classes come from what the document says: principals, accounts, organizations, patterns, services, sources,
--- networks, and everyone. Together they contain every caller. Then, from the widest, each class is removed that the
--- others make redundant: if the others are denied, the document allows nothing (new_access). Every class that stays is
--- needed, because a request proves it.

local assemble = require "lanyard.policy.assemble"
local classes = require "lanyard.policy.classes"
local core = require "lanyard.policy.core"
local json = require "lanyard.json"
local new_access = require("lanyard.policy.reason").new_access

---@class policy.ReachedClass : policy.Class
---@field witness policy.Witness   a request by this class that is allowed, and by no other class of the result
---@field except policy.Class[]    classes within this one that are never allowed
---@field certain boolean          false if it depends on what AWS leaves open
---@field undecided? string        why it could not be decided whether the class is needed

-- ---------------------------------------------------------------------------------------------
-- Classes that a document names

local SOURCE_KEYS = {
  ["aws:sourcearn"] = true, ["aws:sourceaccount"] = true, ["aws:sourceowner"] = true, ["aws:sourceorgid"] = true,
  ["aws:sourceorgpaths"] = true,
}
local NETWORK_KEYS = {
  ["aws:sourceip"] = true, ["aws:vpcsourceip"] = true, ["aws:sourcevpc"] = true, ["aws:sourcevpce"] = true,
  ["aws:sourcevpcarn"] = true,
}

-- Returns the classes that a value of a condition on the principal names.
local function class_of(key, text)
  if key == "aws:principalorgid" then
    return text ~= "*" and not text:find "[*?]" and classes.organization(text) or classes.any_organization()
  elseif key == "aws:principalorgpaths" then
    return classes.organization_path(text)
  elseif key == "aws:principalaccount" then
    return text:find "^%d+$" and classes.account(text) or nil
  elseif key == "aws:principalarn" then
    return classes.pattern(text)
  elseif key == "aws:principalservicename" then
    return text:find "^[%w.-]+$" and classes.principal("Service", text) or nil
  end
  return nil
end

-- A set of classes, each once, by what they mean.
local Pool = {}
Pool.__index = Pool

function Pool:add(class)
  if class and not self[class.text] then
    self[class.text] = true
    self[#self + 1] = class
  end
end

-- Returns the values of a condition as texts | nil if one has a policy variable
local function texts_of(condition)
  local texts = {}
  for i, value in ipairs(condition.values) do
    texts[i] = tostring(value)
    if texts[i]:find("${", 1, true) then
      return nil
    end
  end
  return texts
end


-- Reports whether a condition holds only for requests that have a listed value of its key.
local function is_restricting(operator)
  return operator ~= "Null"
    and not (operator:find("Not", 1, true) or operator:find "^ForAllValues:" or operator:find "IfExists$")
end

-- Adds the classes of a statement without sources and networks. Returns the classes that its Principal element names.
local function add_callers(pool, statement)
  local named = {}
  for _, principal in ipairs(statement.principals) do
    local anyone = principal.type == "*" or principal.value == "*" and principal.type == "AWS"
    local class = not anyone and classes.principal(principal.type, principal.value) or classes.everyone()
    pool:add(class)
    named[#named + 1] = not statement.not_principal and class or nil
  end
  for _, condition in ipairs(statement.conditions) do
    for _, text in ipairs(condition.operator ~= "Null" and texts_of(condition) or {}) do
      pool:add(class_of(condition.key:lower(), text))
    end
  end
  return named
end

-- Adds the classes of a statement's callers that its conditions restrict to sources and networks.
local function add_restricted(pool, named, statement)
  named[#named + 1] = #named == 0 and classes.everyone() or nil
  for _, condition in ipairs(statement.conditions) do
    local key, texts = condition.key:lower(), texts_of(condition)
    local restrict = SOURCE_KEYS[key] and classes.for_source or NETWORK_KEYS[key] and classes.from_network
    if restrict and texts and is_restricting(condition.operator) then
      for _, class in ipairs(named) do
        pool:add(restrict(class, { condition.operator, condition.key, texts }))
      end
      local services = restrict == classes.for_source
      pool:add(services and restrict(classes.any_service(), { condition.operator, condition.key, texts }) or nil)
    end
  end
end

-- Sorts classes from the widest, and equally wide ones by the order in which they were added.
local function sort(pool)
  local position = {}
  for i, class in ipairs(pool) do
    position[class] = i
  end
  table.sort(pool, function(a, b)
    if a.rank ~= b.rank then
      return a.rank < b.rank
    end
    return position[a] < position[b]
  end)
  return pool
end

-- Returns the classes that a document names, from the widest.
local function named_classes(doc)
  local pool = setmetatable({}, Pool)
  pool:add(classes.everyone())
  pool:add(classes.any_service())
  pool:add(classes.any_organization())
  for _, statement in ipairs(doc:statements()) do
    local named = add_callers(pool, statement)
    if statement.effect == "Allow" then
      add_restricted(pool, named, statement)
    end
  end
  return sort(pool)
end

-- ---------------------------------------------------------------------------------------------
-- The smallest set

-- The state: the document and the texts of its statements, what is not asked about (`before`), the action, and the
-- options of new_access.
local Search = {}
Search.__index = Search

-- Returns a request that the document allows although some statements deny what they name, and that `before` does not
-- allow.
function Search:rest(statements)
  if self.action then
    table.insert(statements, { Principal = "*", NotAction = json.array { self.action } })
  end
  local texts = table.move(self.texts, 1, #self.texts, 1, {})
  for _, statement in ipairs(statements) do
    statement.Effect = "Deny"
    texts[#texts + 1] = json.encode(statement)
  end
  local doc = assemble(self.doc, texts)
  if not doc then
    return nil, "undecided", "the policy names too many callers for one question"
  end
  return new_access(self.before, doc, self.options)
end

-- Returns a request by a caller that is in none of the classes.
function Search:outside(list, but)
  local statements = {}
  for _, class in ipairs(list) do
    if class ~= but then
      statements[#statements + 1] = classes.statement(class)
    end
  end
  return self:rest(statements)
end

-- Removes the classes that the others make redundant, from the widest.
function Search:reduce(pool)
  local list = table.move(pool, 1, #pool, 1, {})
  local i = 1
  while list[i] do
    local found, undecided, reason = self:outside(list, list[i])
    if not found and not undecided then
      table.remove(list, i)
    else
      list[i].witness, list[i].undecided = found, reason
      list[i].certain = found ~= nil and found.certain
      i = i + 1
    end
  end
  return list
end

-- Reports whether one class is known to be within another.
local function is_within(inner, outer)
  if outer.kind == "everyone" then
    return true
  end
  local text = inner.id or ""
  return outer.kind == "account" and (text:match "^arn:[^:]*:[^:]*::(%d+):" == outer.id)
    or outer.kind == "organization" and inner.kind == "organization-path" and text:find(outer.id .. "/", 1, true) == 1
    or outer.kind == "any-organization" and inner.kind == "organization"
end

-- Returns the classes of the pool within one class that the document never allows.
function Search:exceptions(class, pool)
  local except = {}
  for _, inner in ipairs(pool) do
    local complement = inner.rank > class.rank and is_within(inner, class) and classes.complement(inner)
    if complement then
      local found, undecided = self:rest { complement }
      if not found and not undecided then
        except[#except + 1] = inner
      end
    end
  end
  return except
end

--- Returns the classes of callers that a document can ever allow, from the widest. The list is empty if the document
--- allows nothing.
---@param doc policy.Document
---@param options? { action?: string, before?: policy.Document, accounts?: table<string, string>, always?: string[],
---  limit?: integer }
---   action: an action or a pattern; any action unless given. before: only what this document does not allow. The
---   others: see new_access.
---@return policy.ReachedClass[]
return function(doc, options)
  options = options or {}
  local search = setmetatable({
    doc = doc, texts = {}, before = options.before or core.new(), action = options.action,
    options = { kind = "resource", accounts = options.accounts, always = options.always, limit = options.limit },
  }, Search)
  for i, statement in ipairs(doc:statements()) do
    search.texts[i] = statement.text
  end
  local pool = named_classes(doc)
  if options.before then
    -- A Deny that the earlier document had names those who gain.
    for _, class in ipairs(named_classes(options.before)) do
      pool:add(class)
    end
    sort(pool)
  end
  local list = search:reduce(pool)
  for _, class in ipairs(list) do
    class.except = search:exceptions(class, pool)
  end
  return list
end
