--- Who a box contains (lanyard.policy.boxes), as classes: each identified by the principal or by one demand of the box,
--- and restricted by the other demands.

local classes = require "lanyard.policy.classes"
local coverage = require "lanyard.policy.coverage"
local demands = require "lanyard.policy.demand"

-- Returns a copy of a demand with other fields.
local function with(demand, changes)
  local copy = {}
  for name, value in pairs(demand) do
    copy[name] = value
  end
  for name, value in pairs(changes) do
    copy[name] = value
  end
  return copy
end

-- The facets that identify callers, the narrowest first.
local FACETS = { "arn", "userid", "account", "organization-path", "organization", "service", "is-service" }

-- Reports whether an account satisfies a demand on the account, and whether a policy variable may satisfy it. Without
-- StringLike, a wildcard is text.
local function fits_account(account, demand)
  local wild, fits, may_fit = demand.operator:find "StringLike", false, not demand.operator:find "String"
  for _, text in ipairs(demand.values) do
    fits = fits or text == account or wild and coverage.includes(text, account)
    may_fit = may_fit or demands.is_variable(demand, text)
  end
  return fits and not may_fit, may_fit
end

-- Returns the demands that an account does not decide | nil if it cannot satisfy one.
local function without_account(list, account)
  local rest = {}
  for _, demand in ipairs(list) do
    if demand.facet == "account" and demand.requires == "listed" then
      local fits, may_fit = fits_account(account, demand)
      if not fits and not may_fit then
        return nil
      end
      rest[#rest + 1] = not fits and demand or nil
    elseif demand.facet == "arn" and demand.requires == "listed" then
      local possible = {}
      for _, text in ipairs(demand.values) do
        local other = coverage.account(text)
        possible[#possible + 1] = (not other or other == account) and text or nil
      end
      if #possible == 0 then
        return nil
      end
      rest[#rest + 1] = #possible == #demand.values and demand or with(demand, { values = possible })
    else
      rest[#rest + 1] = demand
    end
  end
  return rest
end

-- Returns the position of a demand of a facet that may identify somebody.
local function position_of(list, facet)
  for i, demand in ipairs(list) do
    local requires = demand.requires
    if demand.facet == facet and (requires == "listed" or requires == "present" or requires == "unlisted") then
      return i
    end
  end
  return nil
end

-- Adds the classes that demands identify to a list. `facets` are left to try.
local identify

-- Identifies by one value of the demand at a position. Returns the class | nil if the value identifies nobody.
local function by_value(list, position, value)
  local demand = with(list[position], { values = value and { value } or list[position].values })
  local class = classes.identified(demand)
  local account = class and class.id and demand.facet ~= "userid" and coverage.account(class.id)
  local rest = {}
  for i, other in ipairs(list) do
    rest[#rest + 1] = i ~= position and other or nil
  end
  rest = account and without_account(rest, account) or not account and rest or nil
  return class, rest, demand
end

-- Classes of the values of a demand. A pattern of ARNs without an account identifies only if nothing else does.
local function by_demand(list, position, facets, found)
  for _, value in ipairs(list[position].requires == "listed" and list[position].values or { false }) do
    local class, rest, demand = by_value(list, position, value)
    local fixed = class and (demand.facet ~= "arn" or coverage.account(value))
    if fixed and rest then
      found[#found + 1] = classes.restrict(class, rest)
    elseif not fixed then
      local others = table.move(list, 1, #list, 1, {})
      others[position] = demand
      identify(others, facets, found)
    end
  end
end

identify = function(list, facets, found)
  for i, facet in ipairs(facets) do
    local position = position_of(list, facet)
    if position then
      return by_demand(list, position, table.move(facets, i + 1, #facets, 1, {}), found)
    end
  end
  for i, demand in ipairs(list) do
    local class = demand.facet == "arn" and classes.identified(demand)
    if class then
      local rest = table.move(list, 1, #list, 1, {})
      table.remove(rest, i)
      found[#found + 1] = classes.restrict(class, rest)
      return
    end
  end
  found[#found + 1] = classes.restrict(classes.everyone(), list)
end

local function all_fixed(values)
  for _, value in ipairs(values) do
    if not coverage.account(value) then
      return false
    end
  end
  return true
end

-- Returns the class that a negated operator excludes by one value | nil. Wildcards in other values than ARNs name more
-- than one organization or service.
local function excluded(demand, value)
  local wild = value:find "[*?]" and demand.facet ~= "arn" and demand.facet ~= "organization-path"
  return not wild and classes.identified(demands.listed(demand, { value })) or nil
end

-- Returns what the demands of a box exclude: the values that a negated operator lists, or a whole kind.
local function excluded_by(list)
  local except = {}
  for _, demand in ipairs(list) do
    local no_service = demand.facet == "is-service" and (demand.values[1] or ""):lower() == "false"
    local whole = no_service and with(demand, { values = { "true" } })
      or demand.requires == "absent" and with(demand, { requires = "present" })
    if whole then
      except[#except + 1] = classes.identified(whole)
    elseif demand.requires:find "^unlisted" then
      for _, value in ipairs(demand.values) do
        except[#except + 1] = excluded(demand, value)
      end
    end
  end
  return except
end

--- Returns the classes of a box.
---@param box policy.Box
---@return policy.Class[]
return function(box)
  local found = {}
  local list = box.demands
  if box.entry then
    local class = classes.principal(box.entry)
    local account = box.entry.type == "AWS" and coverage.account(box.entry.value)
    list = account and without_account(list, account) or not account and list or nil
    local arn = list and class.kind == "account" and position_of(list, "arn")
    if arn and all_fixed(list[arn].values) then
      by_demand(list, arn, {}, found)
    elseif list then
      found[1] = classes.restrict(class, list)
    end
  else
    identify(list, FACETS, found)
  end
  local except = excluded_by(box.demands)
  table.move(box.except, 1, #box.except, #except + 1, except)
  for _, class in ipairs(found) do
    for _, inner in ipairs(except) do
      if inner.rank > class.rank and classes.is_identity_within(inner, class) then
        class.except[#class.except + 1] = inner
      end
    end
    class.box = box
  end
  return found
end
