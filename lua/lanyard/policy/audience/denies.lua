--- Bounds the Denies that are considered for a statement: the time of the question grows exponentially with their
--- number.
---
---     local smaller, first = denies.bounded(doc, index, denies.most(allows))
---
--- The Denies with the fewest conditions are considered first. One that is not considered can make an audience too
--- wide, and never too narrow.

local assemble = require "lanyard.policy.assemble"

local M = {}

local MOST = 6
local MOST_IN_ALL = 100

--- Returns how many Denies to consider for each of some statements.
---@param statements integer
---@return integer
function M.most(statements)
  return math.max(1, math.min(MOST, MOST_IN_ALL // math.max(statements, 1)))
end

--- Returns a document with one Allow and the Denies that are considered.
---@param doc policy.Document
---@param index integer  of the Allow
---@param most? integer  the most Denies; 6 unless given
---@return policy.Document  the same document if it has no more Denies
---@return integer index  of the Allow in it
function M.bounded(doc, index, most)
  local all, list = doc:statements(), {}
  for _, statement in ipairs(all) do
    list[#list + 1] = statement.effect == "Deny" and statement or nil
  end
  most = most or MOST
  if #list <= most then
    return doc, index
  end
  table.sort(list, function(a, b)
    if #a.conditions ~= #b.conditions then
      return #a.conditions < #b.conditions
    end
    return a.index < b.index
  end)
  local texts = { all[index].text }
  for i = 1, most do
    texts[i + 1] = list[i].text
  end
  return assert(assemble(doc, texts)), 1
end

return M
