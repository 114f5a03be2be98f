--- Changes a repository's policy as a script says, through the safe write.
---
---     local change, err = edit.edit(region, repository, function(doc)
---       return doc:allow { sid = "Partner", principal = "444455556666", actions = policy.PULL_ACTIONS }
---     end)

local change = require "lanyard.access.change"
local write = require "lanyard.access.write"

local M = {}

-- Rules decide about it as about a grant and as about a revocation, since it can be either or both.
local PARTS = { { on = "grant" }, { on = "revoke" } }

local function with_detail(edit)
  return function(doc, current)
    local changed, why = edit(doc, current)
    if changed == nil then
      return nil, why
    end
    return changed, { why = type(why) == "string" and why or nil, parts = PARTS, whole = true }
  end
end

--- Changes a repository's policy.
---@param region access.Region
---@param repository access.Repository
---@param edit fun(document: policy.Document, current: policy.Document?): boolean|policy.Document|nil, any
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function M.edit(region, repository, edit, options)
  options = options or {}
  local result, err = write.change_policy(region, repository, with_detail(edit), {
    action = "edit", record = {}, parts = PARTS, dry_run = options.dry_run, settle = region:settles(options),
    progress = options.progress or region.progress,
  })
  return result and change.of(region, repository, result, { "edit", "edited" }, options), err
end

return M
