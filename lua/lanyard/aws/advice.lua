--- Advises a person what to do about an error.
---
---     local text = advice.advice(err)
---     if text then io.stderr:write(text, "\n") end
---
--- Packages that know the errors of a service add to the advice:
---
---     advice.register { RepositoryNotFoundException = "check the Region and the account" }

local lazy = require "lanyard.lazy"

-- Needed for an error only.
local denial = lazy "lanyard.aws.denial"
local proxies = lazy "lanyard.aws.proxy"
local recorded = lazy "lanyard.aws.recorded"

local M = {}

---@alias aws.Advice string|fun(err: lanyard.Error): string?

local SIGNATURE = "the access key, its secret or the clock of this machine is wrong: run lanyard doctor"
local EXPIRED = "the session has expired: sign in again"
local UNKNOWN_KEY = "AWS does not know this access key: check that it exists, is active, and belongs to this partition"

-- A service that a Region does not have rejects the signature.
local function signature(err)
  return recorded.means(err, "no region")
    and "check the Region: the service may not be available there" or SIGNATURE
end

-- Names the proxies in force, without their passwords.
local function proxy_source()
  local found = {}
  for _, one in ipairs(proxies.in_force() or {}) do
    found[#found + 1] = ("%s (%s)"):format(one.variable, one.url)
  end
  return ("the proxy comes from %s; NO_PROXY lists hosts that bypass it (lanyard doctor)")
    :format(found[1] and table.concat(found, " or ") or "HTTPS_PROXY or HTTP_PROXY")
end

local function proxy(err)
  if err.proxy_status == 401 or err.proxy_status == 407 then
    return "the proxy rejects the user and the password, or their absence: write HTTPS_PROXY or HTTP_PROXY as "
      .. "http://USER:PASSWORD@HOST:PORT, with %XX for special characters\n" .. proxy_source()
  elseif err.proxy_status == 403 then
    return "the proxy forbids this host: ask for access to it\n" .. proxy_source()
  end
  return proxy_source()
end

-- Only a failed verification is final.
local function tls(err)
  if err.proxy_certificate then
    return "the certificate of the proxy could not be verified by the system's certificate authorities: add the "
      .. "authority of the proxy to them (AWS_CA_BUNDLE is for endpoints)\n" .. proxy_source()
  elseif err.without_authorities then
    return "the file of certificate authorities does not exist or contains no certificate: install the package "
      .. "ca-certificates, or name another file with AWS_CA_BUNDLE"
  end
  return err.retryable
    and "the two sides agree on no version or cipher of TLS: check the scheme and port of the endpoint and the proxy"
    or "the certificate of the endpoint could not be verified; AWS_CA_BUNDLE names another file of certificate "
      .. "authorities"
end

---@type table<string, aws.Advice[]>
local advice_by_code = {}

--- Adds advice for error codes: a text, or a function that returns a text, or nil to leave the error to the advice
--- registered before.
---@param by_code table<string, aws.Advice>
function M.register(by_code)
  for code, advice in pairs(by_code) do
    advice_by_code[code] = advice_by_code[code] or {}
    table.insert(advice_by_code[code], 1, advice)
  end
end

M.register {
  ExpiredToken = EXPIRED,
  ExpiredTokenException = EXPIRED,
  InvalidClientTokenId = UNKNOWN_KEY,
  UnrecognizedClientException = UNKNOWN_KEY,
  InvalidSignatureException = signature,
  SignatureDoesNotMatch = SIGNATURE,
  RequestExpired = SIGNATURE,
  RequestTimeTooSkewed = SIGNATURE,
  ThrottlingException = "AWS limits the rate of calls: try again later, or with fewer resources in one command",
  ConnectionRefused = "no server accepts connections there: check the endpoint and the proxy "
    .. "(AWS_ENDPOINT_URL, HTTPS_PROXY)",
  NameResolution = "check the Region and the connection to the Internet (lanyard doctor)",
  Proxy = proxy,
  Connection = "the network or the endpoint ended the connection: try again; if it persists, check the proxy and the "
    .. "network (lanyard doctor)",
  Timeout = "check the network connection to the endpoint (lanyard doctor)",
  Tls = tls,
}

--- Returns the error codes that have advice, each with the advice if it is the same for every error, else with false.
---@return table<string, string|false>
function M.codes()
  local codes = {}
  for code, list in pairs(advice_by_code) do
    codes[code] = #list == 1 and type(list[1]) == "string" and list[1]
  end
  for code in pairs(denial.CODES) do
    codes[code] = false
  end
  return codes
end

local function for_code(err)
  for _, advice in ipairs(advice_by_code[err.code] or {}) do
    local text = advice
    if type(advice) == "function" then
      text = advice(err)
    end
    if text then
      return text
    end
  end
  return denial.CODES[err.code] and denial.advice(err) or nil
end

--- Returns the advice for an error, indented by two spaces: its own tip, what is registered for its code, and its
--- documentation. Returns nil if there is none.
---@param err lanyard.Error
---@return string? lines
function M.advice(err)
  local lines = {}
  lines[#lines + 1] = err.tip
  lines[#lines + 1] = for_code(err)
  lines[#lines + 1] = err.docs
  if #lines == 0 then
    return nil
  end
  return "  " .. table.concat(lines, "\n"):gsub("\n", "\n  ")
end

return M
