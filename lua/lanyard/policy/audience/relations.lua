--- The relation of the repository's account to another account, an organization or a source: own, trusted or other.
---
---@class policy.Known  what is known about the repository and its surroundings
---@field account? string                 the account that owns the repository
---@field organization? string|false      its organization; false if nobody knows it: relations to others are unknown
---@field trusted_accounts? string[]
---@field trusted_organizations? string[]  ids, or paths of units: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"
---
--- How an account or organization relates to the owner of a resource.
---@alias policy.Relation "own"|"trusted"|"other"|"unknown"

local arn = require "lanyard.arn"
local coverage = require "lanyard.policy.coverage"
local demands = require "lanyard.policy.demand"
local lists = require "lanyard.lists"

local M = {}

--- Returns the relation to an account. nil is an account that is unknown.
---@param known policy.Known
---@param account? string
---@return policy.Relation
function M.account(known, account)
  if not account then
    return "unknown"
  elseif account == known.account or account:lower() == "${aws:resourceaccount}" then
    return "own"
  end
  return lists.contains(known.trusted_accounts or {}, account) and "trusted" or "other"
end

-- Reports whether every path that a text matches, which can have wildcards, begins with a path.
local function is_below(text, path)
  local literal = text:match "^[^*?$]*"
  return path:find("/", 1, true) ~= nil and literal:sub(1, #path) == path
end

--- Returns the relation to an organization, or to some of its accounts.
---@param known policy.Known
---@param text string  the id of an organization, or a value of aws:PrincipalOrgPaths, which can have wildcards
---@return policy.Relation
function M.organization(known, text)
  local id = text:match "^[^/]*"
  if id == known.organization or id:lower() == "${aws:resourceorgid}" then
    return "own"
  end
  for _, trusted in ipairs(known.trusted_organizations or {}) do
    if trusted == id or is_below(text, trusted) then
      return "trusted"
    end
  end
  return known.organization == false and "unknown" or "other"
end

local ORGANIZATION = { ["aws:principalorgid"] = true, ["aws:principalorgpaths"] = true }

local function are_trusted(known, organizations)
  for _, value in ipairs(organizations) do
    if M.organization(known, value) ~= "trusted" then
      return false
    end
  end
  return #organizations > 0
end

--- Reports whether demands restrict callers to trusted organizations.
---@param known policy.Known
---@param restrictions policy.Demand[]
---@return boolean
function M.in_trusted_organization(known, restrictions)
  for _, demand in ipairs(restrictions) do
    if ORGANIZATION[demand.name] and demand.requires == "listed" and demand.sound
      and are_trusted(known, demand.values) then
      return true
    end
  end
  return false
end

-- ---------------------------------------------------------------------------------------------
-- Sources

-- Variables of the owner of the repository.
local OWNER = { ["${aws:resourceaccount}"] = true, ["${aws:resourceorgid}"] = true }
-- The relation to a source that cannot exist: any other one is further away.
local NOBODY = "own"

-- Relations from the nearest; "none" restricts nobody.
local DISTANCES = { own = 1, trusted = 2, unknown = 3, other = 4, none = 5 }

-- Reports whether a value is a name of the owner, and a text that no source has, because it is not a variable.
local function is_dead(text, demand)
  return demand.literal and OWNER[text:lower()]
end

-- Returns whose resource an ARN names. Some resources, such as buckets, have no account in their ARN.
local function of_arn(known, text, demand)
  local parsed = arn.parse(text)
  local account = parsed and parsed.account
  if not parsed or text:find "^%*" then
    return "none"
  elseif account == "" then
    local name = parsed.resource:match "^[^/]*"
    return (name:find "[*?]" or demands.is_variable(demand, name)) and "none" or "unknown"
  elseif is_dead(account, demand) then
    return NOBODY
  elseif account:lower() == "${aws:resourceaccount}" or account == known.account then
    return "own", known.account
  elseif not coverage.account(account) then
    return "none"
  end
  return M.account(known, account), account
end

local function of_account(known, text, demand)
  if is_dead(text, demand) then
    return NOBODY
  elseif coverage.account(text) == text or text:lower() == "${aws:resourceaccount}" then
    return M.account(known, text), text
  end
  return "none"
end

local function of_organization(known, text, demand)
  if is_dead(text, demand) then
    return NOBODY
  end
  local id = text:match "^(o%-[%w]+)" or text:lower() == "${aws:resourceorgid}" and text
  local wild = not id or text:find("^o%-%w+[*?]")
  return wild and "none" or M.organization(known, text), not wild and id or nil
end

local READERS = {
  ["aws:sourcearn"] = of_arn, ["aws:sourceaccount"] = of_account, ["aws:sourceowner"] = of_account,
  ["aws:sourceorgid"] = of_organization, ["aws:sourceorgpaths"] = of_organization,
}

---@class policy.AudienceSource
---@field relation policy.Relation|"none"
---@field values string[]           the values of the condition key that restricts most
---@field key? string
---@field accounts string[]         the accounts in the values
---@field organizations string[]

-- Returns the source that one demand names. The value that is furthest away decides.
local function of_demand(known, demand)
  local source = { relation = "own", key = demand.key, values = demand.values, accounts = {}, organizations = {} }
  if demand.requires ~= "listed" then
    source.relation = "none"
    return source
  end
  for _, value in ipairs(demand.values) do
    local relation, id = READERS[demand.name](known, value, demand)
    if DISTANCES[relation] > DISTANCES[source.relation] then
      source.relation = relation
    end
    local list = READERS[demand.name] == of_organization and source.organizations or source.accounts
    list[#list + 1] = id
  end
  return source
end

--- Returns for whom a service acts, by what a class demands of sources. Of several demands, the narrowest counts.
---@param known policy.Known
---@param restrictions policy.Demand[]
---@return policy.AudienceSource
function M.source(known, restrictions)
  local best = { relation = "none", values = {}, accounts = {}, organizations = {} }
  for _, demand in ipairs(restrictions) do
    local one = READERS[demand.name] and of_demand(known, demand)
    if one and DISTANCES[one.relation] < DISTANCES[best.relation] then
      best = one
    end
  end
  return best
end

return M
