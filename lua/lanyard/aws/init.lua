-- Calls to AWS.
--
--   local aws = require "lanyard.aws"
--   local session = assert(aws.session { region = "us-east-1", profile = "ops" })
--   local ecr = assert(session:client "ecr")          -- or aws.client("ecr", { region = ... })
--   local reply, err = ecr:GetRepositoryPolicy { repositoryName = "web" }
--   local other = session:assume("arn:aws:iam::111122223333:role/audit", { session_name = "nightly" })

local session = require "lanyard.aws.session"

local M = {
  -- What sessions use before they look at the environment and the files; an emulator in the same
  -- process sets it (lanyard.emulator.use).
  defaults = {},
}

-- session([options]) --> session | nil, err; for the options see lanyard.aws.session
function M.session(options)
  return session.new(options or {}, M.defaults)
end

-- client(service [, options]) --> a client of a session of its own | nil, err
function M.client(service, options)
  local own, err = M.session(options)
  if not own then
    return nil, err
  end
  return own:client(service)
end

return M
