--- Checks the parts of an ARN pattern, as a Resource or as a value of a condition.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html

local define = require("lanyard.policy.lint.catalogue").define
local lists = require "lanyard.lists"
local names = require "lanyard.policy.names"
local suggestions = require "lanyard.policy.lint.suggestions"
local variables = require "lanyard.policy.lint.variables"

local BAD_ARN = define {
  id = "bad-arn", severity = "high", summary = "an ARN with a part that AWS does not have",
  help = "An ARN is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE. A pattern with a wrong part matches nothing.",
}
local UNKNOWN_REGION = define {
  id = "unknown-region", severity = "medium", summary = "a Region that Lanyard does not know",
  help = "The name of the Region is mistyped, or the Region is newer than this version of Lanyard.",
}

local UNKNOWN_SERVICE = define {
  id = "unknown-service", severity = "medium", summary = "the name of a service that Lanyard does not know",
  help = "The prefix of an action or condition key, and the third part of an ARN, is the prefix of a service in AWS's "
    .. "Service Authorization Reference.",
}

local M = { UNKNOWN_REGION = UNKNOWN_REGION, UNKNOWN_SERVICE = UNKNOWN_SERVICE }

---@class policy.lint.ArnFlaw
---@field check policy.lint.Check
---@field message string
---@field fix string

local function is_open(part)
  return part:find "[*?]" ~= nil
end

local function check_partition(partition, add)
  if not is_open(partition) and not names.is_partition(partition) then
    add(BAD_ARN, ("has the partition '%s', which AWS does not have"):format(partition),
      "write " .. table.concat(names.partitions(), ", ", 1, 3) .. " or another partition of AWS")
  end
end

local function check_service(service, add)
  local lower = service:lower()
  if is_open(service) then
    return
  elseif service ~= lower and names.is_service(lower) then
    add(BAD_ARN, ("has the service '%s', and ARNs have it in lower case"):format(service), ("write %s"):format(lower))
  elseif not names.is_service(lower) then
    local suggestion = suggestions.find(names.nearest_service, lower)
    add(UNKNOWN_SERVICE, ("has the service '%s', which is not known"):format(service),
      suggestion and ("write %s"):format(suggestion) or "correct its name")
  end
end

local function check_region(region, service, add)
  if is_open(region) or is_open(service) then
    return
  elseif region == "" then
    if names.is_regional(service) then
      add(BAD_ARN, ("has no Region, which ARNs of %s have"):format(service), "write the Region, or *")
    end
  elseif names.is_global(service) then
    add(BAD_ARN, ("has a Region, which ARNs of %s do not have"):format(service), "leave the Region empty")
  elseif not names.is_region(region) then
    local suggestion = suggestions.find(names.nearest_region, region)
    add(UNKNOWN_REGION, ("has the Region '%s', which is not known"):format(region),
      suggestion and ("write %s"):format(suggestion) or "correct its name")
  end
end

-- The ARNs of these resources of S3 have an account; the ARNs of buckets have not.
-- https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
local S3_WITH_ACCOUNT = lists.set "accesspoint job storage-lens storage-lens-group access-grants async-request"

local function check_account(account, service, resource, add)
  local kind = resource:match "^[^/:]*"
  if account == "" and service == "ecr" then
    add(BAD_ARN, "has no account, which ARNs of ecr have", "write the account's id, or *")
  elseif is_open(account) or account == "aws" or account == "" then
    return
  elseif service == "s3" and not is_open(kind) and not S3_WITH_ACCOUNT[kind] then
    add(BAD_ARN, "has an account, which ARNs of buckets do not have", "leave the account empty")
  elseif #account ~= 12 or account:find "%D" then
    add(BAD_ARN, ("has the account '%s', and an account id has 12 digits"):format(account), "write the account's id")
  end
end

-- The types of resources, for services whose list is short and stable.
-- https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
local TYPES = {
  ecr = { "repository" },
  iam = {
    "access-report", "assumed-role", "contextProvider", "delegation-request", "federated-user", "group",
    "instance-profile", "mfa",
    "oidc-provider", "policy", "role", "saml-provider", "server-certificate", "sms-mfa", "user",
  },
}

local function check_resource(service, resource, add)
  local types = TYPES[service]
  local kind, slash = resource:match "^([^/:]*)(.?)"
  if not types or is_open(kind) or service == "iam" and resource == "root" then
    return
  end
  for _, known in ipairs(types) do
    if known == kind then
      if slash ~= "/" and service == "ecr" then
        add(BAD_ARN, ("has the resource '%s' without a name"):format(resource), "write repository/NAME")
      end
      return
    end
  end
  add(BAD_ARN, ("has the resource '%s', and resources of %s are %s"):format(resource, service,
    service == "ecr" and "repository/NAME" or "user/NAME, role/NAME, policy/NAME and others"),
    service == "ecr" and "write repository/NAME" or "correct the type of the resource")
end

--- Returns what is wrong with an ARN pattern that has six parts. Wildcards and policy variables match anything.
---@param text string
---@return policy.lint.ArnFlaw[]
function M.flaws(text)
  local found = {}
  local pattern = variables.replace(text, "*")
  local partition, service, region, account, resource = pattern:match "^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$"
  if not partition then
    return found
  end
  local function add(check, what, fix)
    found[#found + 1] = { check = check, message = ("'%s' %s"):format(text, what), fix = fix }
  end
  check_partition(partition, add)
  check_service(service, add)
  service = service:lower()
  check_region(region, service, add)
  check_account(account, service, resource, add)
  check_resource(service, resource, add)
  return found
end

return M
