--- What services expect of requests, and return in replies, beyond their models, as the AWS CLI does it for them.
---
---     input = customized.defaults(service, operation, input)       -- before an input is checked
---     input = assert(customized.input(client, described, input))   -- before a request is encoded
---     assert(customized.request(plan))                             -- afterwards
---     customized.reply(plan, output)                               -- when a reply is decoded
---
--- Where botocore changes more, Lanyard differs on purpose:
--- - a policy of IAM and a template of CloudFormation stay texts, as the model says: a table would lose the order of
---   members and duplicate names. `lanyard aws` prints them as JSON.
--- - presigned URLs of S3 lead to the Region of the client, not to the global endpoint, which redirects new buckets.
--- - URLs for another Region do not contain passwords.
--- - timestamps keep their fractions.
--- - a member has one name: `from` of CreateExportTask has no alias.

local crypto = require "lanyard.crypto"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local form = require "lanyard.protocol.form"

local M = {}

-- A module for each service that needs one, loaded at its first call.
local function load(name)
  return function() return require("lanyard.aws.customized." .. name) end
end
local s3, glacier, cross_region = load "s3", load "glacier", load "cross_region"

local function id_of(service)
  return service.metadata.serviceId or ""
end

local function invalid(text, ...)
  return nil, errors.new { code = "InvalidValue", message = text:format(...) }
end

-- Returns a copy of an input with a change.
local function with(input, name, value)
  local copy = {}
  for member, given in pairs(input) do
    copy[member] = given
  end
  copy[name] = value
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Inputs

--- Returns an input with the required members that have a default.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return table
function M.defaults(service, operation, input)
  return id_of(service) == "Glacier" and glacier().defaults(operation, input) or input
end

--- Returns an input in the form of the model, to be checked: an input can have forms that the model does not have.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return table? input
---@return string? message
function M.plain(service, operation, input)
  if id_of(service) == "S3" then
    return s3().plain(operation, input)
  end
  return input
end

local INPUTS = {}

INPUTS["S3"] = function(_, described, input)
  return s3().input(described.model, input)
end

for _, id in ipairs { "EC2", "RDS", "Neptune", "DocDB" } do
  INPUTS[id] = function(client, described, input, options)
    if options.presigned then
      return input
    end
    return cross_region().input(client, described, input)
  end
end

-- Shapes of ids of Route 53, which its replies have as the end of a path: "/hostedzone/Z1".
-- https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html
local ROUTE53_IDS = { ResourceId = true, DelegationSetId = true, ChangeId = true }

INPUTS["Route 53"] = function(_, described, input)
  for _, member in ipairs(described.model.input and described.model.input.members or {}) do
    local value = input[member.member]
    if ROUTE53_IDS[member.name] and type(value) == "string" and value:find("/", 1, true) then
      input = with(input, member.member, value:match "[^/]*$")
    end
  end
  return input
end

-- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
local function encode_user_data(_, _, input)
  local data = input.UserData
  if data == nil then
    return input
  elseif type(data) ~= "string" then
    return invalid "UserData: a sealed secret cannot be encoded in base64"
  end
  return with(input, "UserData", crypto.base64(data))
end

INPUTS["EC2.RunInstances"] = encode_user_data
INPUTS["Auto Scaling.CreateLaunchConfiguration"] = encode_user_data

--- Completes an input.
---@param client aws.Client
---@param described aws.Operation  of a model
---@param input table
---@param options aws.CallOptions|{ presigned?: boolean }
---@return table? input  a copy, if it changes
---@return lanyard.Error? err
function M.input(client, described, input, options)
  local id = id_of(described.service)
  local change = INPUTS[id .. "." .. described.model.name] or INPUTS[id]
  if change then
    return change(client, described, input, options)
  end
  return input
end

-- ---------------------------------------------------------------------------------------------
-- Requests

local REQUESTS = {}

-- Without the header, API Gateway replies in another form.
REQUESTS["API Gateway"] = function(plan)
  for name in pairs(plan.headers) do
    if name:lower() == "accept" then
      return true
    end
  end
  plan.headers.Accept = "application/json"
  return true
end

REQUESTS["Glacier"] = function(plan)
  return glacier().request(plan)
end

