--- Grants that have expired or expire soon.

local expiry = require "lanyard.policy.expiry"
local location = require "lanyard.audit.location"
local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"
local statements = require "lanyard.access.statements"
local timestamp = require "lanyard.text.timestamp"

-- A grant that expires within this many seconds is reported.
local SOON = 14 * 86400

-- Returns the statement with which an access ends at that time.
local function last_statement(access, deadline)
  for _, statement in ipairs(access.given_by) do
    if expiry.ends(statement) == deadline then
      return statement
    end
  end
end

local function check_soon(inventory, add)
  for repository, access in query.accesses(inventory) do
    local deadline = access.decision ~= "deny" and access.ends
    if deadline and deadline > inventory.now and deadline <= inventory.now + SOON then
      local statement = last_statement(access, deadline)
      local needed = query.is_needed(inventory, repository, access.principal)
      add("grant-ends-soon", {
        repository = repository, access = access, statement = statement, service = access.service,
        severity = needed and "medium" or nil,
        location = location.element(repository.doc, statement.index, "Condition"),
        message = ("%s lets %s pull only until %s (statement %s)"):format(repository.name,
          access.service or access.principal, timestamp.format(deadline), statements.label(statement)),
        why = needed and "a deployment needs the grant; its next pull after that time fails" or nil,
      })
    end
  end
end

local function extend(inventory, details)
  return remediation.extend(inventory, details.repository, details.access.principal)
    or ("let the grant expire, or change the date in statement %s"):format(statements.label(details.statement))
end

local function check_expired(inventory, add)
  for repository, statement in query.allow_statements(inventory) do
    local ended = expiry.ended(statement, inventory.now)
    if ended then
      local label = statements.label(statement)
      add("expired-grant", {
        repository = repository, statement = statement, principal = query.only_principal(statement),
        location = location.element(repository.doc, statement.index, "Condition"), discriminator = label,
        message = ("statement %s of %s expired on %s and no longer allows anything"):format(label, repository.name,
          timestamp.day(ended)),
      })
    end
  end
end

return {
  {
    id = "grant-ends-soon",
    severity = "low",
    summary = "A grant expires soon",
    why = "a grant that is needed for longer must be extended before it expires",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check_soon,
    remediation = extend,
  },
  {
    id = "expired-grant",
    severity = "low",
    summary = "A grant has expired",
    why = "the statement is misleading and takes up space in the policy",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = true,
    check = check_expired,
    remediation = function(inventory, details)
      return remediation.remove(inventory, details.repository, details.statement)
    end,
  },
}
