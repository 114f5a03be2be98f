--- Classes of callers: sets of principals, and the sources, networks and other demands that restrict their requests.
---
--- A class has an identity (an account, an organization, ...), which is a principal of a statement or one demand of its
--- conditions, and further demands (lanyard.policy.demand). A class can be written as statements, so the engine behind
--- new_access decides whether a policy reaches it.

--- A class of callers: an account, an organization, a service, everyone, and what restricts their requests.
---@class policy.Class
---@field kind string     everyone, any-organization, organization, organization-path, account, pattern, principal,
---                       provider, any-service or service
---@field id? string      the organization, the path, the account, the ARN or pattern, the provider, the service
---@field entry? { type: string, value: string }  the principal of the statement; nil: "*"
---@field demand? policy.Demand        the demand that identifies the callers
---@field restrictions policy.Demand[] what else their requests must satisfy
---@field except policy.Class[]        classes within this one that are excluded
---@field source? { key: string, values: string[] }   the first restriction to sources
---@field network? { key: string, values: string[] }  the first restriction to networks
---@field text string     the class for people
---@field rank integer    narrower classes have higher ranks

local coverage = require "lanyard.policy.coverage"
local demands = require "lanyard.policy.demand"
local json = require "lanyard.json"

local M = {}

-- The ranks of the kinds, from the widest class to the narrowest. Restrictions add one each, up to nine.
local RANKS = {
  everyone = 10, ["any-organization"] = 30, ["any-service"] = 30, organization = 40, ["organization-path"] = 50,
  account = 60, pattern = 70, service = 80, provider = 80, principal = 90,
}

local TEXTS = {
  everyone = "everyone", ["any-organization"] = "every account of any organization",
  ["any-service"] = "any AWS service", organization = "organization %s", ["organization-path"] = "organization path %s",
  account = "account %s", pattern = "principals like %s", principal = "%s", provider = "identity provider %s",
  service = "service %s",
}

local function class(kind, id, fields)
  fields = fields or {}
  fields.kind, fields.id, fields.rank = kind, id, RANKS[kind]
  local root = kind == "principal" and id:match "^arn:[^:]*:iam::(%d+):root$"
  fields.text = root and "the root user of account " .. root
    or (kind == "provider" and id == "*" and "any identity provider" or TEXTS[kind]):format(id)
  fields.restrictions, fields.except = fields.restrictions or {}, fields.except or {}
  return fields
end

local function by_demand(kind, id, operator, key, value)
  return class(kind, id, { demand = demands.read { operator = operator, key = key, values = { value } } })
end

-- ---------------------------------------------------------------------------------------------
-- Identities

--- Everyone: any principal, service or anonymous caller.
function M.everyone()
  return class "everyone"
end

--- Every principal of any organization.
function M.any_organization()
  return by_demand("any-organization", nil, "Null", "aws:PrincipalOrgID", "false")
end

--- Every service of AWS.
function M.any_service()
  return by_demand("any-service", nil, "Bool", "aws:PrincipalIsAWSService", "true")
end

--- The principals of an account.
---@param id string
function M.account(id)
  return by_demand("account", id, "StringEquals", "aws:PrincipalAccount", id)
end

-- Matches the ARN of the root user of an account in every partition.
local ROOT = "arn:*:iam::%s:root"

--- What holds for the root user of an account only.
---@param id string
---@return policy.Demand
function M.root_demand(id)
  return demands.read { operator = "ArnLike", key = "aws:PrincipalArn", values = { ROOT:format(id) } }
end

local KINDS = { Service = "service", Federated = "provider" }

--- A principal as a statement names it.
---@param entry { type: string, value: string }  the type is AWS, Service, Federated, CanonicalUser or *
---@return policy.Class
function M.principal(entry)
  local value = entry.value
  if value == "*" and (entry.type == "*" or entry.type == "AWS") then
    return M.everyone()
  elseif entry.type == "AWS" and coverage.is_account(value) then
    return M.account(coverage.account(value))
  end
  return class(KINDS[entry.type] or "principal", value, { entry = entry })
end

local FACET_KINDS = {
  organization = "organization", ["organization-path"] = "organization-path", account = "account", service = "service",
  userid = "pattern",
}

--- Returns the class that a demand identifies | nil if it identifies nobody. The demand has one value.
---@param demand policy.Demand
---@return policy.Class?
function M.identified(demand)
  local value, facet = demand.values[1], demand.facet
  local wild = value and value:find "[*?]" and demand.operator:find "Like"
  if demand.requires == "present" or demand.requires == "unlisted" and facet:find "^organization" then
    return (facet == "organization" or facet == "organization-path") and M.any_organization()
      or facet == "service" and M.any_service() or nil
  elseif demand.requires ~= "listed" or not value then
    return nil
  elseif facet == "is-service" then
    return value:lower() == "true" and M.any_service() or nil
  elseif facet == "arn" then
    local account = coverage.account(value)
    if account and value == ROOT:format(account) then
      return class("principal", ("arn:aws:iam::%s:root"):format(account), { demand = demand })
    end
    return class((wild or demand.operator:find "^Arn" and value:find "[*?]") and "pattern" or "principal", value,
      { demand = demand })
  elseif facet == "service" and wild then
    return M.any_service()
  elseif wild and (facet == "organization" or facet == "organization-path" and value:find "^[^/]*[*?]") then
    return M.any_organization()
  end
  local kind = FACET_KINDS[facet]
  if kind == "account" and wild or kind == "pattern" and not value:find "^A[IR][DO]A%w+" then
    return nil
  elseif kind == "organization-path" and not value:find "/" then
    kind = nil
  elseif kind == "organization-path" and value:find "^o%-[^*?/]+/%*+$" then
    return class("organization", value:match "^[^/]+", { demand = demand })
  end
  return kind and class(kind, value, { demand = demand })
