--- Describes in one line for each role how two policies of a repository differ.
---
---     describe.difference(before, after, { roles = roles, region = "us-east-1", edited = {} })
---     --> { "+ web can pull", "~ jobs: until 2026-12-01 -> until 2027-01-31", "- old" }

local pull_access = require "lanyard.desired.pull_access"

local M = {}

local function change_line(change)
  if not change.before then
    return ("+ %s can pull%s"):format(change.label, change.after.text ~= "" and " " .. change.after.text or "")
  elseif not change.after then
    return "- " .. change.label
  end
  return ("~ %s: %s -> %s"):format(change.label, pull_access.limit_text(change.before),
    pull_access.limit_text(change.after))
end

-- Describes a role whose statements were edited although its access is the same.
local function edited_line(label, limit)
  if not limit then
    return ("- %s (actions other than a pull)"):format(label)
  end
  return ("~ %s: %s, unchanged; its statements change"):format(label, pull_access.limit_text(limit))
end

---@class desired.DescribeContext
---@field roles table<string, string>  the current puller roles by service
---@field region string
---@field edited string[]  the ARNs of the roles whose statements an edit changes

--- Returns a line for each role whose access changes, then for each other role whose statements an edit changes.
---@param before? policy.Document
---@param after? policy.Document
---@param context desired.DescribeContext
---@return string[]
function M.difference(before, after, context)
  local lines, described = {}, {}
  for i, change in ipairs(pull_access.changes(before, after, context.roles, context.region)) do
    lines[i], described[change.arn] = change_line(change), true
  end
  local limits = pull_access.limits(after)
  for _, arn in ipairs(context.edited) do
    lines[#lines + 1] = not described[arn]
      and edited_line(pull_access.label(arn, context.roles, context.region), limits[arn]) or nil
  end
  return lines
end

return M
