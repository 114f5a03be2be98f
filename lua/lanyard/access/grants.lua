-- Granting a container service the pull from a repository, and taking it back.

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local store = require "lanyard.access.store"
local task = require "lanyard.task"
local write = require "lanyard.access.write"

local M = {}

-- What the Sids of our statements begin with, and the Sid of a statement joined of them.
local OWN = "AllowLightsailPull"

-- How long after its role appeared a service's ARN counts as fresh, in seconds.
local FRESH = 120

-- ---------------------------------------------------------------------------------------------
-- Granting

-- Whether all principals of a statement stand for the service's role: the role itself, an earlier
-- role of this service, or the unique id of a deleted one.
local function is_for_role(statement, role_arn)
  for _, who in ipairs(statement.principals) do
    if who.type ~= "AWS"
      or not (who.value == role_arn
        or principal.same_service(who.value, role_arn)
        or principal.classify(who.type, who.value).kind == "orphan") then
      return false
    end
  end
  return #statement.principals > 0
end

local function only_pulls(statement)
  for _, action in ipairs(statement.actions) do
    if not lists.contains(policy.PULL_ACTIONS, action) then
      return false
    end
  end
  return not (statement.not_action or statement.not_resource or statement.has_condition)
    and #statement.resources == 0
end

-- The statement that an earlier grant of this service left behind: ours by its Sid, and of no use.
local function left_behind(doc, sid, role_arn)
  for _, statement in ipairs(doc:statements()) do
    if statement.sid == sid and statement.effect == "Allow" and not statement.not_principal
      and is_for_role(statement, role_arn) and only_pulls(statement) then
      return statement
    end
  end
  return nil
end

-- What still stands in the way of the pull although it is granted.
local function obstacle(doc, role_arn, resource)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local decision, statement = doc:can { principal = role_arn, action = action, resource = resource }
    if decision == "deny" then
      return ("statement %s denies %s to the role: the pull will fail")
        :format(statement.sid and "'" .. statement.sid .. "'" or "#" .. statement.index, action)
    end
  end
  return nil
end

local function names(statement, role_arn)
  if statement.effect == "Allow" and not statement.not_principal then
    for _, who in ipairs(statement.principals) do
      if who.type == "AWS" and who.value == role_arn then
        return true
      end
    end
  end
  return false
end

local function granting_statement(statements, role_arn)
  for _, statement in ipairs(statements) do
    if names(statement, role_arn) then
      return statement
    end
  end
  return nil
end

-- Grants to Lightsail's puller roles and nothing else, under a Sid of ours.
local function is_own(statement)
  if statement.effect ~= "Allow" or statement.not_principal or not only_pulls(statement)
    or not (statement.sid or ""):find("^" .. OWN) then
    return false
  end
  for _, who in ipairs(statement.principals) do
    if principal.classify(who.type, who.value).kind ~= "puller" then
      return false
    end
  end
  return true
end

local function grant_edit(role_arn, sid, resource, fold)
  return function(doc)
    local grant = { sid = sid, principal = role_arn, actions = policy.PULL_ACTIONS }
    local trial = doc:copy()
    local changed, why = trial:allow(grant)
    local replaced
    if changed then
      local old = left_behind(doc, sid, role_arn)
      if old then
        doc:remove { index = old.index }
        replaced = true
      end
      changed, why = doc:allow(grant)
      if fold and doc:size() > policy.LIMIT and doc:fold { sid = OWN, match = is_own } then
        why = "joined with the grants of other services, for room"
      end
    end
    local statement = granting_statement(doc:statements(), role_arn)
    return changed, {
      why = replaced and "in place of an earlier role's grant" or why,
      sid = statement and statement.sid,
      warning = obstacle(doc, role_arn, resource),
    }
  end
end

local function check_service(service)
  if not service.role.arn then
    return nil, errors.new {
      code = "RoleOff",
      message = ("the puller role of '%s' is %s")
        :format(service.name, service.role.active and "not ready yet" or "off"),
      tip = "run lanyard enable " .. service.name .. " first",
    }
  elseif principal.classify("AWS", service.role.arn).kind ~= "puller" then
    return nil, errors.new {
      code = "UnexpectedRole",
      message = ("'%s' is no ARN of an image puller role; it was not granted"):format(service.role.arn),
      tip = "Lightsail's form of these ARNs may have changed; grant it by hand after a look at the service",
    }
  end
  return true
end

-- The kind of a change, in words: granted, "would grant", unchanged.
local function kind_of(result, verb, past, dry_run)
  if not result.changed then
    return "unchanged"
  end
  return dry_run and "would " .. verb or past
end

local function to_change(here, repository, result, words, options)
  local detail = result.detail or {}
  return {
    kind = kind_of(result, words[1], words[2], options.dry_run),
    repository = repository,
    statement = { sid = detail.sid },
    why = detail.why,
    warning = detail.warning,
    touched = detail.touched,
    region = here.region,
    dry_run = options.dry_run or false,
    deleted_policy = result.deleted_policy,
    before = result.before,
    after = result.after,
    diff = result.diff,
    entry = result.entry,
    recovered = result.recovered,
  }
end
M.to_change = to_change