end

-- ---------------------------------------------------------------------------------------------
-- Restrictions

local FORMS = {
  source = "for %s", network = "from %s", organization = "in organization %s",
  ["organization-path"] = "in organization path %s", account = "in account %s", arn = "with an ARN like %s",
  service = "by service %s",
}

-- What negated operators exclude by name is in the exceptions of a class.
local EXCLUDING = {
  organization = true, ["organization-path"] = true, account = true, arn = true, ["is-service"] = true,
}

--- Reports whether a demand excludes somebody by name, instead of restricting the others.
---@param demand policy.Demand
---@return boolean
function M.is_exception(demand)
  local is_false = demand.facet == "is-service" and (demand.values[1] or ""):lower() == "false"
  return EXCLUDING[demand.facet] and (is_false or demand.requires == "absent" or demand.requires == "unlisted") or false
end

--- Reports whether a demand says something about the caller, its sources or its networks.
---@param demand policy.Demand
---@return boolean
function M.is_about_caller(demand)
  local requires, facet = demand.requires, demand.facet
  if facet == "request" or facet == "time" or requires == "unknown" or requires:find "%-or%-absent$" then
    return false
  elseif facet == "source" or facet == "network" then
    return requires == "listed" -- otherwise any source or network of anybody
  end
  return not M.is_exception(demand)
end

-- Returns a restriction as text, or nil if it says nothing about the caller.
local function restriction_text(demand)
  local values = table.concat(demand.values, ", ")
  if not M.is_about_caller(demand) then
    return nil
  elseif demand.requires == "listed" then
    local form = FORMS[demand.facet]
    return form and form:format(values) or ("with %s = %s"):format(demand.key, values)
  elseif demand.requires == "unlisted" then
    return ("with %s other than %s"):format(demand.key, values)
  end
  return ("%s %s"):format(demand.requires == "absent" and "without" or "with", demand.key)
end

-- The order of restrictions in a text.
local ORDER = { source = 1, network = 2 }

--- Adds restrictions to a new class, in place.
---@param member policy.Class
---@param restrictions policy.Demand[]
---@return policy.Class member
function M.restrict(member, restrictions)
  local texts = { {}, {}, {} }
  member.restrictions = restrictions
  for _, demand in ipairs(restrictions) do
    local text = restriction_text(demand)
    local facet = demand.facet
    if text then
      table.insert(texts[ORDER[facet] or 3], text)
      member.rank = math.min(member.rank + 1, RANKS[member.kind] + 9)
      if ORDER[facet] and demand.requires == "listed" then
        member[facet] = member[facet] or { key = demand.key, values = demand.values }
      end
    end
  end
  for _, list in ipairs(texts) do
    for _, text in ipairs(list) do
      member.text = member.text .. " " .. text
    end
  end
  return member
end

-- ---------------------------------------------------------------------------------------------
-- Comparison

