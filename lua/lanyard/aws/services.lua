-- The AWS services that there are clients for. Another one takes a few lines:
--
--   local services = require "lanyard.aws.services"
--   services.add {
--     name = "ssm", protocol = "json", version = "1.1", target = "AmazonSSM",
--     operations = [[ GetParameter Name -> Parameter:table ]],
--   }
--
-- protocol  "json" (AWS JSON; `version` "1.0" or "1.1", `target` the prefix of X-Amz-Target), "query"
--           (`version` the date of the API) or "rest_json"
-- signing_name  where requests are signed for another name than the service's
-- operations  a line each: name, members that must be given, then after -> members of the reply and
--           the types they must have. A list that is absent from a reply is an empty one.
--           Behind the name may stand `unsigned`: the operation needs no credentials; and `once`: what it
--           does may not be done twice, so it is not tried again after a failure in which it may have been
--           carried out (others are, as the SDKs do: they are reads, set a state, or refuse to do it twice).
--           A backslash at its end joins a line with the next.
-- paging    the members that carry the token of the next page: { input, output }; of one operation
--           where they are others: { [operation] = { input, output } }
-- waiters   what may be waited for (see lanyard.aws.waiters)
-- secrets   the members of replies whose values are secret: a client with the option `sealed` gives
--           them as sealed secrets (see lanyard.credentials)
--
-- With rest_json a line says where members go; those it does not place are the body, as JSON:
--
--   GetThing GET /things/{thingId}?max={maxItems?}&verbose=yes x-amz-token={token} kind -> name:string
--
-- thingId is a part of the path ({thingId+}: with its slashes), maxItems a parameter of the query and
-- left out when it is not given, token a header, kind a required member of the body. A {member} alone
-- is the whole body, and behind -> the whole reply.
--
-- Names and requirements are those of AWS's service models.

local waiters = require "lanyard.aws.waiters"

local M = {}

local Services = {}

-- How the names of operations begin that change nothing.
local READS = { "^Get", "^List", "^Describe", "^Lookup", "^Simulate", "^BatchGet", "^BatchCheck", "^Decode" }

-- The path and query of a rest_json operation.
local function parse_target(operation, target)
  local path, query = target:match "^([^?]*)%??(.*)$"
  operation.path, operation.query = path, {}
  for member in path:gmatch "{(%w+)%+?}" do
    operation.placed[member] = true
    table.insert(operation.required, member)
  end
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do
    local member, optional = value:match "^{(%w+)(%??)}$"
    table.insert(operation.query, { name = name, member = member, value = not member and value or nil })
    if member then
      operation.placed[member] = true
      table.insert(operation.required, optional == "" and member or nil)
    end
  end
end

-- A word between an operation's name and its reply.
local function parse_word(operation, word)
  local header, member, optional = word:match "^([%w_-]+)={(%w+)(%??)}$"
  local payload = word:match "^{(%w+)}$"
  if word == "unsigned" or word == "once" then
    operation[word] = true
  elseif word:find "^/" then
    parse_target(operation, word)
  elseif word == "GET" or word == "PUT" or word == "POST" or word == "PATCH" or word == "DELETE" or word == "HEAD" then
    operation.method = word
  elseif header then
    operation.headers[header] = member
    operation.placed[member] = true
    table.insert(operation.required, optional == "" and member or nil)
  else
    operation.payload = operation.payload or payload
    table.insert(operation.required, payload or word)
  end
end

local function parse(line)
  local call, reply = line:match "^(.-)%s*%->%s*(.*)$"
  local operation = { required = {}, reply = {}, headers = {}, placed = {} }
  local name, words = (call or line):match "^%s*(%S+)(.*)$"
  for _, verb in ipairs(READS) do
    operation.reads = operation.reads or name:find(verb) ~= nil
  end
  for word in words:gmatch "%S+" do
    parse_word(operation, word)
  end
  for member, kind in (reply or ""):gmatch "(%w+):(%w+)" do
    operation.reply[member] = kind
  end
  operation.reply_payload = (reply or ""):match "{(%w+)}"
  return name, operation
end

-- Lines that a backslash joins, as one.
local function joined(text)
  return (text:gsub("\\\n", " "))
end

-- add(description): makes a service known; aws.client(name) calls it from then on.
function M.add(description)
  local service = { operations = {}, secrets = {} }
  for key, value in pairs(description) do
    if key ~= "operations" and key ~= "secrets" and key ~= "waiters" then
      service[key] = value
    end
  end
  for member in (description.secrets or ""):gmatch "%S+" do
    table.insert(service.secrets, member)
  end
  for line in joined(description.operations):gmatch "[^\n]+" do
    if line:find "%S" then
      local name, operation = parse(line)
      service.operations[name] = operation
    end
  end
  service.waiters, service.acceptors = waiters.parse(joined(description.waiters or ""))
  Services[service.name] = service
  return service
