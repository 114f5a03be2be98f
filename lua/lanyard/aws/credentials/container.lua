--- Gets the credentials of a container: ECS and EKS name an endpoint in the environment.
--- https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local loopback = require "lanyard.loopback"
local metadata = require "lanyard.aws.credentials.metadata"
local system = require "lanyard.system"

local M = {}

local RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
local FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
local TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
local TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

local ECS = "http://169.254.170.2"
local LIMITS = { timeout = 2, answers = 3, connections = 3 }

-- Hosts that http is allowed for, besides loopback: requests to them do not leave the machine.
local OPEN_HOSTS = { ["169.254.170.2"] = true, ["169.254.170.23"] = true, ["[fd00:ec2::23]"] = true }

local function invalid(message)
  return nil, errors.new { code = "InvalidConfig", message = message }
end

-- Rejects URLs that two parsers can read as different hosts: a name before an @, a backslash, an octal address or one
-- with fewer than four parts.
local function check_url(url)
  local scheme, rest = url:match "^(%a+)://([!-~]+)$"
  local authority = rest and rest:match "^[^/?#]*"
  local host, port = (authority or ""):lower():match "^([%w.-]+)(:?%d*)$"
  if not host then
    host, port = (authority or ""):lower():match "^(%[[%x:.]+%])(:?%d*)$"
  end
  scheme = (scheme or ""):lower()
  if not host or port == ":" or (scheme ~= "http" and scheme ~= "https") then
    local shown = url:find("@", 1, true) and "contains a user or a password" or ("is '%s'"):format(url)
    return invalid(("%s %s, which has no valid host: write http://HOST/PATH"):format(FULL, shown))
  elseif scheme == "http" and not (OPEN_HOSTS[host] or loopback.is(host)) then
    return invalid(("%s uses http for %s, which would expose the credentials: use https, or a host of this machine, "
      .. "of ECS or of EKS"):format(FULL, host))
  end
  return url
end

--- Returns the URL of the endpoint.
---@return string? url
---@return string|lanyard.Error|nil reason  why there is no endpoint, or the error
function M.url()
  local relative, full = environment.get(RELATIVE), environment.get(FULL)
  if relative then
    if not relative:find "^/[!-~]*$" then
      return invalid(("%s is '%s': a path that begins with / is expected"):format(RELATIVE, relative))
    end
    return ECS .. relative
  elseif full then
    return check_url(full)
  end
  return nil, ("neither %s nor %s is set"):format(RELATIVE, FULL)
end

-- Returns the token for the endpoint as a secret | nil if it needs none | nil, err. A token file is read each time,
-- since its token is renewed in place.
local function authorization()
  local path = environment.get(TOKEN_FILE)
  local token, from = environment.get(TOKEN), TOKEN
  if path then
    local err
    token, err = system.read_file(path)
    from = path
    if not token then
      return nil, errors.new { code = err.code, message = ("%s: %s"):format(TOKEN_FILE, err.message) }
    elseif token == "" then
      return invalid(("%s: %s is empty"):format(TOKEN_FILE, path))
    end
  end
  if token and token:find "[\r\n\0]" then
    return invalid(("the token in %s contains a line break, which a header cannot contain"):format(from))
  end
  return token and credentials.secret(token)
end

--- Gets credentials from the endpoint.
---@param context aws.CredentialsContext
---@return userdata? credentials
---@return string|lanyard.Error|nil reason  why there are none, or the error
function M.find(context)
  local url, reason = M.url()
  if not url then
    return nil, reason
  end
  local token, err = authorization()
  if err then
    return nil, err
  end
  local reply
  reply, err = metadata.request(context, {
    url = url,
    headers = { Accept = "application/json", Authorization = token },
    sealed = true,
  }, LIMITS)
  local source = "the container endpoint " .. url
  if not reply then
    return nil, errors.new { code = err.code, message = ("%s does not reply: %s"):format(source, err.message) }
  elseif reply.status ~= 200 then
    return metadata.invalid(source, ("rejected the request (status %d)"):format(reply.status))
  end
  local fields
  fields, err = metadata.read(reply.body, source)
  if not fields then
    return nil, err
  elseif fields.expires <= context.time() then
    return metadata.invalid(source, "returned expired credentials")
  end
  fields.source = "container"
  return credentials.new(fields)
end

return M
