-- Grants that are too little, too much, twice, or in vain. These rules look at one repository at a time.

local inventory = require "lanyard.audit.scan.inventory"
local each = require "lanyard.audit.findings.each"
local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local remediation = require "lanyard.audit.remediation"
local location = require "lanyard.audit.location"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.access.statements"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Too little

-- The pull action that nothing allows, while the other is allowed | nil
local function lacking(access)
  local lacks, has
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer = access.answers[action] and access.answers[action][1]
    if answer == "implicit-deny" then
      lacks = action
    elseif answer == "allow" or answer == "depends" then
      has = action
    end
  end
  return has and lacks, has
end

function M.partial(seen, add)
  for repository, access in each.access(seen) do
    local lacks, has = lacking(access)
    if lacks then
      local statement = access.given_by[1]
      add("partial-pull", {
        repository = repository, access = access, service = access.service,
        severity = access.kind ~= "puller" and "medium" or nil,
        place = location.element(repository.doc, statement.index, statement.not_action and "NotAction" or "Action"),
        message = ("%s gives %s %s, and not %s (statement %s)"):format(repository.name,
          access.service or access.principal, has, lacks, access.statements[1]),
        why = "a pull takes both actions, and fails without one of them",
        fix = access.kind == "puller" and remediation.renew(seen, repository, access.principal)
          or ("allow %s in statement %s as well, or take %s out"):format(lacks, access.statements[1], has),
      })
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Too much

-- Actions that a statement covers beside the two of a pull: the first that writes, or the first that does
-- not --> name | nil, whether it writes
local function beyond_pull(statement)
  if statements.only_pulls(statement) then
    return nil
  end
  for _, writes in ipairs { true, false } do
    for _, name in ipairs(writes and ecr_actions.WRITES or ecr_actions.ALL) do
      local action = "ecr:" .. name
      if inventory.covers(statement, action) and not lists.contains(policy.PULL_ACTIONS, action) then
        return action, writes
      end
    end
  end
  return nil
end

local function pattern_for(statement, action)
  for _, pattern in ipairs(statement.actions) do
    if match.glob(pattern, action, true) then
      return pattern
    end
  end
  return nil
end

local function add_reach(seen, add, repository, statement, value, action, writes)
  local who = principal.classify("AWS", value)
  local pattern = not statement.not_action and pattern_for(statement, action)
  add(writes and "push-or-admin" or "wider-than-pull", {
    repository = repository, statement = statement, principal = value, service = who.service,
    place = pattern and location.action(repository.doc, statement.index, pattern)
      or location.element(repository.doc, statement.index, "NotAction"),
    message = ("%s allows the role of %s %s (statement %s)"):format(repository.name, who.service, action,
      inventory.label(statement)),
    why = writes and "who breaks into a container can change what is deployed next"
      or "a pull takes ecr:BatchGetImage and ecr:GetDownloadUrlForLayer only",
    fix = remediation.renew(seen, repository, value)
      or "allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer only, in statement " .. inventory.label(statement),
  })
end

