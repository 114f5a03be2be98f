--- Removes the redundant parts of a repository's policy, without changing what it allows.
---
---     local change, err = minimize.minimize(region, repository, { dry_run = true })

local change = require "lanyard.access.change"
local policy = require "lanyard.policy"
local write = require "lanyard.access.write"

local M = {}

-- Rules decide about it as about a revocation: statements lose principals.
local PARTS = { { on = "revoke" } }

local function describe(removed)
  local texts = {}
  for i, removal in ipairs(removed) do
    texts[i] = removal.element and ("%s from %s of %s"):format(removal.value, removal.element, removal.statement)
      or "statement " .. removal.statement
  end
  return "without " .. table.concat(texts, ", ")
end

-- An edit that minimizes. Large policies take a good part of a second, in each round and read-back of a change.
local function new_edit()
  local results = {}
  return function(doc, current)
    if not current then
      return false, { why = "the repository has no policy" }
    end
    local text = tostring(doc)
    local result = results[text]
    if not result then
      result = table.pack(policy.minimize(doc))
      results[text] = result
    end
    local smaller, removed, undecided = table.unpack(result, 1, 3)
    local detail = {
      why = #removed > 0 and describe(removed) or "no part is redundant", touched = #removed, parts = PARTS,
      warning = undecided and "more may be redundant, which cannot be decided: " .. undecided or nil,
    }
    if #removed == 0 then
      return false, detail
    end
    return smaller:copy(), detail
  end
end

--- Removes the statements, values and conditions of a repository's policy without which it allows and denies the same.
---@param region access.Region
---@param repository access.Repository
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function M.minimize(region, repository, options)
  options = options or {}
  local result, err = write.change_policy(region, repository, new_edit(), {
    action = "minimize", record = {}, parts = PARTS, gives = {}, dry_run = options.dry_run,
    settle = region:settles(options), progress = options.progress or region.progress,
  })
  return result and change.of(region, repository, result, { "minimize", "minimized" }, options), err
end

return M
