--- Container services and their puller roles, repositories, and the principals that can pull from them, in one
--- Region of one account.
---
--- ```lua
--- local aws, access = require "lanyard.aws", require "lanyard.access"
--- local session = assert(aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- local service = assert(region:enable "my-container-service").service
--- for _, repository in ipairs(assert(region:repositories { "my-*" })) do
---   local change = assert(region:grant(service, repository))
---   print(repository.name, change.kind, change.statement.sid)
--- end
--- --> my-private-repo	granted	AllowLightsailPull-my-container-service
--- ```
---
--- A write keeps every byte of other statements, is read back, and is in the journal before it is sent: `lanyard undo`
--- and `Region:undo` restore the earlier policy.

require "lanyard.access.lightsail"
local region = require "lanyard.access.region"

local M = {}

--- Returns the region of a session. No call is made. Raises an error if settings.permit is absent, so that no script
--- changes anything without rules by accident: pass a function that decides about each change, or `false` to permit all
--- changes. lanyard.cli connects with the user's rules.
---@param session aws.Session
---@param settings access.Settings  `permit` is required
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
