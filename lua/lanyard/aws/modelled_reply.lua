--- Reads the replies to modelled operations.
---
---     modelled_reply.read(plan, reply)      --> output | nil, message
---     modelled_reply.failure(plan, reply)   --> the fields of an error

local bucket_region = require "lanyard.aws.bucket_region"
local checksums = require "lanyard.aws.checksums"
local customized = require "lanyard.aws.customized"
local lists = require "lanyard.lists"
local payload = require "lanyard.aws.payload"
local secrets = require "lanyard.aws.secrets"

local M = {}

local function is_s3(plan)
  return plan.service.metadata.serviceId == "S3"
end

--- Reports whether redirects are replies of the service: S3 names the Region of a bucket in them, and says that an
--- object has not changed.
---@param plan aws.Plan
---@return boolean
function M.redirects(plan)
  return is_s3(plan)
end

-- S3 begins some replies with status 200 before their result is known, and sends an error in their body.
-- https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
local function hides_error(plan, reply)
  return is_s3(plan) and not payload.streaming_member(plan.operation.output)
    and reply.body:sub(1, 1000):gsub("^%s*<%?.-%?>", ""):find "^%s*<Error[%s>/]" ~= nil
end

-- Operations of S3 whose reply is never empty.
local NEVER_EMPTY = lists.set "CopyObject UploadPartCopy CompleteMultipartUpload"

-- Reports whether a reply lacks its body. The replies of Query and EC2 are XML whatever the members are.
local function is_incomplete(plan, reply)
  local operation = plan.operation
  local has_body = is_s3(plan) and NEVER_EMPTY[operation.name]
    or plan.protocol.ALWAYS_XML and operation.output and operation.output.members[1]
  return has_body and not reply.body:find "%S"
end

--- Reports whether a reply is the result of its operation.
---@param plan aws.Plan
---@param reply table
---@return boolean
function M.is_success(plan, reply)
  return reply.status >= 200 and reply.status < 300 and not hides_error(plan, reply)
end

--- Reads the reply to a call that succeeded.
---@param plan aws.Plan
---@param reply table
---@return table? output
---@return string? message  what is wrong with the reply
---@return boolean? retryable
---@return string? code  of the error with which the service ended a stream of events
function M.read(plan, reply)
  if is_incomplete(plan, reply) then
    return nil, "the reply is empty", true
  end
  local message = checksums.transfer_fault(plan, reply) or checksums.fault(plan, reply, plan.to or reply.body)
  if message then
    return nil, message, true
  end
  local output, code
  output, message, code = plan.protocol.decode(plan.service, plan.operation, reply)
  if not output then
    return nil, message, false, code
  end
  customized.reply(plan, output)
  if plan.to then
    output[plan.operation.output.payload] = nil -- it is in the file
    local kept, err = plan.to:keep()
    return kept and output or nil, err and err.message
  end
  return output
end

local function error_shape(operation, code)
  for _, shape in ipairs(operation.errors) do
    if shape.name == code or shape.error and shape.error.code == code then
      return shape
    end
  end
end

-- Replies of S3 that have no message: to HEAD, and from some servers.
local function explain(plan, reply, err)
  if not is_s3(plan) or reply.status < 300 or reply.status >= 400 then
    return
  elseif reply.status == 304 then
    err.message = err.message or "the object has not changed (304)"
    return
  end
  local host = (reply.headers.location or ""):match "^%a+://([^/?#@]+)"
  err.message = err.message or ("S3 redirects to %s (%d)"):format(host or "another endpoint", reply.status)
  err.tip = "the bucket is in another Region: give its Region, which GetBucketLocation returns"
end

--- Reads the reply to a call that failed.
---@param plan aws.Plan
---@param reply table
---@return { code?: string, message?: string, request_id?: string, type?: string, members?: table, retryable?: boolean,
---  tip?: string }
function M.failure(plan, reply)
  local damage = checksums.transfer_fault(plan, reply)
  if damage then
    return { code = "InvalidResponse", message = damage, retryable = true }
  end
  local err = plan.protocol.decode_error(plan.service, plan.operation, reply) or {}
  local shape = error_shape(plan.operation, err.code)
  if shape and err.members then
    err.members = secrets.hide(shape, err.members)
  end
  if err.members and next(err.members) == nil then
    err.members = nil
  end
  -- A service that fails after it has sent the status fails like one that fails before.
  err.retryable = shape ~= nil and shape.retryable ~= nil or reply.status < 300 or nil
  explain(plan, reply, err)
  err.bucket_region = bucket_region.of_reply(plan, reply, err)
  return err
end

return M
