--- The condition keys that are known: the global keys, the keys of other services that are in requests to ECR, and the
--- keys of ECR.
---
---     local key = condition_keys.find "AWS:principalorgid"
---     key.name, key.type, key.multivalued       --> "aws:PrincipalOrgID", "string", nil
---     condition_keys.nearest "aws:PrincialOrgID" --> "aws:PrincipalOrgID"
---
--- Sources:
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (as of August 2026)
--- https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
--- https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html (aws:SourceOwner)

local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"

---@class policy.ConditionKey
---@field name string           as the documentation spells it; a name with a tag ends with "/"
---@field type "string"|"arn"|"boolean"|"date"|"number"|"address"
---@field multivalued? true     the request has a list of values: conditions need ForAnyValue or ForAllValues
---@field tag? true             the name continues with the key of a tag
---@field where string          which requests have the key
---@field absent_for_services? true  requests of service principals do not have the key
---@field deprecated? string    the key to use instead
---@field actions? table<string, true>  the ECR actions, in lower case, whose requests have the key; nil for all

local M = {}

local ALL = "all requests"
local MEMBERS = "requests of principals in an organization"
local SIGNED = "requests of IAM users, roles and root users"
local SESSIONS = "requests with temporary credentials"
local FORWARDED = "requests that an AWS service makes to a resource on behalf of another one"
local VPC = "requests through a VPC endpoint"
local RESOURCE = "requests to a resource of an account"
local INSTANCE = "requests with the credentials of an EC2 instance"
local CHAIN = "requests that an AWS service makes with the credentials of its caller"
local SERVICES = "requests of service principals"

-- Each row: the name, the type, and where the key exists, grouped by the type.
local ONE = {
  string = {
    { "aws:CalledViaAWSMCP", "requests through an MCP server of AWS" },
    { "aws:CalledViaFirst", CHAIN },
    { "aws:CalledViaLast", CHAIN },
    { "aws:Ec2InstanceSourceVpc", INSTANCE },
    { "aws:FederatedProvider", "requests of roles that a web identity assumed" },
    { "aws:PrincipalAccount", ALL },
    { "aws:PrincipalOrgID", MEMBERS },
    { "aws:PrincipalOrgMasterAccountId", MEMBERS },
    { "aws:PrincipalServiceName", SERVICES },
    { "aws:PrincipalTag/", "requests of principals with that tag" },
    { "aws:PrincipalType", ALL },
    { "aws:RequestTag/", "requests that set that tag" },
    { "aws:RequestedRegion", ALL },
    { "aws:ResourceAccount", RESOURCE },
    { "aws:ResourceOrgID", RESOURCE },
    { "aws:ResourceTag/", "requests to a resource with that tag" },
    { "aws:SourceAccount", FORWARDED },
    { "aws:SourceIdentity", SESSIONS },
    { "aws:SourceOrgID", FORWARDED },
    { "aws:SourceOwner", FORWARDED },
    { "aws:SourceVpc", VPC },
    { "aws:SourceVpce", VPC },
    { "aws:UserAgent", ALL },
    { "aws:VpceAccount", VPC },
    { "aws:VpceOrgID", VPC },
    { "aws:referer", "requests of browsers" },
    { "aws:userid", ALL },
    { "aws:username", "requests of IAM users" },
    { "ecr:ResourceTag/", "requests to a repository with that tag" },
  },
  arn = {
    { "aws:ARN", SIGNED },
    { "aws:ChatbotSourceArn", "requests of Amazon Q Developer in chat applications" },
    { "aws:PrincipalArn", SIGNED },
    { "aws:SignInSessionArn", SESSIONS },
    { "aws:SourceArn", FORWARDED },
    { "aws:SourceVpcArn", VPC },
  },
  boolean = {
    { "aws:AssumedRoot", SESSIONS },
    { "aws:IsMcpServiceAction", ALL },
    { "aws:MultiFactorAuthPresent", SESSIONS },
    { "aws:PrincipalIsAWSService", SIGNED },
    { "aws:SecureTransport", ALL },
    { "aws:ViaAWSMCPService", ALL },
    { "aws:ViaAWSService", ALL },
  },
  date = { { "aws:CurrentTime", ALL }, { "aws:EpochTime", ALL }, { "aws:TokenIssueTime", SESSIONS } },
  number = { { "aws:MultiFactorAuthAge", "requests after authentication with MFA" } },
  address = {
    { "aws:Ec2InstanceSourcePrivateIPv4", INSTANCE },
    { "aws:SourceIp", "requests that do not use a VPC endpoint" },
    { "aws:VpcSourceIp", VPC },
  },
}
local MANY = {
  { "aws:CalledVia", CHAIN },
  { "aws:PrincipalOrgPaths", MEMBERS },
  { "aws:PrincipalServiceNamesList", SERVICES },
  { "aws:ResourceOrgPaths", RESOURCE },
  { "aws:SourceOrgPaths", FORWARDED },
  { "aws:TagKeys", "requests that name tags" },
  { "aws:VpceOrgPaths", VPC },
}

