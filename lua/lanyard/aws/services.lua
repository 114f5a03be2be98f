-- The AWS services that there are clients for. Another one takes a few lines:
--
--   local services = require "lanyard.aws.services"
--   services.add {
--     name = "cloudtrail", protocol = "json", version = "1.1",
--     target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
--     operations = [[ LookupEvents -> Events:list ]],
--   }
--
-- protocol  "json" (AWS JSON; `version` "1.0" or "1.1", `target` the prefix of X-Amz-Target) or
--           "query" (`version` the date of the API)
-- operations  a line each: name, members that must be given, then after -> members of the reply and
--           the types they must have. A list that is absent from a reply is an empty one.
-- paging    the members that carry the token of the next page: { input, output }; of one operation
--           where they are others: { [operation] = { input, output } }
--
-- Names and requirements are those of AWS's service models.

local M = {}

local Services = {}

local function parse(line)
  local call, reply = line:match "^(.-)%s*%->%s*(.*)$"
  local words = {}
  for word in (call or line):gmatch "%S+" do
    words[#words + 1] = word
  end
  local operation = { required = table.move(words, 2, #words, 1, {}), reply = {} }
  for member, kind in (reply or ""):gmatch "(%w+):(%w+)" do
    operation.reply[member] = kind
  end
  return words[1], operation
end

-- add(description): makes a service known; aws.client(name) calls it from then on.
function M.add(description)
  local service = { operations = {} }
  for key, value in pairs(description) do
    if key ~= "operations" then
      service[key] = value
    end
  end
  for line in description.operations:gmatch "[^\n]+" do
    if line:find "%S" then
      local name, operation = parse(line)
      service.operations[name] = operation
    end
  end
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
  target = "Lightsail_20161128",
  paging = { "pageToken", "nextPageToken" },
  operations = [[
    CreateContainerService serviceName power scale -> containerService:table
    CreateContainerServiceDeployment serviceName -> containerService:table
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
    RegisterContainerImage serviceName label digest
    TagResource resourceName tags -> operations:list
    UntagResource resourceName tagKeys -> operations:list
    UpdateContainerService serviceName -> containerService:table
  ]],
}

M.add {
  name = "sts",
  protocol = "query",
  version = "2011-06-15",
  operations = [[
    AssumeRole RoleArn RoleSessionName -> Credentials:table
    GetAccessKeyInfo AccessKeyId -> Account:string
    GetCallerIdentity -> Account:string Arn:string UserId:string
  ]],
}

M.add {
  name = "iam",
  protocol = "query",
  version = "2010-05-08",
  paging = { "Marker", "Marker" },
  operations = [[
    GetRole RoleName -> Role:table
    GetUser -> User:table
    ListRoles -> Roles:list
  ]],
}

return M
