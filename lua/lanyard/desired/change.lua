-- One repository made as a desired file has it: all its grants, and what is pruned, in one write.
--
-- An entry is { repository = { name, arn, registry_id }, wishes = { { service (name), expires, sid, role,
-- conflict } }, guard = { text | nil } | nil }. A wish in conflict changes nothing, and keeps what there is. With a
-- guard nothing is written where the policy is another one by now than that text, and where the role of a wish is
-- known, it must still be the service's.

local container_services = require "lanyard.access.services"
local errors = require "lanyard.errors"
local grant = require "lanyard.access.grant"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principal = require "lanyard.access.principal"
local repository_policy = require "lanyard.access.repository_policy"
local describe = require "lanyard.desired.describe"
local write = require "lanyard.access.write"

local M = {}

-- Tells the principals that go with --prune: puller roles of this Region to which no wish can refer. Where a
-- service could not be asked for its role, each role of it may be the one that is meant.
local function unnamed(wishes, services, region)
  local wanted = {}
  for _, wish in ipairs(wishes) do
    local service = services[wish.service]
    wanted[wish.service] = service and container_services.puller_arn(service) or true
  end
  return function(type_, value)
    local who = principal.classify(type_, value)
    local role = who.kind == "puller" and wanted[who.service]
    return who.kind == "puller" and who.region == region and role ~= true and role ~= value
  end
end

local function names_role(doc, role_arn)
  return describe.grants(doc)[role_arn] ~= nil
end

local function moved(name)
  return errors.new {
    code = "GroundMoved",
    message = ("the policy of '%s' is another one than the plan was made on; it was left as it is"):format(name),
    tip = "make the plan anew",
  }
end

-- gives(wish, plan) --> whether it asks for a grant that lets its service pull now
function M.gives(wish, plan)
  return not wish.conflict and not (wish.expires and wish.expires <= plan.now)
end

-- The edits of an entry's wishes: { edit, role_arn, ended, part }, without those in conflict and those of services
-- that can't be granted. A part is what rules are asked about.
local function edits_of(entry, plan)
  local edits = {}
  for _, wish in ipairs(entry.wishes) do
    local service = not wish.conflict and plan.services[wish.service]
    if service then
      local role_arn = container_services.puller_arn(service)
      local sid = wish.sid or grant.sid_for(service.name)
      edits[#edits + 1] = {
        role_arn = role_arn,
        part = { on = "grant", service = service,
          grant = { service = service.name, principal = role_arn, sid = sid, expires = wish.expires } },
        ended = not M.gives(wish, plan),
        edit = grant.edit {
          role_arn = role_arn, sid = sid, resource = entry.repository.arn,
          fold = plan.fold, expires = wish.expires or false, now = plan.now,
        },
      }
    end
  end
  return edits
end

-- current_roles(plan) --> the puller roles by their services
function M.current_roles(plan)
  local roles = {}
  for name, service in pairs(plan.known) do
    roles[name] = container_services.puller_arn(plan.services[name] or service)
  end
  return roles
end

-- Takes out of a document what no wish names; adds a part for each role that goes.
local function prune(doc, is_unnamed, parts)
  local gone = {}
  local changed = doc:revoke { match = function(type_, value, statement)
    local goes = is_unnamed(type_, value)
    if goes and statement.effect == "Allow" and not statement.not_principal then
      gone[value] = true
    end
    return goes
  end }
  for _, value in ipairs(lists.sorted_names(gone)) do
    parts[#parts + 1] = {
      on = "revoke", grant = { principal = value, service = principal.classify("AWS", value).service },
    }
  end
  return changed
end

-- Whose statements an edit changed, by its parts.
local function touched_by(parts)
  local arns = {}
  for i, part in ipairs(parts) do
    arns[i] = part.grant.principal
  end
  return arns
end

