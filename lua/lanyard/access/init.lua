--- Container services and their puller roles, repositories, and the principals that can pull from them, in one
--- Region of one account.
---
---     local access = require "lanyard.access"
---     local region = assert(access.connect(session, { permit = false }))
---     local service = assert(region:service "web")
---     for _, repository in ipairs(assert(region:repositories { "team/*" })) do
---       local change = assert(region:grant(service, repository))
---       print(repository.name, change.kind)
---     end

require "lanyard.access.lightsail"
local region = require "lanyard.access.region"

local M = {}

--- Returns the region of a session. Raises an error if settings.permit is absent, so that no script changes anything
--- without rules by accident: pass a function that decides about each change, or `false` to permit all changes.
--- lanyard.cli connects with the user's rules.
---@param session aws.Session
---@param settings access.Settings  documented in lanyard.access.region
---@return access.Region? region
---@return aws.Error? err  if a configured endpoint is not valid
function M.connect(session, settings)
  local permit = settings and settings.permit
  if permit ~= false and type(permit) ~= "function" then
    error("access.connect needs settings.permit: a function that decides about each change, or false to permit all "
      .. "changes (lanyard.cli connects with the user's rules)", 2)
  end
  return region.new(session, settings)
end

return M
