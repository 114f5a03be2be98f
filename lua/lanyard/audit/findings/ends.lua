-- Grants that are over, and those that soon will be. These rules look at one repository at a time.

local collect = require "lanyard.audit.collect"
local each = require "lanyard.audit.findings.each"
local expiry = require "lanyard.policy.expiry"
local instant = require "lanyard.aws.instant"
local mend = require "lanyard.audit.mend"
local place = require "lanyard.audit.place"

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
        place = place.element(repository.doc, statement.index, "Condition"), detail = collect.label(statement),
        message = ("statement %s of %s allows nothing since %s"):format(collect.label(statement),
          repository.name, os.date("!%Y-%m-%d", ended)),
        why = "who reads it is misled, and it takes room",
        fix = mend.remove(seen, repository, statement),
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
        place = place.element(repository.doc, statement.index, "Condition"),
        message = ("%s lets %s pull until %s (statement %s)"):format(repository.name,
          access.service or access.principal, instant.write(at), collect.label(statement)),
        why = needed and "a deployment needs it: then the next pull fails"
          or "who needs it longer has to say so before",
        fix = mend.prolong(seen, repository, access.principal)
          or ("let it end, or give statement %s another date"):format(collect.label(statement)),
      })
    end
  end
end

return M
