-- Shared by the specs of credential providers: a double of the services that they call, over real HTTP, and the context
-- of a provider.
--
--   local double <close> = Double.new(function(request) return { status = 200, body = "..." } end)
--   local keys, err = imds.find(double:context { values = {} })
--   double.requests[1].url     the URL that the provider requested, on any host
--   double.slept, .lines       its pauses between attempts, and its lines for --debug
--
-- A request is one of lanyard.httpd, with `url`, `direct` and `timeout` of the provider's request. double.patience
-- replaces that timeout.

local client = require "lanyard.aws.client"
local clock = require "lanyard.clock"
local credentials = require "lanyard.credentials"
local endpoints = require "lanyard.aws.endpoints"
local http = require "lanyard.http"
local httpd = require "lanyard.httpd"
local services = require "lanyard.aws.services"
local sigv4 = require "lanyard.sigv4"
local system = require "lanyard.system"

local M = {}
M.__index = M

M.NOW = 1700000000 -- 2023-11-14T22:13:20Z

-- Variables of the environment that providers read.
local VARIABLES = {
  "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
  "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID",
  "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO",
  "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_ENDPOINT_URL_SIGNIN", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE",
  "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_EC2_METADATA_DISABLED",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_METADATA_SERVICE_TIMEOUT",
  "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "AWS_LOGIN_CACHE_DIRECTORY",
  "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "HOME",
}

-- Runs f(...) with these variables and no other AWS variables.
function M.environment(variables, f, ...)
  local before = {}
  for _, name in ipairs(VARIABLES) do
    before[name] = os.getenv(name)
    system.setenv(name, variables[name])
  end
  local results = table.pack(pcall(f, ...))
  for _, name in ipairs(VARIABLES) do
    system.setenv(name, before[name])
  end
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

function M.new(handler)
  local self = setmetatable({ requests = {}, slept = {}, lines = {}, time = M.NOW }, M)
  self.server = assert(httpd.serve {
    handler = function(request)
      local asked = self.requests[#self.requests]
      for name, value in pairs(request) do asked[name] = value end
      return handler(asked)
    end,
    on_error = function(text) self.failure = text end,
  })
  return self
end

function M:__close()
  self.server.close()
  if self.failure then error(self.failure, 0) end
end

-- The transport: every host is the double.
function M:send(request)
  self.requests[#self.requests + 1] = { url = request.url, direct = request.direct, timeout = request.timeout }
  local copy = {}
  for name, value in pairs(request) do copy[name] = value end
  copy.timeout = self.patience or request.timeout
  copy.url = self.server.url .. (request.url:match "^%a+://[^/]*(.*)$")
  return http.request(copy)
end

-- Returns a client of a service, with three attempts for each call, in AWS's own Regions.
function M:client(service, options)
  local session = {
    region = options.region, shared = client.new_shared(), credentials = function() return options.credentials end,
  }
  local function sleep(seconds) self.slept[#self.slept + 1] = seconds end
  return client.new(session, services.get(service), assert(endpoints.resolve(service, options.region)), {
    max_attempts = 3, connect_timeout = 5, timeout = 5, unsigned = options.unsigned, sealed = options.sealed,
    transport = function(request) return self:send(request) end,
    clock = setmetatable({ sleep = sleep }, { __index = clock }),
    debug = function(line) self.lines[#self.lines + 1] = line end,
  })
end

-- Returns a context. fields: `values` of the profile, and more fields of the context.
function M:context(fields)
  local context = {
    profile = { name = "default", values = fields and fields.values or {}, sso_sessions = {}, profiles = {}, paths = {} },
    transport = function(request) return self:send(request) end,
    time = function() return self.time end,
    client = function(service, options) return self:client(service, options) end,
    sleep = function(seconds) self.slept[#self.slept + 1] = seconds end,
    debug = function(line) self.lines[#self.lines + 1] = line end,
  }
  for name, value in pairs(fields or {}) do
    context[name] = name ~= "values" and value or nil
  end
  return context
end

-- Reports whether credentials contain this key and token: both produce equal signatures.
function M.holds(keys, secret_access_key, session_token)
  local function signature(of)
    return sigv4.sign {
      method = "GET", url = "https://example.com/", headers = {}, body = "", credentials = of,
      region = "us-east-1", service = "sts", time = M.NOW,
    }
  end
  local expected = signature(credentials.new {
    access_key_id = keys.access_key_id, secret_access_key = secret_access_key, session_token = session_token,
  })
  local found = signature(keys)
  return expected.Authorization == found.Authorization
    and expected["X-Amz-Security-Token"] == found["X-Amz-Security-Token"]
end

-- Reports whether none of the texts contains one of the secrets.
function M.silent(secrets, ...)
  for _, text in ipairs { ... } do
    for _, secret in ipairs(secrets) do
      if tostring(text):find(secret, 1, true) then
        return false, secret
      end
    end
  end
  return true
end

return M
