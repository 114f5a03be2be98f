--- Reports the proxies that the environment configures. libcurl reads these variables itself; this module checks them
--- and returns them for messages, without the user and password that their URLs can contain.

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"

local M = {}

-- Returns the variables of each scheme; the first one that is set counts. In a CGI program HTTP_PROXY comes from a
-- header of the request and is ignored, as in curl and Python.
local function variables()
  local upper = os.getenv "REQUEST_METHOD" and "http_proxy" or "HTTP_PROXY"
  return {
    { scheme = "https", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" },
    { scheme = "http", "http_proxy", upper, "all_proxy", "ALL_PROXY" },
  }
end

local SCHEMES = { http = true, https = true, socks4 = true, socks4a = true, socks5 = true, socks5h = true }

local function first_set(names)
  for _, name in ipairs(names) do
    local value = environment.get(name)
    if value then
      return value, name
    end
  end
end

---@class aws.Proxy
---@field scheme "https"|"http"  of the URLs that it is used for
---@field url string             without user and password
---@field variable string
---@field has_password? true     the variable contains a user

--- Returns the proxies in force and the hosts that bypass them.
---@return aws.Proxy[]? proxies
---@return string|lanyard.Error|nil bypassed  the value of NO_PROXY, or the error
function M.in_force()
  local list = {}
  for _, names in ipairs(variables()) do
    local value, name = first_set(names)
    if value then
      local scheme, rest = value:match "^(%a[%w+.-]*)://(.*)$"
      local host, path = (rest or value):match "^([^/?#]*)(.*)$"
      local has_user = host:find("@", 1, true) ~= nil
      host = host:match "([^@]*)$"
      -- An @ after a slash is the end of a password that is not encoded: what precedes the slash must not be shown.
      local unencoded = path:find("@", 1, true)
      if unencoded or scheme and not SCHEMES[scheme:lower()] or not host:find "^[%w%[][%w.:%[%]%%_-]*$" then
        return nil, errors.new {
          code = "InvalidConfig",
          message = ("%s is not the URL of a proxy: write http://host:port or http://user:password@host:port%s")
            :format(name, unencoded and ", with %XX for special characters" or ""),
        }
      end
      list[#list + 1] = {
        scheme = names.scheme, url = ("%s://%s"):format(scheme or "http", host), variable = name,
        has_password = has_user or nil,
      }
    end
  end
  return list, (first_set { "no_proxy", "NO_PROXY" })
end

return M
