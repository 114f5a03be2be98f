--- Runs the rules of a file on the results of an audit.
---
---     local asker = audit_rules.new(rules, region)      -- nil when no rule applies to audits
---     for _, answer in ipairs(asker:ask(repository, service)) do ... end
---
--- A rule on = { "grant", "audit" } runs for each existing grant as if it were made now: service and repository
--- are known. Any other rule on = "audit" runs for each repository and each service. `before` and `after` are
--- both the current policy.

local facts = require "lanyard.rules.facts"

local M = {}

---@class rules.Asker
local Asker = {}
Asker.__index = Asker

--- Creates an asker, or returns nil when no rule applies to audits.
---
--- Reads the caller's identity once here, so that the parallel checks of repositories do not all read it.
---@param rules rules.Rules  loaded
---@param region access.Region
---@return rules.Asker?
function M.new(rules, region)
  if not rules:concerns "audit" then
    return nil
  end
  local known = facts.new(region, { reasons = rules.reasons })
  known:caller()
  return setmetatable({ rules = rules, facts = known }, Asker)
end

--- Returns a function that reports whether an audit runs a rule for a repository, a service, or a grant of both.
---@param repository any  nil when none is concerned
---@param service any  nil when none is concerned
---@return fun(rule: rules.Rule): boolean
function M.selector(repository, service)
  local is_grant = repository ~= nil and service ~= nil
  return function(rule)
    return rule.on.audit and (rule.on.grant or false) == is_grant
  end
end

--- Returns the answers that are findings: every answer but "allow".
---@param repository? table
---@param service? table
---@return rules.Answer[]
function Asker:ask(repository, service)
  local is_selected, found = M.selector(repository, service), {}
  if not self.rules:any(is_selected) then
    return found
  end
  local change = self.facts:of {
    on = "audit", repository = repository, service = service, dry_run = true,
    before = repository and repository.doc, after = repository and repository.doc,
  }
  for _, answer in ipairs(self.rules:ask(change, is_selected)) do
    if answer.kind ~= "allow" then
      found[#found + 1] = answer
    end
  end
  return found
end

return M
