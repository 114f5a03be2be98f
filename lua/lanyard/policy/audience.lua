--- Who can ever be allowed by a policy, for findings: the classes of lanyard.policy.reachable with the relation to the
--- repository's account, and whether what restricts them keeps the public out.
---
---     local found = audience.of(doc, { account = "111122223333", trusted_organizations = { "o-a1b2c3d4e5" } })
---     found.kind     --> "account"
---     found.text     --> "account 444455556666 (another account)"
---     for _, class in ipairs(found) do print(class.kind, class.relation, class.text) end
---
--- A condition counts by whom it excludes: one that everybody satisfies restricts nobody. The time is that of the
--- question, so an expired statement reaches nobody.
---
---@class policy.Audience  a list of policy.AudienceClass, from the widest
---@field kind string      the kind of the widest class; "nobody" if the list is empty
---@field public public boolean  a class is public
---@field certain boolean  false if a class is uncertain
---@field text string      one line
---
---@class policy.AudienceClass
---@field kind "everyone"|"any-organization"|"organization"|"account"|"principal"|"service"
---@field id? string        organization, account, ARN, provider, unique id or service; nil: any
---@field type? string      of a principal: role, user, session, federated-user, root, provider, id or canonical-user
---@field pattern boolean   the id has wildcards
---@field account? string   of an account or a principal, if it is known
---@field relation? policy.Relation  of an organization, account or principal
---@field source? policy.AudienceSource  of a service
---@field restrictions policy.AudienceRestriction[]
---@field public protected boolean  a restriction keeps the public out
---@field public public boolean  everyone, or everyone in any organization, and nothing keeps the public out
---@field except string[]   who is excluded, as texts
---@field certain boolean
---@field text string

local budgets = require "lanyard.policy.budget"
local classes = require "lanyard.policy.classes"
local core = require "lanyard.policy.core"
local coverage = require "lanyard.policy.coverage"
local demands = require "lanyard.policy.demand"
local inclusion = require "lanyard.policy.inclusion"
local lazy = require "lanyard.lazy"
local reachable = require "lanyard.policy.reachable"
local relations = require "lanyard.policy.audience.relations"
local request_of = require "lanyard.policy.request"

local restrictions = lazy "lanyard.policy.audience.restrictions"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Identities

-- Returns whether an identity exists in AWS at all: no account has fewer than 12 digits, and wildcards are plain text
-- to the operators other than StringLike, ArnLike and ArnEquals.
local function is_possible(class)
  local id, demand = class.id, class.demand
  local wildcards = demand and (demand.operator:find "Like" or demand.operator:find "Arn")
  local variable = demand and id and demands.is_variable(demand, id) and id:lower() or nil
  if demand and id and id:find "[*?]" and not wildcards then
    return false
  elseif class.kind == "account" then
    return coverage.account(id) == id or variable == "${aws:resourceaccount}"
  elseif class.kind == "organization" or class.kind == "organization-path" then
    return id:find "^o%-" ~= nil or variable == "${aws:resourceorgid}"
  elseif class.entry and class.entry.type == "CanonicalUser" then
    return #id == 64 and not id:find "%X"
  elseif class.kind == "service" then
    return id:find "^[%w-]+%.[%w.-]+$" ~= nil
  elseif class.entry and id and id:find "[*?]" then
    return class.kind == "provider" and id == "*"
  elseif class.entry and class.kind == "principal" then
    return request_of.caller(id).kind ~= "other" and (not id:find "^arn:" or coverage.account(id) ~= nil)
  end
  return true
end

local TYPES = {
  role = "role", user = "user", session = "session", root = "root", ["federated-user"] = "federated-user", id = "id",
}

-- Returns the type of a principal by its ARN, which may be a pattern.
local function type_of(class)
  if class.entry and class.entry.type == "CanonicalUser" then
    return "canonical-user"
  elseif class.demand and class.demand.facet == "userid" then
    return "id"
  end
  return TYPES[request_of.caller(class.id).kind] or class.id:match "^arn:[^:]*:iam::[^:]*:(%a+)/"
end

local function principal(class, known)
  local account = class.kind ~= "provider" and coverage.account(class.id)
    or class.id:match "^arn:[^:]*:iam::(%d%d%d%d%d%d%d%d%d%d%d%d):"
  local whole = account and class.id:match "^arn:[^:]*:[^:]*:[^:]*:%d+:(%*+)$"
  if whole then
    return { kind = "account", id = account, account = account, relation = relations.account(known, account) }
  end
  local relation = class.kind == "provider" and not account and "other" or relations.account(known, account)
  return {
    kind = "principal", id = class.id, account = account, relation = relation,
    type = class.kind == "provider" and "provider" or type_of(class),
  }
