--- Decides which names mark a field, header, option or variable as a secret.

local lists = require "lanyard.lists"

local M = {}

-- Names in lower case, without - and _. `token` is the session token of the instance and container endpoints.
local SECRET = lists.set [[
  secretaccesskey sessiontoken token accesstoken refreshtoken idtoken clientsecret devicecode subjecttoken
  authorizationtoken password webidentitytoken tokencode samlassertion assertion codeverifier tradeintoken
  authorization proxyauthorization cookie setcookie dpop signature
  xamzsecuritytoken xamzsignature xamzssobearertoken xawsec2metadatatoken xawsec2token
  awssecretaccesskey awssessiontoken authtoken secret apikey passphrase
  environment logevents privatekey privatekeybase64 secretstring secretbinary plaintext
  passwd pwd secretkey securitytoken bearertoken xapikey xauthtoken xcsrftoken xvaulttoken lanyardwebhook
  mysqlpwd rediscliauth
]]

-- The ends of further names: dbPassword, STRIPE_API_KEY. `_TOKEN` counts in names of variables: nextToken is public.
local ENDS = {
  "password", "passwd", "passphrase", "clientsecret", "secretkey", "secretaccesskey", "apikey", "privatekey",
  "accesstoken", "authtoken", "sessiontoken", "securitytoken", "refreshtoken", "bearertoken", "storepass", "keypass",
}
local PAGE_TOKEN = { "NEXT", "PAGE", "PAGINATION", "CONTINUATION", "CLIENT", "REQUEST", "IDEMPOTENCY" }

-- The longest name, in bytes.
local MAX_NAME = 200

local function decoded(name)
  return (name:sub(-MAX_NAME):gsub("\\+u00(%x%x)", "%%%1"):gsub("%%25(%x%x)", "%%%1")
    :gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end))
end

-- Of a dotted name the last part counts.
local function last_part(name)
  name = decoded(name)
  return name:match "^.*%.(.+)$" or name
end

local function is_variable_token(name)
  local prefix = name:match "^([%u%d_]+)_TOKEN$"
  for _, word in ipairs(prefix and PAGE_TOKEN or {}) do
    if prefix:sub(-#word) == word then
      return false
    end
  end
  return prefix ~= nil
end

--- Returns a name, or its last part, in lower case, without - and _, and with its escapes decoded.
---@param name string
---@return string
function M.plain(name)
  return (last_part(name):gsub("[-_]", ""):lower())
end

--- Reports whether a field, member, element or header of this name holds a secret.
--- Escapes in the name (JSON's \u00XX, percent-encoding) are decoded first. Of a dotted name the last part counts.
---@param name string
---@return boolean
function M.is_secret(name)
  local short = M.plain(name)
  if SECRET[short] or is_variable_token(last_part(name)) then
    return true
  end
  for _, ending in ipairs(ENDS) do
    if short:sub(-#ending) == ending then
      return true
    end
  end
  return false
end

return M
