-- Looking which repositories grant a principal something.

local expiry = require "lanyard.policy.expiry"
local instant = require "lanyard.aws.instant"
local statements = require "lanyard.access.statements"
local store = require "lanyard.access.store"
local task = require "lanyard.task"

local M = {}

-- policies(repositories) --> list of { repository, doc | nil, err | nil }, in their order
function M.policies(here, repositories)
  return task.map(repositories, function(repository)
    local doc, err = store.read(here.ecr, repository.name)
    return { repository = repository, doc = doc, err = err }
  end, { limit = here.parallel })
end

-- grants_of(principal_arn, policies) --> list of { repository, statements = { { index, sid, expires } } } of
-- the repositories with an Allow that names the principal (expires: seconds since 1970, or nil), list of the
-- policies that could not be read: each may hold a grant, too
function M.grants_of(_, principal_arn, policies)
  local grants, unread = {}, {}
  for _, one in ipairs(policies) do
    local found = {}
    for _, statement in ipairs(one.doc and one.doc:statements() or {}) do
      if statements.names(statement, principal_arn) then
        found[#found + 1] = { index = statement.index, sid = statement.sid, expires = expiry.ends(statement) }
      end
    end
    if #found > 0 then
      grants[#grants + 1] = { repository = one.repository, statements = found }
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
  return (at > now and " until %s" or " (ended %s)"):format(instant.write(at))
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
