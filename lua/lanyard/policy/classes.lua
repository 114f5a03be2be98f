--- Classes of callers: sets of principals, and of the sources and networks that they call for and from.
---
--- A class can be written as a statement that allows everything to it. So the engine behind new_access decides whether
--- a policy reaches a class, and whether some classes are everyone that a policy reaches.
---
---@class policy.Class
---@field kind string     everyone, any-organization, organization, organization-path, account, pattern, principal,
---                       provider, any-service or service
---@field id? string      the organization, the path, the account, the ARN or pattern, the provider, the service
---@field source? { key: string, values: string[] }   the caller must act for one of these
---@field network? { key: string, values: string[] }  the request must come from one of these
---@field text string     the class for people
---@field principal? table|string  the Principal element of the statement; "*" unless given
---@field conditions table[]       { operator, key, values } of the statement
---@field rank integer    narrower classes have higher ranks

local json = require "lanyard.json"

local M = {}

-- The ranks of the kinds, from the widest class to the narrowest.
local RANKS = {
  everyone = 1, ["any-organization"] = 3, ["any-service"] = 3, organization = 4, ["organization-path"] = 5, account = 6,
  pattern = 7, service = 8, provider = 8, principal = 9,
}

local TEXTS = {
  everyone = "everyone", ["any-organization"] = "every account of any organization",
  ["any-service"] = "any AWS service", organization = "organization %s", ["organization-path"] = "organization path %s",
  account = "account %s", pattern = "principals like %s", principal = "%s", provider = "identity provider %s",
  service = "service %s",
}

local function class(kind, id, principal, ...)
  return {
    kind = kind, id = id, principal = principal, conditions = { ... }, rank = RANKS[kind],
    text = TEXTS[kind]:format(id),
  }
end

--- Everyone: any principal, service or anonymous caller.
function M.everyone()
  return class "everyone"
end

--- Every principal of any organization.
function M.any_organization()
  return class("any-organization", nil, nil, { "Null", "aws:PrincipalOrgID", { "false" } })
end

--- Every service of AWS.
function M.any_service()
  return class("any-service", nil, nil, { "Bool", "aws:PrincipalIsAWSService", { "true" } })
end

--- The principals of an organization.
---@param id string
function M.organization(id)
  return class("organization", id, nil, { "StringEquals", "aws:PrincipalOrgID", { id } })
end

--- The principals below a path of an organization.
---@param path string  a pattern such as "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"
function M.organization_path(path)
  return class("organization-path", path, nil, { "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", { path } })
end

--- The principals of an account.
---@param id string
function M.account(id)
  return class("account", id, nil, { "StringEquals", "aws:PrincipalAccount", { id } })
end

--- The principals whose ARN matches a pattern, with their sessions.
---@param pattern string
function M.pattern(pattern)
  local operator = pattern:find "^arn:" and "ArnLike" or "StringLike"
  local kind = pattern:find "[*?]" and "pattern" or "principal"
  return class(kind, pattern, nil, { operator, "aws:PrincipalArn", { pattern } })
end

local KINDS = { Service = "service", Federated = "provider" }

--- A principal as a statement names it.
---@param type string   AWS, Service, Federated or CanonicalUser
---@param value string
function M.principal(type, value)
  local account = type == "AWS" and (value:match "^%d+$" or value:match "^arn:[%w-]+:iam::(%d+):root$")
  if account then
    return M.account(account)
  end
  return class(KINDS[type] or "principal", value, { [type] = value })
end

-- Returns a class with one more condition.
local function restricted(base, field, text, condition)
  local copy = {}
  for name, value in pairs(base) do
    copy[name] = value
  end
  copy.conditions = table.move(base.conditions, 1, #base.conditions, 1, {})
  copy.conditions[#copy.conditions + 1] = condition
  copy[field] = { key = condition[2], values = condition[3] }
  copy.text = ("%s %s %s"):format(base.text, text, table.concat(condition[3], ", "))
  copy.rank = base.rank + 1
  return copy
end

--- A class of callers that act for a source.
---@param base policy.Class
---@param condition table  { operator, key, values }
function M.for_source(base, condition)
  return restricted(base, "source", "for", condition)
end

--- A class of callers whose requests come from a network.
---@param base policy.Class
---@param condition table  { operator, key, values }
function M.from_network(base, condition)
  return restricted(base, "network", "from", condition)
end

-- ---------------------------------------------------------------------------------------------
-- Classes as statements

--- Returns a statement that allows everything to a class.
---@param member policy.Class
---@return table
function M.statement(member)
  local condition
  for _, one in ipairs(member.conditions) do
    local operator, key, values = table.unpack(one)
    condition = condition or {}
    condition[operator] = condition[operator] or {}
    condition[operator][key] = json.array(values)
  end
  return { Effect = "Allow", Principal = member.principal or "*", Action = "*", Condition = condition }
end

-- The negated operators of classes that consist of one condition. Null and Bool have the other value instead.
local NEGATED = {
  Null = "Null", Bool = "Bool",
  StringEquals = "StringNotEquals", ArnLike = "ArnNotLike", StringLike = "StringNotLike", IpAddress = "NotIpAddress",
}

local OTHER = { ["true"] = { "false" }, ["false"] = { "true" } }

--- Returns a statement that allows everything to everyone outside a class | nil if no statement can.
---@param member policy.Class
---@return table?
function M.complement(member)
  local condition = member.conditions[1]
  if member.kind == "service" then
    condition = { "StringEquals", "aws:PrincipalServiceName", { member.id } }
  elseif member.principal and member.kind == "principal" and member.id:find "^arn:[%w-]+:iam::" then
    condition = { "ArnLike", "aws:PrincipalArn", { member.id } }
  elseif member.principal or #member.conditions ~= 1 then
    condition = nil
  end
  local negated = condition and NEGATED[condition[1]]
  return negated and {
    Effect = "Allow", Principal = "*", Action = "*",
    Condition = { [negated] = { [condition[2]] = json.array(OTHER[condition[3][1]] or condition[3]) } },
  }
end

return M
