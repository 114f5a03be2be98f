--- Questions about every possible request, each asked as new access: what a document allows, and a reference does not.
---
---     local found, undecided, reason = reference.grants(doc, { actions = { "ecr:PutImage" } })
---     local found = reference.outside(doc, { accounts = { "111122223333" }, organizations = { "o-a1b2c3d4e5" } })
---     local found = reference.public(doc)
---
--- The reference allows every request that the question does not ask about. Each function returns what new_access
--- returns: nil if there is no such request, a witness, or nil, "undecided" and a reason.

local arguments = require "lanyard.policy.arguments"
local core = require "lanyard.policy.core"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local new_access = require("lanyard.policy.reason").new_access

local M = {}

-- Returns a statement that allows everything, with some elements replaced. false removes an element. Without Resource
-- it applies to every resource.
local function allow(elements)
  local statement = { Effect = "Allow", Principal = "*", Action = "*" }
  for name, value in pairs(elements) do
    statement[name] = value or nil
  end
  return statement
end

-- Returns a document that consists of statements. In an identity policy they name no principal.
local function document(statements, kind)
  for _, statement in ipairs(statements) do
    statement.Principal = kind ~= "identity" and statement.Principal or nil
  end
  return assert(core.parse(json.encode { Version = "2012-10-17", Statement = json.array(statements) }))
end

local function ask(doc, statements, options)
  return new_access(document(statements, options and options.kind), doc, options)
end

-- ---------------------------------------------------------------------------------------------
-- Access that is named: actions, resources, principals

-- Returns the condition that holds for every principal but the named ones: accounts by id, services by name, and others
-- by ARN.
local function other_principals(principals)
  local lists_of = { account = json.array {}, service = json.array {}, arn = json.array {} }
  for _, principal in ipairs(principals) do
    table.insert(lists_of[arguments.principal_kind(principal)], principal)
  end
  local accounts, services, arns = lists_of.account, lists_of.service, lists_of.arn
  return {
    StringNotEquals = {
      ["aws:PrincipalAccount"] = #accounts > 0 and accounts or nil,
      ["aws:PrincipalServiceName"] = #services > 0 and services or nil,
    },
    ArnNotLike = #arns > 0 and { ["aws:PrincipalArn"] = arns } or nil,
  }
end

