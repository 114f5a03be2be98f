-- Policies as a whole. These rules look at one repository at a time.

local remediation = require "lanyard.audit.remediation"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local severities = require "lanyard.severity"
local statements = require "lanyard.access.statements"

local M = {}

-- The part of the limit from which a policy is near it.
local NEAR = 0.8

function M.unreadable(seen, add)
  for _, repository in ipairs(seen.repositories) do
    if repository.unknown then
      add("unreadable-policy", {
        repository = repository,
        message = ("the policy of %s could not be read: %s"):format(repository.name, repository.unknown),
        why = "nobody knows who can pull from it",
        fix = "allow what `lanyard permissions` prints, which reading takes; a text that is no policy is put "
          .. "right by hand",
      })
    end
  end
end

function M.nearly_full(seen, add)
  for _, repository in ipairs(seen.repositories) do
    local size = repository.doc and repository.doc:size() or 0
    if size > NEAR * policy.LIMIT then
      local root = repository.doc:tree()
      add("policy-nearly-full", {
        repository = repository,
        place = { first = root.first, last = root.last, line = root.line, column = root.column },
        message = ("the policy of %s has %d characters of the %d that ECR takes"):format(repository.name, size,
          policy.LIMIT),
        why = "soon no grant fits into it",
        fix = "take out what other findings tell, or fold statements that differ only in their principal "
          .. "(lanyard policy fold)",
      })
    end
  end
end

-- Findings of the linter that the audit tells itself, where it is a pull that is allowed.
local TOLD_OF_PULLS = {
  ["public"] = true, ["allow-not-principal"] = true, ["general-role"] = true, ["lightsail-service"] = true,
}

local function names_lightsail_role(statement)
  for _, one in ipairs(statement and statement.principals or {}) do
    local kind = principal.classify(one.type, one.value).kind
    if kind == "puller" or kind == "service-role" then
      return true
    end
  end
  return false
end

local function gives_pull(repository, statement)
  for _, access in ipairs(repository.access) do
    for _, one in ipairs(access.given_by) do
      if one == statement then
        return true
      end
    end
  end
  return false
end

local function is_told(repository, flaw)
  local statement = repository.statements[flaw.statement]
  if flaw.id == "wider-than-pull" then
    return names_lightsail_role(statement)
  end
  return flaw.id == "too-large" or TOLD_OF_PULLS[flaw.id] and gives_pull(repository, statement)
end

-- The command that mends what is said of a statement, where it lets everyone in | nil
local function mend_public(seen, repository, flaw)
  local statement = repository.statements[flaw.statement]
  if flaw.id == "public" then
    return remediation.remove(seen, repository, statement, "*")
  end
  return flaw.id == "allow-not-principal" and remediation.remove(seen, repository, statement) or nil
end

function M.lint(seen, add)
  for _, repository in ipairs(seen.repositories) do
    for _, flaw in ipairs(repository.doc and repository.doc:lint { account = seen.account } or {}) do
      if severities.reaches({ flaw }, "high") and not is_told(repository, flaw) then
        -- The same flaw of a statement that means something else by now is another.
        local statement = repository.statements[flaw.statement]
        local digits = statement and " " .. statements.fingerprint(repository.doc, statement.index) or ""
        add("policy-lint", {
          repository = repository, severity = flaw.severity, statement = statement, detail = flaw.id .. digits,
          place = { first = flaw.first, last = flaw.last, line = flaw.line, column = flaw.column },
          message = ("%s: %s (%s)"):format(repository.name, flaw.message, flaw.id),
          why = "such a statement does not say what it seems to, and ECR may refuse it at the next change",
          fix = mend_public(seen, repository, flaw) or flaw.fix,
        })
      end
    end
  end
end

return M
