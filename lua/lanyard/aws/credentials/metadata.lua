-- What the endpoints on a machine's own network (a container's, an instance's) have in common: they are
-- asked past every proxy, soon given up on, and answer with credentials in JSON.

local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"

local M = {}

local MOST_BYTES = 65536
local MEMBERS = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration" }
local SECRETS = { "SecretAccessKey", "Token", SecretAccessKey = true, Token = true }

-- Whether an answer is a fault of the endpoint's own, or asks for a pause.
function M.is_fault(status)
  return status >= 500 or status == 429
end

-- ask(context, request, limits) --> reply | nil, err { code, message, sent }
-- limits: timeout (seconds, for the connection as for the whole), answers (attempts where it answers
-- with a fault of its own), connections (attempts where it does not answer)
function M.ask(context, request, limits)
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
    local passes = reply and M.is_fault(reply.status) or err and err.retryable
    if not passes or number >= most then
      return reply, err
    end
    context.sleep(0.1 * 2 ^ number)
  end
end

-- wrong(who, message) --> nil, err: what was to give credentials answered otherwise
function M.wrong(who, message)
  return nil, errors.new { code = "InvalidResponse", message = ("%s %s"):format(who, message) }
end

-- What the endpoint says went wrong, in the members that it has for it, or nil.
local function complaint(fields)
  local code, message = fields.Code or fields.code, fields.Message or fields.message
  if type(code) == "string" and code ~= "Success" then
    return type(message) == "string" and ("%s: %s"):format(code, message) or code
  end
end

-- read(body, who) --> fields of lanyard.credentials.new | nil, err
-- body: a sealed reply; who: as an error names the endpoint
function M.read(body, who)
  local text, secrets = body:unseal(SECRETS, "json")
  local fields = text and json.decode(text)
  if type(fields) ~= "table" then
    return M.wrong(who, "did not answer in JSON")
  end
  local why = complaint(fields)
  if why then
    return M.wrong(who, "gives no credentials: " .. why)
  end
  for _, member in ipairs(MEMBERS) do
    local value = fields[member]
    if type(value) ~= "string" or value == "" or SECRETS[member] and not secrets[member] then
      return M.wrong(who, "answered without " .. member)
    end
  end
  local expires = timestamp.parse(fields.Expiration)
  if not expires then
    return M.wrong(who, ("answered with an Expiration that is no time: '%s'"):format(fields.Expiration))
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