-- What Lightsail's roles may do beside pulling; the worst statement of each is told.
function M.reach(seen, add)
  local worst, order = {}, {}
  for repository, statement in each.allow(seen) do
    local action, writes = beyond_pull(statement)
    for _, one in ipairs(action and not statement.not_principal and statement.principals or {}) do
      local kind = principal.classify(one.type, one.value).kind
      if kind == "puller" or kind == "service-role" then
        local key = repository.name .. " " .. one.value
        if not worst[key] then
          order[#order + 1] = key
        end
        if not worst[key] or writes and not worst[key][5] then
          worst[key] = { repository, statement, one.value, action, writes }
        end
      end
    end
  end
  for _, key in ipairs(order) do
    add_reach(seen, add, table.unpack(worst[key]))
  end
end

-- ---------------------------------------------------------------------------------------------
-- In vain

-- The Deny that takes an action away that a statement of this access gives | nil
local function denial(access)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer = access.answers[action] or {}
    for _, statement in ipairs(answer[1] == "deny" and access.given_by or {}) do
      if inventory.covers(statement, action) then
        return answer[2], action, statement
      end
    end
  end
  return nil
end

local function add_denied_access(seen, add, repository, access)
  local deny, action, statement = denial(access)
  if not deny then
    return nil
  end
  local public = access.type == "*" or access.kind == "public"
  -- Where deployments need the grant, not the Allow is what is wrong.
  local needed = each.is_needed(seen, repository, access.principal)
  add("denied-grant", {
    repository = repository, access = access, statement = statement, service = access.service,
    message = ("%s allows %s %s (statement %s), and denies it too (statement %s)"):format(repository.name,
      access.service or access.principal, action, inventory.label(statement), inventory.label(deny)),
    why = "a Deny wins: who reads the Allow is misled, and the pull fails",
    fix = needed and remediation.undeny(seen, repository, deny.index, access.principal)
      or public and remediation.remove(seen, repository, statement)
      or remediation.revoke(seen, repository, access.principal),
  })
  return statement
end

-- The first other statement of that effect that applies wherever this one does | nil
local function covering(repository, statement, effect)
  local i = statement.index
  for _, other in ipairs(repository.statements) do
    local j = other.index
    if j ~= i and other.effect == effect and repository.doc:covers(j, i)
      and (effect ~= statement.effect or j < i or not repository.doc:covers(i, j)) then
      return other
    end
  end
  return nil
end

local function lone_principal(statement)
  return #statement.principals == 1 and not statement.not_principal and statement.principals[1].value or nil
end

function M.denied(seen, add)
  local told = {}
  for repository, access in each.access(seen) do
    told[add_denied_access(seen, add, repository, access) or false] = true
  end
  for repository, statement in each.allow(seen) do
    local deny = not told[statement] and covering(repository, statement, "Deny")
    if deny then
      add("denied-grant", {
        repository = repository, statement = statement, principal = lone_principal(statement),
        detail = inventory.label(statement),
        message = ("%s denies (statement %s) all that statement %s allows"):format(repository.name,
          inventory.label(deny), inventory.label(statement)),
        why = "a Deny wins: who reads the Allow is misled",
        fix = remediation.remove(seen, repository, statement),
      })
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Twice

local function is_public(statement)
  for _, one in ipairs(statement.principals) do
    if one.value == "*" and not statement.not_principal then
      return true
    end
  end
  return statement.not_principal
end

-- Whether one statement gives a principal that both name all that the other gives it.
local function says_all_of(outer, inner)
  if outer.has_condition or outer.has_resource or outer.not_action or inner.not_action then
    return false
  end
  for _, action in ipairs(inner.actions) do
    if not pattern_for(outer, action) then
      return false
    end
  end
  return true
end

-- The statement of an access that another of its statements makes needless, and that other | nil
local function needless(access)
  for _, inner in ipairs(access.given_by) do
    for _, outer in ipairs(access.given_by) do
      if outer.index ~= inner.index and says_all_of(outer, inner)
        and (outer.index < inner.index or not says_all_of(inner, outer)) then
        return inner, outer
      end
    end
  end
  return nil
end

local function add_overlap(add, repository, inner, outer, fields)
  fields.repository, fields.statement, fields.detail = repository, inner, inventory.label(inner)
  fields.message = ("%s says twice what statement %s allows%s (statement %s, too)"):format(repository.name,
    inventory.label(inner), fields.access and " " .. (fields.service or fields.principal) or "", inventory.label(outer))
  fields.why = "who takes one of the two away believes that the access is gone"
  add("overlapping-grant", fields)
end

function M.overlapping(seen, add)
  local told = {}
  for repository, statement in each.allow(seen) do
    local outer = covering(repository, statement, "Allow")
    if outer and (is_public(statement) or not is_public(outer)) then
      told[statement] = true
      add_overlap(add, repository, statement, outer, {
        principal = lone_principal(statement), fix = remediation.remove(seen, repository, statement),
      })
    end
  end
  for repository, access in each.access(seen) do
    local inner, outer = needless(access)
    if inner and not told[inner] and access.kind ~= "public" then
      add_overlap(add, repository, inner, outer, {
        access = access, principal = access.principal, service = access.service,
        fix = remediation.remove(seen, repository, inner, access.principal),
      })
    end
  end
end

return M
