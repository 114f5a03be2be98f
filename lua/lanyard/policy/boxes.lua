--- The callers of Allow statements as boxes: one principal, and the demands on its requests.
---
--- A demand is added to a box, which becomes narrower or empty. A Deny splits a box into alternatives: a request
--- escapes the Deny if one of its conditions does not hold. A box may be too wide, never too narrow: where it is
--- unknown, a Deny takes nothing away. The engine then decides whether the policy reaches the box.
---
---@class policy.Box
---@field entry? { type: string, value: string }  nil: any caller
---@field demands policy.Demand[]
---@field except policy.Class[]     excluded callers
---@field statement policy.Statement  the Allow
---@field actions string[]          its actions that the box is about
---@field suspect boolean           whether the box is empty needs the engine
---@field partial policy.Statement[] Denies of a part of the actions or resources, which took nothing away
---@field wide? boolean             a Deny that may exclude some callers took nothing away, because there are too many

local classes = require "lanyard.policy.classes"
local coverage = require "lanyard.policy.coverage"
local demands = require "lanyard.policy.demand"
local lists = require "lanyard.lists"

local M = {}

-- With more alternatives or demands than this, the Denies that are left take nothing away.
local MOST = 64

-- What a box, and the comparison of the actions and resources of two statements, takes of a budget.
local STEPS_OF_BOX, STEPS_OF_DEMAND, STEPS_OF_COMPARISON = 400, 20, 500

-- Returns a copy of a box with other fields.
local function with(box, changes)
  local copy = {}
  for name, value in pairs(box) do
    copy[name] = value
  end
  for name, value in pairs(changes) do
    copy[name] = value
  end
  return copy
end