end

-- get(name) --> the service; raises when there is none
function M.get(name)
  local service = Services[name]
  if not service then
    error(("there is no service '%s'; lanyard.aws.services.add describes one"):format(tostring(name)), 3)
  end
  return service
end

M.add {
  name = "ecr",
  protocol = "json",
  version = "1.1",
  secrets = "authorizationToken",
  target = "AmazonEC2ContainerRegistry_V20150921",
  paging = { "nextToken", "nextToken" },
  operations = [[
    BatchCheckLayerAvailability repositoryName layerDigests -> layers:list failures:list
    BatchDeleteImage repositoryName imageIds -> imageIds:list failures:list
    BatchGetImage repositoryName imageIds -> images:list failures:list
    CreateRepository repositoryName -> repository:table
    DeleteLifecyclePolicy repositoryName
    DeleteRegistryPolicy
    DeleteRepository repositoryName -> repository:table
    DeleteRepositoryPolicy repositoryName -> policyText:string
    DescribeImages repositoryName -> imageDetails:list nextToken:string
    DescribeImageScanFindings repositoryName imageId
    DescribeRegistry -> registryId:string
    DescribeRepositories -> repositories:list nextToken:string
    GetAuthorizationToken -> authorizationData:list
    GetDownloadUrlForLayer repositoryName layerDigest -> downloadUrl:string
    GetLifecyclePolicy repositoryName
    GetRegistryPolicy -> policyText:string
    GetRepositoryPolicy repositoryName -> policyText:string
    ListImages repositoryName -> imageIds:list nextToken:string
    ListTagsForResource resourceArn -> tags:list
    PutImage repositoryName imageManifest -> image:table
    PutImageTagMutability repositoryName imageTagMutability
    PutLifecyclePolicy repositoryName lifecyclePolicyText
    PutRegistryPolicy policyText -> policyText:string
    SetRepositoryPolicy repositoryName policyText -> policyText:string
    StartImageScan repositoryName imageId
    TagResource resourceArn tags
    UntagResource resourceArn tagKeys
  ]],
}

M.add {
  name = "lightsail",
  protocol = "json",
  version = "1.1",
  secrets = "password",
  target = "Lightsail_20161128",
  paging = { "pageToken", "nextPageToken" },
  operations = [[
    CreateContainerService serviceName power scale -> containerService:table
    CreateContainerServiceDeployment once serviceName -> containerService:table
    CreateContainerServiceRegistryLogin
    DeleteContainerImage serviceName image
    DeleteContainerService serviceName
    GetContainerAPIMetadata
    GetContainerImages serviceName -> containerImages:list
    GetContainerLog serviceName containerName -> logEvents:list nextPageToken:string
    GetContainerServiceDeployments serviceName -> deployments:list
    GetContainerServiceMetricData serviceName metricName startTime endTime period statistics
    GetContainerServicePowers -> powers:list
    GetContainerServices -> containerServices:list
    GetRegions -> regions:list
    RegisterContainerImage once serviceName label digest
    TagResource resourceName tags -> operations:list
    UntagResource resourceName tagKeys -> operations:list
    UpdateContainerService serviceName -> containerService:table
  ]],
  waiters = [[
    acceptors ServiceFailed
      failure containerServices.1.state = DELETING
      failure containerServices.1.stateDetail.code = CERTIFICATE_LIMIT_EXCEEDED UNKNOWN_ERROR
      retry error RegionSetupInProgressException
    ServiceSettled GetContainerServices every 2 to 15 for 1800
      include ServiceFailed
      success containerServices.1.state = READY RUNNING DISABLED
    ServiceActive GetContainerServices every 2 to 15 for 1800
      include ServiceFailed
      failure containerServices.1.state = DISABLED
      success containerServices.1.state = READY RUNNING
    RoleActive GetContainerServices every 2 to 15 for 600
      include ServiceFailed
      retry containerServices.1.state = UPDATING PENDING
      success containerServices.1.privateRegistryAccess.ecrImagePullerRole.isActive = true and \
        containerServices.1.privateRegistryAccess.ecrImagePullerRole.principalArn = *
    DeploymentActive GetContainerServiceDeployments every 5 to 30 for 1800
      success deployments[version={version}].state = ACTIVE
      failure deployments[version={version}].state = FAILED INACTIVE
  ]],
}

