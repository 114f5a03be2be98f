--- What the AWS CLI has besides the operations of services: what to use instead, for messages about unknown words.
---
---     aws_only.service "configure"                         --> "'aws configure' ...; ..."
---     aws_only.command("emr", "create-cluster")            --> "... use emr run-job-flow"
---     aws_only.option("ec2", "get-password-data", "priv-launch-key")
---
--- It is loaded for messages only.

local M = {}

-- Commands of `aws s3`, and the operations that do a part of their work.
local S3 = {
  rm = "delete-object removes an object",
  mb = "create-bucket makes a bucket", rb = "delete-bucket removes an empty bucket",
  mv = "copy-object and delete-object move one object", website = "put-bucket-website sets up a website",
}

local SERVICES = {
  configure = "edit the AWS config file, which lanyard reads",
  history = "lanyard undo --list shows the journal of lanyard's own changes",
  login = "run it with the AWS CLI; lanyard uses its tokens", logout = "run it with the AWS CLI",
  ddb = "use dynamodb put-item, query and scan", wizard = "use the operations of the service",
}

-- The commands of services that are not operations: where a value begins with a dash, no operation does the same.
local COMMANDS = [[
cloudformation package: use s3api put-object for the files that the template names
cloudformation deploy: use cloudformation create-change-set and execute-change-set
cloudfront sign: - no operation signs URLs of CloudFront
cloudtrail create-subscription: use cloudtrail create-trail and start-logging
cloudtrail update-subscription: use cloudtrail update-trail
cloudtrail validate-logs: - no operation validates logs
codeartifact login: use codeartifact get-authorization-token
codecommit credential-helper: - no operation helps Git with credentials
configservice get-status: use configservice describe-configuration-recorder-status and describe-delivery-channel-status
configservice subscribe: use configservice put-configuration-recorder and put-delivery-channel
datapipeline create-default-roles: use iam create-role and attach-role-policy
datapipeline list-runs: use datapipeline query-objects and describe-objects
deploy deregister: use deploy deregister-on-premises-instance
deploy install: - no operation installs the agent
deploy push: use s3api put-object and deploy register-application-revision
deploy register: use iam create-user and deploy register-on-premises-instance
deploy uninstall: - no operation removes the agent
dlm create-default-role: use iam create-role and attach-role-policy
dsql generate-db-connect-admin-auth-token: - no operation makes this token
dsql generate-db-connect-auth-token: - no operation makes this token
ec2-instance-connect open-tunnel: - no operation opens a tunnel
ec2-instance-connect ssh: use ec2-instance-connect send-ssh-public-key, then ssh
ecr get-login: use ecr get-login-password
ecs deploy: use deploy create-deployment
ecs monitor-express-gateway-service: use ecs describe-express-gateway-service
eks get-token: - no operation makes this token
eks update-kubeconfig: use eks describe-cluster for the endpoint and the certificate
emr add-steps: use emr add-job-flow-steps
emr create-cluster: use emr run-job-flow, whose options have the form of the API
emr create-default-roles: use iam create-role and attach-role-policy
emr create-hbase-backup: use emr add-job-flow-steps
emr disable-hbase-backups: use emr add-job-flow-steps
emr get: - no operation copies files; use scp
emr install-applications: use emr run-job-flow with --applications
emr modify-cluster-attributes: use emr set-termination-protection, set-visible-to-all-users or modify-cluster
emr put: - no operation copies files; use scp
emr restore-from-hbase-backup: use emr add-job-flow-steps
emr schedule-hbase-backup: use emr add-job-flow-steps
emr socks: - no operation opens a tunnel; use ssh -D
emr ssh: - no operation opens a shell; use ssh
emr terminate-clusters: use emr terminate-job-flows
emr-containers update-role-trust-policy: use iam update-assume-role-policy
gamelift get-game-session-log: use gamelift get-game-session-log-url
gamelift upload-build: use gamelift create-build and s3api put-object
lightsail push-container-image: use lightsail register-container-image after a push with docker
logs tail: use logs start-live-tail or filter-log-events
rds generate-db-auth-token: - no operation makes this token
servicecatalog generate: use servicecatalog create-product and create-provisioning-artifact
sso login: - run it with the AWS CLI; lanyard uses its token
]]

-- Options that are not members, which the AWS CLI adds to operations.
local OPTIONS = [[
cloudfront update-distribution default-root-object: --distribution-config has DefaultRootObject
cloudsearch define-index-field *: --index-field has IndexFieldName, IndexFieldType and their options
datapipeline activate-pipeline parameter-values-uri: --parameter-values takes NAME=VALUE and file://NAME
datapipeline put-pipeline-definition parameter-values-uri: --parameter-values takes NAME=VALUE and file://NAME
ec2 bundle-instance *: --storage has the members of S3 (Bucket, Prefix, AWSAccessKeyId, UploadPolicy)
ec2 get-password-data priv-launch-key: decrypt PasswordData with openssl pkeyutl -decrypt -inkey KEY
]]

local function parse(text)
  local found = {}
  for names, hint in text:gmatch "([^:\n]+): ([^\n]+)" do
    found[names] = hint
  end
  return found
end

local function message(words, hint)
  return ("'aws %s' is a command of the AWS CLI, not an operation of AWS; %s"):format(words, (hint:gsub("^%- ", "")))
end

--- Returns the message about a word in the place of a service.
---@param word string
---@param command? string  the word after it
---@return string? message
function M.service(word, command)
  if word == "s3" then
    return "lanyard has the operations of S3 as 's3api', and no 's3' commands such as cp and sync; s3api "
      .. (S3[command] or "get-object and put-object copy one file")
  end
  return SERVICES[word] and message(word, SERVICES[word])
end

--- Returns the message about a word in the place of an operation.
---@param service string
---@param word string
---@return string? message
function M.command(service, word)
  local words = service .. " " .. word
  local hint = parse(COMMANDS)[words]
  return hint and message(words, hint)
end

--- Returns what replaces an option of the AWS CLI.
---@param service string
---@param command string
---@param option string  without dashes
---@return string?
function M.option(service, command, option)
  local known = parse(OPTIONS)
  return known[("%s %s %s"):format(service, command, option)] or known[("%s %s *"):format(service, command)]
end

return M
