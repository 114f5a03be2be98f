-- The dimensions of universes: what sets which part of a request.

local oracle = require "reason.oracle"
local universe = require "reason.universe"

local M = {}

local function set_who(request, value)
  request.principal, request.issuer = value.principal, value.issuer
  for key, item in pairs(value.context) do request.context[key] = item end
end

function M.who(callers)
  return {
    name = "who", values = callers, set = set_who,
    flags = function(value) return value.outsider and oracle.OUTSIDER or oracle.MEMBER end,
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

-- A key that is absent (false) or has a value. Only callers with an account have tags and credentials.
function M.key(name, values)
  local is_tag = name:find "^aws:PrincipalTag/" or name:find "^aws:MultiFactor" or name == "aws:TokenIssueTime"
  return {
    name = name:lower(), values = values,
    set = function(request, value) request.context[name] = value or nil end,
    flags = is_tag and function(value) return value and oracle.MEMBER or 0 end or nil,
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