--- Finds a request with one of the actions, on one of the resources, by one of the principals, that a document allows.
--- A list that is absent restricts nothing.
---@param doc policy.Document
---@param asked { actions?: string[], resources?: string[], principals?: string[] }  patterns of actions and resources;
---   principals as account ids, services, and ARNs of users and roles, which may have wildcards. The ARN of a role
---   includes its sessions. Another principal is an error.
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.grants(doc, asked, options)
  local statements = {}
  if asked.actions then
    statements[#statements + 1] = allow { Action = false, NotAction = json.array(asked.actions) }
  end
  if asked.resources then
    statements[#statements + 1] = allow { NotResource = json.array(asked.resources) }
  end
  if asked.principals then
    statements[#statements + 1] = allow { Condition = other_principals(asked.principals) }
  end
  return ask(doc, statements, options)
end

-- ---------------------------------------------------------------------------------------------
-- Access from outside

local function each(list, format)
  local texts = json.array {}
  for i, text in ipairs(list) do
    texts[i] = format:format(text)
  end
  return texts
end

-- A service acts for an account or an organization. It says so in these keys, which another caller can choose freely.
local function by_service(operator, key, values)
  return allow { Condition = {
    Bool = { ["aws:PrincipalIsAWSService"] = "true" },
    [operator] = { [key] = values },
  } }
end

--- Finds a request that a document allows from outside a set of accounts and organizations. A service is inside if it
--- must act for one of them (aws:SourceAccount, aws:SourceArn, aws:SourceOrgID). Whether an account belongs to an
--- organization is unknown, unless `options.accounts` says it.
---@param doc policy.Document
---@param inside { accounts?: string[], organizations?: string[] }
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.outside(doc, inside, options)
  local statements = {}
  local function add(statement)
    statements[#statements + 1] = statement
  end
  local accounts, organizations = inside.accounts or {}, inside.organizations or {}
  if #accounts > 0 then
    local ids = json.array(accounts)
    add(allow { Condition = { StringEquals = { ["aws:PrincipalAccount"] = ids } } })
    add(by_service("StringEquals", "aws:SourceAccount", ids))
    add(by_service("ArnLike", "aws:SourceArn", each(accounts, "arn:*:*:*:%s:*")))
  end
  if #organizations > 0 then
    local ids = json.array(organizations)
    add(allow { Condition = { StringEquals = { ["aws:PrincipalOrgID"] = ids } } })
    add(allow { Condition = {
      ["ForAnyValue:StringLike"] = { ["aws:PrincipalOrgPaths"] = each(organizations, "%s/*") },
    } })
    add(by_service("StringEquals", "aws:SourceOrgID", ids))
    add(by_service("ForAnyValue:StringLike", "aws:SourceOrgPaths", each(organizations, "%s/*")))
  end
  return ask(doc, statements, options)
end

-- ---------------------------------------------------------------------------------------------
-- Public access, as Amazon S3 defines it
-- https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html

-- The keys whose fixed values restrict access to somebody. aws:PrincipalOrgPaths may have several values.
local RESTRICTING = {
  ["aws:principalarn"] = "aws:PrincipalArn", ["aws:principalaccount"] = "aws:PrincipalAccount",
  ["aws:principalorgid"] = "aws:PrincipalOrgID", ["aws:principalorgpaths"] = "aws:PrincipalOrgPaths",
  ["aws:principalservicename"] = "aws:PrincipalServiceName", ["aws:userid"] = "aws:userid",
  ["aws:sourcearn"] = "aws:SourceArn", ["aws:sourceaccount"] = "aws:SourceAccount",
  ["aws:sourceowner"] = "aws:SourceOwner", ["aws:sourceorgid"] = "aws:SourceOrgID",
  ["aws:sourceorgpaths"] = "aws:SourceOrgPaths",
  ["aws:sourcevpc"] = "aws:SourceVpc", ["aws:sourcevpce"] = "aws:SourceVpce",
  ["s3:dataaccesspointarn"] = "s3:DataAccessPointArn", ["s3:dataaccesspointaccount"] = "s3:DataAccessPointAccount",
}
local SEVERAL = { ["aws:PrincipalOrgPaths"] = true, ["aws:SourceOrgPaths"] = true }
-- A network with a shorter prefix is public: /8 for IPv4, /32 for IPv6.
local SHORTEST = { v4 = 8, v6 = 32 }

-- A fixed value has no wildcard and no policy variable. An access point's name may be a wildcard if its account is
-- fixed. "anonymous" is the account and the id of every caller without an identity.
local function is_fixed(key, text)
  if text:lower() == "anonymous" then
    return false
  end
  if key == "s3:DataAccessPointArn" and text:find "^arn:[^:*?$]+:s3:[^:*?$]+:%d%d%d%d%d%d%d%d%d%d%d%d:accesspoint/" then
    return true
  end
  return not text:find "[*?]" and not text:find("${", 1, true)
end

local function is_narrow(network)
  local prefix = math.tointeger(tonumber(network:match "/(%d+)$"))
  return not prefix or prefix >= (network:find(":", 1, true) and SHORTEST.v6 or SHORTEST.v4)
end

local function add_to(values, key, text)
  values[key] = values[key] or json.array {}
  table.insert(values[key], text)
end

-- Collects the fixed values of a condition: in `fixed` by key, and narrow networks in `networks`.
local function add_condition(fixed, networks, condition)
  local name = condition.key:lower()
  local key = RESTRICTING[name]
  for _, value in ipairs(condition.values) do
    local text = tostring(value)
    if key and is_fixed(key, text) then
      add_to(fixed, key, text)
    elseif name == "aws:sourceip" and core.operand("IpAddress", text) and select(2, core.operand("IpAddress", text))
      and is_narrow(text) then
      networks[#networks + 1] = text
    end
  end
end

-- Collects the principals that an Allow statement names, by type.
local function add_principals(named, statement)
  for _, principal in ipairs(statement.principals) do
    if principal.value ~= "*" and principal.type ~= "*" and not statement.not_principal then
      add_to(named, principal.type, principal.value)
    end
  end
end

-- Returns the reference of a document: it allows what a fixed principal, source or network of the document asks.
local function restricted(doc)
  local fixed, networks, named, statements = {}, json.array {}, {}, {}
  for _, statement in ipairs(doc:statements()) do
    if not statement.flaw then
      if statement.effect == "Allow" then
        add_principals(named, statement)
      end
      for _, condition in ipairs(statement.conditions) do
        add_condition(fixed, networks, condition)
      end
    end
  end
  if next(named) then
    statements[1] = allow { Principal = named }
  end
  for _, key in ipairs(lists.sorted_names(fixed)) do
    local operator = key == "s3:DataAccessPointArn" and "StringLike" or "StringEqualsIgnoreCase"
    statements[#statements + 1] = allow { Condition = {
      [(SEVERAL[key] and "ForAnyValue:" or "") .. operator] = { [key] = fixed[key] },
    } }
  end
  if #networks > 0 then
    statements[#statements + 1] = allow { Condition = { IpAddress = { ["aws:SourceIp"] = networks } } }
  end
  return statements
end

--- Finds a request of the public that a document allows: a request by no fixed principal, for no fixed source, from no
--- fixed network. Fixed values have no wildcard. A service that the document names is a fixed principal.
---@param doc policy.Document
---@param options? policy.ReasonOptions
---@return policy.Witness?, "undecided"?, string?
function M.public(doc, options)
  return ask(doc, restricted(doc), options)
end

return M
