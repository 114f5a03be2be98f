-- The dimensions of universes: what sets which part of a request.

local oracle = require "reason.oracle"
local universe = require "reason.universe"

local M = {}
local F = oracle.FLAGS

local function set_who(request, value)
  request.principal, request.issuer = value.principal, value.issuer
  for key, item in pairs(value.context) do request.context[key] = item end
end

local ROLE = F.ROLE | F.SESSION | F.LOCAL
local SESSIONS = { AssumedRole = ROLE, FederatedUser = F.OTHER | F.SESSION | F.FEDERATED | F.NOT_WEB }

local function caller_flags(value)
  local kind = value.context["aws:PrincipalType"]
  if value.outsider then
    local is_provider = value.principal ~= "*" and not value.context["aws:PrincipalServiceName"]
    return F.OUTSIDER | F.OTHER | (is_provider and 0 or F.NOT_WEB)
  end
  return F.MEMBER | (SESSIONS[kind] or not kind and value.principal:find "^AROA" and ROLE or F.OTHER | F.LOCAL | F.NOT_WEB)
end

function M.who(callers)
  return {
    name = "who", values = callers, set = set_who,
    flags = caller_flags,
  }
end

local function set_action(request, value)
  request.action = value
end

function M.action(values)
  return { name = "action", values = values, set = set_action }
end

local function set_resource(request, value)
  request.resource = value.arn
  request.context["aws:ResourceAccount"] = value.account or {} -- an empty list: absent, although it follows from the ARN
end

-- aws:ResourceAccount can be absent. It is the account in the ARN, or any if the ARN has none.
local function with_owners(arns, owners)
  local values = {}
  for _, arn in ipairs(arns) do
    local account = arn:match "^[^:]*:[^:]*:[^:]*:[^:]*:(%d+):"
    for _, owner in ipairs(account and { account } or owners or {}) do
      values[#values + 1] = { arn = arn, account = owner }
    end
    values[#values + 1] = { arn = arn }
  end
  return values
end

function M.resource(values, owners)
  return { name = "resource", values = with_owners(values, owners), set = set_resource }
end

-- The flags of a key's values, and of its absence.
local FLAGS = {
  ["aws:MultiFactorAuthAge"] = { F.MEMBER | F.MFA | F.AGE, 0 },
  ["aws:MultiFactorAuthPresent"] = { F.MEMBER | F.MFA, F.NOT_TRUE },
  ["aws:FederatedProvider"] = { F.WEB, 0 },
  ["aws:SourceIdentity"] = { F.ROLE, 0 },
  ["aws:TokenIssueTime"] = { F.MEMBER, F.NO_TOKEN },
  ["aws:SourceIp"] = { F.ADDRESS, 0 },
  ["aws:SourceVpce"] = { F.ENDPOINT, 0 }, ["aws:VpceAccount"] = { F.ENDPOINT, 0 },
  ["aws:CalledVia"] = { F.MEMBER | F.VIA, 0 },
  ["aws:ViaAWSService"] = { 0, 0 },
}

-- A key that is absent (false) or has a value. Only callers with an account have tags and credentials.
function M.key(name, values)
  local flags = FLAGS[name] or name:find "^aws:PrincipalTag/" and { F.MEMBER, 0 }
  return {
    name = name:lower(), values = values,
    set = function(request, value) request.context[name] = value or nil end,
    flags = flags and function(value)
      if name == "aws:ViaAWSService" then
        return value == "true" and F.MEMBER or F.DIRECT
      end
      local untrue = name == "aws:MultiFactorAuthPresent" and value ~= "true" and F.NOT_TRUE or 0
      return flags[value and 1 or 2] | untrue
    end or nil,
  }
end

local DERIVED = {
  ["aws:principalarn"] = "who", ["aws:principalaccount"] = "who", ["aws:principaltype"] = "who", ["aws:userid"] = "who",
  ["aws:username"] = "who", ["aws:principalorgid"] = "who", ["aws:principalisawsservice"] = "who",
  ["aws:principalservicename"] = "who", ["aws:principalservicenameslist"] = "who",
  ["aws:resourceaccount"] = "resource", ["aws:currenttime"] = "time", ["aws:epochtime"] = "time",
  ["aws:tokenissuetime"] = "time",
}
--- Returns the name of the dimension that sets a key.
function M.of(name)
  return DERIVED[name:lower()] or name:lower()
end

function M.absent_or(values)
  return { false, table.unpack(values) }
end

-- All sets of values; the empty one is an absent key.
function M.sets_of(values)
  local sets = universe.subsets(values)
  sets[1] = false
  return sets
end

return M
