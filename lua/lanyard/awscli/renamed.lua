--- Options whose name is not their member's, because the AWS CLI has a global option of that name, or had the option
--- under another name.
---
---     renamed.option("sns", "subscribe", "endpoint")       --> "notification-endpoint"
---     renamed.alias("lambda", "publish-version", "code-sha-256")  --> "code-sha256"

local M = {}

-- The service and the operations (* for all), then the names by the rules and the ones of the AWS CLI. A name with no-
-- is the option that sets a boolean to false.
local OPTIONS = [[
apigateway create-rest-api: version api-version
apigatewayv2 create-api update-api: version api-version
clouddirectory publish-schema: version schema-version
cloudsearchdomain search: query search-query
cloudsearchdomain suggest: query suggest-query
codepipeline get-pipeline: version pipeline-version
codepipeline create-custom-action-type delete-custom-action-type get-action-type: version action-version
controltower *: version landing-zone-version
datapipeline *: query objects-query
datapipeline get-pipeline-definition: version pipeline-version
ec2 create-image: no-no-reboot reboot
ec2 *: no-egress ingress no-disable-api-termination enable-api-termination
ecs *: no-enable-execute-command disable-execute-command
ecs execute-command: no-interactive non-interactive
eks *: version kubernetes-version
emr *: job-flow-ids cluster-ids job-flow-id cluster-id
gamelift create-build update-build: version build-version
gamelift create-script update-script: version script-version
glue *: region resource-region
iotwireless *: lo-ra-wan lorawan
kinesisanalytics add-application-output: output application-output
kinesisanalyticsv2 add-application-output: output application-output
lex-models delete-bot-version delete-bot: version bot-version
lex-models delete-intent-version get-intent delete-intent: version intent-version
lex-models delete-slot-type-version get-slot-type delete-slot-type: version slot-type-version
lex-models get-export: version resource-version
license-manager delete-grant get-grant: version grant-version
license-manager get-license: version license-version
mturk list-qualification-types: query types-query
pinpoint get-campaign-version: version campaign-version
pinpoint get-segment-version: version segment-version
pinpoint *: version template-version
rds add-option-to-option-group: options-to-include options
rds remove-option-from-option-group: options-to-remove options
rekognition create-stream-processor: output stream-processor-output
route53 *: version traffic-policy-version
route53domains view-billing: start start-time end end-time
sagemaker *: version version-number
schemas *: version schema-version
ses send-email: source from
sns subscribe: endpoint notification-endpoint
stepfunctions send-task-success: output task-output
swf register-activity-type: version activity-version
swf register-workflow-type: version workflow-version
workdocs create-notification-subscription: endpoint notification-endpoint
workdocs describe-users: query user-query
]]

-- Former names, which are still accepted.
local ALIASES = [[
cognito-identity *: open-id-connect-provider-ar-ns open-id-connect-provider-arns
deploy *: ec-2-tag-set ec2-tag-set s-3-bucket s3-bucket s-3-key-prefix s3-key-prefix
deploy *: s-3-location s3-location ec-2-tag-filters ec2-tag-filters
elasticache *: preferred-cache-cluster-a-zs preferred-cache-cluster-azs
iam *: authentication-code-1 authentication-code1 authentication-code-2 authentication-code2
importexport *: street-1 street1 street-2 street2 street-3 street3
lambda *: code-sha-256 code-sha256
lightsail *: public-key-base-64 public-key-base64
mgn *: replication-configuration-template-i-ds replication-configuration-template-ids
mgn *: replication-servers-security-groups-i-ds replication-servers-security-groups-ids
mgn *: source-server-i-ds source-server-ids
route53domains view-billing: start start-time
storagegateway *: tape-ar-ns tape-arns vtl-device-ar-ns vtl-device-arns volume-ar-ns volume-arns
]]

-- Returns names by "SERVICE OPERATION NAME".
local function parse(text)
  local found = {}
  for service, operations, pairs_ in text:gmatch "(%S+) ([^:\n]+): ([^\n]+)" do
    for operation in operations:gmatch "%S+" do
      for from, to in pairs_:gmatch "(%S+) (%S+)" do
        found[("%s %s %s"):format(service, operation, from)] = to
      end
    end
  end
  return found
end

local options, aliases

local function look_up(map, service, operation, name)
  return map[("%s %s %s"):format(service, operation, name)] or map[("%s * %s"):format(service, name)]
end

--- Returns the name of an option in the AWS CLI.
---@param service string    as in the AWS CLI
---@param operation string  as in the AWS CLI
---@param name string       by the rules
---@return string
function M.option(service, operation, name)
  options = options or parse(OPTIONS)
  return look_up(options, service, operation, name) or name
end

--- Returns the present name of an option.
---@param service string
---@param operation string
---@param name string
---@return string
function M.alias(service, operation, name)
  aliases = aliases or parse(ALIASES)
  return look_up(aliases, service, operation, name) or name
end

return M
