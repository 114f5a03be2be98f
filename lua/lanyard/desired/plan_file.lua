--- Stores a plan as JSON, for programs to inspect and for `lanyard apply` to apply later.
---
---     io.write(json.encode(plan_file.encode(plan)))
---     local saved, err = plan_file.decode(json.decode(text), "plan.json")
---
--- The document: { kind = "plan", version, tool, time, account, region, file, prune, fold, roles = { names of services
--- whose role would be turned on }, repositories = { { repository, arn, result, changes = { lines }, before, after,
--- diff, effect = { gives, takes }, warning, grants = { { service, sid, expires, role, implied } } } },
--- unchanged = { names }, failures = { { service?, repository?, error = { code, message } } } }. All members are
--- strings or lists, except the booleans `prune`, `fold` and `implied`, and `effect`. `before` is absent when the
--- repository has no policy, and `after` when it would have none. `repositories` lists only what would change. A reader
--- does not use `effect`, which plans of earlier versions do not have. It prunes only principals that `before` allows
--- something and `after` does not.
---
--- The plan of a file with services has version 3, and also services = { { service, result, changes = { lines }, entry,
--- before, ... } } and unchanged_services = { names }: see lanyard.desired.services.saved.

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local plans = require "lanyard.desired.plan"
local policy = require "lanyard.policy"
local saved_services = require "lanyard.desired.services.saved"
local timestamp = require "lanyard.text.timestamp"
local version = require "lanyard.version"

local M = {}

---@class desired.SavedPlan  a plan read from a file
---@field account string
---@field region string
---@field file string
---@field prune boolean
---@field fold boolean
---@field roles string[]
---@field unchanged string[]  repositories that were as the file asks
---@field entries desired.Entry[]
---@field failures desired.Failure[]
---@field services? table[]  of lanyard.desired.services.saved
---@field unchanged_services? string[]

-- The format versions; 2 is not used. A reader of version 1 does not know of services, and would leave them out.
M.VERSION = 1
M.SERVICES_VERSION = 3

local function encode_grant(grant, plan)
  local service = plan.services[grant.service]
  return {
    service = grant.service, sid = grant.sid, expires = grant.expires and timestamp.format(grant.expires),
    role = service and service.role.arn or nil, implied = grant.implied,
  }
end

local function encode_entry(entry, plan)
  local change = entry.change
  local grants = json.array {}
  for i, grant in ipairs(entry.grants) do
    grants[i] = encode_grant(grant, plan)
  end
  return {
    repository = entry.repository.name, arn = entry.repository.arn, result = change.kind,
    changes = json.array(change.lines), before = change.before, after = change.after, diff = change.diff,
    effect = change.effect, warning = change.warning, grants = grants,
  }
end

--- Returns failures as a plan document lists them.
---@param failures desired.Failure[]
---@return table
function M.encode_failures(failures)
  local list = json.array {}
  for i, failure in ipairs(failures) do
    list[i] = {
      service = failure.service, repository = failure.repository,
      error = { code = failure.err.code, message = failure.err.message },
    }
  end
  return list
end

--- Returns the document of a plan, ready for lanyard.json.
---@param plan desired.Plan
---@return table
function M.encode(plan)
  local document = {
    kind = "plan", version = M.VERSION, tool = "lanyard " .. version, time = timestamp.format(plan.now),
    account = plan.account, region = plan.region, file = plan.file, prune = plan.prune, fold = plan.fold,
    roles = json.array(plan.enable), repositories = json.array {}, unchanged = json.array {},
    failures = M.encode_failures(plan.failures),
  }
  if plan.service_plans then
    document.version = M.SERVICES_VERSION
    document.services, document.unchanged_services = saved_services.encode(plan.service_plans)
  end
  for i, entry in ipairs(plans.changing(plan)) do
    document.repositories[i] = encode_entry(entry, plan)
  end
  for i, entry in ipairs(plans.unchanged(plan)) do
    document.unchanged[i] = entry.repository.name
  end
  return document
end

-- ---------------------------------------------------------------------------------------------
-- Reading

local function is_string(value)
  return type(value) == "string"
end

local function is_string_or_nil(value)
  return value == nil or is_string(value)
end

local function is_boolean(value)
  return type(value) == "boolean"
end

local function is_policy_or_nil(value)
  return value == nil or is_string(value) and policy.parse(value) ~= nil
end

-- What each member must be. A plan file is not trusted more than any other file.
local GRANT = {
  service = names.container_service,
  sid = function(value) return value == nil or is_string(value) and value ~= "" and not value:find "%c" end,
  expires = function(value) return value == nil or timestamp.parse(value) ~= nil end,
  role = is_string_or_nil,
  implied = function(value) return value == nil or value == true end,
}
local REPOSITORY = {
  repository = names.repository, arn = is_string, before = is_policy_or_nil, after = is_policy_or_nil,
  grants = json.is_array,
}
local FAILURE = {
  service = is_string_or_nil, repository = is_string_or_nil,
  error = function(value) return type(value) == "table" and is_string(value.code) and is_string(value.message) end,
}
local PLAN = {
  account = names.registry_id, region = names.region, file = is_string,
  roles = json.is_array, repositories = json.is_array, failures = json.is_array,
  unchanged = function(value) return value == nil or json.is_array(value) end,
  prune = is_boolean, fold = is_boolean,
}

