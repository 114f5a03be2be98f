--- Reads the replies to modelled operations.
---
---     modelled_reply.read(plan, reply)      --> output | nil, message
---     modelled_reply.failure(plan, reply)   --> the fields of an error

local secrets = require "lanyard.aws.secrets"

local M = {}

--- Reports whether redirects are replies of the service: S3 names the Region of a bucket in them, and says that an
--- object has not changed.
---@param plan aws.Plan
---@return boolean
function M.redirects(plan)
  return plan.service.metadata.serviceId == "S3"
end

--- Reports whether a reply is the result of its operation.
---@param plan aws.Plan
---@param reply table
---@return boolean
function M.is_success(plan, reply) -- luacheck: no unused args
  return reply.status >= 200 and reply.status < 300
end

--- Reads the reply to a call that succeeded.
---@param plan aws.Plan
---@param reply table
---@return table? output
---@return string? message  what is wrong with the reply
---@return boolean? retryable
function M.read(plan, reply)
  return plan.protocol.decode(plan.service, plan.operation, reply)
end

local function error_shape(operation, code)
  for _, shape in ipairs(operation.errors) do
    if shape.name == code or shape.error and shape.error.code == code then
      return shape
    end
  end
end

--- Reads the reply to a call that failed.
---@param plan aws.Plan
---@param reply table
---@return { code?: string, message?: string, request_id?: string, type?: string, members?: table, retryable?: boolean }
function M.failure(plan, reply)
  local err = plan.protocol.decode_error(plan.service, plan.operation, reply) or {}
  local shape = error_shape(plan.operation, err.code)
  if shape and err.members then
    err.members = secrets.hide(shape, err.members)
  end
  if err.members and next(err.members) == nil then
    err.members = nil
  end
  err.retryable = shape ~= nil and shape.retryable ~= nil or nil
  return err
end

return M
