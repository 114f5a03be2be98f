--- Requests credentials from an endpoint in the network of the machine: that of a container or an EC2 instance.
---
--- Requests bypass every proxy and have short timeouts. The replies are JSON.

local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"

local M = {}

local MOST_BYTES = 65536
local MEMBERS = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration" }
local SECRETS = { "SecretAccessKey", "Token", SecretAccessKey = true, Token = true }

--- Reports whether a status is a failure of the endpoint itself, or throttling.
---@param status integer
---@return boolean
function M.is_fault(status)
  return status >= 500 or status == 429
end

---@class aws.MetadataLimits
---@field timeout number       seconds, for the connection and for the whole request
---@field answers integer      attempts if the endpoint replies with a failure of its own
---@field connections integer  attempts if the endpoint does not reply

--- Sends a request, and retries it within the limits.
---@param context aws.CredentialsContext
---@param request table  { method, url, headers, sealed } of lanyard.http
---@param limits aws.MetadataLimits
---@return table? reply
---@return lanyard.Error? err
function M.request(context, request, limits)
  request.direct = true
  request.connect_timeout, request.timeout = limits.timeout, limits.timeout
  request.max_size = MOST_BYTES
  local number = 0
  while true do
    number = number + 1
    local reply, err = context.transport(request)
    if context.debug then
      context.debug(("%s %s: %s"):format(request.method or "GET", request.url,
        reply and reply.status or err.message))
    end
    local most = reply and limits.answers or limits.connections
    local retryable = reply and M.is_fault(reply.status) or err and err.retryable
    if not retryable or number >= most then
      return reply, err
    end
    context.sleep(0.1 * 2 ^ number)
  end
end

--- Returns nil and an error about an invalid reply.
---@param source string   names the endpoint, at the start of the message
---@param message string  the rest of the message
---@return nil
---@return lanyard.Error err
function M.invalid(source, message)
  return nil, errors.new { code = "InvalidResponse", message = ("%s %s"):format(source, message) }
end

-- Returns the error that the endpoint reports in the members for it, or nil.
local function reported_error(fields)
  local code, message = fields.Code or fields.code, fields.Message or fields.message
  if type(code) == "string" and code ~= "Success" then
    return type(message) == "string" and ("%s: %s"):format(code, message) or code
  end
end

--- Reads credentials from a reply.
---@param body userdata  the sealed body
---@param source string  names the endpoint in errors
---@return table? fields  for lanyard.credentials.new
---@return lanyard.Error? err
function M.read(body, source)
  local text, secrets = body:unseal(SECRETS, "json")
  local fields = text and json.decode(text)
  if type(fields) ~= "table" then
    return M.invalid(source, "did not reply with JSON")
  end
  local reported = reported_error(fields)
  if reported then
    return M.invalid(source, "returned no credentials: " .. reported)
  end
  for _, member in ipairs(MEMBERS) do
    local value = fields[member]
    if type(value) ~= "string" or value == "" or SECRETS[member] and not secrets[member] then
      return M.invalid(source, "returned no " .. member)
    end
  end
  local expires = timestamp.parse(fields.Expiration)
  if not expires then
    return M.invalid(source, ("returned an invalid Expiration: '%s'"):format(fields.Expiration))
  end
  return {
    access_key_id = fields.AccessKeyId,
    secret_access_key = secrets.SecretAccessKey,
    session_token = secrets.Token,
    expires = expires,
    account_id = type(fields.AccountId) == "string" and fields.AccountId or nil,
  }
end

return M
