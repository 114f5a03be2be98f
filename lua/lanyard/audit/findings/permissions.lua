--- Grants of the wrong actions: too few for a pull, or more than a pull needs.

local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
local location = require "lanyard.audit.location"
local match = require "lanyard.match"
local policy = require "lanyard.policy"
local principals = require "lanyard.access.principal"
local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"
local statements = require "lanyard.access.statements"

local PULL_ONLY = "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer"

-- ---------------------------------------------------------------------------------------------
-- Too few actions

-- Returns the pull action that no statement allows and the one that is allowed. The first is nil unless exactly one
-- of the two is allowed.
local function missing_action(access)
  local missing, allowed
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer = access.answers[action] and access.answers[action][1]
    if answer == "implicit-deny" then
      missing = action
    elseif answer == "allow" or answer == "depends" then
      allowed = action
    end
  end
  return allowed and missing, allowed
end

local function check_partial(inventory, add)
  for repository, access in query.accesses(inventory) do
    local missing, allowed = missing_action(access)
    if missing and access.kind ~= "public" then -- public-access says what everyone can do
      local statement = access.given_by[1]
      add("partial-pull", {
        repository = repository, access = access, service = access.service, missing = missing, allowed = allowed,
        severity = access.kind ~= "puller" and "medium" or nil,
        location = location.element(repository.doc, statement.index, statement.not_action and "NotAction" or "Action"),
        message = ("%s allows %s to call %s but not %s (statement %s)"):format(repository.name,
          access.service or access.principal, allowed, missing, access.statements[1]),
      })
    end
  end
end

local function complete_pull(inventory, details)
  local access = details.access
  return access.kind == "puller" and remediation.reduce_to_pull(inventory, details.repository, access.principal)
    or ("also allow %s in statement %s, or remove %s"):format(details.missing, access.statements[1], details.allowed)
end

-- ---------------------------------------------------------------------------------------------
-- Too many actions

-- Returns an action that a statement covers beyond the two of a pull, and whether it changes something. An action that
-- changes something is preferred.
local function action_beyond_pull(statement)
  if statements.only_pulls(statement) then
    return nil
  end
  for _, changes in ipairs { true, false } do
    for _, name in ipairs(changes and ecr_actions.WRITES or ecr_actions.ALL) do
      local action = "ecr:" .. name
      if query.covers(statement, action) and not lists.contains(policy.PULL_ACTIONS, action) then
        return action, changes
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

local function add_excess(add, excess)
  local repository, statement, action = excess.repository, excess.statement, excess.action
  local service = principals.classify("AWS", excess.principal).service
  local pattern = not statement.not_action and pattern_for(statement, action)
  add(excess.changes and "push-or-admin" or "wider-than-pull", {
    repository = repository, statement = statement, principal = excess.principal, service = service,
    location = pattern and location.action(repository.doc, statement.index, pattern)
      or location.element(repository.doc, statement.index, "NotAction"),
    message = ("%s allows the role of %s to call %s (statement %s)"):format(repository.name, service, action,
      statements.label(statement)),
  })
end

-- Reports the worst statement of each Lightsail role and repository.
local function check_excess(inventory, add)
  local worst, order = {}, {}
  for repository, statement in query.allow_statements(inventory) do
    local action, changes = action_beyond_pull(statement)
    for _, entry in ipairs(action and not statement.not_principal and statement.principals or {}) do
      local kind = principals.classify(entry.type, entry.value).kind
      if kind == "puller" or kind == "service-role" then
        local key = repository.name .. " " .. entry.value
        if not worst[key] then
          order[#order + 1] = key
        end
        if not worst[key] or changes and not worst[key].changes then
          worst[key] = { repository = repository, statement = statement, principal = entry.value, action = action,
            changes = changes }
        end
      end
    end
  end
  for _, key in ipairs(order) do
    add_excess(add, worst[key])
  end
end

local function reduce_to_pull(inventory, details)
  return remediation.reduce_to_pull(inventory, details.repository, details.principal)
    or ("allow only %s in statement %s"):format(PULL_ONLY, statements.label(details.statement))
end

return {
  {
    id = "partial-pull",
    severity = "high",
    summary = "Only one of the two pull actions is allowed",
    why = "a pull needs both actions and fails without one of them",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = true,
    check = check_partial,
    remediation = complete_pull,
  },
  {
    id = "push-or-admin",
    severity = "high",
    summary = "A Lightsail role can change images, the repository or its policy",
    why = "an attacker who controls a container can replace the image that is deployed next",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check_excess,
    remediation = reduce_to_pull,
  },
  {
    id = "wider-than-pull",
    severity = "medium",
    summary = "A Lightsail role is allowed more than a pull needs",
    why = "a pull needs only " .. PULL_ONLY,
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check_excess,
    remediation = reduce_to_pull,
  },
}
