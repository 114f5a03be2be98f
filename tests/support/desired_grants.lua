-- For the specs of the desired state: an account with two services whose role is on and one whose role is off, and
-- desired states of some grants.

local desired_file = require "lanyard.desired.file"
local json = require "lanyard.json"

local M = {}

M.SEED = { regions = { ["us-east-1"] = {
  services = { { name = "web", role = true }, { name = "jobs", role = true }, { name = "off" } },
  repositories = { { name = "web" }, { name = "jobs" }, { name = "team/a" }, { name = "team/b" } },
} } }

--- Returns one grant of a desired-state file.
---@param service string
---@param repositories string[]
---@param expires? string
function M.grant(service, repositories, expires)
  return { service = service, repositories = json.array(repositories), expires = expires }
end

--- Returns the desired state of a file with these grants.
function M.desired(...)
  return assert(desired_file.parse(json.encode { grants = json.array { ... } }, "grants.json"))
end

return M
