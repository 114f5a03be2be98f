--- Compares a report with an earlier one, its baseline.
---
---     local old = assert(read.report "yesterday.json")
---     baseline.compare(report, old)
---     for _, finding in ipairs(baseline.new(report)) do print(finding.message) end
---
--- Where both reports have the texts of a policy, it is compared by what it allows: a policy that is only written
--- differently changes no grant, and a finding that only moved to another spelling is unchanged.
---
--- A finding or a grant counts as resolved or removed only where the later report covers it; a grant counts as added
--- only where the earlier report covers it. A finding that the earlier report does not cover counts as new.

local coverage = require "lanyard.audit.report.coverage"
local json = require "lanyard.json"
local policies = require "lanyard.audit.report.policies"
local severities = require "lanyard.severity"

local M = {}

---@class audit.Baseline
---@field time string                of the earlier report
---@field resolved audit.Finding[]   findings that only the earlier report has
---@field grants { added: audit.Grant[], removed: audit.Grant[] }
---@field policies audit.PolicyChange[]  the policies with another text

--- A principal with at least one allowed pull action. One whose decision or audience changes is removed and added.
---@class audit.Grant
---@field account string
---@field region string
---@field repository string
---@field principal string
---@field type string
---@field decision string
---@field audience? string  who the principal is in effect, if the policy restricts it

-- Returns the text that identifies a grant, but for its audience.
local function grant_key(grant)
  return json.encode { grant.account, grant.region, grant.repository, grant.principal, grant.type, grant.decision }
end

-- Returns an audience without the relations to the account, which depend on the options of the audit.
local function without_relations(audience)
  return (audience:gsub(" %(this %a+%)", ""):gsub(" %(another %a+%)", ""):gsub(" %(trusted%)", "")
    :gsub(" %(trusted account%)", ""))
end

-- Reports whether a report has a grant. Reports of earlier releases have no audiences.
local function has_grant(known, grant)
  local one = known[grant_key(grant)]
  return one ~= nil and (not one.audience or not grant.audience
    or without_relations(one.audience) == without_relations(grant.audience))
end

