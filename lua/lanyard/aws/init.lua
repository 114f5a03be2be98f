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
--- A call blocks only its task until the reply. Calls are signed, retried and rate-limited as in the AWS SDKs. `lanyard
--- help environment` lists the settings.
---
--- A client has all operations of an AWS service, under its name in boto3: `aws.client "dynamodb"`, "s3", "logs", ...
--- `lanyard help aws SERVICE` lists its operations, and `lanyard help aws SERVICE OPERATION` the members.
---
--- ```lua
--- local sqs = assert(aws.client "sqs") -- from AWS's models
--- local message = { QueueUrl = "https://example.com/1/queue", MessageBody = 5 }
--- print(pcall(sqs.SendMessage, sqs, message))
--- --> false	sqs:SendMessage: MessageBody: expected a string, got an integer
--- ```
---
--- An operation of AWS's models checks its input before anything is sent, which raises an error, and its reply has the
--- types of the model. `pages`, `list` and `each` know the tokens and the main list of an operation, `wait` has AWS's
--- waiters, and `presign` makes a URL. What a service says in an error is in `err.members`.
---
--- ```text
--- for table_name in dynamodb:each "ListTables" do print(table_name) end
--- dynamodb:wait("TableExists", { TableName = "things" })
--- local body = assert(aws.file "a.tar")
--- s3:PutObject { Bucket = "tars", Key = "a.tar", Body = body }
--- s3:GetObject({ Bucket = "tars", Key = "a.tar" }, { to = "copy.tar" })
--- ```
---
--- Some members have a simpler form than AWS's, as in boto3: lanyard encodes the user data of an instance and the keys
--- of S3's encryption; `CopySource` can be a table with Bucket, Key and VersionId; ids of Route 53 can have their
--- path ("/hostedzone/Z1"); a copy with a SourceRegion gets its presigned URL. Policies of IAM are returned as JSON
--- texts without the escapes of URLs, the output of a console as text, and keys of S3 as they are.
---
--- What AWS marks as sensitive is returned, and hidden in logs and errors; a client with the option `sealed` returns it
--- sealed.
---
--- The models are inside lanyard (`lanyard --version --verbose` prints which), in the folders of AWS_DATA_PATH, and in
--- ~/.aws/models, as for the AWS CLI. The newest version of a service is used; of equal versions, a folder's. The
--- operations that lanyard itself uses, and the ones of `lanyard.aws.services.add`, have descriptions, which take
--- precedence and need no model. A client with the option `modelled` uses AWS's model instead:
--- `session:client("ecr", { modelled = true })`.

local option_types = require "lanyard.aws.option_types"
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
  option_types.check(options, option_types.SESSION, 2)
  return session.new(options or {}, M.defaults)
end

--- Creates a client of a service with a new session. Raises an error for a service that neither a description nor AWS's
--- models have.
---
--- ```lua
--- local sts = assert(aws.client("sts", { region = "us-east-1" }))
--- print(assert(sts:GetCallerIdentity()).Account)
--- --> 111122223333
--- ```
---@param service string  the name in boto3 ("ecr", "dynamodb"), or in `lanyard.aws.services.add`
---@param options? aws.SessionOptions
---@return aws.Client? client
---@return lanyard.Error? err  a setting is missing or invalid
function M.client(service, options)
  option_types.check(options, option_types.SESSION, 2)
  local own, err = M.session(options)
  if not own then
    return nil, err
  end
  return own:client(service, { sealed = (options or {}).sealed })
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
  if type(path) ~= "string" or path == "" or path:find("\0", 1, true) then
    local got = path == nil and "nothing" or type(path) == "string" and "an invalid one" or "a " .. type(path)
    error("the path of a file was expected, got " .. got, 2)
  end
  return stream.open(path)
end

return M
