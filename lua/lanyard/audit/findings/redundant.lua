--- Statements without an effect: an Allow that Denies cancel, or a statement that others repeat. One statement that
--- covers another is named; what several do together comes from the linter, which proves it over every request.

local expiry = require "lanyard.policy.expiry"
local lint = require "lanyard.audit.lint"
local policy = require "lanyard.policy"
local query = require "lanyard.audit.query"
local remediation = require "lanyard.audit.remediation"
local match = require "lanyard.match"
local statements = require "lanyard.access.statements"

-- Returns the first other statement with the given effect that applies to every request to which this one applies.
-- Of two statements with the same effect that cover each other, the earlier one covers the later one. `gone` has the
-- statements that do not count.
local function covering(repository, statement, effect, gone)
  local i = statement.index
  for _, other in ipairs(repository.statements) do
    local j = other.index
    if j ~= i and not (gone and gone[other]) and other.effect == effect and repository.doc:covers(j, i)
      and (effect ~= statement.effect or j < i or not repository.doc:covers(i, j)) then
      return other
    end
  end
  return nil
end

-- Returns the statements about which the linter reports a flaw, with their repositories.
local function lint_reports(inventory, id)
  local found = {}
  for _, repository in ipairs(inventory.repositories) do
    for _, flaw in ipairs(lint.of(inventory, repository)) do
      if flaw.id == id then
        found[#found + 1] = { repository = repository, statement = repository.statements[flaw.statement] }
      end
    end
  end
  return found
end

local function is_public(statement)
  for _, entry in ipairs(statement.principals) do
    if entry.value == "*" and not statement.not_principal then
      return true
    end
  end
  return statement.not_principal
end

-- Reports whether `outer` allows a principal that both statements name everything that `inner` allows it.
local function allows_all_of(outer, inner)
  if outer.has_condition or outer.has_resource or outer.not_action or inner.not_action then
    return false
  end
  for _, action in ipairs(inner.actions) do
    local covered = false
    for _, pattern in ipairs(outer.actions) do
      covered = covered or match.glob(pattern, action, true)
    end
    if not covered then
      return false
    end
  end
  return true
end

-- Returns a statement of an access that another of its statements makes redundant, and that other statement.
local function redundant_statement(access)
  for _, inner in ipairs(access.given_by) do
    for _, outer in ipairs(access.given_by) do
      if outer.index ~= inner.index and allows_all_of(outer, inner)
        and (outer.index < inner.index or not allows_all_of(inner, outer)) then
        return inner, outer
      end
    end
  end
  return nil
end

-- Reports whether no other finding is about a statement that minimizing might keep or remove instead: minimizing
-- chooses itself which statements stay, and one for everyone, which is to be revoked, makes others redundant.
local function minimizes_safely(inventory, repository)
  for _, flaw in ipairs(lint.of(inventory, repository)) do
    if flaw.id == "repeated-statement" then
      return false
    end
  end
  for _, statement in ipairs(repository.statements) do
    if statement.effect == "Allow" and is_public(statement) then
      return false
    end
  end
  for _, access in ipairs(repository.access) do
    if redundant_statement(access) then
      return false
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Denied

-- Returns the answer that takes a pull action away, that action, and the statement of this access that allows it.
local function denial(access)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer = access.answers[action] or {}
    local is_denied = answer[1] == "deny" or answer[1] == "depends" and answer.reason and answer[2].effect == "Deny"
    for _, statement in ipairs(is_denied and access.given_by or {}) do
      if query.covers(statement, action) then
        return answer, action, statement
      end
    end
  end
  return nil
end

-- Returns the statement that is reported, or nil when the access is not denied.
local function add_denied_access(add, repository, access)
  local answer, action, statement = denial(access)
  if not answer then
    return nil
  end
  local deny = answer[2]
  local doubt = answer[1] == "depends" and " " .. answer.reason:match "to the role (.*)$" or ""
  add("denied-grant", {
    repository = repository, access = access, statement = statement, service = access.service, deny = deny,
    origin = answer.origin, control = answer.origin and answer.origin.id,
    message = ("%s allows %s to call %s in statement %s and denies it in statement %s%s%s"):format(repository.name,
      access.service or access.principal, action, statements.label(statement), statements.label(deny),
      answer.origin and " of " .. answer.origin.name or "", doubt),
  })
  return statement
end

local function add_denied_statement(add, repository, statement, by, minimize)
  add("denied-grant", {
    repository = repository, statement = statement, principal = query.only_principal(statement),
    discriminator = statements.label(statement), minimize = minimize,
    message = ("%s denies in %s everything that statement %s allows"):format(repository.name, by,
      statements.label(statement)),
    why = "a Deny overrides every Allow, so the Allow is misleading",
  })
end

local function check_denied(inventory, add)
  local reported = {}
  for repository, access in query.accesses(inventory) do
    local statement = add_denied_access(add, repository, access)
    if statement then
      reported[statement] = true
    end
  end
  for repository, statement in query.allow_statements(inventory) do
    local deny = not reported[statement] and covering(repository, statement, "Deny")
    if deny then
      reported[statement] = true
      add_denied_statement(add, repository, statement, "statement " .. statements.label(deny))
    end
  end
  for _, one in ipairs(lint_reports(inventory, "shadowed-allow")) do
    local repository, statement = one.repository, one.statement
    if not reported[statement] then
      add_denied_statement(add, repository, statement, "its Deny statements together",
        minimizes_safely(inventory, repository))
    end
  end
end

-- Where a deployment needs the grant, the Deny is the mistake; elsewhere the Allow is removed.
local function resolve_denial(inventory, details)
  local repository, access = details.repository, details.access
  if details.minimize then
    return remediation.minimize(inventory, repository)
  elseif not access then
    return remediation.remove(inventory, repository, details.statement)
  elseif access.kind == "puller" and #details.deny.conditions > 0 or details.origin
    or query.is_needed(inventory, repository, access.principal) then
    return remediation.exempt_from_deny(inventory, repository, details.deny.index, access.principal,
      details.origin and details.deny, details.origin)
  elseif access.type == "*" or access.kind == "public" then
    return remediation.remove(inventory, repository, details.statement)
  end
  return remediation.revoke(inventory, repository, access.principal)
end

-- ---------------------------------------------------------------------------------------------
-- Repeated

local function add_overlap(add, details, outer)
  local subject = details.access and (" for %s"):format(details.service or details.principal) or ""
  details.discriminator = statements.label(details.statement)
  details.message = ("%s: statement %s repeats what statement %s allows%s"):format(details.repository.name,
    statements.label(details.statement), statements.label(outer), subject)
  add("overlapping-grant", details)
end

-- A statement for everyone does not make the statement of one principal redundant: it is public access, which is
-- reported as such and to be revoked.
local function check_overlap(inventory, add)
  local reported, by_principal = {}, {}
  for repository, statement in query.allow_statements(inventory) do
    local outer = covering(repository, statement, "Allow")
    if outer and (is_public(statement) or not is_public(outer)) then
      reported[statement] = true
      add_overlap(add, {
        repository = repository, statement = statement, principal = query.only_principal(statement),
      }, outer)
    end
  end
  for repository, access in query.accesses(inventory) do
    local inner, outer = redundant_statement(access)
    if inner and not reported[inner] and access.kind ~= "public" then
      by_principal[inner] = true
      add_overlap(add, {
        repository = repository, access = access, statement = inner, principal = access.principal,
        service = access.service,
      }, outer)
    end
  end
  for statement in pairs(by_principal) do
    reported[statement] = true
  end
  return reported
end

-- Returns the set of statements that are redundant without other ones.
local function redundant_without(repository, gone)
  local rest, indices, found = repository.doc:copy(), {}, {}
  for i = #repository.statements, 1, -1 do
    if gone[repository.statements[i]] then
      rest:remove { index = i }
    else
      table.insert(indices, 1, i)
    end
  end
  for _, flaw in ipairs(rest:lint()) do
    found[repository.statements[indices[flaw.statement]] or false] = flaw.id == "repeated-statement" or nil
  end
  return found
end

-- Returns the statements of a repository on which no finding may rely: the ones that are reported as repeated already,
-- and the ones for everyone, which are to be revoked. All reported statements can then be removed, in any order.
local function unreliable(repository, reported)
  local gone = {}
  for _, statement in ipairs(repository.statements) do
    gone[statement] = reported[statement] or statement.effect == "Allow" and is_public(statement) or nil
  end
  return gone
end

local function what_repeats(statement, outer)
  local denies = statement.effect == "Deny"
  if outer then
    return ("statement %s %s"):format(statements.label(outer), denies and "denies" or "allows")
  end
  return "other statements together " .. (denies and "deny" or "allow")
end

-- A statement with an expiry beside a later one ends by itself, and is reported then (expired-grant).
local function check_repeated(inventory, add)
  local reported = check_overlap(inventory, add)
  local known = {}
  for _, one in ipairs(lint_reports(inventory, "repeated-statement")) do
    local repository, statement = one.repository, one.statement
    local gone = unreliable(repository, reported)
    if next(gone) and not known[repository] then
      known[repository] = redundant_without(repository, gone)
    end
    if not expiry.ends(statement) and (not next(gone) or known[repository][statement]) then
      local outer = covering(repository, statement, statement.effect, gone)
      add("redundant-statement", {
        repository = repository, statement = statement, principal = query.only_principal(statement),
        discriminator = statements.label(statement), is_alone = not next(gone),
        message = ("%s: statement %s repeats what %s"):format(repository.name, statements.label(statement),
          what_repeats(statement, outer)),
      })
    end
  end
end

-- Minimizing chooses itself which of several statements stay. Beside a finding about one of them, that one statement is
-- removed.
local function remove_redundant(inventory, details)
  if details.is_alone then
    return remediation.minimize(inventory, details.repository)
  end
  return remediation.remove(inventory, details.repository, details.statement)
end

return {
  {
    id = "denied-grant",
    severity = "medium",
    summary = "A Deny cancels an Allow",
    why = "a Deny overrides every Allow, so the Allow is misleading and the pull fails",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = true,
    check = check_denied,
    remediation = resolve_denial,
  },
  {
    id = "overlapping-grant",
    severity = "low",
    summary = "Another Allow statement already allows the same",
    why = "removing one of the two statements does not revoke the access",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check_repeated,
    remediation = function(inventory, details)
      return remediation.remove(inventory, details.repository, details.statement,
        details.access and details.principal)
    end,
  },
  {
    id = "redundant-statement",
    severity = "low",
    summary = "Other statements make a statement redundant",
    why = "the policy allows and denies the same without the statement, which only takes room and misleads",
    scope = "repository",
    by_policy = true,
    needs = {},
    breaks_pull = false,
    check = check_repeated,
    remediation = remove_redundant,
  },
}