-- Returns the grants, as a list and by their keys: the audience and the time of the end.
local function grants_of(report)
  local list, known = {}, {}
  for _, scope in ipairs(report.scopes) do
    for _, repository in ipairs(scope.repositories or {}) do
      for _, access in ipairs(repository.access) do
        local grant = {
          account = scope.account, region = scope.region, repository = repository.name,
          principal = access.principal, type = access.type, decision = access.decision, audience = access.audience,
        }
        local key = grant_key(grant)
        if access.decision ~= "deny" and not known[key] then
          known[key] = { expires = access.expires, audience = access.audience }
          list[#list + 1] = grant
        end
      end
    end
  end
  return list, known
end

-- Reports whether the earlier report covers the account and Region of a grant, and could read the policy.
local function was_covered(index, grant)
  local known = index[coverage.scope_key(grant)]
  local repository = known and known.repositories[grant.repository]
  return known ~= nil and not (repository and repository.policy_error)
end

-- Returns the key of the repository of a grant, a finding or a policy.
local function repository_key(item)
  return coverage.scope_key(item) .. "/" .. (item.repository or "")
end

-- Returns the repositories whose policies are only written differently, as a set of keys.
local function rewritten_of(changes)
  local set = {}
  for _, change in ipairs(changes) do
    set[repository_key(change)] = change.same_access or nil
  end
  return set
end

-- Two timestamps compare as texts.
local function has_ended(expires, time)
  return expires ~= nil and expires <= time
end

local function changed_grants(report, old, index, old_index, rewritten)
  local now, has = grants_of(report)
  local before, had = grants_of(old)
  local added, removed = json.array {}, json.array {}
  for _, grant in ipairs(now) do
    local is_new = was_covered(old_index, grant) and not has_grant(had, grant)
      and not rewritten[repository_key(grant)]
    added[#added + 1] = is_new and grant or nil
  end
  for _, grant in ipairs(before) do
    local is_gone = coverage.would_show(report, index, grant) and not has_grant(has, grant)
      and not (rewritten[repository_key(grant)] and not has_ended(had[grant_key(grant)].expires, report.time))
    removed[#removed + 1] = is_gone and grant or nil
  end
  return { added = added, removed = removed }
end

-- Returns findings by key. Muted ones are included, because a mute neither adds nor resolves a finding.
local function by_key(report)
  local found = {}
  for _, list in ipairs { report.findings, report.muted or {} } do
    for _, finding in ipairs(list) do
      found[finding.key] = finding
    end
  end
  return found
end

-- Findings with the same text are of the same kind in the same policy.
local function place_of(finding)
  return table.concat({ finding.id, repository_key(finding), finding.service or "" }, "\n")
end

-- Returns the first of some findings that is at least as severe as one, and is not taken.
local function counterpart(candidates, taken, finding)
  for _, old in ipairs(candidates) do
    if not taken[old] and severities.reaches({ old }, finding.severity) then
      return old
    end
  end
  return nil
end

-- In a policy that is only written differently, a finding whose key changed, for example with the spelling of a
-- principal, is not new. Returns the resolved findings without the ones that such a finding continues.
local function match_rewritten(report, resolved, rewritten)
  local by_place, taken, left = {}, {}, json.array {}
  for _, old in ipairs(resolved) do
    local place = place_of(old)
    by_place[place] = by_place[place] or {}
    table.insert(by_place[place], old)
  end
  for _, finding in ipairs(report.findings) do
    local is_moved = finding.state == "new" and finding.repository and rewritten[repository_key(finding)]
    local old = is_moved and counterpart(by_place[place_of(finding)] or {}, taken, finding)
    if old then
      taken[old], finding.state = true, "unchanged"
    end
  end
  for _, old in ipairs(resolved) do
    left[#left + 1] = not taken[old] and old or nil
  end
  return left
end

--- Sets the `state` of each finding, "new" or "unchanged", and the `baseline` of a report. A finding that has become
--- more severe is new.
---@param report audit.Report
---@param old audit.Report
function M.compare(report, old)
  local has, had, resolved = by_key(report), by_key(old), json.array {}
  for _, finding in ipairs(report.findings) do
    local before = had[finding.key]
    finding.state = before and severities.reaches({ before }, finding.severity) and "unchanged" or "new"
  end
  local index, old_index = coverage.index(report), coverage.index(old)
  for _, finding in ipairs(old.findings) do
    if not has[finding.key] and coverage.would_have(report, index, finding) then
      finding.state = nil
      resolved[#resolved + 1] = finding
    end
  end
  local changes = policies.changed(report, old_index)
  local rewritten = rewritten_of(changes)
  report.baseline = {
    time = old.time, resolved = match_rewritten(report, resolved, rewritten),
    grants = changed_grants(report, old, index, old_index, rewritten),
    policies = changes,
  }
end

--- Describes what a report covers and the earlier one does not.
---@param report audit.Report the whole report, or one that is restricted to a service
---@param old audit.Report
---@return string[]
function M.uncovered(report, old)
  local list, known, index = {}, {}, coverage.index(old)
  for _, scope in ipairs(report.scopes) do
    local key = coverage.scope_key(scope)
    if not scope.error and not index[key] and not known[key] then
      known[key] = true
      list[#list + 1] = ("%s %s"):format(scope.account, scope.region)
    end
  end
  if old.partial and json.encode(old.partial) ~= json.encode(report.partial or {}) then
    list[#list + 1] = "everything that this audit covers"
  end
  return list
end

--- Returns the findings that are new.
---@param report audit.Report a compared one
---@return audit.Finding[]
function M.new(report)
  local found = {}
  for _, finding in ipairs(report.findings) do
    found[#found + 1] = finding.state == "new" and finding or nil
  end
  return found
end

return M
