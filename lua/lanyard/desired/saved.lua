-- A plan as JSON, to be looked at by programs and applied later.
--
-- { kind = "plan", version, tool, time, account, region, file, prune, fold, roles = { names of services whose
-- role would be turned on }, repositories = { { repository, arn, result, changes = { words }, before, after,
-- diff, warning, grants = { { service, sid, expires, role } } } }, unchanged = { names }, failures = {
-- { service | nil, repository | nil, error = { code, message } } } }; texts and lists of them, but for the
-- booleans `prune` and `fold`. `before` is absent where there is no policy. Only what would change is among
-- the repositories.

local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local plans = require "lanyard.desired.plan"
local policy = require "lanyard.policy"
local version = require "lanyard.version"

local M = {}

-- The version of the form: another one when a reader of this one would misread it.
M.VERSION = 1

local function plain_wish(wish, plan)
  local service = plan.services[wish.service]
  return {
    service = wish.service, sid = wish.sid, expires = wish.expires and timestamp.format(wish.expires),
    role = service and service.role.arn or nil,
  }
end

local function plain_entry(entry, plan)
  local change = entry.change
  local grants = json.array {}
  for i, wish in ipairs(entry.wishes) do
    grants[i] = plain_wish(wish, plan)
  end
  return {
    repository = entry.repository.name, arn = entry.repository.arn, result = change.kind,
    changes = json.array(change.words), before = change.before, after = change.after, diff = change.diff,
    warning = change.warning, grants = grants,
  }
end

-- plain(plan) --> it, ready for lanyard.json
function M.plain(plan)
  local result = {
    kind = "plan", version = M.VERSION, tool = "lanyard " .. version, time = timestamp.format(plan.now),
    account = plan.account, region = plan.region, file = plan.file, prune = plan.prune, fold = plan.fold,
    roles = json.array(plan.enable), repositories = json.array {}, unchanged = json.array {},
    failures = json.array {},
  }
  for i, entry in ipairs(plans.changing(plan)) do
    result.repositories[i] = plain_entry(entry, plan)
  end
  for i, entry in ipairs(plans.unchanged(plan)) do
    result.unchanged[i] = entry.repository.name
  end
  for i, failure in ipairs(plan.failures) do
    result.failures[i] = {
      service = failure.service, repository = failure.repository,
      error = { code = failure.err.code, message = failure.err.message },
    }
  end
  return result
end

-- ---------------------------------------------------------------------------------------------
-- Reading one

local function is_text(value)
  return type(value) == "string"
end

local function is_text_or_nil(value)
  return value == nil or is_text(value)
end

local function is_policy(value)
  return value == nil or is_text(value) and policy.parse(value) ~= nil
end

-- Each member and what it must be; a plan is trusted no more than any other file.
local GRANT = {
  service = names.container_service,
  sid = function(value) return value == nil or is_text(value) and value ~= "" and not value:find "%c" end,
  expires = function(value) return value == nil or timestamp.parse(value) ~= nil end,
  role = is_text_or_nil,
}
local REPOSITORY = {
  repository = names.repository, arn = is_text, before = is_policy, grants = json.is_array,
}
local FAILURE = {
  service = is_text_or_nil, repository = is_text_or_nil,
  error = function(value) return type(value) == "table" and is_text(value.code) and is_text(value.message) end,
}
local PLAN = {
  account = names.registry_id, region = names.region, file = is_text,
  roles = json.is_array, repositories = json.is_array,
  prune = function(value) return type(value) == "boolean" end,
  fold = function(value) return type(value) == "boolean" end,
  failures = json.is_array,
}

-- The path of the first member that is not what it must be | nil
local function flaw_in(value, form, path)
  if type(value) ~= "table" then
    return path
  end
  for name, check in pairs(form) do
    if not check(value[name]) then
      return path .. (path ~= "" and "." or "") .. name
    end
  end
  return nil
end

local function first_flaw(value)
  local flaw = flaw_in(value, PLAN, "")
  for i, name in ipairs(not flaw and value.roles or {}) do
    flaw = flaw or not names.container_service(name) and ("roles[%d]"):format(i) or nil
  end
  for i, repository in ipairs(not flaw and value.repositories or {}) do
    local path = ("repositories[%d]"):format(i)
    flaw = flaw or flaw_in(repository, REPOSITORY, path)
    for j, grant in ipairs(not flaw and repository.grants or {}) do
      flaw = flaw or flaw_in(grant, GRANT, ("%s.grants[%d]"):format(path, j))
    end
  end
  for i, failure in ipairs(not flaw and value.failures or {}) do
    local path = ("failures[%d]"):format(i)
    flaw = flaw or flaw_in(failure, FAILURE, path)
      or not (failure.service or failure.repository) and path .. ".repository"
  end
  return flaw
end

local function entry_of(repository, account)
  local wishes = {}
  for i, grant in ipairs(repository.grants) do
    wishes[i] = { service = grant.service, sid = grant.sid, role = grant.role,
      expires = grant.expires and timestamp.parse(grant.expires) }
  end
  return {
    repository = { name = repository.repository, arn = repository.arn, registry_id = account },
    wishes = wishes, guard = { text = repository.before },
  }
end

-- Whether a value read from JSON means to be a plan.
function M.is_plan(value)
  return type(value) == "table" and value.kind == "plan"
end

-- read(value, name) --> { account, region, file, prune, fold, roles, entries, failures } | nil, err
-- `value` is what lanyard.json made of the file `name`.
function M.read(value, name)
  if math.type(value.version) == "integer" and value.version ~= M.VERSION then
    return nil, errors.new {
      code = "InvalidFile",
      message = ("%s is a plan of version %d, and this lanyard reads version %d: make it anew"):format(name,
        value.version, M.VERSION),
    }
  end
  local flaw = value.version ~= M.VERSION and "version" or first_flaw(value)
  if flaw then
    return nil, errors.new {
      code = "InvalidFile",
      message = ("%s: %s is not what a plan has there: write plans with lanyard plan FILE --output json"):format(name,
        flaw),
    }
  end
  local saved = { account = value.account, region = value.region, file = value.file, prune = value.prune,
    fold = value.fold, roles = value.roles, entries = {}, failures = {} }
  for i, repository in ipairs(value.repositories) do
    saved.entries[i] = entry_of(repository, value.account)
  end
  for i, failure in ipairs(value.failures) do
    saved.failures[i] = { service = failure.service, repository = failure.repository,
      err = errors.new { code = failure.error.code, message = failure.error.message } }
  end
  return saved
end

return M