-- Service principals have no ARN, tags or organization.
local ABSENT_FOR_SERVICES = {
  "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgMasterAccountId", "aws:PrincipalOrgPaths",
  "aws:PrincipalTag/", "aws:username",
}

local DEPRECATED = {
  ["aws:ARN"] = "aws:PrincipalArn", ["aws:SourceOwner"] = "aws:SourceAccount",
}

-- "Condition keys" of the actions in the Service Authorization Reference. Operations on tags name them.
local SETS_TAGS = { ["ecr:createrepository"] = true, ["ecr:tagresource"] = true }
local NAMES_TAGS = { ["ecr:createrepository"] = true, ["ecr:tagresource"] = true, ["ecr:untagresource"] = true }

-- The keys by their names in lower case, and the names for suggestions.
local by_name, names = {}, {}

local function define(name, kind, where)
  local is_tag = name:sub(-1) == "/" or nil
  local key = { name = name, type = kind, where = where, tag = is_tag, deprecated = DEPRECATED[name] }
  by_name[name:lower()] = key
  names[#names + 1] = name
  return key
end

for kind, rows in pairs(ONE) do
  for _, row in ipairs(rows) do
    define(row[1], kind, row[2])
  end
end
for _, row in ipairs(MANY) do
  define(row[1], "string", row[2]).multivalued = true
end
for _, name in ipairs(ABSENT_FOR_SERVICES) do
  by_name[name:lower()].absent_for_services = true
end
by_name["aws:requesttag/"].actions = SETS_TAGS
by_name["aws:tagkeys"].actions = NAMES_TAGS
table.sort(names)

--- The names of all keys, sorted.
---@type string[]
M.NAMES = names

--- Returns a key by its name, which is not case-sensitive.
---@param name string
---@return policy.ConditionKey?
function M.find(name)
  local lower = name:lower()
  local key = by_name[lower]
  if key then
    return not key.tag and key or nil -- the key of a tag is missing
  end
  local prefix = lower:match "^([^/]+/)."
  return prefix and by_name[prefix] or nil
end

--- Reports whether a name lacks the key of a tag, such as "aws:ResourceTag" or "aws:ResourceTag/".
---@param name string
---@return policy.ConditionKey?
function M.without_tag(name)
  local key = by_name[(name:lower():gsub("/$", "")) .. "/"]
  return key and key.tag and key or nil
end

-- Returns the name of a known key with a tag, for a name such as "aws:PrincipalTags/team".
local function nearest_tag(name)
  local prefix, tag = name:match "^([^/]+/)(.+)$"
  local found = prefix and suggest(prefix, names)
  return found and by_name[found:lower()].tag and found .. tag or nil
end

-- Returns the shortest known key that continues a name by a few letters.
local function nearest_continuation(name)
  local lower, best = name:lower(), nil
  for _, candidate in ipairs(names) do
    local more = #candidate - #lower
    if more <= 5 and (not best or #candidate < #best) and candidate:lower():sub(1, #lower) == lower then
      best = candidate
    end
  end
  return best
end

--- Returns the known key that a mistyped name was probably meant to be.
---@param name string
---@return string?
function M.nearest(name)
  local full = name:find(":", 1, true) and name or "aws:" .. name
  if M.find(full) then
    return (by_name[full:lower()] or {}).name or full
  end
  return nearest_tag(full) or nearest_continuation(full) or suggest(full, names)
end

-- Services whose keys belong to their own requests. The keys of ec2, lambda, glue, ssm and others are in requests to
-- all services: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
local OWN_KEYS = lists.set [[
  acm apigateway athena autoscaling cloudformation cloudfront cloudwatch dynamodb ecr-public elasticloadbalancing es
  events execute-api iam kms logs organizations rds redshift route53 s3 s3-object-lambda s3express secretsmanager sns
  sqs states
]]

--- Reports whether a key belongs to the requests of another service, so that no request to ECR has it.
---@param name string
---@return boolean
function M.is_of_other_service(name)
  local prefix = name:lower():match "^([^:]+):"
  return prefix ~= nil and OWN_KEYS[prefix] ~= nil
end

--- Reports whether no request to a repository has a key: it does not exist, such as a misspelt one, or it belongs to
--- another service. Identity providers and some services, such as EC2, have keys in requests to all services.
---@param name string
---@return boolean
function M.is_never_sent(name)
  local is_listed = not name:find(":", 1, true) or name:lower():find "^aws:" or name:lower():find "^ecr:"
  return not M.find(name) and (is_listed or M.is_of_other_service(name))
end

--- Returns the global key that is meant by a key with the prefix of a service, such as iam:PrincipalOrgID: no service
--- has keys of its own about the principal or the source of a request.
---@param name string
---@return string?
function M.global_twin(name)
  local prefix, rest = name:lower():match "^([%w-]+):(.+)$"
  local is_global = prefix and prefix ~= "aws"
    and (rest:find "^principal" or rest:find "^source[aov]" or rest == "sourceip" or rest == "securetransport")
  return is_global and M.find("aws:" .. rest) and M.nearest("aws:" .. name:match ":(.+)$") or nil
end

return M
