-- Looking which repositories grant a principal something, and whether it can pull by that.

local expiry = require "lanyard.policy.expiry"
local timestamp = require "lanyard.text.timestamp"
local policy = require "lanyard.policy"
local statements = require "lanyard.access.statements"
local task = require "lanyard.task"

local M = {}

-- policies(repositories) --> list of { repository, doc | nil, err | nil }, in their order
function M.policies(region, repositories)
  return task.map(repositories, function(repository)
    local doc, err = region:policy(repository)
    return { repository = repository, doc = doc, err = err }
  end, { limit = region.parallel })
end

-- decide(doc, principal, resource, now) --> decision, answers: may this principal pull, at this time?
-- answers: what the policy says to each pull action, { [action] = { decision, statement | nil } }. The decision on
-- both:
--   allow    may pull               depends  on a condition, or on what the policy alone can't tell
--   partial  one of the two actions deny     another statement, or none allows it
function M.decide(doc, value, resource, now)
  local seen, answers = {}, {}
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local answer, statement = doc:can { principal = value, action = action, resource = resource }
    if answer == "depends" then
      answer, statement = doc:can {
        principal = value, action = action, resource = resource, partial = true,
        context = expiry.at(now),
      }
    end
    answers[action] = { answer, statement }
    seen[answer == "implicit-deny" and "deny" or answer] = true
  end
  if seen.depends then
    return "depends", answers
  elseif seen.allow then
    return seen.deny and "partial" or "allow", answers
  end
  return "deny", answers
end

-- A grant of grants_of: what the whole policy says, beside the statements that name the principal.
local function grant_of(one, principal_arn, found, now)
  local decision, answers = M.decide(one.doc, principal_arn, one.repository.arn, now)
  local denied = false
  for _, answer in pairs(answers) do
    denied = denied or answer[1] == "deny"
  end
  return { repository = one.repository, statements = found, decision = decision, denied = denied }
end

-- grants_of(principal_arn, policies) --> list of { repository, statements = { { index, sid, expires } }, decision (of
-- `decide`), denied = whether a Deny takes a pull action away } of the repositories with an Allow that names the
-- principal (expires: seconds since 1970, or nil), list of the policies that could not be read: each may hold a
-- grant, too
function M.grants_of(region, principal_arn, policies)
  local grants, unread = {}, {}
  for _, one in ipairs(policies) do
    local found = {}
    for _, statement in ipairs(one.doc and one.doc:statements() or {}) do
      if statements.names(statement, principal_arn) then
        found[#found + 1] = { index = statement.index, sid = statement.sid, expires = expiry.ends(statement) }
      end
    end
    if #found > 0 then
      grants[#grants + 1] = grant_of(one, principal_arn, found, region.clock.time())
    end
    unread[#unread + 1] = one.err and one or nil
  end
  return grants, unread
end

-- end_of(grant of grants_of) --> when the last of its statements ends, in seconds since 1970 | nil: never
function M.end_of(grant)
  local last
  for _, statement in ipairs(grant.statements) do
    if not statement.expires then
      return nil
    end
    last = math.max(last or 0, statement.expires)
  end
  return last
end

-- ending(seconds | nil, now) --> " until ...", " (ended ...)" or "", for a line to people
function M.ending(at, now)
  if not at then
    return ""
  end
  return (at > now and " until %s" or " (ended %s)"):format(timestamp.format(at))
end

local DOUBTS = { depends = " (conditional)", partial = " (one of two actions)", deny = " (no pull)" }

-- doubt(grant of grants_of, now) --> why it may not be enough for a pull, as " (denied)", or "", for a line to people;
-- that it has ended is for `ending` to say
function M.doubt(grant, now)
  local at = M.end_of(grant)
  if at and at <= now then
    return ""
  end
  return grant.denied and " (denied)" or DOUBTS[grant.decision] or ""
end

-- grant_rows(grants, now) --> rows for people: repository, statements
function M.grant_rows(grants, now)
  local rows = {}
  for i, grant in ipairs(grants) do
    local sids = {}
    for j, statement in ipairs(grant.statements) do
      sids[j] = (statement.sid or "#" .. statement.index) .. M.ending(statement.expires, now)
    end
    rows[i] = { grant.repository.name, table.concat(sids, ", ") }
  end
  return rows
end

return M
