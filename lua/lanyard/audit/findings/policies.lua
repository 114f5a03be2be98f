--- Flaws of a policy as a whole: what the linter reports, and its size.

local lint = require "lanyard.audit.lint"
local lists = require "lanyard.lists"
local location = require "lanyard.audit.location"
local outsiders = require "lanyard.audit.outsiders"
local policy = require "lanyard.policy"
local principals = require "lanyard.access.principal"
local remediation = require "lanyard.audit.remediation"
local severities = require "lanyard.severity"
local statements = require "lanyard.access.statements"

-- The share of the size limit from which a policy is reported.
local NEARLY_FULL = 0.8

-- ---------------------------------------------------------------------------------------------
-- What the linter reports

-- Lint rules that a finding of the audit covers when the statement allows a pull.
local COVERED_FOR_PULLS = { ["general-role"] = true, ["lightsail-service"] = true }

-- Lint rules about other accounts and services, whose abilities the findings of the audit list.
local COVERED = { ["too-large"] = true, ["other-account"] = true, ["source-arn"] = true }

-- Lint rules about everyone, which the findings of the audit cover when everyone can read the images.
local COVERED_FOR_EVERYONE = { ["public"] = true, ["public-conditional"] = true, ["allow-not-principal"] = true }

local function names_lightsail_role(statement)
  for _, entry in ipairs(statement and statement.principals or {}) do
    local kind = principals.classify(entry.type, entry.value).kind
    if kind == "puller" or kind == "service-role" then
      return true
    end
  end
  return false
end

local function allows_pull(repository, statement)
  for _, access in ipairs(repository.access) do
    for _, one in ipairs(access.given_by) do
      if one == statement then
        return true
      end
    end
  end
  return false
end

-- Reports whether a finding of the audit says what a statement allows everyone, perhaps under a condition.
local function is_reported_as_public(inventory, repository, statement)
  for _, one in ipairs(outsiders.of(inventory, repository)) do
    if outsiders.is_reported_as_public(inventory, one) and lists.contains(one.statements, statement) then
      return true
    end
  end
  return false
end

-- Reports whether the widest class that a statement allows is an organization, which is reported like an account when
-- the user said which ones are trusted.
local function allows_organizations(inventory, repository, statement)
  local widest = outsiders.has_trusted(inventory)
    and outsiders.audience(inventory, repository.doc, statement, {})[1]
  return widest and widest.kind == "organization" and not outsiders.is_public(inventory, widest)
end

-- Reports whether another finding of the audit covers what the linter found.
local function is_covered(inventory, repository, flaw)
  local statement = repository.statements[flaw.statement]
  if flaw.id == "wider-than-pull" then
    return names_lightsail_role(statement)
  end
  return COVERED[flaw.id]
    or flaw.id == "public-conditional" and allows_organizations(inventory, repository, statement)
    or COVERED_FOR_EVERYONE[flaw.id] and is_reported_as_public(inventory, repository, statement)
    or COVERED_FOR_PULLS[flaw.id] and allows_pull(repository, statement)
end

local function add_flaw(add, repository, flaw)
  -- The fingerprint distinguishes a statement from a later one that has the same flaw and another meaning.
  local statement = repository.statements[flaw.statement]
  local fingerprint = statement and " " .. statements.fingerprint(repository.doc, statement.index) or ""
  add("policy-lint", {
    repository = repository, severity = flaw.severity, statement = statement, discriminator = flaw.id .. fingerprint,
    location = location.of(flaw), flaw = flaw,
    message = ("%s: %s (%s)"):format(repository.name, flaw.message, flaw.id),
  })
end

local function check_lint(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    for _, flaw in ipairs(lint.of(inventory, repository)) do
      if severities.reaches({ flaw }, "high") and not is_covered(inventory, repository, flaw) then
        add_flaw(add, repository, flaw)
      end
    end
  end
end

-- A statement that allows everyone is removed by a command; the linter's own advice does for the rest.
local function fix_flaw(inventory, details)
  local id = details.flaw.id
  if id == "public" then
    return remediation.remove(inventory, details.repository, details.statement, "*")
  elseif id == "allow-not-principal" then
    return remediation.remove(inventory, details.repository, details.statement)
  end
  return details.flaw.fix
end

-- ---------------------------------------------------------------------------------------------
-- Size

local function check_size(inventory, add)
  for _, repository in ipairs(inventory.repositories) do
    -- ECR counts what is sent; the text that was read has ECR's own white space.
    local size = repository.doc and repository.doc:compact_size() or 0
    if size > NEARLY_FULL * policy.LIMIT then
      add("policy-nearly-full", {
        repository = repository, location = location.of(repository.doc:tree()),
        message = ("the policy of %s has %d of the %d characters that ECR accepts"):format(repository.name, size,
          policy.LIMIT),
      })
    end
  end
end

return {
  {
    id = "policy-lint",
    severity = "high",
    summary = "The policy linter reports a flaw of high or critical severity",
    why = "the statement may not mean what it seems to mean, and ECR may reject it at the next change",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check_lint,
    remediation = fix_flaw,
  },
  {
    id = "policy-nearly-full",
    severity = "low",
    summary = "A policy uses more than 80 % of the characters that ECR accepts",
    why = "there will soon be no room for another grant",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check_size,
    remediation = function()
      return "remove what other findings report, or merge statements that differ only in their principal "
        .. "(lanyard policy fold)"
    end,
  },
}
