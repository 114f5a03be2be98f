--- The checks of `lanyard policy check`: questions about every request that a policy allows, as findings.
---
---     local result = checks.run("no-public", doc, { kind = "resource" })
---
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html has the same questions.

local policy = require "lanyard.policy"
local refusals = require "lanyard.policy.lint.refusal"
local witness = require "lanyard.policy.witness"

local M = {}

--- The checks by id, for lanyard.report.sarif.
M.CATALOGUE = {
  ["new-access"] = {
    id = "new-access", severity = "high", summary = "a request that only the new version of a policy allows",
  },
  ["access-granted"] = {
    id = "access-granted", severity = "high", summary = "a request with an action that a policy must not allow",
  },
  ["public-access"] = {
    id = "public-access", severity = "critical", summary = "a request of the public that a policy allows",
  },
  ["outside-access"] = {
    id = "outside-access", severity = "high",
    summary = "a request from outside the given accounts and organizations that a policy allows",
  },
}

---@class policy.CheckResult
---@field check string              the id of the check
---@field result "pass"|"fail"|"undecided"
---@field witness? policy.Witness   the request of a failed check, or one that cannot be excluded
---@field reason? string            why the check is undecided

-- Each function returns what new_access returns.
local QUESTIONS = {
  ["new-access"] = function(doc, asked, options) return policy.new_access(asked.before, doc, options) end,
  ["access-granted"] = function(doc, asked, options)
    return policy.grants(doc, { actions = asked.actions }, options)
  end,
  ["public-access"] = function(doc, _, options) return policy.public(doc, options) end,
  ["outside-access"] = function(doc, asked, options)
    return policy.outside(doc, { accounts = asked.accounts, organizations = asked.organizations }, options)
  end,
}

-- Returns what makes AWS refuse a document, as text. A document without statements allows nothing.
local function refused(doc, options)
  local refusal = refusals.find(doc, options.kind or "resource", { ["no-statement"] = true })
  return refusal and refusals.text(refusal)
end

--- Runs a check. A request that AWS may or may not allow leaves it undecided.
---@param id string
---@param doc policy.Document
---@param asked { before?: policy.Document, actions?: string[], accounts?: string[], organizations?: string[] }
---@param options policy.ReasonOptions
---@return policy.CheckResult
function M.run(id, doc, asked, options)
  local found, undecided, reason = QUESTIONS[id](doc, asked, options)
  if not found and not undecided then
    reason = refused(doc, options) or asked.before and id == "new-access" and refused(asked.before, options)
  end
  if reason then
    return { check = id, result = "undecided", reason = "cannot be excluded: " .. reason }
  elseif not found then
    return { check = id, result = "pass" }
  elseif found.certain then
    return { check = id, result = "fail", witness = found }
  end
  return { check = id, result = "undecided", witness = found, reason = "cannot be excluded: " .. found.because }
end

local FIXES = {
  ["new-access"] = "narrow the statement, or accept the change of access",
  ["access-granted"] = "remove the action from the statement, or add a Deny",
  ["public-access"] = "name principals, or restrict the source by a condition with fixed values",
  ["outside-access"] = "name principals of the accounts, or add a condition on aws:PrincipalOrgID; for a service, one "
    .. "on aws:SourceAccount",
}

-- An identity policy names no principals and has no source.
local FIXES_OF_IDENTITY = {
  ["outside-access"] = "attach the policy to principals of the accounts only, and add a condition on "
    .. "aws:PrincipalAccount or aws:PrincipalOrgID",
}

--- Returns a failed check as a finding at the statement that allows the request.
---@param result policy.CheckResult
---@param doc policy.Document
---@param kind? "resource"|"identity"
---@return policy.lint.Finding
function M.finding(result, doc, kind)
  local found, check = result.witness, M.CATALOGUE[result.check]
  local statement = doc:statement(found.statement)
  return {
    id = check.id, severity = check.severity, statement = found.statement,
    message = ("%s: %s"):format(witness.text(found.request), found.because),
    fix = kind == "identity" and FIXES_OF_IDENTITY[check.id] or FIXES[check.id],
    line = statement.line, column = statement.column, first = statement.first, last = statement.last,
  }
end

return M
