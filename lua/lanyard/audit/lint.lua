--- What the linter reports about the policy of a repository. Several checks ask; the linter runs once.

local M = {}

-- The flaws of each document, as long as the document exists.
local known = setmetatable({}, { __mode = "k" })

--- Returns the flaws of a repository's policy.
---@param inventory audit.Inventory
---@param repository access.Repository
---@return policy.lint.Finding[]  none without a policy that was read
function M.of(inventory, repository)
  local doc = repository.doc
  if not doc then
    return {}
  end
  known[doc] = known[doc] or doc:lint { account = inventory.account, stored = true, now = inventory.now }
  return known[doc]
end

return M
