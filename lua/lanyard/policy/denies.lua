--- Which Denies may exclude some callers and not others, and in which order the Denies of a document are considered.
---
---     local sorted, excluding = denies(list)

local coverage = require "lanyard.policy.coverage"
local demands = require "lanyard.policy.demand"

-- Reports whether the value of a key may depend on the caller.
local function is_of_caller(condition)
  local facet = demands.facet(condition.key:lower())
  local depends = facet ~= "request" and facet ~= "time"
  for _, value in ipairs(condition.values) do
    depends = depends or demands.is_variable(condition, tostring(value))
  end
  return depends
end

-- Reports whether a Deny may exclude some callers and not others. Otherwise the rest of the request decides whether
-- it applies, so all callers or none escape it.
local function may_exclude(deny)
  local about = deny.not_principal or #deny.conditions == 0 or deny.flaw
  for _, principal in ipairs(deny.principals) do
    about = about or not coverage.is_anyone(principal)
  end
  for _, condition in ipairs(deny.conditions) do
    about = about or is_of_caller(condition)
  end
  return about
end

local WHO = {
  organization = true, ["organization-path"] = true, account = true, arn = true, service = true, ["is-service"] = true,
  source = true, network = true,
}

-- Reports whether a Deny says who is denied.
local function says_who(deny)
  for _, condition in ipairs(deny.conditions) do
    if WHO[demands.facet(condition.key:lower())] then
      return true
    end
  end
  return #deny.conditions == 0
end

--- Returns Denies in the order in which they are considered: ones with several conditions, each of which is an
--- alternative, after the others; the ones that say who is denied first; the ones that exclude no caller last.
---@param denies policy.Statement[]
---@return policy.Statement[] sorted
---@return table<policy.Statement, boolean> excluding  the ones that may exclude some callers and not others
return function(denies)
  local sorted, ranks, excluding = {}, {}, {}
  for i, deny in ipairs(denies) do
    excluding[deny] = may_exclude(deny) and true or false
    sorted[i] = deny
    ranks[deny] = (excluding[deny] and 0 or 4) + (#deny.conditions > 1 and 2 or 0) + (says_who(deny) and 0 or 1)
  end
  table.sort(sorted, function(one, other)
    if ranks[one] ~= ranks[other] then
      return ranks[one] < ranks[other]
    end
    return one.index < other.index
  end)
  return sorted, excluding
end
