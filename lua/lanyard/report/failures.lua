--- What an audit could not read. Every format lists it, but for the ones of findings only: there it is noted on stderr.
---
---     for _, failure in ipairs(failures.of(report)) do print(failures.text(failure)) end

local lazy = require "lanyard.lazy"

local summary = lazy "lanyard.report.summary"

local M = {}

---@class report.Failure
---@field scope audit.Scope
---@field kind "audit"|"services"|"deployments"|"registry"|"identities"|"journal"|"absences"|"images"|"policies"
---  "audit": the whole account and Region
---@field what string        what failed: a sentence without its full stop
---@field reason string
---@field code string        of the error; "unknown" where the report has only a text
---@field skipped boolean    the account has not enabled the Region

-- The data that a scope as a whole can lack. Its member KIND_error says why.
local DATA = {
  { "services", "The container services of %s could not be listed" },
  { "deployments", "Whether deployments of %s failed could not be read" },
  { "registry", "The registry policy of %s could not be read" },
  { "identities", "Whether the roles and users of %s exist could not be checked" },
  { "journal", "Whether grants of lanyard in %s were overwritten could not be checked" },
  { "absences", "Whether services or repositories missing from the lists of %s exist could not be checked" },
}

--- Returns the error of a scope, with its code once.
---@param scope audit.Scope one with an error
---@return string
function M.reason(scope)
  local code, message = scope.error.code, scope.error.message
  return message:find(code .. ":", 1, true) and message or ("%s: %s"):format(code, message)
end

--- Returns a failure as one sentence.
---@param failure report.Failure
---@return string
function M.text(failure)
  return ("%s: %s"):format(failure.what, failure.reason)
end

-- Returns the number of repositories that lack data, and the first reason.
local function count_of(scope, member)
  local count, reason = 0, nil
  for _, repository in ipairs(scope.repositories or {}) do
    count = count + (repository[member] and 1 or 0)
    reason = reason or repository[member]
  end
  return count, reason
end

--- Lists what could not be read of one account and Region. Repository policies are not in the list: for each there is a
--- finding.
---@param scope audit.Scope
---@return report.Failure[]
function M.of_scope(scope)
  local found = {}
  local function add(kind, what, reason, code)
    found[#found + 1] = {
      scope = scope, kind = kind, what = what, reason = reason, code = code or "unknown",
      skipped = scope.skipped == true,
    }
  end
  local label = summary.label(scope)
  if scope.error then
    add("audit", label .. " could not be audited", M.reason(scope), scope.error.code)
  end
  for _, data in ipairs(DATA) do
    local reason = scope[data[1] .. "_error"]
    if reason then
      add(data[1], data[2]:format(label), reason)
    end
  end
  local count, reason = count_of(scope, "images_error")
  if count > 0 then
    add("images", ("The images of %s of %s could not be checked"):format(
      summary.plural(count, "repository", "repositories"), label), reason)
  end
  return found
end

--- Lists what an audit could not read.
---@param report audit.Report
---@return report.Failure[]
function M.of(report)
  local found = {}
  for _, scope in ipairs(summary.scopes(report)) do
    local list = M.of_scope(scope)
    table.move(list, 1, #list, #found + 1, found)
  end
  return found
end

--- Returns a sentence about repositories whose policies could not be read.
---@param reasons string[] one for each repository; the sentence has the first
---@param label string of the account and Region
---@return string? sentence  nil without reasons
function M.unread(reasons, label)
  if #reasons == 0 then
    return nil
  end
  local what = #reasons == 1 and "the policy of 1 repository" or ("the policies of %d repositories"):format(#reasons)
  return ("%s of %s could not be read: %s"):format(what, label, reasons[1])
end

--- Returns a sentence about the repository policies of an account and Region that could not be read.
---@param scope audit.Scope
---@return string? sentence  nil when all could be read
function M.unread_policies(scope)
  local reasons = {}
  for _, repository in ipairs(scope.repositories or {}) do
    reasons[#reasons + 1] = repository.policy_error
  end
  return M.unread(reasons, summary.label(scope))
end

return M
