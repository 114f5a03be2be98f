--- The numbers of an audit report, and sentences about them that several formats share.
---
---     local counts = summary.counts(report)
---     print(summary.extent(counts), summary.total(counts))

local severities = require "lanyard.severity"

local M = {}

---@class report.Counts
---@field repositories integer
---@field grants integer    principals that a repository policy gives a pull action
---@field scopes integer
---@field failed integer    scopes that could not be audited
---@field findings integer
---@field muted integer
---@field [string] integer  findings by severity

--- Returns the label of an account and Region, as far as they are known.
---@param where { account?: string, region?: string, profile?: string } a scope, a finding or a grant
---@return string
function M.label(where)
  local words = {}
  for _, name in ipairs { "account", "region", "profile" } do
    words[#words + 1] = (name ~= "profile" or not where.account) and where[name] or nil
  end
  return #words > 0 and table.concat(words, " ") or "unknown account"
end

--- Returns a count with its noun.
---@param count integer
---@param one string
---@param many? string
---@return string
function M.plural(count, one, many)
  return ("%d %s"):format(count, count == 1 and one or many or one .. "s")
end

--- Returns the scopes of a report without duplicates. Two profiles can lead to one account and Region: the first that
--- could be audited counts, because its findings are in the report, and each that failed.
---@param report audit.Report
---@return audit.Scope[]
function M.scopes(report)
  local list, known = {}, {}
  for _, scope in ipairs(report.scopes) do
    local label = M.label(scope)
    if scope.error or not known[label] then
      list[#list + 1] = scope
    end
    known[label] = known[label] or not scope.error
  end
  return list
end

--- Counts what a report has.
---@param report audit.Report
---@return report.Counts
function M.counts(report)
  local scopes = M.scopes(report)
  local counts = { repositories = 0, grants = 0, scopes = #scopes, failed = 0, findings = #report.findings,
    muted = report.muted and #report.muted or 0 }
  for _, severity in ipairs(severities.LIST) do
    counts[severity] = 0
  end
  for _, finding in ipairs(report.findings) do
    counts[finding.severity] = counts[finding.severity] + 1
  end
  for _, scope in ipairs(scopes) do
    counts.failed = counts.failed + (scope.error and 1 or 0)
    for _, repository in ipairs(scope.repositories or {}) do
      counts.repositories = counts.repositories + 1
      counts.grants = counts.grants + #repository.access
    end
  end
  return counts
end

--- Counts the changes since the baseline.
---@param report audit.Report
---@return { new: integer, resolved: integer, grants_added: integer, grants_removed: integer }? changes  nil without a
---  baseline
function M.changes(report)
  local baseline = report.baseline
  if not baseline then
    return nil
  end
  local new = 0
  for _, finding in ipairs(report.findings) do
    new = new + (finding.state == "new" and 1 or 0)
  end
  return {
    new = new, resolved = #baseline.resolved,
    grants_added = #baseline.grants.added, grants_removed = #baseline.grants.removed,
  }
end

-- ---------------------------------------------------------------------------------------------
-- Sentences

--- Returns how a policy differs from the earlier one: "written differently, with the same access", or what it gives and
--- takes.
---@param change audit.PolicyChange
---@return string
function M.policy_change(change)
  if change.same_access then
    return "written differently, with the same access"
  end
  return ("gives: %s; takes: %s"):format(change.gives, change.takes)
end

--- Returns "1 critical, 2 low" or "no findings".
---@param counts { [string]: integer } findings by severity
---@return string
function M.severities(counts)
  local words = {}
  for _, severity in ipairs(severities.LIST) do
    if counts[severity] > 0 then
      words[#words + 1] = ("%d %s"):format(counts[severity], severity)
    end
  end
  return #words > 0 and table.concat(words, ", ") or "no findings"
end

--- Returns "no findings" or "3 findings: 1 critical, 2 low (4 muted)"; "no findings in 0 repositories" if there was
--- nothing to check.
---@param counts report.Counts
---@return string
function M.total(counts)
  local muted = counts.muted > 0 and (" (%d muted)"):format(counts.muted) or ""
  if counts.findings == 0 then
    return (counts.repositories == 0 and "no findings in 0 repositories" or "no findings") .. muted
  end
  return ("%s: %s%s"):format(M.plural(counts.findings, "finding"), M.severities(counts), muted)
end

--- Returns "3 new findings, 1 resolved; 1 grant added, 0 removed".
---@param changes table of M.changes
---@return string
function M.since(changes)
  return ("%s, %d resolved; %s added, %d removed"):format(M.plural(changes.new, "new finding"), changes.resolved,
    M.plural(changes.grants_added, "grant"), changes.grants_removed)
end

--- Returns a sentence about a report without repositories: "us-west-2 of account 111122223333: no repositories".
---@param report audit.Report
---@return string? sentence  nil with repositories, or where nothing could be audited
function M.nothing_read(report)
  local empty, label = 0, nil
  for _, scope in ipairs(M.scopes(report)) do
    if #(scope.repositories or {}) > 0 then
      return nil
    elseif not scope.error then
      empty = empty + 1
      label = scope.region and scope.account and ("%s of account %s"):format(scope.region, scope.account)
        or M.label(scope)
    end
  end
  return empty > 0 and ("%s: no repositories"):format(empty == 1 and label
    or ("%d pairs of account and Region"):format(empty)) or nil
end

--- Returns how a finding is muted: "until 2027-01-31: REASON" or "permanently: REASON".
---@param finding audit.Finding
---@return string
function M.mute(finding)
  local mute = finding.muted or {}
  return ("%s: %s"):format(mute.expires and "until " .. mute.expires or "permanently", mute.reason or "no reason given")
end

local POLICIES = {
  ["resource-control-policies"] = "resource control policies",
  ["service-control-policies"] = "service control policies",
  ["vpc-endpoint-policies"] = "policies of VPC endpoints",
}

-- At most this many accounts are named.
local MOST_ACCOUNTS = 5

-- Returns " of account 111122223333", or "" for all accounts.
local function of_accounts(accounts)
  if not accounts or #accounts == 0 then
    return ""
  end
  local names = table.concat(accounts, ", ", 1, math.min(#accounts, MOST_ACCOUNTS))
  local more = #accounts > MOST_ACCOUNTS and (" and %d more"):format(#accounts - MOST_ACCOUNTS) or ""
  return (" of %s %s%s"):format(#accounts == 1 and "account" or "accounts", names, more)
end

--- Returns a sentence for each kind of policy that an audit did not consider: "not considered: KIND (REASON); EFFECT".
---@param report audit.Report
---@param kind? string  only this kind
---@return string[] sentences  empty for a report of a release that had no limitations
function M.limitations(report, kind)
  local sentences = {}
  for _, one in ipairs(report.limitations or {}) do
    local what = (POLICIES[one.kind] or one.kind) .. of_accounts(one.accounts)
    sentences[#sentences + 1] = (not kind or one.kind == kind)
      and ("not considered: %s (%s); %s"):format(what, one.reason, one.effect) or nil
  end
  return sentences
end

--- Returns which resource control policies decided about repositories: "resource control policies: 'perimeter' (p-1)".
---@param report audit.Report
---@return string? sentence  nil if none did
function M.controls(report)
  local words, known = {}, {}
  for _, scope in ipairs(report.scopes) do
    for _, control in ipairs(scope.controls or {}) do
      words[#words + 1] = not known[control.id] and ("'%s' (%s)"):format(control.name, control.id) or nil
      known[control.id] = true
    end
  end
  return words[1] and "resource control policies in force: " .. table.concat(words, ", ") or nil
end

--- Returns the sentences about what a report considers and what it does not.
---@param report audit.Report
---@return string[]
function M.considered(report)
  local sentences = { M.controls(report) }
  for _, sentence in ipairs(M.limitations(report)) do
    sentences[#sentences + 1] = sentence
  end
  return sentences
end

--- Returns which rules files were in force: "rules in force: rules.lua (2 mutes)".
---@param report audit.Report
---@return string? sentence  nil if the report does not say
function M.rules(report)
  if not report.rules then
    return nil
  end
  local words = { active = {}, untrusted = {} }
  for _, one in ipairs(report.rules) do
    local list = one.untrusted and words.untrusted or words.active
    list[#list + 1] = one.untrusted and one.file or ("%s (%s)"):format(one.file, M.plural(one.mutes, "mute"))
  end
  local text = words.active[1] and "rules in force: " .. table.concat(words.active, ", ") or "no rules file in force"
  return words.untrusted[1] and ("%s; not trusted: %s"):format(text, table.concat(words.untrusted, ", ")) or text
end

--- Returns what was audited: "2 repositories, 1 grant in one account and Region".
---@param counts report.Counts
---@return string
function M.extent(counts)
  local text = ("%s, %s in %s"):format(M.plural(counts.repositories, "repository", "repositories"),
    M.plural(counts.grants, "grant"),
    counts.scopes == 1 and "one account and Region" or counts.scopes .. " pairs of account and Region")
  return counts.failed > 0 and ("%s, %d of which could not be audited"):format(text, counts.failed) or text
end

return M
