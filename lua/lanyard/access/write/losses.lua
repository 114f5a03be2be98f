--- Finds statements of others that disappeared while a policy was changed.
---
--- Another writer that does not read the policy first can overwrite it between two rounds of a change. The next round
--- makes the edit again, but what the other writer removed of somebody else's is not in the policy any more.

local statements = require "lanyard.access.statements"

local M = {}

--- Statements that another writer removed.
---@class access.write.Losses
---@field names string[]  for messages, for example "statement 'ci'"
---@field policy string   the text of a policy that has the statements

-- Returns how often each meaning occurs among the statements of a document.
local function meanings_of(doc)
  local counts = {}
  for _, statement in ipairs(doc and doc:statements() or {}) do
    local meaning = doc:meaning(statement.index, true)
    counts[meaning] = (counts[meaning] or 0) + 1
  end
  return counts
end

-- Returns a policy after the edit, or nil if the edit deletes it.
local function edited(change, doc)
  local copy = doc:copy()
  local outcome = change.edit(copy, doc)
  return (outcome == true or not outcome) and copy or outcome
end

--- Returns the statements that were in the policy when a change began, that the change keeps, and that are gone.
---@param change access.write.Change
---@return access.write.Losses? losses  nil if nothing is lost
function M.find(change)
  local first = change.first
  if not first then
    return nil
  end
  local kept, left = meanings_of(edited(change, first)), meanings_of(change.last)
  local names, others = {}, {}
  for _, statement in ipairs(first:statements()) do
    local meaning = first:meaning(statement.index, true)
    local is_kept = (kept[meaning] or 0) > 0
    kept[meaning] = (kept[meaning] or 0) - 1
    left[meaning] = (left[meaning] or 0) - 1
    if is_kept and left[meaning] < 0 then
      names[#names + 1] = statements.describe(statement)
    else
      others[#others + 1] = statement.index
    end
  end
  local lost = first:copy() -- with its Version, which decides what a policy variable means
  for i = #others, 1, -1 do
    lost:remove { index = others[i] }
  end
  return #names > 0 and { names = names, policy = tostring(lost) } or nil
end

return M