-- grant(service, repository [, options]) --> change | nil, err
-- options: sid, fold (join our own statements where the policy would be too large), dry_run, settle, progress.
function M.grant(here, service, repository, options)
  options = options or {}
  local ok, err = check_service(service)
  if not ok then
    return nil, err
  end
  local role_arn = service.role.arn
  local sid = options.sid or OWN .. "-" .. service.name
  local appeared = here.fresh[role_arn]
  local result
  result, err = write.change_policy(here, repository, grant_edit(role_arn, sid, repository.arn, options.fold), {
    action = "grant",
    record = { service = service.name, principal = role_arn, sid = sid },
    dry_run = options.dry_run,
    settle = here:settles(options),
    progress = options.progress or here.progress,
    await_principal = true,
    fresh = appeared ~= nil and here.clock.now() - appeared < FRESH,
  })
  if not result then
    return nil, err
  end
  return to_change(here, repository, result, { "grant", "granted" }, options)
end

-- ---------------------------------------------------------------------------------------------
-- Revoking

-- The roles that a service has or had in this Region. Where its owner is known, a service of the
-- same name of somebody else is left alone.
local function role_of_service(service, region)
  local name = type(service) == "table" and service.name or service
  local known = type(service) == "table" and (service.role.arn or service.principal_arn)
  local owner = known and principal.classify("AWS", known).account
  return function(type_, value)
    local who = principal.classify(type_, value)
    return who.kind == "puller" and who.service == name and who.region == region
      and (owner == nil or who.account == owner)
  end
end

-- What to take out, and from which statements: a Deny that names a deleted role may go as well.
local function selection(here, whom)
  if whom.principal and whom.principal:find "^[%w-]+%.[%w.-]+$" then
    return {
      match = function(type_, value) return type_ == "Service" and value == whom.principal end,
    }, { principal = whom.principal }
  elseif whom.principal then
    return { principal = whom.principal }, { principal = whom.principal }
  elseif whom.orphans then
    return {
      match = function(type_, value)
        return principal.classify(type_, value).kind == "orphan"
      end,
      effect = "any",
    }, { orphans = true }
  elseif whom.service then
    local name = type(whom.service) == "table" and whom.service.name or whom.service
    return { match = role_of_service(whom.service, here.region) }, { service = name }
  end
  error("revoke needs a principal, a service, or orphans", 3)
end

local NOTHING = {
  principal = "no Allow statement names it",
  service = "no Allow statement names its role",
  orphans = "no principal is an orphan",
}

-- revoke(whom, repository [, options]) --> change | nil, err
-- whom: { principal = an ARN, an account, an AWS service's name, or "*" }, { service = a container
-- service or the name of one }, or { orphans = true }.
-- options: dry_run, settle, progress.
function M.revoke(here, whom, repository, options)
  options = options or {}
  local selected, record = selection(here, whom)
  local nothing = NOTHING[next(record)]
  local function edit(doc)
    local changed, touched = doc:revoke(selected)
    return changed, { touched = touched, why = not changed and nothing or nil }
  end
  local result, err = write.change_policy(here, repository, edit, {
    action = "revoke",
    record = record,
    dry_run = options.dry_run,
    settle = here:settles(options),
    progress = options.progress or here.progress,
  })
  if not result then
    return nil, err
  end
  return to_change(here, repository, result, { "revoke", "revoked" }, options)
end

-- How many repositories change at once.
local CHANGES = 8

-- change_each(repositories, f) --> list of { repository = name, change | nil, err | nil }, in their
-- order; f(repository) --> change | nil, err. One that fails does not stop the others.
function M.change_each(_, repositories, f)
  return task.map(repositories, function(repository)
    local change, err = f(repository)
    return { repository = repository.name, change = change, err = err }
  end, { limit = CHANGES })
end

-- ---------------------------------------------------------------------------------------------
-- Looking

-- policies(repositories) --> list of { repository, doc | nil, err | nil }, in their order
function M.policies(here, repositories)
  return task.map(repositories, function(repository)
    local doc, err = store.read(here.ecr, repository.name)
    return { repository = repository, doc = doc, err = err }
  end, { limit = here.parallel })
end

-- grants_of(principal_arn, policies) --> list of { repository, statements } of the repositories with
-- an Allow that names the principal, list of the policies that could not be read: each may hold a
-- grant, too
function M.grants_of(_, principal_arn, policies)
  local grants, unread = {}, {}
  for _, one in ipairs(policies) do
    local found = {}
    for _, statement in ipairs(one.doc and one.doc:statements() or {}) do
      if names(statement, principal_arn) then
        found[#found + 1] = { index = statement.index, sid = statement.sid }
      end
    end
    if #found > 0 then
      grants[#grants + 1] = { repository = one.repository, statements = found }
    end
    unread[#unread + 1] = one.err and one or nil
  end
  return grants, unread
end

-- grant_rows(grants) --> rows for people: repository, statements
function M.grant_rows(grants)
  local rows = {}
  for i, grant in ipairs(grants) do
    local sids = {}
    for j, statement in ipairs(grant.statements) do
      sids[j] = statement.sid or "#" .. statement.index
    end
    rows[i] = { grant.repository.name, table.concat(sids, ", ") }
  end
  return rows
end

return M
