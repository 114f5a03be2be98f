-- An endpoint that is not AWS: every string of its replies that can be any text ends with an attack. Run by the binary,
-- with how it answers: "values", or "errors" for errors instead of the operations that no command can do without.
--
--   lanyard tests/support/hostile_endpoint.lua values
--
-- It does not check signatures. A policy that is set is kept.

local httpd = require "lanyard.httpd"
local json = require "lanyard.json"
local task = require "lanyard.task"

local mode, H = ...

local ACCOUNT = "111122223333"
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/%s/private-repo-access/h6c9tdcgouodj"
local HOST = ACCOUNT .. ".dkr.ecr.us-east-1.amazonaws.com/"
local PULL = json.array { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }

local function repository(name)
  return { repositoryName = name, registryId = ACCOUNT, repositoryUri = HOST .. name, createdAt = 1.5e9,
    repositoryArn = "arn:aws:ecr:us-east-1:111122223333:repository/" .. name, imageTagMutability = "MUTABLE" .. H }
end

local function statement(sid, principal, condition)
  return { Sid = sid, Effect = "Allow", Principal = principal, Action = PULL, Condition = condition }
end

-- A policy whose strings are attacks wherever a policy can have any text.
local policy = json.encode { Version = "2012-10-17", Statement = json.array {
  statement("web" .. H, { AWS = ROLE:format "web" }),
  statement("b" .. H, { AWS = json.array { ROLE:format "gone" .. H, "AROA" .. ("A"):rep(17), "arn:aws:iam::444455556666:role/x" .. H } }),
  statement("c" .. H, { Service = "lightsail.amazonaws.com" .. H }),
  statement("d" .. H, "*", { StringEquals = { ["aws:PrincipalTag/" .. H] = H } }),
  { Sid = "e" .. H, Effect = "Deny", Principal = "*", Action = "ecr:" .. H,
    Condition = { StringNotEquals = { ["aws:PrincipalOrgID"] = "o-" .. H } } },
} }
local policies = { web = policy, ["jobs" .. H] = policy }

local function container(image)
  return { image = image, command = json.array { H }, ports = { ["80"] = "HTTP" }, environment = { ["KEY" .. H] = "value" .. H } }
end

-- With `valid`, images and names are ones that a deployment can have, so that the service can be deployed again.
local function deployment(version, state, valid)
  return { version = version, state = state, createdAt = 1.5e9,
    containers = { app = container(HOST .. "web:1.0"), other = container("docker.io/library/x:1" .. (valid and "" or H)),
      ["side" .. H] = not valid and container(HOST .. "jobs" .. H .. ":" .. H) or nil },
    publicEndpoint = { containerName = "app", containerPort = 80, healthCheck = { path = "/" .. H, successCodes = "200" .. H } } }
end

local function service(name, active, arn)
  return {
    containerServiceName = name, arn = "arn:aws:lightsail:us-east-1:111122223333:ContainerService/" .. H, createdAt = 1.5e9,
    location = { availabilityZone = "all", regionName = "us-east-1" }, power = "nano" .. H, powerId = "nano-1", scale = 1,
    principalArn = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/" .. name .. "/x" .. H,
    privateDomainName = "web.service.local" .. H, resourceType = "ContainerService", state = "RUNNING", isDisabled = false,
    stateDetail = { code = "X" .. H, message = H }, url = "https://x" .. H,
    privateRegistryAccess = { ecrImagePullerRole = { isActive = active, principalArn = arn } },
    publicDomainNames = { ["cert" .. H] = json.array { "www.example.com" .. H } },
    tags = json.array { { key = "key" .. H, value = "value" .. H } },
    currentDeployment = deployment(1, "ACTIVE", name == "web"),
  }
end

local services = {
  service("web", true, ROLE:format "web"), service("bad" .. H, true, ROLE:format "bad" .. H), service("off", false, ""),
}

