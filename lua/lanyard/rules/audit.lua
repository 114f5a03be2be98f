-- Rules asked during an audit.
--
-- A rule that is about grants, too, is asked about each grant that is there, as if it were made now:
-- service and repository are known. Any other is asked about each repository and each service. `before`
-- and `after` are the policy as it is.

local facts = require "lanyard.rules.facts"

local M = {}

local Asker = {}
Asker.__index = Asker

-- new(rules, here) --> asker | nil where no rule is asked in audits
-- The rules are loaded. Reads who asks: that is asked for once, not by each repository at the same time.
function M.new(rules, region)
  if not rules:concerns "audit" then
    return nil
  end
  local known = facts.new(region)
  known:caller()
  return setmetatable({ rules = rules, facts = known }, Asker)
end

-- concerned(repository | nil, service | nil) --> a function that tells whether an audit asks a rule about these
function M.concerned(repository, service)
  local is_grant = repository ~= nil and service ~= nil
  return function(rule)
    return rule.on.audit and (rule.on.grant or false) == is_grant
  end
end

-- ask(repository | nil, service | nil) --> answers (see lanyard.rules) that are findings
function Asker:ask(repository, service)
  local concerned, given = M.concerned(repository, service), {}
  if not self.rules:any(concerned) then
    return given
  end
  local change = self.facts:of {
    on = "audit", repository = repository, service = service, dry_run = true,
    before = repository and repository.doc, after = repository and repository.doc,
  }
  for _, answer in ipairs(self.rules:ask(change, concerned)) do
    if answer.kind ~= "allow" then
      given[#given + 1] = answer
    end
  end
  return given
end

return M