-- The model of a prediction has an endpoint of its own. A custom endpoint of the client stays.
-- https://docs.aws.amazon.com/machine-learning/latest/APIReference/API_Predict.html
REQUESTS["Machine Learning.Predict"] = function(plan, client)
  local endpoint = plan.input.PredictEndpoint
  if endpoint == nil or client.custom_endpoint then
    return true
  elseif type(endpoint) ~= "string" or not endpoint:find "^https://[%w.-]+:?%d*/?$" then
    return invalid("PredictEndpoint: '%s' is not the https URL of an endpoint", tostring(endpoint))
  end
  plan.url = endpoint:gsub("/$", "") .. plan.url:match "^%a+://[^/]*(.*)$"
  return true
end

-- A query string can be too long for a URL.
-- https://docs.aws.amazon.com/cloudsearch/latest/developerguide/submitting-search-requests.html
REQUESTS["CloudSearch Domain.Search"] = function(plan)
  local url, query = plan.url:match "^([^?]*)%?(.*)$"
  if url and plan.method == "GET" then
    plan.method, plan.url, plan.body = "POST", url, query
    plan.headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
  return true
end

-- Lambda recognizes a function that calls itself through other services.
-- https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
local function add_trace(plan)
  local trace = environment.get "AWS_LAMBDA_FUNCTION_NAME" and environment.get "_X_AMZN_TRACE_ID"
  if trace then
    plan.headers["X-Amzn-Trace-Id"] = trace:gsub("[^%w_.~=;:+&%[%]{}\"',-]", function(c)
      return ("%%%02X"):format(c:byte())
    end)
  end
end

--- Adds what a service expects to the request of a plan.
---@param plan aws.Plan
---@param client aws.Client
---@return true? ok
---@return lanyard.Error? err
function M.request(plan, client)
  add_trace(plan)
  if plan.operation.traits.endpointoperation then
    plan.headers["x-amz-api-version"] = plan.service.metadata.apiVersion
  end
  local id = id_of(plan.service)
  local change = REQUESTS[id .. "." .. plan.operation.name] or REQUESTS[id]
  if change then
    return change(plan, client)
  end
  return true
end

-- The form of a request to Polly as a query string, so that a player can have the URL of a text.
-- https://docs.aws.amazon.com/polly/latest/dg/API_SynthesizeSpeech.html
local function form_of_speech(plan)
  local fields = {}
  for _, member in ipairs(plan.operation.input.members) do
    local value = plan.input[member.member]
    for _, item in ipairs(type(value) == "table" and value or { value }) do
      table.move({ member.locationName or member.member, item }, 1, 2, #fields + 1, fields)
    end
  end
  return form.text(fields)
end

--- Returns the query string that a service accepts instead of a body.
---@param plan aws.Plan
---@return string|userdata|nil form  a secret if a member is one
function M.form(plan)
  local is_speech = id_of(plan.service) == "Polly" and plan.operation.name == "SynthesizeSpeech"
  return is_speech and form_of_speech(plan) or nil
end

--- Returns the prefix of the host. The endpoint rules of S3 Control add the account themselves.
---@param service model.Service
---@param request { host_prefix?: string }
---@return string?
function M.host_prefix(service, request)
  return id_of(service) ~= "S3 Control" and request.host_prefix or nil
end

-- ---------------------------------------------------------------------------------------------
-- Replies

-- Calls change(text) for the texts of a shape, and puts the results in their places.
local function replace(shape, value, name, change)
  if type(value) ~= "table" then
    return
  elseif shape.type == "structure" then
    for _, member in ipairs(shape.members) do
      local item = value[member.member]
      if type(item) == "string" and member.name == name then
        value[member.member] = change(item)
      else
        replace(member, item, name, change)
      end
    end
  elseif shape.type == "list" then
    for _, item in ipairs(value) do
      replace(shape.item, item, name, change)
    end
  end
end

local REPLIES = {}

-- IAM escapes policies as in URLs. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
REPLIES["IAM"] = function(plan, output)
  replace(plan.operation.output, output, "policyDocumentType", function(text)
    return text:find "^%%" and text:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end) or text
  end)
end

-- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
REPLIES["EC2.GetConsoleOutput"] = function(_, output)
  output.Output = type(output.Output) == "string" and crypto.base64_decode(output.Output) or output.Output
end

REPLIES["S3"] = function(plan, output)
  s3().reply(plan.operation, plan.given, output)
end

--- Completes a reply, which is changed.
---@param plan aws.Plan
---@param output table
function M.reply(plan, output)
  local id = id_of(plan.service)
  local change = REPLIES[id .. "." .. plan.operation.name] or REPLIES[id]
  if change and plan.operation.output then
    change(plan, output)
  end
end

return M