-- Returns the path of a member that is not what it must be, or nil.
local function invalid_member(value, members, path)
  if type(value) ~= "table" then
    return path
  end
  for name, check in pairs(members) do
    if not check(value[name]) then
      return path .. (path ~= "" and "." or "") .. name
    end
  end
  return nil
end

local function invalid_repository(repository, path)
  local found = invalid_member(repository, REPOSITORY, path)
  for i, grant in ipairs(not found and repository.grants or {}) do
    found = found or invalid_member(grant, GRANT, ("%s.grants[%d]"):format(path, i))
  end
  return found
end

local function invalid_path(document)
  local found = invalid_member(document, PLAN, "")
  if document.version == M.SERVICES_VERSION then
    found = found or invalid_member(document, { unchanged_services = json.is_array }, "")
      or saved_services.invalid_path(document.services)
  end
  if found then
    return found
  end
  for i, name in ipairs(document.unchanged_services or {}) do
    found = found or not names.container_service(name) and ("unchanged_services[%d]"):format(i) or nil
  end
  for i, name in ipairs(document.roles) do
    found = found or not names.container_service(name) and ("roles[%d]"):format(i) or nil
  end
  for i, name in ipairs(document.unchanged or {}) do
    found = found or not names.repository(name) and ("unchanged[%d]"):format(i) or nil
  end
  for i, repository in ipairs(document.repositories) do
    found = found or invalid_repository(repository, ("repositories[%d]"):format(i))
  end
  for i, failure in ipairs(document.failures) do
    local path = ("failures[%d]"):format(i)
    found = found or invalid_member(failure, FAILURE, path)
      or not (failure.service or failure.repository) and path .. ".repository" or nil
  end
  return found
end

-- Returns the principals that a policy's text allows something, by value.
local function allowed_by(text)
  local values = {}
  for _, statement in ipairs(text and policy.parse(text):statements() or {}) do
    local allows = statement.effect == "Allow" and not statement.not_principal
    for _, entry in ipairs(allows and statement.principals or {}) do
      values[entry.value] = true
    end
  end
  return values
end

-- Returns the principals that only the policy before a change allows something, by value.
local function removed_by(before, after)
  local removed = allowed_by(before)
  for value in pairs(allowed_by(after)) do
    removed[value] = nil
  end
  return removed
end

local function decode_entry(repository, account)
  local grants = {}
  for i, grant in ipairs(repository.grants) do
    grants[i] = {
      service = grant.service, sid = grant.sid, role = grant.role, implied = grant.implied,
      expires = grant.expires and timestamp.parse(grant.expires),
    }
  end
  return {
    repository = { name = repository.repository, arn = repository.arn, registry_id = account },
    grants = grants, guard = { text = repository.before },
    prunable = removed_by(repository.before, repository.after),
  }
end

local function invalid_file(message)
  return nil, errors.new { code = "InvalidFile", message = message }
end

--- Reports whether a value that was read from JSON is meant to be a plan.
---@param value any
---@return boolean
function M.is_plan(value)
  return type(value) == "table" and value.kind == "plan"
end

--- Returns the plan of a document.
---@param document table  what lanyard.json decoded
---@param name string  what messages call the file
---@return desired.SavedPlan?
---@return lanyard.Error? err  code InvalidFile; the message names the invalid member
function M.decode(document, name)
  local is_known = document.version == M.VERSION or document.version == M.SERVICES_VERSION
  if math.type(document.version) == "integer" and not is_known then
    return invalid_file(("%s is a plan of format version %d, but this lanyard reads versions %d and %d: make a new "
      .. "plan"):format(name, document.version, M.VERSION, M.SERVICES_VERSION))
  end
  local path = not is_known and "version" or invalid_path(document)
  if path then
    return invalid_file(("%s: %s is missing or invalid: write plans with lanyard plan FILE --output json")
      :format(name, path))
  end
  local saved = {
    account = document.account, region = document.region, file = document.file, prune = document.prune,
    fold = document.fold, roles = document.roles, unchanged = document.unchanged or {}, entries = {}, failures = {},
  }
  if document.version == M.SERVICES_VERSION then
    saved.services, saved.unchanged_services = saved_services.decode(document.services), document.unchanged_services
  end
  for i, repository in ipairs(document.repositories) do
    saved.entries[i] = decode_entry(repository, document.account)
  end
  for i, failure in ipairs(document.failures) do
    saved.failures[i] = {
      service = failure.service, repository = failure.repository,
      err = errors.new { code = failure.error.code, message = failure.error.message },
    }
  end
  return saved
end

return M
