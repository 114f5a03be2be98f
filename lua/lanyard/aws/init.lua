--- Calls AWS.
---
---     local aws = require "lanyard.aws"
---     local session = assert(aws.session { region = "us-east-1", profile = "ops" })
---     local ecr = assert(session:client "ecr")          -- or aws.client("ecr", { region = ... })
---     local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
---     local other = session:assume("arn:aws:iam::111122223333:role/audit", { session_name = "nightly" })

local session = require "lanyard.aws.session"

local M = {
  --- Options of sessions that take precedence over the environment and the files. An emulator in the same process sets
  --- them (lanyard.emulator.use).
  ---@type aws.SessionOptions
  defaults = {},
}

--- Creates a session.
---@param options? aws.SessionOptions
---@return aws.Session? session
---@return lanyard.Error? err
function M.session(options)
  return session.new(options or {}, M.defaults)
end

--- Creates a client with a new session.
---@param service string  a service of lanyard.aws.services
---@param options? aws.SessionOptions
---@return aws.Client? client
---@return lanyard.Error? err
function M.client(service, options)
  local own, err = M.session(options)
  if not own then
    return nil, err
  end
  return own:client(service)
end

return M
