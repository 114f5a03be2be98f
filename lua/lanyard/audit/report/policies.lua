--- Compares the policies of two reports by what they allow, over every possible request.
---
---     local list = policies.changed(report, old_index)
---     print(list[1].repository, list[1].gives, list[1].takes)
---
--- Only reports with the texts of the policies can be compared: JSON, and the ones that --baseline compares.

local coverage = require "lanyard.audit.report.coverage"
local effect = require "lanyard.policy.effect"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local M = {}

--- A policy with another text than in the earlier report.
---@class audit.PolicyChange
---@field account string
---@field region string
---@field repository string
---@field same_access boolean  the policy is only written differently
---@field gives? string        what it allows and the earlier one did not, for people; "nothing"
---@field takes? string

-- Returns a document for the text of a report; "" means that there is no policy. nil: it is not one
local function document_of(text)
  return text ~= "" and policy.parse(text) or text == "" and policy.new() or nil
end

-- Returns the change from one text to another | nil if there is none
local function change_of(before, after)
  local old, new = document_of(before), document_of(after)
  if before == after or not (old and new) or old:equivalent(new) then
    return nil
  end
  local change = effect.of(old, new)
  if effect.same(change) then
    return { same_access = true }
  end
  local gives, takes = effect.texts(change)
  return { same_access = false, gives = gives, takes = takes }
end

--- Returns the repositories whose policy has another meaning or is written differently than in an earlier report.
---@param report audit.Report
---@param old_index audit.Coverage  of the earlier report
---@return audit.PolicyChange[]
function M.changed(report, old_index)
  local list, known = json.array {}, {}
  for _, scope in ipairs(report.scopes) do
    local earlier = old_index[coverage.scope_key(scope)]
    for _, repository in ipairs(earlier and scope.repositories or {}) do
      local old = earlier.repositories[repository.name]
      local key = coverage.scope_key(scope) .. "/" .. repository.name
      local change = old and not known[key] and old.policy and repository.policy
        and change_of(old.policy, repository.policy)
      if change then
        known[key] = true
        change.account, change.region, change.repository = scope.account, scope.region, repository.name
        list[#list + 1] = change
      end
    end
  end
  return list
end

return M
