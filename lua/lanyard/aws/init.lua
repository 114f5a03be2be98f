--- Calls AWS, with the Region, profile and credentials of the AWS CLI.
---
--- ```lua
--- local aws = require "lanyard.aws"
--- local session = assert(aws.session { region = "us-east-1" })
--- local ecr = assert(session:client "ecr") -- or aws.client("ecr", { ... })
--- for repository in ecr:each("DescribeRepositories", "repositories") do
---   print(repository.repositoryName)
--- end
--- --> my-private-repo
--- --> shared-repo
--- local reply, err = ecr:GetRepositoryPolicy { repositoryName = "nothing" }
--- print(reply, err.code, err.status)
--- --> nil	RepositoryNotFoundException	400
--- ```
---
--- A call blocks only its task until the reply. Calls are signed, retried and rate-limited as in the AWS SDKs.
--- `lanyard.aws.services` lists the services, and describes further ones. `lanyard help environment` lists the
--- settings.

local session = require "lanyard.aws.session"
local stream = require "lanyard.stream"

local M = {
  --- Options of sessions that take precedence over the environment and the files. An emulator in the same process sets
  --- them (lanyard.emulator.use).
  ---@type aws.SessionOptions
  defaults = {},
}

--- Opens a session: one account, one Region and one set of credentials. No call is made, except on an EC2 instance to
--- find its Region. The first call that needs credentials resolves them.
---@param options? aws.SessionOptions
---@return aws.Session? session
---@return lanyard.Error? err  a setting is missing or invalid
function M.session(options)
  return session.new(options or {}, M.defaults)
end

--- Creates a client of a service with a new session. Raises an error for a service that is not described.
---
--- ```lua
--- local sts = assert(aws.client("sts", { region = "us-east-1" }))
--- print(assert(sts:GetCallerIdentity()).Account)
--- --> 111122223333
--- ```
---@param service string  a name of `lanyard.aws.services`, such as "ecr" or "lightsail"
---@param options? aws.SessionOptions
---@return aws.Client? client
---@return lanyard.Error? err  a setting is missing or invalid
function M.client(service, options)
  local own, err = M.session(options)
  if not own then
    return nil, err
  end
  return own:client(service)
end

--- Opens a file as the body of a request: it is sent in parts, and its size does not matter. Members that are streams
--- in AWS's API take it, such as the Body of S3's PutObject. `options.to` of a call writes the stream of a reply to a
--- file.
---
--- ```lua
--- local file, err = aws.file "no/such/file"
--- print(file, err.code)
--- --> nil	NotFound
--- ```
---@param path string
---@return userdata? file
---@return lanyard.Error? err
function M.file(path)
  return stream.open(path)
end

return M