end

local function organization(class, known)
  local id = class.id:match "^[^/]+"
  local one = { kind = "organization", id = id, relation = relations.organization(known, class.id) }
  one.path = class.kind == "organization-path" and class.id or nil
  return one
end

local function account(class, known)
  local relation = relations.account(known, class.id)
  local id = relation == "own" and known.account or class.id
  return { kind = "account", id = id, account = id, relation = relation }
end

local READERS = {
  account = account, organization = organization, ["organization-path"] = organization, principal = principal,
  provider = principal,
  ["any-organization"] = function() return { kind = "any-organization" } end,
  service = function(class) return { kind = "service", id = class.id } end,
  ["any-service"] = function() return { kind = "service" } end,
  everyone = function() return { kind = "everyone" } end,
  pattern = function(class, known)
    local is_id = class.demand.facet == "userid"
    return (is_id or coverage.account(class.id)) and principal(class, known) or { kind = "everyone" }
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Classes

-- Returns the demands that restrict a class | nil if no request satisfies one.
local function restricting(class, known, now)
  local list = {}
  for _, demand in ipairs(class.restrictions) do
    local effect = restrictions.effect(demand, known, now)
    if effect == "never" then
      return nil
    end
    local excepted = #class.except > 0 and classes.is_exception(demand)
    list[#list + 1] = effect == "sometimes" and not excepted and demand or nil
  end
  return list
end

-- Everyone who acts for a source is a service: AWS sends the keys of sources with the requests of services only.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcearn
local function with_source(one, class, known)
  local source = relations.source(known, class.restrictions)
  if one.kind == "service" or one.kind == "everyone" and source.relation ~= "none" then
    one.kind, one.source = "service", source
  end
end

local NAMES = {
  everyone = "everyone", ["any-organization"] = "everyone in any organization", organization = "organization %s",
  account = "account %s", principal = "%s", service = "service %s",
}

local RELATIONS = {
  own = { account = " (this account)", organization = " (this organization)" },
  trusted = { account = " (trusted)", organization = " (trusted)", principal = " (trusted account)" },
  other = {
    account = " (another account)", organization = " (another organization)", principal = " (another account)",
  },
}

-- Returns who a service acts for, as text.
local function source_text(source)
  if source.relation == "none" then
    return " for anyone"
  end
  local notes = RELATIONS[source.relation]
  local note = notes and notes[#source.organizations > 0 and "organization" or "account"] or ""
  return (" for %s%s"):format(table.concat(source.values, ", "), note)
end

local function text_of(one)
  local text = one.kind == "service" and not one.id and "any AWS service"
    or one.type == "provider" and (one.id == "*" and "any identity provider" or "identity provider " .. one.id)
    or one.path and "organization path " .. one.path
    or one.type == "root" and "the root user of account " .. one.account
    or NAMES[one.kind]:format(one.id)
  local notes = (one.kind ~= "principal" or one.account) and RELATIONS[one.relation]
  text = text .. (notes and notes[one.kind] or "") .. (one.source and source_text(one.source) or "")
  for _, restriction in ipairs(one.restrictions) do
    text = text .. (restriction.kind == "source" and one.source and "" or " " .. restriction.text)
  end
  return #one.except > 0 and ("%s, except %s"):format(text, table.concat(one.except, ", ")) or text
end

-- Returns the classes that a request reaches at a time, with the demands that restrict them.
local function existing(list, known, now)
  local found = {}
  for _, class in ipairs(list) do
    local restricted = is_possible(class) and restricting(class, known, now)
    if restricted then
      found[#found + 1] = setmetatable({ restrictions = restricted }, { __index = class })
    end
  end
  return #found > 1 and inclusion.without_included(inclusion.sort(found)) or found
end

-- Returns a class of the audience.
local function read_class(class, known)
  local one = READERS[class.kind](class, known)
  local list = table.move(class.restrictions, 1, #class.restrictions, 1, {})
  one.restrictions, one.except, one.protected = {}, {}, false
  if one.kind == "everyone" and class.demand then
    table.insert(list, 1, class.demand)
  end
  with_source(one, class, known)
  if one.relation == "other" and relations.in_trusted_organization(known, list) then
    one.relation = "trusted"
  end
  for i, demand in ipairs(list) do
    one.restrictions[i] = restrictions.read(demand)
    one.protected = one.protected or one.restrictions[i].protects
  end
  for i, inner in ipairs(class.except) do
    one.except[i] = inner.text
  end
  one.pattern = one.id ~= nil and one.id:find "[*?]" ~= nil
  one.certain = class.certain
  one.public = (one.kind == "everyone" or one.kind == "any-organization") and not one.protected
  one.text = text_of(one)
  return one
end

-- ---------------------------------------------------------------------------------------------
-- Audiences

-- At most this many classes are in a text.
local MOST_NAMED = 5

local ORDER = {
  everyone = 1, ["any-organization"] = 2, organization = 3, account = 4, principal = 5, service = 6,
}

local function sort(list)
  local position = {}
  for i, one in ipairs(list) do
    position[one] = i
  end
  table.sort(list, function(a, b)
    if ORDER[a.kind] ~= ORDER[b.kind] then
      return ORDER[a.kind] < ORDER[b.kind]
    end
    return position[a] < position[b]
  end)
end

local function summarize(list)
  local texts = {}
  list.kind, list.public, list.certain = list[1] and list[1].kind or "nobody", false, true
  for i, one in ipairs(list) do
    texts[#texts + 1] = i <= MOST_NAMED and one.text or nil
    list.public, list.certain = list.public or one.public, list.certain and one.certain
  end
  if #list > MOST_NAMED then
    texts[#texts + 1] = ("%d more"):format(#list - MOST_NAMED)
  end
  list.text = #list == 0 and "nobody" or table.concat(texts, "; ")
  return list
end

-- A statement by itself is a document of one statement.
local function document_of(subject)
  if type(subject) ~= "table" then
    return subject
  end
  local version = "2012-10-17"
  for _, condition in ipairs(subject.conditions) do
    version = condition.literal and "2008-10-17" or version
  end
  return assert(core.parse(('{"Version":"%s","Statement":[%s]}'):format(version, subject.text)))
end

-- The classes of documents by their texts. An audit asks about many repositories with the same policy.
local cache, cached = {}, 0
local MOST_CACHED = 500

-- A question takes about this many steps, 0.1 s, unless it has a budget.
local MOST_STEPS = 20000000

local function reached(doc, options)
  local index = options.statement
  local label = ("%s\0%s\0%s"):format(options.action or "", index or "", tostring(doc))
  if cache[label] then
    return cache[label]
  elseif cached >= MOST_CACHED then
    cache, cached = {}, 0
  end
  local budget = options.budget or budgets.new(MOST_STEPS)
  local list = reachable(doc, { action = options.action, statement = index, brief = true, budget = budget })
  if not budget:is_spent() then
    cache[label], cached = list, cached + 1
  end
  return list
end

--- Reports whether a class is everyone, but for some named exceptions.
---@param class policy.AudienceClass
---@return boolean
function M.is_unrestricted(class)
  return class.kind == "everyone" and class.public and class.certain and #class.restrictions == 0
end

--- Renders a class of lanyard.policy.reachable, whatever the time: what everybody satisfies does not restrict it.
---@param class table
---@param options? policy.Known
---@return policy.AudienceClass?  nil if the class names an identity that cannot exist in AWS
function M.render(class, options)
  options = options or {}
  if not is_possible(class) then
    return nil
  end
  -- Where no request satisfies the demands now, one may at another time.
  local restricted = restricting(class, options, os.time()) or class.restrictions
  return read_class(setmetatable({ restrictions = restricted }, { __index = class }), options)
end

--- Returns the audience of a policy or of a statement.
---@param subject policy.Document|policy.Statement  a statement is one of doc:statements(); to have the Denies of its
---   document considered, pass the document and `statement`
---@param options? { account?: string, organization?: string|false, trusted_accounts?: string[],
---  trusted_organizations?: string[], action?: string, statement?: integer, budget?: policy.Budget, now?: number }
---   account: the owner of the repository. organization: the owner's; false if it is not known. action: an action or a
---   pattern; any action unless given. statement: only what the Allow with this index allows. budget: when it is spent,
---   the classes that are left are not certain, and can be too wide, never too narrow. now: seconds since 1970; the
---   present unless given.
---@return policy.Audience
function M.of(subject, options)
  options = options or {}
  local doc, now = document_of(subject), options.now or os.time()
  local list, seen = {}, {}
  for _, class in ipairs(existing(reached(doc, options), options, now)) do
    local one = read_class(class, options)
    if not seen[one.text] then
      seen[one.text] = true
      list[#list + 1] = one
    end
  end
  sort(list)
  return summarize(list)
end

return M
