-- The numbers of an audit's report, which several formats tell.

local severities = require "lanyard.severity"

local M = {}

-- The name of a scope, or of where a finding is: its account and Region, as far as they are known.
function M.place(where)
  local words = {}
  for _, name in ipairs { "account", "region", "profile" } do
    words[#words + 1] = (name ~= "profile" or not where.account) and where[name] or nil
  end
  return #words > 0 and table.concat(words, " ") or "nowhere"
end

-- Why a scope could not be looked at, with the error's code once.
function M.failure(scope)
  local code, message = scope.error.code, scope.error.message
  return message:find(code .. ":", 1, true) and message or ("%s: %s"):format(code, message)
end

local function plural(count, one, many)
  return ("%d %s"):format(count, count == 1 and one or many or one .. "s")
end

-- What may be unknown of a scope as a whole: why is its member WHAT_unknown.
local UNKNOWN = {
  { "services", "The container services of %s could not be listed" },
  { "registry", "The policy of the registry of %s could not be read" },
  { "identities", "Whether the roles and users of %s exist could not be found out" },
}

-- unknown(scope) --> list of { what, sentence, why }: what could not be looked at in a scope that was. `what` is
-- services, registry, identities or images; the why of images is that of the first repository.
function M.unknown(scope)
  local found, images, why_images = {}, 0, nil
  local function add(what, sentence, why)
    found[#found + 1] = { what = what, sentence = sentence, why = why }
  end
  for _, one in ipairs(UNKNOWN) do
    local why = scope[one[1] .. "_unknown"]
    if why then
      add(one[1], one[2]:format(M.place(scope)), why)
    end
  end
  for _, repository in ipairs(scope.repositories or {}) do
    images = images + (repository.images_unknown and 1 or 0)
    why_images = why_images or repository.images_unknown
  end
  if images > 0 then
    add("images", ("The images of %s of %s could not be looked at"):format(
      plural(images, "repository", "repositories"), M.place(scope)), why_images)
  end
  return found
end

-- scopes(report) --> those that tell something. Two profiles may lead to one account and Region: the first that could
-- look at it counts, whose findings the report has, and each that failed.
function M.scopes(report)
  local list, known = {}, {}
  for _, scope in ipairs(report.scopes) do
    local place = M.place(scope)
    if scope.error or not known[place] then
      list[#list + 1] = scope
    end
    known[place] = known[place] or not scope.error
  end
  return list
end

-- policies_unknown(scope) --> list of why a repository's policy could not be read, of each that could not
function M.policies_unknown(scope)
  local whys = {}
  for _, repository in ipairs(scope.repositories or {}) do
    whys[#whys + 1] = repository.unknown
  end
  return whys
end

-- unread(whys, place) --> a sentence on the repositories whose policies could not be read, with why of the first |
-- nil where there is none
function M.unread(whys, place)
  if #whys == 0 then
    return nil
  end
  local what = #whys == 1 and "the policy of 1 repository" or ("the policies of %d repositories"):format(#whys)
  return ("%s of %s could not be read: %s"):format(what, place, whys[1])
end

-- of(report) --> { repositories, grants, scopes, failed, findings, muted, [severity] = number }; a grant is a
-- principal that a repository's policy gives a pull action, `failed` are scopes with an error.
function M.of(report)
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

-- changes(report) --> { new, gone, grants_new, grants_gone } since its baseline | nil where it has none
function M.changes(report)
  local baseline = report.baseline
  if not baseline then
    return nil
  end
  local new = 0
  for _, finding in ipairs(report.findings) do
    new = new + (finding.state == "new" and 1 or 0)
  end
  return { new = new, gone = #baseline.gone, grants_new = #baseline.grants.new, grants_gone = #baseline.grants.gone }
end

-- "1 critical, 2 low" or "no findings"
function M.severities(counts)
  local words = {}
  for _, severity in ipairs(severities.LIST) do
    if counts[severity] > 0 then
      words[#words + 1] = ("%d %s"):format(counts[severity], severity)
    end
  end
  return #words > 0 and table.concat(words, ", ") or "no findings"
end

-- "no findings", "1 finding", or "3 findings: 1 critical, 2 low (4 muted)"
function M.total(counts)
  local muted = counts.muted > 0 and (" (%d muted)"):format(counts.muted) or ""
  if counts.findings < 2 then
    return (counts.findings == 0 and "no findings" or "1 finding") .. muted
  end
  return ("%d findings: %s%s"):format(counts.findings, M.severities(counts), muted)
end

-- "3 findings new, 1 gone; 1 grant new, 0 gone"
function M.since(changes)
  local function words(new, gone, one)
    return ("%s new, %d gone"):format(plural(new, one), gone)
  end
  return ("%s; %s"):format(words(changes.new, changes.gone, "finding"),
    words(changes.grants_new, changes.grants_gone, "grant"))
end

-- How a finding is muted: "until 2027-01-31: REASON", "without an end: REASON"
function M.mute(finding)
  local mute = finding.muted or {}
  return ("%s: %s"):format(mute.ends and "until " .. mute.ends or "without an end", mute.reason or "no reason is given")
end

-- What was looked at: "2 repositories, 1 grant in 1 account and Region"
function M.extent(counts)
  local text = ("%s, %s in %s"):format(plural(counts.repositories, "repository", "repositories"),
    plural(counts.grants, "grant"),
    counts.scopes == 1 and "one account and Region" or counts.scopes .. " pairs of account and Region")
  return counts.failed > 0 and ("%s, %d of which could not be looked at"):format(text, counts.failed) or text
end

return M
