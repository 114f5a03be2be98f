--- Finds who outside the account, and outside the trusted accounts and organizations, can use a repository, and for
--- what.
---
---     for _, one in ipairs(outsiders.of(inventory, repository)) do
---       print(one.class.text, one.abilities.text)   --> account 444455556666 (another account)  pull from web
---     end
---
--- A condition counts by whom it excludes: lanyard.policy.audience decides who can ever be allowed.

local audience = require "lanyard.policy.audience"
local budgets = require "lanyard.policy.budget"
local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
local location = require "lanyard.audit.location"
local policy = require "lanyard.policy"
local principals = require "lanyard.access.principal"
local query = require "lanyard.audit.query"
local statements = require "lanyard.access.statements"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Abilities

local MANIFEST, LAYER = policy.PULL_ACTIONS[1], policy.PULL_ACTIONS[2]

local ACTIONS = { MANIFEST, LAYER }
for _, group in ipairs(ecr_actions.CHANGES) do
  for _, name in ipairs(group.actions) do
    ACTIONS[#ACTIONS + 1] = "ecr:" .. name
  end
end

---@class audit.Abilities
---@field pulls boolean   both actions of a pull
---@field reads boolean   one action of a pull
---@field writes boolean  an action that changes images, the repository, its policy or settings
---@field text string     "pull from web, push images and delete images"

-- Adds what actions that change something allow. Returns whether there is one.
local function add_writes(texts, actions, repository_name)
  local writes = false
  for _, group in ipairs(ecr_actions.CHANGES) do
    for _, name in ipairs(group.actions) do
      if actions["ecr:" .. name] then
        writes = true
        texts[#texts + 1] = #texts == 0 and group.ability:format(repository_name) or group.further
        break
      end
    end
  end
  return writes
end

-- Describes what a set of actions allows.
local function abilities_of(actions, repository_name)
  local pulls = actions[MANIFEST] and actions[LAYER] or false
  local reads = not pulls and (actions[MANIFEST] or actions[LAYER]) or false
  local texts = {}
  if pulls then
    texts[1] = "pull from " .. repository_name
  elseif reads then
    texts[1] = ("read the image %s of %s"):format(actions[MANIFEST] and "manifests" or "layers", repository_name)
  end
  local writes = add_writes(texts, actions, repository_name)
  return {
    pulls = pulls, reads = reads, writes = writes,
    text = lists.sentence(texts) .. (reads and not writes and ", but not pull" or ""),
  }
end

-- ---------------------------------------------------------------------------------------------
-- Subjects

--- Somebody outside who is allowed something.
---@class audit.Outsider
---@field class policy.AudienceClass
---@field principal string        the principal of the policy: "*" if a condition names the class
---@field statements policy.Statement[]  that allow it
---@field actions { [string]: true }
---@field abilities audit.Abilities

-- Principals that let nobody pull, which other findings report.
local IDLE = { ["service-role"] = true, ["lightsail-service"] = true, orphan = true }

-- Reports whether a principal of a policy can be somebody outside, or stand for many. In the policy of a repository,
-- the puller roles of services are what the audit is about.
local function is_candidate(entry, account, is_registry)
  local identity = principals.classify(entry.type, entry.value, account)
  if identity.kind == "puller" then
    return is_registry
  end
  return not IDLE[identity.kind] and not (identity.account and identity.foreign == false)
end

local function has_candidate(statement, account, is_registry)
  if statement.not_principal then
    return true
  end
  for _, entry in ipairs(statement.principals) do
    if is_candidate(entry, account, is_registry) then
      return true
    end
  end
  return false
end

local function is_outside(class, account, is_registry)
  if class.kind == "everyone" or class.kind == "any-organization" then
    return true
  elseif class.kind == "service" then
    return not (class.id and IDLE[principals.classify("Service", class.id).kind])
      and (class.source.relation == "other" or class.source.relation == "none")
  elseif class.kind == "principal" and class.type ~= "provider" then
    return class.relation == "other" and is_candidate({ type = "AWS", value = class.id }, account, is_registry)
  end
  return class.relation == "other"
end

--- Reports whether the user named accounts or organizations that are trusted.
---@param inventory audit.Inventory
---@return boolean
function M.has_trusted(inventory)
  return inventory.trusted_accounts ~= nil or inventory.trusted_organizations ~= nil
end

--- Reports whether a class is everyone, perhaps under a condition. All accounts of an organization are, unless the user
--- said which organizations are trusted: then each organization is trusted or not.
---@param inventory audit.Inventory
---@param class policy.AudienceClass
---@return boolean
function M.is_public(inventory, class)
  return class.kind == "everyone" or class.kind == "any-organization"
    or class.kind == "organization" and not inventory.trusted_organizations
end

--- Reports whether the findings about everyone report somebody outside: the linter's findings do for others.
---@param inventory audit.Inventory
---@param one audit.Outsider
---@return boolean
function M.is_reported_as_public(inventory, one)
  return M.is_public(inventory, one.class)
    and (one.abilities.pulls or one.abilities.reads or not audience.is_unrestricted(one.class))
end

-- Returns the principal of a statement to which a class belongs.
local function principal_of(statement, class)
  if statement.not_principal then
    return "*"
  end
  for _, entry in ipairs(statement.principals) do
    local identity = class.kind == "account" and principals.classify(entry.type, entry.value)
    if entry.value == class.id or identity and identity.kind == "account" and identity.account == class.id then
      return entry.value
    end
  end
  return "*"
end

local function denies(list)
  for _, statement in ipairs(list) do
    if statement.effect == "Deny" then
      return true
    end
  end
  return false
end

--- Returns whom a statement can ever allow an action.
---@param inventory audit.Inventory
---@param doc policy.Document
---@param statement policy.Statement
---@param options { action?: string, budget?: policy.Budget, organization?: string }  of lanyard.policy.audience
---@return policy.Audience
function M.audience(inventory, doc, statement, options)
  return audience.of(doc, {
    account = inventory.account, organization = options.organization, trusted_accounts = inventory.trusted_accounts,
    trusted_organizations = inventory.trusted_organizations, statement = statement.index, action = options.action,
    budget = options.budget, now = inventory.now,
  })
end

--- Returns the classes of callers outside that a statement can ever allow an action.
---@param inventory audit.Inventory
---@param doc policy.Document
---@param statement policy.Statement
---@param options { action?: string, is_registry?: boolean }  action: an action or a pattern; any action unless given.
---  is_registry: the document is the registry policy, in which a puller role is outside, too
---@return policy.AudienceClass[]
function M.classes(inventory, doc, statement, options)
  local found = {}
  if statement.effect ~= "Allow" or not has_candidate(statement, inventory.account, options.is_registry) then
    return found
  end
  for _, class in ipairs(M.audience(inventory, doc, statement, options)) do
    found[#found + 1] = is_outside(class, inventory.account, options.is_registry) and class or nil
  end
  return found
end

-- Adds an action of a class. The classes of several statements are one if they have the same text.
local function add_action(found, class, statement, action)
  local principal = principal_of(statement, class)
  local key = principal .. "\0" .. class.text
  local one = found[key]
  if not one then
    one = { class = class, principal = principal, statements = {}, actions = {} }
    found[key], found[#found + 1] = one, one
  end
  one.actions[action] = true
  if one.statements[#one.statements] ~= statement then
    table.insert(one.statements, statement)
  end
end

-- Returns which statements cover an action, as text. Actions that the same ones cover have the same audience.
local function signature(list, action)
  local bits = {}
  for i, statement in ipairs(list) do
    bits[i] = query.covers(statement, action) and "1" or "0"
  end
  return table.concat(bits)
end

-- The questions about one policy take about this many steps, 0.2 s.
local MOST_STEPS = 40000000

-- Returns a function that returns the classes of a statement for an action.
local function asker(inventory, subject)
  local has_deny, allows = denies(subject.statements), 0
  for _, statement in ipairs(subject.statements) do
    allows = allows + (statement.effect == "Allow" and 1 or 0)
  end
  local signatures, known, budget = {}, {}, budgets.new(MOST_STEPS)
  for _, action in ipairs(ACTIONS) do
    signatures[action] = has_deny and signature(subject.statements, action) or ""
  end
  return function(statement, action)
    local key = statement.index .. " " .. signatures[action]
    known[key] = known[key] or M.classes(inventory, subject.doc, statement, {
      action = has_deny and action or nil, budget = budget:part(math.max(allows, 1)),
    })
    return known[key]
  end
end

-- Returns who outside a policy allows something: outsiders without abilities, which name the repository.
local function find(inventory, subject)
  local found, ask = {}, asker(inventory, subject)
  for _, statement in ipairs(subject.statements) do
    local allows = statement.effect == "Allow" and has_candidate(statement, inventory.account)
    for _, action in ipairs(allows and ACTIONS or {}) do
      for _, class in ipairs(query.covers(statement, action) and ask(statement, action) or {}) do
        add_action(found, class, statement, action)
      end
    end
  end
  return found
end

--- Returns who outside can use a repository.
---@param inventory audit.Inventory
---@param repository { name: string, doc?: policy.Document, statements: policy.Statement[] }
---@return audit.Outsider[]
function M.of(inventory, repository)
  if not repository.outsiders then
    local facts = repository.doc and inventory.documents:facts_of(repository.doc) or { outsiders = {} }
    facts.outsiders = facts.outsiders or find(inventory, repository)
    repository.outsiders = {}
    for i, one in ipairs(facts.outsiders) do
      repository.outsiders[i] = {
        class = one.class, principal = one.principal, statements = one.statements, actions = one.actions,
        abilities = abilities_of(one.actions, repository.name),
      }
    end
  end
  return repository.outsiders
end

-- Returns the access that a statement gives everyone, as the report lists it.
local function access_to_all(repository, statement)
  for _, access in ipairs(repository.access) do
    for _, one in ipairs(access.kind == "public" and access.given_by or {}) do
      if one == statement then
        return access
      end
    end
  end
  return nil
end

--- Returns the details of a finding about somebody outside.
---@param repository audit.Repository
---@param one audit.Outsider
---@param message string  without the statement
---@param more table      further details; its `note` ends the message
---@return audit.Details
function M.details(repository, one, message, more)
  local statement = one.statements[1]
  local access = one.principal == "*" and access_to_all(repository, statement)
  local details = {
    repository = repository, statement = statement, principal = access and access.principal or one.principal,
    location = location.principal(repository.doc, statement.index, one.principal), outsider = one,
    message = ("%s (statement %s)%s"):format(message, statements.label(statement), more.note or ""),
  }
  for name, value in pairs(more) do
    details[name] = value
  end
  return details
end

return M
