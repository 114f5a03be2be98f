--- What AWS's errors mean, as far as only their codes and texts say it: one table, with the source of each row.
---
---     if recorded.means(err, "busy") then ... end
---
--- Lists of codes that AWS publishes name the page; texts that AWS does not publish have one recorded example.

local answers = require "lanyard.aws.answers"
local lists = require "lanyard.lists"

local M = {}

-- https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html, and the lists in the SDKs' code
local SDKS = "the standard retry mode of AWS's SDKs"
local LIGHTSAIL = "https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_UpdateContainerService.html"
local TERRAFORM = "terraform-provider-aws, internal/service/lightsail/service_package.go"

--- A kind of error. A row matches an error that has one of its codes, and its text in the message.
---@class aws.RecordedError
---@field means string      throttling: AWS asks for fewer calls; transient: the call can succeed next time; expired:
---  the credentials have expired; no region: the Region does not have the service; busy: another change of the
---  resource is in progress; principal: IAM does not know a principal of the policy, or not yet; policy: the policy is
---  refused, and ECR gives no reason
---@field codes table<string, boolean>
---@field service? string   whose error it is; nil: of every service
---@field text? string      a part of the message
---@field example? string   a message as it was recorded
---@field source string

local function row(means, codes, fields)
  fields.means, fields.codes = means, lists.set(codes)
  return fields
end

---@type aws.RecordedError[]
M.ROWS = {
  -- LimitExceededException, which the SDKs list too, is left out: here it reports a quota, which does not pass.
  row("throttling", [[
    Throttling ThrottlingException ThrottledException RequestThrottledException RequestThrottled
    TooManyRequestsException ProvisionedThroughputExceededException TransactionInProgressException
    RequestLimitExceeded BandwidthLimitExceeded SlowDown PriorRequestNotComplete EC2ThrottledException
  ]], { source = SDKS }),
  row("transient", "RequestTimeout RequestTimeoutException InternalFailure", { source = SDKS }),
  -- STS could not reach the issuer of a web identity.
  row("transient", "IDPCommunicationError", {
    source = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
  }),
  row("transient", "RegionSetupInProgressException AccountSetupInProgressException", {
    service = "lightsail", source = LIGHTSAIL,
  }),
  row("expired", "ExpiredToken ExpiredTokenException TokenRefreshRequired", { source = SDKS }),
  row("no region", "InvalidSignatureException", {
    text = "scoped to a valid region",
    example = "Credential should be scoped to a valid region. ",
    source = "recorded with services that a Region does not have",
  }),
  row("busy", "InvalidInputException", {
    service = "lightsail", text = "transition state",
    example = 'The specified service is in a transition state ("UPDATING") and cannot be deleted.',
    source = "recorded with DeleteContainerService",
  }),
  row("busy", "InvalidInputException", {
    service = "lightsail", text = "is in progress for service",
    example = 'Sorry, deployment 8 is in progress for service "web". Please wait for it to complete before trying '
      .. "again.",
    source = "recorded with CreateContainerServiceDeployment",
  }),
  row("busy", "InvalidInputException", {
    service = "lightsail", text = "wait for it to complete before trying again", source = TERRAFORM,
  }),
  row("busy", "InvalidInputException", {
    service = "lightsail", text = "try again in a few minutes", source = TERRAFORM,
  }),
  row("principal", "InvalidParameterException", {
    service = "ecr", text = "Principal not found",
    example = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'",
    source = "terraform-provider-aws issue 39064",
  }),
  row("policy", "InvalidParameterException", {
    service = "ecr", text = "Invalid repository policy provided",
    example = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
    source = "terraform-provider-aws pull request 1165",
  }),
}

local rows_by_meaning = {}
for _, one in ipairs(M.ROWS) do
  rows_by_meaning[one.means] = rows_by_meaning[one.means] or {}
  table.insert(rows_by_meaning[one.means], one)
end

-- A text counts only in a rejection: a failing server or a proxy can send any text. An error that names no service can
-- be of each service that has the text.
local function matches(one, err)
  local service = one.service
  if not one.codes[err.code] or service and service ~= err.service and not (one.text and err.service == nil) then
    return false
  elseif not one.text then
    return true
  end
  return answers.rejected(err, err.code) and (err.message or ""):lower():find(one.text:lower(), 1, true) ~= nil
end

--- Reports whether an error has a meaning.
---@param err? lanyard.Error
---@param meaning string  see aws.RecordedError
---@return boolean
function M.means(err, meaning)
  for _, one in ipairs(err and rows_by_meaning[meaning] or {}) do
    if matches(one, err) then
      return true
    end
  end
  return false
end

--- Returns the codes of a meaning that only one service has.
---@param meaning string
---@param service string
---@return table<string, boolean>
function M.codes_of(meaning, service)
  local codes = {}
  for _, one in ipairs(rows_by_meaning[meaning]) do
    for code in pairs(one.service == service and not one.text and one.codes or {}) do
      codes[code] = true
    end
  end
  return codes
end

return M
