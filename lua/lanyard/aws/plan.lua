--- Plans a call of a modelled operation: everything of its request but the signature, which differs in each attempt.
---
---     local plan, err = plan.new(client, described, { TableName = "music" }, {})
---     plan.url, plan.method, plan.headers, plan.body, plan.auth

local auth = require "lanyard.aws.auth"
local bucket_region = require "lanyard.aws.bucket_region"
local checksums = require "lanyard.aws.checksums"
local customized = require "lanyard.aws.customized"
local discovery = require "lanyard.aws.discovery"
local errors = require "lanyard.errors"
local host_prefix = require "lanyard.aws.host_prefix"
local modelled = require "lanyard.aws.modelled"
local modelled_endpoint = require "lanyard.aws.modelled_endpoint"
local modelled_reply = require "lanyard.aws.modelled_reply"
local payload = require "lanyard.aws.payload"
local s3express = require "lanyard.aws.s3express"
local settings = require "lanyard.aws.settings"
local validate = require "lanyard.model.validate"
local uuid = require "lanyard.aws.uuid"

local M = {}

--- The request of a call.
---@class aws.Plan
---@field service model.Service
---@field operation model.Operation
---@field protocol table        of lanyard.protocol
---@field given table          the input of the caller
---@field input table          as it is sent
---@field url string
---@field method string
---@field headers table<string, string|userdata>
---@field body? string|userdata  a text, a secret or a stream
---@field body_before? string   around a stream
---@field body_after? string
---@field payload_hash? string  for the signature, if it is not the hash of the body
---@field to? userdata          the stream that the reply goes to
---@field as_stored? boolean    the reply is not decompressed
---@field shows_hash? boolean   the hash of the body is a header
---@field is_long boolean       a stream is sent or received, whose time depends on its size
---@field auth aws.Auth         how to sign
---@field options aws.CallOptions
---@field private described aws.Operation
local Plan = {}
Plan.__index = Plan

-- Returns an input with its idempotency tokens: random ones where it has none, so that a repeated request is not
-- carried out twice.
local function with_tokens(operation, input)
  local copy
  for _, member in ipairs(operation.input and operation.input.members or {}) do
    if member.idempotencyToken and input[member.member] == nil then
      if not copy then
        copy = {}
        for name, value in pairs(input) do
          copy[name] = value
        end
      end
      copy[member.member] = uuid()
    end
  end
  return copy or input
end

--- Checks an input, and returns it with its idempotency tokens and defaults.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return table? input
---@return string? message  what is wrong with it
function M.input(service, operation, input)
  input = with_tokens(operation, customized.defaults(service, operation, input))
  local plain, message = customized.plain(service, operation, input)
  if not plain then
    return nil, message
  end
  local ok
  ok, message = validate(operation.input, plain)
  return ok and input, message
end

-- The endpoint contains the bucket, in its host or its path. botocore's models have it in the path of operations, too.
local function without_bucket(service, operation)
  local rest = service.metadata.serviceId == "S3" and operation.uri:match "^/{Bucket}(.*)$"
  if not rest then
    return operation
  end
  return setmetatable({ uri = rest:find "^/" and rest or "/" .. rest }, { __index = operation })
end

-- Joins the URL of an endpoint, which can have a path, and the target of a request.
local function join(url, target)
  local base = url:gsub("/+$", "")
  if base:find "^%a+://[^/]+/" and target:find "^/%?" or target == "/" and base:find "^%a+://[^/]+/" then
    target = target:sub(2)
  end
  return base .. target
end

local function failed(client, operation, err)
  if errors.is(err) and err.operation then
    return nil, err -- of another call, which this one needs
  end
  return nil, errors.new {
    code = err.code or "InvalidValue", message = (err.message:gsub("%c+", " ")), tip = err.tip,
    service = client.service,
    operation = operation.name, sent = false, retryable = false,
  }
end

