-- Credentials of a container: ECS and EKS name an endpoint in the environment.
-- https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local metadata = require "lanyard.aws.credentials.metadata"
local system = require "lanyard.system"

local M = {}

local RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
local FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
local TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
local TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

local ECS = "http://169.254.170.2"
local LIMITS = { timeout = 2, answers = 3, connections = 3 }

-- What may be asked in the clear, beside 127.0.0.0/8: it does not leave the machine.
local OPEN_HOSTS = {
  ["localhost"] = true, ["[::1]"] = true, ["169.254.170.2"] = true, ["169.254.170.23"] = true,
  ["[fd00:ec2::23]"] = true,
}

local function invalid(message)
  return nil, errors.new { code = "InvalidConfig", message = message }
end

local function is_loopback(host)
  local parts = { host:match "^(127)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$" }
  for _, part in ipairs(parts) do
    if tonumber(part) > 255 then
      return false
    end
  end
  return #parts == 4
end

-- Whatever two readers of a URL could take for different hosts is none here: a name before an @, a
-- backslash, an address in octal or with fewer than four parts.
local function check_url(url)
  local scheme, rest = url:match "^(%a+)://([!-~]+)$"
  local authority = rest and rest:match "^[^/?#]*"
  local host, port = (authority or ""):lower():match "^([%w.-]+)(:?%d*)$"
  if not host then
    host, port = (authority or ""):lower():match "^(%[[%x:.]+%])(:?%d*)$"
  end
  scheme = (scheme or ""):lower()
  if not host or port == ":" or (scheme ~= "http" and scheme ~= "https") then
    return invalid(("%s is '%s', which names no host: write it as http://HOST/PATH"):format(FULL, url))
  elseif scheme == "http" and not (OPEN_HOSTS[host] or is_loopback(host)) then
    return invalid(("%s names %s over http, where others could read the credentials: only https, or a host "
      .. "of this machine, of ECS or of EKS is asked"):format(FULL, host))
  end
  return url
end

-- url() --> the endpoint | nil, why there is none (a text) | nil, err
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

-- What opens the endpoint: a secret | nil, nil where it is open | nil, err. A file is read each time,
-- for its token is renewed in place.
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
    return invalid(("the token in %s has a line end, which no header can hold"):format(from))
  end
  return token and credentials.secret(token)
end

-- find(context) --> credentials | nil, why not | nil, err
function M.find(context)
  local url, why = M.url()
  if not url then
    return nil, why
  end
  local token, err = authorization()
  if err then
    return nil, err
  end
  local reply
  reply, err = metadata.ask(context, {
    url = url,
    headers = { Accept = "application/json", Authorization = token },
    sealed = true,
  }, LIMITS)
  local who = "the container's endpoint " .. url
  if not reply then
    return nil, errors.new { code = err.code, message = ("%s does not answer: %s"):format(who, err.message) }
  elseif reply.status ~= 200 then
    return metadata.wrong(who, ("refused with status %d"):format(reply.status))
  end
  local fields
  fields, err = metadata.read(reply.body, who)
  if not fields then
    return nil, err
  elseif fields.expires <= context.time() then
    return metadata.wrong(who, "gives credentials that have expired")
  end
  fields.source = "container"
  return credentials.new(fields)
end

return M