local function edit_with(edits, entry, plan)
  local is_unnamed = plan.prune and unnamed(entry.wishes, plan.services, plan.region)
  local guard = entry.guard and { doc = entry.guard.text and policy.parse(entry.guard.text) }
  local roles = M.current_roles(plan)
  return function(doc, found)
    local parts, warning = {}, nil
    local changed = is_unnamed and prune(doc, is_unnamed, parts) or false
    for _, one in ipairs(edits) do
      -- A grant that has ended is not made any more; one that is there is made to end.
      if not one.ended or names_role(doc, one.role_arn) then
        local did, detail = one.edit(doc, found)
        if did == nil then
          return nil, detail
        end
        parts[#parts + 1] = did and one.part or nil
        changed = changed or did
        warning = warning or detail.warning
      end
    end
    if changed and guard and not repository_policy.same(found, guard.doc) then
      return nil, moved(entry.repository.name)
    end
    local told = describe.difference(found, doc, roles, plan.region, touched_by(parts))
    return changed, { words = told, warning = warning, parts = parts }
  end
end

-- Whether a wish's service has a role that the plan does not expect: another one than it saw, or none and the plan
-- turns none on.
local function is_role_unexpected(wish, plan)
  local service = plan.services[wish.service]
  if service and wish.role then
    return service.role.arn ~= wish.role
  end
  return service and not service.role.arn and M.gives(wish, plan) and not lists.contains(plan.enable, wish.service)
end

-- Whether the roles that a saved plan saw are still those of the services. true | nil, err
local function check_roles(entry, plan)
  for _, wish in ipairs(entry.wishes) do
    if is_role_unexpected(wish, plan) then
      return nil, errors.new {
        code = "GroundMoved",
        message = ("the puller role of '%s' is another one than the plan was made on, or off; '%s' was left as it is")
          :format(wish.service, entry.repository.name),
        tip = "make the plan anew",
      }
    end
  end
  return true
end

local function has_new_role(region, entry, plan)
  for _, wish in ipairs(entry.wishes) do
    local service = plan.services[wish.service]
    if service and grant.is_new_role(region, service.role.arn) then
      return true
    end
  end
  return false
end

-- edit(entry, plan) --> the edit of a whole entry, for lanyard.access.write; its detail is { words, warning, parts }
function M.edit(entry, plan)
  return edit_with(edits_of(entry, plan), entry, plan)
end

-- What rules may be asked about.
local function parts_of(edits, plan)
  local parts = plan.prune and { { on = "revoke" } } or {}
  for _, one in ipairs(edits) do
    parts[#parts + 1] = one.part
  end
  return parts
end

local function record_of(entry, plan)
  local services = {}
  for i, wish in ipairs(entry.wishes) do
    services[i] = wish.service
  end
  return { services = services, prune = plan.prune or false }
end

-- make(region, plan, entry [, { dry_run, settle, progress }]) --> change | nil, err
-- plan: see lanyard.desired.plan. change: { kind = "changed" | "would change" | "unchanged", repository, words,
-- why, warning, before, after, diff, dry_run, entry, recovered }, as those of lanyard.access.
function M.make(region, plan, entry, options)
  options = options or {}
  local ok, err = check_roles(entry, plan)
  if not ok then
    return nil, err
  end
  local edits = edits_of(entry, plan)
  local result
  result, err = write.change_policy(region, entry.repository, edit_with(edits, entry, plan), {
    action = "apply",
    parts = parts_of(edits, plan),
    record = record_of(entry, plan),
    dry_run = options.dry_run,
    settle = options.settle,
    progress = options.progress or region.progress,
    await_principal = true,
    new_role = has_new_role(region, entry, plan),
  })
  if not result then
    return nil, err
  end
  local detail = result.detail or {}
  return {
    kind = not result.changed and "unchanged" or options.dry_run and "would change" or "changed",
    repository = entry.repository,
    words = result.changed and detail.words or {},
    why = result.changed and table.concat(detail.words, "; ") or nil,
    warning = detail.warning,
    before = result.before,
    after = result.after,
    diff = result.diff,
    dry_run = options.dry_run or false,
    entry = result.entry,
    recovered = result.recovered,
  }
end

return M