-- Returns an input as it is sent | nil, err
local function complete(client, described, input, options)
  local validation, err = settings.get("response_checksum_validation", client.session.profile or settings.NONE)
  if err and validation == nil then
    return nil, err
  end
  input = options.presigned and input or checksums.with_mode(described.model, input, validation)
  return customized.input(client, described, input, options)
end

-- Returns the protocol, the endpoint and the request | nil, what is wrong
local function encode(client, described, input)
  local service, operation = described.service, described.model
  local protocol, message = modelled.protocol(service)
  if not protocol then
    return nil, { code = "NotSupported", message = message }
  end
  local endpoint, err = modelled_endpoint.resolve(client, service, operation, input)
  if endpoint then
    endpoint, err = discovery.of(client, described, endpoint)
  end
  if not endpoint then
    return nil, err
  end
  local request
  request, message = protocol.encode(service, without_bucket(service, operation), input)
  if not request then
    return nil, { message = message }
  end
  return protocol, endpoint, request
end

-- Completes a plan for its endpoint: headers, authentication and body | nil, what is wrong
local function finish(client, plan, endpoint)
  plan.headers["User-Agent"] = client.user_agent
  for name, values in pairs(endpoint.headers or {}) do
    plan.headers[name] = type(values) == "table" and table.concat(values, ",") or values
  end
  local ok, err = customized.request(plan, client)
  if not ok then
    return nil, err
  end
  local message
  plan.auth, message = auth.choose(client, plan, endpoint)
  if not plan.auth then
    return nil, { code = "NotSupported", message = message }
  elseif not plan.options.presigned then
    ok, err = payload.prepare(client, plan)
  end
  return ok and plan, err
end

--- Plans a call.
---@param client aws.Client
---@param described aws.Operation  of a model
---@param input table              checked, with its tokens
---@param options aws.CallOptions
---@param region? string           another one than the client's, that of a bucket
---@return aws.Plan? plan
---@return lanyard.Error? err
function M.new(client, described, input, options, region)
  local service, operation = described.service, described.model
  region = region or bucket_region.known(client, service, input)
  client = region and setmetatable({ region = region }, { __index = client }) or client
  local completed, err = complete(client, described, input, options)
  if not completed then
    return failed(client, operation, err)
  end
  local protocol, endpoint, request = encode(client, described, completed)
  if not protocol then
    return failed(client, operation, endpoint)
  end
  local plan
  plan, err = finish(client, setmetatable({
    described = described, service = service, operation = operation, protocol = protocol, given = input,
    input = completed, options = options, method = request.method, headers = request.headers, body = request.body,
    url = join(host_prefix(endpoint.url, customized.host_prefix(service, request)), request.target),
  }, Plan), endpoint)
  if not plan then
    return failed(client, operation, err)
  end
  return plan
end

-- ---------------------------------------------------------------------------------------------
-- Attempts

--- Returns what the requests are signed with.
---@param client aws.Client
---@return userdata? keys  nil without an error if nothing is signed
---@return lanyard.Error? err
function Plan:keys(client)
  return auth.keys(self.auth, client)
end

--- Adds the headers of a signature.
---@param request table
---@param keys? userdata
---@param time number  of the service's clock
function Plan:sign(request, keys, time)
  auth.sign(self.auth, request, keys, time)
end

--- Forgets the session of the signature, if it has its own.
---@param client aws.Client
---@return boolean
function Plan:forget_session(client)
  if self.auth.kind ~= "s3express" then
    return false
  end
  s3express.forget(client, self.auth.bucket)
  return true
end

--- Plans the same call in the Region of its bucket.
---@param client aws.Client
---@param region string
---@return aws.Plan? plan
---@return lanyard.Error? err
function Plan:move(client, region)
  bucket_region.learn(client, self, region)
  if self.to then
    self.to:close()
  end
  return M.new(client, self.described, self.given, self.options, region)
end

--- See lanyard.aws.modelled_reply.
Plan.is_success, Plan.read, Plan.failure = modelled_reply.is_success, modelled_reply.read, modelled_reply.failure
Plan.redirects = modelled_reply.redirects

return M