M.add {
  name = "sts",
  protocol = "query",
  version = "2011-06-15",
  secrets = "SecretAccessKey SessionToken WebIdentityToken",
  operations = [[
    AssumeRole RoleArn RoleSessionName -> Credentials:table
    AssumeRoleWithSAML unsigned RoleArn PrincipalArn SAMLAssertion -> Credentials:table
    AssumeRoleWithWebIdentity unsigned RoleArn RoleSessionName WebIdentityToken -> Credentials:table
    DecodeAuthorizationMessage EncodedMessage -> DecodedMessage:string
    GetAccessKeyInfo AccessKeyId -> Account:string
    GetCallerIdentity -> Account:string Arn:string UserId:string
    GetFederationToken Name -> Credentials:table
    GetSessionToken -> Credentials:table
    GetWebIdentityToken Audience SigningAlgorithm -> WebIdentityToken:string
  ]],
}

M.add {
  name = "iam",
  protocol = "query",
  version = "2010-05-08",
  paging = { "Marker", "Marker" },
  operations = [[
    GetAccountSummary -> SummaryMap:table
    GetPolicy PolicyArn -> Policy:table
    GetPolicyVersion PolicyArn VersionId -> PolicyVersion:table
    GetRole RoleName -> Role:table
    GetRolePolicy RoleName PolicyName -> PolicyDocument:string
    GetUser -> User:table
    GetUserPolicy UserName PolicyName -> PolicyDocument:string
    ListAccountAliases -> AccountAliases:list Marker:string
    ListAttachedRolePolicies RoleName -> AttachedPolicies:list Marker:string
    ListAttachedUserPolicies UserName -> AttachedPolicies:list Marker:string
    ListGroupsForUser UserName -> Groups:list Marker:string
    ListRolePolicies RoleName -> PolicyNames:list Marker:string
    ListRoles -> Roles:list Marker:string
    ListUserPolicies UserName -> PolicyNames:list Marker:string
    ListUsers -> Users:list Marker:string
    SimulateCustomPolicy PolicyInputList ActionNames -> EvaluationResults:list Marker:string
    SimulatePrincipalPolicy PolicySourceArn ActionNames -> EvaluationResults:list Marker:string
  ]],
}

M.add {
  name = "organizations",
  protocol = "json",
  version = "1.1",
  target = "AWSOrganizationsV20161128",
  paging = { "NextToken", "NextToken" },
  operations = [[
    DescribeAccount AccountId -> Account:table
    DescribeOrganization -> Organization:table
    DescribeOrganizationalUnit OrganizationalUnitId -> OrganizationalUnit:table
    ListAccounts -> Accounts:list NextToken:string
    ListAccountsForParent ParentId -> Accounts:list NextToken:string
    ListOrganizationalUnitsForParent ParentId -> OrganizationalUnits:list NextToken:string
    ListParents ChildId -> Parents:list NextToken:string
    ListRoots -> Roots:list NextToken:string
  ]],
}

M.add {
  name = "cloudtrail",
  protocol = "json",
  version = "1.1",
  target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
  paging = { "NextToken", "NextToken" },
  operations = [[
    DescribeTrails -> trailList:list
    LookupEvents -> Events:list NextToken:string
  ]],
}

M.add {
  name = "sso",
  protocol = "rest_json",
  signing_name = "awsssoportal",
  paging = { "nextToken", "nextToken" },
  secrets = "secretAccessKey sessionToken",
  operations = [[
    GetRoleCredentials unsigned GET /federation/credentials?role_name={roleName}&account_id={accountId} \
      x-amz-sso_bearer_token={accessToken} -> roleCredentials:table
    ListAccountRoles unsigned GET \
      /assignment/roles?next_token={nextToken?}&max_result={maxResults?}&account_id={accountId} \
      x-amz-sso_bearer_token={accessToken} -> roleList:list nextToken:string
    ListAccounts unsigned GET /assignment/accounts?next_token={nextToken?}&max_result={maxResults?} \
      x-amz-sso_bearer_token={accessToken} -> accountList:list nextToken:string
    Logout unsigned POST /logout x-amz-sso_bearer_token={accessToken}
  ]],
}

M.add {
  name = "sso-oidc",
  protocol = "rest_json",
  signing_name = "sso-oauth",
  secrets = "accessToken refreshToken idToken clientSecret deviceCode",
  operations = [[
    CreateToken unsigned POST /token clientId clientSecret grantType -> accessToken:string
    RegisterClient unsigned POST /client/register clientName clientType -> clientId:string clientSecret:string
    StartDeviceAuthorization unsigned POST /device_authorization clientId clientSecret startUrl -> deviceCode:string
  ]],
}

M.add {
  name = "signin",
  protocol = "rest_json",
  secrets = "secretAccessKey sessionToken refreshToken idToken",
  operations = [[
    CreateOAuth2Token unsigned POST /v1/token DPoP={proof?} {tokenInput} -> {tokenOutput}
  ]],
}

return M
