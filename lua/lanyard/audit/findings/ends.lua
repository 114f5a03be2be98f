-- Grants that are over, and those that soon will be. These rules look at one repository at a time.

local inventory = require "lanyard.audit.scan.inventory"
local each = require "lanyard.audit.findings.each"
local expiry = require "lanyard.policy.expiry"
local timestamp = require "lanyard.text.timestamp"
local remediation = require "lanyard.audit.remediation"
local location = require "lanyard.audit.location"

local M = {}

-- What is near is so many seconds away.
local SOON = 14 * 86400

function M.expired(seen, add)
  for repository, statement in each.allow(seen) do
    local ended = expiry.ended(statement, seen.now)
    if ended then
      add("expired-grant", {
        repository = repository, statement = statement,
        principal = #statement.principals == 1 and not statement.not_principal and statement.principals[1].value or nil,
        place = location.element(repository.doc, statement.index, "Condition"), detail = inventory.label(statement),
        message = ("statement %s of %s allows nothing since %s"):format(inventory.label(statement),
          repository.name, os.date("!%Y-%m-%d", ended)),
        why = "who reads it is misled, and it takes room",
        fix = remediation.remove(seen, repository, statement),
      })
    end
  end
end

-- The statement whose date ends an access.
local function last_statement(access, at)
  for _, statement in ipairs(access.given_by) do
    if expiry.ends(statement) == at then
      return statement
    end
  end
end

function M.soon(seen, add)
  for repository, access in each.access(seen) do
    local at = access.decision ~= "deny" and access.ends
    if at and at > seen.now and at <= seen.now + SOON then
      local statement = last_statement(access, at)
      local needed = each.is_needed(seen, repository, access.principal)
      add("grant-ends-soon", {
        repository = repository, access = access, statement = statement, service = access.service,
        severity = needed and "medium" or nil,
        place = location.element(repository.doc, statement.index, "Condition"),
        message = ("%s lets %s pull until %s (statement %s)"):format(repository.name,
          access.service or access.principal, timestamp.format(at), inventory.label(statement)),
        why = needed and "a deployment needs it: then the next pull fails"
          or "who needs it longer has to say so before",
        fix = remediation.prolong(seen, repository, access.principal)
          or ("let it end, or give statement %s another date"):format(inventory.label(statement)),
      })
    end
  end
end

return M