local function named(list, member, names)
  local found = json.array {}
  for _, one in ipairs(list) do
    for _, name in ipairs(names or { one[member] }) do
      found[#found + 1] = one[member] == name and one or nil
    end
  end
  return found
end

local REPOSITORIES = { repository "web", repository("jobs" .. H) }
local answers = {}

function answers.DescribeRepositories(input)
  return { repositories = named(REPOSITORIES, "repositoryName", input.repositoryNames) }
end
function answers.GetRepositoryPolicy(input)
  local text = policies[input.repositoryName]
  if not text then return nil, "RepositoryPolicyNotFoundException" end
  return { registryId = ACCOUNT, repositoryName = input.repositoryName, policyText = text }
end
function answers.SetRepositoryPolicy(input)
  policies[input.repositoryName] = input.policyText
  return { registryId = ACCOUNT, repositoryName = input.repositoryName, policyText = input.policyText }
end
function answers.DeleteRepositoryPolicy(input)
  policies[input.repositoryName] = nil
  return { registryId = ACCOUNT, repositoryName = input.repositoryName, policyText = "{}" }
end
function answers.GetContainerServices(input)
  return { containerServices = named(services, "containerServiceName", input.serviceName and { input.serviceName }) }
end
function answers.GetContainerServiceDeployments(input)
  local valid = input.serviceName == "web"
  return { deployments = json.array { deployment(2, "FAILED", valid), deployment(1, "ACTIVE", valid) } }
end
function answers.UpdateContainerService(input)
  local one = named(services, "containerServiceName", { input.serviceName })[1]
  local active = input.privateRegistryAccess.ecrImagePullerRole.isActive
  one.privateRegistryAccess.ecrImagePullerRole = { isActive = active, principalArn = active and ROLE:format "web" or "" }
  return { containerService = one }
end
function answers.CreateContainerServiceDeployment()
  local one = services[1]
  one.nextDeployment = deployment(2, "FAILED", true)
  return { containerService = one }
end
function answers.GetContainerLog()
  return { logEvents = json.array { { createdAt = 1.5e9, message = "[deployment:2] Canceled " .. H },
    { createdAt = 1.5e9, message = "password: x" .. H } } }
end
function answers.GetContainerServiceMetricData(input)
  return { metricName = input.metricName, metricData = json.array { { timestamp = input.startTime, average = -1, maximum = 1e300, unit = H } } }
end
function answers.GetContainerImages()
  return { containerImages = json.array { { image = ":web.app.1" .. H, digest = "sha256:" .. H, createdAt = 1.5e9 }, { image = ":web." .. H .. ".2" } } }
end
function answers.DeleteContainerImage()
  return {}
end
function answers.GetRegions()
  return { regions = json.array { { name = "us-east-1", displayName = H } } }
end
function answers.DescribeImages(input)
  return { imageDetails = json.array { { registryId = ACCOUNT, repositoryName = input.repositoryName,
    imageDigest = "sha256:" .. ("a"):rep(64), imageTags = json.array { "1.0", "x" .. H }, imagePushedAt = 1.5e9,
    imageManifestMediaType = H, artifactMediaType = H } } }
end
function answers.BatchGetImage()
  return { images = json.array {}, failures = json.array { { failureCode = "X" .. H, failureReason = H } } }
end
function answers.ListTagsForResource()
  return { tags = json.array { { Key = "k" .. H, Value = "v" .. H } } }
end
function answers.GetRegistryPolicy()
  return { registryId = ACCOUNT .. H, policyText = policy }
end
function answers.GetAccountSetting()
  return { name = "REGISTRY_POLICY_SCOPE", value = "V2" .. H }
end
function answers.LookupEvents()
  local record = { eventTime = "2026-11-25T01:00:00Z", eventName = "SetRepositoryPolicy", userAgent = H, eventID = H,
    sourceIPAddress = "10.0.0.1" .. H, userIdentity = { arn = "arn:aws:iam::111122223333:user/x" .. H },
    requestParameters = { repositoryName = "web" } }
  return { Events = json.array { { EventId = H, EventName = "SetRepositoryPolicy", EventTime = 1.7e9, Username = H,
    CloudTrailEvent = json.encode(record) } } }
end

-- STS and IAM answer in XML, which cannot contain most control characters.
local function markup(text)
  return (text:gsub("[%z\1-\8\11\12\14-\31]", ""):gsub("[&<>\"\r]", function(c) return ("&#%d;"):format(c:byte()) end))
end

local QUERY = {
  GetCallerIdentity = "<Arn>arn:aws:iam::111122223333:user/me%s</Arn><UserId>AIDA%s</UserId><Account>111122223333</Account>",
  GetRole = "<Role><Arn>arn:aws:iam::111122223333:role/x%s</Arn><RoleName>x%s</RoleName><RoleId>AROAX</RoleId></Role>",
  GetUser = "<User><Arn>arn:aws:iam::111122223333:user/x%s</Arn><UserName>x%s</UserName><UserId>AIDAX</UserId></User>",
}

local function failed(operation)
  return mode == "errors" and not (operation == "GetCallerIdentity" or operation == "DescribeRepositories"
    or operation == "GetContainerServices" or operation == "GetContainerServiceDeployments")
end

local function handler(request)
  local operation = (request.headers["x-amz-target"] or ""):match "[^.]+$"
  if not operation then
    operation = request.body:match "Action=(%w+)" or ""
    local ids = { ["x-amzn-RequestId"] = "id-1", ["Content-Type"] = "text/xml" }
    if failed(operation) or not QUERY[operation] then
      return { status = 403, headers = ids, body = ("<ErrorResponse><Error><Code>AccessDenied%s</Code><Message>no %s</Message>"
        .. "</Error><RequestId>id%s</RequestId></ErrorResponse>"):format(markup(H), markup(H), markup(H)) }
    end
    local content = QUERY[operation]:gsub("%%s", (markup(H):gsub("%%", "%%%%")))
    return { status = 200, headers = ids, body = ("<%sResponse><%sResult>%s</%sResult></%sResponse>")
      :format(operation, operation, content, operation, operation) }
  end
  local headers = { ["Content-Type"] = "application/x-amz-json-1.1", ["x-amzn-RequestId"] = "id-\u{202e}1\u{9b}" }
  local reply, code
  if failed(operation) or not answers[operation] then
    code = "Invalid" .. H
  else
    reply, code = answers[operation](json.decode(request.body))
  end
  if reply then
    return { status = 200, headers = headers, body = json.encode(reply) }
  end
  return { status = 400, headers = headers, body = json.encode { __type = code, message = "not " .. operation .. "\n" .. H } }
end

local server = assert(httpd.serve { handler = handler })
print(server.url)
io.stdout:flush()
pcall(task.sleep, 3600)
server.close()