--- Reports whether the identity of one class is known to be within that of another, whatever else restricts them.
---@param inner policy.Class
---@param outer policy.Class
---@return boolean
function M.is_identity_within(inner, outer)
  local kind, id = outer.kind, inner.id or ""
  if kind == "everyone" then
    return true
  elseif inner.entry and outer.demand and outer.demand.facet == "arn" and id:find "^arn:[^:]*:iam::%d+:user/" then
    return false -- a user includes the sessions of users that it federates, whose ARNs are others
  elseif kind == inner.kind and id == (outer.id or "") then
    return true
  elseif kind == "account" then
    return (inner.kind == "principal" or inner.kind == "pattern") and coverage.account(id) == outer.id
  elseif kind == "any-organization" then
    return inner.kind == "organization" or inner.kind == "organization-path"
  elseif kind == "organization" then
    return inner.kind == "organization-path" and id:sub(1, #outer.id + 1) == outer.id .. "/"
  elseif kind == "any-service" then
    return inner.kind == "service"
  elseif kind == "provider" then
    return inner.kind == "provider" and outer.id == "*"
  elseif kind == "pattern" and (inner.kind == "principal" or inner.kind == "pattern") then
    return outer.demand.facet == "arn" and id:find "^arn:[^:]*:iam:" ~= nil and outer.id:find "^arn:[^:]*:iam:" ~= nil
      and coverage.includes(outer.id, id)
  end
  return false
end

-- What callers are: a service, an identity provider, or a member of an account, which may be in an organization.
local GROUPS = {
  service = "service", ["any-service"] = "service", provider = "provider", account = "member",
  organization = "member", ["organization-path"] = "member", ["any-organization"] = "member",
}

-- Returns the account of all callers of a class, if it is known.
local function account_of(member)
  local named = member.kind == "account" or member.kind == "principal" or member.kind == "pattern"
  return named and member.id and coverage.account(member.id) or nil
end

--- Reports whether two classes are known to have no caller in common: they are of different accounts, services or
--- providers, or one is of services and the other one of accounts.
---@param one policy.Class
---@param other policy.Class
---@return boolean
function M.are_apart(one, other)
  local first, second = account_of(one), account_of(other)
  if first and second then
    return first ~= second
  end
  local group, other_group = GROUPS[one.kind] or first and "member", GROUPS[other.kind] or second and "member"
  if not group or not other_group then
    return false
  elseif group ~= other_group then
    return true
  end
  local named = group ~= "member" and one.kind == other.kind and one.id and other.id
  return named and one.id ~= other.id and one.id ~= "*" and other.id ~= "*" or false
end

-- Reports whether a class is known to satisfy a restriction of another.
local function satisfies(inner, wanted)
  for _, demand in ipairs(inner.restrictions) do
    if demand == wanted or demand.name == wanted.name and demand.operator == wanted.operator
      and demand.requires == wanted.requires and coverage.contains(wanted.values, demand.values) then
      return true
    end
  end
  return false
end

--- Reports whether one class is known to be within another, apart from what the other excepts.
---@param inner policy.Class
---@param outer policy.Class
---@return boolean
function M.is_within(inner, outer)
  if not M.is_identity_within(inner, outer) then
    return false
  end
  for _, demand in ipairs(outer.restrictions) do
    if not satisfies(inner, demand) then
      return false
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Classes as statements

-- Returns a statement's element Condition for conditions that hold together | nil if an object cannot contain them.
local function condition_of(list)
  local condition = {}
  for _, one in ipairs(list) do
    local keys = condition[one.operator] or {}
    if keys[one.key] then
      return nil
    end
    condition[one.operator], keys[one.key] = keys, json.array { table.unpack(one.values) }
  end
  return next(condition) and condition
end

-- Returns the demands of a class that conditions express.
local function all_demands(member)
  local list = { member.demand }
  for _, demand in ipairs(member.restrictions) do
    list[#list + 1] = demand
  end
  return list
end

--- Reports whether texts of a class that look like policy variables are plain text | nil if none look like one
---@param member policy.Class
---@return boolean?
function M.literal(member)
  for _, demand in ipairs(all_demands(member)) do
    if table.concat(demand.values):find("${", 1, true) then
      return demand.literal or false
    end
  end
  return nil
end

--- Returns a statement that allows everything to a class | nil if one statement cannot express it.
---@param member policy.Class
---@return table?
function M.statement(member)
  local list = all_demands(member)
  local condition = condition_of(list)
  if #member.except > 0 or #list > 0 and not condition then
    return nil
  end
  local principal = member.entry and { [member.entry.type] = member.entry.value } or "*"
  return { Effect = "Allow", Principal = principal, Action = "*", Condition = condition }
end

-- Returns the condition that holds for the principal of a class only.
local function condition_of_entry(entry)
  if entry.type == "Service" then
    return { operator = "StringEquals", key = "aws:PrincipalServiceName", values = { entry.value } }
  elseif entry.type == "AWS" and entry.value:find "^arn:[%w-]+:iam::" then
    return { operator = "ArnLike", key = "aws:PrincipalArn", values = { entry.value } }
  end
  return nil
end

-- Adds a Deny for requests that do not satisfy a condition. Returns false if no operators express it.
local function add_deny(denies, condition)
  local opposite = demands.opposite(condition)
  local element = opposite and condition_of(opposite)
  if not element then
    return false
  end
  denies[#denies + 1] = { Effect = "Deny", Principal = "*", Action = "*", Condition = element }
  return true
end

--- Returns the statements that deny everything to everyone who does not satisfy some demands.
---@param list policy.Demand[]
---@return table[] denies
---@return boolean complete  false if some demands cannot be expressed
function M.denies(list)
  local denies, complete = {}, true
  for _, demand in ipairs(list) do
    complete = add_deny(denies, demand) and complete
  end
  return denies, complete
end

--- Returns the statements that deny everything to everyone but a principal as a statement names it.
---@param entry { type: string, value: string }
---@return table[]
function M.denies_of_others(entry)
  local condition, denies = condition_of_entry(entry), {}
  if not condition or not add_deny(denies, condition) then
    denies[1] = { Effect = "Deny", NotPrincipal = { [entry.type] = entry.value }, Action = "*" }
  end
  return denies
end

--- Returns the statements that deny everything to everyone outside a class | nil if statements cannot express it.
---@param member policy.Class
---@return table[]?
function M.outside(member)
  local denies, complete = M.denies(all_demands(member))
  if member.entry then
    local condition = condition_of_entry(member.entry)
    complete = condition ~= nil and add_deny(denies, condition) and complete
  end
  return complete and denies or nil
end

return M
