-- For the specs of desired state: an account with two services whose role is on and one whose is off, and
-- desired files of some grants.

local json = require "lanyard.json"
local read = require "lanyard.desired.read"

local M = {}

M.SEED = { regions = { ["us-east-1"] = {
  services = { { name = "web", role = true }, { name = "jobs", role = true }, { name = "off" } },
  repositories = { { name = "web" }, { name = "jobs" }, { name = "team/a" }, { name = "team/b" } },
} } }

-- grant(service, repositories, expires | nil) --> a grant of a desired file
function M.grant(service, repositories, expires)
  return { service = service, repositories = json.array(repositories), expires = expires }
end

-- desired(grant, ...) --> what is read from a file of these
function M.desired(...)
  return assert(read.text(json.encode { grants = json.array { ... } }, "grants.json"))
end

return M