local function appended(list, item)
  local copy = table.move(list, 1, #list, 1, {})
  copy[#copy + 1] = item
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Demands on a principal

-- Services and identity providers have no account, and so none of these keys (core/README.md).
local OF_ACCOUNTS = {
  organization = true, ["organization-path"] = true, arn = true, tag = true, username = true, service = false,
}

-- Returns "drop" if a demand holds for every request of a box's principal, "empty" if for none, else the demand.
local function for_entry(entry, demand)
  local facet, requires = demand.facet, demand.requires
  if not entry then
    return demand
  end
  local in_account = entry.type == "AWS" or entry.type == "CanonicalUser"
  if facet == "is-service" then
    if requires == "unknown" or requires == "absent" or requires == "present" then
      return demand
    end
    return lists.contains(demand.values, tostring(entry.type == "Service")) and "drop" or "empty"
  elseif facet == "service" and entry.type ~= "Service" or OF_ACCOUNTS[facet] and not in_account then
    return (requires:find "absent" and "drop") or requires ~= "unknown" and "empty" or demand
  elseif facet == "arn" and in_account and requires == "listed-or-absent" then
    return demands.listed(demand)
  elseif facet == "arn" and in_account and requires == "unlisted-or-absent" then
    return with(demand, { requires = "unlisted" })
  end
  return demand
end

local function is_same(a, b)
  return a == b or a.operator == b.operator and a.requires == b.requires and coverage.contains(a.values, b.values)
    and coverage.contains(b.values, a.values)
end

-- Combines two demands on one key. Returns the one that means both, "empty", or nil if both are needed. An empty value
-- of a tag or of an unknown key counts as none for some operators, so demands on them are kept.
local function combine(a, b)
  if a.facet == "tag" or a.facet == "request" then
    return is_same(a, b) and a or nil
  end
  for _, pair in ipairs { { a, b }, { b, a } } do
    local one, other = pair[1], pair[2]
    local or_absent = other.requires:match "^(%a+)%-or%-absent$"
    if is_same(one, other) or one.requires == "absent" and other.requires == "absent" then
      return one
    elseif one.requires == "present" and or_absent then
      return or_absent == "listed" and demands.listed(other) or with(other, { requires = or_absent })
    elseif one.requires == "present" and (other.requires == "listed" or other.requires == "unlisted") then
      return other
    elseif one.requires == "absent" and or_absent then
      return one
    elseif one.requires == "absent" and other.requires ~= "unknown" then
      return "empty"
    end
  end
  return nil
end

--- Returns a box with one more demand | nil if it is then empty. Returns the box itself if the demand holds in it.
---@param box policy.Box
---@param demand policy.Demand?  nil holds always
---@return policy.Box?
function M.add(box, demand)
  local one = demand and for_entry(box.entry, demand) or "drop"
  if one == "empty" then
    return nil
  elseif one == "drop" then
    return box
  end
  local suspect = box.suspect or one.requires == "unknown" or not one.sound or one.doubtful
  for i, other in ipairs(box.demands) do
    local both = other.name == one.name and combine(other, one)
    if both == "empty" then
      return nil
    elseif both == other then
      return box
    elseif both then
      local list = table.move(box.demands, 1, #box.demands, 1, {})
      list[i] = both
      return with(box, { demands = list, suspect = suspect })
    end
    suspect = suspect or other.name == one.name
  end
  return with(box, { demands = appended(box.demands, one), suspect = suspect })
end

-- Returns a box with several more demands | nil
local function add_all(box, conditions)
  for _, condition in ipairs(conditions) do
    box = box and M.add(box, demands.read(condition))
  end
  return box
end

-- ---------------------------------------------------------------------------------------------
-- Boxes of a statement

-- Returns the principals that a statement names, as entries; false is any caller.
local function entries_of(statement)
  if statement.not_principal then
    return { false }
  end
  local entries = {}
  for i, principal in ipairs(statement.principals) do
    entries[i] = not coverage.is_anyone(principal) and principal
  end
  return entries
end

-- Adds a demand to a new box, as M.add does, without a copy for each: a statement can have thousands of keys. by_name:
-- the positions of the box's demands. Returns false if the box is then empty.
local function put(box, by_name, one)
  local suspect = box.suspect or one.requires == "unknown" or not one.sound or one.doubtful
  local positions = by_name[one.name] or {}
  for _, i in ipairs(positions) do
    local other = box.demands[i]
    local both = combine(other, one)
    if both == "empty" then
      return false
    elseif both == other then
      return true
    elseif both then
      box.demands[i], box.suspect = both, suspect
      return true
    end
    suspect = true
  end
  local position = #box.demands + 1
  box.demands[position], box.suspect, by_name[one.name] = one, suspect, positions
  positions[#positions + 1] = position
  return true
end

-- Returns a new box with the demands of a statement's conditions | nil if it is then empty.
local function narrow(box, list)
  local by_name = {}
  for _, demand in ipairs(list) do
    local one = demand and for_entry(box.entry, demand) or "drop"
    if one == "empty" or one ~= "drop" and not put(box, by_name, one) then
      return nil
    end
  end
  return box
end

--- Returns the boxes of an Allow statement, one for each principal.
---@param statement policy.Statement
---@return policy.Box[]
function M.of(statement)
  local boxes, except, list = {}, {}, {}
  for i, principal in ipairs(statement.not_principal and statement.principals or {}) do
    except[i] = classes.principal(principal)
  end
  for _, condition in ipairs(statement.conditions) do
    list[#list + 1] = demands.read(condition)
  end
  for _, entry in ipairs(entries_of(statement)) do
    local box = {
      entry = entry or nil, demands = {}, except = except, statement = statement, actions = statement.actions,
      suspect = statement.flaw ~= nil or #except > 0 or statement.not_action or statement.not_resource
        or #statement.actions == 0,
      partial = {},
    }
    boxes[#boxes + 1] = narrow(box, list)
  end
  return boxes
end

-- ---------------------------------------------------------------------------------------------
-- Denies

-- Reports whether a text is the ARN of a session of a role, given as the ARN of the role. The ARN of a session has the
-- name of the role without its path.
local function is_session_of(session, role)
  local name = session:match "^arn:[^:]*:sts::%d+:assumed%-role/([^/]+)/"
  return name ~= nil and name == role:match "^arn:[^:]*:iam::%d+:role/.-([^/]*)$"
end

-- Returns how much of a box's principal a named one covers: "all", "part" or "none".
local function covered_by(principal, entry)
  if coverage.is_anyone(principal) then
    return "all"
  elseif not entry then
    return "part"
  elseif principal.type ~= entry.type then
    return "none"
  elseif principal.value == entry.value or principal.value == "*" then
    return "all"
  elseif principal.type ~= "AWS" then
    return entry.value == "*" and "part" or "none"
  end
  local same = coverage.account(principal.value) == coverage.account(entry.value)
  if not same or not coverage.account(entry.value) then
    return "none"
  elseif coverage.is_account(principal.value) then
    return "all"
  end
  if is_session_of(entry.value, principal.value) then
    return "all"
  end
  return (coverage.is_account(entry.value) or is_session_of(principal.value, entry.value)) and "part" or "none"
end

-- Returns how much of a box's principal a Deny is about, and the principals that are a part of it. NotPrincipal exempts
-- only a part.
local function scope_of(deny, entry)
  if deny.not_principal then
    return "all", {}
  end
  local all, parts = false, {}
  for _, principal in ipairs(deny.principals) do
    local covered = covered_by(principal, entry)
    all = all or covered == "all"
    if covered == "part" then
      parts[#parts + 1] = principal
    end
  end
  return all and "all" or #parts > 0 and "part" or "none", parts
end

-- Returns the boxes of the requests that escape a Deny, because one of its conditions does not hold.
local function escapes(box, deny)
  local found = {}
  for _, condition in ipairs(deny.conditions) do
    local opposite = demands.opposite(condition)
    local one = opposite and add_all(box, opposite)
    if not opposite or one == box then
      return { one or with(box, { suspect = true }) }
    end
    found[#found + 1] = one
  end
  return found
end

-- Returns a box with the principals of a Deny without conditions as exceptions.
local function excepting(box, deny, parts)
  local except = table.move(box.except, 1, #box.except, 1, {})
  for _, principal in ipairs(#deny.conditions == 0 and parts or {}) do
    except[#except + 1] = classes.principal(principal)
  end
  return with(box, { except = except, suspect = true })
end

-- Returns the box of the callers within one whom a principal of a Deny's NotPrincipal exempts | nil. An account exempts
-- its root user: others need to be named beside their account, and a session beside its role, too. The engine decides
-- whether they are (core/policy/principal.h).
local function exempted(box, principal)
  local covered = covered_by(principal, box.entry)
  if covered == "none" then
    return nil
  elseif principal.type == "AWS" and coverage.is_account(principal.value) then
    local is_whole = not box.entry or box.entry.type == "AWS" and coverage.is_account(box.entry.value)
    return is_whole and M.add(with(box, { entry = principal, suspect = true }),
      classes.root_demand(coverage.account(principal.value))) or nil
  end
  return with(box, { entry = covered == "part" and principal or box.entry, suspect = true })
end

-- Returns the boxes that a Deny leaves of one.
local function subtract(box, deny)
  local scope, parts = scope_of(deny, box.entry)
  if scope == "none" then
    return { box }
  elseif deny.flaw then
    return { with(box, { suspect = true }) }
  elseif scope == "part" then
    return { excepting(box, deny, parts) }
  end
  local left = escapes(box, deny)
  for _, principal in ipairs(left[1] ~= box and deny.not_principal and deny.principals or {}) do
    left[#left + 1] = exempted(box, principal)
  end
  return left
end

--- Returns the boxes of the requests of a box that a Deny denies.
---@param box policy.Box
---@param deny policy.Statement
---@return policy.Box[]
function M.within(box, deny)
  local scope, parts = scope_of(deny, box.entry)
  if scope == "none" or deny.flaw then
    return scope == "none" and {} or { with(box, { suspect = true }) }
  end
  local found = {}
  for _, entry in ipairs(scope == "part" and parts or { box.entry or false }) do
    local one = with(box, { suspect = true })
    one.entry = entry or nil
    for _, condition in ipairs(deny.conditions) do
      one = one and M.add(one, demands.read(condition))
    end
    found[#found + 1] = one
  end
  return found
end

-- Returns the actions of a box in groups with the Denies that cover all of them, and the ones that cover a part.
local function grouped(box, denies, action)
  local statement, groups = box.statement, {}
  if action and coverage.actions(statement, { action }) == "all" then
    -- The question is about this action only.
    statement = { actions = { action }, not_action = false }
  end
  local actions = statement.not_action and { false } or statement.actions
  for _, pattern in ipairs(actions) do
    local covering, partial, label = {}, {}, {}
    for i, deny in ipairs(denies) do
      local covered = coverage.actions(deny, pattern and { pattern } or statement.actions, not pattern)
      if action and covered ~= "all" and coverage.actions(deny, { action }) == "all" then
        covered = "all"
      end
      local resources = covered ~= "none" and coverage.resources(deny, box.statement)
      if resources and resources ~= "none" then
        local all = covered == "all" and resources == "all"
        table.insert(all and covering or partial, deny)
        label[#label + 1] = all and i or -i
      end
    end
    label = table.concat(label, " ")
    if not groups[label] then
      groups[label] = { covering = covering, partial = partial, actions = {} }
      groups[#groups + 1] = groups[label]
    end
    table.insert(groups[label].actions, pattern or nil)
  end
  return groups
end

-- The groups of actions if the budget is spent before the Denies are compared.
local UNREAD = { { actions = {}, covering = {}, partial = {}, unread = true } }

-- Returns the boxes that one Deny leaves of some.
local function subtract_from(list, deny, scope)
  local found, needed = {}, scope.excluding[deny]
  for _, one in ipairs(list) do
    if #list > MOST or #one.demands > MOST or scope.budget:is_spent() or scope.brief == false and not needed then
      found[#found + 1] = with(one, { suspect = true, wide = one.wide or needed })
    else
      local parts = subtract(one, deny)
      table.move(parts, 1, #parts, #found + 1, found)
    end
    scope.budget:spend(STEPS_OF_BOX + STEPS_OF_DEMAND * #one.demands)
  end
  return found
end

---@class policy.BoxScope  for all boxes of a question
---@field denies policy.Statement[]  sorted
---@field excluding table<policy.Statement, boolean>  see lanyard.policy.denies
---@field action? string           only this action or pattern is asked about
---@field brief boolean            what excludes no caller restricts boxes, too
---@field budget policy.Budget
---@field groups table             of actions, by statement; empty at first

--- Returns the boxes that Denies leave of one. A Deny of a part of its actions or resources takes nothing away.
---@param box policy.Box
---@param scope policy.BoxScope
---@return policy.Box[]
function M.without(box, scope)
  local found = {}
  local groups = scope.groups[box.statement]
  if not groups then
    groups = scope.budget:is_spent() and UNREAD or grouped(box, scope.denies, scope.action)
    scope.budget:spend(#scope.denies * math.max(1, #box.statement.actions) * STEPS_OF_COMPARISON)
    scope.groups[box.statement] = groups
  end
  for _, group in ipairs(groups) do
    local left = { with(box, {
      actions = #group.actions > 0 and group.actions or box.actions, partial = group.partial,
      suspect = box.suspect or group.unread or #group.partial > 0, wide = group.unread,
    }) }
    for _, deny in ipairs(group.covering) do
      left = subtract_from(left, deny, scope)
    end
    table.move(left, 1, #left, #found + 1, found)
  end
  return found
end

--- Returns the boxes that the partial Denies of a box would leave of it, if they covered all of its actions and
--- resources together | nil if they certainly do not, or if the budget is spent.
---@param box policy.Box
---@param budget policy.Budget
---@return policy.Box[]?
function M.if_covered(box, budget)
  if #box.partial < 2 then
    return nil
  end
  local left = { with(box, { partial = {} }) }
  for _, deny in ipairs(box.partial) do
    local next_left = {}
    for _, one in ipairs(#left <= MOST and left or {}) do
      local parts = subtract(one, deny)
      table.move(parts, 1, #parts, #next_left + 1, next_left)
      budget:spend((STEPS_OF_BOX + STEPS_OF_DEMAND * #one.demands) * (1 + #parts))
    end
    left = #left <= MOST and next_left or left
    if budget:is_spent() then
      return nil
    end
  end
  return left
end

return M
